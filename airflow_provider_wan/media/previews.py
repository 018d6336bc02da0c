"""Shows people what is in a video, and what an edit made of it. Needs the `media` extra."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av.video.reformatter import VideoReformatter
from PIL import Image, ImageDraw

from airflow_provider_wan.media import animation
from airflow_provider_wan.media.fitting import Fit
from airflow_provider_wan.media.layout import Grid, Halves, Size, clock, fitted, grid, halves, spread
from airflow_provider_wan.media.lettering import DULL, GROUND, TEXT, font, line, step
from airflow_provider_wan.media.picking import count, picked
from airflow_provider_wan.media.rates import frame_at
from airflow_provider_wan.media.reading import Colours, Video
from airflow_provider_wan.media.sound import Sound
from airflow_provider_wan.media.stills import save_png
from airflow_provider_wan.media.writing import MovieWriter, Written

_MOST_CELLS = 400
_WIDTHS = (160, 4096)
_NARROWEST = 48
"""Pixels of a cell; less can't be read."""
_STILLS = 3


def contact_sheet(
    source: Path,
    out: Path,
    *,
    columns: int = 4,
    rows: int = 3,
    width: int = 1280,
    title: str | None = None,
) -> Path:
    """Write a PNG with evenly spaced frames of a video and their times; the first and the last are among them.

    Args:
        source: The video.
        out: The file, `.png`; one that is there is replaced.
        columns: How many frames in a row at most.
        rows: How many rows at most. A video of fewer frames gives fewer cells.
        width: Width of the sheet in pixels, 160 to 4096.
        title: A line above the frames, shortened to fit.

    Returns:
        The file.

    Raises:
        InputUnfitError: The source is no video, damaged, or cut short.
        ValueError: An argument makes no sense.
    """
    if out.suffix.lower() != ".png":
        raise ValueError(f"out={out.name}: a contact sheet is a PNG. Give a name that ends with .png.")
    _check_width(width)
    if columns < 1 or rows < 1 or columns * rows > _MOST_CELLS:
        raise ValueError(
            f"columns={columns}, rows={rows}: give at least 1 of each and {_MOST_CELLS} cells at most"
        )
    if width // columns < _NARROWEST:
        raise ValueError(
            f"columns={columns} in a width of {width} pixels: a cell needs {_NARROWEST}. Give fewer, or more width."
        )
    with Video(source) as video:
        size, rate = (video.width, video.height), video.rate
    numbers = spread(count(source, rate), columns * rows)
    small = _text_size(width)
    head = 0 if title is None else step(_headline(width))
    plan = grid(size, len(numbers), columns=columns, width=width, head=head, caption=step(small))
    sheet = _Sheet(plan)
    if title is not None:
        sheet.title(title)
    for cell, (number, picture) in enumerate(picked(source, numbers, rate)):
        sheet.put(cell, picture, clock(number, rate))
    save_png(sheet.image, out)
    return out


def comparison(
    before: Path,
    after: Path,
    out: Path,
    *,
    width: int | None = None,
    at: Sequence[float] | None = None,
) -> Path | Written:
    """Show two videos side by side: what an edit was given, and what it made.

    Each is fitted into its half, with its proportions kept; so both may have any size, rate and rotation. A
    comparison ends with the shorter one.

    Args:
        before: The video on the left.
        after: The one on the right.
        out: The file; one that is there is replaced. Its suffix chooses the kind. `.png`: stills at several times.
            `.mp4`: a video with the rate of `after`, and the sound of `before`, or else of `after`. `.webp`: an
            animation for mails: the first 8 seconds with 10 frames a second, packed so that it has 2 MB at most
            where that is possible.
        width: Pixels, 160 to 4096; None: 1280, and 640 for `.webp`.
        at: For `.png`: times of the stills, in seconds; None: start, middle and end.

    Returns:
        What was written; the path of a `.png`.

    Raises:
        InputUnfitError: One is no video, damaged, or cut short.
        ValueError: The suffix is another one, or an argument makes no sense.
    """
    kind = out.suffix.lower()
    if kind not in (".png", ".mp4", ".webp"):
        raise ValueError(f"out={out.name}: a comparison is written as .png, .mp4 or .webp. Give such a name.")
    if at is not None and kind != ".png":
        raise ValueError(
            f"at={list(at)}: only a .png shows single times, and {out.name} is none. Leave it out."
        )
    width = width or (640 if kind == ".webp" else 1280)
    _check_width(width)
    if kind == ".png":
        return _stills(before, after, out, width, at)
    if kind == ".webp":
        return animation.write_webp(
            lambda: _side_by_side(before, after, width, animation.RATE, animation.COLOURS), out
        )
    return _movie(before, after, out, width)


def _stills(before: Path, after: Path, out: Path, width: int, at: Sequence[float] | None) -> Path:
    with Video(before) as one, Video(after) as other:
        sizes, rate = ((one.width, one.height), (other.width, other.height)), other.rate
    frames = min(count(before, rate), count(after, rate))
    numbers = spread(frames, _STILLS) if at is None else _numbers(at, frames, rate)
    highest = max(sizes, key=lambda size: Fraction(size[1], size[0]))
    small = _text_size(width)
    plan = grid(highest, 2 * len(numbers), columns=2, width=width, head=step(small), caption=step(small))
    sheet = _Sheet(plan)
    for side, (path, name) in enumerate(((before, "before"), (after, "after"))):
        sheet.label(side, name)
        for row, (number, picture) in enumerate(picked(path, numbers, rate)):
            sheet.put(2 * row + side, picture, clock(number, rate))
    save_png(sheet.image, out)
    return out


