"""The Airflow that is pictured: the demo's, on free ports and in a folder of its own, with storage beside it."""

from __future__ import annotations

import json
import shutil
import socket
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from demo.pictures.outside import BUCKET, LOGIN, SLOW_REGION
from demo.settings import API_KEY, CLIP, ROOT, Port, Settings
from demo.stack import MARK, Stack

HOME = ROOT / ".build" / "pictures"
DAGS = ROOT / "demo" / "pictures" / "dags"
EXAMPLES = ROOT / "example_dags"
STORE = f"s3://aws_default@{BUCKET}"


def free_ports(count: int) -> list[int]:
    """Return ports of this machine that nobody listens on, all different."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


@dataclass(frozen=True, slots=True)
class Beside:
    """Ports of what there is beside a demo's programs.

    Attributes:
        slow: Of the service in the region where edits take long.
        storage: Of the storage.
    """

    slow: int
    storage: int


def free_settings(home: Path = HOME) -> tuple[Settings, Beside]:
    """Return settings that don't disturb a demo that runs."""
    *ports, slow, storage = free_ports(5)
    airflow, emulator, smtp = (Port(number, "the pictures", "nothing") for number in ports)
    return Settings(home, airflow, emulator, smtp, speed=1), Beside(slow, storage)


class Stage(Stack):
    """What has to run while pictures are taken.

    Args:
        settings: Where, and on which ports.
        beside: Further ports.
    """

    def __init__(self, settings: Settings, beside: Beside) -> None:
        self._beside = beside
        super().__init__(settings, more_environment(beside))

    def emulator(self) -> list[str]:
        """Return the arguments of Python that run the service, and the storage along with it."""
        ports = (self.settings.emulator.number, self._beside.slow, self._beside.storage)
        return ["-m", "demo.pictures.outside", *map(str, ports)]

    def start(self) -> None:
        """Start everything, on an empty Airflow, without the logs and mails of an earlier run."""
        if (self.settings.home / MARK).exists():
            shutil.rmtree(self.settings.home / "results", ignore_errors=True)
        super().start()


def more_environment(beside: Beside) -> dict[str, str]:
    """Return what Airflow has to know beside what the demo tells it."""
    folders = {"pictures": DAGS, "examples": EXAMPLES}
    bundles = [
        {
            "name": name,
            "classpath": "airflow.dag_processing.bundles.local.LocalDagBundle",
            "kwargs": {"path": str(folder)},
        }
        for name, folder in folders.items()
    ]
    aws = {
        "conn_type": "aws",
        "login": LOGIN["aws_access_key_id"],
        "password": LOGIN["aws_secret_access_key"],
        "extra": {
            "endpoint_url": f"http://127.0.0.1:{beside.storage}",
            "region_name": LOGIN["region_name"],
        },
    }
    slow = {
        "conn_type": "dashscope",
        "host": f"http://127.0.0.1:{beside.slow}/api/v1",
        "password": API_KEY,
        "extra": {"region": SLOW_REGION},
    }
    return {
        "AIRFLOW__CORE__PARALLELISM": "3",
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps(bundles),
        "AIRFLOW_CONN_AWS_DEFAULT": json.dumps(aws),
        "AIRFLOW_CONN_DASHSCOPE_BEIJING": json.dumps(slow),
        "WAN_EXAMPLE_CLIP_URL": f"{STORE}/raw/{CLIP}",
        "WAN_EXAMPLE_OUTPUT_FOLDER": f"{STORE}/edits",
    }
