"""What it costs to wait for many jobs at once, and how late their ends are noticed.

    python -m benchmarks.polling

The emulated service runs all jobs at once, for log-normal times, and grants an account 20 status requests a
second, single and list queries together. Needs the dependency group `bench`; takes about six and a half minutes.
"""

from __future__ import annotations

import argparse
import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from airflow_provider_wan.emulator import EmulatorSettings, LogNormal
from benchmarks import tell
from benchmarks.contenders import CONTENDERS
from benchmarks.measure import Measured, measure

SIZES = (100, 300, 1000)
SPEED = 30.0
CHECK_SIZE, CHECK_SPEED = 100, 10.0
RUN_TIMES = LogNormal(median=180, sigma=0.5)
OPENED_OVER = 20.0
"""Service seconds in which all jobs are submitted, so that they are open at once."""

HEADS = ("contender", "jobs", "429s", "requests a job", "with the worker's get", "late, median s",
         "late, 95 % s", "jobs lost", "CPU, client %", "CPU, service %")  # fmt: skip


def settings(jobs: int, speed: float) -> EmulatorSettings:
    """Return a service in which nothing but the query limit is in the way."""
    return EmulatorSettings(
        render=False,
        speed=speed,
        run_seconds=RUN_TIMES,
        running_slots=jobs,
        queue_limit=jobs,
        submit_rps=1_000_000,
        shared_query_budget=True,
    )


def run(contender: str, jobs: int, speed: float) -> Measured:
    """Measure one contender."""
    return measure(contender, jobs, settings(jobs, speed), opened_over=OPENED_OVER)


def at_once(jobs: int, speed: float) -> list[Measured]:
    """Measure all contenders beside each other, which is only right where each leaves the machine idle."""
    with ProcessPoolExecutor(len(CONTENDERS), multiprocessing.get_context("spawn")) as pool:
        return list(pool.map(partial(run, jobs=jobs, speed=speed), CONTENDERS))


def row(one: Measured) -> tuple[str | int | float, ...]:
    """Return a line of the table."""
    return (
        one.contender,
        one.jobs,
        one.throttled,
        f"{one.per_job:.2f}",
        # The task that resumes looks once more, for the result's address.
        f"{one.per_job + (one.jobs - one.lost) / one.jobs:.2f}",
        one.median,
        one.p95,
        one.lost,
        f"{100 * one.client_busy:.0f}",
        f"{100 * one.service_busy:.0f}",
    )


def plot(measured: Sequence[Measured], folder: Path) -> Path:
    """Draw what matters."""
    figure, axes = tell.panels(4, "Waiting for many jobs at once (run time: log-normal, median 180 s)")
    sizes = sorted({one.jobs for one in measured})
    panels: tuple[tuple[str, Callable[[Measured], float]], ...] = (
        ("429 answers", lambda one: one.throttled),
        ("status requests a job", lambda one: one.per_job),
        ("end noticed late, 95th percentile, s", lambda one: one.p95),
        ("jobs lost, %", lambda one: 100 * one.lost / one.jobs),
    )
    for one_axes, (title, value) in zip(axes, panels, strict=True):
        heights = {name: [value(one) for one in measured if one.contender == name] for name in CONTENDERS}
        tell.bars(one_axes, title, [f"{size:,} jobs" for size in sizes], heights, (tell.OURS, *tell.OTHERS))
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=8)
    return tell.save(figure, "polling.png", folder)


def main(arguments: Sequence[str] | None = None) -> list[Measured]:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.polling", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="jobs open at once")
    parser.add_argument("--speed", type=float, default=SPEED, help="service seconds per real second")
    parser.add_argument("--check-speed", type=float, default=CHECK_SPEED, help="a lower one, to compare with")
    parser.add_argument("--check-size", type=int, default=CHECK_SIZE, help="jobs for that")
    parser.add_argument("--images", type=Path, default=tell.IMAGES, help="where the plot goes")
    given = parser.parse_args(arguments)
    measured = [run(name, jobs, given.speed) for jobs in given.sizes for name in CONTENDERS]
    print(f"\nAt {given.speed:g} service seconds a second, one contender after the other:\n")
    print(tell.table(HEADS, map(row, measured)))
    slower = at_once(given.check_size, given.check_speed)
    print(f"\nThe same at {given.check_speed:g} service seconds a second, to show what the speed changes:\n")
    print(tell.table(HEADS, map(row, slower)))
    print(f"\nPlot: {plot(measured, given.images)}")
    return measured


if __name__ == "__main__":
    main()
