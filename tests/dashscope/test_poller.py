"""The shared poller, in warped time: what it costs, what it sees how soon, and whom whose trouble touches."""

from __future__ import annotations

import asyncio
import contextvars
import math
import random
from collections.abc import Callable
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_wan.dashscope import polling
from airflow_provider_wan.dashscope.client import AsyncDashScopeClient
from airflow_provider_wan.dashscope.errors import (
    AuthenticationError,
    InvalidRequestError,
    PermissionDeniedError,
    ServiceError,
    ThrottledError,
    UnavailableError,
)
from airflow_provider_wan.dashscope.poller import IN_FLIGHT, LATE, Poller
from airflow_provider_wan.dashscope.polling import End, Outcome, Watch
from airflow_provider_wan.dashscope.results import TaskSnapshot, TaskStatus
from tests.dashscope.properties import unhurried
from tests.dashscope.warped import (
    START,
    VACE,
    Service,
    delays,
    most_in_a_second,
    now,
    poller_of,
    wait,
    wait_for_all,
    warped,
)
from tests.patience import HANGS

PENDING, RUNNING, SUCCEEDED = TaskStatus.PENDING, TaskStatus.RUNNING, TaskStatus.SUCCEEDED
OTHER = "wan2.6-t2v"


def scatter(service: Service, number: int, **more: Any) -> None:
    """Jobs that start at once, with run times as they usually scatter: half of them below 180 s."""
    dice = random.Random(1)
    for _ in range(number):
        service.add(dice.lognormvariate(math.log(180), 0.5), **more)


def polled(number: int, **settings: Any) -> tuple[Service, list[float]]:
    """Wait for so many jobs; return what that cost and how long after each end it was seen."""
    service = Service(**settings)

    async def work() -> list[float]:
        scatter(service, number)
        poller = poller_of(service)
        seen = await wait_for_all(poller, service)
        await poller.aclose()
        assert all(one.outcome is not None and one.outcome.end is End.ENDED for one in seen)
        assert all(one.changes == [RUNNING, SUCCEEDED] for one in seen)
        return delays(service, seen)

    return service, warped(work)


def at(share: float, ordered: list[float]) -> float:
    return ordered[math.ceil(share * len(ordered)) - 1]


# -- what it costs ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "settings", "each"),
    [
        (100, {}, 1.0),
        (300, {}, 1.0),
        (1000, {}, 1.0),
        (1000, {"latency": 0.5}, 1.0),
        (1000, {"shuffled": "once"}, 1.0),
        (1000, {"rows_in": "tasks"}, 1.0),
        (1000, {"granted": 50}, 1.5),
    ],
    ids=str,
)
def test_ends_are_seen_within_seconds_for_about_one_query_a_job(
    number: int, settings: dict[str, Any], each: float
) -> None:
    service, late = polled(number, **settings)
    assert (service.gets + service.lists) / number <= each
    assert service.refused == 0
    assert most_in_a_second(service.queries) < 20 - IN_FLIGHT
    assert at(0.5, late) <= 8
    assert at(0.95, late) <= 15


@pytest.mark.parametrize("settings", [{"granted": 10}, {"shuffled": "anew"}, {"latency": 5.0}], ids=str)
def test_awkward_service_costs_more_but_loses_nothing(settings: dict[str, Any]) -> None:
    service, late = polled(1000, **settings)
    assert (service.gets + service.lists) / 1000 <= 4
    assert service.refused == 0
    assert at(0.95, late) <= 30


def test_single_job_is_looked_at_singly() -> None:
    service, late = polled(1)
    assert service.lists == 0
    assert service.gets <= 25
    assert late[0] <= 13


def test_hundreds_of_queued_jobs_are_looked_at_now_and_then() -> None:
    async def work() -> Service:
        service = Service()
        for _ in range(300):
            service.add(180.0, queued=3600.0)
        poller = poller_of(service)
        waiting = asyncio.ensure_future(wait_for_all(poller, service, patience=3500.0))
        await waiting
        await poller.aclose()
        return service

    service = warped(work)
    assert service.gets + service.lists <= 300 * 2  # an hour of waiting


