"""When the list beats single looks, and how its rows are read. No clock runs in here."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_wan.dashscope import sweep as sweeping
from airflow_provider_wan.dashscope.errors import UnavailableError
from airflow_provider_wan.dashscope.results import TaskSnapshot, TaskStatus
from airflow_provider_wan.dashscope.sweep import Listing, Page, Sweep, read_page, since
from tests.dashscope.properties import JSON, unhurried
from tests.dashscope.warped import START

SINCE = datetime.fromtimestamp(START, UTC)
# Source: Model Studio, manage-asynchronous-tasks, 2026-02-11.
ROW = {
    "api_key_id": "15xxxx",
    "gmt_create": 1745568428109,
    "start_time": 1745568428138,
    "end_time": 1745568502481,
    "model_name": "wanx2.1-kf2v-plus",
    "region": "cn-beijing",
    "request_id": "r",
    "status": "SUCCEEDED",
    "task_id": "job-1",
}


def answer(*rows: object, **more: Any) -> dict[str, Any]:
    return {"total": len(rows), "total_page": 1, "page_no": 1, "page_size": 100, "data": list(rows), **more}


def test_row_of_the_documentation_is_read() -> None:
    page = read_page(answer(ROW), {"job-1"})
    when = datetime(2025, 4, 25, 8, 7, 8, tzinfo=UTC)
    assert page == Page(
        snapshots=(
            TaskSnapshot(
                "job-1",
                TaskStatus.SUCCEEDED,
                submitted_at=when + timedelta(milliseconds=109),
                started_at=when + timedelta(milliseconds=138),
                finished_at=when + timedelta(seconds=74, milliseconds=481),
            ),
        ),
        rows=1,
        pages=1,
    )


def test_rows_may_be_called_tasks() -> None:
    other = answer(ROW)
    other["tasks"] = other.pop("data")
    assert read_page(other, {"job-1"}) == read_page(answer(ROW), {"job-1"})


def test_rows_of_others_are_counted_and_left_alone() -> None:
    page = read_page(answer(ROW, {**ROW, "task_id": "theirs"}, total=2), {"job-1"})
    assert [snapshot.task_id for snapshot in page.snapshots] == ["job-1"]
    assert page.rows == 2


@pytest.mark.parametrize(
    "row",
    [
        {**ROW, "status": "UNKNOWN"},
        {**ROW, "status": "DREAMING"},
        {**ROW, "status": None},
        {"task_id": "job-1"},
        {"task_id": ["job-1"]},
        {"task_id": {}},
        "job-1",
        None,
        7,
    ],
)
def test_row_that_tells_nothing_is_passed_over(row: object) -> None:
    page = read_page(answer(row), {"job-1"})
    assert (page.snapshots, page.rows) == ((), 1)


def test_times_that_are_none_or_nonsense_do_not_matter() -> None:
    page = read_page(
        answer({"task_id": "job-1", "status": "RUNNING", "gmt_create": "soon", "start_time": -5}), {"job-1"}
    )
    assert page.snapshots == (TaskSnapshot("job-1", TaskStatus.RUNNING),)


@pytest.mark.parametrize(
    ("said", "rows", "pages"),
    [
        ({"total": 1000, "page_size": 100}, 100, 10),
        ({"total": 1001, "page_size": 100}, 100, 11),
        ({"total": 1000, "page_size": 50}, 50, 20),  # granted fewer than asked for
        ({"total": 1000, "page_size": 100}, 20, 50),  # granted fewer, and doesn't say so
        ({"total": 1000, "page_size": None}, 100, 10),
        ({"total": 1000, "page_size": 250}, 250, 4),  # granted more
        ({"total": 5, "page_size": 100}, 1, 5),
        ({"total": 5, "page_size": 100}, 0, 1),
        (
            {"total": 1000, "page_size": 100, "page_no": 10},
            20,
            10,
        ),  # not the first page, so it may be shorter
        ({"total": None, "total_page": 3}, 100, 3),
        ({"total": None, "total_page": None}, 100, None),
        ({"total": 0}, 0, 0),
    ],
)
def test_number_of_pages_follows_from_what_is_granted(
    said: dict[str, Any], rows: int, pages: int | None
) -> None:
    assert read_page(answer(*[{"task_id": "x"}] * rows, **said), set()).pages == pages


@pytest.mark.parametrize("nonsense", [{}, {"data": "none"}, {"data": None, "total": 5}, {"output": {}}])
def test_answer_without_rows_is_trouble_and_not_an_empty_list(nonsense: dict[str, Any]) -> None:
    with pytest.raises(UnavailableError):
        read_page(nonsense, set())


def test_answer_without_rows_is_told_with_its_id() -> None:
    with pytest.raises(UnavailableError, match="a list of jobs without rows") as told:
        read_page({"request_id": "r-7"}, set())
    assert told.value.request_id == "r-7"


def test_no_jobs_at_all_is_an_empty_list() -> None:
    assert read_page({"total": 0}, set()) == Page((), 0, 0)


NAMES = ["data", "tasks", "total", "total_page", "page_size", "page_no", "request_id"]


@unhurried
@given(
    st.dictionaries(st.sampled_from(NAMES), JSON | st.lists(st.dictionaries(st.sampled_from([*ROW]), JSON)))
)
def test_whatever_the_service_says_is_read_or_is_trouble(said: dict[str, Any]) -> None:
    try:
        page = read_page(said, {"", "job-1", "0"})
    except UnavailableError:
        return
    assert page.rows >= len(page.snapshots)
    assert page.pages is None or page.pages >= 0


def test_list_reaches_back_to_the_oldest_job_with_a_margin_for_clocks_but_not_beyond_a_day() -> None:
    assert since(START - 3600, START) == SINCE - timedelta(hours=1) - sweeping.MARGIN
    assert since(START - 48 * 3600, START) == SINCE - sweeping.FARTHEST
    assert since(-1e12, START) == SINCE - sweeping.FARTHEST


# -- whether to ask it -----------------------------------------------------------------------------


def test_list_is_asked_where_it_costs_no_more_than_single_looks() -> None:
    listing = Listing()
    assert listing.worth(10, 1000, START)
    assert not listing.worth(9, 1000, START)
    assert listing.worth(sweeping.FEWEST, 100, START)
    assert not listing.worth(sweeping.FEWEST - 1, 3, START)


def gone_through(pages: int | None, shown: int, asked: int = 1) -> Sweep:
    sweep = Sweep(100, START, SINCE)
    for _ in range(asked):
        sweep.next_page()
        sweep.saw(Page((), 100, pages))
    sweep.shown = shown
    return sweep


def test_where_others_jobs_fill_the_list_single_looks_go_on_until_it_is_given_another_chance() -> None:
    listing = Listing()
    listing.gone_through(gone_through(pages=300, shown=10), START)
    assert not listing.worth(200, 200, START + 1)
    assert listing.worth(300, 300, START + 1)
    assert listing.worth(200, 200, START + sweeping.AGAIN)


def test_list_that_shows_none_of_our_jobs_is_left_alone_for_a_while() -> None:
    """As one would whose filter takes times in another zone than documented."""
    listing = Listing()
    listing.gone_through(gone_through(pages=1, shown=0), START)
    assert not listing.worth(200, 200, START + 1)
    assert listing.worth(200, 200, START + sweeping.AGAIN)


def test_list_that_shows_a_job_for_each_page_is_worth_it() -> None:
    listing = Listing()
    listing.gone_through(gone_through(pages=3, shown=3, asked=3), START)
    assert listing.worth(sweeping.FEWEST, 200, START + 1)


def test_trouble_with_the_list_means_single_looks_for_longer_and_longer() -> None:
    listing, pauses = Listing(), []
    for _ in range(8):
        listing.failed(START)
        pauses.append(next(s for s in range(1000) if listing.worth(200, 200, START + s)))
    assert pauses == [5, 10, 20, 40, 60, 60, 60, 60]
    listing.gone_through(gone_through(pages=2, shown=200), START)
    listing.failed(START)
    assert listing.worth(200, 200, START + 5)


# -- going through it ------------------------------------------------------------------------------


def test_first_page_goes_alone_and_the_others_then_all_at_once() -> None:
    sweep = Sweep(1000, START, SINCE)
    assert sweep.ready(1000)
    assert sweep.next_page() == 1
    assert not sweep.ready(1000)
    sweep.saw(Page((), 100, 10))
    assert [sweep.next_page() for _ in range(20) if sweep.ready(900)] == [*range(2, 11)]
    assert not sweep.over(900)
    for _ in range(9):
        sweep.saw(Page((), 100, 10))
    assert sweep.over(900)


def test_it_ends_where_the_few_jobs_left_are_cheaper_looked_at_singly() -> None:
    sweep = Sweep(12, START, SINCE)
    sweep.next_page()
    sweep.saw(Page((), 100, 10))
    assert sweep.ready(9)
    assert not sweep.ready(8)
    assert sweep.over(8)


def test_new_one_has_seen_nothing_yet() -> None:
    sweep = Sweep(12, START, SINCE)
    assert (sweep.due, sweep.started, sweep.since) == (12, START, SINCE)
    assert (sweep.pages, sweep.asked, sweep.shown, sweep.failed) == (None, 0, 0, False)


def test_list_of_unknown_length_is_asked_for_page_by_page_and_no_oftener_than_jobs_are_due() -> None:
    sweep = Sweep(2, START, SINCE)
    sweep.next_page()
    assert not sweep.ready(2)  # it may have been the last
    sweep.saw(Page((), 100, None))
    assert sweep.ready(1)
    assert not sweep.ready(0)
    sweep.next_page()
    sweep.saw(Page((), 100, None))
    assert not sweep.ready(2)


def test_length_once_told_holds_where_a_page_says_nothing_of_it() -> None:
    sweep = Sweep(1000, START, SINCE)
    for told in (3, None):
        sweep.next_page()
        sweep.saw(Page((), 100, told))
    assert sweep.pages == 3


def test_it_waits_for_all_pages_that_were_asked_for_also_where_each_is_lost() -> None:
    sweep = Sweep(1000, START, SINCE)
    sweep.next_page()
    sweep.saw(Page((), 100, 3))
    for _ in range(2):
        sweep.next_page()
    sweep.lost()
    assert not sweep.over(1000)
    sweep.lost()
    assert sweep.over(1000)


def test_it_ends_with_an_error() -> None:
    sweep = Sweep(1000, START, SINCE)
    sweep.next_page()
    sweep.lost()
    assert sweep.failed
    assert sweep.over(1000)


def test_it_ends_with_an_empty_page_whatever_the_total_says() -> None:
    sweep = Sweep(1000, START, SINCE)
    sweep.next_page()
    sweep.saw(Page((), 0, 10))
    assert sweep.over(1000)


@unhurried
@given(
    due=st.integers(4, 2000),
    answers=st.lists(st.tuples(st.integers(0, 100), st.none() | st.integers(0, 50)), max_size=3000),
    left=st.integers(0, 2000),
)
def test_it_never_costs_more_than_single_looks_would(
    due: int, answers: list[tuple[int, int | None]], left: int
) -> None:
    """Beyond its first page, whatever the service says of its length."""
    sweep = Sweep(due, START, SINCE)
    for rows, pages in answers:
        if not sweep.ready(left):
            break
        sweep.next_page()
        sweep.saw(Page((), rows, pages))
    assert sweep.asked <= max(1, due, left + 50)
