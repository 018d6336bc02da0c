"""Shapes of masks that are found in pictures: in their transparency, or in a colour. Needs the `media` extra."""

from __future__ import annotations

import colorsys
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image, ImageColor

from airflow_provider_wan.dashscope.input_errors import InputUnfitError
from airflow_provider_wan.media.measures import Where
from airflow_provider_wan.media.shape import Shape, Size, is_number
from airflow_provider_wan.media.stills import load_picture


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

    Attributes:
        colour: The colour, as `#00ff00`. A colour needs some saturation: black, white and greys can't be keyed.
        tolerance: How far a pixel may be from it, from 0 to 1, as the distance of Cb and Cr, where 1 is the diagonal
            of all their values. Greys are 0.38 from pure green.
    """

    colour: str = "#00ff00"
    tolerance: float = 0.2

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
        _, blue, red = picture.convert("RGB").convert("YCbCr").split()
        key = Image.new("RGB", (1, 1), ImageColor.getrgb(self.colour)).convert("YCbCr")
        _, key_blue, key_red = (int(part) for part in np.asarray(key)[0, 0])
        steps = np.arange(256, dtype=np.float64)
        near = np.hypot(*np.meshgrid(steps - key_blue, steps - key_red, indexing="ij"))
        table = near <= self.tolerance * math.hypot(255, 255)
        where: Where = table[np.asarray(blue), np.asarray(red)]
        return where

    def _problems(self) -> list[str]:
        problems = []
        if not isinstance(self.colour, str) or not re.fullmatch("#[0-9a-fA-F]{6}", self.colour):
            problems.append(f"colour={self.colour!r}: give it as `#00ff00`")
        else:
            parts = [int(self.colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
            _, saturation, value = colorsys.rgb_to_hsv(*parts)
            if saturation * value < 0.15:
                problems.append(
                    f"colour={self.colour!r}: black, white and greys can't be keyed; give a colour"
                )
        if not is_number(self.tolerance) or not 0 <= self.tolerance <= 1:
            problems.append(f"tolerance={self.tolerance!r}: give a number from 0 to 1")
        return problems