def test_where_others_jobs_fill_the_list_it_goes_back_to_single_looks() -> None:
    async def work() -> tuple[Service, list[float]]:
        service = Service()
        for _ in range(10):
            service.add(120.0)
        ours = list(service.works)
        for _ in range(20_000):
            service.add(120.0)
        poller = poller_of(service)
        seen = await asyncio.gather(*(wait(poller, job) for job in ours))
        await poller.aclose()
        return service, sorted(one.at - START - 120.0 for one in seen)

    service, late = warped(work)
    assert service.lists <= 2
    assert at(0.95, late) <= 15


def test_jobs_that_the_list_does_not_show_are_looked_at_singly() -> None:
    async def work() -> tuple[Service, list[float]]:
        service = Service()
        dice = random.Random(1)
        for number in range(200):
            service.add(dice.uniform(60, 300), listed=number % 10 != 0)
        poller = poller_of(service)
        seen = await wait_for_all(poller, service)
        await poller.aclose()
        return service, delays(service, seen)

    service, late = warped(work)
    assert (service.gets + service.lists) / 200 <= 4
    assert at(0.95, late) <= 15


def test_list_in_another_zone_than_documented_is_as_good_as_none() -> None:
    async def work() -> tuple[Service, list[float]]:
        service = Service()
        for _ in range(100):
            service.add(120.0, listed=False)
        poller = poller_of(service)
        seen = await wait_for_all(poller, service)
        await poller.aclose()
        return service, delays(service, seen)

    service, late = warped(work)
    assert service.lists <= 3
    assert late[-1] <= 30  # a hundred single looks at eight a second


def test_it_learns_how_long_jobs_run() -> None:
    async def work() -> Poller:
        service = Service()
        scatter(service, 200)
        poller = poller_of(service)
        await wait_for_all(poller, service)
        await poller.aclose()
        return poller

    learned = warped(work).durations.typical(VACE, "video_edit")
    assert learned.median == pytest.approx(180, rel=0.2)


def test_list_that_lags_behind_takes_nothing_back() -> None:
    async def work() -> list[TaskStatus]:
        service = Service()
        for _ in range(20):
            service.add(60.0, queued=10.0)
        slow = Service(works=service.works)
        fresh_list = service.list_tasks

        async def lagging(**filters: Any) -> Any:
            answer = dict(await fresh_list(**filters))
            rows = [
                {**row, "status": "PENDING"} if row["status"] == "RUNNING" else row for row in answer["data"]
            ]
            return {**answer, "data": rows}

        slow.list_tasks = lagging  # type: ignore[method-assign]
        poller = poller_of(slow)
        # One is looked at singly, by its model; the list shows it all the same.
        seen = await wait_for_all(poller, service)
        await poller.aclose()
        return [status for one in seen for status in one.changes]

    changes = warped(work)
    assert changes.count(PENDING) <= 20
    assert changes.count(SUCCEEDED) == 20


# -- who shares what -------------------------------------------------------------------------------


def test_two_who_wait_for_one_job_share_its_looks_and_both_learn_its_end() -> None:
    async def work(waiters: int) -> tuple[int, list[Any]]:
        service = Service()
        job = service.add(100.0)
        poller = poller_of(service, jitter=lambda: 1.0)
        seen = await asyncio.gather(*(wait(poller, job) for _ in range(waiters)))
        await poller.aclose()
        return service.gets, seen

    alone, _ = warped(lambda: work(1))
    together, seen = warped(lambda: work(2))
    assert together == alone
    assert [one.changes for one in seen] == [[RUNNING, SUCCEEDED]] * 2


def test_each_who_waits_has_a_deadline_of_its_own() -> None:
    async def work() -> list[Any]:
        service = Service()
        job = service.add(100.0)
        poller = poller_of(service)
        seen = await asyncio.gather(wait(poller, job, patience=30.0), wait(poller, job))
        await poller.aclose()
        return list(seen)

    short, long = warped(work)
    assert (short.outcome.end, short.outcome.snapshot.status) == (End.DEADLINE, RUNNING)
    assert START + 30 <= short.at <= START + 31
    assert long.outcome.end is End.ENDED


