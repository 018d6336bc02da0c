"""Which part of a file a request asks for. Pure.

Source: RFC 9110, 13 and 14: conditional requests, range requests.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_RANGE = re.compile(r"bytes=(?:(\d{1,18})-(\d{0,18})|-(\d{1,18}))")


@dataclass(frozen=True, slots=True)
class Part:
    """What is to be sent.

    Attributes:
        status: 200 for all of it, 206 for a part, 304 where the asker has it, 416 where there is no such part.
        start: First byte.
        length: How many bytes; None: up to an end that isn't known.
        content_range: The header that goes with 206 and 416.
    """

    status: int
    start: int = 0
    length: int | None = 0
    content_range: str | None = None


def part_of(
    size: int | None,
    *,
    wanted: str | None = None,
    tag: str | None = None,
    if_none_match: str | None = None,
    if_range: str | None = None,
) -> Part:
    """Decide what to send of a file.

    Several parts at once, and units other than bytes, aren't handed out: such a request gets the whole, as it may.

    Args:
        size: Length of the file; None: not known, so that no part of it is handed out.
        wanted: Header `Range`.
        tag: The file's entity tag, in its quotes; None: it has none.
        if_none_match: Header of that name.
        if_range: Header of that name.
    """
    if tag is not None and if_none_match is not None and _names(if_none_match, tag):
        return Part(304)
    found = _RANGE.fullmatch(wanted.strip()) if wanted else None
    if size is None or found is None or (if_range is not None and if_range.strip() != tag):
        return Part(200, 0, size)
    first, last, suffix = found.groups()
    if suffix is not None:
        start, end = max(0, size - int(suffix)), size - 1
    else:
        start, end = int(first), min(int(last), size - 1) if last else size - 1
        if last and int(last) < start:
            return Part(200, 0, size)  # no range at all
    if start >= size or (suffix is not None and int(suffix) == 0):
        return Part(416, content_range=f"bytes */{size}")
    return Part(206, start, end - start + 1, f"bytes {start}-{end}/{size}")


def _names(header: str, tag: str) -> bool:
    return header.strip() == "*" or tag in (one.strip().removeprefix("W/") for one in header.split(","))
