"""What every wait for a job needs, of an edit, a batch or a sensor."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from airflow.providers.common.compat.sdk import conf

from airflow_provider_wan.dashscope.errors import WanError

if TYPE_CHECKING:
    from airflow_provider_wan.dashscope.client import DashScopeClient
    from airflow_provider_wan.jobs import Job

BACKSTOP = timedelta(minutes=5)
"""How long after our own deadline Airflow's trigger timeout steps in, should the triggerer be gone."""


def earliest_resume(now: float) -> float:
    """Say when a trigger's event may come: Airflow 3.3 learns up to a heartbeat late that a worker let its task go."""
    return now + 2 * int(conf.getint("workers", "min_heartbeat_interval", fallback=5))


def patience(deadline: float, now: float) -> timedelta:
    """Say for how long Airflow shall let a trigger run that ends by itself at a deadline."""
    return timedelta(seconds=max(0.0, deadline - now)) + BACKSTOP


def try_to_cancel(client: DashScopeClient, job: Job) -> WanError | None:
    """Cancel a job if it is still queued; return what speaks against it, if anything does."""
    try:
        client.cancel(job.task_id)
    except WanError as error:
        return error
    return None
