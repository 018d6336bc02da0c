"""A real Airflow for tests: each part a session of processes of its own, to be killed and started again."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

from demo import processes
from demo.airflow_api import AirflowApi
from demo.clock import ticks
from demo.database import number_triggers_once
from demo.logs import tail
from demo.settings import PASSWORD, USER, Port, Settings, child_environment
from demo.stack import prepare
from tests.patience import HANGS
from tests.sinks import StatsdSink

PARTS = {
    # Apart, because on SQLite the two lock one another up in one process: the log of a user's action waits for the
    # database in the event loop, while a worker's call that has the database waits for the event loop.
    "api-server": ("api-server", "--host", "127.0.0.1", "--apps", "core"),
    "api-server of the workers": ("api-server", "--host", "127.0.0.1", "--apps", "execution"),
    "scheduler": ("scheduler", "--skip-serve-logs"),
    "triggerer": ("triggerer", "--skip-serve-logs"),
    "dag-processor": ("dag-processor",),
}
OPTIONS = {
    "CORE__DAGS_FOLDER": str(Path(__file__).parent / "dags"),
    "CORE__EXECUTOR": "tests.system.executor.OrderlyExecutor",
    "CORE__PARALLELISM": "8",
    # By default 5 s, after which a worker asks again, five times, and gives its attempt up.
    "WORKERS__EXECUTION_API_TIMEOUT": "60",
    # Losses are noticed sooner than by default, but neither within the outages that the tests make nor where a slow
    # machine only seems to have lost something.
    "SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "60",
    "SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "5",
    "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",
    "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "3",
    "TRIGGERER__JOB_HEARTBEAT_SEC": "2",
    # Nobody changes the DAGs meanwhile; to read them again and again takes a fifth of a processor.
    "DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "3600",
    # The crash DAGs name a clip that doesn't exist, for an emulator that doesn't fetch any.
    "WAN__ALLOW_PRIVATE_URLS": "True",
    "WAN__PREFLIGHT": "False",
    "TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": "8",
}

LOCAL_SETTINGS = """
import sys

if "scheduler" in sys.argv:
    import airflow.providers.amazon.aws.fs.s3
    import airflow_provider_wan.long_edit
    import airflow_provider_wan.preload
    import tests.system.crashes
"""
"""Each task runs in a process that is forked from the scheduler. What is imported there, hundreds needn't import again,
which spares a quarter of the processor's time."""


class Api(AirflowApi):
    """The calls that the tests make beside the demo's, one at a time.

    On SQLite Airflow's API server locks itself up when several write at once.
    """

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._turn = threading.Lock()

    def connect(self, conn_id: str, host: str, key: str) -> None:
        """Create a connection."""
        connection = {"connection_id": conn_id, "conn_type": "dashscope", "host": host, "password": key}
        self._call("POST", "/api/v2/connections", connection)

    def clear(self, dag_id: str, run_id: str, task_id: str) -> None:
        """Clear a task, whatever its state."""
        order = {"dry_run": False, "only_failed": False, "dag_run_id": run_id, "task_ids": [task_id]}
        self._call("POST", f"/api/v2/dags/{dag_id}/clearTaskInstances", order)

    def mark(self, dag_id: str, run_id: str, task_id: str, state: str) -> None:
        """Mark a task as `failed` or `success`."""
        path = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}"
        self._call("PATCH", path, {"new_state": state})

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        with self._turn:
            return super()._call(method, path, body)


