"""What can be measured of pictures that follow each other. Pure arithmetic on arrays of grey levels, 0 to 255.

Luma and chroma are those of yuv420p with the limited range: black is 16, white 235. A plane is an array of a row for
each line of pixels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Plane: TypeAlias = npt.NDArray[np.uint8]
Where: TypeAlias = npt.NDArray[np.bool_]
Blocks: TypeAlias = npt.NDArray[np.float64]

BLACK, WHITE = 16, 235
BLOCK = 16
"""Side of a block in pixels of the planes that are compared, whose shorter side has at most 360."""
STILL_BLOCK = 8
"""Side of a block where pictures are looked at for movement, in planes whose shorter side has at most 180."""
_LEAST = 0.25
"""A block of which less than this share is looked at says too little."""
EQUAL_DB = 99.0
"""What the PSNR of equal pictures is given as; it would be infinite."""


@dataclass(frozen=True, slots=True)
class Change:
    """How much a picture differs from another one.

    Attributes:
        mean: Mean absolute difference of luma, in levels.
        psnr: Peak signal-to-noise ratio of luma in decibels: the higher, the more alike; 99 for equal pictures.
        blocks: For each block the mean absolute difference of luma or chroma, whichever is larger; 0 where nothing is
            compared.
    """

    mean: float
    psnr: float
    blocks: Blocks

    @property
    def worst(self) -> float:
        """The difference of the block that differs most."""
        return float(self.blocks.max(initial=0.0))


def apart(one: Plane, other: Plane) -> Plane:
    """Return how far two planes lie apart, pixel by pixel."""
    return np.maximum(one, other) - np.minimum(one, other)


def distance(one: Plane, other: Plane, where: Where | None = None) -> int:
    """Return the sum of what two planes differ by, where it counts."""
    differences = apart(one, other)
    return int((differences if where is None else differences * where).sum(dtype=np.uint64))


def change(one: Sequence[Plane], other: Sequence[Plane], where: Where | None = None) -> Change:
    """Compare two pictures.

    Args:
        one: A picture: luma, and where there are any two planes of chroma with half its sides, rounded up.
        other: The other one, of the same size.
        where: Which pixels of luma to compare; None: all.
    """
    luma = apart(one[0], other[0])
    blocks = block_means(luma, where)
    seen = luma if where is None else luma[where]
    chroma_where = None if where is None else halved(where)
    for first, second in zip(one[1:], other[1:], strict=True):
        blocks = np.maximum(blocks, block_means(apart(first, second), chroma_where, side=BLOCK // 2))
    if not seen.size:
        return Change(0.0, EQUAL_DB, blocks)
    squares = float(np.einsum("i,i->", *(2 * [seen.ravel().astype(np.float32)]))) / seen.size
    psnr = EQUAL_DB if squares == 0 else min(EQUAL_DB, 10 * math.log10(255**2 / squares))
    return Change(float(seen.mean()), psnr, blocks)


def block_means(values: Plane, where: Where | None = None, *, side: int = BLOCK) -> Blocks:
    """Return the mean of each block; those at the right and at the bottom may be smaller.

    Args:
        values: What to take the mean of.
        where: Which values count; None: all. A block of which less than a quarter counts is 0.
        side: Of a block, in pixels.
    """
    whole = _sums(np.ones(values.shape, np.uint8), side)
    if where is None:
        return np.asarray(_sums(values, side) / whole, np.float64)
    counted = _sums(where.view(np.uint8), side)
    sums = _sums(values * where, side)
    means = sums / np.maximum(counted, 1)
    return np.asarray(np.where(counted >= _LEAST * whole, means, 0.0), np.float64)


def halved(where: Where) -> Where:
    """Return which samples of chroma count: those of which all four pixels do."""
    rows, columns = where.shape
    even = np.pad(where, ((0, rows % 2), (0, columns % 2)), "edge")
    return np.asarray(even[::2, ::2] & even[1::2, ::2] & even[::2, 1::2] & even[1::2, 1::2])


def grown(where: Where, by: int) -> Where:
    """Return an area enlarged on all sides by some pixels."""
    reach = 2 * by + 1
    for _ in range(2):  # downwards, then across
        where, covered = np.pad(where, ((by, by), (0, 0))), 1
        while covered < reach:
            step = min(covered, reach - covered)
            where, covered = where[:-step] | where[step:], covered + step
        where = where.T
    return where


def black_share(luma: Plane, level: float) -> float:
    """Return the share of pixels that are as good as black.

    Args:
        luma: A picture.
        level: How bright they may be, as a share of the way from black to white.
    """
    return float(np.count_nonzero(luma <= BLACK + level * (WHITE - BLACK))) / luma.size


def movement(one: Plane, other: Plane) -> float:
    """Return how much the block of two pictures that differs most does, in levels of luma."""
    return float(block_means(apart(one, other), side=STILL_BLOCK).max(initial=0.0))


@dataclass(slots=True)
class Longest:
    """The longest of some stretches of time.

    Attributes:
        seconds: How long it is.
        at: When it begins; None where there was none.
    """

    seconds: float = 0.0
    at: float | None = None

    def saw(self, since: float, until: float) -> bool:
        """Note a stretch as far as it goes; say whether it is the longest so far."""
        if until - since <= self.seconds:
            return False
        self.seconds, self.at = until - since, since
        return True


@dataclass(slots=True)
class BlackStretches:
    """Finds the longest stretch of black pictures."""

    longest: Longest
    _since: float | None = None

    def add(self, black: bool, time: float, until: float) -> bool:
        """Take the next picture; say whether it ends the longest stretch so far."""
        if not black:
            self._since = None
            return False
        self._since = time if self._since is None else self._since
        return self.longest.saw(self._since, until)


@dataclass(slots=True)
class StillStretches:
    """Finds the longest stretch in which a picture stands still, though the one beside it moves.

    Pictures are compared with the first of their stretch, not with the one before, so that slow movement adds up.

    Attributes:
        longest: The longest stretch.
        limit: Levels of luma by which a block may differ in pictures that are the same.
    """

    longest: Longest
    limit: float
    _anchor: Plane | None = None
    _beside: Plane | None = None
    _since: float | None = None

    def add(self, luma: Plane, beside: Plane | None, time: float, until: float) -> bool:
        """Take the next picture.

        Args:
            luma: The picture.
            beside: What is shown at that time in a video that may stand still too; None where nothing is.
            time: When it is shown.
            until: When it no longer is.

        Returns:
            Whether it ends the longest stretch so far.
        """
        if self._anchor is None or movement(luma, self._anchor) > self.limit:
            self._anchor, self._beside = luma, beside
            self._since = time if beside is None else None
            return False
        if self._since is None and (
            beside is None or self._beside is None or movement(beside, self._beside) > self.limit
        ):
            self._since = time
        return self._since is not None and self.longest.saw(self._since, until)

    def interrupt(self) -> None:
        """Begin anew with the next picture."""
        self._anchor = None


def _sums(values: npt.NDArray[Any], side: int) -> npt.NDArray[np.uint32]:
    rows, columns = values.shape
    across = np.add.reduceat(values, np.arange(0, columns, side), axis=1, dtype=np.uint32)
    return np.asarray(np.add.reduceat(across, np.arange(0, rows, side), axis=0, dtype=np.uint32))
