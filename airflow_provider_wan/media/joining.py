"""Joins videos into a longer one, frame by frame. Needs the `media` extra."""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av

from airflow_provider_wan.dashscope.input_errors import InputUnfitError
from airflow_provider_wan.media.copying import Footage, PacketWriter, look_at
from airflow_provider_wan.media.fitting import Fit, even, inside
from airflow_provider_wan.media.reading import Video
from airflow_provider_wan.media.seams import JoinedSound, Section, faded, sections
from airflow_provider_wan.media.sound import Sound
from airflow_provider_wan.media.writing import Encoding, MovieWriter, Written

log = logging.getLogger(__name__)

_HELD = Fraction(1, 2)
"""Seconds that the last picture of a part stands in for missing ones at most; more would be seen as a fault."""


@dataclass(frozen=True, slots=True)
class Part:
    """A video that becomes part of a longer one.

    Attributes:
        path: The file.
        frames: How many frames it gives, at the rate of the longer video; None: all that it has. A video that has more
            is cut; one that lacks half a second at most holds its last frame.
    """

    path: Path
    frames: int | None = None


def concatenate(
    parts: Sequence[Part | Path],
    out: Path,
    *,
    rate: Fraction | None = None,
    size: tuple[int, int] | None = None,
    overlap: int | Sequence[int] = 0,
    sound: bool = True,
    encoding: Encoding | None = None,
) -> Written:
    """Join videos, each frame of each of them once.

    Parts of another size than the result are scaled until they fit, and stand on black. Where all parts are H.264 of
    the same kind and nothing of them changes, their pictures are copied as they are packed, without any loss; else all
    are packed anew. Sound is always packed anew: that of each part is as long as its pictures, silence included.

    Args:
        parts: The videos, in their order.
        out: The MP4 to make.
        rate: Frames a second; None: those of the first part.
        size: Width and height in pixels, both even; None: those of the first part, less a pixel of odd sides.
        overlap: How many frames neighbours share, one number for all seams or one for each: there the first fades into
            the second, pictures and sound. The result is shorter by them.
        sound: Whether the result has sound, where a part has some.
        encoding: How pictures are packed where they are packed anew.

    Raises:
        InputUnfitError: A part is no video, is damaged, is too short for `frames`, or for what it shares.
        ValueError: There is no part, or a number makes no sense.
    """
    wanted = [part if isinstance(part, Part) else Part(part) for part in parts]
    overlaps = _overlaps(wanted, overlap)
    if rate is not None and rate <= 0:
        raise ValueError(f"rate={rate}: give frames a second, more than 0")
    if size is not None and (min(size) < 2 or even(size) != size):
        raise ValueError(f"size={size}: H.264 wants even sides of at least 2 pixels")
    footage = [look_at(part.path) for part in wanted]
    rate = Fraction(rate or footage[0].rate)
    size = size or even(footage[0].size)
    lengths = [_length(part, found, rate) for part, found in zip(wanted, footage, strict=True)]
    try:
        plan = sections(lengths, overlaps)
    except IndexError as error:
        number = error.args[0]
        raise InputUnfitError(
            f"{wanted[number].path.name} has {lengths[number]} frames, fewer than it shares with its neighbours "
            f"(overlap={overlap}). Share fewer frames, or give a longer part."
        ) from error
    heard = _sound(footage, plan, rate) if sound else None
    total = sum(section.frames for section in plan)
    if not any(overlaps) and _alike(footage, lengths, rate, size):
        log.info("%s: the pictures of %d parts are copied as they are", out.name, len(footage))
        delay = max(found.delay for found in footage)
        with PacketWriter(out, footage[0], sound=heard, delay=delay, expected=total) as packets:
            for found in footage:
                packets.write(found)
        return packets.written
    colours = footage[0].colours
    for found in footage:
        if inside(found.size, size) != size != even(found.size):
            log.info(
                "%s: %s has %dx%d pixels; it is scaled to fit into %dx%d, and stands on black",
                out.name,
                found.path.name,
                *found.size,
                *size,
            )
    with MovieWriter(
        out, size, rate, colours=colours, sound=heard, encoding=encoding, expected=total
    ) as writer:
        for picture in _joined(footage, lengths, plan, rate, Fit(size, colours)):
            writer.write(picture)
    return writer.written


