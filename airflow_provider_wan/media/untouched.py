"""Which part of an edited picture should be as it was. Needs the `media` extra."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image

from airflow_provider_wan.dashscope.input_errors import InputUnfitError
from airflow_provider_wan.media.measures import Where, grown
from airflow_provider_wan.media.stills import load_picture

Shares: TypeAlias = tuple[float, float, float, float]
"""Left, top, right and bottom of a part of a picture, as shares of its width and height, from 0 to 1."""
_WHITE = 128
"""From this level on a pixel of a mask is edited, as the service rounds greys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Untouched:
    """What should be as in the reference.

    Attributes:
        part: Which part. A path is a mask, as an image or as a video: black has to stay, white is edited. `middle`: the
            reference fills the middle of a larger picture, as after outpainting. `start`: the reference is the video's
            beginning, as after extension; `end`: its end.
        top_scale: For `middle`: as the outpainting was asked. Each scale moves its side outwards by (scale - 1) of the
            picture's height or width; from 1.0 to 2.0.
        bottom_scale: Likewise.
        left_scale: Likewise.
        right_scale: Likewise.
        margin: How far what was edited may reach beyond its edge, as a share of the shorter side. A tracked mask grows
            and moves: give it as a video, or a wide margin.
        ignore: Parts of the video's picture that are not compared, e.g. where a watermark is.
        seconds: How much of the reference to compare; None: all. The service takes 3 s of an extension's clips, and 5 s
            of other videos.
    """

    part: Path | Literal["middle", "start", "end"]
    top_scale: float = 1.0
    bottom_scale: float = 1.0
    left_scale: float = 1.0
    right_scale: float = 1.0
    margin: float = 0.02
    ignore: Sequence[Shares] = ()
    seconds: float | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.part, Path) and self.part not in {"middle", "start", "end"}:
            raise ValueError(f"untouched={self.part!r}: give the path of a mask, `middle`, `start` or `end`")
        for name in ("top_scale", "bottom_scale", "left_scale", "right_scale"):
            if not 1 <= getattr(self, name) <= 2:
                raise ValueError(f"{name}={getattr(self, name)}: a scale is from 1.0 to 2.0")
        if not 0 <= self.margin < 0.5:
            raise ValueError(f"margin={self.margin}: it is a share of the shorter side, below 0.5")
        if self.seconds is not None and self.seconds <= 0:
            raise ValueError(f"seconds={self.seconds}: something has to be compared")
        for part in self.ignore:
            if len(part) != 4 or not (0 <= part[0] < part[2] <= 1 and 0 <= part[1] < part[3] <= 1):
                raise ValueError(
                    f"ignore={part}: a part is left, top, right, bottom as shares of the picture, from 0 to 1"
                )

    @property
    def mask(self) -> Path | None:
        """The mask's file, if there is one."""
        return self.part if isinstance(self.part, Path) else None

    def shares(self) -> Shares:
        """Return where the reference is in the picture."""
        if self.part != "middle":
            return 0.0, 0.0, 1.0, 1.0
        width, height = self.left_scale + self.right_scale - 1, self.top_scale + self.bottom_scale - 1
        left, top = (self.left_scale - 1) / width, (self.top_scale - 1) / height
        return left, top, left + 1 / width, top + 1 / height

    def box(self, size: tuple[int, int]) -> tuple[int, int, int, int]:
        """Return where the reference is in a picture of this size: left, top, right, bottom, in even pixels."""
        sides = [max(2, side // 2 * 2) for side in size]
        left, top, right, bottom = (
            min(2 * round(share * side / 2), side)
            for share, side in zip(self.shares(), (*sides, *sides), strict=True)
        )
        return left, top, right, bottom

    def looked_at(self, size: tuple[int, int]) -> Where | None:
        """Return which pixels to compare, apart from a mask.

        Args:
            size: Width and height in which the reference's part of the picture is compared.

        Returns:
            True where a pixel is compared; None: all of them.
        """
        width, height = size
        left, top, right, bottom = self.shares()
        where = np.ones((height, width), np.bool_)
        if self.part == "middle":
            margin = self.reach(size)
            where[: margin if top > 0 else 0] = where[height - (margin if bottom < 1 else 0) :] = False
            where[:, : margin if left > 0 else 0] = where[:, width - (margin if right < 1 else 0) :] = False
        for part in self.ignore:
            columns = _within((part[0] - left) / (right - left), (part[2] - left) / (right - left), width)
            rows = _within((part[1] - top) / (bottom - top), (part[3] - top) / (bottom - top), height)
            where[rows, columns] = False
        return None if where.all() else where

    def reach(self, size: tuple[int, int]) -> int:
        """Return the margin in pixels of a picture that is compared in this size."""
        return round(self.margin * min(size))


def edited(path: Path, size: tuple[int, int], margin: int) -> Where:
    """Return which pixels a mask image lets edit, and those around.

    Args:
        path: The image: white is edited.
        size: Width and height to bring it to.
        margin: Pixels of that size.

    Raises:
        InputUnfitError: It is no picture, or all white.
    """
    grey = load_picture(path).convert("RGB").convert("L")
    white = Image.fromarray((np.asarray(grey) >= _WHITE).astype(np.uint8) * 255)
    # A pixel that lies but partly in the mask is edited.
    where = grown(np.asarray(white.resize(size, Image.Resampling.BOX)) > 0, margin)
    if where.all():
        raise InputUnfitError(
            f"{path.name} leaves nothing alone: it is white all over, but for the margin. Black is what has to stay."
        )
    return where


def white(luma: npt.NDArray[np.uint8]) -> Where:
    """Return which pixels a frame of a mask video lets edit, by its luma of limited range."""
    return np.asarray(luma >= 16 + _WHITE * 219 // 255)


def _within(begin: float, end: float, side: int) -> slice:
    """Return which pixels of a side a stretch of it touches; it may reach beyond."""
    return slice(max(0, math.floor(begin * side)), max(0, math.ceil(end * side)))
