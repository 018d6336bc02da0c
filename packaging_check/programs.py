"""Programs that are run to their end, or for a while; none of them outlives this one."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile


class CheckError(Exception):
    """The package isn't fit to publish, or that can't be found out; the message says why."""


@contextmanager
def running(
    *command: str | Path, folder: Path, environment: Mapping[str, str] | None, log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a program whose output goes to a file; end it, and kill what it has left of its session."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=output, stderr=output, start_new_session=True
        )
    try:
        yield process
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def run(
    *command: str | Path, folder: Path, environment: Mapping[str, str] | None = None, limit: float = 300
) -> str:
    """Run a program in a folder and return what it printed; it has to succeed within `limit` seconds."""
    spoken = " ".join(map(str, command))
    with NamedTemporaryFile() as kept:
        log = Path(kept.name)
        with running(*command, folder=folder, environment=environment, log=log) as process:
            try:
                process.wait(limit)
            except subprocess.TimeoutExpired:
                raise CheckError(f"`{spoken}` wasn't over within {limit:.0f} seconds.") from None
        said = log.read_text()
    if process.returncode:
        last = "\n".join(said.strip().splitlines()[-30:])
        raise CheckError(f"`{spoken}` ended with {process.returncode}:\n{last}")
    return said
