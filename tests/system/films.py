"""A film under trial: its own account with an emulator that renders, the DAG run, and what came of both."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from airflow_provider_wan.emulator import EmulatorSettings, RegionSettings, RunningEmulator, running
from demo.film import make_film
from demo.settings import CLIP, MEDIA
from tests.patience import HANGS
from tests.system.airflow import Airflow
from tests.system.edits import OVER

SECONDS = 8.0
PIECES = 3
"""Of 3 s at most, as even as possible."""


class Film:
    """A DAG run of `dags/long.py`, and the service it talks to.

    Args:
        airflow: Where it runs.
        emulator: The service.
        dag_id: The DAG.
        conf: Parameters of the run, besides those that are always the same.
    """

    def __init__(
        self, airflow: Airflow, emulator: RunningEmulator, dag_id: str, conf: dict[str, Any]
    ) -> None:
        self.emulator = emulator
        self._airflow = airflow
        self._dag_id = dag_id
        self._run_id = f"film_{uuid.uuid4().hex[:8]}"
        self._conf = conf
        self.folder = airflow.settings.results / self._run_id
        self.source = airflow.settings.results / f"{self._run_id}.mp4"

    def start(self) -> None:
        """Make the film and start the run."""
        airflow = self._airflow
        make_film(MEDIA / CLIP, self.source, seconds=SECONDS, size=(320, 180))
        conn_id = f"wan_{self._run_id}"
        airflow.api.connect(conn_id, self.emulator.base_url, self.emulator.key)
        usual = {"conn_id": conn_id, "folder": f"file://{self.folder}/", "film": f"file://{self.source}"}
        airflow.api.trigger(self._dag_id, self._run_id, usual | self._conf)

    @property
    def state(self) -> str:
        """State of the run."""
        rows = self._airflow.read("SELECT state FROM dag_run WHERE run_id = ?", self._run_id)
        return str(rows[0][0])

    def attempts(self, task: str) -> list[tuple[str, int]]:
        """State and number of attempts of a task's instances, by map index."""
        query = (
            "SELECT state, try_number FROM task_instance WHERE run_id = ? AND task_id = ? ORDER BY map_index"
        )
        return [
            (str(state), number) for state, number in self._airflow.read(query, self._run_id, f"film.{task}")
        ]

    def ends(self, state: str) -> None:
        """Wait until the run is over, in this way."""
        self.sees(lambda: self.state in OVER)
        if self.state != state:
            raise AssertionError(f"not {state}, but {self.state}:\n{self.log()}")

    def sees(self, happened: Callable[[], bool]) -> None:
        """Wait until something has happened."""
        for _ in self._airflow.ticks(every=0.2):
            if happened():
                return
        raise AssertionError(f"it did not happen within {HANGS:.0f} s:\n{self.log()}")

    def clear(self, *tasks: str) -> None:
        """Clear tasks of the group and wait until the run goes on."""
        for task in tasks:
            self._airflow.api.clear(self._dag_id, self._run_id, f"film.{task}")
        self.sees(lambda: self.state not in OVER)

    def result(self) -> dict[str, Any]:
        """Return what `join` has returned."""
        query = "SELECT value FROM xcom WHERE run_id = ? AND task_id = 'film.join' AND key = 'return_value'"
        ((value,),) = self._airflow.read(query, self._run_id)
        while isinstance(value, str):
            value = json.loads(value)
        return dict(value)

    def log(self) -> str:
        """What all tasks have logged."""
        run = (
            self._airflow.settings.airflow_home / "logs" / f"dag_id={self._dag_id}" / f"run_id={self._run_id}"
        )
        return "\n".join(
            f"--- {file}\n{file.read_text(errors='replace')}" for file in sorted(run.rglob("attempt=*"))
        )

    @property
    def paid(self) -> list[str]:
        """The jobs that were billed."""
        return [charge.task_id for charge in self.emulator.ledger()]

    @property
    def file(self) -> Path:
        """The edited film."""
        return self.folder / "film.mp4"


@contextmanager
def film(airflow: Airflow, dag_id: str = "long_edit", **conf: Any) -> Iterator[Film]:
    """Edit a film on a service of its own while the block lasts."""
    key = f"sk-{uuid.uuid4().hex}"
    settings = EmulatorSettings(regions=(RegionSettings(keys={key: "account"}),), run_seconds=(1, 2))
    with running(settings) as emulator:
        one = Film(airflow, emulator, dag_id, conf)
        one.start()
        yield one
