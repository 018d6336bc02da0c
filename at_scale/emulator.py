"""The emulated DashScope as a program of its own, which writes down every request with its time."""

from __future__ import annotations

import logging
import signal
import sys
from pathlib import Path
from threading import Event

from airflow_provider_wan.emulator import EmulatorSettings, RegionSettings, running
from at_scale.settings import RUN_SECONDS, RUNNING_SLOTS
from demo.settings import API_KEY, MEDIA, REGION


class RequestFile(logging.Handler):
    """Writes a line for each request: when it was answered, its method, path and status.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._file = path.open("a", buffering=1)

    def emit(self, record: logging.LogRecord) -> None:
        """Write down one of uvicorn's access records."""
        _, method, path, _, status = record.args  # type: ignore[misc]
        self._file.write(f"{record.created:.3f} {method} {str(path).partition('?')[0]} {status}\n")


def main(port: int, path: Path) -> None:
    """Serve until told to end."""
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    settings = EmulatorSettings(
        regions=(RegionSettings(REGION, port, {API_KEY: "account"}),),
        media_root=MEDIA,
        render=False,
        run_seconds=RUN_SECONDS,
        running_slots=RUNNING_SLOTS,
        access_log=True,
    )
    with running(settings):
        logging.getLogger("uvicorn.access").handlers = [RequestFile(path)]
        stop.wait()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
