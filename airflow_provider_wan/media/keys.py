"""Shapes of masks that are found in pictures: in their transparency, or in a colour. Needs the `media` extra."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageColor

from airflow_provider_wan.dashscope.input_errors import InputUnfitError
from airflow_provider_wan.media.measures import Where
from airflow_provider_wan.media.shape import Shape, Size, is_number
from airflow_provider_wan.media.stills import load_picture

_BAND = 32
"""Rows that are looked at in one go: a large picture would take much memory otherwise."""
_DARKEST = 48
"""Sum of red, green and blue below which a pixel's colour is mostly noise."""
_LEAST = 0.1
"""How far the shares of a colour must be from those of grey; pure colours are 0.82 from it."""
_ROUNDED = 1e-3
"""What arithmetic may take from a colour's likeness to itself."""


@dataclass(frozen=True)
class AlphaPicture(Shape):
    """The transparent part of a picture, or the other one.

    Attributes:
        path: A picture with an alpha channel, in the video's size, or larger or smaller with the same aspect.
        inside: Which part is edited. What is half transparent or more counts as transparent.
    """

    path: Path
    inside: Literal["transparent", "opaque"] = "transparent"

    def _drawn(self, size: Size, seconds: float, picture: Image.Image | None) -> Where:  # noqa: ARG002 -- stands still
        image = load_picture(self.path)
        if image.mode != "RGBA":
            raise InputUnfitError(
                f"{self.path.name} can't be transparent, so there is no mask in it. Save it with an alpha channel."
            )
        # One of the sides was rounded when the picture was scaled.
        off = min(
            abs(image.height - image.width * size[1] / size[0]),
            abs(image.width - image.height * size[0] / size[1]),
        )
        if off > 1:
            raise InputUnfitError(
                f"{self.path.name} has {image.width}x{image.height} pixels, the video {size[0]}x{size[1]}: they have "
                "different aspects. Give a picture in the video's size."
            )
        alpha = image.getchannel("A").resize(size, Image.Resampling.NEAREST)
        opaque: Where = np.asarray(alpha) >= 128
        return opaque ^ (self.inside == "transparent")

    def _problems(self) -> list[str]:
        problems = [] if isinstance(self.path, Path) else [f"path={self.path!r}: give a path"]
        if self.inside not in ("transparent", "opaque"):
            problems.append(f"inside={self.inside!r}: it is `transparent` or `opaque`")
        return problems


@dataclass(frozen=True)
class ChromaKey(Shape):
    """What has a colour, however bright it is: a green screen. It is looked for in each frame.

    Colours are compared by the shares that red, green and blue have in them, so that shadows on the screen don't
    matter. What is nearly black has no colour.

    Attributes:
        colour: The colour, as `#00ff00`. Black, white and greys can't be keyed.
        tolerance: How far from it a pixel may be: 0 is the colour itself, 1 reaches to grey. A dull screen may be 0.7
            from pure green, yellow and cyan are 0.87; with the screen's own colour less is enough.
    """

    colour: str = "#00ff00"
    tolerance: float = 0.75

    @property
    def changes(self) -> bool:
        """It does, as the footage does."""
        return True

    @property
    def keyed(self) -> bool:
        """It is."""
        return True

    def _drawn(self, size: Size, seconds: float, picture: Image.Image | None) -> Where:  # noqa: ARG002 -- as it shows
        if picture is None or picture.size != size:
            raise ValueError("a chroma key needs the picture, in its size")
        key = _shares(self.colour)
        reach = self.tolerance * _from_grey(key) + _ROUNDED
        # (p / s - key)^2 <= reach^2, times s^2, where s is the sum of a pixel p: a quadratic form in its colours.
        form = np.eye(3) - key - key[:, None] + (key @ key - reach**2)
        pixels = np.asarray(picture if picture.mode == "RGB" else picture.convert("RGB"))
        where = np.empty(pixels.shape[:2], np.bool_)
        for top in range(0, len(pixels), _BAND):
            red, green, blue = (pixels[top : top + _BAND, :, part].astype(np.float32) for part in range(3))
            (rr, rg, rb), (_, gg, gb), (_, _, bb) = (form * (2 - np.eye(3))).astype(np.float32)
            away = (
                red * (rr * red + rg * green + rb * blue)
                + green * (gg * green + gb * blue)
                + bb * blue * blue
            )
            where[top : top + _BAND] = (away <= 0) & (red + green + blue >= _DARKEST)
        return where

    def _problems(self) -> list[str]:
        problems = []
        if not isinstance(self.colour, str) or not re.fullmatch("#[0-9a-fA-F]{6}", self.colour):
            problems.append(f"colour={self.colour!r}: give it as `#00ff00`")
        elif sum(ImageColor.getrgb(self.colour)) < _DARKEST or _from_grey(_shares(self.colour)) < _LEAST:
            problems.append(f"colour={self.colour!r}: black, white and greys can't be keyed; give a colour")
        if not is_number(self.tolerance) or not 0 <= self.tolerance <= 1:
            problems.append(f"tolerance={self.tolerance!r}: give a number from 0 to 1")
        return problems


def _shares(colour: str) -> npt.NDArray[np.float64]:
    """Return which share of a colour its red, green and blue are."""
    parts = np.array(ImageColor.getrgb(colour), np.float64)
    return np.asarray(parts / max(1, parts.sum()), np.float64)


def _from_grey(shares: npt.NDArray[np.float64]) -> float:
    return float(np.sqrt(((shares - 1 / 3) ** 2).sum()))
