"""A job and its life, decided from times alone.

Nothing here waits. A queue is brought up to date when someone looks: `settle` replays what must have
happened until then, in order, so that every time a job shows is the one it would have had with a clerk
watching the clock.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from heapq import heappop, heappush
from itertools import count
from pathlib import Path
from typing import Any

from airflow_provider_wan.dashscope.catalog import Model

CEILING = 3 * 3600.0
"""Seconds after submission at which a job without a result fails. Source: Model Studio, error-code."""
LIFE = 24 * 3600.0
"""Seconds a job is remembered after submission, and a result's URL works after the end."""


class Status(StrEnum):
    """States of a job, as the service spells them."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELED = "CANCELED"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a job failed; the code may be empty."""

    code: str
    message: str


TIMED_OUT = Failure(
    "InternalError.Timeout",
    "An internal timeout error has occured during execution, please try again later or contact service support.",
)


@dataclass(frozen=True, slots=True)
class VideoFacts:
    """What a finished video is, as far as usage depends on it. Lengths are in seconds."""

    width: int
    height: int
    fps: float
    duration: float
    input_duration: float = 0.0
    has_audio: bool = False


@dataclass(frozen=True, slots=True)
class Made:
    """A finished video."""

    file: Path
    facts: VideoFacts


@dataclass(frozen=True, slots=True)
class Done:
    """The end of the work on a job: what came of it, and the moment it was known."""

    at: float
    outcome: Made | Failure


Work = Callable[[], Done | None]
"""Asks for the end of the work; None while it is under way."""


@dataclass(slots=True, eq=False)
class Task:
    """One job. Moments are seconds since 1970 on the service's clock."""

    id: str
    request_id: str
    account: str
    api_key_id: str
    model: Model
    model_name: str
    path: str
    input: dict[str, Any]
    parameters: dict[str, Any]
    submitted: float
    run_seconds: float
    failed_with_times: bool
    doom: Failure | None = None
    """A failure that is certain from the start: it shows early in the run."""
    late_doom: Failure | None = None
    """One that shows at the end of the run."""
    status: Status = Status.PENDING
    started: float | None = None
    ended: float | None = None
    work: Work | None = None
    made: Made | None = None
    failure: Failure | None = None
    usage: dict[str, Any] = field(default_factory=dict)

    def expired(self, now: float) -> bool:
        """Whether the service has forgotten the job."""
        return now >= self.submitted + LIFE

    def due(self) -> tuple[float, Made | Failure]:
        """Return when a running job ends and how; never, while its work is under way."""
        if self.started is None or self.work is None:
            raise RuntimeError(f"job {self.id} is not running")
        ceiling = self.submitted + CEILING
        planned = self.started + self.run_seconds
        if planned >= ceiling:
            return ceiling, TIMED_OUT
        done = self.work()
        if done is None:
            return math.inf, TIMED_OUT
        if isinstance(done.outcome, Failure):
            return done.at, done.outcome
        return max(planned, done.at), done.outcome


class Queue:
    """The jobs of one account and model: a few run, the others wait in order.

    Args:
        slots: How many run at once.
        begin: Called when a job starts; returns its work.
        finish: Called when a job has succeeded or failed.
    """

    def __init__(self, slots: int, *, begin: Callable[[Task], Work], finish: Callable[[Task], None]) -> None:
        self._slots = [-math.inf] * slots
        """Since when each free slot is free."""
        self._borrowed = 0
        """How many jobs run without a slot, because a test started them."""
        self._begin = begin
        self._finish = finish
        self._waiting: deque[Task] = deque()
        self._at_work: list[Task] = []
        """Running jobs whose end isn't known yet."""
        self._ends: list[tuple[float, int, Task, Made | Failure]] = []
        """The ends of the other running jobs, the next one first."""
        self._number = count()

    def waiting(self) -> int:
        """Return how many jobs wait for a slot."""
        return len(self._waiting)

    def add(self, task: Task) -> None:
        """Put a new job at the end."""
        self._waiting.append(task)

    def settle(self, now: float) -> None:
        """Replay everything that has happened until now."""
        while self._start_next(now) or self._end_next(now) or self._time_out_next(now):
            pass

    def cancel(self, task: Task, now: float) -> bool:
        """Take a waiting job out; False when it doesn't wait."""
        if task.status is not Status.PENDING:
            return False
        self._waiting.remove(task)
        task.status, task.ended = Status.CANCELED, now
        return True

    def start_now(self, task: Task, now: float) -> None:
        """Start a waiting job whether or not a slot is free."""
        self._waiting.remove(task)
        if self._slots:
            self._slots.remove(min(self._slots))
        else:
            self._borrowed += 1
        self._start(task, now)

    def end_now(self, task: Task, now: float, outcome: Made | Failure) -> None:
        """End an open job with a given outcome."""
        if task.status is Status.PENDING:
            self.start_now(task, now)
        self._end(task, now, outcome)

    def _start_next(self, now: float) -> bool:
        if not self._waiting or not self._slots:
            return False
        task = self._waiting[0]
        slot = min(self._slots)
        moment = max(task.submitted, slot)
        if moment > now or moment >= task.submitted + CEILING:
            return False
        self._waiting.popleft()
        self._slots.remove(slot)
        self._start(task, moment)
        return True

    def _end_next(self, now: float) -> bool:
        for task in list(self._at_work):
            moment, outcome = task.due()
            if moment < math.inf:
                self._at_work.remove(task)
                heappush(self._ends, (moment, next(self._number), task, outcome))
        # A test may have ended the next one before its time.
        while self._ends and self._ends[0][2].status is not Status.RUNNING:
            heappop(self._ends)
        if not self._ends or self._ends[0][0] > now:
            return False
        moment, _, task, outcome = heappop(self._ends)
        self._end(task, moment, outcome)
        return True

    def _time_out_next(self, now: float) -> bool:
        if not self._waiting or now < self._waiting[0].submitted + CEILING:
            return False
        task = self._waiting.popleft()
        task.status, task.ended, task.failure = Status.FAILED, task.submitted + CEILING, TIMED_OUT
        self._finish(task)
        return True

    def _start(self, task: Task, moment: float) -> None:
        task.status, task.started = Status.RUNNING, moment
        task.work = self._begin(task)
        self._at_work.append(task)

    def _end(self, task: Task, moment: float, outcome: Made | Failure) -> None:
        if task in self._at_work:
            self._at_work.remove(task)
        if self._borrowed:
            self._borrowed -= 1
        else:
            self._slots.append(moment)
        task.ended, task.work = moment, None
        if isinstance(outcome, Made):
            task.status, task.made = Status.SUCCEEDED, outcome
        else:
            task.status, task.failure = Status.FAILED, outcome
        self._finish(task)
