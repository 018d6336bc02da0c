"""What a finished video has to be like. Pure values."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectations:
    """What a video has to be like. What is None is measured, but not judged.

    The limits of change count only where something is compared with a reference. Their defaults come from edits whose
    outside is kept to the pixel and packed again, which measure at most 1.3 (`max_change`) and 3.1
    (`max_block_change`). A model that paints the whole picture anew changes more of it: measure some of its results
    before you choose.

    Attributes:
        seconds: Length, give or take `tolerance`.
        tolerance: In seconds, for `seconds`.
        min_seconds: Least length.
        max_seconds: Greatest length.
        frames: How many frames, exactly, at the video's own rate.
        size: Width and height in pixels, as shown; also as text, `1280x720`.
        rate: Frames a second, e.g. 25 or `30000/1001`.
        sound: Whether there has to be sound; False: there must be none.
        max_black_seconds: Longest stretch of black pictures.
        black_share: From which share of black pixels a picture is black, 0 to 1.
        black_level: How bright a black pixel may be, as a share of the way from black to white, 0 to 1.
        max_frozen_seconds: Longest stretch in which the picture stands still.
        still_change: Levels (0 to 255) by which a block of the picture may differ where it stands still. Packing makes
            up to 1.8 of them of a still picture, in coarse files more; a figure that walks makes 20.
        max_duplicate_share: Share of frames that repeat the one before, 0 to 1, by `still_change`. A service that
            makes 30 frames a second of 25 repeats a sixth of them.
        max_change: Levels (0 to 255) by which what is to be left alone may differ from the reference, on average over
            it, in any frame.
        max_block_change: Likewise for each block of it, a 22nd of the shorter side or smaller.
        min_psnr: How alike it has to be in every frame, in decibels.
    """

    seconds: float | None = None
    tolerance: float = 0.1
    min_seconds: float | None = None
    max_seconds: float | None = None
    frames: int | None = None
    size: tuple[int, int] | None = None
    rate: Fraction | None = None
    sound: bool | None = None
    max_black_seconds: float | None = 0.5
    black_share: float = 0.98
    black_level: float = 0.1
    max_frozen_seconds: float | None = 0.8
    still_change: float = 2.0
    max_duplicate_share: float | None = None
    max_change: float | None = 4.0
    max_block_change: float | None = 16.0
    min_psnr: float | None = None

    def __post_init__(self) -> None:
        for name in ("black_share", "black_level", "max_duplicate_share"):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= 1:
                raise ValueError(f"{name}={value}: it is a share, from 0 to 1")
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if isinstance(value, (int, float, Fraction)) and not 0 <= value < math.inf:
                raise ValueError(f"{field.name}={value}: it can't be less than 0, nor without end")
        if None not in (self.min_seconds, self.max_seconds) and self.min_seconds > self.max_seconds:  # type: ignore[operator]
            raise ValueError(
                f"min_seconds={self.min_seconds} is more than max_seconds={self.max_seconds}: no video can be both"
            )

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Make them of plain values, such as templates and JSON give.

        Raises:
            ValueError: There is no such expectation, or a value isn't one for it.
        """
        known = {field.name for field in dataclasses.fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise ValueError(
                f"{', '.join(unknown)}: there is no such expectation; there are {', '.join(sorted(known))}"
            )
        return cls(**{name: _plain(name, value) for name, value in values.items()})


def _plain(name: str, value: Any) -> Any:
    """Return a value as the field takes it."""
    if value is None or isinstance(value, bool):
        wanted: Any = value
    elif name == "size":
        sides = value.lower().replace("*", "x").split("x") if isinstance(value, str) else value
        wanted = tuple(_number(name, side, int) for side in sides)
        if len(wanted) != 2:
            raise ValueError(f"size={value!r}: write it as 1280x720")
    elif name == "rate":
        wanted = _number(name, value, Fraction)
    elif name == "frames":
        wanted = _number(name, value, int)
    elif name == "sound":
        raise ValueError(f"sound={value!r}: it is true, false or null")
    else:
        wanted = _number(name, value, float)
    return wanted


def _number(name: str, value: Any, kind: type[Any]) -> Any:
    try:
        return kind(value)
    except (TypeError, ValueError, ZeroDivisionError) as error:
        raise ValueError(f"{name}={value!r}: that is no number") from error
