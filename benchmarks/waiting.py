"""Triggers that `benchmarks.triggerer` lets Airflow's triggerer run, and a probe beside them in its loop."""

from __future__ import annotations

import asyncio
import gc
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
from airflow.triggers.base import BaseTrigger, TriggerEvent

from airflow_provider_wan.triggers import WanTaskTrigger

TICK = 0.005
"""Seconds between two looks of the probe. A longer time between them was somebody's block of the loop."""
EVERY = 0.25

_started = 0


def _count() -> None:
    global _started
    _started += 1


class Idle(BaseTrigger):
    """Waits and does nothing: what a trigger costs Airflow."""

    def serialize(self) -> tuple[str, dict[str, Any]]:
        return f"{__name__}.Idle", {}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        _count()
        await asyncio.Event().wait()
        yield TriggerEvent({})  # type: ignore[no-untyped-call]


class Ours(WanTaskTrigger):
    """The provider's trigger, counted."""

    def run(self) -> AsyncIterator[TriggerEvent]:
        _count()
        return super().run()


class Naive(BaseTrigger):
    """Has an HTTP client of its own and looks every 15 s."""

    def __init__(self, url: str, key: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.url = url
        self.key = key

    def serialize(self) -> tuple[str, dict[str, Any]]:
        return f"{__name__}.Naive", {"url": self.url, "key": self.key}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        _count()
        async with httpx.AsyncClient(headers={"Authorization": f"Bearer {self.key}"}) as client:
            status = ""
            while status not in ("SUCCEEDED", "FAILED", "CANCELED"):
                await asyncio.sleep(15)
                answer = await client.get(self.url)
                status = answer.json().get("output", {}).get("task_status", "")
        yield TriggerEvent({"status": status})  # type: ignore[no-untyped-call]


class Collections:
    """Takes the time of Python's garbage collections, which hold the loop whoever's objects they look at."""

    def __init__(self) -> None:
        self.total = 0.0
        self._began = 0.0
        gc.callbacks.append(self._told)

    def _told(self, phase: str, _: Any) -> None:
        if phase == "start":
            self._began = time.thread_time()
        else:
            self.total += time.thread_time() - self._began


class Probe(BaseTrigger):
    """Writes a line each quarter of a second: moment, triggers started, and for how long the loop was held.

    That is the longest time between two ticks: by the clock (`block`), which runs on while other programs have
    the processor, and by how long the loop's own thread worked, without (`work`) and for (`collected`) Python's
    garbage collection.
    """

    def __init__(self, path: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.path = path

    def serialize(self) -> tuple[str, dict[str, Any]]:
        return f"{__name__}.Probe", {"path": self.path}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        collections = Collections()
        with Path(self.path).open("a", buffering=1) as lines:  # noqa: ASYNC230 (a line of text; it takes no time)
            while True:
                lines.write(json.dumps(await self._watch(collections)) + "\n")
        yield TriggerEvent({})

    async def _watch(self, collections: Collections) -> dict[str, float]:
        seen = {"block": 0.0, "work": 0.0, "collected": 0.0}
        at, until = time.monotonic(), time.monotonic() + EVERY
        while at < until:
            worked, collected = time.thread_time(), collections.total
            await asyncio.sleep(TICK)
            before, at = at, time.monotonic()
            collected = collections.total - collected
            found = {
                "block": at - before,
                "work": time.thread_time() - worked - collected,
                "collected": collected,
            }
            seen = {name: max(longest, found[name]) for name, longest in seen.items()}
        return {"at": at, "started": _started, **seen}
