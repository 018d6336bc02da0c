"""How much memory the engine takes, by kind of part."""

from __future__ import annotations

import os
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

EVERY = 4.0
"""Seconds between two looks; one look costs some hundredths of a second of a core."""


def kind_of(part: str) -> str:
    """Return what a part is one of: `worker` for `worker-2`."""
    return re.sub(r"-\d+$", "", part)


def pss(smaps_rollup: str) -> int:
    """Read a process's proportional share of memory in kB; memory that processes share counts once over all."""
    found = re.search(r"^Pss:\s+(\d+) kB", smaps_rollup, re.MULTILINE)
    return int(found.group(1)) if found else 0


def take(sessions: Mapping[int, str]) -> Counter[str]:
    """Measure once.

    Args:
        sessions: Session id -> part.

    Returns:
        Kind of part -> kB, over all processes of such parts.
    """
    found: Counter[str] = Counter()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        with suppress(OSError):
            part = sessions.get(os.getsid(int(entry.name)))
            if part is not None:
                found[kind_of(part)] += pss((entry / "smaps_rollup").read_text())
    return found


class Peaks:
    """The highest of what was measured: for each kind, and for all together at one moment."""

    def __init__(self) -> None:
        self.by_kind: Counter[str] = Counter()
        self.total = 0

    def note(self, sample: Mapping[str, int]) -> None:
        """Take one measurement into account."""
        self.total = max(self.total, sum(sample.values()))
        for kind, size in sample.items():
            self.by_kind[kind] = max(self.by_kind[kind], size)


class Sampler:
    """Measures in the background while the block lasts.

    Args:
        sessions: Returns session id and part of everything that runs now.
    """

    def __init__(self, sessions: Callable[[], Iterable[tuple[int, str]]]) -> None:
        self.peaks = Peaks()
        self._sessions = sessions
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._measure, daemon=True)

    def __enter__(self) -> Sampler:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        self._over.set()
        self._thread.join()

    def _measure(self) -> None:
        while not self._over.wait(EVERY):
            self.peaks.note(take(dict(self._sessions())))
