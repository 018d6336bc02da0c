"""What a mask's shape is. Needs the `media` extra."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TypeAlias

from PIL import Image

from airflow_provider_wan.media.measures import Where, grown

Size: TypeAlias = tuple[int, int]
"""Width and height in pixels."""


@dataclass(frozen=True, kw_only=True)
class Shape(ABC):
    """What an edit may change.

    Attributes:
        invert: Whether everything else is edited instead.
        grow: Pixels by which the area that is edited is enlarged on all sides, after `invert`.
    """

    invert: bool = False
    grow: int = 0

    def __post_init__(self) -> None:
        problems = self._problems()
        if not isinstance(self.invert, bool):
            problems.append(f"invert={self.invert!r}: say True or False")
        if not isinstance(self.grow, int) or isinstance(self.grow, bool) or self.grow < 0:
            problems.append(f"grow={self.grow!r}: give whole pixels, from 0")
        if problems:
            raise ValueError("; ".join(problems))

    @property
    def changes(self) -> bool:
        """Whether it differs from frame to frame."""
        return False

    @property
    def keyed(self) -> bool:
        """Whether it is found in the footage itself."""
        return False

    def area(self, size: Size, seconds: float = 0.0, picture: Image.Image | None = None) -> Where:
        """Return which pixels are edited, in rows: True where they are.

        Args:
            size: Of the picture.
            seconds: When the picture is shown, from the first one on.
            picture: The picture, as RGB; only a shape that is `keyed` looks at it.

        Raises:
            InputUnfitError: A picture that the shape is taken from can't be used.
        """
        where = self._drawn(size, seconds, picture)
        # More than the picture's sides makes no difference, but would take memory.
        return grown(where ^ self.invert, min(self.grow, max(size)))

    @abstractmethod
    def _drawn(self, size: Size, seconds: float, picture: Image.Image | None) -> Where:
        """Draw it before `invert` and `grow`."""

    def _problems(self) -> list[str]:
        """Say what is wrong with its own attributes."""
        return []


def is_number(value: object) -> bool:
    """Return whether it is a number that is neither infinite nor none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < math.inf
