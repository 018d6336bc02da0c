"""Reads what an MP4 or MOV is from its index, the `moov` box, wherever it stands.

Nothing is decoded and no library is asked: few bytes are read, and a hostile index can't make anyone reserve memory.
Sources: ISO/IEC 14496-12 (boxes, tracks, fragments), Apple's QuickTime File Format.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from airflow_provider_wan.dashscope.input_errors import InputUnreadableError
from airflow_provider_wan.media.boxes import MOST_BOXES, box, first, inside, numbers
from airflow_provider_wan.media.facts import MediaFacts
from airflow_provider_wan.media.fragments import LARGEST, Fragments
from airflow_provider_wan.media.not_media import MOST_TRACKS, NotMediaError, absurd_sides, cut_short
from airflow_provider_wan.media.window import Window

_STARTS = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot"})
_PICTURES = {b"heic": "heic", b"heix": "heic", b"mif1": "heif", b"avif": "avif", b"avis": "avif"}
_VITAL = frozenset({b"moov", b"mdat", b"moof"})
_LARGEST_INDEX = 16 << 20
_UNKNOWN = (0xFFFF_FFFF, 0xFFFF_FFFF_FFFF_FFFF)


@dataclass(frozen=True, slots=True)
class _Track:
    number: int
    kind: bytes
    """`vide` or `soun`."""
    shown: bool
    width: int
    height: int
    turned: bool
    edited: float | None
    """Seconds that are shown, where an edit list chooses them."""
    seconds: float
    frames: int
    timescale: int


def movie(window: Window) -> MediaFacts | None:
    """Return what is known of an MP4, a MOV or one of their kin; None for another file.

    Raises:
        NotMediaError: It begins like one, but is damaged, cut short, or has nothing to show or to hear.
        InputUnreadableError: It can't be read.
    """
    head = window.at(0, 12)
    if head[4:8] not in _STARTS:
        return None
    if head[4:8] != b"ftyp" and window.size is not None and int.from_bytes(head[:4]) > window.size:
        return None  # a text, "for free" or the like
    brand = head[8:12] if head[4:8] == b"ftyp" else b"qt  "
    if brand in _PICTURES:
        return MediaFacts("image", _PICTURES[brand], window.size)
    try:
        index, fragments = _index(window)
        tracks = list(_tracks(index))
        return _facts(tracks, fragments, _format(brand), window.size)
    except struct.error as error:
        raise NotMediaError("is damaged: its index (moov) ends too early.") from error


def _index(window: Window) -> tuple[memoryview, Fragments]:
    """Return the index, and the fragments that follow it where the file is made of them."""
    at, index, fragments, content = 0, None, None, False
    for _ in range(MOST_BOXES):
        header = window.at(at, 16)
        if index is not None and not header[4:8].isalnum():
            break  # the end, or something behind it
        if not header:
            break
        kind, start, end = box(header, at, window.size)
        if window.size is not None and end > window.size and (index is None or kind in _VITAL):
            raise cut_short(window.size, end, f"its {kind.decode('latin-1')} box")
        content = content or kind == b"mdat"
        if kind == b"moov" and index is None:
            if end - start > _LARGEST_INDEX:
                raise InputUnreadableError(
                    f"Its index (moov) has {end - start:,} bytes, which is too much to read."
                )
            index = memoryview(window.at(start, end - start))
            fragments = Fragments(index)
        elif kind == b"moof" and fragments is not None:
            fragments.add(window.at(start, min(end - start, LARGEST + 1)))
        if fragments is not None and (
            fragments.many or (window.size is None and content and not fragments.expected)
        ):
            break
        at = end
    if index is None or fragments is None:
        raise NotMediaError(
            "has no index (moov), so it can't be played: its recording wasn't finished, or it is one of many pieces."
        )
    if not content:
        raise NotMediaError("is cut short: it has no content (mdat) behind its index (moov).")
    return index, fragments


def _tracks(index: memoryview) -> Iterator[_Track]:
    if first(index, b"cmov"):
        raise NotMediaError("has a compressed index, which nobody writes since 2005. Save it anew as MP4.")
    header = first(index, b"mvhd")
    long = _is_long(header)
    (timescale,) = struct.unpack_from(">I", header, 20 if long else 12)
    turned = _turned(header, 48 if long else 36)
    traks = [part for kind, part in inside(index) if kind == b"trak"]
    if len(traks) > MOST_TRACKS:
        raise NotMediaError(f"has {len(traks)} tracks, and no clip needs more than {MOST_TRACKS}.")
    for trak in traks:
        kind = bytes(first(trak, b"mdia", b"hdlr")[8:12])
        if kind in (b"vide", b"soun"):
            yield _track(kind, trak, timescale, turned)


def _track(kind: bytes, trak: memoryview, movie_timescale: int, movie_turned: bool) -> _Track:
    header = first(trak, b"tkhd")
    long = _is_long(header)
    number, _, shown_for = struct.unpack_from(">IIQ" if long else ">III", header, 20 if long else 12)
    timing = first(trak, b"mdia", b"mdhd")
    timescale, lasts = struct.unpack_from(*((">IQ", timing, 20) if _is_long(timing) else (">II", timing, 12)))
    samples = first(trak, b"mdia", b"minf", b"stbl")
    frames, ticks = _counted(first(samples, b"stts"))
    ticks = ticks or (0 if lasts in _UNKNOWN else lasts)
    width = height = 0
    if kind == b"vide":
        width, height = struct.unpack_from(">HH", first(samples, b"stsd"), 40)
        if not width * height:
            width, height = (side >> 16 for side in struct.unpack_from(">II", header, 88 if long else 76))
    return _Track(
        number=number,
        kind=kind,
        shown=bool(header[3] & 1),
        width=width,
        height=height,
        turned=_turned(header, 52 if long else 40) != movie_turned,
        edited=_edited(trak, shown_for, movie_timescale),
        seconds=ticks / timescale if timescale else 0.0,
        frames=frames,
        timescale=timescale,
    )


def _is_long(content: memoryview) -> bool:
    """Tell whether a box has version 1, with times of 8 bytes."""
    return len(content) > 0 and content[0] == 1


def _edited(trak: memoryview, shown_for: int, timescale: int) -> float | None:
    if not first(trak, b"edts", b"elst") or shown_for in _UNKNOWN or not shown_for or not timescale:
        return None
    return shown_for / timescale


def _counted(table: memoryview) -> tuple[int, int]:
    """Return how many samples a track has, and how many ticks of its clock they last."""
    if len(table) < 8:
        return 0, 0
    (entries,) = struct.unpack_from(">I", table, 4)
    entries = min(entries, (len(table) - 8) // 8)
    pairs = numbers(table[8 : 8 + 8 * entries])
    counts, ticks = pairs[0::2], pairs[1::2]
    return sum(counts), sum(count * each for count, each in zip(counts, ticks, strict=True))


def _turned(header: memoryview, at: int) -> bool:
    """Tell whether a matrix turns the picture onto its side."""
    a, b, _, c, d = struct.unpack_from(">5i", header, at)
    return bool(abs(b) + abs(c) > abs(a) + abs(d))


def _format(brand: bytes) -> str:
    if brand == b"qt  ":
        return "mov"
    if brand in (b"M4A ", b"M4B "):
        return "m4a"
    return "3gp" if brand.startswith(b"3g") else "mp4"


def _facts(tracks: Sequence[_Track], fragments: Fragments, name: str, size: int | None) -> MediaFacts:
    videos = [track for track in tracks if track.kind == b"vide"]
    sounds = [track for track in tracks if track.kind == b"soun"]
    if not videos and not sounds:
        raise NotMediaError("has neither pictures nor sound.")
    main = next((track for track in videos if track.shown), (videos or sounds)[0])
    frames, seconds, length = main.frames, main.seconds, main.edited
    if fragments.expected:
        more, ticks = fragments.of(main.number)
        frames += more
        seconds = (seconds if main.frames else 0.0) + (ticks / main.timescale if main.timescale else 0.0)
        if fragments.many:
            seconds = 0.0
        length = seconds
    elif not frames:
        raise NotMediaError("is empty: its index (moov) lists no frames.")
    if not videos:
        return MediaFacts("audio", "m4a", size, seconds=length or seconds or None, sound=True)
    if absurd := absurd_sides(main.width, main.height):
        raise absurd
    width, height = (main.height, main.width) if main.turned else (main.width, main.height)
    return MediaFacts(
        "video",
        name,
        size,
        width,
        height,
        seconds=length or seconds or None,
        fps=frames / seconds if seconds and frames else None,
        sound=bool(sounds),
    )
