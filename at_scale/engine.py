"""The parts of the engine as one thing: begin all of them, lose some, begin them again, end all."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import threading
from contextlib import suppress
from pathlib import Path
from typing import TextIO

import psutil

from at_scale import services
from at_scale.binaries import find_binaries
from at_scale.metadata import Metadata
from at_scale.parts import PARTS, command
from at_scale.service import Service
from at_scale.settings import TRIGGERERS, WORKERS, Settings, child_environment
from demo import processes
from demo.airflow_api import AirflowApi
from demo.clock import ticks
from demo.console import say
from demo.errors import DemoError, NotStartedError
from demo.logs import tail
from demo.settings import PASSWORD, USER
from demo.stack import prepare

MIGRATE_LIMIT, START_LIMIT, END_LIMIT = 120.0, 150.0, 20.0
"""Seconds that each of these may take."""
GRACE = 10.0
"""Seconds that Airflow's parts have to end by themselves."""


class Engine:
    """What one trial has running.

    Args:
        settings: Of the trial.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.api = AirflowApi(settings.demo.airflow_url)
        self.metadata = Metadata(settings.postgres)
        self.service = Service(settings)
        self._parts: dict[str, tuple[processes.Record, subprocess.Popen[bytes]]] = {}
        self._lock = threading.Lock()
        self._turn: TextIO | None = None

    # -- as a whole ----------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin everything on an empty folder, and wait until it works.

        Raises:
            NotStartedError: Something is missing, the folder isn't ours, or a trial runs from it.
            DemoError: A part ended, or something took too long.
        """
        binaries = find_binaries(os.environ.get("PATH", os.defpath))
        settings = self.settings
        self._turn = take_turn(settings.home)
        self._end_leftovers()
        try:
            prepare(settings.demo)
        except NotStartedError:
            raise NotStartedError(
                f"{settings.home} is not empty and was not made by a trial. Set AT_SCALE_HOME to another folder."
            ) from None
        # Postgres may run as another user, who has to get through here to its data.
        settings.home.chmod(0o755)
        say(f"Starting Postgres, Redis and an emulated DashScope (logs in {settings.demo.logs}) ...")
        data, folder = settings.home / "postgres", settings.home / "redis"
        for old in (data, folder, settings.demo.results):
            shutil.rmtree(old, ignore_errors=True)
        settings.demo.results.mkdir()
        services.make_database_folder(binaries, data, self._log("initdb"))
        self._remember(
            "postgres", services.start_postgres(binaries, data, settings.postgres, self._log("postgres"))
        )
        self._remember("redis", services.start_redis(binaries, folder, settings.redis, self._log("redis")))
        self._run("emulator", "at_scale.emulator", str(settings.emulator), str(settings.requests))
        services.make_database(settings.postgres)
        self._migrate()
        say("Starting Airflow: API server, scheduler, DAG processor, two Celery workers, two triggerers ...")
        self.make_whole()
        self.api.log_in(USER, PASSWORD)
        say(f"Airflow's UI: {settings.demo.airflow_url} (user {USER}, password {PASSWORD})")

    def stop(self) -> None:
        """End everything that was begun: Airflow's parts first, then what they stand on."""
        if not self._parts:
            return
        say("\nEnding what was started ...")
        ground = ("postgres", "redis", "emulator")
        for names, grace in ((self._parts.keys() - ground, GRACE), (ground, GRACE)):
            processes.stop([self._parts[name][0] for name in names if name in self._parts], grace)
        for _, child in self._parts.values():
            with suppress(subprocess.TimeoutExpired):
                child.wait(timeout=5)
        self._parts.clear()
        processes.save([], self.settings.demo.records)
        self.api.__exit__(None, None, None)

    def check(self) -> None:
        """Make sure that everything that was begun, and not killed, still runs.

        Raises:
            DemoError: A part has ended by itself; with the end of what it printed.
        """
        for name, (_, child) in self._parts.items():
            if child.poll() is not None:
                raise DemoError(
                    f"{name} has ended by itself. The end of {self._log(name)}:\n{tail(self._log(name))}"
                )

    def make_whole(self) -> None:
        """Begin the parts of Airflow that don't run, and wait until all work.

        Raises:
            DemoError: A part ended, or it takes too long.
        """
        absent = [part for part in PARTS if part not in self._parts]
        for part in absent:
            self._run(part, *command(part, self.settings))
        if absent:
            self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        """Wait until every part says that it works.

        Raises:
            DemoError: A part has ended, or it takes too long.
        """
        missing: list[str] = []
        for _ in ticks(START_LIMIT):
            self.check()
            missing = [*self._silent(), *self.api.missing()] or self._unregistered()
            if not missing:
                return
        raise DemoError(f"Not ready after {START_LIMIT:.0f} s: {', '.join(missing)}.")

    def sessions(self) -> list[tuple[int, str]]:
        """Return the session and the name of each part that runs now. May be called from any thread."""
        with self._lock:
            return [(record.pid, name) for name, (record, _) in self._parts.items()]

    # -- its parts -----------------------------------------------------------------------------------

    def kill(self, part: str) -> None:
        """Kill a part with all its processes, as the loss of its machine would.

        Raises:
            DemoError: It lives on.
        """
        record, child = self._parts[part]
        for _ in ticks(END_LIMIT, every=0.1):
            for process in processes.members(record):
                with suppress(psutil.NoSuchProcess):
                    process.send_signal(signal.SIGKILL)
            if child.poll() is not None and not processes.members(record):
                break
        else:
            raise DemoError(f"{part} (process {record.pid}) can't be killed.")
        with self._lock:
            del self._parts[part]
        self._save()
        # What it printed until now stays apart from what its successor will print.
        log = self._log(part)
        number = len(list(log.parent.glob(f"{part}.killed-*"))) + 1
        log.rename(log.with_suffix(f".killed-{number}.log"))

    def _migrate(self) -> None:
        child = self._run("migration", *command("migration", self.settings))
        for _ in ticks(MIGRATE_LIMIT, every=0.2):
            if child.poll() is not None:
                break
        else:
            raise DemoError(f"Airflow's tables were not made within {MIGRATE_LIMIT:.0f} s.")
        if child.returncode != 0:
            log = self._log("migration")
            raise DemoError(f"Airflow's tables could not be made. The end of {log}:\n{tail(log)}")
        with self._lock:
            del self._parts["migration"]

    def _silent(self) -> list[str]:
        """Name what doesn't say that it works: Airflow's health page leaves workers out."""
        silent = [worker for worker in WORKERS if not said(self._log(worker), " ready.")]
        return silent if self.service.answers() else [*silent, "emulator"]

    def _unregistered(self) -> list[str]:
        known = self.metadata.triggerers()
        return [triggerer for triggerer in TRIGGERERS if triggerer not in known]

    def _run(self, name: str, *arguments: str) -> subprocess.Popen[bytes]:
        child = processes.start(
            ("-m", *arguments),
            environment=child_environment(self.settings, os.environ, name),
            log=self._log(name),
            folder=self.settings.home,
        )
        self._remember(name, child)
        return child

    def _log(self, name: str) -> Path:
        return self.settings.demo.logs / f"{name}.log"

    def _remember(self, name: str, child: subprocess.Popen[bytes]) -> None:
        with self._lock:
            self._parts[name] = processes.remember(name, child.pid), child
        self._save()

    def _save(self) -> None:
        processes.save([record for record, _ in self._parts.values()], self.settings.demo.records)

    def _end_leftovers(self) -> None:
        """End what a trial that was killed has left running from this folder."""
        records = processes.load(self.settings.demo.records)
        if records:
            say(f"Ending what an earlier trial has left: {', '.join(record.name for record in records)}")
            processes.stop(records, GRACE)


def take_turn(home: Path) -> TextIO:
    """Make sure that no other trial runs from this folder, for as long as the file returned is open.

    Raises:
        NotStartedError: One does.
    """
    home.parent.mkdir(parents=True, exist_ok=True)
    file = home.with_name(f"{home.name}.lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise NotStartedError(f"A trial runs from {home} already. Wait for its end, or end it.") from None
    return file


def said(log: Path, text: str) -> bool:
    """Whether a part has printed this."""
    try:
        return text in log.read_text(errors="replace")
    except FileNotFoundError:
        return False
