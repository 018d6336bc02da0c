"""Takes single frames out of a video, as PNG files. Needs the `media` extra."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal, TypeAlias

import av

from airflow_provider_wan.dashscope.input_errors import InputUnfitError
from airflow_provider_wan.media.reading import Video
from airflow_provider_wan.media.stills import as_image, save_png

Wanted: TypeAlias = int | Literal["first", "last"]
"""A frame: its number, counted from 0, or one of the two ends."""

_TOGETHER = 250
"""Frames that lie closer than this are read in one go; it is what lies between two places to seek to in most files."""
MOST_FRAMES = 10**9
"""No video has so many frames, and containers count times in 64 bits."""
_INDEXED = {"mov", "mp4", "matroska", "webm"}
"""Formats whose index says where to find a time. In others a search for it may go astray."""


def take_frames(source: Path, folder: Path, which: Sequence[Wanted]) -> list[Path]:
    """Write frames of a video as PNG files, upright and in the video's size.

    Frame n is the one that is shown at n / rate, with the video's own rate. Of a long file only what is needed is
    decoded, where its index allows that.

    Args:
        source: The video.
        folder: Where to write `first.png`, `last.png` and, for frame 123, `000123.png`; made where it is missing.
        which: The frames that are wanted, at least one.

    Returns:
        The files, in the order of `which`.

    Raises:
        InputUnfitError: The video can't be used, or has fewer frames.
        ValueError: `which` asks for something else.
    """
    _check(which)
    folder.mkdir(parents=True, exist_ok=True)
    names = {
        frame: folder / (f"{frame}.png" if isinstance(frame, str) else f"{frame:06}.png") for frame in which
    }
    places: dict[int, list[Path]] = {}
    for frame, path in names.items():
        if frame != "last":
            places.setdefault(0 if frame == "first" else frame, []).append(path)
    # The last come first: a number beyond the end is found before most files are written.
    for run in reversed(_runs(sorted(places))):
        missing = set(run)
        for number, picture in _stretch(source, run[0], run[-1] + 1):
            if number in missing:
                missing.remove(number)
                for path in places[number]:
                    save_png(as_image(picture), path)
        if missing:
            count, _ = _end(source)
            raise InputUnfitError(
                f"{source.name} has {count} frames, numbered 0 to {count - 1}: there is no frame {min(missing)}. "
                "Ask for an earlier one, or for `last`."
            )
    if "last" in names:
        save_png(as_image(_end(source)[1]), names["last"])
    return [names[frame] for frame in which]


def _check(which: Sequence[Wanted]) -> None:
    if isinstance(which, str) or not which:
        raise ValueError(f"which={which!r}: give a list of frame numbers, `first` or `last`")
    for frame in which:
        if frame in ("first", "last") and isinstance(frame, str):
            continue
        if not isinstance(frame, int) or isinstance(frame, bool) or not 0 <= frame < MOST_FRAMES:
            raise ValueError(
                f"which={frame!r}: a frame is a whole number from 0, `first` or `last`; none is counted from the end"
            )


def _runs(numbers: Sequence[int]) -> list[list[int]]:
    """Divide sorted numbers into runs that are worth reading in one go."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number - runs[-1][-1] <= _TOGETHER:
            runs[-1].append(number)
        else:
            runs.append([number])
    return runs


def _stretch(source: Path, first: int, end: int) -> Iterator[tuple[int, av.VideoFrame]]:
    with Video(source) as video:
        yield from zip(itertools.count(first), video.steady_frames(first=first, end=end), strict=False)


def _end(source: Path) -> tuple[int, av.VideoFrame]:
    """Return how many frames a video has, and the last one."""
    latest = None
    with Video(source) as video:
        first = 0
        if video.seconds is not None and _INDEXED & set(video.container.format.name.split(",")):
            # A video that ends half a second before it says so is refused, so there are frames from here on. Whatever
            # it says of its length, what is decoded goes on to its real end.
            first = max(0, int((video.seconds - 1) * video.rate) - 1)
        count = first
        for picture in video.steady_frames(first=first):
            count, latest = count + 1, picture
    if latest is None:
        raise InputUnfitError(f"{source.name} has no last picture that can be decoded. Mend the file first.")
    return count, latest
