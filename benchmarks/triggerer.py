"""What a thousand waiting triggers cost Airflow's triggerer: memory, start-up, blocks of its loop, processor.

    python -m benchmarks.triggerer

Starts `airflow triggerer` on an SQLite database of its own, with a task instance per trigger, and a probe that
runs as one more trigger in the same event loop. Needs the dependency group `bench`; takes about five minutes.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from airflow_provider_wan.emulator import EmulatorSettings
from benchmarks import tell
from benchmarks.measure import QUERIES, submit
from benchmarks.own_airflow import Rows, triggerer
from benchmarks.served import FUNCTION, VACE, Served, served

FIRST = 100
"""Triggers that run before the memory is measured, so that what is loaded once doesn't count."""
ROWS_A_PAGE = 10
"""So short are the service's list pages here that the poller uses up its 8 queries a second."""
SETTLE = 8.0
WATCHED = 30.0
"""Seconds over which the processor's use is measured."""

KINDS: dict[str, str] = {"Airflow alone": "Idle", "WanTaskTrigger": "Ours", "a client per trigger": "Naive"}
HEADS = (
    "trigger",
    "kB each",
    "kB, less Airflow's",
    "started in s",
    "loop held, starting",
    "loop held, waiting",
    "requests a second",
    "429s",
    "CPU %",
    "CPU %, less Airflow's",
)


@dataclass(frozen=True)
class Held:
    """For how long the event loop was held at most, in seconds.

    Attributes:
        block: By the clock, so that other programs on the machine count too.
        work: Time in which its thread had the processor, without garbage collection.
        collected: Time for garbage collection.
    """

    block: float
    work: float
    collected: float

    def __str__(self) -> str:
        return " / ".join(f"{1000 * seconds:.0f}" for seconds in (self.block, self.work, self.collected))


@dataclass(frozen=True)
class Cost:
    """What one kind of trigger costs.

    Attributes:
        kind: Its name.
        started: How many ran at the end.
        bytes_each: Memory each of them added to the triggerer's runner.
        start_seconds: From their rows' commit until the last one ran.
        starting: For how long the loop was held at most while they started.
        waiting: The same while they waited.
        requests: Status requests a second that the service saw.
        throttled: 429 answers.
        busy: Share of a core that the runner used while they waited.
    """

    kind: str
    started: int
    bytes_each: float
    start_seconds: float
    starting: Held
    waiting: Held
    requests: float
    throttled: int
    busy: float


