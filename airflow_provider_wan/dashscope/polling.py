"""When to look at a job, and what to make of what was seen.

`Watch` decides and never waits: it is told what was seen and at what time, and says how long to wait
until the next look, or that the wait is over. The loops at the end only carry its decisions out, so the
synchronous and the asynchronous path can't differ.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from airflow_provider_wan.dashscope.errors import (
    AuthenticationError,
    PermissionDeniedError,
    ServiceError,
)
from airflow_provider_wan.dashscope.results import TaskSnapshot, TaskStatus

# Most bad requests fail within seconds, so the first looks come early; after that a job takes minutes and
# the vendor advises 15 s. A queued job needs no close watch.
FIRST_LOOKS = (2.0, 3.0, 5.0)
RUNNING_EVERY = 10.0
PENDING_EVERY = 15.0
AFTER_ERROR_MIN = 1.0
AFTER_ERROR_MAX = 60.0
TOLD_AT = 3
"""So many failed looks in a row are worth a line in the log."""
RETRY_AFTER_MAX = 300.0
"""Seconds. The service's wish is obeyed up to here; a gateway's slip must not end the watch in effect."""

# The service forgets a job after 24 hours, but may not know a new one at once.
UNKNOWN_TIMES = 4
UNKNOWN_FOR = 30.0


class End(StrEnum):
    """Why a wait is over."""

    ENDED = "ended"
    """The job is SUCCEEDED, FAILED, CANCELED or, confirmed, UNKNOWN."""
    DEADLINE = "deadline"
    """Our own time is up; the job may go on."""
    REFUSED = "refused"
    """The service won't answer this key."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of a wait.

    Attributes:
        end: Why.
        snapshot: The last look that came back, if any did.
        error: Why the service won't answer, where that ended it.
    """

    end: End
    snapshot: TaskSnapshot | None = None
    error: ServiceError | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """Look again after so many seconds."""

    after: float


class Watch:
    """One job's wait.

    Args:
        deadline: When to give up, in the seconds of the caller's clock.
        jitter: Returns a factor near 1 that keeps many waits from looking in step.

    Attributes:
        errors: How many looks in a row have failed.
    """

    def __init__(self, deadline: float, *, jitter: Callable[[], float] = lambda: 1.0) -> None:
        self._deadline = deadline
        self._jitter = jitter
        self._looks = 0
        self.errors = 0
        self._unknown = 0
        self._unknown_since = 0.0
        self._last: TaskSnapshot | None = None

    def start(self, now: float) -> Look:
        """Say when to look first."""
        return self._look(FIRST_LOOKS[0], now)

    def saw(self, snapshot: TaskSnapshot, now: float) -> Look | Outcome:
        """Decide on a look that came back."""
        self.errors = 0
        self._last = snapshot
        if snapshot.status is TaskStatus.UNKNOWN:
            if self._unknown == 0:
                self._unknown_since = now
            self._unknown += 1
            if self._unknown >= UNKNOWN_TIMES and now - self._unknown_since >= UNKNOWN_FOR:
                return Outcome(End.ENDED, snapshot)
            return self._next(UNKNOWN_FOR / (UNKNOWN_TIMES - 1), now)
        self._unknown = 0
        if not snapshot.status.active:
            return Outcome(End.ENDED, snapshot)
        self._looks += 1
        if self._looks < len(FIRST_LOOKS):
            return self._next(FIRST_LOOKS[self._looks], now)
        return self._next(PENDING_EVERY if snapshot.status is TaskStatus.PENDING else RUNNING_EVERY, now)

    def failed(self, error: ServiceError, now: float) -> Look | Outcome:
        """Decide on a look that didn't: only a refused key ends the wait, trouble doesn't."""
        if isinstance(error, AuthenticationError | PermissionDeniedError):
            return Outcome(End.REFUSED, self._last, error)
        self.errors += 1
        pause = min(AFTER_ERROR_MAX, AFTER_ERROR_MIN * 2.0 ** min(self.errors - 1, 10))
        return self._next(pause, now, at_least=min(error.retry_after or 0.0, RETRY_AFTER_MAX))

    def _next(self, pause: float, now: float, *, at_least: float = 0.0) -> Look | Outcome:
        if now >= self._deadline:
            return Outcome(End.DEADLINE, self._last)
        return self._look(pause, now, at_least=at_least)

    def _look(self, pause: float, now: float, *, at_least: float = 0.0) -> Look:
        wanted = max(pause * self._jitter(), at_least)
        return Look(max(0.0, min(wanted, self._deadline - now)))  # the last look is at the deadline


def wait(
    look: Callable[[], TaskSnapshot],
    watch: Watch,
    *,
    on_change: Callable[[TaskSnapshot], None],
    on_trouble: Callable[[ServiceError], None],
    clock: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
) -> Outcome:
    """Wait for a job on this thread.

    Args:
        look: Queries the job.
        watch: Decides.
        on_change: Told of each snapshot whose status differs from the one before.
        on_trouble: Told once when several looks in a row have failed; the wait goes on.
        clock: Current time in the unit of the watch's deadline.
        sleep: Waits.
    """
    step: Look | Outcome = watch.start(clock())
    status: TaskStatus | None = None
    while isinstance(step, Look):
        sleep(step.after)
        try:
            snapshot = look()
        except ServiceError as error:
            step = watch.failed(error, clock())
            if watch.errors == TOLD_AT:
                on_trouble(error)
            continue
        if snapshot.status is not status:
            status = snapshot.status
            on_change(snapshot)
        step = watch.saw(snapshot, clock())
    return step


async def await_end(
    look: Callable[[], Awaitable[TaskSnapshot]],
    watch: Watch,
    *,
    on_change: Callable[[TaskSnapshot], None],
    on_trouble: Callable[[ServiceError], None],
    clock: Callable[[], float] = time.time,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Outcome:
    """As `wait`, on the event loop."""
    step: Look | Outcome = watch.start(clock())
    status: TaskStatus | None = None
    while isinstance(step, Look):
        await sleep(step.after)
        try:
            snapshot = await look()
        except ServiceError as error:
            step = watch.failed(error, clock())
            if watch.errors == TOLD_AT:
                on_trouble(error)
            continue
        if snapshot.status is not status:
            status = snapshot.status
            on_change(snapshot)
        step = watch.saw(snapshot, clock())
    return step