def _numbers(at: Sequence[float], frames: int, rate: Fraction) -> list[int]:
    if not at or len(at) > _MOST_CELLS // 2:
        raise ValueError(f"at has {len(at)} times: give 1 to {_MOST_CELLS // 2}, or leave it out")
    end = float(frames / rate)
    for time in at:
        if not math.isfinite(time) or not 0 <= time <= end:
            raise ValueError(
                f"at={list(at)}: the shorter of both videos lasts {end:.2f} s, and {time:g} isn't in it. "
                "Give times from 0 on that it has."
            )
    return sorted({min(frame_at(time, rate), frames - 1) for time in at})


def _movie(before: Path, after: Path, out: Path, width: int) -> Written:
    with Video(before) as one, Video(after) as other:
        heard = next((video for video in (one, other) if video.has_sound), None)
        sound = None if heard is None else Sound(heard.path, start=heard.start)
        lengths = [video.seconds for video in (one, other) if video.seconds is not None]
        plan, rate, colours = _halves(one, other, width), other.rate, other.colours
    with MovieWriter(
        out,
        plan.size,
        rate,
        colours=colours,
        sound=sound,
        expected=frame_at(min(lengths), rate) if lengths else None,
    ) as writer:
        for picture in _side_by_side(before, after, width, rate, colours):
            writer.write(picture)
    return writer.written


def _halves(before: Video, after: Video, width: int) -> Halves:
    sizes = (before.width, before.height), (after.width, after.height)
    return halves(*sizes, width=width, head=step(_text_size(width)) + _text_size(width) // 2)


def _side_by_side(
    before: Path, after: Path, width: int, rate: Fraction, colours: Colours
) -> Iterator[av.VideoFrame]:
    """Yield the frames that both videos show at the same time in one picture."""
    with Video(before) as one, Video(after) as other:
        plan = _halves(one, other, width)
        ground = _ground(plan, width)
        fits = [Fit(plan.half, colours) for _ in range(2)]
        for both in zip(one.steady_frames(rate), other.steady_frames(rate), strict=False):
            planes = [plane.copy() for plane in ground]
            for picture, fit, left in zip(both, fits, plan.left, strict=True):
                _place(fit(picture), planes, (left, plan.top))
            whole = np.concatenate([plane.ravel() for plane in planes])
            yield av.VideoFrame.from_ndarray(whole.reshape(-1, plan.size[0]), format="yuv420p")


def _ground(plan: Halves, width: int) -> list[npt.NDArray[np.uint8]]:
    """Return the planes of a black picture with both names. Black is what bars beside a picture are, too."""
    size = _text_size(width)
    image = Image.new("L", plan.size)
    draw = ImageDraw.Draw(image)
    for left, name in zip(plan.left, ("before", "after"), strict=True):
        draw.text((left, plan.top // 2), name, TEXT[0], font(size), anchor="lm")
    luma = np.asarray(image, np.uint8)
    chroma = np.full((plan.size[1] // 2, plan.size[0] // 2), 128, np.uint8)
    return [(16 + luma.astype(np.uint16) * 219 // 255).astype(np.uint8), chroma, chroma]


def _place(picture: av.VideoFrame, planes: list[npt.NDArray[np.uint8]], corner: Size) -> None:
    for number, (source, plane) in enumerate(zip(picture.planes, planes, strict=True)):
        by = 2 if number else 1
        left, top = corner[0] // by, corner[1] // by
        pixels = np.asarray(memoryview(source), np.uint8).reshape(-1, source.line_size)
        pixels = pixels[: source.height, : source.width]
        plane[top : top + source.height, left : left + source.width] = pixels


class _Sheet:
    """An image that pictures are put on one after the other, so that only one is held."""

    def __init__(self, plan: Grid) -> None:
        self._plan = plan
        self.image = Image.new("RGB", (plan.width, plan.height), GROUND)
        self._draw = ImageDraw.Draw(self.image)
        self._font = font(_text_size(plan.width))
        self._reformatter = VideoReformatter()

    def title(self, text: str) -> None:
        face = font(_headline(self._plan.width))
        room = self._plan.width - 2 * self._plan.left
        middle = (self._plan.head + self._plan.gap // 2) // 2
        self._draw.text((self._plan.left, middle), line(text, face, room), TEXT, face, anchor="lm")

    def label(self, column: int, text: str) -> None:
        left, top = self._plan.corner(column)
        self._draw.text((left, top // 2), text, TEXT, self._font, anchor="lm")

    def put(self, cell: int, picture: av.VideoFrame, caption: str) -> None:
        left, top = self._plan.corner(cell)
        across, down = self._plan.cell
        width, height = fitted((picture.width, picture.height), self._plan.cell)
        small = self._reformatter.reformat(picture, width, height, "rgb24", interpolation="AREA")
        pixels = Image.fromarray(np.asarray(small.to_ndarray(), np.uint8))
        self.image.paste(pixels, (left + (across - width) // 2, top + (down - height) // 2))
        baseline = top + down + self._plan.caption // 2
        self._draw.text((left, baseline), caption, DULL, self._font, anchor="lm")


def _text_size(width: int) -> int:
    """Return the size of captions in pixels."""
    return max(12, min(32, width // 72))


def _headline(width: int) -> int:
    return max(16, min(56, width // 46))


def _check_width(width: int) -> None:
    if not _WIDTHS[0] <= width <= _WIDTHS[1]:
        raise ValueError(f"width={width}: give {_WIDTHS[0]} to {_WIDTHS[1]} pixels")