def test_one_who_is_cancelled_costs_the_others_nothing() -> None:
    async def work() -> tuple[list[Any], Poller]:
        service = Service()
        first, second = service.add(100.0), service.add(100.0)
        poller = poller_of(service)
        alone = asyncio.ensure_future(wait(poller, first))
        shared = asyncio.ensure_future(wait(poller, second))
        others = [asyncio.ensure_future(wait(poller, second)) for _ in range(2)]
        await asyncio.sleep(2.2)  # in the middle of the first looks
        alone.cancel()
        shared.cancel()
        seen = await asyncio.gather(*others)
        await poller.aclose()
        assert alone.cancelled()
        assert shared.cancelled()
        return seen, poller

    seen, poller = warped(work)
    assert [one.changes for one in seen] == [[RUNNING, SUCCEEDED]] * 2
    assert not poller._jobs
    assert not poller._groups


def test_all_who_are_cancelled_leave_nothing_behind() -> None:
    async def work() -> None:
        service = Service()
        scatter(service, 200)
        poller = poller_of(service)
        for seconds in (0.0, 1.0, 2.05, 20.0):
            waiting = asyncio.ensure_future(wait_for_all(poller, service))
            await asyncio.sleep(seconds)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            await asyncio.sleep(1.0)
            assert (len(poller._jobs), len(poller._groups), len(poller._too_late)) == (0, 0, 0)
        await poller.aclose()

    warped(work)


def test_listener_that_fails_ends_its_own_wait_alone() -> None:
    async def work() -> list[Any]:
        service = Service()
        job = service.add(30.0)
        poller = poller_of(service)

        async def clumsy() -> Outcome:
            def fail(snapshot: TaskSnapshot) -> None:
                raise KeyError(snapshot.status)

            return await poller.wait(
                job,
                model=VACE,
                function="",
                submitted_at=now(),
                deadline=now() + 600,
                on_change=fail,
                on_trouble=lambda _: None,
            )

        seen = await asyncio.gather(clumsy(), wait(poller, job), return_exceptions=True)
        await poller.aclose()
        return list(seen)

    clumsy, other = warped(work)
    assert isinstance(clumsy, KeyError)
    assert other.outcome.end is End.ENDED


def test_news_are_told_in_the_context_of_who_waits() -> None:
    """By it a triggerer knows whose log a line belongs to."""
    whose: contextvars.ContextVar[str] = contextvars.ContextVar("whose", default="nobody's")

    async def work() -> list[tuple[str, str]]:
        service = Service()
        poller = poller_of(service)
        told: list[tuple[str, str]] = []

        async def waiting(name: str) -> None:
            whose.set(name)
            await poller.wait(
                service.add(30.0),
                model=VACE,
                function="",
                submitted_at=now(),
                deadline=now() + 600,
                on_change=lambda snapshot: told.append((name, whose.get())),
                on_trouble=lambda _: None,
            )

        await asyncio.gather(*(waiting(f"trigger {number}") for number in range(6)))
        await poller.aclose()
        return told

    told = warped(work)
    assert len(told) == 12
    assert all(name == context for name, context in told)


# -- trouble ---------------------------------------------------------------------------------------


def troubled(
    trouble: Callable[[Service, str], ServiceError | None], jobs: int = 3, **settings: Any
) -> tuple[Service, list[Any]]:
    """Wait for jobs of a minute each while the service has trouble of an ordered kind."""

    async def work() -> tuple[Service, list[Any]]:
        service = Service()

        async def order(target: str) -> None:
            error = trouble(service, target)
            if error is not None:
                raise error

        service.trouble = order
        for _ in range(jobs):
            service.add(60.0)
        poller = poller_of(service, **settings)
        seen = await wait_for_all(poller, service)
        await poller.aclose()
        return service, seen

    return warped(work)


