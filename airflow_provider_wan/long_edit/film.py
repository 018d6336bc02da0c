"""Measures a film, plans its pieces, and cuts them. Needs the `media` extra."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from airflow_provider_wan.dashscope.input_errors import InputUnfitError
from airflow_provider_wan.media.conforming import conform
from airflow_provider_wan.media.cutting import count_frames, split
from airflow_provider_wan.media.findings import MEGABYTE
from airflow_provider_wan.media.fitting import even
from airflow_provider_wan.media.masks import mask_image
from airflow_provider_wan.media.rates import round_half_up
from airflow_provider_wan.media.reading import Video
from airflow_provider_wan.media.scenes import scene_cuts
from airflow_provider_wan.media.segments import Segment, segments
from airflow_provider_wan.media.shapes import shape_from
from airflow_provider_wan.media.targets import Target, target
from airflow_provider_wan.media.writing import Encoding

if TYPE_CHECKING:
    from airflow_provider_wan.dashscope.catalog import MediaLimits

MADE_RATE = Fraction(30)
"""Frames a second of what the models make; only a few differ. Pieces that end on a frame of it too join best."""
_SHORTEST = 1.0
"""Seconds that a piece should have where the model asks for no length."""
_720P = 1280 * 720
_FINE = Encoding(crf=12)
"""For what is packed once more afterwards."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """How a film shall be cut.

    Attributes:
        piece_seconds: How long a piece may be; None: as long as the model takes.
        overlap: How many seconds neighbours share.
        at_scenes: Whether to cut where scenes change.
        fit: What is done with a film of a shape that the model doesn't take.
        linked: Whether each piece begins with the frame that the one before it ends with, and no piece has more pixels
            than 720P, so that an edited frame can stand before the next piece.
    """

    piece_seconds: float | None = None
    overlap: float = 0.0
    at_scenes: bool = False
    fit: Literal["pad", "crop", "stretch"] = "pad"
    linked: bool = False


@dataclass(frozen=True, slots=True)
class Cut:
    """How a film is going to be cut.

    Attributes:
        target: What the pieces look like.
        frames: Frames of the film at the pieces' rate.
        has_sound: Whether the film has sound.
        segments: The pieces.
        as_it_is: Whether the film has the pieces' size and rate already.
    """

    target: Target
    frames: int
    has_sound: bool
    segments: tuple[Segment, ...]
    as_it_is: bool

    @property
    def lengths(self) -> list[float]:
        """Seconds of each piece."""
        return [float(segment.frames / self.target.rate) for segment in self.segments]


def planned(
    film: Path, limits: MediaLimits | None, wishes: Wishes, link_limits: MediaLimits | None = None
) -> Cut:
    """Look at a film and decide how it is cut, without making anything.

    Args:
        film: The film.
        limits: What the model asks of a piece; None where it isn't known.
        wishes: How the author wants it.
        link_limits: What it asks of a frame of an edited piece that the next one begins with.

    Raises:
        InputUnfitError: The film can't be used.
        ValueError: The wishes can't be met.
    """
    with Video(film) as video:
        width, height, rate, has_sound = video.width, video.height, video.rate, video.has_sound
    frames = count_frames(film, decode=False)  # cutting decodes every frame anyway
    if limits is not None and link_limits is not None:
        limits = _narrowed(limits, link_limits)
    wanted = _target(width, height, rate, frames, limits, wishes)
    count = max(1, round_half_up(frames * wanted.rate / rate))
    longest = _longest(limits, wishes)
    cuts = [round_half_up(cut * wanted.rate / rate) for cut in scene_cuts(film)] if wishes.at_scenes else []
    plan = segments(
        count,
        wanted.rate,
        longest=longest,
        shortest=min(longest / 2, (limits.min_seconds if limits else None) or _SHORTEST),
        overlap=float(1 / wanted.rate) if wishes.linked else wishes.overlap,
        cuts=cuts,
        other_rate=MADE_RATE,
    )
    same = (wanted.width, wanted.height, wanted.rate) == (width, height, rate)
    return Cut(wanted, count, has_sound, tuple(plan), same)


def whole(film: Path, folder: Path, cut: Cut) -> Path:
    """Return the film in the size and rate of its pieces: made so where it isn't yet.

    Args:
        film: The film.
        folder: Where to make it.
        cut: How it is going to be cut.

    Raises:
        InputUnfitError: The film is damaged.
    """
    return (
        film
        if cut.as_it_is
        else conform(film, folder / "whole.mp4", cut.target, sound=False, encoding=_FINE).path
    )


def pieces(whole: Path, folder: Path, cut: Cut, limits: MediaLimits | None) -> list[Path]:
    """Make the pieces, without sound, each small enough for the model.

    Args:
        whole: The film, in the size and rate of its pieces.
        folder: Where to make a folder for the pieces.
        cut: How to cut.
        limits: What the model asks of a piece.

    Raises:
        InputUnfitError: The film is damaged, or a piece can't be made small enough.
    """
    most = math.inf if limits is None or limits.max_mb is None else limits.max_mb * MEGABYTE
    for crf in (18, 23, 28):
        made = _split(whole, folder / f"pieces-{crf}", cut, Encoding(crf=crf))
        if all(piece.stat().st_size <= most for piece in made):
            return made
    raise InputUnfitError(
        f"{whole.name}: a piece has more than {most / MEGABYTE:g} MB even in poor quality. Make the pieces shorter "
        "with `piece_seconds`."
    )


def mask_pictures(whole: Path, folder: Path, cut: Cut, shape: Mapping[str, Any]) -> list[Path]:
    """Draw a mask for the first frame of each piece.

    Args:
        whole: The film, in the size and rate of its pieces.
        folder: Where to make a folder for the masks.
        cut: How it is cut.
        shape: The mask's shape, which may move with the film's time.
    """
    drawn = shape_from(shape)
    (folder / "masks").mkdir()
    return [
        mask_image(whole, drawn, folder / "masks" / f"{segment.number:04}.png", frame=segment.first)
        for segment in cut.segments
    ]


def mask_videos(mask: Path, folder: Path, cut: Cut) -> list[Path]:
    """Cut a mask video as the film is cut.

    Args:
        mask: A mask video of the film's length.
        folder: Where to make a folder for the masks.
        cut: How the film is cut.

    Raises:
        InputUnfitError: It is damaged, or shorter than the film.
    """
    fitting = conform(
        mask, folder / "mask.mp4", replace(cut.target, fit="stretch"), sound=False, encoding=_FINE
    ).path
    return _split(fitting, folder / "masks", cut, Encoding(crf=12))


def _split(whole: Path, folder: Path, cut: Cut, encoding: Encoding) -> list[Path]:
    folder.mkdir()
    return [piece.path for piece in split(whole, folder, cut.segments, sound=False, encoding=encoding)]


def _narrowed(limits: MediaLimits, frame: MediaLimits) -> MediaLimits:
    """Return limits of a video any frame of which is within the limits of an image."""
    least = [side for side in (limits.min_side, frame.min_side) if side is not None]
    most = [side for side in (limits.max_side, frame.max_side) if side is not None]
    aspects = [aspect for aspect in (limits.max_aspect, frame.max_aspect) if aspect is not None]
    return replace(
        limits,
        min_side=max(least, default=None),
        max_side=min(most, default=None),
        max_aspect=min(aspects, default=None),
    )


def _longest(limits: MediaLimits | None, wishes: Wishes) -> float:
    allowed = [limit for limit in (limits.max_seconds, limits.cut_seconds) if limit] if limits else []
    most = min(allowed, default=None)
    if wishes.piece_seconds is None:
        if most is None:
            raise ValueError(
                "piece_seconds: is needed, because it isn't known how long a clip this model takes"
            )
        return most
    if most is not None and wishes.piece_seconds > most:
        raise ValueError(
            f"piece_seconds={wishes.piece_seconds:g}: the model takes clips of at most {most:g} s"
        )
    return wishes.piece_seconds


def _target(
    width: int, height: int, rate: Fraction, frames: int, limits: MediaLimits | None, wishes: Wishes
) -> Target:
    share = min(1.0, math.sqrt(_720P / (width * height))) if wishes.linked else 1.0
    wide, high = even((int(width * share), int(height * share)))
    if limits is None:
        return Target(wide, high, rate, fit=wishes.fit)
    # How long and how large a piece may be is settled by cutting; a film as short as a piece may still be too short.
    of_a_piece = replace(limits, max_seconds=None, cut_seconds=None, max_mb=None)
    return target((wide, high, rate, float(frames / rate)), of_a_piece, fit=wishes.fit)
