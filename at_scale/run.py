"""One run: begin it, lose parts of the engine on the way, gather what came of it."""

from __future__ import annotations

import sys
import time
from collections import Counter
from datetime import UTC, datetime

from at_scale.engine import Engine
from at_scale.facts import Loss, Run, sum_up
from at_scale.metadata import TASK
from at_scale.queries import traffic
from at_scale.report import tell
from demo.clock import ticks
from demo.console import say
from demo.errors import DemoError
from demo.follow import Progress
from demo.logs import task_log

LIMIT = 420.0
"""Seconds a run may take; on two cores about 300 are usual."""
TOLD_EVERY = 5
"""Seconds between two lines about how far a run is."""
WORKER_AT, TRIGGERER_AT = 0.25, 0.3
"""When they are killed: the share of edits that are submitted, and the share that are billed."""


def run(engine: Engine, dag_id: str) -> Run:
    """Run one DAG and kill a worker and a triggerer meanwhile.

    Raises:
        DemoError: The run failed or took too long.
    """
    run_id = f"{dag_id}_{datetime.now(UTC):%H%M%S}"
    say(f"\nRunning {dag_id}: {engine.settings.edits} edits")
    losses = Losses(engine, run_id)
    engine.api.trigger(dag_id, run_id, {})
    state = follow(engine, run_id, losses)
    if state != "success":
        logs = engine.settings.demo.airflow_home
        raise DemoError(f"{dag_id} ended as {state}.\n{task_log(logs, dag_id, run_id, TASK)}")
    return collect(engine, dag_id, run_id, tuple(losses.suffered))


class Losses:
    """Kills a worker while edits are submitted, and a triggerer while they are waited for.

    Args:
        engine: Loses its parts, and doesn't get them back.
        run_id: The run that is to feel it.
    """

    def __init__(self, engine: Engine, run_id: str) -> None:
        self.suffered: list[Loss] = []
        self._engine = engine
        self._run_id = run_id
        self._begun = time.time()
        self._billed_before = len(engine.service.charges())
        self._worker = self._triggerer = False

    def look(self) -> str:
        """Kill what is due, and say how far the run is."""
        engine, edits = self._engine, self._engine.settings.edits
        submitted = engine.service.submitted(self._begun)
        billed = len(engine.service.charges()) - self._billed_before
        if not self._worker and submitted >= WORKER_AT * edits:
            self._worker = self._kill(engine.metadata.on_workers(self._run_id))
        if not self._triggerer and billed >= TRIGGERER_AT * edits:
            self._triggerer = self._kill(engine.metadata.in_triggerers(self._run_id))
        return f"{submitted} submitted, {billed} billed"

    def _kill(self, holders: Counter[str]) -> bool:
        """Kill who holds most of the run's tasks; wait for a better moment where nobody holds any."""
        for part, held in holders.most_common(1):
            self._engine.kill(part)
            self.suffered.append(Loss(part, held, time.time() - self._begun))
            return True
        return False


def follow(engine: Engine, run_id: str, losses: Losses) -> str:
    """Look at a run until it has ended, and return its state.

    Raises:
        DemoError: It takes too long, or a part of the engine has ended by itself.
    """
    progress = Progress(sys.stdout)
    try:
        for seconds in ticks(LIMIT, every=1.0):
            engine.check()
            state = engine.metadata.run_state(run_id)
            far = losses.look()
            if int(seconds) % TOLD_EVERY == 0:
                progress.show(f"{far}; {describe(engine.metadata.states(run_id))}", seconds)
            if state in ("success", "failed"):
                return state
    finally:
        progress.close()
        for loss in losses.suffered:
            say(f"Killed {tell(loss)}.")
    raise DemoError(f"The run did not end within {LIMIT:.0f} s.")


def describe(states: Counter[str]) -> str:
    """Say how many tasks are in which state."""
    return ", ".join(f"{number} {name}" for name, number in sorted(states.items())) or "no task yet"


def collect(engine: Engine, dag_id: str, run_id: str, losses: tuple[Loss, ...]) -> Run:
    """Gather what came of a run."""
    begun, ended = engine.metadata.seconds(run_id)
    return Run(
        dag_id=dag_id,
        edits=engine.settings.edits,
        succeeded=succeeded(engine, dag_id, run_id),
        landed=sum(1 for _ in (engine.settings.demo.results / dag_id).glob("*.mp4")),
        bill=sum_up(engine.service.jobs(), engine.service.charges(), f"{dag_id} "),
        traffic=traffic(engine.service.requests(), begun, ended),
        seconds=ended - begun,
        starts=engine.metadata.starts(run_id),
        retried=engine.metadata.retried(run_id),
        losses=losses,
    )


def succeeded(engine: Engine, dag_id: str, run_id: str) -> int:
    """Count the edits of a run that succeeded."""
    tasks = engine.metadata.states(run_id)["success"]
    if dag_id == "mapped":
        return tasks
    results = engine.api.result(dag_id, run_id, TASK)
    return sum(result["status"] == "SUCCEEDED" for result in results)
