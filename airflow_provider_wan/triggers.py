"""Waits for a job in the triggerer, so that no worker is held."""

from __future__ import annotations

import random
import time
from collections.abc import AsyncIterator
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from airflow_provider_wan.dashscope.errors import WanError
from airflow_provider_wan.dashscope.polling import Outcome, Watch, await_end
from airflow_provider_wan.dashscope.results import TaskSnapshot
from airflow_provider_wan.hooks import DEFAULT_CONN_ID, DashScopeHook


class WanTaskTrigger(BaseTrigger):
    """Looks at a job until it ends, its deadline passes or the service refuses the key.

    Trouble on the way (timeouts, 429, 5xx, answers that aren't JSON) doesn't end the wait. The one event
    holds the job's facts, its last status and why the wait ended; never a key or an address, because
    Airflow stores and logs triggers and events in clear. The waiting task fetches the result itself.

    Args:
        task_id: The service's id of the job.
        conn_id: Connection to ask with.
        deadline: When to stop waiting, in seconds since 1970. Survives any restart of the triggerer.
        facts: More about the job to hand back in the event; plain JSON without secrets.
        pace: Multiplies the pauses between looks; 1 suits the real service.
    """

    def __init__(
        self,
        *,
        task_id: str,
        deadline: float,
        conn_id: str = DEFAULT_CONN_ID,
        facts: dict[str, Any] | None = None,
        pace: float = 1.0,
        **_later: Any,  # a newer operator may hand more to an older triggerer during a rolling upgrade
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        # Not `self.task_id`: there the triggerer writes the id of the Airflow task.
        self.job_id = task_id
        self.deadline = deadline
        self.conn_id = conn_id
        self.facts = facts or {}
        self.pace = pace

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return what Airflow stores to make this trigger again elsewhere."""
        return f"{type(self).__module__}.{type(self).__qualname__}", {
            "task_id": self.job_id,
            "deadline": self.deadline,
            "conn_id": self.conn_id,
            "facts": self.facts,
            "pace": self.pace,
        }

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Wait, then yield the one event."""
        try:
            outcome = await self._wait()
        except WanError as error:  # the connection is gone or wrong; the task will find and say the same
            self.log.warning("The wait for job %s ended: %s", self.job_id, error)
            yield self._event("refused", None)
        else:
            yield self._event(str(outcome.end), outcome.snapshot)

    async def _wait(self) -> Outcome:
        # Imported here because it brings an HTTP library, which the process that parses DAGs doesn't need.
        from airflow_provider_wan.dashscope.clients import shared_async_client

        account = await DashScopeHook(self.conn_id).aget_account()
        async with shared_async_client(account) as client:
            return await await_end(
                lambda: client.get(self.job_id),
                Watch(self.deadline, jitter=lambda: random.uniform(0.9, 1.1), pace=self.pace),  # noqa: S311
                on_change=self._tell,
            )

    def _tell(self, snapshot: TaskSnapshot) -> None:
        age = time.time() - self.facts["submitted_at"] if "submitted_at" in self.facts else None
        after = f" after {age:.0f} s" if age is not None else ""
        self.log.info("Job %s is %s%s", self.job_id, snapshot.status, after)

    def _event(self, end: str, snapshot: TaskSnapshot | None) -> TriggerEvent:
        return TriggerEvent(  # type: ignore[no-untyped-call]
            {
                **self.facts,
                "task_id": self.job_id,
                "deadline": self.deadline,
                "end": end,
                "status": str(snapshot.status) if snapshot else None,
            }
        )
