"""A night's edits on an account as it is: who finishes them, and who loses how many.

    python -m benchmarks.night

200 VACE edits of 5 to 10 minutes each. The account runs 2 at a time, takes 2 submissions and answers 20 status
requests a second, and fails what has no result 3 hours after its submission. Needs the dependency group `bench`;
takes about five minutes.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import random
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from airflow_provider_wan.dashscope.client import AsyncDashScopeClient
from airflow_provider_wan.dashscope.errors import ThrottledError
from airflow_provider_wan.dashscope.gate import Gate
from airflow_provider_wan.emulator import EmulatorSettings
from benchmarks import tell
from benchmarks.contenders import CONTENDERS, DAY, poller_of
from benchmarks.measure import QUERIES, submit
from benchmarks.served import BODY, FUNCTION, PATH, VACE, Served, served

EDITS, CHECK_EDITS = 200, 20
OURS, LOOP, SDK = CONTENDERS
SPEEDS = {OURS: 500.0, LOOP: 150.0, SDK: 100.0}
"""Service seconds per real second: as many as the machine can serve, given how often each asks."""
CHECKED = [(name, speed) for speed in (50.0, 100.0) for name in CONTENDERS] + [(OURS, SPEEDS[OURS])]
SLOTS = 2
QUEUE_WAIT = 3600.0
"""Seconds; the operators' usual `max_queue_wait`."""
SUBMIT_EVERY = 0.55
"""Seconds between the submissions of the contenders that submit all at once; the account takes 2 a second."""
HEADS = ("contender", "edits", "speed", "finished", "failed after 3 h", "given up", "slot idle at most, s",
         "hours", "status requests", "429s", "CPU, client %", "CPU, service %")  # fmt: skip


@dataclass(frozen=True)
class Night:
    """What became of a night's edits. Moments are service seconds since its beginning.

    Attributes:
        contender: Whose night it was.
        edits: How many edits there were.
        speed: Service seconds per real second.
        ends: When each edit ended that was noticed as SUCCEEDED.
        timed_out: Edits that the service failed, 3 hours after their submission.
        given_up: Edits whose wait ended before they did.
        idle: Longest time for which a slot stood empty while edits waited.
        until: When the last wait was over.
        requests: Status requests.
        throttled: 429 answers to them.
        client_busy: Share of one core that the contender used.
        service_busy: Share of one core that the service used.
    """

    contender: str
    edits: int
    speed: float
    ends: list[float]
    timed_out: int
    given_up: int
    idle: float
    until: float
    requests: int
    throttled: int
    client_busy: float
    service_busy: float


def longest_idle(jobs: Iterable[dict[str, Any]], slots: int, began: float) -> float:
    """Return how long a slot stood empty at most before the last edit started."""
    free = [began] * slots
    longest = 0.0
    for job in sorted((job for job in jobs if job["started"] is not None), key=lambda job: job["started"]):
        slot = min(free)  # the service takes the slot that has been free for longest
        longest = max(longest, job["started"] - slot)
        free.remove(slot)
        free.append(job["ended"])
    return float(longest)


async def with_gate(service: Served, edits: int) -> dict[str, bool]:
    """Let the gate decide when each edit is submitted, as the operators do, and the shared poller wait."""
    submitter = AsyncDashScopeClient(service.account, patient=True, sleep=service.sleep)
    async with poller_of(service) as poller:
        gate = Gate(poller, VACE, SLOTS, clock=service.now, sleep=service.sleep)

        async def edit(since: float) -> tuple[str, bool]:
            while True:
                await gate.enter(function=FUNCTION, since=since, longest=QUEUE_WAIT)
                try:
                    task_id = (await submitter.submit(PATH, BODY)).task_id
                    break
                except ThrottledError:
                    await service.sleep(random.uniform(30, 60))
            outcome = await poller.wait(
                task_id,
                model=VACE,
                function=FUNCTION,
                submitted_at=service.now(),
                deadline=service.now() + DAY,
                on_change=lambda _: None,
                on_trouble=lambda _: None,
            )
            return task_id, outcome.snapshot is not None

        began = service.now()
        try:
            return dict(await asyncio.gather(*(edit(began) for _ in range(edits))))
        finally:
            await submitter.aclose()


async def all_at_once(contender: str, service: Served, edits: int) -> dict[str, bool]:
    """Submit everything as fast as the account takes it, and wait."""
    headers = {"Authorization": f"Bearer {service.key}", "X-DashScope-Async": "enable"}
    async with aiohttp.ClientSession(headers=headers) as session, CONTENDERS[contender](service) as wait:
        began = service.now()

        async def edit(number: int) -> tuple[str, bool]:
            await service.sleep(began + number * SUBMIT_EVERY - service.now())
            task_id = await submit(session, service)
            return task_id, await wait(task_id, service.now())

        return dict(await asyncio.gather(*(edit(number) for number in range(edits))))


