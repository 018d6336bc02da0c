"""Whether a stream of bytes is a whole MP4, told from its box structure while it passes by."""

from __future__ import annotations

from airflow_provider_wan.dashscope.errors import WanError

_HEADER = 8
_LONG_HEADER = 16


class NotWholeMp4(WanError):  # noqa: N818 -- says what it found
    """The bytes aren't an MP4, or not all of it.

    What to do: Get the file again. A task that lands a result does, and ends with `ResultInvalidError` if it must.
    """


class Mp4Check:
    """Follows an MP4's top-level boxes through chunks of any size, keeping none of the content.

    An MP4 is a row of boxes, each with its length and a four-letter type. A file cut short ends inside
    a box, and a web page doesn't begin with an `ftyp` box at all. Source: ISO/IEC 14496-12, section 4.2.
    """

    def __init__(self) -> None:
        self.size = 0
        self._header = b""
        self._skip: int | None = 0  # bytes left of the current box; None: it lasts until the end
        # Not all of them in their order: a file may be made of nothing but headers.
        self._kind = ""
        self._missing = {"moov", "mdat"}

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes.

        Raises:
            NotWholeMp4: They can't belong to an MP4.
        """
        self.size += len(chunk)
        at = 0
        while self._skip is not None and at < len(chunk):
            if self._skip:
                step = min(self._skip, len(chunk) - at)
                self._skip -= step
                at += step
                continue
            wanted = self._header_size() - len(self._header)
            self._header += chunk[at : at + wanted]
            at += wanted
            if len(self._header) == self._header_size():
                self._open_box()

    def finish(self) -> None:
        """Check what was seen once everything has passed.

        Raises:
            NotWholeMp4: The file is cut short or lacks its index or its content.
        """
        if not self.size:
            raise NotWholeMp4("is empty.")
        if self._header or self._skip:
            inside = "a box's header" if self._header else f"its {self._kind!r} box"
            raise NotWholeMp4(f"is cut short: it ends after {self.size} bytes, inside {inside}.")
        if self._missing:
            raise NotWholeMp4(f"is no playable MP4: it has no {' and no '.join(sorted(self._missing))} box.")

    def _header_size(self) -> int:
        long = len(self._header) >= _HEADER and int.from_bytes(self._header[:4]) == 1
        return _LONG_HEADER if long else _HEADER

    def _open_box(self) -> None:
        header, self._header = self._header, b""
        size = int.from_bytes(header[:4])
        kind = header[4:8].decode("latin-1")
        if not self._kind and kind != "ftyp":
            raise NotWholeMp4(f"isn't an MP4: it begins with {header[:8]!r}.")
        if size == 1:
            size = int.from_bytes(header[8:16])
        if size == 0:
            self._skip = None
        elif size < len(header):
            raise NotWholeMp4(f"isn't a sound MP4: a {kind!r} box claims {size} bytes.")
        else:
            self._skip = size - len(header)
        self._kind = kind
        self._missing.discard(kind)
