"""Watching many jobs of one task at once: what is watched, and when it is worth to start a worker for it.

A worker is needed to land results and to submit more edits. Each start costs seconds of a worker slot, so
the decision gathers what there is to do, but doesn't let the account's running slots fall idle.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from airflow_provider_wan.dashscope import catalog
from airflow_provider_wan.dashscope.errors import AuthenticationError, ServiceError
from airflow_provider_wan.dashscope.gate import gate_of
from airflow_provider_wan.dashscope.polling import End
from airflow_provider_wan.dashscope.results import TaskSnapshot, TaskStatus

if TYPE_CHECKING:
    from airflow_provider_wan.dashscope.poller import Poller

LAND_WITHIN = 15 * 60.0
LAND_WITHIN_HERE = 15.0
"""Seconds that a result may wait to be landed, unless there is more to do sooner: by a worker that has to be
started, and by one that waits."""
FEWEST_SLOTS = 2
"""What is reckoned with for a model that the catalogue doesn't know."""


class Reason(StrEnum):
    """Why a worker is started."""

    ALL_ENDED = "all ended"
    ROOM = "room for more"
    LANDING = "results to land"
    FAILURE = "a failure"
    REFUSED = "the key is refused"


@dataclass(frozen=True, slots=True)
class OpenJob:
    """A job that is waited for. Ids, names and times only: Airflow stores and logs it in clear."""

    task_id: str
    model: str
    function: str
    submitted_at: float
    deadline: float


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be watched, and for what.

    Attributes:
        jobs: The jobs.
        waiting: Model -> how many edits wait to be submitted with it.
        functions: Model -> function of one of them, for the duration to expect.
        concurrency: How many jobs may be open at once; None: no limit of our own.
        longest: Seconds that a job may wait in the service's queue; None: nobody cares.
        waiting_since: When the batch began to wait for room, in seconds since 1970: its place in the line.
        not_before: When a worker may be started at the earliest, likewise.
        room_after: When it makes sense to ask for room again, likewise.
        fail_fast: Whether a failure is worth a worker at once.
        land_within: Seconds that a result may wait to be landed; None: there is nothing to land.
    """

    jobs: tuple[OpenJob, ...]
    waiting: Mapping[str, int] = field(default_factory=dict)
    functions: Mapping[str, str] = field(default_factory=dict)
    concurrency: int | None = None
    longest: float | None = None
    waiting_since: float = 0.0
    not_before: float = 0.0
    room_after: float = 0.0
    fail_fast: bool = False
    land_within: float | None = LAND_WITHIN

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON."""
        return asdict(self) | {"jobs": [asdict(job) for job in self.jobs]}

    @classmethod
    def from_dict(cls, facts: Mapping[str, Any]) -> Plan:
        """Read what `as_dict` wrote; what a later version added doesn't matter."""
        known = {name: facts[name] for name in cls.__dataclass_fields__ if name in facts}
        names = OpenJob.__dataclass_fields__
        jobs = tuple(OpenJob(**{name: job[name] for name in names}) for job in facts["jobs"])
        return cls(**known | {"jobs": jobs})


@dataclass(frozen=True, slots=True)
class Ended:
    """How the wait for a job ended, and when."""

    end: End
    status: TaskStatus | None
    at: float


@dataclass(slots=True)
class Board:
    """What is known of the jobs of a plan."""

    plan: Plan
    seen: dict[str, TaskStatus] = field(default_factory=dict)
    ended: dict[str, Ended] = field(default_factory=dict)

    @property
    def open(self) -> list[OpenJob]:
        """The jobs that haven't ended."""
        return [job for job in self.plan.jobs if job.task_id not in self.ended]

    def reason(self, now: float) -> Reason | None:
        """Say why a worker should be started now, room left aside; None if it shouldn't."""
        ends = self.ended.values()
        if any(one.end is End.REFUSED for one in ends):
            return Reason.REFUSED
        if self.plan.fail_fast and any(one.status is not TaskStatus.SUCCEEDED for one in ends):
            return Reason.FAILURE
        if self.plan.jobs and not self.open:
            return Reason.ALL_ENDED
        due = self.landing_due()
        return Reason.LANDING if due is not None and due <= now else None

    def landing_due(self) -> float | None:
        """When the first result will have waited long enough; None while there is none."""
        patience = self.plan.land_within
        results = [one.at for one in self.ended.values() if one.status is TaskStatus.SUCCEEDED]
        return min(results) + patience if results and patience is not None else None

    def wants_room(self) -> list[str]:
        """Name the models whose queue of ours is about to run dry, while edits wait and may be submitted."""
        plan = self.plan
        if plan.concurrency is not None and len(self.open) >= plan.concurrency:
            return []
        return [
            model
            for model, edits in plan.waiting.items()
            if edits and self._queued(model) <= low_water(slots_of(model), plan.concurrency)
        ]

    def _queued(self, model: str) -> int:
        waits = (None, TaskStatus.PENDING)  # one that wasn't seen yet has just been submitted
        return sum(job.model == model and self.seen.get(job.task_id) in waits for job in self.open)


