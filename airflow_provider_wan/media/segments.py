"""Decides where a long video is cut into pieces. Pure arithmetic on frame numbers."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple, TypeAlias

from airflow_provider_wan.media.rates import frame_at

_GRAIN = Fraction(1, 1_000_000)
"""Frames by which a limit may be missed: seconds that are given as floats are off by less."""
_FAR = 4
"""So many times the longest piece without a boundary at a scene cut is as much as is looked at where there are cuts."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a video.

    Attributes:
        number: Its place among the pieces, counted from 0.
        first: Its first frame, counted from the video's.
        end: The frame before which it ends.
    """

    number: int
    first: int
    end: int

    @property
    def frames(self) -> int:
        """How many frames it has."""
        return self.end - self.first


def overlaps(plan: Sequence[Segment]) -> list[int]:
    """Return how many frames each piece but the first shares with the one before it; none at a scene cut.

    Args:
        plan: The pieces, in their order.
    """
    return [before.end - after.first for before, after in pairwise(plan)]


def segments(
    frames: int,
    rate: Fraction,
    *,
    longest: float | Fraction,
    shortest: float | Fraction = 2.0,
    overlap: float | Fraction = 0.0,
    cuts: Iterable[int] = (),
    other_rate: Fraction | None = None,
) -> list[Segment]:
    """Cut a whole into pieces: as many of them at scene cuts as may be, and the rest into as few as may be, evenly.

    Each frame is in one piece, those of an overlap in two. A piece that begins at a scene cut shares no frame with
    the one before it: to fade one scene into another would smear the cut. For the same reason overlaps keep clear of
    the scene cuts that no piece can begin at, where the limits let them.

    Args:
        frames: How many the whole has.
        rate: Frames a second.
        longest: How many seconds a piece may have, its overlaps included.
        shortest: How many seconds it must have; a whole that is shorter is one piece.
        overlap: How many seconds neighbours share, to the nearest frame: the later one begins so much earlier.
        cuts: Frames at which scenes begin, in any order. Those outside the whole are passed over. One stays within a
            piece only where another boundary would come too close.
        other_rate: A rate to which each piece will be converted by itself. Within the limits, the pieces that don't
            begin at scene cuts then begin at frames that fall on one of that rate too (every fifth, from 25 a second
            to 30), so that no frame is lost or doubled at the seam. Rates that meet too seldom, 30 and 29.97 say,
            change nothing.

    Raises:
        ValueError: A number makes no sense, or no number of pieces keeps within the limits.
    """
    longest, shortest, overlap = (
        _seconds(name, value)
        for name, value in (("longest", longest), ("shortest", shortest), ("overlap", overlap))
    )
    _check(frames, rate, longest, shortest, overlap, other_rate)
    most = int(longest * rate + _GRAIN)
    least = max(1, -int(-(shortest * rate - _GRAIN) // 1))
    shared = frame_at(overlap, rate)
    if not most:
        raise ValueError(
            f"longest={float(longest):g} s is shorter than a frame, which lasts {float(1 / rate):.4f} s. Give more."
        )
    if least > most:
        raise ValueError(
            f"shortest={float(shortest):g} s and longest={float(longest):g} s have no whole frame between them at "
            f"{float(rate):g} frames a second. Give a shorter `shortest`."
        )
    if shared and 2 * shared >= most:
        raise ValueError(
            f"overlap={float(overlap):g} s is {shared} frames, half of the longest piece ({most} frames) or more. "
            "Give a shorter overlap."
        )
    if frames <= least:
        return [Segment(0, 0, frames)]
    inner = sorted({cut for cut in cuts if 0 < cut < frames})
    grids = [1] if other_rate is None else sorted({(rate / other_rate).numerator, 1}, reverse=True)
    scenes = _scenes(frames, _Rules(least, most, shared), inner, grids)
    if scenes is None:
        raise ValueError(
            f"{frames} frames can't be cut into pieces of {least} to {most} frames that share {shared} (shortest="
            f"{float(shortest):g} s, longest={float(longest):g} s, overlap={float(overlap):g} s). Give a shorter "
            "`shortest`: a frame less than half of `longest` always fits."
        )
    plan: list[Segment] = []
    for scene in scenes:
        firsts = scene.firsts(inner)
        ends = [first + shared for first in firsts[1:]] + [scene.end]
        plan += [Segment(len(plan) + at, *edges) for at, edges in enumerate(zip(firsts, ends, strict=True))]
    return plan


class _Rules(NamedTuple):
    """What a piece may be, in frames."""

    least: int
    most: int
    shared: int


class _Reach(NamedTuple):
    """Where the pieces of a stretch after its first may begin, on its grid."""

    earliest: int
    """Of the second piece, as its first one allows."""
    latest: int
    least: int
    """From there to where the next one begins."""
    most: int
    last_earliest: int
    """Of the last piece, as the end allows."""
    last_latest: int


@dataclass(frozen=True, slots=True)
class _Stretch:
    """What lies between two boundaries where nothing is shared, and how many even pieces it makes."""

    first: int
    end: int
    count: int
    grid: int
    rules: _Rules

    def firsts(self, cuts: Sequence[int]) -> list[int]:
        """Return the frames at which its pieces begin."""
        found = [self.first]
        if self.count == 1:
            return found
        shared, reach = self.rules.shared, _reach(self.first, self.end, self.grid, self.rules)
        low, high = reach.earliest, reach.latest
        for at in range(1, self.count):
            after = self.count - 1 - at
            low = max(low, reach.last_earliest - after * reach.most)
            high = min(high, reach.last_latest - after * reach.least)
            wanted = self.first + Fraction(at * (self.end - self.first - shared), self.count)
            begin = min(
                range(low, high + 1, self.grid),
                key=lambda frame: (_smears(frame, shared, cuts), abs(frame - wanted)),
            )
            found.append(begin)
            low, high = begin + reach.least, begin + reach.most
        return found


_Cost: TypeAlias = tuple[int, int, int, float]
"""Of a way to cut: scene cuts within pieces, seams off the grid, pieces, sum of their lengths' squares."""


