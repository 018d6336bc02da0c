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
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import psutil

from airflow_provider_wan.emulator import EmulatorSettings
from benchmarks import tell
from benchmarks.measure import QUERIES, submit
from benchmarks.served import FUNCTION, VACE, Served, served

ROOT = Path(__file__).parents[1]
FIRST = 100
"""Triggers that run before the memory is measured, so that what is loaded once doesn't count."""
PER_SECOND = 250
"""Triggers that Airflow starts at once, about once a second. By default it is 50, with which a thousand take more
than 20 s; and the more there are, the longer Airflow's loop is busy reading them."""
ROWS_A_PAGE = 10
"""So short are the service's list pages here that the poller uses up its 8 queries a second."""
SETTLE = 8.0
WATCHED = 30.0
"""Seconds over which the processor's use is measured."""
DAG = """
from airflow.sdk import DAG, BaseOperator

class Waiting(BaseOperator):
    def __init__(self, *, number, **kwargs):
        super().__init__(**kwargs)
        self.number = number

with DAG("waiting", schedule=None):
    Waiting.partial(task_id="waiting").expand(number=list(range({tasks})))
"""

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


class Rows:
    """Airflow's database, which is made with a DAG run of so many task instances."""

    def __init__(self, home: Path, tasks: int) -> None:
        os.environ.update(environment(home))
        subprocess.run([sys.executable, "-m", "airflow", "db", "migrate"], check=True, capture_output=True)
        (home / "dags").mkdir()
        (home / "dags" / "waiting.py").write_text(DAG.format(tasks=tasks))

        from airflow._shared.timezones import timezone
        from airflow.dag_processing.bundles.manager import DagBundlesManager
        from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db
        from airflow.models.dagbag import DBDagBag
        from airflow.utils.session import create_session
        from airflow.utils.state import DagRunState
        from airflow.utils.types import DagRunTriggeredByType, DagRunType

        DagBundlesManager().sync_bundles_to_db()  # type: ignore[no-untyped-call]
        bag = DagBag(str(home / "dags"), bundle_path=home / "dags", bundle_name="dags-folder")
        with create_session() as session:
            sync_bag_to_db(bag, "dags-folder", None, session=session)
        with create_session() as session:
            dag = DBDagBag().get_latest_version_of_dag("waiting", session=session)
            if dag is None:
                raise RuntimeError(f"Airflow did not take the DAG: {bag.import_errors}")
            dag.create_dagrun(
                run_id="benchmark",
                run_after=timezone.utcnow(),
                run_type=DagRunType.MANUAL,
                triggered_by=DagRunTriggeredByType.TEST,
                state=DagRunState.RUNNING,
                session=session,
            )

    def defer(self, first: int, triggers: Sequence[Any]) -> float:
        """Let task instances from `first` on wait for triggers, and return the moment of the commit."""
        from airflow.models import TaskInstance
        from airflow.models.trigger import Trigger
        from airflow.utils.session import create_session
        from sqlalchemy import update

        rows = [Trigger.from_object(trigger) for trigger in triggers]
        with create_session() as session:
            session.add_all(rows)
            session.flush()
            for number, row in enumerate(rows, start=first):
                session.execute(
                    update(TaskInstance)
                    .where(TaskInstance.map_index == number)
                    .values(state="deferred", trigger_id=row.id)
                )
        return time.monotonic()

    def clear(self) -> None:
        """Let no task instance wait."""
        from airflow.jobs.job import Job
        from airflow.models import TaskInstance
        from airflow.models.trigger import Trigger
        from airflow.utils.session import create_session
        from sqlalchemy import delete, update

        with create_session() as session:
            session.execute(update(TaskInstance).values(state=None, trigger_id=None))
            session.execute(delete(Trigger))
            session.execute(delete(Job))


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


def environment(home: Path) -> dict[str, str]:
    """Return Airflow's settings."""
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
        "AIRFLOW__CORE__MAX_MAP_LENGTH": "10000",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "AIRFLOW__TRIGGERER__MAX_TRIGGER_TO_SELECT_PER_LOOP": str(PER_SECOND),
        "PYTHONPATH": str(ROOT),
    }


@contextmanager
def triggerer(home: Path, service: Served) -> Iterator[Callable[[], psutil.Process]]:
    """Run `airflow triggerer`; the block gets a function that finds the process with the event loop."""
    connection = {"conn_type": "dashscope", "host": service.base_url, "password": service.key}
    settings = {**os.environ, **environment(home), "AIRFLOW_CONN_DASHSCOPE_DEFAULT": json.dumps(connection)}
    command = [sys.executable, "-m", "airflow", "triggerer", "--skip-serve-logs", "--capacity", "10000"]
    with (home / "triggerer.log").open("ab") as log:
        process = subprocess.Popen(command, env=settings, stdout=log, stderr=log)

    def runner() -> psutil.Process:
        (child,) = psutil.Process(process.pid).children()
        return child

    try:
        yield runner
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


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
