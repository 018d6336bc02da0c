"""The log that tells an edit's story: one line for each thing that happens, with its facts as fields too."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from airflow_provider_wan.jobs import Job


class Log(Protocol):
    """The part of Airflow's structured log that is used here."""

    def info(self, message: Any, /, *args: Any, **fields: Any) -> Any:
        """Tell what happens."""

    def warning(self, message: Any, /, *args: Any, **fields: Any) -> Any:
        """Tell what someone may want to look at."""


def tell_state(log: Log, task_id: str, status: str, *, submitted_at: float | None) -> None:
    """Say that a job has come to another state, and how old it is where that is known (seconds since 1970)."""
    after = f" after {time.time() - submitted_at:.0f} s" if submitted_at is not None else ""
    log.info("Job %s is %s%s", task_id, status, after, wan_task_id=task_id, wan_status=status)


def facts(job: Job) -> dict[str, str]:
    """Return the fields by which a job's lines can be found, whatever their words."""
    return {
        "wan_task_id": job.task_id,
        "wan_model": job.model,
        "wan_function": job.function,
        "wan_region": job.region,
    }
