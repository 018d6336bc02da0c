"""When a job is looked at, and when the wait is over. No clock runs in here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_wan.dashscope import polling
from airflow_provider_wan.dashscope.durations import ANY, Spread
from airflow_provider_wan.dashscope.errors import (
    AuthenticationError,
    BillingError,
    InvalidParameterError,
    PermissionDeniedError,
    ServiceError,
    ThrottledError,
    UnavailableError,
    UnreachableError,
)
from airflow_provider_wan.dashscope.polling import End, Look, Outcome, Watch
from airflow_provider_wan.dashscope.results import TaskSnapshot, TaskStatus
from tests.dashscope.properties import unhurried

START = 1_761_631_066.0
HOUR = 3600.0
PENDING, RUNNING, UNKNOWN = TaskStatus.PENDING, TaskStatus.RUNNING, TaskStatus.UNKNOWN
SUCCEEDED = TaskStatus.SUCCEEDED
Sight = TaskStatus | ServiceError
TROUBLE = UnavailableError("HTTP 502")


@dataclass
class World:
    """A service that shows one thing after the other, the last one for ever, and a clock that only pauses move.

    With `ends_at` it shows a job that runs until then.
    """

    sights: Iterable[Sight]
    look_takes: float = 0.0
    ends_at: float | None = None
    now: float = START
    pauses: list[float] = field(default_factory=list)
    looks: list[float] = field(default_factory=list)
    changes: list[TaskStatus] = field(default_factory=list)
    troubles: list[ServiceError] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._left = list(self.sights)

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.pauses.append(seconds)
        self.now += seconds

    def look(self) -> TaskSnapshot:
        assert len(self.looks) < 100_000, "the wait doesn't end"
        self.looks.append(self.now)
        self.now += self.look_takes
        if self.ends_at is not None:
            return TaskSnapshot("job-1", RUNNING if self.now < self.ends_at else SUCCEEDED)
        sight = self._left.pop(0) if len(self._left) > 1 else self._left[0]
        if isinstance(sight, ServiceError):
            raise sight
        return TaskSnapshot("job-1", sight)

    def changed(self, snapshot: TaskSnapshot) -> None:
        self.changes.append(snapshot.status)

    def wait(
        self,
        patience: float = 4 * HOUR,
        jitter: Callable[[], float] = lambda: 1.0,
        typical: Spread = ANY,
    ) -> Outcome:
        watch = Watch(START + patience, typical=lambda: typical, jitter=jitter)
        return polling.wait(
            self.look,
            watch,
            on_change=self.changed,
            on_trouble=self.troubles.append,
            clock=self.clock,
            sleep=self.sleep,
        )


@pytest.mark.parametrize("status", [SUCCEEDED, TaskStatus.FAILED, TaskStatus.CANCELED])
@pytest.mark.parametrize("before", [[], [PENDING], [PENDING, RUNNING], [TROUBLE, UNKNOWN]])
def test_wait_ends_with_the_job(status: TaskStatus, before: list[Sight]) -> None:
    world = World([*before, status])
    assert world.wait() == Outcome(End.ENDED, TaskSnapshot("job-1", status))
    assert len(world.looks) == len(before) + 1


def test_first_looks_come_early_and_later_ones_as_the_state_asks_for() -> None:
    world = World([*[PENDING] * 5, *[RUNNING] * 3, TaskStatus.SUSPENDED, SUCCEEDED])
    world.wait()
    assert world.pauses == [2, 3, 5, 15, 15, 15, 12, 12, 12, 15]


def test_job_running_for_ten_minutes_is_seen_within_seconds_of_its_end_for_few_looks() -> None:
    world = World([], ends_at=START + 600.0)
    world.wait(typical=Spread(330.0, 450.0, 610.0))
    assert 600 <= world.now - START < 600 + polling.ENDING_EVERY
    assert len(world.looks) < 66


def test_looks_come_closer_around_the_time_such_jobs_end() -> None:
    world = World([], ends_at=START + 400.0)
    world.wait(typical=Spread(100.0, 180.0, 300.0))
    pauses = dict(zip((look - START for look in world.looks), world.pauses[1:], strict=False))
    assert {pause for age, pause in pauses.items() if 10 < age < 80} == {polling.RUNNING_EVERY}
    assert {pause for age, pause in pauses.items() if 102 < age < 298} == {polling.ENDING_EVERY}
    assert {pause for age, pause in pauses.items() if 302 < age < 380} == {polling.RUNNING_EVERY}


def test_start_of_the_work_is_reckoned_from_the_time_in_the_queue_and_not_from_the_service_s_clock() -> None:
    ahead = timedelta(hours=7)
    accepted = datetime.fromtimestamp(START, UTC) + ahead
    watch = Watch(START + HOUR)
    watch.start(START)
    started = accepted + timedelta(seconds=90)
    watch.saw(TaskSnapshot("job-1", RUNNING, submitted_at=accepted, started_at=started), START + 110)
    assert watch.running_since == START + 90


def test_start_of_the_work_is_when_it_was_seen_first_where_the_service_does_not_say() -> None:
    watch = Watch(START + HOUR)
    watch.start(START)
    known = datetime.fromtimestamp(START, UTC)
    told: list[tuple[int, dict[str, Any]]] = [
        (40, {}),
        (60, {"submitted_at": known}),
        (80, {"started_at": known}),
    ]
    for age, times in told:
        watch.saw(TaskSnapshot("job-1", RUNNING, **times), START + age)
        assert watch.running_since == START + 40


def test_clocks_of_the_service_that_disagree_put_no_start_before_the_submission_or_after_now() -> None:
    accepted = datetime.fromtimestamp(START, UTC)
    for queued, since in ((-30, 0), (0, 0), (500, 60)):
        watch = Watch(START + HOUR, submitted_at=START)
        started = accepted + timedelta(seconds=queued)
        watch.saw(TaskSnapshot("job-1", RUNNING, submitted_at=accepted, started_at=started), START + 60)
        assert watch.running_since == START + since


def test_pause_of_a_queued_job_is_a_tenth_of_its_age_within_bounds() -> None:
    watch = Watch(START + HOUR, submitted_at=START, typical=lambda: Spread(330.0, 450.0, 570.0))
    pauses = {}
    for age in (2, 5, 10, 100, 150, 200, 400, 599, 601, 1500):
        look = watch.saw(TaskSnapshot("job-1", PENDING), START + age)
        assert isinstance(look, Look)
        pauses[age] = look.after
    assert [pauses[age] for age in (10, 100, 150, 200, 400)] == [15.0, 15.0, 15.0, 20.0, 40.0]
    assert [pauses[age] for age in (599, 601, 1500)] == pytest.approx([59.9, 60.0, 60.0])


def test_job_queued_for_long_is_looked_at_less_often_but_often_enough() -> None:
    world = World([*[PENDING] * 150, SUCCEEDED])
    world.wait(typical=Spread(330.0, 450.0, 570.0))
    assert world.pauses[4] == polling.PENDING_EVERY
    assert world.pauses[-1] == polling.PENDING_EVERY_MAX
    quick = World([*[PENDING] * 150, SUCCEEDED])
    quick.wait(typical=Spread(84.0, 180.0, 276.0))
    assert quick.pauses[-1] == 21.0  # a job of a minute or two must not start and end in between


def test_look_that_came_along_with_others_does_not_use_up_an_early_one() -> None:
    watch = Watch(START + HOUR)
    watch.start(START)
    for early in (0.1, 0.2, 0.3):
        assert watch.saw(TaskSnapshot("job-1", PENDING), START + early) == Look(2.0)
    assert watch.saw(TaskSnapshot("job-1", PENDING), START + 2.3) == Look(3.0)


def test_only_changes_are_told() -> None:
    world = World([PENDING, PENDING, TROUBLE, PENDING, RUNNING, RUNNING, SUCCEEDED])
    world.wait()
    assert world.changes == [PENDING, RUNNING, SUCCEEDED]


def test_thirty_errors_in_a_row_do_not_end_the_wait() -> None:
    world = World([RUNNING, *[TROUBLE] * 30, SUCCEEDED])
    assert world.wait().end is End.ENDED
    assert max(world.pauses) <= polling.AFTER_ERROR_MAX


@pytest.mark.parametrize(
    ("sights", "told"),
    [
        ([TROUBLE] * (polling.TOLD_AT - 1), 0),
        ([TROUBLE] * polling.TOLD_AT, 1),
        ([TROUBLE] * 50, 1),
        ([*[TROUBLE] * 5, RUNNING, *[TROUBLE] * 5], 2),
    ],
)
def test_trouble_that_lasts_is_told_once(sights: list[Sight], told: int) -> None:
    world = World([*sights, SUCCEEDED])
    world.wait()
    assert world.troubles == [TROUBLE] * told


def test_errors_by_the_thousand_do_not_end_it_either() -> None:
    world = World([*[TROUBLE] * 3000, SUCCEEDED])
    assert world.wait(patience=100 * HOUR).end is End.ENDED


def test_pauses_grow_while_errors_go_on_and_start_anew_after_a_look_that_came_back() -> None:
    world = World([*[TROUBLE] * 8, RUNNING, TROUBLE, SUCCEEDED])
    world.wait()
    assert world.pauses == [2, 1, 2, 4, 8, 16, 32, 60, 60, 3, 1]


@pytest.mark.parametrize(
    "error",
    [
        TROUBLE,
        UnreachableError("no route"),
        ThrottledError("slow down", http_status=429),
        InvalidParameterError("not found", http_status=404),
        BillingError("unpaid", http_status=400),
    ],
    ids=lambda error: type(error).__name__,
)
def test_trouble_with_looking_says_nothing_of_the_job(error: ServiceError) -> None:
    assert World([error, RUNNING, error, SUCCEEDED]).wait().end is End.ENDED


@pytest.mark.parametrize("error", [AuthenticationError("key", http_status=401), PermissionDeniedError("no")])
def test_refused_key_ends_the_wait_at_once(error: ServiceError) -> None:
    world = World([PENDING, error])
    assert world.wait() == Outcome(End.REFUSED, TaskSnapshot("job-1", PENDING), error)
    assert len(world.looks) == 2


def test_unknown_right_after_the_submission_is_tolerated() -> None:
    world = World([UNKNOWN, UNKNOWN, UNKNOWN, PENDING, RUNNING, SUCCEEDED])
    outcome = world.wait()
    assert outcome.snapshot == TaskSnapshot("job-1", SUCCEEDED)


@pytest.mark.parametrize("jitter", [0.9, 1.0, 1.1])
def test_unknown_that_stays_ends_the_wait_within_a_minute_but_not_at_once(jitter: float) -> None:
    world = World([UNKNOWN])
    assert world.wait(jitter=lambda: jitter) == Outcome(End.ENDED, TaskSnapshot("job-1", UNKNOWN))
    assert len(world.looks) >= polling.UNKNOWN_TIMES
    assert polling.UNKNOWN_FOR <= world.looks[-1] - world.looks[0] <= 60


def test_unknown_is_believed_after_four_looks_and_half_a_minute_whichever_is_later() -> None:
    seen = TaskSnapshot("job-1", UNKNOWN)
    often = Watch(START + HOUR)
    assert [often.saw(seen, START + 5 * look) for look in range(6)] == [Look(10.0)] * 6
    assert often.saw(seen, START + polling.UNKNOWN_FOR) == Outcome(End.ENDED, seen)
    seldom = Watch(START + HOUR)
    assert [seldom.saw(seen, START + 100 * look) for look in range(3)] == [Look(10.0)] * 3
    assert seldom.saw(seen, START + 300) == Outcome(End.ENDED, seen)


def test_unknown_is_counted_anew_after_the_job_was_seen() -> None:
    world = World([*[UNKNOWN] * 3, RUNNING, *[UNKNOWN] * 3, RUNNING, SUCCEEDED])
    assert world.wait().snapshot == TaskSnapshot("job-1", SUCCEEDED)


def test_errors_between_do_not_save_an_unknown_job() -> None:
    assert World([UNKNOWN, TROUBLE] * 8).wait().snapshot == TaskSnapshot("job-1", UNKNOWN)


def test_deadline_ends_the_wait_after_a_last_look_at_it() -> None:
    world = World([RUNNING])
    assert world.wait(patience=33.0) == Outcome(End.DEADLINE, TaskSnapshot("job-1", RUNNING))
    assert world.looks[-1] == START + 33.0


def test_job_that_ended_just_in_time_counts() -> None:
    world = World([RUNNING, RUNNING, RUNNING, RUNNING, SUCCEEDED])
    assert world.wait(patience=25.0).end is End.ENDED
    assert world.looks[-1] == START + 25.0


def test_job_past_its_deadline_is_looked_at_once() -> None:
    """A triggerer that was down over the deadline finds out how the job ended."""
    world = World([SUCCEEDED])
    assert world.wait(patience=-HOUR).end is End.ENDED
    assert world.pauses == [0]


def test_deadline_without_any_look_that_came_back() -> None:
    assert World([TROUBLE]).wait(patience=60.0) == Outcome(End.DEADLINE)


@pytest.mark.parametrize("jitter", [0.9, 1.0, 1.1])
def test_retry_after_is_obeyed_whatever_the_jitter(jitter: float) -> None:
    world = World([ThrottledError("slow down", retry_after=47.0), SUCCEEDED])
    world.wait(jitter=lambda: jitter)
    assert world.pauses[1] == 47.0


def test_retry_after_of_a_day_is_not_taken_at_its_word() -> None:
    world = World([ThrottledError("slow down", retry_after=86_400.0), SUCCEEDED])
    world.wait()
    assert world.pauses[1] == polling.RETRY_AFTER_MAX


def test_jitter_multiplies_the_pauses() -> None:
    world = World([RUNNING, RUNNING, RUNNING, SUCCEEDED])
    world.wait(jitter=lambda: 0.9)
    assert world.pauses == pytest.approx([1.8, 2.7, 4.5, 10.8])


SIGHTS = st.one_of(
    st.sampled_from(TaskStatus),
    st.just(TROUBLE),
    st.floats(0, 10_000).map(lambda seconds: ThrottledError("slow down", retry_after=seconds)),
)
JITTER = st.floats(0.9, 1.1)


@unhurried
@given(
    sights=st.lists(SIGHTS, min_size=1, max_size=60),
    patience=st.floats(0, 5 * HOUR),
    look_takes=st.floats(0, 20),
    jitter=JITTER,
)
def test_every_wait_ends_in_time(
    sights: list[Sight], patience: float, look_takes: float, jitter: float
) -> None:
    world = World(sights, look_takes)
    outcome = world.wait(patience, lambda: jitter)
    deadline = START + patience
    assert all(look <= deadline for look in world.looks)
    assert max(world.pauses) <= max(polling.AFTER_ERROR_MAX * 1.1, polling.RETRY_AFTER_MAX)
    # Never in a frenzy: apart from the last look, which is drawn to the deadline, pauses are whole seconds.
    assert all(pause >= 0.9 for pause in world.pauses[:-1])
    match outcome.end:
        case End.ENDED:
            assert outcome.snapshot is not None
            assert not outcome.snapshot.status.active
        case End.DEADLINE:
            assert world.now >= deadline
        case End.REFUSED:
            pytest.fail("nobody refused the key")
