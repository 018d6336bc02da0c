"""Programs the demo starts: begun in sessions of their own, remembered in a file, ended to the last child."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from demo.errors import NotStartedError
from demo.settings import Port

GRACE = 5.0
"""Seconds a program has to end by itself before it is killed."""

SAME = 60.0
"""Seconds by which a process's moment of birth may seem to move when the system's clock is set right."""


@dataclass(frozen=True, slots=True)
class Record:
    """A program that was started, known again by the moment it began: pids are used more than once.

    Attributes:
        name: What it is, e.g. `scheduler`.
        pid: Its process, which leads a session that all its children belong to.
        begun: When it began, as the system tells it.
    """

    name: str
    pid: int
    begun: float


def start(
    arguments: Sequence[str], *, environment: Mapping[str, str], log: Path, folder: Path
) -> subprocess.Popen[bytes]:
    """Start a Python program, with its output in a file, in a session of its own.

    Args:
        arguments: What follows the interpreter on the command line.
        environment: Its whole environment.
        log: File for what it prints.
        folder: Its working folder.
    """
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, *arguments],
            env=dict(environment),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def remember(name: str, pid: int) -> Record:
    """Note down a process just started."""
    return Record(name, pid, psutil.Process(pid).create_time())


def alive(record: Record) -> bool:
    """Tell whether the program itself, not merely its pid, is running."""
    try:
        process = psutil.Process(record.pid)
        return _same(process, record) and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def members(record: Record) -> list[psutil.Process]:
    """List what runs in a program's session: itself and its children, also those it left behind.

    A session's id stays taken while it has a member. Empty where the pid belongs to a stranger by now.
    """
    with suppress(psutil.NoSuchProcess):
        if not _same(psutil.Process(record.pid), record):
            return []
    found = []
    for process in psutil.process_iter():
        with suppress(ProcessLookupError, PermissionError, psutil.Error):
            ours = os.getsid(process.pid) == record.pid and process.create_time() > record.begun - SAME
            if ours and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def _same(process: psutil.Process, record: Record) -> bool:
    return bool(abs(process.create_time() - record.begun) <= SAME)


def stop(records: Iterable[Record], grace: float = GRACE) -> None:
    """End programs: ask all of them, wait, then kill what is left of their sessions."""
    records = list(records)
    for record in records:
        if alive(record):
            with suppress(ProcessLookupError):
                os.killpg(record.pid, signal.SIGTERM)
    deadline = time.monotonic() + grace
    while time.monotonic() < deadline and any(map(members, records)):
        time.sleep(0.1)
    for record in records:
        for process in members(record):
            with suppress(psutil.NoSuchProcess):
                process.kill()


def save(records: Iterable[Record], path: Path) -> None:
    """Write down what runs, in one step: a reader sees the old list or the new one."""
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps([asdict(record) for record in records], indent=1))
    draft.replace(path)


def load(path: Path) -> list[Record]:
    """Read what was started earlier and still has a process; empty where there is no such file."""
    try:
        records = [Record(**entry) for entry in json.loads(path.read_text())]
    except FileNotFoundError:
        return []
    except (ValueError, TypeError):
        raise NotStartedError(
            f"{path} can't be read. Look for processes left over, then delete the file."
        ) from None
    return [record for record in records if members(record)]


def check_ports(ports: Iterable[Port]) -> None:
    """Make sure that nobody listens on our ports.

    Raises:
        NotStartedError: Naming the port, what it is for, and how to choose another.
    """
    for port in ports:
        if _taken(port.number):
            raise NotStartedError(
                f"Port {port.number}, meant for {port.purpose}, is taken by another program. "
                f"Choose another by {port.variable}, e.g. `make demo {port.variable}={port.number + 100}`."
            )


def _taken(number: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        if probe.connect_ex(("127.0.0.1", number)) == 0:
            return True
    with socket.socket() as probe:
        probe.setsockopt(
            socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
        )  # the last run's closed connections don't count
        try:
            probe.bind(("127.0.0.1", number))
        except OSError:
            return True
    return False
