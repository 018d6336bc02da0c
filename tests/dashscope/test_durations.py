"""What is expected of run times, and how it learns."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_wan.dashscope import durations
from airflow_provider_wan.dashscope.durations import Durations, Spread
from tests.dashscope.properties import unhurried

VACE = "wan2.1-vace-plus"


def test_at_first_the_catalogue_s_times_are_expected() -> None:
    assert Durations().typical(VACE, "video_edit") == Spread(330.0, 450.0, 570.0)
    assert Durations().typical("wan2.6-t2v") == Spread(84.0, 180.0, 276.0)


def test_model_of_the_future_is_expected_to_take_what_most_take() -> None:
    assert Durations().typical("wan9-video") == durations.ANY


def test_what_was_seen_takes_over_within_a_few_dozen_jobs() -> None:
    known = Durations()
    dice = random.Random(0)
    for _ in range(40):
        known.saw(VACE, "video_edit", dice.uniform(20, 40))
    assert 20 <= known.typical(VACE, "video_edit").median <= 40
    assert known.typical(VACE, "video_edit").late < 330  # the expected ones are still among them


def test_first_job_is_reckoned_among_the_expected_ones() -> None:
    """Of VACE 300, 375, 450, 525 and 600 s are expected; what falls between two of six is read between them."""
    known = Durations()
    known.saw(VACE, "video_edit", 400.0)
    assert known.typical(VACE, "video_edit") == Spread(337.5, 425.0, 562.5)


def test_kind_that_was_longest_out_of_use_makes_room_and_no_other() -> None:
    known = Durations()
    kinds = [f"model-{number}" for number in range(durations.KINDS)]
    for kind in kinds:
        known.saw(kind, "", 10.0)
    learned = known.typical(kinds[0])
    assert learned != durations.ANY
    known.saw("one more", "", 10.0)
    assert known.typical(kinds[2]) == learned
    assert known.typical(kinds[0]) == learned  # it was asked for in between
    assert known.typical(kinds[1]) == durations.ANY


@pytest.mark.parametrize(("seconds", "counts"), [(0.5, True), (10_800.0, True), (10_801.0, False)])
def test_run_time_counts_up_to_when_the_service_fails_a_job(seconds: float, counts: bool) -> None:
    known = Durations()
    known.saw(VACE, "", seconds)
    assert (known.typical(VACE) != Spread(330.0, 450.0, 570.0)) is counts


def test_functions_are_told_apart() -> None:
    known = Durations()
    for _ in range(40):
        known.saw(VACE, "video_edit", 30.0)
    assert known.typical(VACE, "image_reference") == Spread(330.0, 450.0, 570.0)


def test_jobs_that_start_together_do_not_make_it_forget_the_short_ones() -> None:
    """They end in the order of their run times, so the newest are all long."""
    known = Durations()
    dice = random.Random(0)
    for seconds in sorted(dice.uniform(100, 300) for _ in range(2 * durations.KEPT)):
        known.saw(VACE, "", seconds)
    assert known.typical(VACE, "").early < 180


def test_one_of_a_kind_in_each_of_a_thousand_models_fills_no_memory() -> None:
    known = Durations()
    for number in range(1000):
        known.saw(f"model-{number}", "", 30.0)
    for _ in range(10 * durations.KEPT):
        known.saw("model-999", "", 30.0)
    kept = [len(seen._seconds) for seen in known._kinds.values()]
    assert len(kept) <= durations.KINDS
    assert max(kept) <= durations.KEPT


@pytest.mark.parametrize("nonsense", [0.0, -120.0, 1e9, float("nan"), float("inf")])
def test_nonsense_teaches_nothing(nonsense: float) -> None:
    known = Durations()
    known.saw(VACE, "", nonsense)
    assert known.typical(VACE, "") == Spread(330.0, 450.0, 570.0)


@unhurried
@given(st.lists(st.floats(-1e6, 1e6), max_size=700))
def test_spread_is_always_in_order_and_within_reason(seen: list[float]) -> None:
    known = Durations()
    for seconds in seen:
        known.saw(VACE, "", seconds)
    spread = known.typical(VACE, "")
    assert 0 < spread.early <= spread.median <= spread.late <= durations.LONGEST
