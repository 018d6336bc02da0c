"""Where the trial lives, which ports it takes, and what its Airflow is told."""

from __future__ import annotations

import json
import socket
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from demo import settings as demo
from demo.errors import NotStartedError

EDITS = 200
RUNNING_SLOTS = 20
RUN_SECONDS = (20.0, 40.0)
"""How many jobs the emulated account runs at once, and for how long. The clock runs at real speed, so that a
second of the query limit is a second; for the trial to end in minutes, the jobs are short and the slots many."""

QUERY_LIMIT = 20
"""Status queries a second that the service grants an account."""
STATUS_QPS = 8.0
"""Of these, what each triggerer may use: two take 16, and 4 are left to the workers and to people."""

WORKERS = ("worker-1", "worker-2")
TRIGGERERS = ("triggerer-1", "triggerer-2")
WORKER_CONCURRENCY = 4

OPTIONS = {
    "CORE__DAGS_FOLDER": str(Path(__file__).parent / "dags"),
    "CORE__EXECUTOR": "CeleryExecutor",
    "CORE__PARALLELISM": "32",
    # Each part under a name of its own, as if it had a machine of its own.
    "CORE__HOSTNAME_CALLABLE": "at_scale.names.part",
    "CELERY__WORKER_CONCURRENCY": str(WORKER_CONCURRENCY),
    # As by default: it is the scheduler that finds what a killed worker has left, not Redis.
    "CELERY_BROKER_TRANSPORT_OPTIONS__VISIBILITY_TIMEOUT": "86400",
    # Losses are noticed within half a minute. The defaults are 300 s for what a worker was running, 600 s for what it
    # had taken from the queue and not begun, and 30 s for a triggerer.
    "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "30",
    "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "5",
    "SCHEDULER__TASK_QUEUED_TIMEOUT": "60",
    "SCHEDULER__TASK_QUEUED_TIMEOUT_CHECK_INTERVAL": "10",
    "TRIGGERER__JOB_HEARTBEAT_SEC": "3",
    "TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": "15",
}


@dataclass(frozen=True, slots=True)
class Settings:
    """One trial.

    Attributes:
        home: Folder that holds everything the trial writes.
        edits: How many edits each of the two DAGs makes.
        airflow: Port of Airflow's UI and API.
        emulator: Port of the emulated DashScope.
        postgres: Port of the database.
        redis: Port of the broker.
    """

    home: Path
    edits: int
    airflow: int
    emulator: int
    postgres: int
    redis: int

    @property
    def demo(self) -> demo.Settings:
        """The same as the demo knows it, which runs an Airflow from a folder in much the same way."""
        airflow, emulator, mail = (
            demo.Port(number, "the trial", "-") for number in (self.airflow, self.emulator, 0)
        )
        return demo.Settings(self.home, airflow, emulator, mail, speed=1)

    @property
    def database_url(self) -> str:
        """Address of Airflow's database, as Airflow wants it."""
        return f"postgresql+psycopg://airflow@127.0.0.1:{self.postgres}/airflow"

    @property
    def requests(self) -> Path:
        """What the emulator was asked, a line each."""
        return self.home / "logs" / "requests.txt"


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Take the trial's settings from environment variables, and four free ports.

    Args:
        environ: `AT_SCALE_HOME` (default `wan-at-scale` in the folder for temporary files) and `AT_SCALE_EDITS`
            (200).

    Raises:
        NotStartedError: A value is not usable.
    """
    text = environ.get("AT_SCALE_EDITS") or str(EDITS)
    if not text.isdecimal() or not 8 <= int(text) <= 500:
        raise NotStartedError(f"AT_SCALE_EDITS={text!r} must be a whole number from 8 to 500.")
    home = Path(environ.get("AT_SCALE_HOME") or Path(tempfile.gettempdir()) / "wan-at-scale")
    return Settings(home.expanduser().resolve(), int(text), *_free_ports(4))


def child_environment(settings: Settings, environ: Mapping[str, str], part: str) -> dict[str, str]:
    """Return the whole environment of one part of the engine.

    Args:
        settings: Of the trial.
        environ: The environment of whoever started it.
        part: Name that the part shall go by.
    """
    connection = {
        "conn_type": "dashscope",
        "host": f"{settings.demo.emulator_url}/api/v1",
        "password": demo.API_KEY,
        "extra": {"region": demo.REGION, "status_qps": STATUS_QPS},
    }
    options = {
        **OPTIONS,
        "DATABASE__SQL_ALCHEMY_CONN": settings.database_url,
        "CELERY__BROKER_URL": f"redis://127.0.0.1:{settings.redis}/0",
        "CELERY__RESULT_BACKEND": f"db+{settings.database_url}",
    }
    return {
        **demo.child_environment(settings.demo, environ),
        **{f"AIRFLOW__{name}": value for name, value in options.items()},
        "AIRFLOW_CONN_DASHSCOPE_DEFAULT": json.dumps(connection),
        "AT_SCALE_PART": part,
        "AT_SCALE_EDITS": str(settings.edits),
        # Many small Python programs on few cores: what a numeric library might start threads for is not here.
        "OMP_NUM_THREADS": "1",
    }


def _free_ports(number: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    try:
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()
