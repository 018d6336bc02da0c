"""How many calls a second."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Hashable

from airflow_provider_wan.emulator.service_errors import ServiceRefusal


class RateLimits:
    """Counts accepted calls in the last second of the service's clock, for any kind of key."""

    def __init__(self) -> None:
        self._calls: defaultdict[Hashable, deque[float]] = defaultdict(deque)

    def take(self, key: Hashable, limit: int, now: float) -> None:
        """Count a call, or refuse it when `limit` calls were accepted within the last second.

        Raises:
            ServiceRefusal: 429 `Throttling.RateQuota`.
        """
        calls = self._calls[key]
        while calls and calls[0] <= now - 1.0:
            calls.popleft()
        if len(calls) >= limit:
            raise ServiceRefusal(
                429, "Throttling.RateQuota", "Requests rate limit exceeded, please try again later."
            )
        calls.append(now)
