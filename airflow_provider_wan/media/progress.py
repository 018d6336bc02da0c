"""Tells the log how far long work has come."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

log = logging.getLogger(__name__)

EVERY = 10.0
"""Seconds between two lines."""


class Progress:
    """Logs how many frames are done, now and then; nothing about work that ends before the first line is due.

    Args:
        what: What is made, e.g. a file's name.
        expected: How many frames there will be; None where that isn't known.
        clock: Seconds from any moment on.
    """

    def __init__(
        self, what: str, expected: int | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._what, self._expected, self._clock = what, expected, clock
        self._due = clock() + EVERY

    def at(self, frames: int) -> None:
        """Log a line if one is due."""
        if self._clock() < self._due:
            return
        self._due = self._clock() + EVERY
        if self._expected:
            share = 100 * frames // max(self._expected, frames)
            log.info("%s: %d of %d frames (%d %%)", self._what, frames, self._expected, share)
        else:
            log.info("%s: %d frames", self._what, frames)