class Probed:
    """The lines of the probe."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def lines(self, since: float = 0.0) -> list[dict[str, Any]]:
        """Return what it wrote about the time after a moment."""
        if not self._path.exists():
            return []
        lines = [json.loads(line) for line in self._path.read_text().splitlines()]
        return [line for line in lines if line["at"] > since]

    def held(self, since: float, until: float) -> Held:
        """Return for how long the loop was held at most between two moments."""
        lines = [line for line in self.lines(since) if line["at"] < until]
        return Held(**{name: max(line[name] for line in lines) for name in ("block", "work", "collected")})

    def until_started(self, many: int, within: float) -> float:
        """Wait until so many triggers have been started and return when that was."""
        end = time.monotonic() + within
        while time.monotonic() < end:
            for line in self.lines():
                if line["started"] >= many:
                    return float(line["at"])
            time.sleep(0.05)
        raise TimeoutError(
            f"Not {many} triggers were started within {within:.0f} s; see the triggerer's log."
        )


def of_kind(kind: str, service: Served, task_ids: Sequence[str]) -> list[Any]:
    """Return triggers that wait for jobs."""
    from benchmarks import waiting

    if kind == "Idle":
        return [waiting.Idle() for _ in task_ids]  # type: ignore[no-untyped-call]
    if kind == "Naive":
        return [waiting.Naive(f"{service.base_url}/tasks/{task_id}", service.key) for task_id in task_ids]
    now = time.time()
    return [
        waiting.Ours(
            task_id=task_id,
            deadline=now + 24 * 3600,
            facts={"model": VACE, "function": FUNCTION, "submitted_at": now},
        )
        for task_id in task_ids
    ]


async def open_jobs(service: Served, many: int) -> list[str]:
    """Submit so many jobs."""
    headers = {"Authorization": f"Bearer {service.key}", "X-DashScope-Async": "enable"}
    async with aiohttp.ClientSession(headers=headers) as session:
        return [await submit(session, service) for _ in range(many)]


def cost(label: str, home: Path, rows: Rows, *, many: int, first: int, settle: float, watched: float) -> Cost:
    """Measure one kind of trigger in a fresh triggerer."""
    from benchmarks import waiting

    settings = EmulatorSettings(
        render=False,
        run_seconds=(9000, 9000),
        running_slots=10_000,
        queue_limit=10_000,
        submit_rps=1_000_000,
        max_page_size=ROWS_A_PAGE,
        shared_query_budget=True,
    )
    probe_file = home / f"{KINDS[label]}.jsonl"
    probed = Probed(probe_file)
    with served(settings) as service, triggerer(home, service) as runner:
        triggers = of_kind(KINDS[label], service, asyncio.run(open_jobs(service, first + many)))
        rows.defer(0, [waiting.Probe(str(probe_file))])
        probed.until_started(0, 60)
        rows.defer(1, triggers[:first])
        probed.until_started(first, 60)
        time.sleep(settle)
        memory = runner().memory_info().rss
        began = rows.defer(1 + first, triggers[first:])
        running = probed.until_started(first + many, 120)
        settled = running + settle
        time.sleep(max(0.0, settled - time.monotonic()))
        cpu, requests, since = runner().cpu_times(), asked(service), time.monotonic()
        time.sleep(watched)
        now = runner().cpu_times()
        took = time.monotonic() - since
        result = Cost(
            kind=label,
            started=probed.lines()[-1]["started"],
            bytes_each=(runner().memory_info().rss - memory) / many,
            start_seconds=running - began,
            starting=probed.held(began, settled),
            waiting=probed.held(settled, math.inf),
            requests=(asked(service) - requests) / took,
            throttled=sum(service.counts().get(name, {}).get("429", 0) for name in QUERIES),
            busy=(now.user + now.system - cpu.user - cpu.system) / took,
        )
    rows.clear()
    return result


def asked(service: Served) -> int:
    """Return how many status requests the service has seen."""
    counts = service.counts()
    return sum(sum(counts.get(name, {}).values()) for name in QUERIES)


def row(one: Cost, alone: Cost) -> tuple[str | int | float, ...]:
    """Return a line of the table."""
    return (
        one.kind,
        one.bytes_each / 1000,
        (one.bytes_each - alone.bytes_each) / 1000,
        one.start_seconds,
        str(one.starting),
        str(one.waiting),
        one.requests,
        one.throttled,
        100 * one.busy,
        100 * (one.busy - alone.busy),
    )


def plot(costs: Sequence[Cost], folder: Path) -> Path:
    """Draw what matters."""
    figure, axes = tell.panels(3, "Waiting triggers in Airflow's triggerer")
    values: list[tuple[str, Callable[[Cost], float]]] = [
        ("memory of each, kB", lambda one: one.bytes_each / 1000),
        ("loop held by its thread's work, starting, ms", lambda one: 1000 * one.starting.work),
        ("loop held by its thread's work, waiting, ms", lambda one: 1000 * one.waiting.work),
    ]
    colours = (tell.AIRFLOW, tell.OURS, *tell.OTHERS)
    for one_axes, (title, value) in zip(axes, values, strict=True):
        tell.bars(one_axes, title, [""], {one.kind: [value(one)] for one in costs}, colours)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=8)
    return tell.save(figure, "triggerer.png", folder)


def main(arguments: Sequence[str] | None = None) -> list[Cost]:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.triggerer", description=__doc__)
    parser.add_argument("--triggers", type=int, default=1000, help="how many wait")
    parser.add_argument("--first", type=int, default=FIRST, help="how many ran before them")
    parser.add_argument("--settle", type=float, default=SETTLE, help="seconds of rest after each start")
    parser.add_argument("--watched", type=float, default=WATCHED, help="seconds to watch them for")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--images", type=Path, default=tell.IMAGES, help="where the plot goes")
    given = parser.parse_args(arguments)
    home = Path(tempfile.mkdtemp(prefix="wan-benchmark-"))
    try:
        rows = Rows(home, 1 + given.first + given.triggers)
        costs = [
            cost(
                label,
                home,
                rows,
                many=given.triggers,
                first=given.first,
                settle=given.settle,
                watched=given.watched,
            )
            for label in given.kinds
        ]
    except BaseException:
        print(f"The triggerer's log is {home / 'triggerer.log'}.", file=sys.stderr)
        raise
    shutil.rmtree(home)
    print(tell.table(HEADS, [row(one, costs[0]) for one in costs]))
    print("\nLoop held: ms at most, by the clock / by work of its thread / by Python's garbage collection.")
    print(f"\nPlot: {plot(costs, given.images)}")
    return costs


if __name__ == "__main__":
    main()
