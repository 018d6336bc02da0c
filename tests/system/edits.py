"""One edit under trial: its own account with an emulator of its own, the DAG run, and what came of both."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from airflow_provider_wan.dashscope.mp4 import Mp4Check
from airflow_provider_wan.emulator import EmulatorSettings, RegionSettings, RunningEmulator, running
from demo.logs import render
from tests.patience import HANGS
from tests.system.airflow import Airflow

OVER = ("success", "failed")


@dataclass(frozen=True, slots=True)
class Outcome:
    """A row of the matrix.

    Attributes:
        name: What was promised.
        posts: Submissions that reached the service.
        jobs: Jobs it made of them.
        paid: Jobs that were billed.
        attempts: How often the task was tried.
        end: State of the task, and whether a result was landed.
    """

    name: str
    posts: int
    jobs: int
    paid: int
    attempts: int
    end: str


class Edit:
    """A DAG run with the task `edit`, and the service it talks to.

    Args:
        airflow: Where it runs.
        emulator: The service.
        dag_id: One of `dags/edits_that_crash.py`.
        crash: A point of `crashes.POINTS`.
    """

    def __init__(self, airflow: Airflow, emulator: RunningEmulator, dag_id: str, crash: str) -> None:
        self.emulator = emulator
        self._airflow = airflow
        self._dag_id = dag_id
        self._run_id = f"run_{uuid.uuid4().hex[:8]}"
        self._crash = crash
        self.folder = airflow.settings.results / self._run_id

    def start(self) -> None:
        """Start the run."""
        conn_id = f"wan_{self._run_id}"
        self._airflow.api.connect(conn_id, self.emulator.base_url, self.emulator.key)
        conf = {"conn_id": conn_id, "folder": f"file://{self.folder}/", "crash": self._crash}
        self._airflow.api.trigger(self._dag_id, self._run_id, conf)

    # -- in Airflow ----------------------------------------------------------------------------------

    @property
    def state(self) -> tuple[str, int]:
        """State and attempt of the task; of mapped ones, the state they share and the latest attempt."""
        query = "SELECT state, try_number FROM task_instance WHERE run_id = ? AND task_id = 'edit'"
        rows = self._airflow.read(query, self._run_id)
        states = {str(state) for state, _ in rows}
        return states.pop() if len(states) == 1 else "mixed", max((number for _, number in rows), default=0)

    @property
    def over(self) -> bool:
        """Whether the whole run is over; shortly before, the scheduler would miss that the task was cleared."""
        rows = self._airflow.read("SELECT state FROM dag_run WHERE run_id = ?", self._run_id)
        return rows[0][0] in OVER

    def sees(self, happened: Callable[[], bool]) -> None:
        """Wait until something has happened."""
        for _ in self._airflow.ticks(every=0.1):
            if happened():
                return
        raise AssertionError(f"it did not happen within {HANGS:.0f} s:\n{self.log()}")

    def reaches(self, state: str, attempt: int = 1) -> None:
        """Wait until the task is in a state."""
        found = self.state
        for _ in self._airflow.ticks(every=0.1):
            found = self.state
            if found == (state, attempt):
                return
            if found[0] in OVER and found[1] >= attempt:
                break
        raise AssertionError(f"attempt {attempt} is not {state}, but {found}:\n{self.log()}")

    def ends(self, state: str, attempt: int) -> None:
        """Wait until the task and its run are over, in this way and at this attempt."""
        found = self.state
        for _ in self._airflow.ticks(every=0.5):
            found = self.state
            if found[0] in OVER and found[1] >= attempt and self.over:
                break
        if found != (state, attempt):
            raise AssertionError(f"not {state} at attempt {attempt}, but {found}:\n{self.log()}")

    def clear(self) -> None:
        """Clear the task."""
        self._airflow.api.clear(self._dag_id, self._run_id, "edit")

    def mark(self, state: str) -> None:
        """Mark the task."""
        self._airflow.api.mark(self._dag_id, self._run_id, "edit", state)

    @property
    def triggerer(self) -> int | None:
        """Number of the triggerer that has the task's trigger."""
        query = """SELECT t.triggerer_id FROM trigger t JOIN task_instance i ON i.trigger_id = t.id
                   WHERE i.run_id = ?"""
        rows = self._airflow.read(query, self._run_id)
        return rows[0][0] if rows else None

    def log(self) -> str:
        """What all attempts and triggers have logged, readable.

        Airflow closes a trigger's log as soon as it hears that the trigger is over. Lines that come later than that
        news are in the triggerer's own output.
        """
        run = (
            self._airflow.settings.airflow_home / "logs" / f"dag_id={self._dag_id}" / f"run_id={self._run_id}"
        )
        texts = []
        for file in sorted(run.rglob("attempt=*")):
            lines = [text for line in file.read_text(errors="replace").splitlines() for text in render(line)]
            texts.append("\n".join([f"--- {file.name}", *lines]))
        for file in sorted(self._airflow.settings.logs.glob("triggerer*.log")):
            late = [line for line in file.read_text(errors="replace").splitlines() if self._run_id in line]
            texts.append("\n".join([f"--- {file.name}", *late]))
        return "\n".join(texts)

    def says(self, pattern: str) -> None:
        """Wait until the log holds a pattern, with `JOB` in it for the id of the first job."""
        jobs = self.jobs
        wanted = re.compile(pattern.replace("JOB", re.escape(jobs[0]["task_id"]) if jobs else "JOB"))
        for _ in self._airflow.ticks(every=0.5):
            if wanted.search(self.log()):
                return
        raise AssertionError(f"{wanted.pattern!r} is not in the log:\n{self.log()}")

    def xcom(self, key: str) -> Any:
        """Return what the task has pushed. What a trigger pushes is there a moment after the task's success."""
        query = "SELECT value FROM xcom WHERE run_id = ? AND task_id = 'edit' AND key = ?"
        for _ in self._airflow.ticks(every=0.1):
            if rows := self._airflow.read(query, self._run_id, key):
                break
        ((value,),) = rows
        while isinstance(value, str):  # what a worker pushes is encoded twice, what a trigger pushes once
            try:
                value = json.loads(value)
            except ValueError:
                break
        return value

    # -- at the service ------------------------------------------------------------------------------

    @property
    def posts(self) -> int:
        """Submissions that reached the service."""
        return self.emulator.requests.count("submit")

    @property
    def jobs(self) -> list[dict[str, Any]]:
        """The jobs it made of them."""
        return self.emulator.tasks()

    @property
    def paid(self) -> int:
        """Jobs that were billed."""
        return len(self.emulator.ledger())

    def has_job(self) -> str:
        """Wait for the first job; return its id."""
        self.sees(lambda: bool(self.jobs))
        return str(self.jobs[0]["task_id"])

    def status(self, job: str) -> str:
        """Return the state of a job."""
        return str(next(one["status"] for one in self.jobs if one["task_id"] == job))

    def settles(self) -> None:
        """Wait until no job runs any more, so that the bill is final."""
        for _ in self._airflow.ticks(every=0.2):
            if all(job["status"] != "RUNNING" for job in self.jobs):
                return
        raise AssertionError("a job doesn't end")

    # -- at the destination --------------------------------------------------------------------------

    def part_files(self) -> list[Path]:
        """Results that are not whole yet."""
        return [file for file in self.folder.glob(".*") if file.suffix == ".part"]

    def landed(self) -> list[str]:
        """Return the jobs whose results were landed; all of them must be whole, and nothing else be left."""
        landed = []
        for file in sorted(self.folder.iterdir()) if self.folder.exists() else ():
            check = Mp4Check()
            check.feed(file.read_bytes())
            check.finish()
            landed.append(file.stem)
        return landed

    def outcome(self, name: str) -> Outcome:
        """Sum up."""
        state, attempts = self.state
        end = f"{state}, landed" if self.folder.exists() and any(self.folder.glob("*.mp4")) else state
        return Outcome(name, self.posts, len(self.jobs), self.paid, attempts, end)


