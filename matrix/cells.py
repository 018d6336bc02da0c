"""What is run: an Airflow, a Python, and how low the provider's other dependencies are."""

from __future__ import annotations

import os
import shutil
import subprocess
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
AIRFLOWS = ("3.1.0", "3.1.8", "3.2.0", "3.2.2", "3.3.0", "3.3.2")
"""The lowest and the newest patch of each version that the provider is for."""
PYTHONS = ("3.11", "3.12", "3.13")

QUICK = (
    "tests/operators/test_admission.py",
    "tests/operators/test_batch.py",
    "tests/operators/test_edit.py",
    "tests/operators/test_kept.py",
    "tests/operators/test_kills.py",
    "tests/operators/test_parse.py",
    "tests/operators/test_promises.py",
    "tests/test_accounts.py",
    "tests/test_dags.py",
    "tests/test_ledger.py",
    "tests/test_provider.py",
    "tests/test_retries.py",
    "tests/test_wait.py",
    "tests/ui/test_plugin.py",
)
"""Operators, triggers, hook, ledger, provider, and DAGs under a real Airflow."""
FEW = (
    "tests/operators/test_edit.py",
    "tests/operators/test_parse.py",
    "tests/test_accounts.py",
    "tests/test_dags.py",
    "tests/test_ledger.py",
    "tests/test_provider.py",
    "tests/ui/test_plugin.py",
)
"""What is run for each change: an edit's way in one process, and DAGs under a real Airflow."""


@dataclass(frozen=True)
class Cell:
    """One environment.

    Attributes:
        airflow: Its exact version.
        python: As `3.11`.
        lowest: Whether the provider's dependencies are at the lower bounds that it declares.
    """

    airflow: str
    python: str
    lowest: bool = False

    def __str__(self) -> str:
        return f"{self.airflow}{', lowest' if self.lowest else ''}"

    @property
    def folder(self) -> Path:
        """Where its environment and its results are kept; git ignores it."""
        name = f"airflow-{self.airflow}-python-{self.python}{'-lowest' if self.lowest else ''}"
        return ROOT / ".build" / "matrix" / name

    def bounds(self) -> list[str]:
        """Return what holds the resolver back, each line a requirement: see `matrix/bounds`."""
        minor = ".".join(self.airflow.split(".")[:2])
        held = _lines(f"airflow-{minor}.txt")
        if not self.lowest:
            return held
        pins = floors()
        own = {Requirement(pin).name for pin in pins}
        return held + pins + [line for line in _lines("lowest.txt") if Requirement(line).name not in own]


def _lines(name: str) -> list[str]:
    file = Path(__file__).parent / "bounds" / name
    lines = file.read_text().splitlines() if file.exists() else []
    return [line for line in lines if line and not line.startswith("#")]


def floors() -> list[str]:
    """Pin what the provider and its extras need to the lower bound of each. Airflow itself is the cell's."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = [
        *project["dependencies"],
        *(line for extra in project["optional-dependencies"].values() for line in extra),
    ]
    pins = set()
    for one in map(Requirement, lines):
        low = [bound.version for bound in one.specifier if bound.operator == ">="]
        if one.name != "apache-airflow":
            pins.add(f"{one.name}=={low[0]}")
    return sorted(pins)


@cache
def interpreter(python: str) -> str | None:
    """Find a Python: on PATH, or among pyenv's. A name on PATH may be pyenv's stand-in for one that isn't chosen."""
    pyenv = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser() / "versions"
    named = [shutil.which(name) for name in (f"python{python}", "python3")]
    candidates = [*named, *sorted(map(str, pyenv.glob(f"{python}.*/bin/python")))]
    ask = "import sys; print('%d.%d' % sys.version_info[:2], sys.executable)"
    for candidate in filter(None, candidates):
        asked = subprocess.run(
            [candidate, "-c", ask], capture_output=True, text=True, timeout=30, check=False
        )
        version, _, place = asked.stdout.strip().partition(" ")
        if version == python:
            return place
    return None
