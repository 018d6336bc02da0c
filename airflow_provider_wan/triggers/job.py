"""Waits for a job in the triggerer, so that no worker is held."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from airflow.triggers.base import BaseTrigger, TaskSuccessEvent, TriggerEvent

from airflow_provider_wan import metrics
from airflow_provider_wan.dashscope.errors import ServiceError, WanError
from airflow_provider_wan.dashscope.polling import End, Outcome
from airflow_provider_wan.dashscope.results import TaskSnapshot, TaskStatus
from airflow_provider_wan.hooks import DEFAULT_CONN_ID
from airflow_provider_wan.jobs import Job, cancelling, result, summary
from airflow_provider_wan.logs import facts, tell_state
from airflow_provider_wan.records import progress
from airflow_provider_wan.traces import span
from airflow_provider_wan.trail import tell_end
from airflow_provider_wan.triggers.accounts import account_of, clients, forget
from airflow_provider_wan.triggers.awaited import jobs_still_awaited
from airflow_provider_wan.triggers.progress import Progress
from airflow_provider_wan.triggers.unbroken import unbroken

if TYPE_CHECKING:
    from airflow_provider_wan.dashscope.poller import Poller

KILL_LIMIT = 25.0
"""Seconds; Airflow grants 30 (`[triggerer] on_kill_timeout`)."""


class WanTaskTrigger(BaseTrigger):
    """Looks at a job until it ends, its deadline passes or the service refuses the key.

    Trouble on the way (timeouts, 429, 5xx, answers that aren't JSON) doesn't end the wait. The one event
    holds the job's facts, its last status and why the wait ended; never a key or an address, because
    Airflow stores and logs triggers and events in clear. The waiting task fetches the result itself.

    Args:
        task_id: The service's id of the job.
        conn_id: Connection to ask with.
        deadline: When to stop waiting, in seconds since 1970. Survives any restart of the triggerer.
        not_before: When the event may come at the earliest, in seconds since 1970. Airflow 3.3 learns up to a
            heartbeat late that the worker has let the task go, and fails a task that resumes before that.
        cancel_on_kill: Cancel the job when a person ends the waiting task, if it is still queued.
        end_task: Where the job has succeeded, end the task here instead of waking it. The event is then the result,
            which has the job's address; Airflow makes XComs of it and neither logs nor stores it otherwise.
        multiple_outputs: In that case, push each field of the result too.
        facts: More about the job to hand back in the event; plain JSON without secrets.
    """

    def __init__(
        self,
        *,
        task_id: str,
        deadline: float,
        conn_id: str = DEFAULT_CONN_ID,
        not_before: float = 0.0,
        cancel_on_kill: bool = True,
        end_task: bool = False,
        multiple_outputs: bool = True,
        facts: dict[str, Any] | None = None,
        **_later: Any,  # a newer operator may hand more to an older triggerer during a rolling upgrade
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        # Not `self.task_id`: there the triggerer writes the id of the Airflow task.
        self.job_id = task_id
        self.deadline = deadline
        self.conn_id = conn_id
        self.not_before = not_before
        self.cancel_on_kill = cancel_on_kill
        self.end_task = end_task
        self.multiple_outputs = multiple_outputs
        self.facts = facts or {}
        self._result: dict[str, Any] | None = None
        self._progress = Progress()

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return what Airflow stores to make this trigger again elsewhere."""
        return f"{type(self).__module__}.{type(self).__qualname__}", {
            "task_id": self.job_id,
            "deadline": self.deadline,
            "conn_id": self.conn_id,
            "not_before": self.not_before,
            "cancel_on_kill": self.cancel_on_kill,
            "end_task": self.end_task,
            "multiple_outputs": self.multiple_outputs,
            "facts": self.facts,
        }

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Wait, then yield the one event."""
        metrics.waiting("job", 1)
        try:
            with span("wait", job_id=self.job_id, model=self.facts.get("model")):
                outcome = await self._wait()
        except WanError as error:  # the connection is gone or wrong; the task will find and say the same
            self.log.warning("The wait for job %s ended: %s", self.job_id, error)
            outcome = Outcome(End.REFUSED)
        finally:
            metrics.waiting("job", -1)
        await asyncio.sleep(self.not_before - time.time())
        await self._progress.settled()
        yield self._event(outcome)

    async def _wait(self) -> Outcome:
        account = await account_of(self.conn_id)
        async with (await clients()).shared_poller(account) as poller:
            outcome: Outcome = await poller.wait(
                self.job_id,
                model=str(self.facts.get("model", "")),
                function=str(self.facts.get("function", "")),
                submitted_at=float(self.facts.get("submitted_at", time.time())),
                deadline=self.deadline,
                on_change=self._tell,
                on_trouble=self._tell_trouble,
            )
            ended = outcome.snapshot.status if outcome.snapshot else None
            if self.end_task and ended is TaskStatus.SUCCEEDED:
                self._result = await self._fetch(poller)
        if outcome.end is End.REFUSED:
            forget(self.conn_id)
        return outcome

    async def _fetch(self, poller: Poller) -> dict[str, Any] | None:
        """Return the result; None where it takes a worker, which knows what to do about trouble."""
        try:
            snapshot = await poller.ask(lambda: poller.client.get(self.job_id))
            job = Job.from_dict(self.facts)
        except (WanError, ValueError) as error:
            self.log.warning(
                "Job %s's result can't be had here, so a worker fetches it: %s", self.job_id, error
            )
            return None
        if snapshot.status is not TaskStatus.SUCCEEDED or snapshot.video_url is None:
            return None
        outcome = result(job, snapshot, None)
        tell_end(job, snapshot)  # no worker will
        self.log.info("Job %s is done: %s", *(self.job_id, summary(snapshot, outcome)), **facts(job))
        return outcome

    async def on_kill(self) -> None:
        """Cancel the job, if it is still queued and a person really ended the task (Airflow 3.3 and later).

        Airflow 3.3.0 to 3.3.2 also calls this when a stalled triggerer's work was handed to another one.
        """
        if self.cancel_on_kill:
            await unbroken(self._abandon())

    async def _abandon(self) -> None:
        try:
            async with asyncio.timeout(KILL_LIMIT):
                if self.job_id in await jobs_still_awaited(self.task_instance):
                    self.log.info(
                        "Job %s is still waited for by this task, so it is left alone.", self.job_id
                    )
                    return
                account = await account_of(self.conn_id)
                # Many may be ended at once, which is more than the service takes in a second: so try for a while.
                async with (await clients()).patient_async_client(account) as client:
                    await client.cancel(self.job_id)
        except TimeoutError:
            self.log.warning("Job %s could not be cancelled within %.0f s.", self.job_id, KILL_LIMIT)
        except WanError as error:
            self.log.warning("%s", cancelling(self.job_id, error))
        else:
            self.log.info("%s", cancelling(self.job_id, None))

    def _tell(self, snapshot: TaskSnapshot) -> None:
        status = str(snapshot.status)
        tell_state(self.log, self.job_id, status, submitted_at=self.facts.get("submitted_at"))
        if snapshot.status is not TaskStatus.PENDING:  # the task itself has told that
            self._progress.leave(self.task_instance, progress(status, at=time.time(), job=self._job()))

    def _tell_trouble(self, error: ServiceError) -> None:
        self.log.warning(
            "Job %s can't be looked at; the wait goes on. The last error: %s", self.job_id, error
        )

    def _job(self) -> Job | None:
        try:
            return Job.from_dict(self.facts)
        except ValueError:  # a trigger of an older version
            return None

    def _event(self, outcome: Outcome) -> TriggerEvent:
        if self._result is not None:
            fields = self._result if self.multiple_outputs else {}
            return TaskSuccessEvent(xcoms={**fields, "return_value": self._result})
        return TriggerEvent(  # type: ignore[no-untyped-call]
            {
                **self.facts,
                "task_id": self.job_id,
                "deadline": self.deadline,
                "end": str(outcome.end),
                "status": str(outcome.snapshot.status) if outcome.snapshot else None,
            }
        )
