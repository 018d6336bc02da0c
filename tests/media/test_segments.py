"""Where a whole is cut: within the limits, evenly, at scene cuts, each frame once but for the overlaps."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence, Set
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_wan.media.rates import USUAL_RATES, frame_at
from airflow_provider_wan.media.segments import Segment, overlaps, segments

RATES = st.sampled_from(USUAL_RATES)
GRAIN = Fraction(1, 1_000_000)
UNIT = Fraction(1)
"""A frame a second, so that limits in seconds are limits in frames."""

WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no frames": ({"frames": 0}, "frames=0: there is nothing to cut"),
    "no rate": ({"rate": Fraction(0)}, "rate=0: give frames a second"),
    "no other rate": ({"other_rate": Fraction(-30)}, "other_rate=-30: give frames a second"),
    "no longest": ({"longest": 0}, "longest=0, shortest=2, .*: give seconds"),
    "below nought": ({"overlap": -1.0}, "overlap=-1: give seconds"),
    "no number": ({"longest": float("nan")}, "longest=nan: give a number"),
    "endless": ({"longest": float("inf")}, "longest=inf: give a number"),
    "shortest above longest": ({"longest": 1.5}, r"longest=1\.5 s is less than shortest=2 s"),
    "half overlapping": ({"overlap": 2.5}, r"overlap=2\.5 s is half of longest=5 s or more"),
    "half after rounding": (
        {"longest": 0.17, "shortest": 0.0, "overlap": 0.08},
        r"overlap=0\.08 s is 2 frames, half of the longest piece \(4 frames\)",
    ),
    "less than a frame": ({"longest": 0.03, "shortest": 0.0}, "longest=0.03 s is shorter than a frame"),
    "no frame between": ({"longest": 2.03, "shortest": 2.01}, "have no whole frame between them at 25"),
    "no number fits": ({"shortest": 4.0, "frames": 150}, "150 frames can't be cut into pieces of 100 to 125"),
}


def edges(plan: Sequence[Segment]) -> list[tuple[int, int]]:
    return [(piece.first, piece.end) for piece in plan]


def in_frames(frames: int, least: int, most: int, shared: int = 0, **more: Any) -> list[Segment]:
    return segments(frames, UNIT, longest=most, shortest=least, overlap=shared, **more)


def most_scenes(
    frames: int, least: int, most: int, shared: int, cuts: Set[int] = frozenset(), grid: int = 1
) -> int | None:
    """Try every way to cut: pieces begin on the grid, sharing frames with the one before, or at scene cuts.

    Returns:
        At how many of the scene cuts pieces can begin; None: there is no way to cut.
    """
    if frames <= least:
        return 0
    states = {(0, 0): 0}  # where a piece may begin, and how many frames it shares with the one before it
    best: int | None = None
    for first in range(frames):
        for had in {0, shared}:
            scenes = states.get((first, had))
            if scenes is None:
                continue
            if max(least, had + 1) <= frames - first <= most:
                best = max(scenes, best or 0)
            for begin in range(first + max(1, had), frames):
                for has in ({0} if begin in cuts else set()) | ({shared} if begin % grid == 0 else set()):
                    if max(least, had + has) <= begin + has - first <= most and begin + has < frames:
                        found = scenes + (has == 0 and begin in cuts)
                        states[begin, has] = max(found, states.get((begin, has), 0))
    return best


def check(plan: Sequence[Segment], frames: int, least: int, most: int, shared: int, cuts: Set[int]) -> None:
    """Hold a plan against all that was promised of it."""
    assert [piece.number for piece in plan] == list(range(len(plan)))
    assert (plan[0].first, plan[-1].end) == (0, frames)
    for piece, after, share in zip(plan, plan[1:], overlaps(plan), strict=False):
        assert piece.first < after.first
        assert piece.end < after.end
        assert share == piece.end - after.first
        assert share == shared or (share == 0 and after.first in cuts)
    for piece, later in zip(plan, plan[2:], strict=False):
        assert piece.end <= later.first
    for piece in plan:
        assert min(frames, least) <= piece.frames <= most


@st.composite
def limits(draw: st.DrawFn) -> tuple[int, int, int]:
    most = draw(st.integers(2, 20))
    shared = draw(st.integers(0, (most - 1) // 2))
    return draw(st.integers(1, most)), most, shared


@given(
    frames=st.integers(1, 20_000),
    rate=RATES,
    longest=st.floats(1, 12),
    least=st.floats(0, 0.5),
    overlap=st.floats(0, 0.45),
    cuts=st.lists(st.integers(-10, 20_000), max_size=40),
    other=st.none() | RATES,
)
@settings(max_examples=300, deadline=None)
def test_each_frame_is_covered_once_but_for_the_overlaps_within_the_limits(
    frames: int,
    rate: Fraction,
    longest: float,
    least: float,
    overlap: float,
    cuts: list[int],
    other: Fraction | None,
) -> None:
    plan = segments(
        frames,
        rate,
        longest=longest,
        shortest=longest * least,
        overlap=longest * overlap,
        cuts=cuts,
        other_rate=other,
    )
    most, shared = int(Fraction(longest) * rate + GRAIN), frame_at(longest * overlap, rate)
    check(plan, frames, math.ceil(Fraction(longest * least) * rate - GRAIN), most, shared, set(cuts))


@given(limits(), st.integers(1, 60), st.sets(st.integers(1, 59), max_size=6), st.integers(1, 4))
@settings(max_examples=500, deadline=None)
def test_what_can_be_cut_is_cut_at_as_many_scenes_as_can_be_and_only_the_rest_is_refused(
    limit: tuple[int, int, int], frames: int, cuts: set[int], grid: int
) -> None:
    other, cuts = Fraction(1, grid), {cut for cut in cuts if cut < frames}
    scenes = most_scenes(frames, *limit, cuts)
    if scenes is None:
        with pytest.raises(ValueError, match="can't be cut"):
            in_frames(frames, *limit, cuts=cuts, other_rate=other)
        return
    plan = in_frames(frames, *limit, cuts=cuts, other_rate=other)
    check(plan, frames, *limit, cuts)
    begins = [after.first for after, share in zip(plan[1:], overlaps(plan), strict=True) if share == 0]
    assert len(cuts.intersection(begins)) == scenes
    if not cuts and most_scenes(frames, *limit, grid=grid) is not None:
        assert all(piece.first % grid == 0 for piece in plan)


@given(st.integers(2, 40), st.data())
@settings(max_examples=200, deadline=None)
def test_without_scenes_pieces_are_as_few_and_as_even_as_can_be(most: int, data: st.DataObject) -> None:
    shared = data.draw(st.integers(0, (most - 1) // 3))
    frames = data.draw(st.integers(most, 40 * most))
    plan = in_frames(frames, 1, most, shared)
    assert len(plan) == max(1, -(-(frames - shared) // (most - shared)))
    lengths = {piece.frames for piece in plan}
    assert max(lengths) - min(lengths) <= 1


@given(st.lists(st.integers(10, 90), min_size=1, max_size=30), st.integers(0, 8), st.sampled_from([1, 5]))
@settings(max_examples=200, deadline=None)
def test_every_scene_that_is_long_enough_begins_a_piece_and_shares_nothing(
    scenes: list[int], shared: int, grid: int
) -> None:
    cuts = [sum(scenes[:at]) for at in range(1, len(scenes))]
    plan = in_frames(sum(scenes), 10, 25, shared, cuts=cuts, other_rate=Fraction(1, grid))
    begins = {after.first: share for after, share in zip(plan[1:], overlaps(plan), strict=True)}
    assert begins.keys() >= set(cuts)
    assert {frame for frame, share in begins.items() if share == 0 and shared} <= set(cuts)
    assert not any(begins[cut] for cut in cuts)


def test_of_two_scenes_that_are_too_close_to_each_other_the_one_nearer_to_the_middle_begins_a_piece() -> None:
    assert edges(in_frames(100, 30, 100, cuts=[40, 50])) == [(0, 50), (50, 100)]
    assert edges(in_frames(100, 30, 100, cuts=[50, 60])) == [(0, 50), (50, 100)]


def test_of_two_such_scenes_one_that_makes_fewer_pieces_or_keeps_them_on_the_grid_begins_a_piece() -> None:
    assert edges(in_frames(100, 30, 60, cuts=[35, 45])) == [(0, 45), (45, 100)]
    # Before 25, which makes a piece less, no boundary would fall on a fifth frame.
    plan = in_frames(35, 7, 14, cuts=[25, 28], other_rate=Fraction(1, 5))
    assert edges(plan) == [(0, 10), (10, 20), (20, 28), (28, 35)]


def test_an_overlap_moves_off_a_scene_that_no_piece_can_begin_at() -> None:
    assert edges(in_frames(38, 13, 20, 3)) == [(0, 15), (12, 26), (23, 38)]
    # The scene at 12 comes too early for a piece of 13 frames, and would be faded over.
    assert edges(in_frames(38, 13, 20, 3, cuts=[12])) == [(0, 16), (13, 26), (23, 38)]


def test_pieces_of_25_frames_a_second_begin_at_frames_of_30_too() -> None:
    plan = segments(1503, Fraction(25), longest=5, overlap=0.3, cuts=[777], other_rate=Fraction(30))
    begins = [piece.first for piece in plan]
    assert 777 in begins
    assert all(begin % 5 == 0 for begin in begins if begin != 777)


@pytest.mark.parametrize("rate", [Fraction(30000, 1001), Fraction(24000, 1001)])
def test_rates_that_hardly_ever_meet_change_nothing(rate: Fraction) -> None:
    assert segments(1000, rate, longest=5, other_rate=Fraction(30)) == segments(1000, rate, longest=5)


def test_seconds_that_a_float_can_only_come_near_to_lose_no_frame() -> None:
    rate = Fraction(30000, 1001)
    for frames in range(2, 400):
        longest = float(frames / rate)
        assert edges(segments(frames, rate, longest=longest, shortest=longest)) == [(0, frames)]
        assert len(segments(frames + 1, rate, longest=longest, shortest=0)) == 2


def test_hours_with_thousands_of_scenes_are_planned_in_seconds() -> None:
    began = time.monotonic()
    plan = segments(432_000, Fraction(60), longest=5, overlap=0.2, cuts=range(0, 432_000, 30))
    assert time.monotonic() - began < 20
    assert len(plan) == 3600


@pytest.mark.parametrize("name", WRONG)
def test_nonsense_is_named(name: str) -> None:
    arguments, message = WRONG[name]
    plain: dict[str, Any] = {"frames": 1000, "rate": Fraction(25), "longest": 5}
    with pytest.raises(ValueError, match=message):
        segments(**{**plain, **arguments})
