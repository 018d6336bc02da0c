"""What an answer means for the call it came to: above all, whether a paid one may have done its work. No I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from airflow_provider_wan.dashscope import calls, resend
from airflow_provider_wan.dashscope.calls import Call
from airflow_provider_wan.dashscope.errors import (
    PermissionDeniedError,
    ServiceError,
    SubmitUnknownError,
    UnavailableError,
)
from airflow_provider_wan.dashscope.results import Submission, read_submission

# 18 digits are an exabyte; Python refuses to read numbers of thousands of them.
_LENGTH = re.compile(r"[0-9]{1,18}")


def read(call: Call, status: int, content: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
    """Return the answer's JSON object.

    Raises:
        ServiceError: The call was refused.
        SubmitUnknownError: It is a paid one, and the service may have accepted it all the same.
    """
    try:
        return calls.read_answer(status, content, headers)
    except ServiceError as error:
        if not (call.paid and resend.undecided(error)):
            raise
        said = f"{error.reason} (HTTP {error.http_status}, code {error.code or 'none given'})"
        # Not `from error`: that one speaks of a refused call, which this may not have been.
        raise SubmitUnknownError(said, request_id=error.request_id) from None


def submission(answer: Mapping[str, Any]) -> Submission:
    """Return the job that a submission's answer names.

    Raises:
        SubmitUnknownError: It names none.
    """
    found = read_submission(answer)
    if found is None:
        raise SubmitUnknownError("it names no job", request_id=str(answer.get("request_id") or ""))
    return found


def length(headers: Mapping[str, str]) -> int | None:
    """Return the announced length of a file in bytes; None where none is announced that makes sense."""
    announced = headers.get("content-length", "")
    return int(announced) if _LENGTH.fullmatch(announced) else None


def not_served(status: int) -> ServiceError:
    """Name why a result's address didn't hand out its file."""
    said = "a result's address didn't hand out its file"
    if status >= 500 or status in (408, 429):
        return UnavailableError(said, http_status=status)
    return PermissionDeniedError(
        said, http_status=status, advice="Such addresses live for 24 hours after submission."
    )
