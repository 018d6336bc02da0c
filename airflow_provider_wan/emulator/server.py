"""Listening: an emulator in a background thread, one port per region."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any
from urllib.parse import quote

import uvicorn
from starlette.types import Scope

from airflow_provider_wan.emulator.admin import Control, inner_facts
from airflow_provider_wan.emulator.app import build_app
from airflow_provider_wan.emulator.billing import Charge
from airflow_provider_wan.emulator.emulation import Emulation
from airflow_provider_wan.emulator.inputs import Fetched
from airflow_provider_wan.emulator.requestlog import Submit
from airflow_provider_wan.emulator.settings import EmulatorSettings, RegionSettings
from airflow_provider_wan.emulator.tasks import Failure, Status


class PortTakenError(OSError):
    """Another program listens on a port that was asked for."""


class RunningEmulator:
    """An emulator that listens, and direct access to its inside for tests in the same process.

    Attributes:
        settings: As it was started.
        clock: The service's clock; `clock.advance(seconds)` jumps forward.
        faults: `faults.order(where, kind, ...)` orders trouble; see `faults.Fault`.
        requests: What was called; `requests.count("submit")`.
    """

    def __init__(self, emulation: Emulation) -> None:
        self.settings = emulation.settings
        self.clock = emulation.clock
        self.faults = emulation.faults
        self.requests = emulation.requests
        self._emulation = emulation

    @property
    def origins(self) -> dict[str, str]:
        """Region id -> scheme, host and port."""
        return {service.region: service.origin for service in self._emulation.services}

    @property
    def base_urls(self) -> dict[str, str]:
        """Region id -> base URL."""
        return {region: f"{origin}{self.settings.base_path}" for region, origin in self.origins.items()}

    @property
    def origin(self) -> str:
        """Scheme, host and port of the first region."""
        return self._emulation.services[0].origin

    @property
    def base_url(self) -> str:
        """Base URL of the first region, e.g. `http://127.0.0.1:8765/api/v1`."""
        return f"{self.origin}{self.settings.base_path}"

    @property
    def key(self) -> str:
        """The first key of the first region."""
        return next(iter(self.settings.regions[0].keys))

    def media_url(self, path: str) -> str:
        """Return the address of a file below the media root."""
        return f"{self.origin}/media/{quote(path)}"

    def ledger(self) -> list[Charge]:
        """Return what was billed: one entry per paid job, and one without a job per answer of the detector."""
        return self._emulation.ledger()

    def submits(self) -> list[Submit]:
        """Return the create calls, as they arrived."""
        return self.requests.submits()

    def detections(self) -> list[Submit]:
        """Return the calls of speech-to-video's detector, as they arrived."""
        return self.requests.detections()

    def tasks(self) -> list[dict[str, Any]]:
        """Return all remembered jobs with their inner facts, in the order of submission."""
        return [inner_facts(*one) for one in self._emulation.tasks()]

    def inputs(self, task_id: str | None = None) -> list[Fetched]:
        """Return the inputs that were fetched, with role, length and SHA-256, oldest first.

        Inputs are fetched when their job starts, and only with `render` or `fetch_inputs`.

        Args:
            task_id: Only those of this job; None: all.
        """
        return self._emulation.inputs.fetched(task_id)

    def force(self, task_id: str, status: str, *, code: str = "InternalError", message: str = "") -> None:
        """Bring a job into a state at once.

        Args:
            task_id: The job.
            status: RUNNING, SUCCEEDED, FAILED, CANCELED, or UNKNOWN: the service forgets it.
            code: For FAILED.
            message: For FAILED.

        Raises:
            KeyError: There is no such job.
            ValueError: The job's state doesn't allow it.
        """
        self._emulation.force(task_id, Status(status), Failure(code, message))


class _Server(uvicorn.Server):
    """Ends the moment it is told to; uvicorn's own way takes up to 0.2 s, for graces nobody needs here."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._told = asyncio.Event()

    def end(self) -> None:
        self._told.set()

    async def main_loop(self) -> None:
        await self._told.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        del sockets
        for listening in self.servers:
            listening.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()


class _Listener:
    """One uvicorn server per region, all in one event loop."""

    def __init__(self, emulation: Emulation) -> None:
        self._sockets = _open_sockets(emulation.settings)
        self._servers: list[_Server] = []
        for service, sock in zip(emulation.services, self._sockets, strict=True):
            service.origin = _origin(sock)
            config = uvicorn.Config(
                build_app(service, emulation, Control(emulation).routes()),
                lifespan="off",
                log_config=uvicorn.config.LOGGING_CONFIG if emulation.settings.access_log else None,
                access_log=emulation.settings.access_log,
                # The service's own clock writes the date.
                date_header=False,
                server_header=False,
                ws="none",
            )
            self._servers.append(_Server(config))
        emulation.inputs.origins = tuple(service.origin for service in emulation.services)
        emulation.hangup = self.hangup

    def hangup(self, scope: Scope) -> None:
        """Close the connection a request came on, after sending what was written."""
        for server in self._servers:
            for connection in list(server.server_state.connections):
                ends = (getattr(connection, "client", None), getattr(connection, "server", None))
                if ends == (scope["client"], scope["server"]):
                    connection.transport.close()

    async def serve(self) -> None:
        """Serve until `stop`."""
        pairs = zip(self._servers, self._sockets, strict=True)
        await asyncio.gather(*(server.serve([sock]) for server, sock in pairs))

    def stop(self) -> None:
        """Stop serving; connections that are still open are cut. Call it from the event loop."""
        for server in self._servers:
            server.end()

    def close(self) -> None:
        """Free the ports."""
        for sock in self._sockets:
            sock.close()


@contextmanager
def running(settings: EmulatorSettings | None = None) -> Iterator[RunningEmulator]:
    """Run an emulator in a background thread while the block lasts.

    Args:
        settings: What to serve; None: the defaults, on a free port.

    Raises:
        PortTakenError: A port is in use.
        MissingExtraError: The `emulator` extra is needed.
        ConnectionSettingsError: There is no such region.
        NotADirectoryError: The media root isn't a folder.
    """
    emulation = Emulation(settings or EmulatorSettings())
    try:
        listener = _Listener(emulation)
        runner = asyncio.Runner()
        loop = runner.get_loop()
        thread = Thread(target=_serve, args=(runner, listener), name="wan-emulator", daemon=True)
        thread.start()
        try:
            yield RunningEmulator(emulation)
        finally:
            loop.call_soon_threadsafe(listener.stop)
            thread.join()
            listener.close()
    finally:
        emulation.close()


def _origin(sock: socket.socket) -> str:
    host, port = sock.getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104 (not bound here; clients need an address they can call)
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _serve(runner: asyncio.Runner, listener: _Listener) -> None:
    # The runner cancels what still hangs when serving has ended.
    with runner:
        runner.run(listener.serve())


def _open_sockets(settings: EmulatorSettings) -> list[socket.socket]:
    """Listen on all ports at once, so that clients may connect as soon as `running` begins."""
    opened: list[socket.socket] = []
    for region in settings.regions:
        try:
            opened.append(_listen(settings.host, region))
        except OSError as error:
            for sock in opened:
                sock.close()
            raise PortTakenError(
                error.errno,
                f"Can't listen on {settings.host}:{region.port} for {region.region}: {error.strerror}. "
                "End what uses the port, or choose another one (0 takes a free one).",
            ) from None
    return opened


def _listen(host: str, region: RegionSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio switches Nagle's algorithm off only where the protocol is named; with it, answers take 40 ms.
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, region.port))
        sock.listen(2048)
    except OSError:
        sock.close()
        raise
    return sock
