"""Cuts videos, exact to the frame. Needs the `media` extra."""

from __future__ import annotations

import contextlib
import itertools
import math
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from airflow_provider_wan.dashscope.input_errors import InputUnfitError
from airflow_provider_wan.media.copying import look_at
from airflow_provider_wan.media.fitting import Fit, even
from airflow_provider_wan.media.rates import frame_at
from airflow_provider_wan.media.reading import Video
from airflow_provider_wan.media.segments import Segment
from airflow_provider_wan.media.sound import Sound
from airflow_provider_wan.media.writing import Encoding, MovieWriter, Written


def count_frames(source: Path, *, decode: bool = True) -> int:
    """Return how many frames a video has: as many as `Video.steady_frames` yields.

    Args:
        source: The video.
        decode: Whether to decode them all, which finds out whether they can be. False is many times faster: where the
            file says of each frame when it is shown, and they come at a constant rate, it is believed.

    Raises:
        InputUnfitError: It is no video, or is found to be damaged or cut short.
    """
    if not decode:
        footage = look_at(source)
        if footage.steady:
            return len(footage.ticks)
    with Video(source) as video:
        return sum(1 for _ in video.steady_frames())


def trim(
    source: Path,
    out: Path,
    *,
    start: float | Fraction = 0,
    end: float | Fraction | None = None,
    sound: bool = True,
    encoding: Encoding | None = None,
) -> Written:
    """Cut a part out of a video: the frames from the one nearest to `start` to the one before that nearest to `end`.

    Only what decoding these frames takes is decoded. Frame n of the part is frame n of the video, counted from the
    part's first; sides that are odd lose a pixel.

    Args:
        source: The video.
        out: The MP4 to make.
        start: Where the part begins, in seconds from the video's first frame.
        end: Where it ends; None, or a time after the video's end: with the video.
        sound: Whether to keep the sound, where there is some.
        encoding: How pictures are packed.

    Raises:
        InputUnfitError: It is no video, is damaged, or ends before `start`.
        ValueError: A number makes no sense, or no frame lies between the two.
    """
    _check_times(start, end)
    with Video(source) as video:
        first, rate = frame_at(start, video.rate), video.rate
        last = None if end is None else frame_at(end, rate)
        if last is not None and last <= first:
            raise ValueError(
                f"start={float(start):g} and end={float(end or 0):g}: no frame lies between them at {float(rate):g} "
                f"frames a second. Make the part {float(1 / rate):.3f} s long at least."
            )
        pictures = video.steady_frames(first=first, end=last)
        foremost = next(pictures, None)
        if foremost is None:
            frames = count_frames(source, decode=False)
            raise InputUnfitError(
                f"{source.name} is {float(frames / rate):.3f} s long ({frames} frames); start={float(start):g} s lies "
                "beyond its end. Give an earlier start."
            )
        expected = None if last is None else last - first
        fit = Fit(even((video.width, video.height)), video.colours)
        with _writer(video, out, first, expected, sound=sound, encoding=encoding) as writer:
            for picture in itertools.chain([foremost], pictures):
                writer.write(fit(picture))
    return writer.written


def split(
    source: Path,
    folder: Path,
    plan: Sequence[Segment],
    *,
    sound: bool = False,
    encoding: Encoding | None = None,
) -> list[Written]:
    """Cut a video into pieces, decoding it once. Sides that are odd lose a pixel.

    Each piece is moved into place when it is whole, also where a later one then fails; one that is there already is
    replaced.

    Args:
        source: The video.
        folder: Where to put the pieces: `0000.mp4` for the one with number 0, and so on. It must be there.
        plan: The pieces, in their order, as `segments` makes them; frames may lie between them. At each moment as many
            encoders run as pieces share the frame.
        sound: Whether each piece has its part of the sound, to the sample, where there is some.
        encoding: How pictures are packed.

    Returns:
        The pieces in the order of the plan.

    Raises:
        InputUnfitError: It is no video, is damaged, or has fewer frames than the plan.
        ValueError: The plan makes no sense.
    """
    _check_plan(plan)
    made: dict[int, Written] = {}
    running: dict[int, tuple[Segment, MovieWriter, contextlib.ExitStack]] = {}
    waiting = list(reversed(plan))
    first, end = plan[0].first, max(segment.end for segment in plan)
    number = first
    with Video(source) as video, contextlib.ExitStack() as all_of_them:
        fit = Fit(even((video.width, video.height)), video.colours)
        for picture in video.steady_frames(first=first, end=end):
            while waiting and waiting[-1].first == number:
                segment = waiting.pop()
                own = all_of_them.enter_context(contextlib.ExitStack())
                out = folder / f"{segment.number:04}.mp4"
                writer = own.enter_context(
                    _writer(video, out, segment.first, segment.frames, sound=sound, encoding=encoding)
                )
                running[segment.number] = (segment, writer, own)
            number += 1
            if not running:
                continue
            fitting = fit(picture)
            for segment, writer, own in list(running.values()):
                writer.write(fitting)
                if segment.end == number:
                    own.close()
                    made[segment.number] = writer.written
                    del running[segment.number]
            del writer, own  # an encoder keeps its pictures as long as anyone has it
        missing = [segment for segment, _, _ in running.values()] or waiting[-1:]
        if missing:
            frames = number if number > first else count_frames(source, decode=False)
            raise InputUnfitError(
                f"{source.name} has {frames} frames, and piece {missing[0].number} shall have those from "
                f"{missing[0].first} to {missing[0].end - 1}. Plan the pieces for this video, or give all of it."
            )
    return [made[segment.number] for segment in plan]


def _writer(
    video: Video, out: Path, first: int, frames: int | None, *, sound: bool, encoding: Encoding | None
) -> MovieWriter:
    """Open a file for so many frames of a video, and their sound."""
    heard = None
    if sound and video.has_sound:
        seconds = None if frames is None else frames / video.rate
        heard = Sound(video.path, start=video.start + first / video.rate, seconds=seconds)
    size = even((video.width, video.height))
    return MovieWriter(
        out, size, video.rate, colours=video.colours, sound=heard, encoding=encoding, expected=frames
    )


def _check_times(start: float | Fraction, end: float | Fraction | None) -> None:
    for name, value in (("start", start), ("end", end)):
        if value is not None and not (math.isfinite(value) and value >= 0):
            raise ValueError(f"{name}={value}: give seconds, 0 or more")
    if end is not None and end <= start:
        raise ValueError(f"end={float(end):g} is not after start={float(start):g}. Give a later end.")


def _check_plan(plan: Sequence[Segment]) -> None:
    if not plan:
        raise ValueError("plan is empty: give at least one segment")
    for segment in plan:
        if not 0 <= segment.first < segment.end or segment.number < 0:
            raise ValueError(
                f"{segment} has no frames, or negative numbers: give frames from `first` to `end`"
            )
    if len({segment.number for segment in plan}) < len(plan):
        raise ValueError(
            "two segments of the plan have the same number: their files would have the same name"
        )
    if any(after.first < before.first for before, after in itertools.pairwise(plan)):
        raise ValueError("the plan isn't in order: sort it by `first`")
