"""Jobs that were submitted elsewhere: by another DAG, another program, or in the console."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow_provider_wan.dashscope import codes
from airflow_provider_wan.dashscope.errors import Retry, ServiceError, WanError
from airflow_provider_wan.dashscope.results import TaskSnapshot, TaskStatus
from airflow_provider_wan.jobs import Job

if TYPE_CHECKING:
    from airflow_provider_wan.dashscope.client import DashScopeClient


class JobWithoutResultError(WanError):
    """A job that was submitted elsewhere gave no result.

    What to do: Have the job submitted again where it came from.
    """

    spent = "A job that failed or was cancelled isn't billed; one that isn't known any more was, if it had ended well."
    consequence = (
        "Nothing is submitted here, so it is not retried; have it submitted again where it came from."
    )


class JobUnfinishedError(WanError):
    """A job's result is wanted, but the job goes on.

    What to do: Wait for the job with `WanTaskSensor` first, or let the retry look again.
    """

    retry = Retry.LATER
    spent = "The job goes on, and is billed if it ends well."
    consequence = "A retry looks again, free of charge."


def find(client: DashScopeClient, task_id: str, *, patience: timedelta) -> tuple[Job, TaskSnapshot]:
    """Look a job up; free of charge.

    The service tells its model in the list of jobs only, and its function nowhere; what isn't told is empty.

    Args:
        client: Client of the account.
        task_id: The job.
        patience: How long it may be waited for from now.

    Raises:
        WanError: The query failed, or the id is none.
    """
    snapshot = client.get(task_id)
    row = _row(client, task_id)
    now = time.time()
    job = Job(
        task_id=task_id,
        request_id=str(row.get("request_id") or ""),
        model=str(row.get("model_name") or ""),
        function="",
        region=client.account.region,
        submitted_at=snapshot.submitted_at.timestamp() if snapshot.submitted_at else now,
        deadline=now + patience.total_seconds(),
    )
    return job, snapshot


def _row(client: DashScopeClient, task_id: str) -> Mapping[str, Any]:
    try:
        answer = client.list_tasks(task_id=task_id)
    except ServiceError:
        return {}  # it only adds the model and with it the price
    rows = answer.get("data") or answer.get("tasks") or []
    return next((row for row in rows if isinstance(row, Mapping) and row.get("task_id") == task_id), {})


def with_facts(job: Job, result: Mapping[str, Any]) -> Job:
    """Return a job with what an edit's result says of it, where the service didn't tell."""
    return replace(
        job,
        request_id=job.request_id or str(result.get("request_id") or ""),
        model=job.model or str(result.get("model") or ""),
        function=str(result.get("function") or ""),
    )


def require_success(task_id: str, snapshot: TaskSnapshot) -> None:
    """Return where a job has a result.

    Raises:
        JobWithoutResultError: It failed, was cancelled, or isn't known any more.
        JobUnfinishedError: It goes on.
    """
    match snapshot.status:
        case TaskStatus.SUCCEEDED:
            return
        case TaskStatus.FAILED:
            error = codes.failure(snapshot.code, snapshot.message, task_id=task_id)
            raise JobWithoutResultError(
                f"Job {task_id} failed: {error.reason or 'no message was given'} (code {error.code or 'none given'}). "
                f"{error.what_to_do} A failed job isn't billed."
            )
        case TaskStatus.CANCELED:
            raise JobWithoutResultError(
                f"Job {task_id} was cancelled while it was queued. A cancelled job isn't billed."
            )
        case TaskStatus.UNKNOWN:
            raise JobWithoutResultError(
                f"Job {task_id} isn't known to the service: it was submitted over 24 hours ago, belongs to another "
                "account or region than this connection's, or never existed. If it had finished, it was billed."
            )
    raise JobUnfinishedError(
        f"Job {task_id} is still {snapshot.status}. Wait for it with a WanTaskSensor first. Looking costs nothing."
    )
