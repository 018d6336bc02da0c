"""Tells whoever counts them of the calls that are made. One observer in a process; none by default."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from airflow_provider_wan.dashscope.calls import Call

Observer = Callable[[Call, int | None], None]
"""Told of a call and of its answer's HTTP status, None where no answer came. It must not block: an event loop waits."""

_observers: list[Observer] = []


def observe(observer: Observer | None) -> None:
    """Have an observer told of each call from now on, in place of the one before; None: nobody."""
    _observers[:] = [] if observer is None else [observer]


def called(call: Call, status: int | None) -> None:
    """Tell of a call that was made. What the observer does about it never troubles the call."""
    for observer in _observers:
        with contextlib.suppress(Exception):
            observer(call, status)


def is_status_query(call: Call) -> bool:
    """Whether a call is one of those of which the service grants an account 20 a second: a job, or a list of jobs."""
    return call.method == "GET" and call.path.startswith("/tasks/")