def test_wrong_key_ends_all_waits_at_once() -> None:
    _, seen = troubled(lambda service, target: AuthenticationError("no", http_status=401), jobs=200)
    assert {one.outcome.end for one in seen} == {End.REFUSED}
    assert all(one.at <= START + 3 for one in seen)
    assert all(isinstance(one.outcome.error, AuthenticationError) for one in seen)


def test_job_of_another_workspace_ends_the_wait_for_it_alone() -> None:
    _, seen = troubled(
        lambda service, target: PermissionDeniedError("no", http_status=403) if target == "job-1" else None
    )
    assert [one.outcome.end for one in seen] == [End.ENDED, End.REFUSED, End.ENDED]


@pytest.mark.parametrize(
    "error", [UnavailableError("HTTP 502"), PermissionDeniedError("not your list", http_status=403)]
)
def test_list_that_is_refused_ends_no_wait(error: ServiceError) -> None:
    service, seen = troubled(lambda service, target: error if target == "list" else None, jobs=50)
    assert {one.outcome.end for one in seen} == {End.ENDED}
    assert service.lists < 10
    assert max(one.at for one in seen) < START + 60 + 30


def test_trouble_of_ten_minutes_ends_no_wait_and_is_told_once() -> None:
    _, seen = troubled(
        lambda service, target: UnavailableError("HTTP 502") if now() < START + 600 else None, jobs=50
    )
    assert {one.outcome.end for one in seen} == {End.ENDED}
    assert {len(one.troubles) for one in seen} == {1}
    assert max(one.at for one in seen) < START + 600 + 90


def test_429_halves_the_rate_and_ends_no_wait() -> None:
    """Another program uses up what the account may ask, for two minutes."""
    service, seen = troubled(
        lambda service, target: ThrottledError("slow", http_status=429) if now() < START + 120 else None,
        jobs=100,
    )
    assert {one.outcome.end for one in seen} == {End.ENDED}
    early = [moment for moment in service.queries if moment < START + 120]
    assert len(early) < 200  # a quarter of what the full rate would have sent
    assert max(one.at for one in seen) < START + 120 + 120


def test_retry_after_holds_every_query_of_the_account() -> None:
    service, _ = troubled(
        lambda service, target: (
            ThrottledError("slow", http_status=429, retry_after=40.0) if len(service.queries) == 1 else None
        ),
        jobs=1,
    )
    first, second, *_ = service.queries
    assert second - first >= 40


def test_job_that_cannot_exist_ends_its_own_wait_with_the_error() -> None:
    def impossible(service: Service, target: str) -> None:
        if target == "job-0":
            raise InvalidRequestError("task_id='..': must be the id of a DashScope job.")

    with pytest.raises(InvalidRequestError):
        troubled(impossible, jobs=1)


def test_one_slow_answer_holds_nobody_else() -> None:
    async def work() -> tuple[list[Any], float]:
        service = Service()

        async def slow(target: str) -> None:
            if target == "slow":
                await asyncio.sleep(20.0)

        service.trouble = slow
        jobs = [service.add(30.0) for _ in range(3)]
        service.works["slow"] = service.works[jobs[0]]
        poller = poller_of(service)
        waiting = asyncio.ensure_future(wait(poller, "slow", model=OTHER))
        seen = await asyncio.gather(*(wait(poller, job) for job in jobs))
        waiting.cancel()
        await poller.aclose()
        return seen, START

    seen, _ = warped(work)
    assert all(one.at < START + 30 + 13 for one in seen)


def test_list_that_hangs_holds_its_jobs_and_other_models_for_seconds_only() -> None:
    async def work() -> tuple[list[Any], list[Any]]:
        service = Service()

        async def hang(target: str) -> None:
            if target == "list":
                await asyncio.sleep(20.0)
                raise UnavailableError("no answer (ReadTimeout)")

        service.trouble = hang
        ours = [service.add(60.0) for _ in range(50)]
        others = [service.add(60.0, model=OTHER) for _ in range(3)]
        poller = poller_of(service)
        seen = await asyncio.gather(
            *(wait(poller, job) for job in ours), *(wait(poller, job, model=OTHER) for job in others)
        )
        await poller.aclose()
        return seen[:50], seen[50:]

    ours, others = warped(work)
    assert max(one.at for one in ours) < START + 60 + 30
    assert max(one.at for one in others) < START + 60 + 20  # behind the single looks at ours


