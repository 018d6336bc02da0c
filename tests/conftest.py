"""An Airflow of the tests' own, an emulator to talk to, and a way to run an operator to its end."""

from __future__ import annotations

import asyncio
import fcntl
import gc
import importlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from hypothesis import settings

from tests.patience import HANGS

# The same examples each time: a push fails by its own doing, not by luck. `make fuzz` is what seeks; for a property
# alone, `pytest --hypothesis-profile=default` draws anew.
settings.register_profile("repeatable", derandomize=True)
settings.load_profile("repeatable")

# Airflow reads its settings when it is first imported, so they are set before anything imports it.
_HOME = Path(tempfile.mkdtemp(prefix="airflow-provider-wan-"))
os.environ.update(
    {
        "AIRFLOW_HOME": str(_HOME),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(_HOME / "dags"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{_HOME}/airflow.db",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(_HOME / "logs"),
        # Most tests name inputs that don't exist, for an emulator that doesn't fetch any. Those about inputs differ.
        "AIRFLOW__WAN__ALLOW_PRIVATE_URLS": "True",
        "AIRFLOW__WAN__PREFLIGHT": "False",
        "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",  # a deferred task resumes two of these later at the earliest
    }
)

if TYPE_CHECKING:
    from airflow_provider_wan.emulator.server import RunningEmulator
    from airflow_provider_wan.operators import WanOperator

KEY = "sk-emulator-secret-of-singapore"
KEY_BEIJING = "sk-emulator-secret-of-beijing"
SPEED = 60


COSTLY = ("served", "browser", "told", "runs")
"""Fixtures that take many seconds: an API server, a browser, runs of whole DAGs."""


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let tests that share a costly fixture run in one process, where they are spread over several."""
    for item in items:
        costly = [name for name in COSTLY if name in getattr(item, "fixturenames", ())]
        if costly:
            item.add_marker(pytest.mark.xdist_group(costly[0]))


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Spare collections of garbage the modules and tests, which stay. In six files that was a sixth of the work."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    shutil.rmtree(_HOME, ignore_errors=True)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Airflow's metadata database. It takes long to make, so processes of one run make it once and copy it."""
    own = _HOME / "airflow.db"
    folder = tmp_path_factory.getbasetemp()
    made = (folder if worker_id == "master" else folder.parent) / "airflow.db"
    with made.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if made.exists():
            shutil.copy(made, own)
        else:
            migrate = [sys.executable, "-m", "airflow", "db", "migrate"]
            subprocess.run(migrate, check=True, capture_output=True, timeout=HANGS)
            shutil.copy(own, made)
    return own


@pytest.fixture(scope="session")
def airflow_db(migrated: Path) -> Path:
    """Airflow's metadata database and a DAGs folder with the tests' DAGs and the examples, each in its own folder."""
    for folder in (Path(__file__).parent / "dags", Path(__file__).parents[1] / "example_dags"):
        for file in folder.glob("*.py"):
            own = _HOME / "dags" / file.stem
            own.mkdir(parents=True)
            shutil.copy(file, own)
    return _HOME


@pytest.fixture(scope="session", autouse=True)
def supervisor() -> None:
    """Has connections looked up in the environment by Airflow 3.1 too, which first looks for a supervisor."""
    from tests.versions import ASKS_A_SUPERVISOR, Supervisor

    if ASKS_A_SUPERVISOR:
        from airflow.sdk.execution_time import task_runner

        task_runner.SUPERVISOR_COMMS = Supervisor()  # type: ignore[assignment]


class Ran:
    """A DAG run that is over.

    Attributes:
        states: State of each task instance, mapped ones as `name[index]`.
        tries: How often each was tried.
    """

    def __init__(self, dag_run: Any, instances: list[Any]) -> None:
        self._dag_run = dag_run
        names = [f"{ti.task_id}[{ti.map_index}]" if ti.map_index >= 0 else ti.task_id for ti in instances]
        self.states = {name: str(ti.state) for name, ti in zip(names, instances, strict=True)}
        self.tries = {name: ti.try_number for name, ti in zip(names, instances, strict=True)}

    def xcom(self, task_id: str, map_index: int = -1) -> Any:
        """What a task returned."""
        from airflow.models.xcom import XComModel
        from airflow.utils.session import create_session
        from sqlalchemy import select

        wanted = {"key": "return_value", "task_id": task_id, "map_index": map_index}
        with create_session() as session:
            row = session.scalars(
                select(XComModel).filter_by(
                    dag_id=self._dag_run.dag_id, run_id=self._dag_run.run_id, **wanted
                )
            ).one()
            return XComModel.deserialize_value(row)


def _file_of(dag_id: str, folder: Path) -> Path:
    """Find the file with a DAG, by its name or by the DAG's, whole or as in `f"begin_{more}"`.

    To parse all files takes seconds.
    """
    files = sorted(folder.rglob("*.py"))
    beginnings = (f'"{dag_id[: at + 1]}{{' for at, letter in enumerate(dag_id) if letter == "_")
    names = (f'"{dag_id}"', *beginnings)
    named = [file for file in files if file.stem == dag_id]
    return (named or [file for file in files if any(name in file.read_text() for name in names)])[0]


BUNDLES = "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST"


def bundle_of(folder: Path) -> str:
    """Value of `BUNDLES` with which Airflow knows of one folder: `dag.test()` reads and stores all that it knows of."""
    bundle = {
        "name": "dags-folder",
        "classpath": "airflow.dag_processing.bundles.local.LocalDagBundle",
        "kwargs": {"path": str(folder)},
    }
    return json.dumps([bundle])


DagRunner: TypeAlias = Callable[..., Ran]


@pytest.fixture
def run_dag(airflow_db: Path, monkeypatch: pytest.MonkeyPatch) -> DagRunner:
    """Runs a DAG of the DAGs folder with `dag.test()`, with the given params."""

    def run(dag_id: str, **conf: Any) -> Ran:
        from airflow.models import TaskInstance
        from airflow.utils.session import create_session
        from sqlalchemy import select

        from tests.versions import dag_bag, share_execution_api

        share_execution_api()
        file = _file_of(dag_id, airflow_db / "dags")
        monkeypatch.setenv(BUNDLES, bundle_of(file.parent))
        bag = dag_bag(str(file))
        assert bag.import_errors == {}
        dag_run = bag.dags[dag_id].test(run_conf=conf or None)
        with create_session() as session:
            query = select(TaskInstance).filter_by(dag_id=dag_id, run_id=dag_run.run_id)
            return Ran(dag_run, list(session.scalars(query)))

    return run


@pytest.fixture(scope="module")
def service() -> Iterator[RunningEmulator]:
    """Two regions of the service; jobs run half a minute to a minute of service time, a second of ours."""
    from airflow_provider_wan.emulator import EmulatorSettings, RegionSettings, running

    settings = EmulatorSettings(
        regions=(
            RegionSettings("ap-southeast-1", keys={KEY: "acme"}),
            RegionSettings("cn-beijing", keys={KEY_BEIJING: "acme-china"}),
        ),
        speed=SPEED,
        render=False,
        run_seconds=(30, 60),
        submit_rps=1000,
        running_slots=1000,
    )
    with running(settings) as emulator:
        yield emulator


@pytest.fixture
def connection(service: RunningEmulator, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Sets a connection; called with nothing, it is the ordinary one. Tests that use it start with that."""

    def set_connection(
        conn_id: str = "dashscope_default",
        *,
        region: str = "ap-southeast-1",
        password: str | None = KEY,
        host: str | None = None,
        **extra: Any,
    ) -> None:
        connection = {
            "conn_type": "dashscope",
            "password": password,
            "host": host or service.base_urls[region],
            "extra": {"region": region, **extra},
        }
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(connection))

    set_connection()
    return set_connection


class FakeTaskInstance:
    """Stands in for Airflow's task instance where an operator is run without Airflow: it keeps XComs."""

    def __init__(self) -> None:
        self.xcoms: dict[str, Any] = {}
        self.max_tries = 0

    def xcom_pull(self, **_: Any) -> Any:
        return []

    def xcom_push(self, key: str, value: Any) -> None:
        self.xcoms[key] = json.loads(json.dumps(value))


class FakeStore:
    """Stands in for Airflow's task state store: values pass through JSON, as they do there.

    Attributes:
        values: What is stored.
        kept_for: For how long, by key.
    """

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.kept_for: dict[str, timedelta | None] = {}

    def get(self, key: str, default: Any = None) -> Any:
        return json.loads(self.values[key]) if key in self.values else default

    def set(self, key: str, value: Any, *, retention: timedelta | None = None) -> None:
        self.values[key] = json.dumps(value)
        self.kept_for[key] = retention

    def delete(self, key: str) -> None:
        self.values.pop(key, None)


def context(ti: FakeTaskInstance | None = None, store: FakeStore | None = None) -> Any:
    """What an operator sees of Airflow."""
    return {"ti": ti or FakeTaskInstance(), "task_state_store": store or FakeStore(), "dag": FakeDag()}


class FakeDag:
    """A DAG without tasks that could have submitted jobs."""

    tasks: tuple[Any, ...] = ()


def run_operator(
    operator: WanOperator, ti: FakeTaskInstance | None = None, store: FakeStore | None = None
) -> Any:
    """Run an operator to its end, with its trigger made anew from what Airflow would store of it.

    The event passes through JSON, as it does through Airflow's database.
    """
    from airflow.providers.common.compat.sdk import TaskDeferred

    seen = context(ti, store)
    step: Callable[[], Any] = lambda: operator.execute(seen)  # noqa: E731
    while True:
        try:
            return step()
        except TaskDeferred as deferred:
            path, kwargs = deferred.trigger.serialize()
            module, _, name = path.rpartition(".")
            trigger = getattr(importlib.import_module(module), name)(**json.loads(json.dumps(kwargs)))
            event = asyncio.run(first_event(trigger))
            method = getattr(operator, deferred.method_name)
            step = lambda: method(seen, event=event)  # noqa: E731, B023


async def first_event(trigger: Any) -> Any:
    events = [event async for event in trigger.run()]
    assert len(events) == 1
    return json.loads(json.dumps(events[0].payload))
