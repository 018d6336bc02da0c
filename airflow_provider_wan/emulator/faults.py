"""Troubles on order: what shall go wrong, where, and how often.

A fault waits in line until a call fits it. This module only decides; `disturb` carries out.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from threading import Lock
from typing import Any


class Where(StrEnum):
    """The kinds of calls a fault can be ordered for."""

    SUBMIT = "submit"
    GET = "get"
    LIST = "list"
    CANCEL = "cancel"
    POLICY = "policy"
    UPLOAD = "upload"
    RESULT = "result"
    DETECT = "detect"


class Kind(StrEnum):
    """What goes wrong."""

    DROP = "drop"
    """The connection closes without an answer."""
    STATUS = "status"
    """An HTTP error, by `status`, `code` and `message`."""
    BUSINESS_ERROR = "business_error"
    """HTTP 200 with `code` and `message` at the top and no output."""
    HTML = "html"
    """A web page instead of JSON, with `status`."""
    BROKEN_JSON = "broken_json"
    """JSON that stops in the middle."""
    NO_OUTPUT = "no_output"
    """JSON with a `request_id` and nothing else."""
    SLOW = "slow"
    """The answer comes after `delay` real seconds."""
    SLOW_BODY = "slow_body"
    """Status and headers come at once, the body in pieces over `delay` real seconds."""
    CUT = "cut"
    """`Content-Length` is right, but the connection closes halfway through the body."""
    FAIL = "fail"
    """The job is accepted and ends FAILED with `code` (may be empty) and `message`. Only for submit."""
    NO_VIDEO_URL = "no_video_url"
    """A SUCCEEDED job shows no result. Only for get."""
    OTHER_HOST = "other_host"
    """The result's URL names another host (`localhost`). Only for get."""
    REDIRECT = "redirect"
    """The result's URL redirects to the file. Only for get."""
    SHORT_FILE = "short_file"
    """Half of the result's file, with a `Content-Length` that agrees. Only for result."""
    NOT_MP4 = "not_mp4"
    """A text instead of the video. Only for result."""
    SUSPENDED = "suspended"
    """A RUNNING job shows SUSPENDED, as style transform's page has it. Only for get."""
    NOT_PASSED = "not_passed"
    """The detector of speech-to-video says that the image won't do. Only for detect."""


_ONLY: Mapping[Kind, Where] = {
    Kind.FAIL: Where.SUBMIT,
    Kind.NO_VIDEO_URL: Where.GET,
    Kind.OTHER_HOST: Where.GET,
    Kind.REDIRECT: Where.GET,
    Kind.SHORT_FILE: Where.RESULT,
    Kind.NOT_MP4: Where.RESULT,
    Kind.SUSPENDED: Where.GET,
    Kind.NOT_PASSED: Where.DETECT,
}
_NEEDS_NO_JSON = (Kind.BROKEN_JSON, Kind.NO_OUTPUT, Kind.BUSINESS_ERROR)
ON_THE_WIRE: frozenset[Kind] = frozenset(Kind) - {
    Kind.FAIL,
    Kind.NO_VIDEO_URL,
    Kind.OTHER_HOST,
    Kind.REDIRECT,
    Kind.SUSPENDED,
    Kind.NOT_PASSED,
}
"""Kinds that change an answer on its way; the others change what the service knows or says."""

