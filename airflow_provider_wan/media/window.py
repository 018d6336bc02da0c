"""A file seen through a window: only so many bytes of it are read, in few reads, for so long."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import BinaryIO

from airflow_provider_wan.dashscope.errors import WanError
from airflow_provider_wan.dashscope.input_errors import InputUnreadableError
from airflow_provider_wan.dashscope.redact import redacted

BLOCK = 32 << 10
"""Bytes of the smallest read. A file may be far away, and then each read is a request."""
BUDGET = 64 << 20
"""Bytes that are read of one file at most."""
SECONDS = 60.0
"""How long one file is looked at."""
_KEPT = 4


class Window:
    """Reads a file with a budget. Has the part of a file's interface that PyAV needs.

    Args:
        file: Seekable.
        size: Its length in bytes; None where the source doesn't say.
        measure: Whether to ask the file itself for its length then. Over a network that may mean to read it all.
        budget: Bytes that may be read.
        seconds: How long reading may go on.
        clock: Seconds from any moment on.
    """

    def __init__(
        self,
        file: BinaryIO,
        size: int | None,
        *,
        measure: bool = True,
        budget: int = BUDGET,
        seconds: float = SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._file = file
        self._left = budget
        self._clock = clock
        self._until = clock() + seconds
        self._blocks: list[tuple[int, bytes]] = []
        self._position = 0
        self.trouble: WanError | None = None
        """Why reading failed. PyAV passes over errors, so whoever hands a window to it looks here."""
        self.size = self._found_size() if size is None and measure else size

    def at(self, start: int, length: int) -> bytes:
        """Return bytes from a place; fewer where the file ends.

        Raises:
            InputUnreadableError: The file can't be read, or the budget or the time is spent.
        """
        end = start + length
        if self.size is not None:
            end = min(end, self.size)
        if end <= start:
            return b""
        for begin, content in self._blocks:
            if begin <= start and end <= begin + len(content):
                return content[start - begin : end - begin]
        content = self._fetched(start, max(end - start, BLOCK))
        if len(content) <= BLOCK:
            self._blocks = [*self._blocks[-_KEPT + 1 :], (start, content)]
        return content[: end - start]

    def ends_with(self, mark: bytes, *, after: int) -> bool:
        """Tell whether a mark, which stands at the end of a whole file, is there.

        Where something follows that doesn't belong to the format, the file is searched from `after` on.
        """
        if self.size is None or mark in self.at(max(after, self.size - 4096), 4096):
            return True
        if self.size - after > self._left - BLOCK:
            return True  # nobody can tell
        step = 1 << 20
        return any(mark in self.at(start, step + len(mark)) for start in range(after, self.size, step))

    def read(self, length: int) -> bytes:
        """Return the next bytes, as a file does."""
        content = self.at(self._position, length)
        self._position += len(content)
        return content

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a place, as a file does. Return it, or -1 where it counts from an end that isn't known."""
        if whence == 1:
            offset += self._position
        elif whence == 2:
            if self.size is None:
                return -1  # an exception would pass through FFmpeg and end the look
            offset += self.size
        self._position = max(0, offset)
        return self._position

    def tell(self) -> int:
        """Return the place of the next read."""
        return self._position

    def _fetched(self, start: int, length: int) -> bytes:
        if self.trouble is not None:
            raise self.trouble
        if self._clock() > self._until:
            raise self._failed("Looking at it takes too long.")
        length = length if self.size is None else min(length, self.size - start)
        if length > self._left:
            raise self._failed("Too much of it would have to be read to tell what it is.")
        parts = []
        try:
            self._file.seek(start)
            while length > 0 and (part := self._file.read(length)):
                parts.append(part)
                length -= len(part)
                self._left -= len(part)
        except WanError as error:
            self.trouble = error
            raise
        except Exception as error:
            raise self._failed(redacted(f"Reading it failed: {type(error).__name__}: {error}.")) from error
        return b"".join(parts)

    def _failed(self, why: str) -> InputUnreadableError:
        self.trouble = InputUnreadableError(why)
        return self.trouble

    def _found_size(self) -> int | None:
        try:
            return self._file.seek(0, 2)
        except (OSError, ValueError):
            return None
