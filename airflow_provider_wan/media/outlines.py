"""Shapes of masks that are drawn: rectangles and polygons, standing or moving. Needs the `media` extra."""

from __future__ import annotations

import bisect
import math
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np
from PIL import Image

from airflow_provider_wan.media.measures import Where
from airflow_provider_wan.media.shape import Shape, Size, is_number

Point: TypeAlias = tuple[float, float]
"""How far from the left and from the top."""
Unit: TypeAlias = Literal["pixels", "share"]

_FARTHEST = 1_000_000
"""Pixels. A shape may reach out of the picture, but no picture is so large."""
_MOST_POINTS = 10_000


class Outline(Shape):
    """A shape that is bounded by straight lines."""

    unit: Unit

    @property
    @abstractmethod
    def corners(self) -> tuple[Point, ...]:
        """Its corners, in order, in its unit."""

    def _drawn(self, size: Size, seconds: float, picture: Image.Image | None) -> Where:  # noqa: ARG002 -- stands still
        return filled(self.corners, size, self.unit)

    def _wrong_numbers(self, numbers: Mapping[str, float]) -> list[str]:
        """Say which numbers can't be meant."""
        if self.unit not in ("pixels", "share"):
            return [f"unit={self.unit!r}: it is `pixels` or `share`"]
        most = 2 if self.unit == "share" else _FARTHEST
        meant = "a share of the picture" if self.unit == "share" else "a number of pixels"
        problems = [
            f"{name}={_short(number)}: give {meant} from -{most} to {most}"
            for name, number in numbers.items()
            if not is_number(number) or abs(number) > most
        ]
        if not problems and self.unit == "pixels" and all(0 <= number <= 1 for number in numbers.values()):
            problems.append(f"{', '.join(numbers)} are all from 0 to 1, but in pixels: say unit='share'")
        return problems


@dataclass(frozen=True)
class Rectangle(Outline):
    """A rectangle. It may reach out of the picture.

    Attributes:
        left: Its left edge, from the picture's.
        top: Its top edge, from the picture's.
        width: Its width.
        height: Its height.
        unit: `pixels`, or `share`: of the picture's width and height, from 0 to 1.
    """

    left: float
    top: float
    width: float
    height: float
    unit: Unit = field(default="pixels", kw_only=True)

    @property
    def corners(self) -> tuple[Point, ...]:
        """Its corners."""
        right, bottom = self.left + self.width, self.top + self.height
        return (self.left, self.top), (right, self.top), (right, bottom), (self.left, bottom)

    def _problems(self) -> list[str]:
        numbers = {name: getattr(self, name) for name in ("left", "top", "width", "height")}
        flat = [name for name in ("width", "height") if is_number(numbers[name]) and numbers[name] <= 0]
        return self._wrong_numbers(numbers) + [f"{name}={numbers[name]!r}: give more than 0" for name in flat]


@dataclass(frozen=True)
class Polygon(Outline):
    """A polygon; its last point is joined to its first. Where it overlaps itself it is filled.

    Attributes:
        points: How far its corners are from the left and the top of the picture, at least three.
        unit: `pixels`, or `share`: of the picture's width and height, from 0 to 1.
    """

    points: Sequence[Point]
    unit: Unit = field(default="pixels", kw_only=True)

    @property
    def corners(self) -> tuple[Point, ...]:
        """Its corners."""
        return tuple((x, y) for x, y in self.points)

    def _problems(self) -> list[str]:
        if isinstance(self.points, str) or not isinstance(self.points, Sequence) or len(self.points) < 3:
            return [f"points={_short(self.points)}: give at least three points"]
        if len(self.points) > _MOST_POINTS:
            return [f"points: there are {len(self.points)}; give at most {_MOST_POINTS}"]
        if any(isinstance(point, str) or not _is_pair(point) for point in self.points):
            return ["points: a point is two numbers, how far it is from the left and from the top"]
        return self._wrong_numbers(
            {
                f"points[{at}].{axis}": number
                for at, point in enumerate(self.points)
                for axis, number in zip("xy", point, strict=True)
            }
        )


@dataclass(frozen=True)
class Moving(Shape):
    """An outline that moves evenly from place to place, and stands still before the first and after the last.

    Attributes:
        keys: Where it is at which seconds of the video: rectangles, or polygons with as many points each, all in one
            unit. `invert` and `grow` are given for the whole.
    """

    keys: Mapping[float, Rectangle | Polygon]

    @property
    def changes(self) -> bool:
        """Whether there is more than one place."""
        return len(self.keys) > 1

    def _drawn(self, size: Size, seconds: float, picture: Image.Image | None) -> Where:  # noqa: ARG002 -- as drawn
        times = sorted(self.keys)
        after = bisect.bisect_right(times, seconds)
        before, then = times[max(0, after - 1)], times[min(after, len(times) - 1)]
        way = min(1.0, max(0.0, (seconds - before) / (then - before))) if then > before else 0.0
        one, other = self.keys[before], self.keys[then]
        between = tuple(
            (x + (to_x - x) * way, y + (to_y - y) * way)
            for (x, y), (to_x, to_y) in zip(one.corners, other.corners, strict=True)
        )
        return filled(between, size, one.unit)

    def _problems(self) -> list[str]:
        if not isinstance(self.keys, Mapping) or not self.keys:
            return [f"keys={self.keys!r}: give at least one time with its shape"]
        problems = [
            f"keys: {time!r} is no time in seconds, from 0"
            for time in self.keys
            if not is_number(time) or time < 0
        ]
        shapes = list(self.keys.values())
        for time, shape in self.keys.items():
            if not isinstance(shape, Rectangle | Polygon):
                problems.append(f"keys[{time}]: only rectangles and polygons can move")
            elif shape.invert or shape.grow:
                problems.append(f"keys[{time}]: give `invert` and `grow` for the whole movement")
        if problems:
            return problems
        if len({type(shape) for shape in shapes}) > 1:
            problems.append("keys: rectangles and polygons don't turn into one another; give one kind")
        elif len(counts := sorted({len(shape.corners) for shape in shapes})) > 1:
            problems.append(
                f"keys: all polygons need as many points; there are some with {', '.join(map(str, counts))}"
            )
        if len({shape.unit for shape in shapes}) > 1:
            problems.append("keys: some are in pixels and some in shares; give one unit")
        return problems


def filled(corners: Sequence[Point], size: Size, unit: Unit = "pixels") -> Where:
    """Return which pixels' centres lie in a polygon, by the nonzero rule.

    A centre on a left or upper edge lies within, one on a right or lower edge doesn't, so that shapes which touch share
    no pixel.
    """
    width, height = size
    across, down = (width, height) if unit == "share" else (1, 1)
    points = [(x * across, y * down) for x, y in corners]
    turns = np.zeros((height, width + 1), np.int16)
    for (x, y), (to_x, to_y) in zip(points, [*points[1:], points[0]], strict=True):
        top, bottom = (y, to_y) if y < to_y else (to_y, y)
        first, end = (min(height, max(0, math.ceil(edge - 0.5))) for edge in (top, bottom))
        if first >= end:
            continue
        rows = np.arange(first, end)
        crossed = x + (rows + 0.5 - y) * ((to_x - x) / (to_y - y))
        columns = np.clip(np.ceil(crossed - 0.5), 0, width).astype(np.int64)
        turns[rows, columns] += 1 if to_y > y else -1
    np.cumsum(turns, axis=1, out=turns)
    where: Where = turns[:, :width] != 0
    return where


def _is_pair(value: object) -> bool:
    return isinstance(value, Sequence) and len(value) == 2


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:40]}..."
