"""New surroundings for a frame that gets larger."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from airflow_provider_wan.emulator.rendering.frames import (
    Box,
    Frame,
    Plane,
    Size,
    even,
    from_planes,
    planes,
    scaled,
    size_of,
)


@dataclass(frozen=True, slots=True)
class Margins:
    """How many pixels a frame grows on each side; even numbers."""

    top: int
    bottom: int
    left: int
    right: int

    @classmethod
    def from_scales(cls, size: Size, top: float, bottom: float, left: float, right: float) -> Margins:
        """Margins for scales from 1.0 (that side stays) to 2.0 (grows by the picture's height or width)."""

        def extra(side: int, scale: float) -> int:
            return 2 * round(side * (scale - 1.0) / 2)

        return cls(
            extra(size.height, top),
            extra(size.height, bottom),
            extra(size.width, left),
            extra(size.width, right),
        )

    def around(self, size: Size) -> Size:
        """The size of the enlarged frame."""
        return Size(size.width + self.left + self.right, size.height + self.top + self.bottom)

    def strips(self, size: Size) -> list[Box]:
        """The new areas above, below, left and right of a picture of `size`, the largest first."""
        whole = self.around(size)
        boxes = [
            Box(0, 0, whole.width, self.top),
            Box(0, self.top + size.height, whole.width, self.bottom),
            Box(0, 0, self.left, whole.height),
            Box(self.left + size.width, 0, self.right, whole.height),
        ]
        return sorted(boxes, key=lambda box: box.width * box.height, reverse=True)


def outpainted(frame: Frame, margins: Margins) -> Frame:
    """`frame` unchanged in the middle of a larger one, whose border mirrors it out of focus."""
    size = size_of(frame)
    out = scaled(_mirrored(frame, margins), margins.around(size))
    for source, target, part in zip(planes(frame), planes(out), (1, 2, 2), strict=True):
        top, left = margins.top // part, margins.left // part
        target[top : top + source.shape[0], left : left + source.shape[1]] = source
    return out


def _mirrored(frame: Frame, margins: Margins) -> Frame:
    # The border is out of focus anyway: a tenth of width and height holds all of it, at 1/100 of the work.
    size = size_of(frame)
    coarse = scaled(frame, Size(even(size.width / 10), even(size.height / 10)))
    down, across = size_of(coarse).height / size.height, size_of(coarse).width / size.width
    rows = (even(margins.top * down, 0), even(margins.bottom * down, 0))
    columns = (even(margins.left * across, 0), even(margins.right * across, 0))
    luma, blue, red = (
        _softened(
            np.pad(plane, [(side[0] // part, side[1] // part) for side in (rows, columns)], "symmetric"),
            3 - part,
        )
        for plane, part in zip(planes(coarse), (1, 2, 2), strict=True)
    )
    return from_planes(luma, blue, red)


def _softened(plane: Plane, radius: float) -> Plane:
    return np.asarray(Image.fromarray(plane).filter(ImageFilter.GaussianBlur(radius)))
