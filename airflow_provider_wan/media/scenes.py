"""Finds where scenes change. Needs the `media` extra.

PySceneDetect does this, and is well kept. But it brings OpenCV with it, a wheel of some 50 MB with an FFmpeg of its own
beside the one that is here already, and counts frames as that one does; our cuts must be frames as `Video` counts them,
upright or not, at a constant rate. What it does for a hard cut is small: it compares each picture with the one before,
and asks whether they differ by much more than their neighbours do. So that is done here. What is not done: a fade from
scene to scene isn't found, since it has no frame at which to cut, nor is a cut between two very fast pans.
"""

from __future__ import annotations

import itertools
import math
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from av.video.reformatter import VideoReformatter

from airflow_provider_wan.media.rates import round_half_up
from airflow_provider_wan.media.reading import Video

Grey: TypeAlias = npt.NDArray[np.int16]
"""A small picture's grey levels."""

_WIDTH, _HEIGHT = 32, 18
_REACH = Fraction(1, 5)
"""Seconds on both sides that a cut is compared with. A scene lasts so long at least; what is shorter is a flash."""
_LEAST_REACH = 3
"""Frames, likewise."""
_ABOVE = 2.5
"""So many times what moves around it a cut must change."""
_SAME = 0.5
"""Pictures that differ by less than this share of a change show the same scene."""


def scene_cuts(source: Path, *, threshold: float = 0.04) -> list[int]:
    """Return the frames at which new scenes begin, but for the first.

    A frame begins a scene if its picture differs from the one before by more than the threshold, and by 2.5 times as
    much as pictures within a fifth of a second do, so that movement and fades are no cuts; and if what was seen before
    doesn't come back within that time, as after a flash.

    Args:
        source: The video. It is decoded once; memory doesn't grow with its length.
        threshold: Mean difference of grey levels, as a share of the way from black to white. Dark scenes need little.

    Raises:
        InputUnfitError: It is no video, or is damaged.
        ValueError: The threshold isn't between 0 and 1.
    """
    if not 0 < threshold < 1:
        raise ValueError(f"threshold={threshold}: give a share of the grey levels between 0 and 1, 0.04 say")
    with Video(source) as video:
        reach = max(_LEAST_REACH, round_half_up(video.rate * _REACH))
        return list(cuts_among(_small(video), reach=reach, threshold=threshold * 255))


def cuts_among(pictures: Iterable[Grey], *, reach: int, threshold: float) -> Iterator[int]:
    """Yield the numbers of the pictures that begin a scene.

    Args:
        pictures: In their order.
        reach: How many on both sides a cut is compared with.
        threshold: Grey levels by which pictures of different scenes differ on average.
    """
    # The picture in question has `reach + 1` before it and `reach` after it; None: there is none.
    near: deque[Grey | None] = deque([None] * (2 * reach + 2), maxlen=2 * reach + 2)
    steps: deque[float] = deque([0.0] * (2 * reach + 1), maxlen=2 * reach + 1)
    latest = -math.inf
    for number, picture in enumerate(itertools.chain(pictures, itertools.repeat(None, reach)), -reach):
        steps.append(_apart(near[-1], picture))
        near.append(picture)
        step = steps[reach]
        if step < threshold or number - latest < reach:
            continue
        if step < _ABOVE * max(_movement(steps, 0, reach), _movement(steps, reach + 1, 2 * reach + 1)):
            continue
        pairs = itertools.chain(
            ((near[reach], later) for later in itertools.islice(near, reach + 2, None)),
            ((earlier, near[reach + 1]) for earlier in itertools.islice(near, reach)),
        )
        if any(
            one is not None and other is not None and _apart(one, other) < _SAME * step
            for one, other in pairs
        ):
            continue
        latest = number
        yield number


def _movement(steps: Sequence[float] | deque[float], first: int, end: int) -> float:
    """Return the second largest step: one of them may be another cut, and frames may stand or come twice."""
    return sorted(itertools.islice(steps, first, end))[-2]


def _apart(one: Grey | None, other: Grey | None) -> float:
    return 0.0 if one is None or other is None else float(np.abs(one - other).mean())


def _small(video: Video) -> Iterator[Grey]:
    reformatter = VideoReformatter()
    for picture in video.steady_frames():
        small = reformatter.reformat(picture, _WIDTH, _HEIGHT, "gray", interpolation="AREA")
        yield np.asarray(small.to_ndarray(), np.int16)
