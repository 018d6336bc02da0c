"""Counts the frames of an MP4 that was written in fragments, as browsers and recorders do.

Its index lists no frames; each fragment lists its own. Source: ISO/IEC 14496-12, section 8.8.
"""

from __future__ import annotations

import struct

from airflow_provider_wan.media.boxes import first, inside, numbers

LARGEST = 1 << 20
"""Bytes of a fragment's list that are read; there is no clip with a longer one."""
_MOST = 512
_BASE_OFFSET, _DESCRIPTION, _DURATION = 0x1, 0x2, 0x8  # in `tfhd`
_DATA_OFFSET, _FIRST_FLAGS, _OWN_DURATION = 0x1, 0x4, 0x100  # in `trun`


class Fragments:
    """The fragments of a file.

    Args:
        index: Content of the file's `moov` box.
    """

    def __init__(self, index: memoryview) -> None:
        extends = first(index, b"mvex")
        self.expected = len(extends) > 0
        """Whether the file is made of fragments."""
        self.many = False
        """Whether there are more than are counted, so that the length isn't known."""
        self._each = {
            track: ticks
            for kind, part in inside(extends)
            if kind == b"trex"
            for track, _, ticks in [struct.unpack_from(">III", part, 4)]
        }
        self._seen = 0
        self._counted: dict[int, tuple[int, int]] = {}

    def of(self, track: int) -> tuple[int, int]:
        """Return how many frames of a track were counted, and at which tick of its clock they end."""
        return self._counted.get(track, (0, 0))

    def add(self, fragment: bytes) -> None:
        """Count a `moof` box's frames."""
        self._seen += 1
        self.many = self.many or self._seen > _MOST or len(fragment) > LARGEST
        for kind, part in inside(memoryview(fragment)):
            if kind == b"traf" and not self.many:
                self._add(part)

    def _add(self, track_part: memoryview) -> None:
        header = first(track_part, b"tfhd")
        flags, track = struct.unpack_from(">II", header)
        each = self._each.get(track, 0)
        if flags & _DURATION:
            skipped = 8 * bool(flags & _BASE_OFFSET) + 4 * bool(flags & _DESCRIPTION)
            (each,) = struct.unpack_from(">I", header, 8 + skipped)
        frames, ticks = 0, 0
        for kind, part in inside(track_part):
            if kind == b"trun":
                more, longer = _run(part, each)
                frames, ticks = frames + more, ticks + longer
        counted, until = self.of(track)
        self._counted[track] = counted + frames, (_start(first(track_part, b"tfdt")) or until) + ticks


def _start(time: memoryview) -> int:
    """Return when a fragment starts, in ticks; 0 where it doesn't say."""
    return int(struct.unpack_from(">Q" if time[0] == 1 else ">I", time, 4)[0]) if len(time) else 0


def _run(run: memoryview, each: int) -> tuple[int, int]:
    flags, count = struct.unpack_from(">II", run)
    if not flags & _OWN_DURATION:
        return count, count * each
    start = 8 + 4 * bool(flags & _DATA_OFFSET) + 4 * bool(flags & _FIRST_FLAGS)
    columns = (flags >> 8 & 0xF).bit_count()
    durations = numbers(run[start : start + 4 * columns * count])[::columns]
    return len(durations), sum(durations)
