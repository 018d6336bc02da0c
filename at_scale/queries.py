"""What the service was asked: read from the emulator's record, without asking anybody."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

KINDS = (
    ("submit", r"POST /api/v1/services/.+"),
    ("get", r"GET /api/v1/tasks/[^/]+"),
    ("list", r"GET /api/v1/tasks"),
    ("cancel", r"POST /api/v1/tasks/[^/]+/cancel"),
    ("result", r"GET /results/.+"),
)
QUERIES = ("get", "list", "cancel")
"""What the service's limit of queries a second is for."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request.

    Attributes:
        at: When it was answered, in seconds since 1970.
        kind: `submit`, `get`, `list`, `cancel`, `result` or `other`.
        status: HTTP status of the answer.
    """

    at: float
    kind: str
    status: int


def parse(line: str) -> Request:
    """Read a line of the record."""
    at, method, path, status = line.split()
    call = f"{method} {path.rstrip('/')}"
    kind = next((name for name, pattern in KINDS if re.fullmatch(pattern, call)), "other")
    return Request(float(at), kind, int(status))


def busiest_second(moments: Iterable[float]) -> int:
    """Return the most moments that lie within any one second, not only within those that a clock counts."""
    window: deque[float] = deque()
    most = 0
    for moment in sorted(moments):
        window.append(moment)
        while window[0] <= moment - 1.0:
            window.popleft()
        most = max(most, len(window))
    return most


@dataclass(frozen=True, slots=True)
class Traffic:
    """Requests of one run.

    Attributes:
        submits: Submissions that reached the service.
        queries: Status, list and cancel queries.
        busiest: Most of these in any one second.
        throttled: Queries among them that were refused with 429.
        submits_throttled: Submissions that were.
    """

    submits: int
    queries: int
    busiest: int
    throttled: int
    submits_throttled: int


def traffic(requests: Iterable[Request], begun: float, ended: float) -> Traffic:
    """Sum up what was asked between two moments."""
    within = [request for request in requests if begun <= request.at <= ended]
    submits = [request for request in within if request.kind == "submit"]
    queries = [request for request in within if request.kind in QUERIES]
    return Traffic(
        submits=len(submits),
        queries=len(queries),
        busiest=busiest_second(request.at for request in queries),
        throttled=sum(request.status == 429 for request in queries),
        submits_throttled=sum(request.status == 429 for request in submits),
    )
