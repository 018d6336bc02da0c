"""The service's clock: real time, made faster, and pushed forward by tests."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from email.utils import formatdate
from threading import Lock

SERVICE_ZONE = timezone(timedelta(hours=8))
"""The zone of every time the service prints without naming one (proven for Beijing, assumed elsewhere)."""


_FARTHEST = 100 * 365 * 24 * 3600.0
_END = datetime(9000, 1, 1, tzinfo=UTC).timestamp()
"""Seconds since 1970, before what can be written as a date ends."""


class ServiceClock:
    """Starts at the real time and runs `speed` times as fast.

    Everything the service shows or decides by goes by this clock, so that speeding it up changes how
    long a test waits and nothing else.

    Args:
        speed: Service seconds per real second; more than 0.
        wall: Real time at the start, seconds since 1970.
        elapsed: A counter of real seconds that never goes back.
    """

    def __init__(
        self,
        speed: float = 1.0,
        *,
        wall: Callable[[], float] = time.time,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        if speed <= 0:
            raise ValueError(
                f"speed={speed}: must be more than 0. Use 1 for real time, 60 for a minute a second."
            )
        self.speed = speed
        self._elapsed = elapsed
        self._start = wall()
        self._start_elapsed = elapsed()
        self._pushed = 0.0
        self._lock = Lock()

    def now(self) -> float:
        """Return the service's time in seconds since 1970."""
        return self._start + (self._elapsed() - self._start_elapsed) * self.speed + self._pushed

    def advance(self, seconds: float) -> None:
        """Jump forward by this many service seconds.

        Raises:
            ValueError: For a negative number, as the clock never goes back, and for one of over a hundred years.
        """
        if not 0 <= seconds <= _FARTHEST:  # neither is what is no number
            raise ValueError(f"advance={seconds}: must be 0 to {_FARTHEST:.0f}; the clock never goes back.")
        if self.now() + seconds > _END:
            raise ValueError(f"advance={seconds}: would pass the year 9000.")
        with self._lock:
            self._pushed += seconds


def stamp(moment: float) -> str:
    """Write a moment as the task query does: `2025-05-15 16:14:44.723`, UTC+8 without saying so.

    Source: Model Studio, manage-asynchronous-tasks, 2026-02-11.
    """
    return datetime.fromtimestamp(moment, SERVICE_ZONE).isoformat(sep=" ", timespec="milliseconds")[:23]


def epoch_ms(moment: float) -> int:
    """Write a moment as the task list does, in milliseconds since 1970."""
    return int(moment * 1000)


def parse_filter_time(text: str) -> float:
    """Read a list filter's `YYYYMMDDhhmmss` (UTC+8).

    Raises:
        ValueError: When the text is not of that form.
    """
    if len(text) != 14 or not text.isdigit():
        raise ValueError(text)
    return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=SERVICE_ZONE).timestamp()


def whole(text: str) -> int | None:
    """Read a number of up to 18 digits; None for anything else. Python refuses to read those of thousands."""
    return int(text) if re.fullmatch("[0-9]{1,18}", text) else None


def http_date(moment: float) -> str:
    """Write a moment as an HTTP `Date` header."""
    return formatdate(moment, usegmt=True)


def iso_utc(moment: float) -> str:
    """Write a moment as object storage does: `2025-05-15T08:14:44.000Z`."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
