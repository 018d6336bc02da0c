"""Makes the environment of a cell, or takes the one that an earlier run has made of the same things."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

from matrix.cells import ROOT, Cell

INSTALL_LIMIT = 1200.0
"""Seconds."""
_WANTED = ("--editable", ".[emulator,examples,media]", "--group", "demo", "--group", "test")


class InstallError(Exception):
    """An environment can't be made; the message is what the installer said."""


def prepare(cell: Cell, base: str) -> Path:
    """Return the Python of the cell's environment.

    Args:
        cell: What to install.
        base: The Python to make it of.

    Raises:
        InstallError: No set of packages fits, or one can't be had.
    """
    venv, made_of = cell.folder / "venv", cell.folder / "made-of.txt"
    python = venv / "bin" / "python"
    bounds = "\n".join([f"apache-airflow=={cell.airflow}", *cell.bounds(), ""])
    mark = hashlib.sha256(
        "\n".join([base, bounds, (ROOT / "pyproject.toml").read_text()]).encode()
    ).hexdigest()
    if python.exists() and made_of.exists() and made_of.read_text() == mark:
        return python
    shutil.rmtree(cell.folder, ignore_errors=True)
    cell.folder.mkdir(parents=True)
    constraints = cell.folder / "bounds.txt"
    constraints.write_text(bounds)
    uv = shutil.which("uv")
    if uv:
        _run(uv, "venv", "--quiet", "--python", base, str(venv))
        _run(
            uv,
            "pip",
            "install",
            "--quiet",
            "--python",
            str(python),
            "--constraint",
            str(constraints),
            *_WANTED,
        )
    else:
        _run(base, "-m", "venv", str(venv))
        pip = (str(python), "-m", "pip", "install", "--quiet")
        _run(*pip, "--upgrade", "pip>=25.1")  # reads dependency groups
        _run(*pip, "--no-compile", "--constraint", str(constraints), *_WANTED)  # compiled when first imported
    made_of.write_text(mark)
    return python


def _run(*command: str) -> None:
    try:
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=INSTALL_LIMIT, check=False
        )
    except subprocess.TimeoutExpired:
        raise InstallError(f"not installed within {INSTALL_LIMIT / 60:.0f} minutes") from None
    if done.returncode:
        raise InstallError(
            (done.stderr or done.stdout).strip() or f"{command[0]} ended with {done.returncode}"
        )
