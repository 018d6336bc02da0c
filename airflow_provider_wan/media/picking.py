"""Takes a few frames out of a video, wherever they are, and counts all of them. Needs the `media` extra."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av

from airflow_provider_wan.media.copying import look_at
from airflow_provider_wan.media.reading import Video

_READ_ON = 8
"""Seconds up to which it is quicker to decode on than to go to the next frame.

Encoders put a picture that decoding can begin with every ten seconds or so: going there costs half of that on average.
"""


def picked(
    path: Path, numbers: Sequence[int], rate: Fraction | None = None
) -> Iterator[tuple[int, av.VideoFrame]]:
    """Yield frames with their numbers; those beyond the video's end are left out.

    Args:
        path: The video.
        numbers: Which ones, ascending, counted from 0 as steady frames.
        rate: Frames a second by which they are counted; None: the video's own.

    Raises:
        InputUnfitError: It is no video, or damaged.
    """
    at = 0
    while at < len(numbers):
        with Video(path) as video:
            steady = rate or video.rate
            end = at + 1
            while end < len(numbers) and numbers[end] - numbers[end - 1] <= _READ_ON * steady:
                end += 1
            wanted = numbers[at:end]
            frames = video.steady_frames(steady, first=wanted[0], end=wanted[-1] + 1)
            for number, picture in enumerate(frames, wanted[0]):
                if number == numbers[at]:
                    yield number, picture
                    at += 1
        at = end


def count(path: Path, rate: Fraction | None = None) -> int:
    """Return how many steady frames a video has; none is decoded where the file tells.

    Args:
        path: The video.
        rate: Frames a second; None: the video's own.

    Raises:
        InputUnfitError: It is no video, damaged, or cut short.
    """
    footage = look_at(path)
    return footage.frames_at(rate or footage.rate)
