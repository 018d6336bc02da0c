"""Open many jobs, let a contender wait for each, and count what the service saw of it."""

from __future__ import annotations

import asyncio
import statistics
import time
from dataclasses import dataclass
from typing import Any

import aiohttp

from airflow_provider_wan.emulator import EmulatorSettings
from benchmarks.contenders import CONTENDERS
from benchmarks.served import BODY, PATH, Served, served

QUERIES = ("get", "list")


@dataclass(frozen=True)
class Measured:
    """One contender's run, in service seconds where not said otherwise.

    Attributes:
        contender: Its name.
        jobs: How many were open at once.
        speed: Service seconds per real second.
        throttled: Status requests that were answered with 429.
        requests: Status requests, those included.
        lateness: For each job whose end was noticed: how long after it.
        lost: Jobs whose wait was given up while they went on.
        client_busy: Share of one core that the contender used.
        service_busy: Share of one core that the service used.
    """

    contender: str
    jobs: int
    speed: float
    throttled: int
    requests: int
    lateness: list[float]
    lost: int
    client_busy: float
    service_busy: float

    @property
    def per_job(self) -> float:
        """Status requests for each job."""
        return self.requests / self.jobs

    @property
    def median(self) -> float:
        """Median lateness."""
        return statistics.median(self.lateness) if self.lateness else float("nan")

    @property
    def p95(self) -> float:
        """Lateness that 95 % of the noticed ends don't exceed."""
        ordered = sorted(self.lateness)
        return ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))] if ordered else float("nan")


def measure(contender: str, jobs: int, settings: EmulatorSettings, *, opened_over: float) -> Measured:
    """Run one contender against a fresh service.

    Args:
        contender: One of `CONTENDERS`.
        jobs: How many jobs to open.
        settings: What to serve.
        opened_over: Service seconds over which the jobs are submitted, evenly.
    """
    with served(settings) as service:
        began, cpu, service_cpu = time.perf_counter(), time.process_time(), service.cpu_seconds()
        waits = asyncio.run(_run(contender, jobs, service, opened_over))
        took = time.perf_counter() - began
        client_busy = (time.process_time() - cpu) / took
        service_busy = (service.cpu_seconds() - service_cpu) / took
        counts, facts = service.counts(), service.jobs()
    seen = {task_id: moment for task_id, (ended, moment) in waits.items() if ended}
    return Measured(
        contender=contender,
        jobs=jobs,
        speed=service.speed,
        throttled=sum(counts.get(name, {}).get("429", 0) for name in QUERIES),
        requests=sum(sum(counts.get(name, {}).values()) for name in QUERIES),
        lateness=[moment - facts[task_id]["ended"] for task_id, moment in seen.items()],
        lost=len(waits) - len(seen),
        client_busy=client_busy,
        service_busy=service_busy,
    )


async def _run(
    contender: str, jobs: int, service: Served, opened_over: float
) -> dict[str, tuple[bool, float]]:
    """Return, for each job's id, whether its end was noticed, and when the wait for it was over."""
    headers = {"Authorization": f"Bearer {service.key}", "X-DashScope-Async": "enable"}
    async with aiohttp.ClientSession(headers=headers) as session, CONTENDERS[contender](service) as wait:
        started = service.now()

        async def one(number: int) -> tuple[str, tuple[bool, float]]:
            await service.sleep(started + number * opened_over / jobs - service.now())
            task_id = await submit(session, service)
            ended = await wait(task_id, service.now())
            return task_id, (ended, service.now())

        return dict(await asyncio.gather(*(one(number) for number in range(jobs))))


async def submit(session: aiohttp.ClientSession, service: Served) -> str:
    """Create a job, as often tried as it takes to get within the account's rate, and return its id."""
    while True:
        async with session.post(f"{service.base_url}{PATH}", json=BODY) as answer:
            body: dict[str, Any] = await answer.json()
        if answer.status == 200:
            return str(body["output"]["task_id"])
        if answer.status != 429:
            raise RuntimeError(f"the service refused a job: {body}")
        await service.sleep(1.0)
