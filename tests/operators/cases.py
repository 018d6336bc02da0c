"""One task instance over its attempts, with an account of its own: what the tests of the promises share."""

from __future__ import annotations

import asyncio
import importlib
import json
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import TaskDeferred

from airflow_provider_wan.dashscope import clients, polling, recovery
from airflow_provider_wan.dashscope.durations import Durations
from airflow_provider_wan.ledger import KEY
from airflow_provider_wan.operators import WanVideoOutpaintingOperator
from demo.clock import ticks
from tests.conftest import FakeStore, FakeTaskInstance, context, run_operator
from tests.patience import HANGS

if TYPE_CHECKING:
    from airflow_provider_wan.emulator import RunningEmulator

CLIP = "https://example.com/clip.mp4"
KEY_OF_CASE = "sk-of-the-case-alone"


class Died(BaseException):
    """The process ends here."""


class Case:
    """One task instance over its attempts, with an account of its own."""

    def __init__(self, emulator: RunningEmulator, folder: Path) -> None:
        self.emulator = emulator
        self.folder = folder
        self.store = FakeStore()
        self.generation = 1
        self.arguments: dict[str, Any] = {
            "task_id": "widen",
            "prompt": "A wider stage",
            "video_url": CLIP,
            "left_scale": 1.5,
            "output_path": f"file://{folder}/",
            "deferrable": False,
        }

    def operator(self, **arguments: Any) -> WanVideoOutpaintingOperator:
        return WanVideoOutpaintingOperator(**self.arguments | arguments)

    def task_instance(self) -> FakeTaskInstance:
        ti = FakeTaskInstance()
        ti.max_tries = self.generation
        return ti

    def attempt(self, **arguments: Any) -> Any:
        return run_operator(self.operator(**arguments), self.task_instance(), self.store)

    @contextmanager
    def attempting(self, **arguments: Any) -> Iterator[tuple[WanVideoOutpaintingOperator, Future[Any]]]:
        """An attempt that waits for its job on another thread, and not for ever."""
        operator = self.operator(**{"timeout": 20} | arguments)
        looks = self.emulator.requests.count("get")
        with ThreadPoolExecutor(1) as pool:
            attempt = pool.submit(operator.execute, context(self.task_instance(), self.store))
            wait_until(lambda: self.emulator.requests.count("get") > looks)
            yield operator, attempt

    def defers(self, **arguments: Any) -> Any:
        """Begin an attempt that waits in the triggerer; return its trigger as a triggerer would make it."""
        operator = self.operator(deferrable=True, **arguments)
        with pytest.raises(TaskDeferred) as deferred:
            operator.execute(context(self.task_instance(), self.store))
        return made_anew(deferred.value.trigger)

    def clear(self) -> None:
        self.generation += 2

    @property
    def submitted(self) -> int:
        return self.emulator.requests.count("submit")

    @property
    def paid(self) -> int:
        return len(self.emulator.ledger())

    @property
    def landed(self) -> list[Path]:
        return list(self.folder.iterdir())

    @property
    def job(self) -> str:
        """Id of the latest job."""
        return str(self.emulator.tasks()[-1]["task_id"])

    @property
    def status(self) -> str:
        """Its state."""
        return str(self.emulator.tasks()[-1]["status"])

    def record(self) -> Any:
        return self.store.get(KEY)

    def rewrite(self, **changes: Any) -> None:
        """Change the record behind the operator's back."""
        self.store.values[KEY] = json.dumps(self.record() | changes)


def made_anew(trigger: Any) -> Any:
    """A trigger as another triggerer makes it of what Airflow has stored."""
    path, kwargs = trigger.serialize()
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)(**json.loads(json.dumps(kwargs)))


async def kill_pestered(trigger: Any) -> None:
    """End a trigger's task as Airflow's triggerer does: it cancels again and again until the trigger is over."""
    killing = asyncio.ensure_future(asyncio.wait_for(trigger.on_kill(), timeout=HANGS))
    while not killing.done():
        await asyncio.wait([killing], timeout=0.2)
        killing.cancel()


def wait_until(happened: Callable[[], bool]) -> None:
    for _ in ticks(HANGS, every=0.01):
        if happened():
            return
    raise AssertionError(f"it did not happen within {HANGS:.0f} s")


@contextmanager
def emulated(folder: Path, monkeypatch: pytest.MonkeyPatch, **options: Any) -> Iterator[Case]:
    from airflow_provider_wan.emulator import EmulatorSettings, RegionSettings, running

    usual: dict[str, Any] = {"render": False, "run_seconds": (1, 1.5)}
    settings = EmulatorSettings(regions=(RegionSettings(keys={KEY_OF_CASE: "case"}),), **usual | options)
    monkeypatch.setattr(recovery, "SETTLING", recovery.SETTLING / 15)
    # What the process has learned of other tests' jobs, which take a second, says nothing about these.
    monkeypatch.setattr(clients, "_durations", Durations())
    with running(settings) as emulator:
        connection = {"conn_type": "dashscope", "password": KEY_OF_CASE, "host": emulator.base_url}
        monkeypatch.setenv("AIRFLOW_CONN_DASHSCOPE_DEFAULT", json.dumps(connection))
        yield Case(emulator, folder)


def look_early(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test wait for the pauses between looks."""
    monkeypatch.setattr(polling, "FIRST_LOOKS", (0.1,) * 50)


@contextmanager
def dying(monkeypatch: pytest.MonkeyPatch, where: Any, name: str, *, after: bool = False) -> Iterator[None]:
    """Let the attempt die before, or right after, a function is carried out."""
    original: Callable[..., Any] = getattr(where, name)

    def die(*arguments: Any, **named: Any) -> None:
        if after:
            original(*arguments, **named)
        raise Died

    with monkeypatch.context() as patch, pytest.raises(Died):  # noqa: PT012 -- the caller's block is the statement
        patch.setattr(where, name, die)
        yield