def _overlaps(parts: Sequence[Part], overlap: int | Sequence[int]) -> list[int]:
    if not parts:
        raise ValueError("parts is empty: give at least one video")
    for part in parts:
        if part.frames is not None and part.frames < 1:
            raise ValueError(f"frames={part.frames} of {part.path.name}: give 1 or more, or None for all")
    seams = len(parts) - 1
    overlaps = [overlap] * seams if isinstance(overlap, int) else list(overlap)
    if len(overlaps) != seams:
        raise ValueError(f"overlap has {len(overlaps)} numbers, but {len(parts)} parts have {seams} seams")
    if any(frames < 0 for frames in overlaps):
        raise ValueError(f"overlap={overlap}: give numbers of frames, 0 or more")
    return overlaps


def _length(part: Part, footage: Footage, rate: Fraction) -> int:
    """Return how many frames a part gives."""
    has = footage.frames_at(rate)
    if part.frames is None:
        return has
    missing = part.frames - has
    if missing > _HELD * rate:
        raise InputUnfitError(
            f"{part.path.name} has {has} frames at {float(rate):.6g} a second, {missing} fewer than the {part.frames} "
            "that it shall give. Give a longer video, or ask for fewer frames."
        )
    if missing > 0:
        log.warning("%s lacks %d of %d frames; its last one is held", part.path.name, missing, part.frames)
    return part.frames


def _sound(footage: Sequence[Footage], plan: Sequence[Section], rate: Fraction) -> Sound | None:
    if not any(found.has_sound for found in footage):
        return None
    return JoinedSound(
        [(found.path, found.start) if found.has_sound else None for found in footage], plan, rate
    )


def _alike(footage: Sequence[Footage], lengths: Sequence[int], rate: Fraction, size: tuple[int, int]) -> bool:
    """Return whether packets of one can follow those of another, and make just the frames that are wanted."""
    return all(
        found.steady
        and found.apart
        and not found.turned
        and found.setup == footage[0].setup
        and (found.pixels, found.size, found.rate, len(found.ticks)) == ("yuv420p", size, rate, length)
        for found, length in zip(footage, lengths, strict=True)
    )


def _joined(
    footage: Sequence[Footage], lengths: Sequence[int], plan: Sequence[Section], rate: Fraction, fit: Fit
) -> Iterator[av.VideoFrame]:
    """Yield the frames of all parts, one fading into the next where the plan says so."""
    # A file is opened when its first frame is asked for.
    shown = [_frames(found, length, rate, fit) for found, length in zip(footage, lengths, strict=True)]
    for section in plan:
        for number in range(section.frames):
            picture = next(shown[section.part])
            if section.fades:
                share = (number + 1) / (section.frames + 1)
                picture = faded(picture, next(shown[section.part + 1]), share)
            yield picture
        if section.ends:
            shown[section.part].close()


def _frames(footage: Footage, length: int, rate: Fraction, fit: Fit) -> Generator[av.VideoFrame]:
    """Yield exactly so many frames of a part, its last one again where it has fewer."""
    latest: av.VideoFrame | None = None
    given = 0
    with Video(footage.path) as video:
        for picture in video.steady_frames(rate, end=length):
            latest = fit(picture)
            given += 1
            yield latest
    if latest is None or length - given > _HELD * rate:
        raise InputUnfitError(
            f"{footage.path.name} is damaged: {given} of {length} frames of it can be decoded. Give another file."
        )
    for _ in range(length - given):
        yield latest
