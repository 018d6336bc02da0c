"""What a video was made from, and which part of it has to be there still. Needs the `media` extra."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from airflow_provider_wan.dashscope.input_errors import InputUnfitError
from airflow_provider_wan.media.beside import Beside, Scaler, cropped, fitting, planes
from airflow_provider_wan.media.measures import Plane, Where, grown
from airflow_provider_wan.media.probe import NotMediaError, probe
from airflow_provider_wan.media.reading import Video
from airflow_provider_wan.media.untouched import Untouched, edited, white

COMPARED, LOOKED_AT = 360, 180
"""Shorter side, in pixels, of pictures that are compared with a reference, and of those that are looked at for black
and for movement."""


@dataclass(frozen=True, slots=True)
class Beheld:
    """A picture of the reference.

    Attributes:
        planes: Luma and chroma in the size in which it is compared.
        luma: Luma in the size in which it is looked at for black and for movement.
    """

    planes: tuple[Plane, Plane, Plane]
    luma: Plane


class Reference:
    """What a video was made from.

    Attributes:
        untouched: Which part of the video should be as in the reference; None: none.
        box: Where in the video's picture the reference is, in pixels: left, top, right, bottom.
        beside: What the reference shows.
    """

    def __init__(self, video: Video, given: Video, untouched: Untouched | None) -> None:
        size = video.width, video.height
        self.untouched = untouched
        self._middle = untouched is not None and untouched.part == "middle"
        self.box = untouched.box(size) if untouched is not None and self._middle else (0, 0, *size)
        self._size = fitting((self.box[2] - self.box[0], self.box[3] - self.box[1]), COMPARED)
        self._whole = Scaler((max(2, size[0] // 2 * 2), max(2, size[1] // 2 * 2)), video.colours)
        self._scaler = Scaler(self._size, video.colours)
        self._looked_at = None if untouched is None else untouched.looked_at(self._size)
        self._mask: Beside[Where] | None = None
        self._masked: Where | None = self._looked_at
        self.beside = Beside(
            given,
            _beholder(self._size, given, video),
            begins=_begins(video, given, untouched),
            seconds=None if untouched is None or untouched.seconds is None else Fraction(untouched.seconds),
        )

    @classmethod
    def opened(
        cls, stack: contextlib.ExitStack, video: Video, path: Path | None, untouched: Untouched | None
    ) -> Reference | None:
        """Open a reference and its mask, if there are any.

        Raises:
            InputUnfitError: One of them can't be used.
        """
        if path is None:
            return None
        reference = cls(video, stack.enter_context(Video(path)), untouched)
        if untouched is not None and untouched.mask is not None:
            reference._use(untouched.mask, untouched, stack)
        return reference

    def part(self, frame: av.VideoFrame) -> tuple[Plane, Plane, Plane]:
        """Return the part of a frame of the video in which the reference should be."""
        return planes(self._scaler(cropped(self._whole(frame), self.box) if self._middle else frame))

    def where(self, time: Fraction, step: Fraction) -> Where | None:
        """Return which pixels to compare at a time; None: all."""
        if self._mask is None or self.untouched is None:
            return self._looked_at
        # Between two pictures of a mask, both let edit. After its end it goes on as it was.
        shown = [each.made for each in self._mask.at(time, step)]
        if shown:
            kept = ~grown(np.logical_or.reduce(shown), self.untouched.reach(self._size))
            self._masked = kept if self._looked_at is None else kept & self._looked_at
        return self._masked

    def _use(self, mask: Path, untouched: Untouched, stack: contextlib.ExitStack) -> None:
        if _kind(mask) == "video":
            opened = stack.enter_context(Video(mask))
            scaler = Scaler(self._size, opened.colours)
            self._mask = Beside(opened, lambda picture: white(planes(scaler(picture))[0]))
            return
        kept = ~edited(mask, self._size, untouched.reach(self._size))
        self._looked_at = kept if self._looked_at is None else kept & self._looked_at


def _begins(video: Video, given: Video, untouched: Untouched | None) -> Fraction:
    """Return when in the video the reference begins, in seconds."""
    if untouched is None or untouched.part != "end":
        return Fraction(0)
    if video.seconds is None or given.seconds is None:
        silent = video if video.seconds is None else given
        raise InputUnfitError(
            f"{silent.path.name} doesn't say how long it is, so what is at the end can't be told. Write it as MP4."
        )
    taken = given.seconds if untouched.seconds is None else min(given.seconds, Fraction(untouched.seconds))
    return video.seconds - taken


def _beholder(size: tuple[int, int], given: Video, like: Video) -> Callable[[av.VideoFrame], Beheld]:
    scaler = Scaler(size, given.colours, like.colours)
    small = Scaler(fitting((given.width, given.height), LOOKED_AT), given.colours)
    return lambda picture: Beheld(planes(scaler(picture)), planes(small(picture))[0])


def _kind(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return probe(file, name=path.name).kind
    except FileNotFoundError as error:
        raise InputUnfitError(f"{path} isn't there. Check the path.") from error
    except NotMediaError as error:
        raise InputUnfitError(f"{path.name} {error} Give a mask as an image or as a video.") from error
