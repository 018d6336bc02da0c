"""The emulated service in a process of its own, and time as it passes there."""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import httpx
import psutil

from airflow_provider_wan.dashscope.account import Account
from airflow_provider_wan.emulator import EmulatorSettings

VACE = "wan2.1-vace-plus"
FUNCTION = "video_outpainting"
PATH = "/services/aigc/video-generation/video-synthesis"
BODY = {
    "model": VACE,
    "input": {"function": FUNCTION, "prompt": "a beach", "video_url": "https://example.com/clip.mp4"},
    "parameters": {"top_scale": 1.5},
}


@dataclass(frozen=True)
class Served:
    """A running service.

    Attributes:
        base_url: Where its API begins.
        key: A key it knows.
        speed: Service seconds per real second.
        pid: Its process.
        ahead: Its clock, less the real seconds since the machine started times `speed`.
    """

    base_url: str
    key: str
    speed: float
    pid: int
    ahead: float

    @property
    def account(self) -> Account:
        """The account to call it as."""
        return Account.of(api_key=self.key, host=self.base_url)

    def now(self) -> float:
        """Return the service's time. One counter serves all processes of a machine, so this is exact."""
        return self.ahead + time.monotonic() * self.speed

    async def sleep(self, seconds: float) -> None:
        """Wait for so many service seconds."""
        await asyncio.sleep(seconds / self.speed)

    def cpu_seconds(self) -> float:
        """Return the processor time the service has used."""
        times = psutil.Process(self.pid).cpu_times()
        return float(times.user + times.system)

    def jobs(self) -> dict[str, dict[str, Any]]:
        """Return all jobs with their inner facts, by id."""
        return {job["task_id"]: job for job in self._control("tasks")["tasks"]}

    def counts(self) -> dict[str, dict[str, int]]:
        """Return how often each endpoint answered with each status."""
        counts: dict[str, dict[str, int]] = self._control("requests")["endpoints"]
        return counts

    def advance(self, seconds: float) -> None:
        """Push the service's clock forward; `now` doesn't follow."""
        origin = self.base_url.removesuffix("/api/v1")
        httpx.post(f"{origin}/emulator/clock", json={"advance": seconds}, trust_env=False)

    def _control(self, what: str) -> Any:
        origin = self.base_url.removesuffix("/api/v1")
        return httpx.get(f"{origin}/emulator/{what}", timeout=60, trust_env=False).json()


@contextmanager
def served(settings: EmulatorSettings) -> Iterator[Served]:
    """Serve while the block lasts."""
    processes = multiprocessing.get_context("spawn")
    ours, theirs = processes.Pipe()
    process = processes.Process(target=_serve, args=(settings, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        base_url, key, moment, elapsed = ours.recv()
        pid = process.pid or 0
        yield Served(base_url, key, settings.speed, pid, moment - elapsed * settings.speed)
    finally:
        ours.close()
        process.join(20)


def _serve(settings: EmulatorSettings, parent: Connection) -> None:
    from airflow_provider_wan.emulator import running

    with running(settings) as emulator:
        parent.send((emulator.base_url, emulator.key, emulator.clock.now(), time.monotonic()))
        try:
            parent.recv()
        except (EOFError, OSError, KeyboardInterrupt):  # the benchmark has ended, whatever way
            return
