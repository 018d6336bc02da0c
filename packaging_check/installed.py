"""The wheel in an environment that held nothing before: what Airflow sees of it, and an edit."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from packaging_check.programs import CheckError, run, running

DISTRIBUTION = "airflow-provider-wan"
_LOOK = (
    "import sys; from airflow_provider_wan.media.probe import probe\n"
    "facts = probe(open(sys.argv[1], 'rb')); print(facts.width, facts.height, facts.seconds)"
)


class Installed:
    """An environment and an Airflow home below a folder that isn't in the checkout."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._bin = folder / "environment" / "bin"
        self._home = folder / "airflow"
        self._environment = {
            "AIRFLOW_HOME": str(self._home),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "NO_COLOR": "1",
            "PATH": f"{self._bin}{os.pathsep}{os.defpath}",
        }

    def install(self, wheel: Path, extra: str, constraints: Path) -> None:
        """Make the environment and put the wheel into it, by the pip of the environment that runs this."""
        run(sys.executable, "-m", "venv", "--without-pip", self._bin.parent, folder=self.folder)
        pip = (sys.executable, "-m", "pip", "--python", self._bin / "python")
        wanted = ("--constraint", constraints, f"{wheel}[{extra}]")
        # What is imported compiles itself; to compile all that comes along takes longer than the checks.
        run(*pip, "install", "--quiet", "--no-compile", *wanted, folder=self.folder, limit=1200)
        run(*pip, "check", folder=self.folder)
        place = self._run("python", "-c", "import airflow_provider_wan as wan; print(wan.__file__)").strip()
        _demand(place.startswith(f"{self._bin.parent}/"), f"The package was taken from {place}.")

    def check_what_airflow_sees(self, version: str) -> None:
        """Ask Airflow's command line for the provider and for each thing it brings."""
        self._run("airflow", "db", "migrate")
        providers = {one["package_name"]: one["version"] for one in self._listed("providers", "list")}
        _demand(providers.get(DISTRIBUTION) == version, f"Airflow lists these providers: {providers}")
        types = {one["connection_type"]: one["package_name"] for one in self._listed("providers", "hooks")}
        _demand(types.get("dashscope") == DISTRIBUTION, f"Airflow lists these connection types: {types}")
        plugins = {one["name"]: one["external_views"] for one in self._listed("plugins")}
        pages = [view["name"] for view in plugins.get("wan", [])]
        _demand(pages == ["Video", "Edits"], f"Airflow lists these plugins: {plugins}")
        currency = self._run("airflow", "config", "get-value", "wan", "currency")
        _demand(currency.split()[-1:] == ["CNY"], f"Airflow says of [wan] currency: {currency}")
        commands = self._run("airflow", "wan", "--help")
        _demand("cost" in commands and "pools" in commands, f"`airflow wan` offers:\n{commands}")

    def edit(self, clip: Path, dag: Path) -> str:
        """Run a DAG with one edit against `wan-emulator`, check what was landed, and say what it is."""
        media, dags, result = self.folder / "media", self._home / "dags", self.folder / "landed" / "wide.mp4"
        for source, place in ((clip, media), (dag, dags)):
            place.mkdir()
            shutil.copy(source, place)
        with self._emulator(media) as origin:
            connection = {"conn_type": "dashscope", "host": f"{origin}/api/v1", "password": "sk-emulator"}
            variables = {
                "AIRFLOW_CONN_DASHSCOPE_DEFAULT": json.dumps(connection),
                "PACKAGED_CLIP_URL": f"{origin}/media/{clip.name}",
                "PACKAGED_OUTPUT_PATH": result.as_uri(),
            }
            log = self._run("airflow", "dags", "test", dag.stem, **variables)
            with urllib.request.urlopen(f"{origin}/emulator/ledger", timeout=10) as answer:
                paid = json.load(answer)["paid_tasks"]
        _demand(result.exists(), f"There is no {result}. Airflow said:\n{log}")
        width, height, seconds = map(float, self._run("python", "-c", _LOOK, result).split())
        was_width, was_height, _ = map(float, self._run("python", "-c", _LOOK, clip).split())
        told = f"{width:.0f} x {height:.0f}, {seconds:.1f} s, {result.stat().st_size} bytes"
        _demand(width / height > was_width / was_height, f"The clip was to become wider, and is {told}.")
        _demand(paid == 1, f"One job was to be paid for, not {paid}.")
        return told

    @contextmanager
    def _emulator(self, media: Path) -> Iterator[str]:
        """Run the emulator on a free port; yields its address."""
        log = self.folder / "emulator.log"
        command = (self._bin / "wan-emulator", "--port", "0", "--speed", "60", "--media-root", media)
        with running(*command, folder=self.folder, environment=self._environment, log=log) as process:
            deadline = time.monotonic() + 60
            while not (told := re.search(r"(http://\S+)/emulator/ledger", log.read_text())):
                dead = process.poll() is not None or time.monotonic() > deadline
                _demand(not dead, f"`wan-emulator` didn't start. It said:\n{log.read_text()}")
                time.sleep(0.1)
            yield told[1]
        _demand(process.returncode == 0, f"`wan-emulator` ended badly:\n{log.read_text()}")

    def _listed(self, *command: str) -> list[dict[str, Any]]:
        """Return what a command of Airflow lists, which may say other things first."""
        said = self._run("airflow", *command, "--output", "json")
        return list(json.loads(said[said.find("[{") :]))

    def _run(self, program: str, *arguments: str | Path, **variables: str) -> str:
        environment = {**self._environment, **variables}
        return run(self._bin / program, *arguments, folder=self.folder, environment=environment)


def _demand(holds: bool, otherwise: str) -> None:
    if not holds:
        raise CheckError(otherwise)