class Trial:
    """Begins the edits of one test and keeps what came of them.

    Args:
        airflow: Where they run.
        name: What the test promises.
        outcomes: Takes the rows.
    """

    def __init__(self, airflow: Airflow, name: str, outcomes: list[Outcome]) -> None:
        self.airflow = airflow
        self._name = name
        self._outcomes = outcomes

    @contextmanager
    def edit(
        self,
        dag_id: str = "edit",
        *,
        crash: str = "",
        held: bool = False,
        fault: dict[str, Any] | None = None,
    ) -> Iterator[Edit]:
        """Run an edit on a service of its own while the block lasts.

        Args:
            dag_id: One of `dags/edits_that_crash.py`.
            crash: A point of `crashes.POINTS`.
            held: No job starts or ends by itself, only when the test forces it to. Otherwise it runs 3 to 6 s.
            fault: Trouble to order, see `emulator.faults.Fault`.
        """
        key = f"sk-{uuid.uuid4().hex}"
        settings = EmulatorSettings(
            regions=(RegionSettings(keys={key: "account"}),),
            render=False,
            run_seconds=(3600, 3600) if held else (3, 6),
            running_slots=0 if held else None,
        )
        with running(settings) as emulator:
            if fault:
                emulator.faults.order(**fault)
            edit = Edit(self.airflow, emulator, dag_id, crash)
            edit.start()
            try:
                yield edit
                edit.settles()
            finally:
                self._outcomes.append(edit.outcome(self._name))
