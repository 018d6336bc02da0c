"""Pictures as I420 arrays, the layout that H.264 stores.

A frame is a C-contiguous `uint8` array of shape (height * 3 / 2, width): the luma rows, then the two chroma
planes at half the width and height. Working on these planes keeps untouched pixels bit-exact up to the
encoder and moves half the bytes that RGB would. Width and height are even. Functions return new frames
unless they say otherwise.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import av
import numpy as np
import numpy.typing as npt
from PIL import Image

Frame: TypeAlias = npt.NDArray[np.uint8]
Plane: TypeAlias = npt.NDArray[np.uint8]
GREY = 128
"""The chroma value without colour."""


@dataclass(frozen=True, slots=True)
class Size:
    """Width and height in pixels."""

    width: int
    height: int

    @property
    def area(self) -> int:
        """Number of pixels."""
        return self.width * self.height

    @property
    def aspect(self) -> float:
        """Width over height."""
        return self.width / self.height

    @property
    def short_side(self) -> int:
        """The smaller of width and height."""
        return min(self.width, self.height)

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels, from the top left corner of the frame."""

    left: int
    top: int
    width: int
    height: int


def even(value: float, least: int = 2) -> int:
    """The nearest even number, `least` or more, as chroma planes need it."""
    return max(least, 2 * round(value / 2))


def size_of(frame: Frame) -> Size:
    """Width and height of the picture that `frame` holds."""
    return Size(frame.shape[1], frame.shape[0] * 2 // 3)


def planes(frame: Frame) -> tuple[Plane, Plane, Plane]:
    """Luma and the two chroma planes, as writable views of `frame`."""
    size = size_of(frame)
    flat = frame.reshape(-1)
    luma, quarter = size.area, size.area // 4
    half = (size.height // 2, size.width // 2)
    return (
        flat[:luma].reshape(size.height, size.width),
        flat[luma : luma + quarter].reshape(half),
        flat[luma + quarter :].reshape(half),
    )


def empty(size: Size) -> Frame:
    """A frame whose content is still to be written."""
    return np.empty((size.height * 3 // 2, size.width), np.uint8)


def from_planes(luma: Plane, blue: Plane, red: Plane) -> Frame:
    """One frame out of three planes; the chroma planes have half the width and height."""
    return np.concatenate([luma.reshape(-1), blue.reshape(-1), red.reshape(-1)]).reshape(-1, luma.shape[1])


def from_image(image: Image.Image) -> Frame:
    """The frame that shows `image`, whose sides have to be even; transparency is dropped."""
    rgb = av.VideoFrame.from_ndarray(np.asarray(image.convert("RGB")), format="rgb24")
    return np.asarray(rgb.reformat(format="yuv420p").to_ndarray(), np.uint8)


def cover(image: Image.Image, size: Size) -> Image.Image:
    """`image` scaled and cut around its centre so that it fills `size` without being distorted."""
    scale = max(size.width / image.width, size.height / image.height)
    width, height = size.width / scale, size.height / scale
    left, top = (image.width - width) / 2, (image.height - height) / 2
    box = (max(left, 0.0), max(top, 0.0), min(left + width, image.width), min(top + height, image.height))
    return image.resize((size.width, size.height), Image.Resampling.BICUBIC, box=box, reducing_gap=2.0)


def crop(frame: Frame, box: Box) -> Frame:
    """The part of `frame` inside `box`, whose numbers have to be even."""
    luma, blue, red = planes(frame)
    rows, columns = slice(box.top, box.top + box.height), slice(box.left, box.left + box.width)
    half_rows = slice(box.top // 2, (box.top + box.height) // 2)
    half_columns = slice(box.left // 2, (box.left + box.width) // 2)
    return from_planes(luma[rows, columns], blue[half_rows, half_columns], red[half_rows, half_columns])


def scaled(frame: Frame, size: Size) -> Frame:
    """`frame` stretched or shrunk to `size`, quickly and softly."""
    picture = av.VideoFrame.from_ndarray(frame, format="yuv420p")
    method = "AREA" if size.area < size_of(frame).area else "BILINEAR"
    array = picture.reformat(size.width, size.height, "yuv420p", interpolation=method).to_ndarray()
    return np.asarray(array, np.uint8)


def turned(frame: Frame, quarter_turns: int) -> Frame:
    """`frame` turned counter-clockwise, as the orientation stored in a phone's clip demands."""
    luma, blue, red = (np.rot90(plane, quarter_turns) for plane in planes(frame))
    return from_planes(luma, blue, red)


def zoomed(frame: Frame, factor: float, toward: tuple[float, float] = (0.5, 0.5)) -> Frame:
    """`frame` enlarged by `factor`, 1.0 or more, around the point `toward` (shares of width and height)."""
    if factor <= 1.0:
        return frame
    out = empty(size_of(frame))
    for source, target in zip(planes(frame), planes(out), strict=True):
        height, width = source.shape
        left = (width - width / factor) * toward[0]
        top = (height - height / factor) * toward[1]
        box = (left, top, left + width / factor, top + height / factor)
        target[:] = np.asarray(
            Image.fromarray(source).resize((width, height), Image.Resampling.BILINEAR, box=box)
        )
    return out


def crossfaded(first: Frame, second: Frame, weight: float) -> Frame:
    """A mix of two frames of one size; `weight` 0.0 is all `first`, 1.0 all `second`."""
    if weight <= 0.0:
        return first
    if weight >= 1.0:
        return second
    return np.asarray(Image.blend(Image.fromarray(first), Image.fromarray(second), weight))


def eased(progress: float) -> float:
    """A soft start and stop for a movement; `progress` and result run from 0.0 to 1.0."""
    return 0.5 - 0.5 * math.cos(math.pi * min(max(progress, 0.0), 1.0))
