"""The demo's programs as one thing: prepare the folder, start all of them, wait until they work."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
from collections.abc import Mapping
from contextlib import suppress

import httpx

from demo import processes
from demo.airflow_api import AirflowApi
from demo.clock import ticks
from demo.console import say
from demo.database import number_triggers_once
from demo.errors import DemoError, NotStartedError
from demo.logs import tail
from demo.settings import API_KEY, MEDIA, PASSWORD, REGION, USER, Settings, child_environment

DATABASE_LIMIT = 240.0
START_LIMIT = 240.0
"""Seconds that each of the two steps may take; on two cores both together take about 30."""

MARK = ".wan-demo"


class Stack:
    """What one demo has running.

    Args:
        settings: Where, and on which ports.
        more: Environment variables of its programs beside those that `child_environment` returns, or in their place.
    """

    def __init__(self, settings: Settings, more: Mapping[str, str] | None = None) -> None:
        self.settings = settings
        self.records: list[processes.Record] = []
        self._children: list[subprocess.Popen[bytes]] = []
        self._environment = {**child_environment(settings, os.environ), **(more or {})}

    def emulator(self) -> list[str]:
        """Return the arguments of Python that run the emulator."""
        settings = self.settings
        emulator = f"-m airflow_provider_wan.emulator --port {settings.emulator.number} --key {API_KEY}"
        emulator += f" --region {REGION} --speed {settings.speed} --media-root"
        return [*emulator.split(), str(MEDIA)]

    def start(self) -> None:
        """Start everything, on an empty Airflow.

        Raises:
            NotStartedError: A demo is running already, a port is taken, or the folder isn't a demo's.
            DemoError: A program ended, or something took too long.
        """
        settings = self.settings
        refuse_second(settings)
        processes.check_ports(settings.ports)
        prepare(settings)
        say(f"Starting an emulated DashScope, a mail sink and Airflow (logs in {settings.logs}) ...")
        self._start("emulator", *self.emulator())
        self._start("mail", "-m", "demo.mail", str(settings.smtp.number), str(settings.mail))
        self._migrate()
        port = str(settings.airflow.number)
        self._start("api-server", "-m", "airflow", "api-server", "--host", "127.0.0.1", "--port", port)
        self._start("scheduler", "-m", "airflow", "scheduler", "--skip-serve-logs")
        self._start("triggerer", "-m", "airflow", "triggerer", "--skip-serve-logs")
        self._start("dag-processor", "-m", "airflow", "dag-processor")
        self._wait_until_healthy()

    def stop(self) -> None:
        """End everything this stack has started."""
        if self.records:
            say("\nEnding what was started ...")
            processes.stop(self.records)
            processes.save([], self.settings.records)

    def check(self) -> None:
        """Make sure that all programs are still running.

        Raises:
            DemoError: One has ended; with the end of what it printed.
        """
        for record in self.records:
            if not processes.alive(record):
                log = self.settings.logs / f"{record.name}.log"
                raise DemoError(f"The {record.name} has ended. The end of {log}:\n{tail(log)}")

    def _start(self, name: str, *arguments: str) -> subprocess.Popen[bytes]:
        child = processes.start(
            arguments,
            environment=self._environment,
            log=self.settings.logs / f"{name}.log",
            folder=self.settings.home,
        )
        self._children.append(child)
        self.records.append(processes.remember(name, child.pid))
        processes.save(self.records, self.settings.records)
        return child

    def _migrate(self) -> None:
        child = self._start("database", "-m", "airflow", "db", "migrate")
        for _ in ticks(DATABASE_LIMIT, every=0.2):
            if child.poll() is not None:
                break
        else:
            raise DemoError(f"Airflow's database was not made within {DATABASE_LIMIT:.0f} s.")
        if child.returncode != 0:
            log = self.settings.logs / "database.log"
            raise DemoError(f"Airflow's database could not be made. The end of {log}:\n{tail(log)}")
        self.records.pop()
        number_triggers_once(self.settings.airflow_home / "airflow.db")

    def _wait_until_healthy(self) -> None:
        missing: list[str] = []
        with AirflowApi(self.settings.airflow_url) as api:
            for _ in ticks(START_LIMIT):
                self.check()
                missing = [*self._not_listening(), *api.missing()]
                if not missing:
                    return
        raise DemoError(
            f"Not healthy after {START_LIMIT:.0f} s: {', '.join(missing)}. See {self.settings.logs}."
        )

    def _not_listening(self) -> list[str]:
        absent = []
        try:
            httpx.get(f"{self.settings.emulator_url}/emulator/ledger", timeout=5, trust_env=False)
        except httpx.TransportError:
            absent.append("emulator")
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", self.settings.smtp.number)) != 0:
                absent.append("mail")
        return absent


def refuse_second(settings: Settings) -> None:
    """Make sure that no demo runs from this folder already.

    Raises:
        NotStartedError: One does.
    """
    running = processes.load(settings.records)
    if running:
        names = ", ".join(record.name for record in running)
        raise NotStartedError(
            f"A demo is running from {settings.home} already ({names}). End it with `make down`."
        )


def prepare(settings: Settings) -> None:
    """Make the demo's folder, without the Airflow, the logs and the mails of an earlier demo.

    Raises:
        NotStartedError: The folder holds something that isn't a demo's.
    """
    home = settings.home
    mark = home / MARK
    if home.exists() and not mark.exists() and any(home.iterdir()):
        raise NotStartedError(
            f"{home} is not empty and was not made by the demo. Set DEMO_HOME to another folder."
        )
    home.mkdir(parents=True, exist_ok=True)
    mark.touch()
    for folder in (settings.airflow_home, settings.logs, settings.mail):
        with suppress(FileNotFoundError):
            shutil.rmtree(folder)
        folder.mkdir()
    settings.results.mkdir(exist_ok=True)
    (settings.airflow_home / "passwords.json").write_text(json.dumps({USER: PASSWORD}))
