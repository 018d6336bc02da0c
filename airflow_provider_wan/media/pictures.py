"""Reads what a picture is from its header. No library is asked, so no picture is ever unpacked.

Sources: ITU-T T.81 and Exif 2.32 (JPEG), the W3C's PNG specification, Google's WebP container specification,
TIFF 6.0, Microsoft's BITMAPINFOHEADER, GIF89a.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from airflow_provider_wan.media.facts import MediaFacts
from airflow_provider_wan.media.not_media import NotMediaError, absurd_sides, cut_short
from airflow_provider_wan.media.window import Window

_TURNED = range(5, 9)
"""Values of an orientation tag that turn a picture onto its side."""
_MOST_PARTS = 2_000
_TIFF_HEADS = {b"II*\0": "<", b"MM\0*": ">"}
_WIDTH, _HEIGHT, _ORIENTATION, _EXTRA_SAMPLES = 256, 257, 274, 338
_FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BMP_HEADERS = frozenset({12, 40, 52, 56, 64, 108, 124})


def picture(window: Window) -> MediaFacts | None:
    """Return what is known of a picture; None for a file that isn't one.

    Raises:
        NotMediaError: It begins like one, but is damaged or cut short.
        InputUnreadableError: It can't be read.
    """
    head = window.at(0, 32)
    try:
        found = _found(window, head)
    except (struct.error, IndexError) as error:
        raise NotMediaError("is damaged or cut short: it ends inside its header.") from error
    if found is not None and (absurd := absurd_sides(found.width, found.height)):
        raise absurd
    return found


def _found(window: Window, head: bytes) -> MediaFacts | None:
    if head.startswith(b"\xff\xd8\xff"):
        return _jpeg(window)
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return _png(window, head)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return _webp(window)
    if head[:4] in _TIFF_HEADS:
        return _tiff(window, _TIFF_HEADS[head[:4]])
    if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BMP_HEADERS:
        return _bmp(window, head)
    if head[:6] in (b"GIF87a", b"GIF89a"):
        width, height = struct.unpack_from("<HH", head, 6)
        return MediaFacts("image", "gif", window.size, width, height)
    return None


def _jpeg(window: Window) -> MediaFacts:
    at, turned = 2, False
    for _ in range(_MOST_PARTS):
        mark, kind, length = struct.unpack(">BBH", window.at(at, 4))
        if mark != 0xFF:
            break
        if kind == 0xFF:  # a byte that fills a gap
            at += 1
        elif kind in _FRAME_HEADERS:
            height, width = struct.unpack(">HH", window.at(at + 5, 4))
            if not window.ends_with(b"\xff\xd9", after=at):
                raise NotMediaError("is cut short: the end of the picture is missing.")
            if turned:
                width, height = height, width
            return MediaFacts("image", "jpeg", window.size, width, height)
        else:
            if kind == 0xE1 and window.at(at + 4, 6) == b"Exif\0\0":
                tags = _tags(window.at(at + 10, length - 8))
                turned = tags.get(_ORIENTATION) in _TURNED
            at += 2 + length
    raise NotMediaError("is a damaged JPEG: its header names no size.")


def _png(window: Window, head: bytes) -> MediaFacts:
    kind, width, height, _, colour = struct.unpack_from(">4sIIBB", head, 12)
    if kind != b"IHDR":
        raise NotMediaError("is a damaged PNG: it doesn't begin with its header.")
    if absurd := absurd_sides(width, height):
        raise absurd
    alpha = colour in (4, 6)
    at = 33
    for _ in range(_MOST_PARTS):
        length, kind = struct.unpack(">I4s", window.at(at, 8))
        if kind == b"tRNS":
            alpha = True
        if alpha or kind == b"IDAT":
            break
        at += 12 + length
    if not window.ends_with(b"IEND\xae\x42\x60\x82", after=at):
        raise NotMediaError("is cut short: the end of the picture is missing.")
    return MediaFacts("image", "png", window.size, width, height, alpha=alpha)


def _webp(window: Window) -> MediaFacts:
    head = window.at(0, 32)
    needed = 8 + int.from_bytes(head[4:8], "little")
    if window.size is not None and window.size < needed:
        raise cut_short(window.size, needed, "a WEBP of its header")
    kind, body = head[12:16], head[20:]
    alpha = False
    if kind == b"VP8X":
        alpha = bool(body[0] & 0x10)
        width = 1 + int.from_bytes(body[4:7], "little")
        height = 1 + int.from_bytes(body[7:10], "little")
    elif kind == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        width, height, alpha = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF), bool(bits >> 28 & 1)
    elif kind == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", body, 6))
    else:
        raise NotMediaError("is a damaged WEBP: its header names no size.")
    return MediaFacts("image", "webp", window.size, width, height, alpha=alpha)


def _tiff(window: Window, order: str) -> MediaFacts:
    (first,) = struct.unpack(order + "I", window.at(4, 4))
    (count,) = struct.unpack(order + "H", window.at(first, 2))
    tags = dict(_entries(window.at(first + 2, 12 * count), order))
    width, height = tags.get(_WIDTH, 0), tags.get(_HEIGHT, 0)
    if tags.get(_ORIENTATION) in _TURNED:
        width, height = height, width
    alpha = tags.get(_EXTRA_SAMPLES) in (1, 2)
    return MediaFacts("image", "tiff", window.size, width, height, alpha=alpha)


def _tags(exif: bytes) -> dict[int, int]:
    """Return the numbers in the first directory of Exif data, which is a TIFF without a picture."""
    order = _TIFF_HEADS.get(exif[:4])
    if order is None or len(exif) < 10:
        return {}
    (first,) = struct.unpack_from(order + "I", exif, 4)
    return dict(_entries(exif[first + 2 :], order))


def _entries(directory: bytes, order: str) -> Iterator[tuple[int, int]]:
    for at in range(0, min(len(directory) - 11, 12 * 256), 12):
        tag, kind, _ = struct.unpack_from(order + "HHI", directory, at)
        if kind in (3, 4):  # numbers of 2 and 4 bytes; a short one stands at the left
            yield tag, struct.unpack_from(order + ("H" if kind == 3 else "I"), directory, at + 8)[0]


def _bmp(window: Window, head: bytes) -> MediaFacts:
    data, header = struct.unpack_from("<II", head, 10)
    if header == 12:
        width, height, _, bits = struct.unpack_from("<HHHH", head, 18)
        packed = 0
    else:
        width, height, _, bits, packed = struct.unpack("<iiHHI", window.at(18, 16))
    needed = data + (width * bits + 31) // 32 * 4 * abs(height)
    if window.size is not None and packed in (0, 3) and window.size < needed:
        if absurd := absurd_sides(width, abs(height)):
            raise absurd
        raise cut_short(window.size, needed, f"a BMP of {width}x{abs(height)} pixels")
    alpha = bits == 32 and header >= 56 and any(window.at(66, 4))
    return MediaFacts("image", "bmp", window.size, width, abs(height), alpha=alpha)