class Airflow:
    """API server, scheduler with its workers, triggerer and DAG processor, on one SQLite database.

    Args:
        home: Folder that will hold everything.
    """

    def __init__(self, home: Path) -> None:
        core, execution = (Port(number, "the tests", "-") for number in _free_ports(2))
        self._ports = {"api-server": core, "api-server of the workers": execution}
        unused = Port(0, "nothing", "-")
        self.settings = Settings(home, core, unused, unused, speed=1)
        self.api = Api(self.settings.airflow_url)
        self.database = self.settings.airflow_home / "airflow.db"
        self._environment = child_environment(self.settings, os.environ) | {
            f"AIRFLOW__{name}": value for name, value in OPTIONS.items()
        }
        self.statsd = StatsdSink()
        self._environment |= {
            "AIRFLOW__METRICS__STATSD_ON": "True",
            "AIRFLOW__METRICS__STATSD_PORT": str(self.statsd.port),
            "AIRFLOW__METRICS__STATSD_INFLUXDB_ENABLED": "True",
        }
        workers = f"http://127.0.0.1:{execution.number}/execution/"
        self._environment["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] = workers
        self._parts: dict[str, tuple[processes.Record, subprocess.Popen[bytes]]] = {}
        self._over = threading.Event()

    def start(self) -> None:
        """Start everything and wait until it works."""
        prepare(self.settings)
        local_settings = self.settings.airflow_home / "config" / "airflow_local_settings.py"
        local_settings.parent.mkdir()
        local_settings.write_text(LOCAL_SETTINGS)
        child = self._run("database", "db", "migrate")
        if child.wait(timeout=HANGS) != 0:
            raise AssertionError(f"no database:\n{tail(self.settings.logs / 'database.log')}")
        del self._parts["database"]
        number_triggers_once(self.database)
        with closing(sqlite3.connect(self.database)) as database:
            # Else readers and writers lock one another out, and the scheduler ends itself.
            database.execute("PRAGMA journal_mode=WAL")
        for part in PARTS:
            self.begin(part)
        self.wait_until_healthy()
        self.api.log_in(USER, PASSWORD)
        for _ in ticks(HANGS):
            if self.api.dag_ids():
                return
        raise AssertionError(f"the DAGs can't be read: {self.api.import_errors()}")

    def stop(self) -> None:
        """End everything, whatever state it is in, and whoever waits for it."""
        self._over.set()
        for record, _ in self._parts.values():
            self._signal(record, signal.SIGCONT)
        processes.stop(record for record, _ in self._parts.values())
        for _, child in self._parts.values():
            child.wait(timeout=HANGS)
        self.statsd.close()

    def wait_until_healthy(self) -> None:
        """Wait until every part says it is well."""
        missing: list[str] = []
        for _ in ticks(HANGS, every=0.3):
            missing = [
                *self.api.missing(),
                *(name for name, port in self._ports.items() if not _answers(port.number)),
            ]
            if not missing:
                return
        logs = "\n".join(tail(self.settings.logs / f"{part}.log") for part in self._parts)
        raise AssertionError(f"not healthy after {HANGS:.0f} s: {missing}\n{logs}")

    def wait_for_dags(self, *dag_ids: str) -> None:
        """Wait until DAGs have been read."""
        for _ in self.ticks(every=0.3):
            if self.api.dag_ids().issuperset(dag_ids):
                return
        raise AssertionError(f"the DAGs can't be read: {self.api.import_errors()}")

    def begin(self, part: str, name: str | None = None) -> None:
        """Start a part; a second one of its kind gets a name of its own."""
        port = ("--port", str(self._ports[part].number)) if part in self._ports else ()
        self._run(name or part, *PARTS[part], *port)

    def kill(self, name: str) -> None:
        """Kill a part with all its children, as the loss of its machine would."""
        self._end(name, signal.SIGKILL)

    def end(self, name: str) -> None:
        """End a part as a redeployment does: ask its main process."""
        self._end(name, signal.SIGTERM)

    def freeze(self, name: str) -> None:
        """Stop a part with all its children, without ending them."""
        self._signal(self._parts[name][0], signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        """Let a frozen part go on."""
        self._signal(self._parts[name][0], signal.SIGCONT)

    def ended(self) -> list[str]:
        """Name the parts that have ended by themselves."""
        return [name for name, (record, _) in self._parts.items() if not processes.alive(record)]

    def ticks(self, every: float) -> Iterator[float]:
        """Yield the seconds gone by, now and after each pause, while Airflow is up, until it hangs."""
        for gone in ticks(HANGS, every):
            if self._over.is_set():
                raise AssertionError("Airflow was stopped")
            yield gone

    def read(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Read from the metadata database, without going through a part that may be down."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=30)) as database:
            return database.execute(query, values).fetchall()

    @contextmanager
    def database_locked(self) -> Iterator[None]:
        """Keep everyone else from the metadata database while the block lasts."""
        with closing(sqlite3.connect(self.database, timeout=30, isolation_level=None)) as database:
            database.execute("BEGIN EXCLUSIVE")
            yield
            database.execute("ROLLBACK")

    def command(self, *arguments: str) -> str:
        """Run one of Airflow's commands on this deployment, and return what it prints."""
        done = subprocess.run(
            [sys.executable, "-m", "airflow", *arguments],
            env=self._environment,
            cwd=self.settings.home,
            capture_output=True,
            text=True,
            check=False,
            timeout=HANGS,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    def _run(self, name: str, *arguments: str) -> subprocess.Popen[bytes]:
        child = processes.start(
            ("-m", "airflow", *arguments),
            environment=self._environment,
            log=self.settings.logs / f"{name}.log",
            folder=self.settings.home,
        )
        self._parts[name] = processes.remember(name, child.pid), child
        return child

    def _end(self, name: str, number: signal.Signals) -> None:
        record, child = self._parts.pop(name)
        if number is signal.SIGKILL:
            self._signal(record, number)
        else:
            child.send_signal(number)
        for _ in ticks(HANGS, every=0.1):
            if child.poll() is not None and not processes.members(record):
                return
        processes.stop([record], grace=0)
        raise AssertionError(f"{name} did not end after {number.name}")

    @staticmethod
    def _signal(record: processes.Record, number: signal.Signals) -> None:
        for process in processes.members(record):
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _free_ports(number: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    try:
        return [sock.getsockname()[1] for sock in sockets]
    finally:
        for sock in sockets:
            sock.close()
