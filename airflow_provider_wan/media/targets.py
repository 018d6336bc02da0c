"""What a video has to become so that a model takes it: by the smallest change that does it. Pure arithmetic."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Literal, TypeAlias

from airflow_provider_wan.dashscope.input_errors import InputUnfitError
from airflow_provider_wan.media.findings import MEGABYTE, TOLERANCE
from airflow_provider_wan.media.findings import seconds as told
from airflow_provider_wan.media.rates import usual_rate

if TYPE_CHECKING:
    from airflow_provider_wan.dashscope.catalog import MediaLimits, Model
    from airflow_provider_wan.media.facts import MediaFacts

Size: TypeAlias = tuple[int, int]
"""Width and height in pixels."""
Fitting: TypeAlias = Literal["pad", "crop", "stretch"]
"""What is done where shapes differ: fill up with black, cut off at the edges, or distort."""
Shown: TypeAlias = "MediaFacts | tuple[int, int, Fraction | float | None, Fraction | float | None]"
"""A video's facts, or its width, height, frames a second and seconds; the last two may be unknown."""

FITTINGS: tuple[Fitting, ...] = ("pad", "crop", "stretch")
_HIGHEST_RATE = 60
"""No model that says so takes more frames a second: "must be 15 ~ 60"."""
_UNKNOWN_RATE = Fraction(25)
_EDITED = ("video_url", "video")
"""What the video that is edited is called, in the order in which models came."""
_CAPPED = 5.0
"""Models that are billed by `min(input,5)` count so many seconds of input, and may make no use of more."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a video shall become.

    Attributes:
        width: Pixels, even.
        height: Pixels, even.
        rate: Frames a second.
        seconds: What comes after so many is cut off; None: nothing.
        max_bytes: The largest file; None: any.
        fit: What is done with a video of another shape.
    """

    width: int
    height: int
    rate: Fraction
    seconds: float | None = None
    max_bytes: int | None = None
    fit: Fitting = "pad"

    def __post_init__(self) -> None:
        if self.width % 2 or self.height % 2 or min(self.width, self.height) < 2:
            raise ValueError(
                f"width={self.width}, height={self.height}: H.264 wants even sides of at least 2 pixels"
            )
        if self.rate <= 0:
            raise ValueError(f"rate={self.rate}: give a number of frames a second above 0")
        if self.seconds is not None and not self.seconds > 0:
            raise ValueError(f"seconds={self.seconds}: give a length above 0, or None")
        if self.max_bytes is not None and self.max_bytes <= 0:
            raise ValueError(f"max_bytes={self.max_bytes}: give a size above 0, or None")
        if self.fit not in FITTINGS:
            raise ValueError(f"fit={self.fit!r}: choose one of {', '.join(FITTINGS)}")

    @property
    def frames(self) -> int | None:
        """How many frames it may have at most."""
        return None if self.seconds is None else max(1, int(Fraction(self.seconds) * self.rate))


@dataclass(frozen=True, slots=True)
class Placement:
    """How a picture gets into a frame.

    Attributes:
        corner: Left and upper edge of the part of the picture that is used.
        part: Size of that part.
        size: What the part is scaled to.
        at: Where in the frame it stands; around it there is black.
    """

    corner: Size
    part: Size
    size: Size
    at: Size


def target(
    facts: Shown,
    limits: MediaLimits,
    *,
    fit: Fitting = "pad",
    size: Size | None = None,
    rate: Fraction | float | None = None,
    cut: bool = False,
    name: str = "The video",
) -> Target:
    """Return the smallest change that brings a video within a model's limits.

    Sides are scaled with their proportion kept, by no more than it takes. A shape that is too long is filled up with
    black or cropped. A frame rate that is too low is multiplied, and one above 60 divided, by a whole number where that
    will do, so that movement stays even. What is longer than the model takes is cut off at the end.

    Args:
        facts: The video, upright.
        limits: What the model asks of it.
        fit: What is done with a shape that isn't taken: `pad`, `crop` or `stretch`.
        size: Sides that are wanted in place of the video's own; they too are brought within the limits.
        rate: Frames a second that are wanted in place of the video's own.
        cut: Whether to cut what the service would silently leave out, too.
        name: What the video is called in a message.

    Raises:
        InputUnfitError: The video is shorter than the model takes.
        ValueError: What is wanted makes no sense, or the model doesn't take it.
    """
    width, height, own, length = _shown(facts)
    if fit not in FITTINGS:
        raise ValueError(f"fit={fit!r}: choose one of {', '.join(FITTINGS)}")
    if limits.kind != "video":
        raise ValueError(f"limits: are those of a file of another kind ({limits.kind}), not of a video")
    wide, high = _sides(size or (width, height), limits, fit)
    return Target(
        wide,
        high,
        _rate(own, limits, rate),
        _seconds(length, limits, cut=cut, name=name),
        None if limits.max_mb is None else int(limits.max_mb * MEGABYTE),
        fit,
    )


def video_roles(model: Model) -> list[str]:
    """Return the roles in which a model takes a video, as the catalogue names them, e.g. `reference_urls:video`."""
    return [role for role, limits in model.media.items() if limits.kind == "video"]


