"""The service's HTTP calls as data, and how to read their answers. No I/O, no HTTP library."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from airflow_provider_wan.dashscope import codes
from airflow_provider_wan.dashscope.account import Account
from airflow_provider_wan.dashscope.catalog.model import FACE_DETECT
from airflow_provider_wan.dashscope.detection import DETECTOR
from airflow_provider_wan.dashscope.errors import InvalidRequestError, Retry, ServiceError, UnavailableError
from airflow_provider_wan.dashscope.inputs import inputs_of
from airflow_provider_wan.dashscope.requests.problem import shown
from airflow_provider_wan.dashscope.results import SERVICE_ZONE


@dataclass(frozen=True, slots=True)
class Call:
    """One request to the service.

    Attributes:
        method: HTTP method.
        path: Path below the account's base URL.
        params: Query parameters.
        body: JSON body, or None.
        headers: Headers beside the key's.
        paid: Whether acceptance costs money, so that a lost answer must not be followed by another try.
        read_timeout: Seconds to wait for the answer.
    """

    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = field(default=None, repr=False)  # its addresses are signed
    headers: Mapping[str, str] = field(default_factory=dict)
    paid: bool = False
    read_timeout: float = 20.0


def headers(account: Account) -> dict[str, str]:
    """Return the headers every call of an account carries."""
    who = {"Authorization": f"Bearer {account.api_key}", "Accept": "application/json"}
    return who | ({"X-DashScope-WorkSpace": account.workspace_id} if account.workspace_id else {})


def submit(path: str, body: Mapping[str, Any]) -> Call:
    """Create a job. `path` is the model's own; `body` as the model's page documents it.

    Raises:
        InvalidRequestError: An input is in a storage that the service can't read.
    """
    for one in inputs_of(body):
        if one.stored:
            raise InvalidRequestError(
                f"{one.role}={shown(one.url)}: is in a storage that the service can't read. The operators hand such "
                "files over; here, give a presigned address, or upload the file with `DashScopeClient.upload`."
            )
    extra = {"X-DashScope-Async": "enable"} | _resolving(body)
    # A long wait for the answer, because giving up on it leaves us not knowing whether a job exists.
    return Call("POST", path, body=body, headers=extra, paid=True, read_timeout=120.0)


def detect_face(image_url: str) -> Call:
    """Ask whether an image will do for speech-to-video. The answer comes at once; there is no job."""
    body = {"model": DETECTOR, "input": {"image_url": image_url}}
    # The async header is refused here. Each answer is billed, so a lost one isn't asked for again.
    return Call("POST", FACE_DETECT, body=body, headers=_resolving(body), paid=True, read_timeout=60.0)


def _resolving(body: Mapping[str, Any]) -> dict[str, str]:
    # Without it the service doesn't resolve oss:// addresses and the job fails.
    return {"X-DashScope-OssResourceResolve": "enable"} if holds_temporary_url(body) else {}


def holds_temporary_url(value: object) -> bool:
    """Whether an `oss://` address stands anywhere in a body."""
    if isinstance(value, str):
        return value.startswith("oss://")
    if isinstance(value, Mapping):
        return any(holds_temporary_url(part) for part in value.values())
    return isinstance(value, list | tuple) and any(holds_temporary_url(part) for part in value)


def get(task_id: str) -> Call:
    """Look at one job. An id that the service doesn't know answers UNKNOWN, with HTTP 200."""
    return Call("GET", f"/tasks/{_segment(task_id)}")


def list_tasks(
    *,
    task_id: str | None = None,
    model: str | None = None,
    status: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    page: int = 1,
    page_size: int = 10,
) -> Call:
    """List jobs of the account, at most 24 hours back. Rows have no result, prompt, usage or error."""
    params = {"page_no": str(page), "page_size": str(page_size)}
    if task_id:
        params["task_id"] = _segment(task_id)
    if model:
        params["model_name"] = model
    if status:
        params["status"] = status
    if since:
        params["start_time"] = _stamp(since)
    if until:
        params["end_time"] = _stamp(until)
    return Call("GET", "/tasks/", params=params)


def cancel(task_id: str) -> Call:
    """Cancel a job that is still PENDING."""
    return Call("POST", f"/tasks/{_segment(task_id)}/cancel")


def upload_policy(model: str) -> Call:
    """Ask for leave to upload one file to the temporary storage, bound to `model`; valid for minutes."""
    return Call("GET", "/uploads", params={"action": "getPolicy", "model": model})


def read_answer(status: int, content: bytes, answer_headers: Mapping[str, str]) -> dict[str, Any]:
    """Return an answer's JSON object.

    Raises:
        ServiceError: The call was refused, also where the refusal came with HTTP 200.
        UnavailableError: The answer isn't the service's JSON.
    """
    try:
        answer = json.loads(content, parse_float=_finite, parse_constant=_finite)
    except (ValueError, RecursionError):
        answer = None
    if 300 <= status < 400:
        raise UnavailableError(
            f"the address redirects to {answer_headers.get('location', 'nowhere')}",
            http_status=status,
            retry=Retry.ACT,
            advice="Write the service's own address as the connection's host, or leave the host empty.",
        )
    if not isinstance(answer, dict):
        said = f"an answer that isn't the service's JSON: {_excerpt(content)}"
        if status >= 400:
            raise codes.refusal("", said, http_status=status, retry_after=_retry_after(answer_headers))
        raise UnavailableError(said, http_status=status)
    code = answer.get("code")
    if status >= 400 or (isinstance(code, str) and code and not answer.get("output")):
        raise _refusal(status, answer, answer_headers)
    return answer


def _finite(text: str) -> float | None:
    # What is kept of an answer goes to Airflow's database, whose JSON has no NaN and no infinity.
    number = float(text)
    return number if math.isfinite(number) else None


def _refusal(status: int, answer: Mapping[str, Any], answer_headers: Mapping[str, str]) -> ServiceError:
    return codes.refusal(
        str(answer.get("code") or ""),
        str(answer.get("message") or ""),
        http_status=status,
        request_id=str(answer.get("request_id") or ""),
        retry_after=_retry_after(answer_headers),
    )


def _retry_after(answer_headers: Mapping[str, str]) -> float | None:
    """Seconds to wait as `Retry-After` gives them, in seconds or as a date. The service documents none."""
    value = answer_headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,6}(\.\d+)?", value):
        return float(value)
    try:
        then, now = parsedate_to_datetime(value), parsedate_to_datetime(answer_headers.get("date", ""))
        return max(0.0, (then - now).total_seconds())
    except (TypeError, ValueError, OverflowError):
        return None


def clock_ahead(answer_headers: Mapping[str, str], now: datetime) -> timedelta:
    """Return by how much the service's clock is ahead of ours; nothing where an answer has no date."""
    try:
        return parsedate_to_datetime(answer_headers.get("date", "")) - now
    except (TypeError, ValueError, OverflowError):
        return timedelta(0)


def _excerpt(content: bytes) -> str:
    text = " ".join(content[:400].decode("utf-8", "replace").split())
    return repr(text[:120]) if text else "an empty body"


def _segment(task_id: str) -> str:
    # Ids are UUIDs. Anything that could change the path came from somewhere it shouldn't have.
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,128}", task_id) or set(task_id) == {"."}:
        raise InvalidRequestError(
            f"task_id={task_id!r}: must be the id of a DashScope job. Use the `task_id` of a submission, a UUID."
        )
    return task_id


def _stamp(moment: datetime) -> str:
    return moment.astimezone(SERVICE_ZONE).strftime("%Y%m%d%H%M%S")
