"""What a task instance leaves for people to see, as small XComs: what it asked for, how far it is, why it failed.

They last as long as an attempt: Airflow wipes XComs when the next one starts. Plain JSON; never a key or a signature.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from airflow_provider_wan.dashscope.catalog import find
from airflow_provider_wan.dashscope.errors import WanError
from airflow_provider_wan.dashscope.inputs import Input, inputs_of
from airflow_provider_wan.dashscope.redact import redacted, unsigned
from airflow_provider_wan.jobs import Job

REQUEST_KEY = "wan_request"
"""XCom of what is asked for, see `request`; pushed when an attempt begins."""
PROGRESS_KEY = "wan_progress"
"""XCom of how far the edit is, see `progress`; pushed when that changes."""
FAILURE_KEY = "wan_failure"
"""XCom of why the attempt failed, see `failure`."""

BATCH = "batch"
"""Stands for the function where a task has many edits."""
ROOM, LANDED = "ROOM", "LANDED"
"""States of an edit beside those of its job: waiting for room in the account's queue; its result is in place."""

_SHOWN_OF_INLINE = 40
_INPUT_ONLY = frozenset({"prompt", "negative_prompt", "function"})


def request(
    body: Mapping[str, Any],
    *,
    function: str,
    region: str,
    conn_id: str,
    output_path: str | None,
    attempt: int,
) -> dict[str, Any]:
    """Lay out what an edit asks for.

    Args:
        body: The request's body with the author's addresses, before any is staged.
        function: The edit function.
        region: Region of the account.
        conn_id: The connection.
        output_path: Where the result is to be landed.
        attempt: Number of the attempt, from 1.

    Returns:
        `function`, `model`, `region`, `conn_id`, `output_path`, `attempt`, `prompt`, `negative_prompt`, `inputs` (each
        with `name`, `kind` and `uri`) and `parameters` (all else that is sent, by the service's names).
    """
    given = body.get("input") or {}
    model = find(str(body.get("model")))
    limits = model.media if model else {}
    inputs = [
        {
            "name": one.role,
            "kind": limits[one.role].kind if one.role in limits else _kind(one),
            "uri": _shown(one),
        }
        for one in inputs_of(body)
    ]
    names = {one["name"] for one in inputs} | _INPUT_ONLY | {"media"}
    return {
        "function": function,
        "model": body.get("model"),
        "region": region,
        "conn_id": conn_id,
        "output_path": unsigned(output_path) if output_path else None,
        "attempt": attempt,
        "prompt": given.get("prompt"),
        "negative_prompt": given.get("negative_prompt"),
        "inputs": inputs,
        "parameters": {
            **{name: value for name, value in given.items() if name not in names},
            **(body.get("parameters") or {}),
        },
    }


def batch(
    models: Sequence[str], *, region: str, conn_id: str, output_path: str | None, attempt: int
) -> dict[str, Any]:
    """Lay out what a batch asks for, as `request` does for one edit. What each edit asks for isn't in it."""
    return {
        "function": BATCH,
        "model": ", ".join(dict.fromkeys(models)),
        "region": region,
        "conn_id": conn_id,
        "output_path": unsigned(output_path) if output_path else None,
        "attempt": attempt,
        "prompt": None,
        "negative_prompt": None,
        "inputs": [],
        "parameters": {"edits": len(models)},
    }


def progress(
    status: str,
    *,
    at: float,
    job: Job | None = None,
    queue: Mapping[str, int] | None = None,
    since: float | None = None,
) -> dict[str, Any]:
    """Lay out how far an edit is.

    Args:
        status: A state of the job as the service spells it, or `ROOM` or `LANDED`.
        at: When it came to that, as far as we saw, in seconds since 1970.
        job: The job; None before there is one.
        queue: For `ROOM`: what the account's queue was like, `pending` and `running` jobs of the model.
        since: For `ROOM`: when the wait began, in seconds since 1970.

    Returns:
        `status`, `at`, `task_id`, `submitted_at`, `deadline`, `queue` and `since`; times in ISO 8601 with zone.
    """
    return {
        "status": status,
        "at": _iso(at),
        "task_id": job.task_id if job else None,
        "submitted_at": _iso(job.submitted_at) if job else None,
        "deadline": _iso(job.deadline) if job else None,
        "queue": dict(queue) if queue is not None else None,
        "since": _iso(since) if since is not None else None,
    }


def failure(error: WanError, *, at: float, job: Job | None = None) -> dict[str, Any]:
    """Lay out why an attempt failed.

    Returns:
        `error` (name of its class), `code`, `message` (the whole text that the log has), `request_id`, `task_id`,
        `advice`, `spent` and `next` (a sentence each: what to do, was money spent, what will a retry do; None where
        `message` has it all), `retry` (see `errors.Retry`) and `at`.
    """
    return {
        "error": type(error).__name__,
        "code": str(getattr(error, "code", "") or "") or None,
        "message": redacted(str(error)),
        "request_id": getattr(error, "request_id", "") or (job.request_id if job else "") or None,
        "task_id": getattr(error, "task_id", None) or (job.task_id if job else None),
        "advice": getattr(error, "what_to_do", None),
        "spent": error.spent,
        "next": error.consequence or None,
        "retry": str(error.retry),
        "at": _iso(at),
    }


def _shown(one: Input) -> str:
    return f"{one.url[:_SHOWN_OF_INLINE]}... ({len(one.url)} characters)" if one.inline else unsigned(one.url)


def _kind(one: Input) -> str:
    """Guess what an input of an unknown model is, for people."""
    if re.search(r"image|frame|img|mask_image", one.role) or one.url.startswith("data:image"):
        return "image"
    return "audio" if re.search(r"audio|voice", one.role) else "video"


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")
