"""Waits in the triggerer for all open jobs of a batch."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from airflow_provider_wan import metrics
from airflow_provider_wan.dashscope.errors import ServiceError, WanError
from airflow_provider_wan.dashscope.results import TaskSnapshot, TaskStatus
from airflow_provider_wan.hooks import DEFAULT_CONN_ID
from airflow_provider_wan.jobs import cancelling
from airflow_provider_wan.logs import tell_state
from airflow_provider_wan.triggers.accounts import account_of, clients, forget
from airflow_provider_wan.triggers.awaited import jobs_still_awaited
from airflow_provider_wan.triggers.batch_watch import OpenJob, Plan, Reason, Report, watch
from airflow_provider_wan.triggers.job import KILL_LIMIT
from airflow_provider_wan.triggers.unbroken import unbroken

CANCELS_AT_ONCE = 4


class WanBatchTrigger(BaseTrigger):
    """Looks at the open jobs of a batch, all through the account's one poller, until a worker is needed.

    The one event names the jobs that have ended, each with its status and why its wait ended, and why a worker
    is needed. Like its arguments it holds ids, names and numbers only, because Airflow stores and logs both.

    Args:
        plan: What is watched and for what, as `Plan.as_dict` writes it.
        conn_id: Connection to ask with.
        cancel_on_kill: Cancel the jobs that are still queued when a person ends the waiting task.
    """

    def __init__(
        self,
        *,
        plan: dict[str, Any],
        conn_id: str = DEFAULT_CONN_ID,
        cancel_on_kill: bool = True,
        **_later: Any,  # a newer operator may hand more to an older triggerer during a rolling upgrade
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.plan = plan
        self.conn_id = conn_id
        self.cancel_on_kill = cancel_on_kill

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return what Airflow stores to make this trigger again elsewhere."""
        return f"{type(self).__module__}.{type(self).__qualname__}", {
            "plan": self.plan,
            "conn_id": self.conn_id,
            "cancel_on_kill": self.cancel_on_kill,
        }

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Wait, then yield the one event."""
        plan = Plan.from_dict(self.plan)
        metrics.waiting("batch", 1)
        try:
            account = await account_of(self.conn_id)
            async with (await clients()).shared_poller(account) as poller:
                report = await watch(poller, plan, tell=self._tell, tell_trouble=self._tell_trouble)
        except WanError as error:  # the connection is gone or wrong; the task will find and say the same
            self.log.warning("The wait for %d jobs ended: %s", len(plan.jobs), error)
            report = Report(Reason.REFUSED)
            await asyncio.sleep(plan.not_before - time.time())
        finally:
            metrics.waiting("batch", -1)
        if report.reason is Reason.REFUSED:
            forget(self.conn_id)
        yield TriggerEvent(report.as_dict())  # type: ignore[no-untyped-call]

    async def on_kill(self) -> None:
        """Cancel the jobs that are still queued, if a person really ended the task (Airflow 3.3 and later).

        See `WanTaskTrigger.on_kill` for when else Airflow calls this.
        """
        if self.cancel_on_kill:
            await unbroken(self._abandon([job.task_id for job in Plan.from_dict(self.plan).jobs]))

    async def _abandon(self, jobs: list[str]) -> None:
        try:
            async with asyncio.timeout(KILL_LIMIT):
                awaited = await jobs_still_awaited(self.task_instance)
                abandoned = [job for job in jobs if job not in awaited]
                if len(abandoned) < len(jobs):
                    self.log.info("%d jobs are still waited for and left alone.", len(jobs) - len(abandoned))
                if not abandoned:
                    return
                account = await account_of(self.conn_id)
                async with (await clients()).patient_async_client(account) as client:
                    limit = asyncio.Semaphore(CANCELS_AT_ONCE)
                    await asyncio.gather(*(self._cancel(client, job, limit) for job in abandoned))
        except TimeoutError:
            self.log.warning("Not all of %d jobs could be cancelled within %.0f s.", len(jobs), KILL_LIMIT)
        except WanError as error:
            self.log.warning("The jobs could not be cancelled: %s", error)

    async def _cancel(self, client: Any, job: str, limit: asyncio.Semaphore) -> None:
        async with limit:
            try:
                await client.cancel(job)
            except WanError as error:
                self.log.warning("%s", cancelling(job, error))
            else:
                self.log.info("%s", cancelling(job, None))

    def _tell(self, job: OpenJob, snapshot: TaskSnapshot) -> None:
        if snapshot.status is not TaskStatus.PENDING:
            tell_state(self.log, job.task_id, str(snapshot.status), submitted_at=job.submitted_at)

    def _tell_trouble(self, job: OpenJob, error: ServiceError) -> None:
        self.log.warning(
            "Job %s can't be looked at; the wait goes on. The last error: %s", job.task_id, error
        )
