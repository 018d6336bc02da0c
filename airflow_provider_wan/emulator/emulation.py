"""Everything one emulator consists of, apart from the sockets it listens on."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from threading import RLock

from starlette.types import Scope

from airflow_provider_wan.dashscope.catalog import find_region
from airflow_provider_wan.emulator.billing import Charge
from airflow_provider_wan.emulator.clock import ServiceClock
from airflow_provider_wan.emulator.faults import Faults
from airflow_provider_wan.emulator.inputs import Inputs, MediaRoot
from airflow_provider_wan.emulator.requestlog import RequestLog
from airflow_provider_wan.emulator.results import Results, Signer
from airflow_provider_wan.emulator.service import Parts, Service
from airflow_provider_wan.emulator.settings import EmulatorSettings
from airflow_provider_wan.emulator.tasks import Failure, Status, Task
from airflow_provider_wan.emulator.uploads import Uploads
from airflow_provider_wan.emulator.work import Workshop, render_task

_EXTRA = {"av": "PyAV", "numpy": "NumPy", "PIL": "Pillow", "python_multipart": "python-multipart"}


class MissingExtraError(RuntimeError):
    """Something from the `emulator` extra isn't installed."""


def check_extra(settings: EmulatorSettings) -> None:
    """Refuse settings that need what isn't installed.

    Raises:
        MissingExtraError: With the command that installs it.
    """
    needed = _EXTRA if settings.render else {"python_multipart": _EXTRA["python_multipart"]}
    missing = [name for module, name in needed.items() if find_spec(module) is None]
    if missing:
        raise MissingExtraError(
            f"The emulator needs {', '.join(missing)}. "
            "Install it with: pip install 'airflow-provider-wan[emulator]'"
            + ("; or start it with --no-render." if settings.render else "")
        )


class Emulation:
    """The regions of one emulator and what they share.

    Args:
        settings: What to emulate.

    Raises:
        MissingExtraError: The `emulator` extra is needed.
        ConnectionSettingsError: There is no such region.
        NotADirectoryError: The media root isn't a folder.
    """

    def __init__(self, settings: EmulatorSettings) -> None:
        check_extra(settings)
        for region in settings.regions:
            find_region(region.region)
        if settings.media_root is not None and not settings.media_root.is_dir():
            raise NotADirectoryError(f"media_root={settings.media_root}: is not a folder.")
        self.settings = settings
        self.clock = ServiceClock(settings.speed)
        self.faults = Faults()
        self.requests = RequestLog()
        self.charges: list[Charge] = []
        self._temporary = tempfile.TemporaryDirectory(prefix="wan-emulator-", ignore_cleanup_errors=True)
        folder = Path(self._temporary.name)
        signer = Signer()
        self.media = MediaRoot(settings.media_root)
        self.uploads = Uploads(folder, signer, settings.max_upload_mb)
        self.results = Results(signer)
        self.inputs = Inputs(uploads=self.uploads, results=self.results, media=self.media)
        self.workshop = Workshop(
            inputs=self.inputs,
            folder=folder,
            now=self.clock.now,
            fetches=settings.fetches,
            render=render_task if settings.render else None,
            threads=settings.render_threads,
        )
        self.lock = RLock()
        """Held while anything that is counted or remembered changes."""
        parts = Parts(
            settings=settings,
            clock=self.clock,
            faults=self.faults,
            uploads=self.uploads,
            results=self.results,
            inputs=self.inputs,
            workshop=self.workshop,
            charges=self.charges,
            lock=self.lock,
        )
        self.services = [Service(region, parts) for region in settings.regions]
        self.hangup: Callable[[Scope], None] = lambda _: None
        """Closes a request's connection; set by whoever listens."""

    def tasks(self) -> list[tuple[Service, Task]]:
        """Return all remembered jobs, brought up to date, with their regions."""
        return [(service, task) for service in self.services for task in service.tasks()]

    def ledger(self) -> list[Charge]:
        """Return what was billed until now, in order of the jobs' ends as they were noticed."""
        self.tasks()
        return list(self.charges)

    def force(self, task_id: str, status: Status, failure: Failure) -> Task:
        """Bring a job into a state; see `Service.force`.

        Raises:
            KeyError: There is no such job.
            ValueError: The job's state doesn't allow it.
        """
        for service in self.services:
            task = service.force(task_id, status, failure)
            if task is not None:
                return task
        raise KeyError(task_id)

    def close(self) -> None:
        """Stop the work and remove all files."""
        self.workshop.close()
        self._temporary.cleanup()