def night(contender: str, speed: float, edits: int) -> Night:
    """Let a contender have its night."""
    settings = EmulatorSettings(render=False, speed=speed, run_seconds=(300, 600), shared_query_budget=True)
    with served(settings) as service:
        began, real, cpu, service_cpu = (
            service.now(),
            time.perf_counter(),
            time.process_time(),
            service.cpu_seconds(),
        )
        work = with_gate(service, edits) if contender == OURS else all_at_once(contender, service, edits)
        waits = asyncio.run(work)
        until, took = service.now() - began, time.perf_counter() - real
        client_busy = (time.process_time() - cpu) / took
        service_busy = (service.cpu_seconds() - service_cpu) / took
        counts = service.counts()
        service.advance(4 * 3600)  # what was given up goes on; see what becomes of it
        jobs = service.jobs()
    return Night(
        contender=contender,
        edits=edits,
        speed=speed,
        ends=sorted(
            jobs[task_id]["ended"] - began
            for task_id, seen in waits.items()
            if seen and jobs[task_id]["status"] == "SUCCEEDED"
        ),
        timed_out=sum(waits[task_id] and job["status"] == "FAILED" for task_id, job in jobs.items()),
        given_up=sum(not seen for seen in waits.values()),
        idle=longest_idle(jobs.values(), SLOTS, min(job["submitted"] for job in jobs.values())),
        until=until,
        requests=sum(sum(counts.get(name, {}).values()) for name in QUERIES),
        throttled=sum(counts.get(name, {}).get("429", 0) for name in QUERIES),
        client_busy=client_busy,
        service_busy=service_busy,
    )


def row(one: Night) -> tuple[str | int | float, ...]:
    """Return a line of the table."""
    return (
        one.contender,
        one.edits,
        f"{one.speed:g}",
        len(one.ends),
        one.timed_out,
        one.given_up,
        one.idle,
        one.until / 3600,
        one.requests,
        one.throttled,
        f"{100 * one.client_busy:.0f}",
        f"{100 * one.service_busy:.0f}",
    )


def plot(nights: Sequence[Night], folder: Path) -> Path:
    """Draw how many edits were finished at what hour."""
    figure, (axes,) = tell.panels(1, f"{nights[0].edits} VACE edits on an account with {SLOTS} slots")
    figure.set_size_inches(7, 4)
    for colour, one in zip((tell.OURS, *tell.OTHERS), nights, strict=True):
        hours = [0.0, *(end / 3600 for end in one.ends)]
        label = f"{one.contender}: {len(one.ends)} of {one.edits}"
        axes.step(hours, range(len(hours)), where="post", color=colour, label=label)
    axes.axvline(3, color="grey", linewidth=0.8, linestyle=":")
    axes.annotate("the service's 3 hours", (3, nights[0].edits), fontsize=7, color="grey")
    axes.set_xlabel("hours", fontsize=8)
    axes.set_ylabel("edits finished", fontsize=8)
    axes.legend(fontsize=8, frameon=False)
    return tell.save(figure, "night.png", folder)


def main(arguments: Sequence[str] | None = None) -> list[Night]:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.night", description=__doc__)
    parser.add_argument("--edits", type=int, default=EDITS, help="how many")
    parser.add_argument(
        "--check-edits", type=int, default=CHECK_EDITS, help="how many at several speeds; 0: none"
    )
    parser.add_argument("--faster", type=float, default=1.0, help="multiplies the speeds")
    parser.add_argument("--images", type=Path, default=tell.IMAGES, help="where the plot goes")
    given = parser.parse_args(arguments)
    with ProcessPoolExecutor(
        mp_context=multiprocessing.get_context("spawn"), max_workers=len(CHECKED)
    ) as pool:
        # The SDK's takes longest; the two others run one after the other beside it.
        slowest = pool.submit(night, SDK, SPEEDS[SDK] * given.faster, given.edits)
        nights = [night(name, SPEEDS[name] * given.faster, given.edits) for name in (OURS, LOOP)]
        nights.append(slowest.result())
        print(tell.table(HEADS, map(row, nights)))
        if given.check_edits:
            checks = [pool.submit(night, name, speed, given.check_edits) for name, speed in CHECKED]
            print("\nA short night at several speeds, to show what the speed changes:\n")
            print(tell.table(HEADS, [row(check.result()) for check in checks]))
    print(f"\nPlot: {plot(nights, given.images)}")
    return nights


if __name__ == "__main__":
    main()
