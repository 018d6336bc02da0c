"""The log that tells an edit's story: one line for each thing that happens, with its facts as fields too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from airflow_provider_wan.jobs import Job


class Log(Protocol):
    """The part of Airflow's structured log that is used here."""

    def info(self, message: Any, /, *args: Any, **fields: Any) -> Any:
        """Tell what happens."""

    def warning(self, message: Any, /, *args: Any, **fields: Any) -> Any:
        """Tell what someone may want to look at."""


def facts(job: Job) -> dict[str, str]:
    """Return the fields by which a job's lines can be found, whatever their words."""
    return {
        "wan_task_id": job.task_id,
        "wan_model": job.model,
        "wan_function": job.function,
        "wan_region": job.region,
    }
