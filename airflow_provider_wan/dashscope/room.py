"""Whether the account's queue has room for one more job of a model. Decisions only.

The service runs 2 or 5 jobs of a model at a time, queues the others, and fails what has no result 3 hours
after its submission. So an edit is submitted only when it may hope to start soon enough. How long the queue
is, the service says; how fast it moves follows from the jobs that run at once and from how long they take.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from airflow_provider_wan.dashscope.errors import UnavailableError

LOOK_MIN = 10.0
LOOK_MAX = 60.0
"""Seconds between two looks at a queue that is too long."""
UNDERWAY = 120.0
"""Seconds after which an edit that was let in isn't expected to submit any more."""
PROBE = 20
"""Jobs to look at to learn how long they take."""
LONGEST_PAUSE = 600.0
RETRY_AFTER_MAX = 3600.0
"""Seconds. A wish of the service is obeyed up to here."""


class Standing(StrEnum):
    """What an edit that asks for room has behind it."""

    NEW = "new"
    """It has just begun. It leaves the last quarter of the room to those that wait already."""
    WAITING = "waiting"
    """It has waited."""
    LET_IN = "let in"
    """It was told that there is room. It isn't sent back because those let in beside it were faster."""


@dataclass(frozen=True, slots=True)
class Queue:
    """An account's queue for one model.

    Attributes:
        pending: Jobs that are queued, or about to be.
        slots: Jobs that run at once.
        seconds: How long one runs.
    """

    pending: int
    slots: int
    seconds: float

    @property
    def wait(self) -> float:
        """How long a job submitted now would be queued, see `expected_wait`."""
        return expected_wait(self.pending, self.slots, self.seconds)

    def admits(self, longest: float, standing: Standing) -> bool:
        """Whether an edit may be submitted that is to be queued for `longest` seconds at most."""
        most = room(self.slots, self.seconds, longest)
        match standing:
            case Standing.NEW:
                most = max(1, most * 3 // 4)
            case Standing.LET_IN:
                most += max(self.slots, most // 4)
        return self.pending < most

    def until_room(self, longest: float, ahead: int = 0) -> float:
        """Estimate the seconds until there is room, with so many others to be let in before."""
        short = self.pending + ahead + 1 - room(self.slots, self.seconds, longest)
        return max(0, short) / self.slots * self.seconds

    def doubtful(self, longest: float) -> bool:
        """Whether jobs half or twice as long would change what `admits` says."""
        return (
            room(self.slots, 2 * self.seconds, longest) * 3 // 4
            <= self.pending
            < room(self.slots, self.seconds / 2, longest)
        )


def expected_wait(pending: int, slots: int, seconds: float) -> float:
    """Estimate how long a job submitted now would be queued, in seconds; an upper bound.

    Args:
        pending: Jobs that are queued.
        slots: Jobs that run at once, at least 1.
        seconds: How long one runs.
    """
    return 0.0 if pending == 0 else (pending + 1) / slots * seconds


def room(slots: int, seconds: float, longest: float) -> int:
    """Return how many jobs may be queued so that none is for longer than `longest` seconds.

    At least as many as run at once: otherwise slots would stand empty until someone has noticed.
    """
    return max(slots, int(longest * slots / seconds + 1e-9))


def how_many_fit(pending: int, slots: int, seconds: float, longest: float) -> int:
    """Return how many more jobs may be submitted now."""
    return max(0, room(slots, seconds, longest) - pending)


def look_again(queue: Queue, longest: float) -> float:
    """Say in how many seconds to look at a queue again that has no room."""
    return min(LOOK_MAX, max(LOOK_MIN, queue.until_room(longest) / 2))


def drained(pending: int, slots: int, seconds: float, passed: float) -> int:
    """Estimate what is left of a queue after so many seconds, for when the service doesn't tell."""
    return max(0, pending - int(passed / seconds * slots))


def pause_after(refusals: int, first: float, asked: float | None, jitter: float) -> float:
    """Say how many seconds to wait after a submission was refused because of a limit.

    Args:
        refusals: How often it has been refused, at least 1.
        first: The longest pause after the first time; it doubles each time, up to 10 minutes.
        asked: What the service asked for, if it did.
        jitter: From 0.5 to 1, so that many don't come back in step.
    """
    pause = min(LONGEST_PAUSE, first * 2.0 ** min(refusals - 1, 20)) * jitter
    return max(pause, min(asked or 0.0, RETRY_AFTER_MAX))


class LetIn:
    """Edits that were let in and whose jobs the service doesn't show yet.

    The service shows only how many jobs there are, so whatever was created since counts as theirs. What was
    others' is in the queue's length all the same.
    """

    def __init__(self) -> None:
        self._since: deque[float] = deque()
        self._created: int | None = None

    def __len__(self) -> int:
        return len(self._since)

    def add(self, many: int, created: int | None, now: float) -> None:
        """Note that so many were let in; `created` is how many jobs there were then, if that is known."""
        if created is not None:
            self._created = created
        self._since.extend([now] * many)

    def saw(self, created: int, now: float) -> None:
        """Forget those that have submitted, or never will."""
        if self._created is not None:
            for _ in range(min(len(self._since), max(0, created - self._created))):
                self._since.popleft()
        self._created = created
        self.expire(now)

    def expire(self, now: float) -> None:
        """Forget those that should have submitted long ago: they were killed, or bounced."""
        while self._since and now - self._since[0] >= UNDERWAY:
            self._since.popleft()


def total(answer: Mapping[str, Any]) -> int:
    """Read how many jobs a list has in all.

    Raises:
        UnavailableError: It doesn't say.
    """
    found = answer.get("total")
    if not isinstance(found, int) or isinstance(found, bool) or found < 0:
        raise UnavailableError(f"a list of jobs without a sensible `total`: {found!r}", http_status=200)
    return found


def run_times(answer: Mapping[str, Any]) -> list[float]:
    """Return how long the jobs of a list have run, in seconds, as far as it tells."""
    rows = answer.get("data") or answer.get("tasks") or []
    ran = [
        (row["end_time"] - row["start_time"]) / 1000
        for row in rows
        if isinstance(row, Mapping) and all(_is_time(row.get(name)) for name in ("start_time", "end_time"))
    ]
    return [seconds for seconds in ran if seconds > 0]


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def spoken(seconds: float) -> str:
    """Say a length of time the way people do: `45 s`, `12 min`, `2 h 30 min`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    hours, minutes = divmod(minutes, 60)
    return " ".join(
        [*([f"{hours} h"] if hours else []), *([f"{minutes} min"] if minutes or not hours else [])]
    )


def describe(queue: Queue, model: str) -> str:
    """Put a queue into words."""
    return (
        f"{queue.pending} jobs of {model} are queued in this account, which runs {queue.slots} at a time for about "
        f"{spoken(queue.seconds)} each: one submitted now would start in about {spoken(queue.wait)}"
    )


def notably(before: float, now: float) -> bool:
    """Whether an expectation in seconds has changed so much that it is worth a line in the log."""
    return abs(now - before) > max(120.0, before / 4)