def slots_of(model: str) -> int:
    """Return how many jobs of a model the service runs at once for an account."""
    known = catalog.find(model)
    return known.running if known and known.running else FEWEST_SLOTS


def low_water(slots: int, concurrency: int | None) -> int:
    """Return how few jobs in the queue are few enough to fill it up.

    As many as there are slots: then each running job may end before the worker is there, and a slot finds a
    successor. With a limit of our own that leaves little to queue, half of that little.
    """
    return slots if concurrency is None else min(slots, max(0, concurrency - slots) // 2)


@dataclass(frozen=True, slots=True)
class Report:
    """What came of watching.

    Attributes:
        reason: Why it ended.
        ends: How the jobs ended that have.
        room: The model that was let in, where room is the reason.
        seconds: Model -> how long its jobs usually run, as far as was learned.
    """

    reason: Reason
    ends: Mapping[str, Ended] = field(default_factory=dict)
    room: str = ""
    seconds: Mapping[str, float] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON."""
        ends = {
            job: [str(one.end), str(one.status) if one.status else None] for job, one in self.ends.items()
        }
        return {"reason": str(self.reason), "ends": ends, "room": self.room, "seconds": dict(self.seconds)}


async def watch(
    poller: Poller,
    plan: Plan,
    *,
    tell: Callable[[OpenJob, TaskSnapshot], None],
    tell_trouble: Callable[[OpenJob, ServiceError], None],
    clock: Callable[[], float] = time.time,
) -> Report:
    """Watch jobs, and the room for more, until it is worth to start a worker."""
    return await _Watch(poller, plan, tell, tell_trouble, clock).run()


class _Watch:
    def __init__(
        self,
        poller: Poller,
        plan: Plan,
        tell: Callable[[OpenJob, TaskSnapshot], None],
        tell_trouble: Callable[[OpenJob, ServiceError], None],
        clock: Callable[[], float],
    ) -> None:
        self._poller = poller
        self._plan = plan
        self._board = Board(plan)
        self._tell = tell
        self._tell_trouble = tell_trouble
        self._clock = clock
        self._changed = asyncio.Event()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._room = ""
        self._refused = False

    async def run(self) -> Report:
        for job in self._plan.jobs:
            self._start(job.task_id, self._follow(job))
        try:
            reason = await self._until_worth_it()
        finally:
            for task in self._tasks.values():
                task.cancel()
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        models = {job.model for job in self._plan.jobs} | set(self._plan.waiting)
        seconds = {
            model: self._poller.durations.typical(model, self._function(model)).median for model in models
        }
        return Report(reason, dict(self._board.ended), self._room, seconds)

    def _start(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        self._tasks[name] = task = asyncio.create_task(work)
        task.add_done_callback(lambda _: self._changed.set())

    async def _follow(self, job: OpenJob) -> None:
        def note(snapshot: TaskSnapshot) -> None:
            self._board.seen[job.task_id] = snapshot.status
            self._tell(job, snapshot)
            self._changed.set()

        outcome = await self._poller.wait(
            job.task_id,
            model=job.model,
            function=job.function,
            submitted_at=job.submitted_at,
            deadline=job.deadline,
            on_change=note,
            on_trouble=lambda error: self._tell_trouble(job, error),
        )
        status = outcome.snapshot.status if outcome.snapshot else None
        self._board.ended[job.task_id] = Ended(outcome.end, status, self._clock())

    async def _stand_in_line(self, model: str) -> None:
        plan = self._plan
        await asyncio.sleep(max(plan.not_before, plan.room_after) - self._clock())
        try:
            if plan.longest is None or await gate_of(self._poller, model, slots_of(model)).enter(
                function=self._function(model), since=plan.waiting_since, longest=plan.longest
            ):
                self._room = model
        except AuthenticationError:
            self._refused = True

    async def _until_worth_it(self) -> Reason:
        plan, board = self._plan, self._board
        while True:
            self._changed.clear()
            for task in self._tasks.values():
                if task.done():
                    task.result()  # a mistake of ours shall end the wait and not hang it
            if self._refused:
                return Reason.REFUSED
            now = self._clock()
            reason = board.reason(now) or (Reason.ROOM if self._room else None)
            if reason is not None and now >= plan.not_before:
                return reason
            for model in board.wants_room():
                if (name := f"room for {model}") not in self._tasks:
                    self._start(name, self._stand_in_line(model))
            await self._until_something_changes(plan.not_before if reason else board.landing_due())

    async def _until_something_changes(self, latest: float | None) -> None:
        pause = None if latest is None else max(0.0, latest - self._clock())
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._changed.wait(), pause)

    def _function(self, model: str) -> str:
        found = (job.function for job in self._plan.jobs if job.model == model)
        return self._plan.functions.get(model) or next(found, "")
