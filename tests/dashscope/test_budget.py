"""How many queries may be sent. No clock runs in here."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_wan.dashscope import budget as budgeting
from airflow_provider_wan.dashscope.budget import BURST, Budget
from airflow_provider_wan.dashscope.poller import IN_FLIGHT
from airflow_provider_wan.dashscope.polling import RETRY_AFTER_MAX
from tests.dashscope.properties import unhurried
from tests.dashscope.warped import START, most_in_a_second


def sent(budget: Budget, start: float, until: float) -> list[float]:
    """Send whenever it may be; return when that was."""
    now, moments = start, []
    while now < until:
        pause = budget.when(now)
        if pause > 0:
            now += pause
            continue
        budget.took(now)
        moments.append(now)
    return [moment for moment in moments if moment < until]


def test_rate_is_kept_and_a_pause_allows_for_a_small_burst() -> None:
    budget = Budget(8)
    assert len(sent(budget, START, START + 100)) == pytest.approx(800, abs=BURST + 1)
    assert [budget.when(START + 200)] * BURST == [0.0] * BURST
    assert len(sent(budget, START + 200, START + 200.01)) == BURST


def test_usual_rate_stays_below_the_service_s_twenty_however_unevenly_queries_arrive() -> None:
    """All in flight may arrive within the same second as what is sent in it."""
    assert IN_FLIGHT + most_in_a_second(sent(Budget(8), START, START + 60)) <= 20


def test_429_halves_the_rate() -> None:
    budget = Budget(8)
    budget.throttled(START)
    assert budget.rate == 4
    assert len(sent(budget, START, START + 10)) == pytest.approx(40, abs=2)


def test_several_429_at_once_are_one_event() -> None:
    budget = Budget(8)
    for late in range(8):
        budget.throttled(START + late / 10)
    assert budget.rate == 4
    budget.throttled(START + 5)
    assert budget.rate == 2


def test_no_number_of_429_stops_it() -> None:
    budget = Budget(8)
    for number in range(1000):
        budget.throttled(START + 10.0 * number)
    assert len(sent(budget, START + 10_000, START + 10_100)) >= 20


def test_rate_comes_back_slowly() -> None:
    budget = Budget(8)
    budget.throttled(START)
    now = START
    while now < START + 30:
        now += 0.25
        budget.succeeded(now)
    assert budget.rate == pytest.approx(6, rel=0.1)
    while now < START + 90:
        now += 0.25
        budget.succeeded(now)
    assert budget.rate == 8


def test_pause_without_queries_restores_nothing() -> None:
    budget = Budget(8)
    budget.throttled(START)
    budget.succeeded(START + 3600)
    assert budget.rate < 5


def test_retry_after_is_obeyed_but_not_for_a_day() -> None:
    budget = Budget(8)
    budget.throttled(START, 47.0)
    assert budget.when(START) == 47.0
    assert budget.when(START + 47.0) == 0.0
    budget.throttled(START + 100, 86_400.0)
    assert budget.when(START + 100) == RETRY_AFTER_MAX


def test_shorter_retry_after_does_not_undo_a_longer_one() -> None:
    budget = Budget(8)
    budget.throttled(START, 47.0)
    budget.throttled(START + 1, 2.0)
    assert budget.when(START + 1) == 46.0


def test_slow_rates_work() -> None:
    assert len(sent(Budget(0.1), START, START + 100)) == pytest.approx(10 + BURST, abs=1)


EVENTS = st.lists(
    st.tuples(
        st.floats(0, 30),
        st.sampled_from(["throttled", "succeeded", "nothing"]),
        st.floats(0, 1000) | st.none(),
    ),
    max_size=60,
)


@unhurried
@given(qps=st.floats(0.1, 20), events=EVENTS)
def test_never_more_than_the_full_rate_and_its_burst(
    qps: float, events: list[tuple[float, str, float | None]]
) -> None:
    budget, now, moments = Budget(qps), START, []
    for passed, what, retry_after in events:
        now += passed
        if what == "throttled":
            budget.throttled(now, retry_after)
        elif what == "succeeded":
            budget.succeeded(now)
        while budget.when(now) == 0:
            budget.took(now)
            moments.append(now)
        assert qps * budgeting.SLOWEST <= budget.rate <= qps
        assert 0 < budget.when(now) <= max(RETRY_AFTER_MAX, 1 / (qps * budgeting.SLOWEST)) + 1
    assert most_in_a_second(moments) <= qps + BURST + 1
