"""Time that passes only while everyone waits, and a service in it. An hour of a poller's work takes a moment.

Nothing depends on the machine's speed: each test here gives the same figures each time.
"""

from __future__ import annotations

import asyncio
import random
import selectors
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

from airflow_provider_wan.dashscope.client import AsyncDashScopeClient
from airflow_provider_wan.dashscope.errors import ServiceError, ThrottledError
from airflow_provider_wan.dashscope.poller import Poller
from airflow_provider_wan.dashscope.polling import Outcome
from airflow_provider_wan.dashscope.results import TaskSnapshot, TaskStatus

START = 1_761_631_066.0
VACE = "wan2.1-vace-plus"
T = TypeVar("T")


class _Selector(selectors.DefaultSelector):
    """Instead of waiting for the time to pass, lets it pass."""

    def __init__(self, loop: WarpedLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        assert timeout is not None, "everyone waits, and for nothing"
        if timeout > 0:
            self._loop.now += timeout
        return super().select(0)


class WarpedLoop(asyncio.SelectorEventLoop):
    """An event loop whose time jumps to whatever comes next."""

    def __init__(self) -> None:
        self.now = START
        super().__init__(_Selector(self))
        self._clock_resolution = 1e-6  # the usual one is lost in the rounding of times since 1970

    def time(self) -> float:
        return self.now


def warped(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine to its end in warped time."""
    with asyncio.Runner(loop_factory=WarpedLoop) as runner:
        return runner.run(work())


def now() -> float:
    return asyncio.get_running_loop().time()


@dataclass
class Work:
    """A job of the service: when it came, started and will end."""

    task_id: str
    model: str
    submitted: float
    started: float
    ended: float
    end: TaskStatus = TaskStatus.SUCCEEDED
    listed: bool = True

    def status(self, at: float) -> TaskStatus:
        if at >= self.ended:
            return self.end
        return TaskStatus.RUNNING if at >= self.started else TaskStatus.PENDING


@dataclass
class Service:
    """Answers queries as the service does, and counts them.

    Attributes:
        latency: Seconds until an answer.
        qps: Queries it takes a second.
        granted: Rows of a page it gives at most.
        rows_in: Name of the list's rows.
        shuffled: "once" lists in no order, "anew" in another one each time.
        trouble: Called with each query's target before it is answered; raises what shall go wrong.
        queries: When each query came.
    """

    latency: float = 0.05
    qps: int = 20
    granted: int = 100
    rows_in: str = "data"
    shuffled: str = ""
    trouble: Callable[[str], Awaitable[None]] | None = None
    works: dict[str, Work] = field(default_factory=dict)
    queries: list[float] = field(default_factory=list)
    gets: int = 0
    lists: int = 0
    refused: int = 0
    closed: bool = False

    def add(
        self, runs: float, *, queued: float = 0.0, model: str = VACE, age: float = 0.0, **more: Any
    ) -> str:
        submitted = now() - age
        started = submitted + queued
        work = Work(f"job-{len(self.works)}", model, submitted, started, started + runs, **more)
        self.works[work.task_id] = work
        return work.task_id

    def submit(self, runs: float, *, slots: int, model: str = VACE) -> str:
        """Take a job that starts once one of the model's slots is free, first come, first served."""
        ends = sorted(work.ended for work in self.works.values() if work.model == model)
        free = ends[-slots] if len(ends) >= slots else now()
        return self.add(runs, queued=max(0.0, free - now()), model=model)

    async def _query(self, target: str) -> None:
        if self.closed:
            raise RuntimeError("Cannot send a request, as the client has been closed.")
        self.queries.append(now())
        recent = 0
        for moment in reversed(self.queries):
            if moment <= now() - 1.0:
                break
            recent += 1
        if recent > self.qps:
            self.refused += 1
            raise ThrottledError("too many", http_status=429)
        if self.trouble is not None:
            await self.trouble(target)
        await asyncio.sleep(self.latency)

    async def get(self, task_id: str) -> TaskSnapshot:
        self.gets += 1
        await self._query(task_id)
        work = self.works.get(task_id)
        if work is None:
            return TaskSnapshot(task_id, TaskStatus.UNKNOWN)
        status = work.status(now())
        return TaskSnapshot(
            task_id,
            status,
            submitted_at=datetime.fromtimestamp(work.submitted, UTC),
            started_at=_moment(work.started),
            finished_at=_moment(work.ended),
        )

    async def list_tasks(
        self,
        *,
        model: str,
        since: datetime | None = None,
        status: str | None = None,
        page: int = 1,
        page_size: int = 10,
    ) -> Mapping[str, Any]:
        self.lists += 1
        await self._query("list")
        found = [
            work
            for work in self.works.values()
            if work.model == model
            and work.listed
            and (since is None or work.submitted >= since.timestamp())
            and status in (None, work.status(now()))
        ]
        if self.shuffled:
            random.Random(self.lists if self.shuffled == "anew" else 0).shuffle(found)
        else:
            found.reverse()
        size = min(page_size, self.granted)
        rows = [_row(work) for work in found[(page - 1) * size : page * size]]
        return {"total": len(found), "page_no": page, "page_size": size, self.rows_in: rows}

    async def aclose(self) -> None:
        self.closed = True


def _moment(at: float) -> datetime | None:
    return datetime.fromtimestamp(at, UTC) if at <= now() else None


def _row(work: Work) -> dict[str, Any]:
    row = {
        "task_id": work.task_id,
        "status": str(work.status(now())),
        "gmt_create": int(work.submitted * 1000),
    }
    if now() >= work.started:
        row["start_time"] = int(work.started * 1000)
    if now() >= work.ended:
        row["end_time"] = int(work.ended * 1000)
    return row


def poller_of(service: Service, **settings: Any) -> Poller:
    dice = random.Random(0)
    usual: dict[str, Any] = {
        "qps": 8.0,
        "clock": now,
        "sleep": asyncio.sleep,
        "jitter": lambda: dice.uniform(0.9, 1.1),
    }
    return Poller(cast(AsyncDashScopeClient, service), **usual | settings)


@dataclass
class Seen:
    """What one who waits was told."""

    outcome: Outcome | None = None
    at: float = 0.0
    changes: list[TaskStatus] = field(default_factory=list)
    troubles: list[ServiceError] = field(default_factory=list)


async def wait(
    poller: Poller, task_id: str, *, model: str = VACE, patience: float = 4 * 3600.0, age: float = 0.0
) -> Seen:
    seen = Seen()
    seen.outcome = await poller.wait(
        task_id,
        model=model,
        function="video_edit",
        submitted_at=now() - age,
        deadline=now() + patience,
        on_change=lambda snapshot: seen.changes.append(snapshot.status),
        on_trouble=seen.troubles.append,
    )
    seen.at = now()
    return seen


async def wait_for_all(poller: Poller, service: Service, **more: Any) -> list[Seen]:
    """Wait for all of a service's jobs; return how late each end was seen, shortest first."""
    return await asyncio.gather(*(wait(poller, work, **more) for work in list(service.works)))


def delays(service: Service, seen: list[Seen]) -> list[float]:
    """How long after its end each job's was seen, in seconds, the shortest first."""
    return sorted(one.at - work.ended for one, work in zip(seen, service.works.values(), strict=True))


def most_in_a_second(moments: list[float]) -> int:
    first = most = 0
    for last, moment in enumerate(moments):
        while moments[first] <= moment - 1.0:
            first += 1
        most = max(most, last - first + 1)
    return most
