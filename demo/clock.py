"""Waiting that is bounded and that Ctrl-C ends."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator

from demo.errors import InterruptedDemo

_asked_to_stop = threading.Event()


def listen_for_stop() -> None:
    """Let Ctrl-C, SIGTERM and a closed terminal end the next `pause`.

    They don't raise where they strike: a process that has just been started would be lost track of.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: _asked_to_stop.set())


def pause(seconds: float) -> None:
    """Sleep.

    Raises:
        InterruptedDemo: Someone asked the demo to stop.
    """
    if _asked_to_stop.wait(seconds):
        raise InterruptedDemo


def ticks(limit: float, every: float = 0.5) -> Iterator[float]:
    """Yield the seconds gone by, now and after each pause, until `limit` seconds are over."""
    begun = time.monotonic()
    while (gone := time.monotonic() - begun) < limit:
        yield gone
        pause(every)
