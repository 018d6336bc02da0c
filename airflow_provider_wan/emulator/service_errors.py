"""A refusal by the emulated service."""

from __future__ import annotations


class ServiceRefusal(Exception):  # noqa: N818 (it is an answer, not a fault of ours)
    """The service says no: to a call, or by ending a job as FAILED.

    Attributes:
        http_status: Status of the answer when a call is refused; a job's end has no use for it.
        code: The service's error code as it spells it.
        message: The service's own message.
    """

    def __init__(self, http_status: int, code: str, message: str) -> None:
        self.http_status = http_status
        self.code = code
        self.message = message
        super().__init__(f"{http_status} {code}: {message}")
