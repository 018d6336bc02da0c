"""How many status queries may be sent, and when the next one. It decides and never waits."""

from __future__ import annotations

from airflow_provider_wan.dashscope.polling import RETRY_AFTER_MAX

BURST = 3
"""Queries that may go at once after a pause. With those in flight and a second's worth of the usual 8, this
stays under the service's 20 a second, however unevenly queries arrive there."""
SLOWEST = 1 / 32
"""Share of the full rate below which no number of 429 brings it."""
SAME_TROUBLE = 2.0
"""Seconds within which several 429 are one event: they answer queries sent before the first of them came."""
RECOVERY = 120.0
"""Seconds without a 429 that it takes from nothing back to the full rate."""
_LONGEST_STEP = 5.0


class Budget:
    """A token bucket that halves its rate on 429 and restores it slowly.

    Args:
        qps: Queries a second when all is well.
        burst: Queries that may go at once.
    """

    def __init__(self, qps: float, burst: int = BURST) -> None:
        self._full = qps
        self._rate = qps
        self._burst = float(burst)
        self._tokens = self._burst
        self._counted = 0.0
        self._started = False
        self._not_before = float("-inf")
        self._halved = float("-inf")
        self._improved = 0.0

    @property
    def rate(self) -> float:
        """Queries a second at present."""
        return self._rate

    def when(self, now: float) -> float:
        """Return how many seconds from now a query may go; 0: at once."""
        self._count(now)
        # A hair's breadth of rounding must not make for a pause that changes nothing.
        missing = max(0.0, 1.0 - self._tokens - 1e-9) / self._rate
        return max(missing, self._not_before - now, 0.0)

    def took(self, now: float) -> None:
        """Count a query that is sent."""
        self._count(now)
        self._tokens -= 1.0

    def throttled(self, now: float, retry_after: float | None = None) -> None:
        """Slow down after a 429.

        Args:
            now: The present.
            retry_after: Seconds the service asked us to wait, if it did.
        """
        self._count(now)
        wish = min(retry_after or 0.0, RETRY_AFTER_MAX)
        self._not_before = max(self._not_before, now + wish)
        self._improved = now
        if now - self._halved < SAME_TROUBLE:
            return
        self._halved = now
        self._rate = max(self._full * SLOWEST, self._rate / 2)
        self._tokens = min(self._tokens, 0.0)

    def succeeded(self, now: float) -> None:
        """Restore a little of the rate after an answer."""
        passed = min(max(0.0, now - self._improved), _LONGEST_STEP)
        self._improved = now
        if self._rate < self._full:
            self._rate = min(self._full, self._rate + self._full * passed / RECOVERY)

    def _count(self, now: float) -> None:
        if self._started:
            passed = max(0.0, now - self._counted)
            self._tokens = min(self._burst, self._tokens + passed * self._rate)
        self._started = True
        self._counted = now
