"""Reads a video beside another one: what it shows at the other's times. Needs the `media` extra."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Generic, TypeVar

import av
import numpy as np
from av.video.reformatter import ColorRange, VideoReformatter

from airflow_provider_wan.media.measures import Plane
from airflow_provider_wan.media.reading import Colours, Video

T = TypeVar("T")
_UNSPECIFIED = 2


@dataclass(frozen=True, slots=True)
class Shown(Generic[T]):
    """A picture of the video that is read beside another.

    Attributes:
        time: When it is shown, on the other video's clock.
        until: When it no longer is.
        picture: The picture.
        made: What was made of it.
    """

    time: Fraction
    until: Fraction
    picture: av.VideoFrame
    made: T


class Beside(Generic[T]):
    """Gives what a video shows at ascending times.

    Three pictures are held: rates differ, and which picture a service took for a moment between two is its own affair.

    Args:
        video: The video.
        make: What to make of each of its pictures.
        begins: When its first picture is shown, on the clock of the times that are asked for.
        seconds: How much of it to show; None: all.
    """

    def __init__(
        self,
        video: Video,
        make: Callable[[av.VideoFrame], T],
        *,
        begins: Fraction = Fraction(0),
        seconds: Fraction | None = None,
    ) -> None:
        self._make, self._begins = make, begins
        self._frames = video.frames()
        self._step = 1 / video.rate
        self._ends = None if seconds is None else begins + seconds
        self._held: deque[Shown[T]] = deque(maxlen=3)
        self._over = False

    def at(self, time: Fraction, step: Fraction) -> list[Shown[T]]:
        """Return what is shown at a time, then its neighbours; nothing before its beginning and after its end.

        Args:
            time: Seconds, not less than the last time.
            step: How long the other video shows a picture.

        Raises:
            InputUnfitError: The video is damaged or cut short.
        """
        # As a steady rate is made of another: a picture that comes within half a step is shown already.
        shown_by = time + step / 2
        if shown_by <= self._begins or (self._ends is not None and time >= self._ends - step / 2):
            return []
        while not self._over and (not self._held or self._held[-1].time < shown_by):
            self._advance()
        past = [at for at, shown in enumerate(self._held) if shown.time < shown_by]
        if not past:
            return []
        current = self._held[past[-1]]
        if self._over and past[-1] == len(self._held) - 1 and time >= current.until - step / 2:
            return []
        near = max(self._step, step) * Fraction(3, 2)
        around = [
            self._held[at]
            for at in (past[-1] - 1, past[-1] + 1)
            if 0 <= at < len(self._held) and abs(self._held[at].time - time) <= near
        ]
        return [current, *around]

    def _advance(self) -> None:
        frame = next(self._frames, None)
        if frame is None:
            self._over = True
            return
        self._held.append(
            Shown(
                self._begins + frame.time,
                self._begins + frame.until,
                frame.picture,
                self._make(frame.picture),
            )
        )


class Scaler:
    """Makes pictures yuv420p with the limited range, in one size, and gives their planes.

    Args:
        size: Width and height, even ones.
        colours: Of the video that the pictures are of.
        like: Of the video that they are compared with; they are brought to its matrix where both name one.
    """

    def __init__(self, size: tuple[int, int], colours: Colours, like: Colours | None = None) -> None:
        self._size = size
        self._reformatter = VideoReformatter()
        matrices = {colours.matrix, colours.matrix if like is None else like.matrix}
        self._matrix = (
            like.matrix if like is not None and len(matrices) == 2 and _UNSPECIFIED not in matrices else None
        )

    def __call__(self, picture: av.VideoFrame) -> av.VideoFrame:
        """Return a picture in that size and form."""
        return self._reformatter.reformat(
            picture,
            *self._size,
            "yuv420p",
            interpolation="AREA",
            dst_color_range=ColorRange.MPEG,
            dst_colorspace=self._matrix,
        )


def planes(picture: av.VideoFrame) -> tuple[Plane, Plane, Plane]:
    """Return luma and chroma of a yuv420p picture, without a copy."""
    luma, blue, red = (
        np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width]
        for plane in picture.planes
    )
    return luma, blue, red


def cropped(picture: av.VideoFrame, box: tuple[int, int, int, int]) -> av.VideoFrame:
    """Return a part of a yuv420p picture: left, top, right and bottom, all even."""
    left, top, right, bottom = box
    parts = [
        plane[top // part : bottom // part, left // part : right // part].ravel()
        for plane, part in zip(planes(picture), (1, 2, 2), strict=True)
    ]
    packed = np.concatenate(parts).reshape((bottom - top) * 3 // 2, right - left)
    out = av.VideoFrame.from_ndarray(packed, format="yuv420p")
    out.colorspace, out.color_range = picture.colorspace, picture.color_range
    return out


def fitting(size: tuple[int, int], shorter: int) -> tuple[int, int]:
    """Return a size with even sides, the shorter of them at most this, of a size's aspect."""
    scale = min(1.0, shorter / min(size))
    return max(2, round(size[0] * scale / 2) * 2), max(2, round(size[1] * scale / 2) * 2)
