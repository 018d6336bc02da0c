"""What an operator, its trigger and its resumed self must know of one job. Plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow_provider_wan import prices
from airflow_provider_wan.dashscope import results
from airflow_provider_wan.dashscope.errors import UnsupportedOperationError, WanError

if TYPE_CHECKING:
    from airflow_provider_wan.dashscope.results import TaskSnapshot

JOB_KEY = "wan_task_id"
"""XCom in which a task tells its job's id as soon as it has one: for people, and for the other tasks."""


@dataclass(frozen=True, slots=True)
class Job:
    """A submitted job.

    It travels through Airflow's database and its logs, so it holds ids, names and times, and never a
    key, a prompt or an address.

    Attributes:
        task_id: The service's id of the job.
        request_id: Id of the submission, which the service's list of jobs shows again.
        model: Model as it was sent.
        function: The edit function.
        region: Region id.
        submitted_at: When we submitted it, in seconds since 1970.
        deadline: When we stop waiting, likewise. Fixed at submission, so that no restart moves it.
        taken_over: Whether this attempt found it running after a person had cleared the task. Such a job may
            be cancelled under our hands, by that very clear.
    """

    task_id: str
    request_id: str
    model: str
    function: str
    region: str
    submitted_at: float
    deadline: float
    taken_over: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, facts: Mapping[str, Any]) -> Job:
        """Read what `as_dict` wrote; more keys than needed don't matter.

        Raises:
            ValueError: One is missing.
        """
        missing = [part.name for part in fields(cls) if part.default is MISSING and part.name not in facts]
        if missing:
            raise ValueError(f"facts of a job lack {', '.join(missing)}")
        return cls(**{part.name: facts[part.name] for part in fields(cls) if part.name in facts})


def result(job: Job, snapshot: TaskSnapshot, output_path: str | None) -> dict[str, Any]:
    """Lay out a finished edit's result, the operator's XCom value. Plain JSON.

    Args:
        job: The job.
        snapshot: Its last look.
        output_path: Where its file was landed; None where it wasn't.
    """
    seconds = results.billed_seconds(snapshot.usage, job.model)
    submitted = snapshot.submitted_at or datetime.fromtimestamp(job.submitted_at, UTC)
    return {
        "task_id": job.task_id,
        # Of a job that was submitted elsewhere not all is known.
        "request_id": job.request_id or None,
        "model": job.model or None,
        "function": job.function or None,
        "region": job.region,
        "status": str(snapshot.status),
        "video_url": snapshot.video_url,
        "expires_at": _iso(results.expires_at(snapshot) or submitted + timedelta(hours=24)),
        "output_path": output_path,
        "usage": dict(snapshot.usage),
        "billed_seconds": float(seconds) if seconds is not None else None,
        "cost": prices.cost_of(job.model, job.region, snapshot.usage),
        "submitted_at": _iso(submitted),
        "started_at": _iso(snapshot.started_at),
        "finished_at": _iso(snapshot.finished_at),
        "orig_prompt": snapshot.orig_prompt,
        "actual_prompt": snapshot.actual_prompt,
    }


def summary(snapshot: TaskSnapshot, outcome: Mapping[str, Any]) -> str:
    """Put a finished edit into one line for the log: its times, what is billed, what that costs."""
    parts = []
    submitted, started, finished = snapshot.submitted_at, snapshot.started_at, snapshot.finished_at
    if submitted and started and finished:
        queued, ran = (started - submitted).total_seconds(), (finished - started).total_seconds()
        parts.append(f"queued {queued:.0f} s, ran {ran:.0f} s")
    price = outcome["cost"]
    parts.append(f"{outcome['billed_seconds']} s billed")
    parts.append(f"{price['amount']} {price['currency']}" if price else "price unknown")
    return ", ".join(parts)


def cancelling(task_id: str, error: WanError | None) -> str:
    """Say how cancelling a job went. `error` is what the service said, None if it agreed."""
    if error is None:
        return f"Job {task_id} was still queued and has been cancelled. It isn't billed."
    if isinstance(error, UnsupportedOperationError):
        return f"Job {task_id} can't be stopped, because it has left the queue. If it ends well, it will be billed."
    return f"Job {task_id} could not be cancelled: {error}"


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
