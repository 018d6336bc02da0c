"""Waiting for room in one line: who is let in, when, in what order, at what cost in queries.

Against the emulator, on its clock: ten minutes of the service's time are a second here.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_wan.dashscope import room
from airflow_provider_wan.dashscope.account import Account
from airflow_provider_wan.dashscope.budget import BURST
from airflow_provider_wan.dashscope.client import AsyncDashScopeClient
from airflow_provider_wan.dashscope.errors import AuthenticationError, ServiceError
from airflow_provider_wan.dashscope.gate import TOLD_AT, Gate, News
from airflow_provider_wan.dashscope.poller import Poller
from tests.patience import HANGS

if TYPE_CHECKING:
    from airflow_provider_wan.emulator import RunningEmulator

VACE = "wan2.1-vace-plus"
PATH = "/services/aigc/video-generation/video-synthesis"
BODY = {
    "model": VACE,
    "input": {"function": "video_outpainting", "prompt": "Wider", "video_url": "https://example.com/a.mp4"},
    "parameters": {"left_scale": 1.5},
}
SPEED = 600.0
HOUR = 3600.0
FULL = 16
"""So many may be queued for an hour: 2 run at a time, for 450 s each by the catalogue."""


@contextmanager
def emulated(**options: Any) -> Iterator[RunningEmulator]:
    from airflow_provider_wan.emulator import EmulatorSettings, running

    usual: dict[str, Any] = {"render": False, "speed": SPEED, "submit_rps": 1000, "running_slots": 0}
    with running(EmulatorSettings(**usual | options)) as emulator:
        yield emulator


class Triggerer:
    """A process of its own: a client, a poller, a gate, edits that wait at it and submit once they are let in."""

    def __init__(self, emulator: RunningEmulator, key: str | None = None) -> None:
        self.emulator = emulator
        account = Account.of(api_key=key or emulator.key, host=emulator.base_url)
        self.client = AsyncDashScopeClient(account, read_timeout=5)
        self.poller = Poller(self.client, qps=8, clock=self.now, sleep=self.sleep)
        self.gate = Gate(self.poller, VACE, 2, clock=self.now, sleep=self.sleep, jitter=lambda: 1.0)
        self.entered: list[float] = []
        """The `since` of those let in, in the order they were."""
        self.tasks: list[asyncio.Task[bool]] = []

    def now(self) -> float:
        return self.emulator.clock.now()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self.emulator.clock.speed)

    def wait(self, since: float, **options: Any) -> asyncio.Task[bool]:
        task = asyncio.create_task(self._wait(since, **options))
        self.tasks.append(task)
        return task

    async def _wait(
        self, since: float, *, start: float | None = None, longest: float = HOUR, **options: Any
    ) -> bool:
        """Wait at the gate; `start` seconds after being let in, submit."""
        entered = await self.gate.enter(function="video_outpainting", since=since, longest=longest, **options)
        if entered:
            self.entered.append(since)
            if start is not None:
                await self.sleep(start)
                await self.submit()
        return entered

    async def submit(self, many: int = 1) -> None:
        for _ in range(many):
            await self.client.submit(PATH, BODY)

    @property
    def lists(self) -> int:
        return self.emulator.requests.count("list")

    async def until(self, happened: Callable[[], bool]) -> None:
        async with asyncio.timeout(HANGS):
            while not happened():  # noqa: ASYNC110 -- most of it happens in the emulator's thread
                await asyncio.sleep(0.005)

    async def looks(self, many: int = 2) -> None:
        """Let the gate look so many more times."""
        before = self.lists
        # A look may take two queries, where some that were let in haven't submitted.
        await self.until(lambda: self.lists >= before + 2 * many)


@asynccontextmanager
async def triggerer(emulator: RunningEmulator, key: str | None = None) -> AsyncIterator[Triggerer]:
    one = Triggerer(emulator, key)
    try:
        yield one
    finally:
        for task in one.tasks:
            task.cancel()
        await asyncio.gather(*one.tasks, return_exceptions=True)
        await one.poller.aclose()


@pytest.fixture
def service() -> Iterator[RunningEmulator]:
    """Jobs stay in the queue until they are forced out of it."""
    with emulated() as emulator:
        yield emulator


@pytest.fixture
def slower() -> Iterator[RunningEmulator]:
    """The same, ten times as slow: what has to happen within `room.UNDERWAY` has two seconds, on a busy machine too."""
    with emulated(speed=SPEED / 10) as emulator:
        yield emulator


def let_one_run(service: RunningEmulator) -> None:
    """The oldest job in the queue runs."""
    queued = [task["task_id"] for task in service.tasks() if task["status"] == "PENDING"]
    service.force(queued[0], "RUNNING")


async def test_as_many_are_let_in_as_there_is_room_for(slower: RunningEmulator) -> None:
    async with triggerer(slower) as here:
        await here.submit(FULL - 6)
        for number in range(20):
            here.wait(float(number), start=0.0)
        await here.until(lambda: len(here.entered) == 6)
        await here.looks()
        assert len(here.entered) == 6


async def test_who_has_waited_longest_is_let_in_first(service: RunningEmulator) -> None:
    async with triggerer(service) as here:
        await here.submit(FULL - 3)
        for since in (5.0, 3.0, 4.0, 1.0, 2.0):
            here.wait(since)
        await here.until(lambda: len(here.entered) == 3)
        assert here.entered == [1.0, 2.0, 3.0]


async def test_latecomer_that_began_to_wait_earlier_goes_first(service: RunningEmulator) -> None:
    async with triggerer(service) as here:
        await here.submit(FULL)
        here.wait(2.0)
        await here.looks(1)
        here.wait(1.0)
        await here.looks(1)
        let_one_run(service)
        await here.until(lambda: bool(here.entered))
        assert here.entered == [1.0]


async def test_a_thousand_who_wait_cost_no_more_queries_than_one(service: RunningEmulator) -> None:
    async with triggerer(service) as here:
        await here.submit(FULL)
        start, before = here.now(), here.lists
        for number in range(1000):
            here.wait(float(number))
        await here.looks(4)
        looks = (here.now() - start) / room.LOOK_MIN + 2
        assert here.lists - before <= looks
        assert service.requests.count("list", 429) == 0


async def test_those_let_in_count_until_their_jobs_show(slower: RunningEmulator) -> None:
    async with triggerer(slower) as here:
        await here.submit(FULL - 3)
        for number in range(8):
            here.wait(float(number))
        await here.until(lambda: len(here.entered) == 3)
        await here.looks(1)
        assert len(here.entered) == 3
        await here.submit(3)  # what they were let in for
        await here.looks()
        assert len(here.entered) == 3
        let_one_run(slower)
        await here.until(lambda: len(here.entered) == 4)


async def test_place_of_one_that_was_let_in_and_died_is_given_to_the_next(service: RunningEmulator) -> None:
    async with triggerer(service) as here:
        await here.submit(FULL - 1)
        here.wait(1.0)
        here.wait(2.0)
        await here.until(lambda: here.entered == [1.0])
        let_in_at = here.now()
        await here.until(lambda: here.entered == [1.0, 2.0])
        assert here.now() - let_in_at >= room.UNDERWAY - room.LOOK_MAX


async def test_one_that_leaves_the_line_costs_the_others_nothing(service: RunningEmulator) -> None:
    async with triggerer(service) as here:
        await here.submit(FULL)
        first, second = here.wait(1.0), here.wait(2.0)
        await here.looks(1)
        first.cancel()
        let_one_run(service)
        assert await second
        assert here.entered == [2.0]


async def test_nobody_in_the_line_nothing_asked(service: RunningEmulator) -> None:
    async with triggerer(service) as here:
        await here.submit(FULL)
        only = here.wait(1.0)
        await here.looks(1)
        only.cancel()
        await asyncio.wait({only})
        before = here.lists
        await here.sleep(3 * room.LOOK_MAX)
        assert here.lists - before <= 1  # one may have been on its way


async def test_coming_and_going_makes_no_more_queries(service: RunningEmulator) -> None:
    async with triggerer(service) as here:
        await here.submit(FULL)
        for number in range(8):
            before, going = here.lists, here.wait(float(number))
            await here.until(lambda: here.lists > before)  # noqa: B023
            going.cancel()
            await asyncio.wait({going})
        here.wait(1.0)
        before = here.lists
        await here.sleep(3 * room.LOOK_MAX)
        assert here.lists - before <= 5


async def test_wait_ends_when_its_time_is_up(service: RunningEmulator) -> None:
    async with triggerer(service) as here:
        await here.submit(FULL)
        until = here.now() + 30
        patient = here.wait(1.0)
        assert await here.wait(2.0, until=until) is False
        assert until <= here.now()
        assert not patient.done()


async def test_wrong_key_ends_the_wait_for_all_with_the_service_s_words(service: RunningEmulator) -> None:
    async with triggerer(service, key="sk-of-nobody") as here:
        waits = [here.wait(1.0), here.wait(2.0)]
        for wait in waits:
            with pytest.raises(AuthenticationError, match="InvalidApiKey"):
                await wait


async def test_news_tell_the_queue_the_place_in_line_and_what_to_expect(service: RunningEmulator) -> None:
    async with triggerer(service) as here:
        await here.submit(FULL + 2)
        told: list[News] = []
        here.wait(1.0)
        here.wait(2.0, on_news=told.append)
        await here.until(lambda: bool(told))
        assert told[0].queue == room.Queue(FULL + 2, 2, 450.0)
        # 3 jobs have to leave the queue for the first in line, and one more for the second.
        assert (told[0].ahead, told[0].expected) == (1, 4 * 450.0 / 2)


async def test_listener_that_fails_fails_alone(service: RunningEmulator) -> None:
    def fails(_: News) -> None:
        raise RuntimeError("listener")

    async with triggerer(service) as here:
        await here.submit(FULL)
        failing, sound = here.wait(1.0, on_news=fails), here.wait(2.0)
        with pytest.raises(RuntimeError, match="listener"):
            await failing
        let_one_run(service)
        assert await sound


async def test_poller_that_is_closed_leaves_nobody_hanging(service: RunningEmulator) -> None:
    async with triggerer(service) as here:
        poller = Poller(here.client, qps=0.001, clock=here.now, sleep=here.sleep)
        for _ in range(BURST):
            await poller.ask(lambda: here.client.list_tasks(page_size=1))
        gate = Gate(poller, VACE, 2, clock=here.now, sleep=here.sleep)
        wait = asyncio.create_task(gate.enter(function="", since=1.0, longest=HOUR))
        for _ in range(5):
            await asyncio.sleep(0)  # its first query stands in line by now
        await poller.aclose()
        async with asyncio.timeout(HANGS):
            with pytest.raises(ServiceError, match="isn't looked at any more"):
                await wait


# -- the list has trouble ----------------------------------------------------------------------------------


async def test_queue_that_cannot_be_seen_any_more_is_reckoned(slower: RunningEmulator) -> None:
    """2 jobs leave the queue in 450 s, whether or not the service tells."""
    async with triggerer(slower) as here:
        await here.submit(FULL)
        for number in range(10):
            here.wait(float(number))
        await here.looks(1)
        seen_at = here.now()
        slower.faults.order("list", "status", status=500, times=None)
        await here.until(lambda: len(here.entered) == 2)
        assert 300 <= here.now() - seen_at <= 450 + 3 * room.LOOK_MAX


async def test_queue_that_was_never_seen_stops_nobody(service: RunningEmulator) -> None:
    service.faults.order("list", "status", status=500, times=None)
    async with triggerer(service) as here:
        for number in range(FULL + 5):
            here.wait(float(number))
        await here.until(lambda: len(here.entered) == FULL)
        assert here.lists >= TOLD_AT


async def test_trouble_that_passes_lets_nobody_in_who_has_no_room(service: RunningEmulator) -> None:
    async with triggerer(service) as here:
        await here.submit(FULL)
        service.faults.order("list", "broken_json", times=TOLD_AT)
        here.wait(1.0)
        await here.looks(TOLD_AT)
        assert here.entered == []