# A refusal means that nothing was done; after these the caller can't know.
_REFUSALS = frozenset({400, 401, 403, 404, 409, 429, 503})
_STATUS_TEXT: Mapping[int, tuple[str, str]] = {
    400: ("InvalidParameter", "Required body invalid, please check the request body format."),
    401: ("InvalidApiKey", "Invalid API-key provided."),
    403: ("AccessDenied", "Access denied."),
    404: ("NotFound", "Not found!"),
    408: ("RequestTimeOut", "Request timed out, please try again later."),
    429: ("Throttling.RateQuota", "Requests rate limit exceeded, please try again later."),
    500: (
        "InternalError",
        "An internal error has occured, please try again later or contact service support.",
    ),
    502: ("InternalError", "Bad gateway."),
    503: ("ModelUnavailable", "Model is unavailable, please try again later."),
    504: ("ResponseTimeout", "Response timeout!"),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One trouble.

    Attributes:
        where: Calls it is for.
        kind: What goes wrong.
        times: How many fitting calls it spoils; None: all.
        model: Only for jobs of this model (as it was sent); None: any.
        task_id: Only for this job; None: any.
        status: HTTP status for `status` and `html`.
        code: The service's error code; None: the usual one for the status. Empty: none is sent.
        message: The service's message; None: the usual one.
        retry_after: Seconds to put in a `Retry-After` header; None: no header.
        accepted: Whether the service does its work before the trouble comes, e.g. stores the job; None: as
            is usual for the kind (not after 429, 503 and other refusals, otherwise yes).
        delay: Real seconds, for `slow` and `slow_body`.
        with_times: Whether the FAILED job shows its times; None: as usual for the model.
    """

    where: Where
    kind: Kind
    times: int | None = 1
    model: str | None = None
    task_id: str | None = None
    status: int | None = None
    code: str | None = None
    message: str | None = None
    retry_after: float | None = None
    accepted: bool | None = None
    delay: float = 1.0
    with_times: bool | None = None

    def __post_init__(self) -> None:
        only = _ONLY.get(self.kind)
        if only is not None and self.where is not only:
            raise ValueError(f"kind={self.kind}: is only possible with where={only}, not {self.where}.")
        if self.kind in _NEEDS_NO_JSON and self.where in (Where.UPLOAD, Where.RESULT):
            raise ValueError(
                f"kind={self.kind}: where={self.where} doesn't answer JSON. Use status, drop or cut."
            )
        if self.kind is Kind.STATUS and self.status is None:
            raise ValueError("kind=status: needs a status, e.g. 429.")

    @classmethod
    def parse(cls, order: Mapping[str, Any]) -> Fault:
        """Read a fault from JSON.

        Raises:
            ValueError: For a field, place or kind that doesn't exist; the message lists those that do.
        """
        known = {f.name for f in fields(cls)}
        for name in order:
            if name not in known:
                raise ValueError(f"{name}: no such field of a fault. There are {', '.join(sorted(known))}.")
        if "where" not in order or "kind" not in order:
            raise ValueError("A fault needs `where` and `kind`.")
        return cls(**{**order, "where": Where(order["where"]), "kind": Kind(order["kind"])})

    @property
    def after_the_work(self) -> bool:
        """Whether the service does its work before this fault comes."""
        if self.accepted is not None:
            return self.accepted
        if self.kind is Kind.BUSINESS_ERROR:
            return False
        return not (self.kind is Kind.STATUS and self.status in _REFUSALS)

    def error(self) -> tuple[int, str, str]:
        """Return status, code and message of the error to show."""
        status = self.status or (200 if self.kind is Kind.BUSINESS_ERROR else 500)
        code, message = _STATUS_TEXT.get(status, _STATUS_TEXT[500])
        return (
            status,
            code if self.code is None else self.code,
            message if self.message is None else self.message,
        )


class Faults:
    """The faults on order, first come first served."""

    def __init__(self) -> None:
        self._line: list[tuple[Fault, int | None]] = []
        self._lock = Lock()

    def add(self, fault: Fault) -> None:
        """Order a fault."""
        with self._lock:
            self._line.append((fault, fault.times))

    def order(self, where: str, kind: str, **options: Any) -> None:
        """Order a fault by its fields; see `Fault`."""
        self.add(Fault.parse({"where": where, "kind": kind, **options}))

    def clear(self) -> None:
        """Forget all that are still on order."""
        with self._lock:
            self._line.clear()

    def waiting(self) -> list[Fault]:
        """Return the faults still on order."""
        with self._lock:
            return [fault for fault, _ in self._line]

    def take(
        self, where: Where, kinds: Collection[Kind], *, model: str | None = None, task_id: str | None = None
    ) -> Fault | None:
        """Return the first fault that fits a call and count it, or None."""
        if not self._line:
            return None
        with self._lock:
            for position, (fault, left) in enumerate(self._line):
                if fault.where is not where or fault.kind not in kinds:
                    continue
                if fault.model not in (None, model) or fault.task_id not in (None, task_id):
                    continue
                if left == 1:
                    del self._line[position]
                elif left is not None:
                    self._line[position] = (fault, left - 1)
                return fault
        return None
