"""Postgres and Redis from Debian's packages, on loopback and in a folder of their own; nothing system-wide."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import psycopg

from at_scale.binaries import Binaries
from demo.clock import ticks
from demo.errors import DemoError

OWNER = "postgres"
HAVE_ROOT = os.geteuid() == 0
"""Postgres refuses to run as root, and then runs as the user that its package has made."""
START_LIMIT = 30.0


def make_database_folder(binaries: Binaries, data: Path, log: Path) -> None:
    """Make an empty Postgres for a single user, `airflow`, who needs no password on this machine.

    Raises:
        DemoError: It could not be made; with what it printed.
    """
    data.mkdir()
    if HAVE_ROOT:
        shutil.chown(data, OWNER, OWNER)
    command = [binaries.initdb, "-D", data, "-U", "airflow", "--auth=trust", "-E", "UTF8"]
    with log.open("ab") as output:
        made = subprocess.run(
            [*map(str, command), "--locale=C", "--no-sync"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=data,
            check=False,
            **_as_owner(),
        )
    if made.returncode != 0:
        raise DemoError(f"No database could be made:\n{log.read_text(errors='replace')[-2000:]}")


def start_postgres(binaries: Binaries, data: Path, port: int, log: Path) -> subprocess.Popen[bytes]:
    """Start Postgres on a folder made by `make_database_folder`."""
    options = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": "",
        "max_connections": 200,
        "fsync": "off",  # nothing here needs to outlive the machine
        "dynamic_shared_memory_type": "mmap",  # leaves nothing behind when killed
    }
    arguments = [text for name, value in options.items() for text in ("-c", f"{name}={value}")]
    return _start([str(binaries.postgres), "-D", str(data), *arguments], data, log, **_as_owner())


def start_redis(binaries: Binaries, folder: Path, port: int, log: Path) -> subprocess.Popen[bytes]:
    """Start a Redis that keeps nothing on disk."""
    folder.mkdir()
    arguments = ["--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder)]
    return _start([str(binaries.redis), *arguments, "--save", "", "--appendonly", "no"], folder, log)


def make_database(port: int) -> None:
    """Make Airflow's database, as soon as Postgres answers.

    Raises:
        DemoError: It doesn't answer.
    """
    for _ in ticks(START_LIMIT, every=0.2):
        try:
            with psycopg.connect(
                f"host=127.0.0.1 port={port} user=airflow dbname=postgres", autocommit=True
            ) as connection:
                connection.execute("CREATE DATABASE airflow")
                return
        except psycopg.OperationalError:
            continue
    raise DemoError(f"Postgres doesn't answer on port {port} after {START_LIMIT:.0f} s.")


def _start(command: list[str], folder: Path, log: Path, **who: Any) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            **who,
        )


def _as_owner() -> dict[str, Any]:
    return {"user": OWNER, "group": OWNER, "extra_groups": []} if HAVE_ROOT else {}
