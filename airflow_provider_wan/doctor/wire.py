"""What comes with answers beside their JSON: headers, ids of calls, and how an unknown job is answered. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from airflow_provider_wan.doctor.answer import Answer
from airflow_provider_wan.doctor.finding import Finding, counted, note, ok, some, trouble, warning

_DULL = frozenset(
    {"date", "content-length", "content-type", "content-encoding", "connection", "keep-alive"}
    | {"transfer-encoding", "vary"}
)


def check_unknown(answer: Answer | None) -> Finding:
    """Say how a query for a job that never was is answered."""
    about = "unknown job"
    expected = "HTTP 200 with the state UNKNOWN"
    if answer is None or answer.status is None:
        return note(about, "How a job that doesn't exist is answered couldn't be seen")
    output = answer.body.get("output")
    state = output.get("task_status") if isinstance(output, Mapping) else None
    if answer.good and state == "UNKNOWN":
        return ok(about, f"A job that doesn't exist is answered with {expected}, as documented")
    if answer.good:
        return trouble(
            about,
            f"A job that doesn't exist is answered with HTTP {answer.status} and the state {state!r}",
            expected,
            "open an issue with this report: the provider may wait until its deadline for a job that is gone",
        )
    if answer.status in (404, 410, 400):
        return trouble(
            about,
            f"A job that doesn't exist is answered with {answer.refusal()}",
            f"{expected}; the provider takes all else for trouble that passes, and waits until its deadline",
            "open an issue with this report",
        )
    return warning(
        about,
        f"A query for a job is answered with {answer.refusal()}",
        expected,
        "try again later; edits wait until the service answers",
    )


def check_errors(answers: Sequence[Answer], throttled: int) -> Iterator[Finding]:
    """Say what comes with errors: the call's id, the date, how long to wait."""
    about = "errors"
    errors = [answer for answer in answers if answer.status is not None and answer.error is not None]
    if not errors:
        yield note(about, "No call was refused, so what comes with errors isn't known")
        return
    seen = errors[0]
    headers = sorted({name for answer in errors for name in answer.headers if name not in _DULL})
    in_body = all(answer.error and answer.error.request_id for answer in errors)
    words = [
        f"the body {'names' if in_body else 'does not name'} the call's id",
        f"Date {'comes' if all('date' in answer.headers for answer in errors) else 'does not come'} with it",
        f"other headers are {some(headers, 20) or 'none'}",
    ]
    found = f"Of {counted(len(errors), 'refused call')} ({seen.refusal()}), {', '.join(words)}"
    yield (
        ok(about, found)
        if in_body
        else note(about, found, "a `request_id`, to quote to the vendor's support")
    )
    limited = [answer for answer in errors if answer.status == 429]
    if not limited:
        yield note(
            "Retry-After", "No call was answered 429, so whether Retry-After comes with it isn't known"
        )
        return
    waits = sorted({answer.headers.get("retry-after", "none") for answer in limited})
    yield warning(
        "Retry-After",
        f"{counted(throttled, 'call')} of {len(answers)} were answered 429, with Retry-After: {some(waits)}",
        "none at this pace; the account's queries are shared by all its programs",
        "lower `status_qps` of the connections, or find out what else asks",
    )