def video_role(model: Model, role: str | None = None) -> tuple[str, MediaLimits]:
    """Return the body's name of a role in which a model takes a video, and what it asks of it.

    Args:
        model: The model.
        role: The role, with or without `:video`; None: the video that is edited, or the only one.

    Raises:
        ValueError: The model takes no video there, or several and none of them is the one to edit.
    """
    roles = video_roles(model)
    if not roles:
        raise ValueError(f"model={model.name}: takes no video")
    if role is None:
        found = next((name for name in _EDITED if name in roles), roles[0] if len(roles) == 1 else None)
        if found is None:
            raise ValueError(f"role: {model.name} takes videos as {' or '.join(roles)}; say which it will be")
    else:
        found = next((name for name in (f"{role}:video", role) if name in roles), None)
        if found is None:
            raise ValueError(f"role={role}: {model.name} takes a video only as {' or '.join(roles)}")
    limits = model.media[found]
    if model.billing == "min(input,5)+output":
        limits = replace(limits, cut_seconds=min(_CAPPED, limits.cut_seconds or _CAPPED))
    return found.partition(":")[0], limits


def placed(size: Size, target: Target) -> Placement:
    """Return how a picture of some size gets into the frame of a target."""
    # An odd row or column is cut off first: scaling it away would blur all the others.
    width, height = (side - side % 2 or 1 for side in size)
    frame = target.width, target.height
    whole = (0, 0)
    if (width, height) == frame or target.fit == "stretch":
        return Placement(whole, (width, height), frame, whole)
    if target.fit == "pad":
        scale = min(frame[0] / width, frame[1] / height)
        wide, high = (_near(side * scale, most) for side, most in zip((width, height), frame, strict=True))
        at = (frame[0] - wide) // 4 * 2, (frame[1] - high) // 4 * 2
        return Placement(whole, (width, height), (wide, high), at)
    scale = max(frame[0] / width, frame[1] / height)
    wide, high = (_near(side / scale, most) for side, most in zip(frame, (width, height), strict=True))
    return Placement(((width - wide) // 4 * 2, (height - high) // 4 * 2), (wide, high), frame, whole)


def _near(side: float, most: int) -> int:
    """Round to even pixels; a side that is off by less than two takes all there is, as bars so thin only disturb."""
    return most if most - side < 2 else max(2, 2 * round(side / 2))


def _shown(facts: Shown) -> tuple[int, int, Fraction, float | None]:
    if isinstance(facts, tuple):
        width, height, fps, length = facts
    else:
        width, height, fps, length = facts.width, facts.height, facts.fps, facts.seconds
    if min(width, height) < 1:
        raise ValueError(f"facts: a video has no {width}x{height} pixels")
    rate = usual_rate(Fraction(fps)) if fps else _UNKNOWN_RATE
    return width, height, rate, None if length is None else float(length)


def _sides(size: Size, limits: MediaLimits, fit: Fitting) -> Size:
    least = 2 * math.ceil((limits.min_side or 2) / 2)
    most = math.inf if limits.max_side is None else limits.max_side // 2 * 2
    aspect = min(limits.max_aspect or math.inf, most / least)
    short, long = (float(side) for side in sorted(size))
    if short < 1:
        raise ValueError(f"size={size}: give sides of at least 2 pixels")
    if long > short * aspect:
        short, long = (short, short * aspect) if fit == "crop" else (long / aspect, long)
    scale = max(1.0, least / short) if short < least else min(1.0, most / long)
    low, high = _even(short * scale, least, most), _even(long * scale, least, most)
    while high > low * aspect:
        # Rounding has made it too long by a pixel or two.
        if fit != "crop" and low + 2 <= most:
            low += 2
        else:
            high -= 2
    return (high, low) if size[0] >= size[1] else (low, high)


def _even(side: float, least: int, most: float) -> int:
    """Return the even number of pixels below, but for what rounding has taken off."""
    return int(min(max(2 * int(side / 2 + 1e-6), least), most))


def _rate(own: Fraction, limits: MediaLimits, wanted: Fraction | float | None) -> Fraction:
    least = Fraction(limits.min_fps or 0)
    if wanted is not None:
        rate = usual_rate(Fraction(wanted))
        if rate <= 0 or rate < least:
            raise ValueError(
                f"rate={float(wanted):g}: "
                + (
                    f"the model takes no less than {float(least):g} frames a second"
                    if wanted > 0
                    else "give more than 0"
                )
            )
        return rate
    if own < least:
        times = math.ceil(least / own)
        return usual_rate(own * times) if own * times <= _HIGHEST_RATE else least
    return min(usual_rate(own / max(1, round(own / _HIGHEST_RATE))), Fraction(_HIGHEST_RATE))


def _seconds(length: float | None, limits: MediaLimits, *, cut: bool, name: str) -> float | None:
    least, most = limits.min_seconds, limits.max_seconds
    if length is not None and least is not None and length < least - TOLERANCE:
        raise InputUnfitError(
            f"{name} lasts {told(length)}, and the model takes none of less than {told(least)}. Give a longer one, or "
            "join it with itself or with others first."
        )
    ends = []
    if most is not None and (length is None or length > most):
        ends.append(most)
    if cut and limits.cut_seconds is not None and (length is None or length > limits.cut_seconds + TOLERANCE):
        ends.append(limits.cut_seconds)
    return min(ends, default=None)
