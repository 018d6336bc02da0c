"""What every wait for a job needs, of an edit, a batch or a sensor."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from airflow.providers.common.compat.sdk import conf

from airflow_provider_wan.dashscope import polling
from airflow_provider_wan.dashscope.client import DashScopeClient
from airflow_provider_wan.dashscope.durations import Durations
from airflow_provider_wan.dashscope.errors import WanError
from airflow_provider_wan.triggers import WanRoomTrigger, WanTaskTrigger

if TYPE_CHECKING:
    from airflow_provider_wan.admission import Admission
    from airflow_provider_wan.dashscope.account import Account
    from airflow_provider_wan.dashscope.errors import ServiceError
    from airflow_provider_wan.dashscope.results import TaskSnapshot
    from airflow_provider_wan.jobs import Job
    from airflow_provider_wan.operators.base import WanOperator

BACKSTOP = timedelta(minutes=5)
"""How long after our own deadline Airflow's trigger timeout steps in, should the triggerer be gone."""


def earliest_resume(now: float) -> float:
    """Say when a trigger's event may come: Airflow 3.3 learns up to a heartbeat late that a worker let its task go."""
    return now + 2 * int(conf.getint("workers", "min_heartbeat_interval", fallback=5))


def patience(deadline: float, now: float) -> timedelta:
    """Say for how long Airflow shall let a trigger run that ends by itself at a deadline."""
    return timedelta(seconds=max(0.0, deadline - now)) + BACKSTOP


def limit_of(operator: WanOperator) -> timedelta | None:
    """Say how long one wait may take by `execution_timeout`.

    On a worker Airflow counts it too, from the start of the task, and ends the process; we come a little before
    that, to end the wait in good order.
    """
    limit: timedelta | None = operator.execution_timeout
    if limit is None or operator.deferrable:
        return limit
    return limit - min(timedelta(seconds=30), limit / 2)


def patience_of(operator: WanOperator) -> timedelta:
    """Say how long to wait for a job: `timeout`, or `execution_timeout` if that is less.

    Airflow doesn't count deferred time towards it, so we do.
    """
    limit = limit_of(operator)
    return operator.timeout if limit is None else min(operator.timeout, limit)


def ended_by_airflow(operator: WanOperator, begun_at: float) -> float:
    """Say when Airflow ends this process, in seconds since 1970, at which it is better not to wait any more."""
    limit = None if operator.deferrable else limit_of(operator)
    return math.inf if limit is None else begun_at + limit.total_seconds()


def wait_on_worker(
    account: Account,
    job: Job,
    *,
    on_change: Callable[[TaskSnapshot], None],
    on_trouble: Callable[[ServiceError], None],
) -> polling.Outcome:
    """Wait for a job in this process."""
    # The watch has its own patience, so the client it looks with has none.
    with DashScopeClient(account, patient=False) as client:
        return polling.wait(
            lambda: client.get(job.task_id),
            polling.Watch(
                job.deadline,
                submitted_at=job.submitted_at,
                typical=lambda: Durations().typical(job.model, job.function),
            ),
            on_change=on_change,
            on_trouble=on_trouble,
        )


def room_trigger(
    admission: Admission, *, model: str, function: str, conn_id: str, now: float, pause: float
) -> WanRoomTrigger:
    """Make the trigger that waits for room.

    Args:
        admission: Knows how far the edit has come in its wait.
        model: Model as it is sent.
        function: The edit function.
        conn_id: Connection to ask with.
        now: Seconds since 1970.
        pause: For how many seconds to ask nothing.
    """
    return WanRoomTrigger(
        model=model,
        function=function,
        conn_id=conn_id,
        waiting_since=admission.waiting.since,
        longest=admission.longest,
        pause_until=now + pause,
        not_before=earliest_resume(now),
        deadline=admission.until,
        refusals=admission.waiting.refusals,
    )


def job_trigger(operator: WanOperator, job: Job, *, now: float) -> WanTaskTrigger:
    """Make the trigger that waits for an operator's job."""
    return WanTaskTrigger(
        task_id=job.task_id,
        conn_id=operator.conn_id,
        deadline=job.deadline,
        not_before=earliest_resume(now),
        cancel_on_kill=operator.cancel_on_kill,
        end_task=operator.end_in_triggerer,
        multiple_outputs=operator.multiple_outputs,
        facts=job.as_dict(),
    )


def try_to_cancel(client: DashScopeClient, job: Job) -> WanError | None:
    """Cancel a job if it is still queued; return what speaks against it, if anything does."""
    try:
        client.cancel(job.task_id)
    except WanError as error:
        return error
    return None
