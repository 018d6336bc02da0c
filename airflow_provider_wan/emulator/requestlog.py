"""What was called, for tests to count."""

from __future__ import annotations

import json
from collections import Counter, deque
from dataclasses import asdict, dataclass
from threading import Lock
from typing import Any

DROPPED = 0
"""Stands for the status of a call whose connection was closed without an answer."""


@dataclass(frozen=True, slots=True)
class Submit:
    """One create call, or one of the detector, as it arrived.

    Attributes:
        region: Region it went to.
        path: Path below the base path.
        headers: Its headers in lower case, without the key.
        body: Its JSON; the raw text where it wasn't JSON.
        at: Seconds since 1970 on the service's clock.
        status: Status it was answered with; 0 when the connection was dropped.
    """

    region: str
    path: str
    headers: dict[str, str]
    body: Any
    at: float
    status: int


class RequestLog:
    """Counts calls by endpoint and status, and keeps the last 10000 create calls and detections."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, int]] = Counter()
        self._submits: deque[Submit] = deque(maxlen=10_000)
        self._detections: deque[Submit] = deque(maxlen=10_000)
        self._lock = Lock()

    def note(self, endpoint: str, status: int) -> None:
        """Count a call."""
        with self._lock:
            self._counts[endpoint, status] += 1

    def keep(self, submit: Submit, *, detection: bool = False) -> None:
        """Keep a create call, or a call of the detector."""
        with self._lock:
            (self._detections if detection else self._submits).append(submit)

    def count(self, endpoint: str, status: int | None = None) -> int:
        """Return how often an endpoint (`submit`, `get`, `list`, `result`, ...) was called.

        Args:
            endpoint: The endpoint.
            status: Only calls that ended so; None: all.
        """
        with self._lock:
            return sum(
                number
                for (name, ended), number in self._counts.items()
                if name == endpoint and status in (None, ended)
            )

    def submits(self) -> list[Submit]:
        """Return the create calls, oldest first."""
        with self._lock:
            return list(self._submits)

    def detections(self) -> list[Submit]:
        """Return the calls of the detector, oldest first."""
        with self._lock:
            return list(self._detections)

    def clear(self) -> None:
        """Start counting anew."""
        with self._lock:
            self._counts.clear()
            self._submits.clear()
            self._detections.clear()

    def as_json(self) -> dict[str, Any]:
        """Return plain JSON."""
        endpoints: dict[str, dict[str, int]] = {}
        with self._lock:
            for (name, status), number in sorted(self._counts.items()):
                endpoints.setdefault(name, {})[str(status) if status else "dropped"] = number
            submits = [asdict(submit) for submit in self._submits]
            detections = [asdict(call) for call in self._detections]
        return {
            "posts": len(submits),
            "endpoints": endpoints,
            "submits": submits,
            "detections": detections,
        }


def parsed(raw: bytes) -> Any:
    """Return a body's JSON, or its text where it isn't."""
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return raw.decode("utf-8", "replace")
