"""What an operator, its trigger and its resumed self must know of one job. Plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow_provider_wan.dashscope import results

if TYPE_CHECKING:
    from airflow_provider_wan.dashscope.results import TaskSnapshot


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
    """

    task_id: str
    request_id: str
    model: str
    function: str
    region: str
    submitted_at: float
    deadline: float

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, facts: Mapping[str, Any]) -> Job:
        """Read what `as_dict` wrote; more keys than needed don't matter.

        Raises:
            ValueError: One is missing.
        """
        names = [part.name for part in fields(cls)]
        missing = [name for name in names if name not in facts]
        if missing:
            raise ValueError(f"facts of a job lack {', '.join(missing)}")
        return cls(**{name: facts[name] for name in names})


def result(job: Job, snapshot: TaskSnapshot, output_path: str | None) -> dict[str, Any]:
    """Lay out a finished edit's result, the operator's XCom value. Plain JSON.

    Args:
        job: The job.
        snapshot: Its last look.
        output_path: Where its file was landed; None where it wasn't.
    """
    seconds = results.billed_seconds(snapshot.usage)
    submitted = snapshot.submitted_at or datetime.fromtimestamp(job.submitted_at, UTC)
    return {
        "task_id": job.task_id,
        "request_id": job.request_id,
        "model": job.model,
        "function": job.function,
        "region": job.region,
        "status": str(snapshot.status),
        "video_url": snapshot.video_url,
        "expires_at": _iso(results.expires_at(snapshot) or submitted + timedelta(hours=24)),
        "output_path": output_path,
        "usage": dict(snapshot.usage),
        "billed_seconds": float(seconds) if seconds is not None else None,
        "cost": results.cost(job.model, job.region, snapshot.usage),
        "submitted_at": _iso(submitted),
        "started_at": _iso(snapshot.started_at),
        "finished_at": _iso(snapshot.finished_at),
        "orig_prompt": snapshot.orig_prompt,
        "actual_prompt": snapshot.actual_prompt,
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
