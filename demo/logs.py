"""The end of a log, as text for people."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def tail(path: Path, lines: int = 25) -> str:
    """Return the last lines of a file; a note where there is none."""
    try:
        text = path.read_text(errors="replace")
    except FileNotFoundError:
        return f"(there is no {path})"
    return "\n".join(text.splitlines()[-lines:])


def task_log(airflow_home: Path, dag_id: str, run_id: str, task_id: str, lines: int = 25) -> str:
    """Return the end of the log of a task's latest attempt, readable, with the file's path on top.

    Of a mapped task it is the latest attempt of all its instances.
    """
    folder = airflow_home / "logs" / f"dag_id={dag_id}" / f"run_id={run_id}" / f"task_id={task_id}"
    attempts = sorted(folder.rglob("attempt=*.log"), key=lambda path: path.stat().st_mtime)
    if not attempts:
        return f"(no log in {folder})"
    raw = attempts[-1].read_text(errors="replace").splitlines()
    readable = [text for line in raw for text in render(line)]
    return "\n".join([f"{attempts[-1]}:", *readable[-lines:]])


def render(line: str) -> list[str]:
    """Turn one line of Airflow's JSON log into lines for people; any other line stays as it is."""
    try:
        entry = json.loads(line)
    except ValueError:
        return [line]
    if not isinstance(entry, dict):
        return [line]
    time = str(entry.get("timestamp", ""))[11:19]
    level = str(entry.get("level", "")).upper()
    text = f"{time} {level:<7} {entry.get('event', '')}".strip()
    return [text, *(line for error in entry.get("error_detail") or [] for line in _error(error))]


def _error(error: dict[str, Any]) -> list[str]:
    return [
        f"    {error.get('exc_type')}: {line}" for line in str(error.get("exc_value", "")).splitlines()[:8]
    ]