def test_deadline_is_kept_even_where_no_look_gets_its_turn() -> None:
    _, seen = troubled(
        lambda service, target: (
            ThrottledError("slow", http_status=429, retry_after=300.0) if now() < START + 10 else None
        ),
        jobs=1,
    )
    assert seen[0].outcome.end is End.ENDED

    async def work() -> Any:
        service = Service()

        async def hold(target: str) -> None:
            raise ThrottledError("slow", http_status=429, retry_after=300.0)

        service.trouble = hold
        poller = poller_of(service)
        seen = await wait(poller, service.add(1e6), patience=60.0)
        await poller.aclose()
        return seen

    held = warped(work)
    assert held.outcome == Outcome(End.DEADLINE)
    assert held.at <= START + 60 + LATE + 1


def test_clock_that_is_put_back_by_an_hour_puts_off_no_look() -> None:
    async def work() -> tuple[list[float], Any]:
        service = Service()
        job = service.add(60.0)
        poller = poller_of(service, clock=lambda: now() if now() < START + 20 else now() - 3600)
        seen = await wait(poller, job)
        await poller.aclose()
        return delays(service, [seen]), seen

    late, seen = warped(work)
    assert late[0] <= 13
    assert seen.outcome.end is End.ENDED


# -- its client, its end ---------------------------------------------------------------------------


def test_client_that_dies_is_replaced_and_nobody_notices() -> None:
    async def work() -> tuple[list[Any], Service, Service]:
        service = Service()
        jobs = [service.add(60.0) for _ in range(3)]
        heir = Service(works=service.works)

        async def reopen() -> AsyncDashScopeClient:
            return cast(AsyncDashScopeClient, heir)

        poller = poller_of(service, reopen=reopen)
        waiting = asyncio.ensure_future(asyncio.gather(*(wait(poller, job) for job in jobs)))
        await asyncio.sleep(10.0)
        await service.aclose()
        seen = await waiting
        assert poller.client is cast(object, heir)
        await poller.aclose()
        return seen, service, heir

    seen, service, heir = warped(work)
    assert all(one.outcome.end is End.ENDED and not one.troubles for one in seen)
    assert heir.gets > 0
    assert service.closed
    assert heir.closed


def test_client_that_dies_for_good_is_trouble_and_no_crash() -> None:
    async def work() -> Any:
        service = Service()
        job = service.add(60.0)
        await service.aclose()

        async def reopen() -> AsyncDashScopeClient:
            raise OSError("no certificates")

        poller = poller_of(service, reopen=reopen)
        seen = await wait(poller, job, patience=300.0)
        await poller.aclose()
        return seen

    seen = warped(work)
    assert seen.outcome == Outcome(End.DEADLINE)
    assert len(seen.troubles) == 1


def test_closing_ends_everything() -> None:
    async def work() -> None:
        service = Service(latency=5.0)
        scatter(service, 20)
        poller = poller_of(service)
        waiting = asyncio.ensure_future(wait_for_all(poller, service))
        asking = asyncio.ensure_future(poller.ask(lambda: asyncio.sleep(100.0)))
        await asyncio.sleep(3.0)
        await poller.aclose()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        asking.cancel()
        assert service.closed
        assert asyncio.all_tasks() <= {asyncio.current_task(), asking}

    warped(work)


def test_nobody_waits_for_ever_on_a_poller_that_broke_and_the_next_wait_starts_it_anew() -> None:
    async def work() -> tuple[Any, Any]:
        service = Service()
        broken = [True]

        def clock() -> float:
            if broken[0] and now() > START + 5:
                raise OSError("no clock")
            return now()

        job = service.add(60.0)
        poller = poller_of(service, clock=clock)
        (first,) = await asyncio.gather(wait(poller, job), return_exceptions=True)
        broken[0] = False
        second = await wait(poller, job)
        await poller.aclose()
        return first, second

    first, second = warped(work)
    assert isinstance(first, OSError)
    assert second.outcome.end is End.ENDED


