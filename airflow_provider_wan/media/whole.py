"""Files that are either there as a whole, or not at all."""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Iterator
from pathlib import Path


def part_of(path: Path) -> Path:
    """Return a path beside a file's, under which it can be made out of sight."""
    return path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")


@contextlib.contextmanager
def in_place(path: Path) -> Iterator[Path]:
    """Give a path at which to make a file that is moved into place if all goes well, and removed if not."""
    part = part_of(path)
    try:
        yield part
        os.replace(part, path)  # noqa: PTH105 -- the same on every system
    finally:
        part.unlink(missing_ok=True)
