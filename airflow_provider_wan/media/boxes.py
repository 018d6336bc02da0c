"""Takes apart the boxes of an MP4 or MOV. Source: ISO/IEC 14496-12, section 4.2."""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Iterator

from airflow_provider_wan.media.not_media import NotMediaError, cut_short

MOST_BOXES = 4096
"""Boxes that are looked at on one level."""


def box(header: bytes, at: int, size: int | None) -> tuple[bytes, int, int]:
    """Return a box's type, and where its content starts and ends."""
    if len(header) < 8:
        raise cut_short(at + len(header), at + 8, "the header of its next box")
    length, kind = struct.unpack_from(">I4s", header)
    start = at + 8
    if length == 1:
        (length,) = struct.unpack_from(">Q", header, 8)
        start = at + 16
    elif length == 0:
        length = (size or start) - at
    if at + length < start:
        raise NotMediaError(f"is damaged: one of its boxes claims to have {length} bytes.")
    return kind, start, at + length


def inside(content: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """Yield type and content of the boxes in a box."""
    at = 0
    for _ in range(MOST_BOXES):
        if at + 8 > len(content):
            return
        kind, start, end = box(bytes(content[at : at + 16]), at, len(content))
        yield kind, content[start:end]
        at = end


def first(content: memoryview, *path: bytes) -> memoryview:
    """Return a box by its path; empty where it isn't there."""
    for name in path:
        content = next((part for kind, part in inside(content) if kind == name), memoryview(b""))
    return content


def numbers(table: memoryview) -> array[int]:
    """Return a table of unsigned numbers of 4 bytes."""
    found = array("I")
    found.frombytes(table[: len(table) // 4 * 4])
    if sys.byteorder == "little":
        found.byteswap()
    return found