# -- other queries ---------------------------------------------------------------------------------


def test_other_queries_keep_within_the_same_budget() -> None:
    async def work() -> Service:
        service = Service()
        scatter(service, 300)
        poller = poller_of(service)
        asks = [poller.ask(lambda: service.get("job-0")) for _ in range(200)]
        await asyncio.gather(wait_for_all(poller, service), *asks)
        await poller.aclose()
        return service

    service = warped(work)
    assert service.refused == 0
    assert most_in_a_second(service.queries) < 20 - IN_FLIGHT


def test_other_query_needs_nobody_who_waits_and_raises_what_it_raises() -> None:
    async def work() -> None:
        service = Service()
        poller = poller_of(service)
        assert (await poller.ask(lambda: service.get("none"))).status is TaskStatus.UNKNOWN

        async def refused() -> None:
            raise ThrottledError("slow", http_status=429)

        with pytest.raises(ThrottledError):
            await poller.ask(refused)
        assert poller._sender.budget.rate == 4
        await poller.aclose()

    warped(work)


@pytest.mark.parametrize("turns", range(4))
def test_other_query_that_is_cancelled_gives_its_place_back(turns: int) -> None:
    async def work() -> None:
        service = Service()
        poller = poller_of(service)
        for _ in range(3 * IN_FLIGHT):
            asking = asyncio.ensure_future(poller.ask(lambda: service.get("none")))
            for _ in range(turns):
                await asyncio.sleep(0)
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
        async with asyncio.timeout(HANGS):
            await poller.ask(lambda: service.get("none"))
        await poller.aclose()

    warped(work)


# -- it decides as the synchronous path does -------------------------------------------------------

TROUBLE = UnavailableError("HTTP 502")
SIGHTS = st.lists(st.sampled_from([PENDING, RUNNING, TaskStatus.UNKNOWN, TROUBLE]), max_size=40)
ENDINGS = st.sampled_from([SUCCEEDED, TaskStatus.FAILED, TaskStatus.CANCELED])


class Scripted:
    """Shows one thing after the other."""

    def __init__(self, sights: list[TaskStatus | ServiceError], clock: Callable[[], float]) -> None:
        self._left = list(sights)
        self._clock = clock
        self.looks: list[float] = []

    def look(self) -> TaskSnapshot:
        self.looks.append(self._clock())
        sight = self._left.pop(0)
        if isinstance(sight, ServiceError):
            raise sight
        return TaskSnapshot("job-1", sight)

    async def get(self, _: str) -> TaskSnapshot:
        return self.look()

    async def aclose(self) -> None:
        pass


@unhurried
@given(SIGHTS, ENDINGS)
def test_poller_and_synchronous_wait_decide_alike(
    before: list[TaskStatus | ServiceError], ending: TaskStatus
) -> None:
    passed = [START]
    changes: list[TaskStatus] = []
    one = Scripted([*before, ending], lambda: passed[0])

    def sleep(seconds: float) -> None:
        passed[0] += seconds

    outcome = polling.wait(
        one.look,
        Watch(START + 4 * 3600),
        on_change=lambda snapshot: changes.append(snapshot.status),
        on_trouble=lambda _: None,
        clock=lambda: passed[0],
        sleep=sleep,
    )

    async def work() -> tuple[Any, Scripted]:
        other = Scripted([*before, ending], now)
        poller = Poller(
            cast(AsyncDashScopeClient, other), qps=100, clock=now, sleep=asyncio.sleep, jitter=lambda: 1.0
        )
        seen = await wait(poller, "job-1", model="wan9-video")
        await poller.aclose()
        return seen, other

    seen, other = warped(work)
    assert (seen.outcome, seen.changes) == (outcome, changes)
    assert other.looks == pytest.approx(one.looks, abs=0.1)
