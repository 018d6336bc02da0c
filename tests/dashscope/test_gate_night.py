"""A night at the gate, in warped time: two processes on one account, more edits than it can run."""

from __future__ import annotations

import asyncio
import random

import pytest

from airflow_provider_wan.dashscope import room
from airflow_provider_wan.dashscope.gate import Gate
from tests.dashscope.warped import VACE, Service, now, poller_of, warped

SLOTS = 2
EDITS = 30
HOUR = 3600.0


def idle(service: Service) -> float:
    """For how many seconds a slot stood empty while edits waited, at the most."""
    works = sorted(service.works.values(), key=lambda work: work.started)
    free = [works[0].started] * SLOTS
    longest = 0.0
    for work in works:
        slot = min(range(SLOTS), key=free.__getitem__)
        longest = max(longest, work.started - free[slot])
        free[slot] = work.ended
    return longest


def deepest(service: Service) -> int:
    """How many jobs were queued at once, at the most."""
    works = list(service.works.values())
    return max(sum(work.submitted <= one.submitted < work.started for work in works) for one in works)


@pytest.mark.parametrize("longest", [60.0, HOUR], ids=["a minute", "an hour"])
def test_slots_are_never_idle_for_30_s_and_the_queue_never_longer_than_wanted(longest: float) -> None:
    async def night() -> Service:
        service = Service()
        dice = random.Random(1)
        pollers = [poller_of(service) for _ in range(2)]
        gates = [
            Gate(poller, VACE, SLOTS, clock=now, sleep=asyncio.sleep, jitter=lambda: dice.uniform(0.8, 1.2))
            for poller in pollers
        ]

        async def edit(number: int) -> None:
            gate = gates[number % 2]
            assert await gate.enter(function="video_edit", since=now() + number, longest=longest)
            await asyncio.sleep(10.0)  # until a worker has started and submitted
            service.submit(dice.uniform(300, 600), slots=SLOTS)

        await asyncio.gather(*(edit(number) for number in range(EDITS)))
        for poller in pollers:
            await poller.aclose()
        return service

    service = warped(night)
    assert len(service.works) == EDITS
    assert idle(service) < 30
    # Two processes may see the same room at the same time.
    assert deepest(service) <= 2 * room.room(SLOTS, 450.0, longest)
    assert service.refused == 0
