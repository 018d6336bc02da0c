"""Where the demo lives, which ports it takes, and the environment its programs run in."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from demo.errors import NotStartedError

ROOT = Path(__file__).resolve().parent.parent
MEDIA = ROOT / "demo" / "media"
CLIP = "big_buck_bunny.mp4"
EXAMPLE_FILM = 20
"""Seconds of the film that the example DAGs are given."""
API_KEY = "sk-emulator"
REGION = "ap-southeast-1"
USER = PASSWORD = "admin"


@dataclass(frozen=True, slots=True)
class Port:
    """A port the demo listens on, and how to choose another."""

    number: int
    purpose: str
    variable: str


@dataclass(frozen=True, slots=True)
class Settings:
    """One demo: its folder, its ports, its speed.

    Attributes:
        home: Folder that holds everything the demo writes.
        airflow: Port of Airflow's UI and API.
        emulator: Port of the emulated DashScope.
        smtp: Port of the mail sink.
        speed: How many times faster than the service the emulator runs.
    """

    home: Path
    airflow: Port
    emulator: Port
    smtp: Port
    speed: int

    @property
    def ports(self) -> tuple[Port, ...]:
        """All of them."""
        return (self.airflow, self.emulator, self.smtp)

    @property
    def airflow_url(self) -> str:
        """Address of the UI; the API is below it."""
        return f"http://127.0.0.1:{self.airflow.number}"

    @property
    def emulator_url(self) -> str:
        """Address of the emulator, without the path of its API."""
        return f"http://127.0.0.1:{self.emulator.number}"

    @property
    def clip_url(self) -> str:
        """Address at which the emulator finds the sample clip."""
        return f"{self.emulator_url}/media/{CLIP}"

    @property
    def airflow_home(self) -> Path:
        """`AIRFLOW_HOME` of the demo."""
        return self.home / "airflow"

    @property
    def logs(self) -> Path:
        """One file for each program's output."""
        return self.home / "logs"

    @property
    def mail(self) -> Path:
        """Delivered mails, one .eml each."""
        return self.home / "mail"

    @property
    def results(self) -> Path:
        """Edited clips, one folder for each run."""
        return self.home / "results"

    @property
    def results_uri(self) -> str:
        """The same as Airflow's `ObjectStoragePath` wants it, which doesn't undo percent signs."""
        return f"file://{self.results}"

    @property
    def records(self) -> Path:
        """What the demo started, to be ended later."""
        return self.home / "processes.json"


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Take the demo's settings from environment variables.

    Args:
        environ: `DEMO_HOME` (default `.demo` in the repository), `DEMO_AIRFLOW_PORT` (18080),
            `DEMO_EMULATOR_PORT` (18765), `DEMO_SMTP_PORT` (18025), `DEMO_SPEED` (60).

    Raises:
        NotStartedError: A value is not a whole number in range, or two ports are the same.
    """
    ports = (
        ("DEMO_AIRFLOW_PORT", 18080, "Airflow's UI and API"),
        ("DEMO_EMULATOR_PORT", 18765, "the emulated DashScope"),
        ("DEMO_SMTP_PORT", 18025, "the mail sink"),
    )
    airflow, emulator, smtp = (
        Port(_number(environ, name, default, 1024, 65535), purpose, name) for name, default, purpose in ports
    )
    if len({airflow.number, emulator.number, smtp.number}) < len(ports):
        raise NotStartedError(f"{', '.join(name for name, _, _ in ports)} must be three different ports.")
    return Settings(
        home=Path(environ.get("DEMO_HOME") or ROOT / ".demo").expanduser().resolve(),
        airflow=airflow,
        emulator=emulator,
        smtp=smtp,
        speed=_number(environ, "DEMO_SPEED", 60, 1, 3600),
    )


def _number(environ: Mapping[str, str], name: str, default: int, lowest: int, highest: int) -> int:
    text = environ.get(name) or str(default)
    if not text.isdecimal() or not lowest <= int(text) <= highest:
        raise NotStartedError(f"{name} is {text!r}. It must be a whole number from {lowest} to {highest}.")
    return int(text)


def child_environment(settings: Settings, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for the demo's programs.

    Airflow is configured through it alone. Whatever the user has set for an Airflow of their own is left
    out, so that the demo can't touch that one.
    """
    kept = {name: value for name, value in environ.items() if not name.startswith(("AIRFLOW_", "_AIRFLOW_"))}
    direct = ",".join(filter(None, ("127.0.0.1,localhost", kept.get("NO_PROXY") or kept.get("no_proxy"))))
    python_path = os.pathsep.join(filter(None, (str(ROOT), kept.get("PYTHONPATH"))))
    return {
        **kept,
        "PYTHONPATH": python_path,
        "PYTHONUNBUFFERED": "1",
        "NO_PROXY": direct,
        "no_proxy": direct,
        **_airflow(settings),
        "AIRFLOW_CONN_DASHSCOPE_DEFAULT": json.dumps(
            {
                "conn_type": "dashscope",
                "host": f"{settings.emulator_url}/api/v1",
                "password": API_KEY,
                "extra": {"region": REGION},
            }
        ),
        "AIRFLOW_CONN_SMTP_DEFAULT": json.dumps(
            {
                "conn_type": "smtp",
                "host": "127.0.0.1",
                "port": settings.smtp.number,
                "extra": {"from_email": "airflow@example.com", "disable_tls": True, "disable_ssl": True},
            }
        ),
        "WAN_EXAMPLE_CLIP_URL": settings.clip_url,
        "WAN_EXAMPLE_OUTPUT_FOLDER": settings.results_uri,
        "WAN_EXAMPLE_SOURCE": f"file://{MEDIA / CLIP}",
        "WAN_EXAMPLE_CLIPS": f"file://{MEDIA}/",
        "WAN_EXAMPLE_FILM": f"{settings.results_uri}/film-{EXAMPLE_FILM}s.mp4",
        "WAN_EXAMPLE_PHOTO": f"file://{(MEDIA / CLIP).with_suffix('.jpg')}",
        "WAN_EXAMPLE_SOUND": f"file://{(MEDIA / CLIP).with_suffix('.mp3')}",
    }


def _airflow(settings: Settings) -> dict[str, str]:
    home = settings.airflow_home
    options = {
        "CORE__DAGS_FOLDER": str(ROOT / "example_dags"),
        "CORE__LOAD_EXAMPLES": "False",
        "CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "CORE__EXECUTOR": "LocalExecutor",
        "CORE__PARALLELISM": "2",
        "CORE__EXECUTION_API_SERVER_URL": f"{settings.airflow_url}/execution/",
        "CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
        "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / "passwords.json"),
        "CORE__TEST_CONNECTION": "Enabled",
        "DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
        "API__BASE_URL": settings.airflow_url,
        "API__WORKERS": "1",
        "DAG_PROCESSOR__REFRESH_INTERVAL": "10",
        "DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "10",
        "USAGE_DATA_COLLECTION__ENABLED": "False",
        # A worker may notice the end of its task only at the next heartbeat. At the emulator's speed an edit can be
        # done before the default of 5 s has passed, and the scheduler takes the late news for a failure.
        "WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
        # Local inputs may be read below these folders only: the demo's clip, and what its own edits have landed.
        "WAN__LOCAL_MEDIA_ROOTS": f"{MEDIA},{settings.results}",
        # The emulator is on loopback, and so are the results that contact sheets and the tab "Video" read from it.
        "WAN__ALLOW_PRIVATE_URLS": "True",
    }
    return {"AIRFLOW_HOME": str(home), **{f"AIRFLOW__{name}": value for name, value in options.items()}}
