"""Reads inputs from web addresses, as little of them as is needed."""

from __future__ import annotations

import contextlib
import io
import re
import tempfile
from collections import OrderedDict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from airflow_provider_wan.dashscope import answers
from airflow_provider_wan.dashscope.fetching import USUAL, Limits, Line, encoding

if TYPE_CHECKING:
    import httpx
    from _typeshed import WriteableBuffer

    from airflow_provider_wan.addresses import AddressRules

_PIECE = 64 << 10
_IN_MEMORY = 4 << 20
# No more digits than `answers.length` takes.
_RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18})")
_NO_PARTS = "Its server hands out no parts of files; from one that does, far less would do."


@contextlib.contextmanager
def open_remote(url: str, rules: AddressRules, *, limits: Limits = USUAL) -> Iterator[RemoteFile]:
    """Open a web address for reading.

    Raises:
        InputNotAllowedError: It, or an address it redirects to, may not be used.
        InputUnreadableError: It can't be read from here. The service may still be able to.
    """
    with contextlib.closing(Line(url, rules, limits)) as line, RemoteFile(line, limits) as file:
        yield file


class RemoteFile(io.RawIOBase):
    """A file on the web, read-only and seekable, of which only what is read is fetched.

    Where the server hands out no parts of files, it is read from its beginning as far as is needed.

    Attributes:
        size: Its length in bytes; None where the server doesn't say.
    """

    def __init__(self, line: Line, limits: Limits) -> None:
        super().__init__()
        self.size: int | None = None
        self._line = line
        self._limits = limits
        self._position = 0
        self._tag: str | None = None
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        self._forward: _Forward | None = None
        self._block(0)

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def tell(self) -> int:
        """Return the position."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move; nothing is fetched for it, unless the end is asked for and not known."""
        if whence == io.SEEK_END and self.size is None:
            self._piece(self._limits.total, 1)
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size or 0}[whence]
        if base + offset < 0:
            raise ValueError(f"negative position {base + offset}")
        self._position = base + offset
        return self._position

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Read until the buffer is full or the file ends."""
        view = memoryview(buffer).cast("B")
        filled = 0
        while filled < len(view) and (piece := self._piece(self._position, len(view) - filled)):
            view[filled : filled + len(piece)] = piece
            filled += len(piece)
            self._position += len(piece)
        return filled

    def close(self) -> None:
        """Let go of what was kept."""
        if self._forward is not None:
            self._forward.close()
        self._blocks.clear()
        super().close()

    def _piece(self, position: int, length: int) -> bytes:
        if self.closed:
            raise ValueError("I/O operation on closed file")
        if self.size is not None and position >= self.size:
            return b""
        if self._forward is None:
            index, start = divmod(position, self._limits.block)
            block = self._block(index)
            if self._forward is None:
                return block[start : start + length]
        piece = self._forward.read(position, length)
        if self._forward.ended:
            self.size = self._forward.have
        return piece

    def _block(self, index: int) -> bytes:
        if index in self._blocks:
            self._blocks.move_to_end(index)
            return self._blocks[index]
        start = index * self._limits.block
        end = start + self._limits.block
        content = b""
        while not content or start + len(content) < min(end, self.size or 0):
            more = self._part(start + len(content), end)
            if not more:  # the file is empty, or is read forward from now on
                return b""
            content += more
        self._blocks[index] = content
        if len(self._blocks) > self._limits.blocks:
            self._blocks.popitem(last=False)
        return content

    def _part(self, start: int, end: int) -> bytes:
        """Fetch a part of the file, or what the server grants of it; empty where it grants none."""
        response = self._line.get(f"bytes={start}-{end - 1}")
        found = _RANGE.fullmatch(response.headers.get("content-range", ""))
        if response.status_code == 206 and found and not encoding(response):
            first, last, total = map(int, found.groups())
            if first == start and first <= last < min(end, total):
                self._same(total, response)
                wanted = last + 1 - first
                content = self._line.content(response, wanted)
                if len(content) < wanted:
                    raise self._line.unreadable(f"it broke off: {len(content)} of {wanted} bytes came")
                return content
        if response.status_code == 416:
            self._line.drop(response)
            if start:
                raise self._line.unreadable("it became shorter while it was read")
            self.size = 0
            return b""
        if response.status_code == 206:  # a part that can't be placed
            self._line.drop(response)
            response = self._line.get(None)
        if response.status_code != 200:
            raise self._line.unreadable(
                f"it answered HTTP {response.status_code} where the whole file was asked for"
            )
        length = answers.length(response.headers)
        if length is not None and not encoding(response):
            self._same(length, response)
        self._forward = _Forward(self._line, response, self._limits.total)
        return b""

    def _same(self, total: int, response: httpx.Response) -> None:
        tag = response.headers.get("etag")
        if self.size not in (None, total) or (tag and self._tag and tag != self._tag):
            self._line.drop(response)
            raise self._line.unreadable("it changed while it was read")
        self.size, self._tag = total, tag


class _Forward:
    """A file that is read from its beginning only; what has come is kept, on disk where it is much."""

    def __init__(self, line: Line, response: httpx.Response, total: int) -> None:
        if encoding(response) not in ("", "gzip", "deflate"):
            line.drop(response)
            raise line.unreadable(f"it comes encoded ({encoding(response)}), which wasn't asked for")
        self._line = line
        self._response = response
        self._pieces = line.pieces(response)
        self._total = total
        self._kept = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115
        self.have = 0
        self.ended = False

    def read(self, position: int, length: int) -> bytes:
        """Return what is there, having read on as far as is needed."""
        length = min(length, _PIECE)
        while self.have < position + length and not self.ended:
            if position >= self._total > self.have and self._known_longer(position):
                raise self._line.too_much(_NO_PARTS)
            piece = next(self._pieces, b"")
            self.ended = not piece
            self.have += len(piece)
            if self.have > self._total:
                raise self._line.too_much(_NO_PARTS)
            self._kept.seek(0, io.SEEK_END)
            self._kept.write(piece)
        self._kept.seek(position)
        return self._kept.read(length)

    def _known_longer(self, position: int) -> bool:
        length = answers.length(self._response.headers)
        return length is not None and length > position and not encoding(self._response)

    def close(self) -> None:
        """End the transfer."""
        self._pieces.close()
        self._line.drop(self._response)
        self._kept.close()
