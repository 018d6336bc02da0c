"""What edits cost workers, with and without `airflow_provider_wan.preload` in the process that tasks are forked from.

    python -m benchmarks.worker_start

A real Airflow with `LocalExecutor` edits clips against the emulator: one mapped task with an instance for each. Counted
is the processor's time of the processes that tasks run in, two for each edit: one submits, one lands.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

import psutil

from benchmarks import tell
from demo.airflow_api import AirflowApi
from demo.clock import ticks
from demo.pictures.stage import free_ports
from demo.settings import PASSWORD, ROOT, USER, Port, Settings
from demo.stack import Stack

LIMIT = 600.0
"""Seconds that all edits may take."""
LOCAL_SETTINGS = """
import sys

if "scheduler" in sys.argv:
    import airflow_provider_wan.preload
"""
DAG, RUN = "edit_many_clips", "counted"


class Plain(Stack):
    """The demo's programs; the emulator hands out one small video."""

    def emulator(self) -> list[str]:
        """Return the arguments of Python that run the emulator."""
        return [*super().emulator(), "--no-render"]


def main(arguments: Sequence[str] | None = None) -> dict[str, float]:
    """Print the table; return seconds of processor's time for an edit."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--edits", type=int, default=20, help="edits in each run (20)")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each kind, in turn (3)")
    options = parser.parse_args(arguments)
    kinds = {"as Airflow comes": "", "with airflow_provider_wan.preload": LOCAL_SETTINGS}
    found: dict[str, list[float]] = {kind: [] for kind in kinds}
    for _ in range(options.repeats):
        for kind, local_settings in kinds.items():
            found[kind].append(_seconds(options.edits, local_settings))
    print(tell.table(("processor's time of an edit, s", "min", "max"), _rows(found)))
    return {kind: min(times) for kind, times in found.items()}


def _rows(found: dict[str, list[float]]) -> list[tuple[str, str, str]]:
    return [(kind, f"{min(times):.2f}", f"{max(times):.2f}") for kind, times in found.items()]


def _seconds(edits: int, local_settings: str) -> float:
    with tempfile.TemporaryDirectory(prefix="worker-start-") as folder:
        own = Path(folder, "own")
        own.mkdir()
        (own / "airflow_local_settings.py").write_text(local_settings)
        airflow, emulator, smtp = (Port(number, "the benchmark", "-") for number in free_ports(3))
        settings = Settings(Path(folder, "home"), airflow, emulator, smtp, speed=60)
        stack = Plain(settings, {"PYTHONPATH": f"{own}:{ROOT}"})
        try:
            stack.start()
            return _edited(stack, edits) / edits
        finally:
            stack.stop()


def _edited(stack: Stack, edits: int) -> float:
    scheduler = psutil.Process(next(one.pid for one in stack.records if one.name == "scheduler"))
    with AirflowApi(stack.settings.airflow_url) as api:
        api.log_in(USER, PASSWORD)
        for _ in ticks(60):
            if DAG in api.dag_ids():
                break
        before = _of_tasks(scheduler)
        api.trigger(DAG, RUN, {"clip_urls": [stack.settings.clip_url] * edits})
        for _ in ticks(LIMIT):
            stack.check()
            if (state := api.run_state(DAG, RUN)) in ("success", "failed"):
                break
        if state != "success":
            raise RuntimeError(f"the run is {state} after {LIMIT:.0f} s at most")
        return _of_tasks(scheduler) - before


def _of_tasks(scheduler: psutil.Process) -> float:
    """Processor's time of what the scheduler's workers have started and seen end."""
    times = [worker.cpu_times() for worker in scheduler.children()]
    return float(sum(one.children_user + one.children_system for one in times))


if __name__ == "__main__":
    main()
