"""Follow a run to its end, with one live line on a terminal or a plain line for each change elsewhere."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from typing import TextIO

from demo.clock import ticks
from demo.errors import DemoError

HEARTBEAT = 20.0
"""Seconds after which a plain line is repeated although nothing has changed."""

WORDS = {
    None: "to do",
    "scheduled": "queued",
    "deferred": "at the service",
    "up_for_retry": "will retry",
    "upstream_failed": "skipped, an earlier task failed",
    "success": "done",
    "failed": "FAILED",
}
FINISHED = ("success", "failed")


def describe(order: Sequence[str], states: Mapping[str, str | None]) -> str:
    """Say how far a run is, task by task."""
    return " · ".join(f"{task} {WORDS.get(state := states.get(task), state)}" for task in order)


def fit(line: str, columns: int) -> str:
    """Cut a line so that it doesn't wrap: a wrapped line can't be written over."""
    return line if len(line) < columns else line[: columns - 2] + "…"


class Progress:
    """Writes how far a run is."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._live = stream.isatty()
        self._last = ""
        self._said_at = 0.0

    def show(self, text: str, seconds: float) -> None:
        """Show where we are, `seconds` after the start."""
        if self._live:
            line = fit(f"{seconds:3.0f} s  {text}", shutil.get_terminal_size().columns)
            self._stream.write(f"\r\x1b[K{line}")
        elif text != self._last or seconds - self._said_at >= HEARTBEAT:
            self._said_at = seconds
            self._stream.write(f"{seconds:3.0f} s  {text}\n")
        self._last = text
        self._stream.flush()

    def close(self) -> None:
        """Leave the live line, so that what follows stands below it."""
        if self._live and self._last:
            self._stream.write("\n")
            self._stream.flush()


def follow(
    look: Callable[[], tuple[str, Mapping[str, str | None]]],
    order: Sequence[str],
    progress: Progress,
    limit: float,
) -> tuple[str, Mapping[str, str | None]]:
    """Look at a run until it has ended.

    Args:
        look: Returns the state of the run and of its tasks.
        order: The tasks, first to last.
        progress: Where to show it.
        limit: Seconds it may take.

    Returns:
        What the last look saw.

    Raises:
        DemoError: It took longer.
    """
    try:
        for seconds in ticks(limit, every=1.0):
            state, tasks = look()
            progress.show(describe(order, tasks), seconds)
            if state in FINISHED:
                return state, tasks
    finally:
        progress.close()
    raise DemoError(f"The run did not end within {limit:.0f} s.")
