"""Masks of a local edit: which pixels may change, frame by frame.

A mask is a boolean array (height, width), true where the picture is edited.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Iterator
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from airflow_provider_wan.emulator.rendering.frames import Box, Frame, Size, planes

Mask: TypeAlias = npt.NDArray[np.bool_]
ExpandMode: TypeAlias = Literal["hull", "bbox", "original"]
DRIFT = 0.008
"""How far a tracked mask wanders at most, as a share of the frame's shorter side."""


def from_picture(image: Image.Image) -> Mask:
    """White is edited, black kept; greys go to the nearer of the two."""
    return np.asarray(image.convert("L")) >= 128


def from_frame(frame: Frame) -> Mask:
    """The mask that a frame of a mask video shows."""
    return planes(frame)[0] >= 126


def bounds(mask: Mask) -> Box | None:
    """The smallest box around the edited area; None where nothing is edited."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        return None
    left, top = int(columns[0]), int(rows[0])
    return Box(left, top, int(columns[-1]) - left + 1, int(rows[-1]) - top + 1)


def expanded(mask: Mask, ratio: float, mode: ExpandMode) -> Mask:
    """The mask drawn outwards from its centre by `ratio` (0.05 is 5 %).

    `hull` takes its convex hull, `bbox` the box around it, `original` its own shape. What was in the mask
    stays in.
    """
    box = bounds(mask)
    if box is None:
        return mask
    middle = (box.left + (box.width - 1) / 2, box.top + (box.height - 1) / 2)
    scale = 1.0 + ratio
    if mode == "original":
        offsets = [centre - centre / scale for centre in middle]
        inverse = (1 / scale, 0.0, offsets[0], 0.0, 1 / scale, offsets[1])
        image = Image.fromarray(mask.astype(np.uint8) * 255)
        grown = image.transform(image.size, Image.Transform.AFFINE, inverse, Image.Resampling.NEAREST)
    else:
        corners = _hull(mask) if mode == "hull" else _corners(box)
        outline = [
            tuple(c + (p - c) * scale for p, c in zip(point, middle, strict=True)) for point in corners
        ]
        grown = Image.new("L", (mask.shape[1], mask.shape[0]), 0)
        ImageDraw.Draw(grown).polygon([(point[0], point[1]) for point in outline], fill=255)
    return mask | (np.asarray(grown) > 0)


def drifting(mask: Mask, count: int, anchor: int) -> Iterator[Mask]:
    """`count` masks that wander gently, as one that tracks its subject; frame `anchor` has it in place."""
    reach = DRIFT * min(mask.shape)
    last: tuple[int, int] | None = None
    moved = mask
    for index in range(count):
        angle = (index - anchor) * 2 * math.pi / 90
        offset = (round(reach * math.sin(angle)), round(reach * (1 - math.cos(2 * angle)) / 2))
        if offset != last:
            moved, last = shifted(mask, *offset), offset
        yield moved


def shifted(mask: Mask, right: int, down: int) -> Mask:
    """The mask moved by whole pixels; what enters from outside is kept area."""
    out = np.zeros_like(mask)
    height, width = mask.shape
    source = mask[max(0, -down) : height - max(0, down), max(0, -right) : width - max(0, right)]
    out[max(0, down) : height - max(0, -down), max(0, right) : width - max(0, -right)] = source
    return out


def merged(kept: Frame, edited: Frame, mask: Mask) -> Frame:
    """`edited` inside the mask, `kept` outside, to the pixel.

    A colour sample is shared by four pixels and changes only where all four are edited, so that none
    outside does.
    """
    out = kept.copy()
    inside = mask[::2, ::2] & mask[1::2, ::2] & mask[::2, 1::2] & mask[1::2, 1::2]
    for target, source, where in zip(planes(out), planes(edited), (mask, inside, inside), strict=True):
        np.copyto(target, source, where=where)
    return out


def common(masks: Iterable[Mask]) -> Mask:
    """Where every one of `masks`, at least one, lets edit."""
    return functools.reduce(np.logical_and, masks)


def room(mask: Mask, size: Size) -> tuple[int, int] | None:
    """Left and top of a place of `size` inside the mask, low and in its middle; None where there is none."""
    box = bounds(mask)
    if box is None or box.height < size.height or box.width < size.width:
        return None
    # Sums over every rectangle of the size, by its four corners in the table of sums from the top left.
    total = np.pad(mask.astype(np.int32).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    w, h = size.width, size.height
    covered = total[h:, w:] - total[:-h, w:] - total[h:, :-w] + total[:-h, :-w]
    tops, lefts = (2 * places for places in np.nonzero(covered[::2, ::2] == w * h))
    if not tops.size:
        return None
    cost = np.abs(lefts + w / 2 - (box.left + box.width / 2)) - 0.5 * tops
    best = int(np.argmin(cost))
    return int(lefts[best]), int(tops[best])


def _corners(box: Box) -> list[tuple[float, float]]:
    right, bottom = box.left + box.width - 1, box.top + box.height - 1
    return [(box.left, box.top), (right, box.top), (right, bottom), (box.left, bottom)]


def _hull(mask: Mask) -> list[tuple[float, float]]:
    """Convex hull by Andrew's monotone chain, over the outermost pixels of each row."""
    points: list[tuple[int, int]] = []
    for row in np.flatnonzero(mask.any(axis=1)):
        columns = np.flatnonzero(mask[row])
        points += {(int(columns[0]), int(row)), (int(columns[-1]), int(row))}
    points.sort()
    chain: list[tuple[float, float]] = []
    for ordered in (points, points[::-1]):
        half: list[tuple[int, int]] = []
        for point in ordered:
            while len(half) >= 2 and _turn(half[-2], half[-1], point) <= 0:
                half.pop()
            half.append(point)
        chain += half[:-1]
    return chain or [(float(x), float(y)) for x, y in points]


def _turn(a: tuple[int, int], b: tuple[int, int], c: tuple[int, int]) -> int:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