def _scenes(frames: int, rules: _Rules, cuts: Sequence[int], grids: Sequence[int]) -> list[_Stretch] | None:
    """Choose the scene cuts to begin at, those that leave the fewest others within pieces; None: nothing fits."""
    edges = [0, *cuts, frames]
    best: list[tuple[_Cost, int, _Stretch | None] | None] = [((0, 0, 0, 0.0), 0, None)]
    for to in range(1, len(edges)):
        found: tuple[_Cost, int, _Stretch | None] | None = None
        for since in range(to - 1, -1, -1):
            passed = to - since - 1
            if found and (
                passed > found[0][0] or edges[to] - edges[since] > max(_FAR * rules.most, 2 * rules.least)
            ):
                break  # going back further passes over more
            before = best[since]
            if before is None or (found and before[0][0] + passed > found[0][0]):
                continue
            stretch = _stretch(edges[since], edges[to], rules, grids)
            if stretch is None:
                continue
            cost = _sum(before[0], passed, stretch, off=stretch.grid != grids[0])
            if found is None or cost < found[0]:
                found = (cost, since, stretch)
        best.append(found)
    chosen: list[_Stretch] = []
    at = len(edges) - 1
    while at:
        entry = best[at]
        if entry is None or entry[2] is None:
            return None
        chosen.append(entry[2])
        at = entry[1]
    return chosen[::-1]


def _sum(before: _Cost, passed: int, stretch: _Stretch, *, off: bool) -> _Cost:
    count = stretch.count
    each = (stretch.end - stretch.first + (count - 1) * stretch.rules.shared) / count
    seams = count - 1 if off else 0
    return (before[0] + passed, before[1] + seams, before[2] + count, before[3] + count * each * each)


def _stretch(first: int, end: int, rules: _Rules, grids: Sequence[int]) -> _Stretch | None:
    """Cut a stretch into as few pieces as fit, on the first grid on which they do; None: on none."""
    if rules.least <= end - first <= rules.most:
        return _Stretch(first, end, 1, grids[0], rules)
    for grid in grids:
        reach = _reach(first, end, grid, rules)
        if reach.earliest > reach.latest or reach.last_earliest > reach.last_latest:
            continue
        count = 2
        if reach.last_earliest > reach.latest:
            if reach.most < max(1, reach.least):
                continue
            count += -((reach.latest - reach.last_earliest) // reach.most)
        # More pieces would only begin later, so none of them fits where these don't.
        if reach.earliest + (count - 2) * reach.least <= reach.last_latest:
            return _Stretch(first, end, count, grid, rules)
    return None


def _reach(first: int, end: int, grid: int, rules: _Rules) -> _Reach:
    least, most, shared = rules
    # A frame is never in three pieces, and each piece has one that the piece before it hasn't.
    return _Reach(
        earliest=_up(first + max(least - shared, 1), grid),
        latest=_down(first + most - shared, grid),
        least=_up(max(least - shared, shared, 1), grid),
        most=_down(most - shared, grid),
        last_earliest=_up(end - most, grid),
        last_latest=_down(end - max(least, shared + 1), grid),
    )


def _up(frame: int, grid: int) -> int:
    return -(-frame // grid) * grid


def _down(frame: int, grid: int) -> int:
    return frame // grid * grid


def _smears(frame: int, shared: int, cuts: Sequence[int]) -> bool:
    """Return whether a scene begins within the frames that are shared from this one on."""
    at = bisect_left(cuts, frame)
    return at < len(cuts) and cuts[at] < frame + shared


def _seconds(name: str, value: float | Fraction) -> Fraction:
    try:
        return Fraction(value)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{name}={value}: give a number of seconds") from error


def _check(
    frames: int,
    rate: Fraction,
    longest: Fraction,
    shortest: Fraction,
    overlap: Fraction,
    other_rate: Fraction | None,
) -> None:
    if frames < 1:
        raise ValueError(f"frames={frames}: there is nothing to cut. Give 1 or more")
    for name, value in (("rate", rate), ("other_rate", other_rate)):
        if value is not None and value <= 0:
            raise ValueError(f"{name}={value}: give frames a second, more than 0")
    if longest <= 0 or shortest < 0 or overlap < 0:
        raise ValueError(
            f"longest={float(longest):g}, shortest={float(shortest):g}, overlap={float(overlap):g}: give seconds, "
            "`longest` more than 0 and the others 0 or more"
        )
    if longest < shortest:
        raise ValueError(
            f"longest={float(longest):g} s is less than shortest={float(shortest):g} s. Give a shorter `shortest`."
        )
    if 2 * overlap >= longest and overlap:
        raise ValueError(
            f"overlap={float(overlap):g} s is half of longest={float(longest):g} s or more. Give a shorter overlap."
        )
