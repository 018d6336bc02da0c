"""Whether there is room for one more job: decided from figures alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_wan.dashscope import room
from airflow_provider_wan.dashscope.errors import UnavailableError
from airflow_provider_wan.dashscope.room import LetIn, Queue, Standing

slots = st.integers(1, 5)
pending = st.integers(0, 500)
seconds = st.floats(1, 3600)
longest = st.floats(0, 4 * 3600)
queues = st.builds(Queue, pending, slots, seconds)


def test_full_night_of_vace_edits_is_let_in_sixteen_at_a_time() -> None:
    """2 run at a time, for 7.5 minutes each: the 16th in the queue waits for an hour."""
    assert room.how_many_fit(0, 2, 450.0, 3600.0) == 16
    assert room.expected_wait(15, 2, 450.0) == 3600.0
    assert room.how_many_fit(16, 2, 450.0, 3600.0) == 0


def test_empty_queue_keeps_nobody_waiting() -> None:
    assert room.expected_wait(0, 2, 450.0) == 0.0


@given(pending, slots, seconds, longest)
def test_nobody_let_in_waits_longer_than_wanted_but_for_slots_to_be_kept_busy(
    pending: int, slots: int, seconds: float, longest: float
) -> None:
    fit = room.how_many_fit(pending, slots, seconds, longest)
    last = pending + fit - 1
    assert fit == 0 or last < slots or room.expected_wait(last, slots, seconds) <= longest * (1 + 1e-6)
    assert pending + fit >= slots


@pytest.mark.parametrize("slots", [1, 2, 5])
def test_as_many_as_run_at_once_may_always_be_queued(slots: int) -> None:
    """However short the wait is to be: a slot would stand empty until someone has noticed."""
    assert room.how_many_fit(0, slots, 450.0, 0.0) == slots
    assert room.how_many_fit(slots - 1, slots, 450.0, 60.0) == 1


@given(pending, slots, seconds, longest)
def test_room_that_is_used_up_is_none(pending: int, slots: int, seconds: float, longest: float) -> None:
    fit = room.how_many_fit(pending, slots, seconds, longest)
    assert room.how_many_fit(pending + fit, slots, seconds, longest) == 0


@given(queues, longest)
def test_longer_waiting_never_counts_against_an_edit(queue: Queue, longest: float) -> None:
    admitted = [
        queue.admits(longest, standing) for standing in (Standing.NEW, Standing.WAITING, Standing.LET_IN)
    ]
    assert admitted == sorted(admitted)


@given(slots, seconds, longest)
def test_new_edit_is_let_in_where_nothing_is_queued(slots: int, seconds: float, longest: float) -> None:
    assert Queue(0, slots, seconds).admits(longest, Standing.NEW)


@given(slots, seconds, st.floats(0, 3600))
def test_everyone_let_in_at_once_is_still_admitted_on_its_worker(
    slots: int, seconds: float, longest: float
) -> None:
    many = room.how_many_fit(0, slots, seconds, longest)
    for before in range(many):
        assert Queue(before, slots, seconds).admits(longest, Standing.LET_IN)


@given(queues, longest)
def test_new_edits_leave_room_to_those_who_wait(queue: Queue, longest: float) -> None:
    """Where the gate keeps the queue as long as it may be, nobody overtakes those who stand at it."""
    most = room.room(queue.slots, queue.seconds, longest)
    full = Queue(most - 1, queue.slots, queue.seconds)
    assert most == 1 or not full.admits(longest, Standing.NEW)
    assert full.admits(longest, Standing.WAITING)


@given(queues, longest, st.integers(0, 1000))
def test_queue_is_looked_at_again_soon_and_not_too_often(queue: Queue, longest: float, ahead: int) -> None:
    assert room.LOOK_MIN <= room.look_again(queue, longest) <= room.LOOK_MAX
    assert queue.until_room(longest, ahead) >= queue.until_room(longest)


@given(queues, longest)
def test_room_is_expected_just_where_there_is_none(queue: Queue, longest: float) -> None:
    fits = room.how_many_fit(queue.pending, queue.slots, queue.seconds, longest) > 0
    assert fits == (queue.until_room(longest) == 0)


@given(queues, longest)
def test_run_times_are_asked_for_where_they_decide(queue: Queue, longest: float) -> None:
    faster, slower = (Queue(queue.pending, queue.slots, queue.seconds * by) for by in (0.5, 2))
    if faster.admits(longest, Standing.NEW) != slower.admits(longest, Standing.NEW):
        assert queue.doubtful(longest) or room.room(queue.slots, 2 * queue.seconds, longest) == 1


@given(st.integers(1, 30), st.floats(0.5, 1), st.none() | st.floats(0, 10_000))
def test_pause_after_refusals_grows_and_obeys_the_service(
    refusals: int, jitter: float, asked: float | None
) -> None:
    pause = room.pause_after(refusals, 60.0, asked, jitter)
    assert min(asked or 0.0, room.RETRY_AFTER_MAX) <= pause <= max(room.LONGEST_PAUSE, room.RETRY_AFTER_MAX)
    assert room.pause_after(refusals + 1, 60.0, asked, jitter) >= pause
    assert pause >= 30.0


def test_edit_that_was_let_in_counts_until_its_job_shows() -> None:
    let_in = LetIn()
    let_in.add(3, created=100, now=0.0)
    let_in.saw(101, now=20.0)
    assert len(let_in) == 2
    let_in.saw(103, now=30.0)
    assert len(let_in) == 0


def test_edit_that_was_let_in_and_never_submits_is_forgotten() -> None:
    let_in = LetIn()
    let_in.add(1, created=None, now=0.0)
    let_in.saw(100, now=room.UNDERWAY - 1)
    assert len(let_in) == 1
    let_in.saw(100, now=room.UNDERWAY)
    assert len(let_in) == 0


@given(pending, slots, seconds, st.floats(0, 1e6))
def test_queue_that_cannot_be_seen_is_reckoned_to_get_shorter(
    pending: int, slots: int, seconds: float, passed: float
) -> None:
    assert 0 <= room.drained(pending, slots, seconds, passed) <= pending
    assert room.drained(pending, slots, seconds, pending * seconds / slots * 1.001 + 1) == 0


@pytest.mark.parametrize("answer", [{}, {"total": None}, {"total": "7"}, {"total": True}, {"total": -1}])
def test_list_that_does_not_tell_how_long_it_is_is_no_empty_queue(answer: dict[str, object]) -> None:
    with pytest.raises(UnavailableError, match="total"):
        room.total(answer)


def test_run_times_are_read_from_whatever_rows_have_them() -> None:
    rows = [
        {"start_time": 1_000, "end_time": 61_000},
        {"start_time": 1_000},
        {"start_time": 5_000, "end_time": 5_000},
        {"start_time": "1000", "end_time": 2_000},
        None,
    ]
    assert room.run_times({"data": rows}) == [60.0]
    assert room.run_times({"tasks": rows}) == [60.0]
    assert room.run_times({}) == []


@pytest.mark.parametrize(
    ("length", "said"),
    [(0, "0 s"), (45, "45 s"), (100, "2 min"), (750, "12 min"), (3600, "1 h"), (9000, "2 h 30 min")],
)
def test_lengths_of_time_are_said_as_people_do(length: float, said: str) -> None:
    assert room.spoken(length) == said
