"""Small pictures with transparency that are laid over frames."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from airflow_provider_wan.emulator.rendering.frames import Frame, Plane, Size, even, from_image, planes

Weights = npt.NDArray[np.uint16]
OPAQUE = 256


@dataclass(frozen=True, slots=True)
class _Layer:
    """One plane of a sprite: what it adds and how much of the ground shows through, both in 1/256."""

    painted: Weights
    ground: Weights

    def lay_on(self, plane: Plane, left: int, top: int) -> None:
        height, width = self.ground.shape
        first_row, last_row = max(0, -top), min(height, plane.shape[0] - top)
        first_column, last_column = max(0, -left), min(width, plane.shape[1] - left)
        if first_row >= last_row or first_column >= last_column:
            return
        own = (slice(first_row, last_row), slice(first_column, last_column))
        target = plane[top + first_row : top + last_row, left + first_column : left + last_column]
        target[:] = (self.painted[own] + target * self.ground[own]) >> 8


@dataclass(frozen=True, slots=True)
class Sprite:
    """A picture with transparency, prepared so that laying it on a frame takes few integer operations."""

    size: Size
    layers: tuple[_Layer, _Layer, _Layer]

    @classmethod
    def of(cls, image: Image.Image) -> Sprite:
        """The sprite that shows `image`; sides are trimmed to even numbers, transparency is kept."""
        width, height = even(image.width - 0.5), even(image.height - 0.5)
        image = image.convert("RGBA").resize((width, height))
        alpha = image.getchannel("A")
        luma, blue, red = planes(from_image(image))
        whole, half = _weights(alpha), _weights(alpha.resize((width // 2, height // 2), Image.Resampling.BOX))
        return cls(Size(width, height), (_layer(luma, whole), _layer(blue, half), _layer(red, half)))

    def lay_on(self, frame: Frame, left: float, top: float) -> None:
        """Draw onto `frame` in place, the corner at the nearest even position; overhang is cut off."""
        column, row = round(left / 2), round(top / 2)
        for layer, plane, step in zip(self.layers, planes(frame), (2, 1, 1), strict=True):
            layer.lay_on(plane, column * step, row * step)


def _weights(alpha: Image.Image) -> Weights:
    values = np.asarray(alpha, np.uint16)
    return values + (values > 127).astype(np.uint16)


def _layer(plane: Plane, alpha: Weights) -> _Layer:
    return _Layer(plane * alpha, np.uint16(OPAQUE) - alpha)


def cut_out(image: Image.Image, within: Size) -> Sprite:
    """A reference picture scaled to fit `within`, with rounded corners and a white rim.

    A picture that brings its own transparency keeps that shape instead.
    """
    image = image.convert("RGBA")
    scale = min(within.width / image.width, within.height / image.height)
    width, height = even(image.width * scale), even(image.height * scale)
    image = image.resize((width, height), Image.Resampling.BICUBIC, reducing_gap=2.0)
    if image.getchannel("A").getextrema() == (255, 255):
        image = _framed(image)
        image.putalpha(_rounded(Size(width, height)))
    return Sprite.of(image)


def _framed(image: Image.Image) -> Image.Image:
    line = max(2, min(image.size) // 90)
    box = (0, 0, image.width - 1, image.height - 1)
    out = image.copy()
    ImageDraw.Draw(out).rounded_rectangle(box, min(image.size) // 12, outline="white", width=line)
    return out


def _rounded(size: Size) -> Image.Image:
    shape = Image.new("L", (size.width * 2, size.height * 2), 0)
    box = (0, 0, shape.width - 1, shape.height - 1)
    ImageDraw.Draw(shape).rounded_rectangle(box, radius=size.short_side // 6, fill=255)
    return shape.reduce(2)
