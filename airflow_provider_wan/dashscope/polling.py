"""When to look at a job, and what to make of what was seen.

`Watch` decides and never waits: it is told what was seen and at what time, and says how long to wait
until the next look, or that the wait is over. `wait` carries its decisions out for one job on a thread, the
`Poller` those for many jobs on an event loop, so that the two can't differ.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from airflow_provider_wan.dashscope.durations import ANY, Spread
from airflow_provider_wan.dashscope.errors import (
    AuthenticationError,
    PermissionDeniedError,
    ServiceError,
)
from airflow_provider_wan.dashscope.results import TaskSnapshot, TaskStatus

# Most bad requests fail within seconds, so the first looks come early; after that a job takes minutes and
# the vendor advises 15 s. Around the time such jobs end, looks come closer.
FIRST_LOOKS = (2.0, 3.0, 5.0)
RUNNING_EVERY = 12.0
ENDING_EVERY = 8.0
# A queued job needs no close watch: less and less the longer it has been queued, but often enough that it
# won't have started and ended between two looks.
PENDING_EVERY = 15.0
PENDING_EVERY_MAX = 60.0
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
        submitted_at: When the job was submitted, on the same clock; None: just now.
        typical: Says when such jobs end.
        jitter: Returns a factor near 1 that keeps many waits from looking in step.

    Attributes:
        errors: How many looks in a row have failed.
        running_since: When the job's work began, on the caller's clock, as far as it could be told; None
            until it is seen to run.
    """

    __slots__ = (
        *("_deadline", "_jitter", "_last", "_looks", "_pause", "_planned", "_submitted_at", "_typical"),
        *("_unknown", "_unknown_since", "errors", "running_since"),
    )

    def __init__(
        self,
        deadline: float,
        *,
        submitted_at: float | None = None,
        typical: Callable[[], Spread] = lambda: ANY,
        jitter: Callable[[], float] = lambda: 1.0,
    ) -> None:
        self._deadline = deadline
        self._submitted_at = submitted_at
        self._typical = typical
        self._jitter = jitter
        self._looks = 0
        self._pause = 0.0
        self._planned = 0.0
        self.errors = 0
        self.running_since: float | None = None
        self._unknown = 0
        self._unknown_since = 0.0
        self._last: TaskSnapshot | None = None

    @property
    def last(self) -> TaskSnapshot | None:
        """The last look that came back, if any did."""
        return self._last

    def start(self, now: float) -> Look:
        """Say when to look first."""
        if self._submitted_at is None:
            self._submitted_at = now
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
        if snapshot.status is TaskStatus.RUNNING:
            self._note_start(snapshot, now)
        if now >= self._planned - self._pause / 2:  # one that came along with others doesn't count
            self._looks += 1
        if self._looks < len(FIRST_LOOKS):
            return self._next(FIRST_LOOKS[self._looks], now)
        return self._next(self._usual_pause(snapshot.status, now), now)

    def _note_start(self, snapshot: TaskSnapshot, now: float) -> None:
        accepted, started = snapshot.submitted_at, snapshot.started_at
        if accepted and started and self._submitted_at is not None:
            # Only the time in the queue is the service's, because its clock may differ from ours.
            queued = max(0.0, (started - accepted).total_seconds())
            self.running_since = min(now, self._submitted_at + queued)
        elif self.running_since is None:
            self.running_since = now

    def _usual_pause(self, status: TaskStatus, now: float) -> float:
        typical = self._typical()
        if status is TaskStatus.RUNNING and self.running_since is not None:
            age = now - self.running_since
            if age < typical.early:
                return min(RUNNING_EVERY, max(ENDING_EVERY, typical.early - age))
            return ENDING_EVERY if age < typical.late else RUNNING_EVERY
        queued = now - self._submitted_at if self._submitted_at is not None else 0.0
        return min(PENDING_EVERY_MAX, max(PENDING_EVERY, min(queued / 10, typical.early / 4)))

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
        self._pause = max(0.0, min(wanted, self._deadline - now))  # the last look is at the deadline
        self._planned = now + self._pause
        return Look(self._pause)


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
