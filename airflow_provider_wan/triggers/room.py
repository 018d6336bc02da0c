"""Waits in the triggerer until the account's queue has room."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from airflow_provider_wan import metrics
from airflow_provider_wan.admission import KIND
from airflow_provider_wan.dashscope import catalog
from airflow_provider_wan.dashscope.errors import WanError
from airflow_provider_wan.dashscope.gate import gate_of
from airflow_provider_wan.dashscope.room import describe, notably, spoken
from airflow_provider_wan.hooks import DEFAULT_CONN_ID
from airflow_provider_wan.records import ROOM, progress
from airflow_provider_wan.triggers.accounts import account_of, clients, forget
from airflow_provider_wan.triggers.progress import Progress

if TYPE_CHECKING:
    from airflow_provider_wan.dashscope.gate import News


class WanRoomTrigger(BaseTrigger):
    """Waits until the account's queue has room for a job, then lets the task go on and submit it.

    All edits of an account and model that wait in one triggerer stand in one line, see `gate.Gate`. There is
    nothing to cancel when the task is ended: nothing was submitted.

    Args:
        model: Model as it is sent.
        waiting_since: When the edit began to wait, in seconds since 1970.
        longest: For how many seconds its job may be queued.
        function: The edit function; how long jobs take depends on it.
        conn_id: Connection to ask with.
        pause_until: Ask nothing before this, in seconds since 1970: the service has refused a submission.
        not_before: As for `WanTaskTrigger`.
        deadline: When to give up, in seconds since 1970; None: never.
        refusals: How often the service has refused the submission; handed back in the event.
    """

    def __init__(
        self,
        *,
        model: str,
        waiting_since: float,
        longest: float,
        function: str = "",
        conn_id: str = DEFAULT_CONN_ID,
        pause_until: float = 0.0,
        not_before: float = 0.0,
        deadline: float | None = None,
        refusals: int = 0,
        **_later: Any,  # a newer operator may hand more to an older triggerer during a rolling upgrade
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.model = model
        self.waiting_since = waiting_since
        self.longest = longest
        self.function = function
        self.conn_id = conn_id
        self.pause_until = pause_until
        self.not_before = not_before
        self.deadline = deadline
        self.refusals = refusals
        self._told: float | None = None
        self._seconds: float | None = None
        self._progress = Progress()

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return what Airflow stores to make this trigger again elsewhere."""
        return f"{type(self).__module__}.{type(self).__qualname__}", {
            "model": self.model,
            "waiting_since": self.waiting_since,
            "longest": self.longest,
            "function": self.function,
            "conn_id": self.conn_id,
            "pause_until": self.pause_until,
            "not_before": self.not_before,
            "deadline": self.deadline,
            "refusals": self.refusals,
        }

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Wait, then yield the one event."""
        metrics.waiting("room", 1)
        try:
            end = "room" if await self._wait() else "deadline"
        except WanError as error:  # a wrong key, no such connection: the task will find and say the same
            forget(self.conn_id)
            self.log.warning("The wait for room ended: %s", error)
            end = "refused"
        finally:
            metrics.waiting("room", -1)
        if end == "room":
            self.log.info("There is room after %s.", spoken(time.time() - self.waiting_since))
        await asyncio.sleep(self.not_before - time.time())
        await self._progress.settled()
        yield TriggerEvent(  # type: ignore[no-untyped-call]
            {
                "kind": KIND,
                "end": end,
                "model": self.model,
                "waiting_since": self.waiting_since,
                "refusals": self.refusals,
                "seconds": self._seconds,
            }
        )

    async def _wait(self) -> bool:
        pause_until = min(self.pause_until, self.deadline or math.inf)
        await asyncio.sleep(pause_until - time.time())
        known = catalog.find(self.model)
        if known is None or known.running == 0:
            return self.deadline is None or time.time() < self.deadline
        account = await account_of(self.conn_id)
        async with (await clients()).shared_poller(account) as poller:
            entered = await gate_of(poller, self.model, known.running).enter(
                function=self.function,
                since=self.waiting_since,
                longest=self.longest,
                until=self.deadline,
                on_news=self._tell,
            )
            self._seconds = poller.durations.typical(self.model, self.function).median
            return entered

    def _tell(self, news: News) -> None:
        if self._told is not None and not notably(self._told, news.expected):
            return
        self._told = news.expected
        why = describe(news.queue, self.model) if news.queue else "The account's queue can't be looked at"
        self.log.info(
            "Waiting for room. %s. %d wait before this one; room is expected in about %s.%s",
            *(why, news.ahead, spoken(news.expected)),
            f" The last error: {news.trouble}" if news.trouble else "",
        )
        queue = {"pending": news.queue.pending, "running": news.queue.slots} if news.queue else {}
        standing = progress(
            ROOM, at=time.time(), since=self.waiting_since, queue={**queue, "ahead": news.ahead}
        )
        self._progress.leave(self.task_instance, standing)
