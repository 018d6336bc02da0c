"""An Airflow of the benchmark's own: a database with a task instance per trigger, and `airflow triggerer`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from benchmarks.served import Served

ROOT = Path(__file__).parents[1]
PER_SECOND = 250
"""Triggers that Airflow starts at once, about once a second. By default it is 50, with which a thousand take more
than 20 s; and the more there are, the longer Airflow's loop is busy reading them."""
DAG = """
from airflow.sdk import DAG, BaseOperator

class Waiting(BaseOperator):
    def __init__(self, *, number, **kwargs):
        super().__init__(**kwargs)
        self.number = number

with DAG("waiting", schedule=None):
    Waiting.partial(task_id="waiting").expand(number=list(range({tasks})))
"""


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
