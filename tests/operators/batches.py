"""A batch over its attempts and workers, with an account of its own: what the tests of batches share."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import TaskDeferred

from airflow_provider_wan.dashscope import clients, room
from airflow_provider_wan.dashscope.durations import Durations
from airflow_provider_wan.ledger import KEY
from airflow_provider_wan.operators import WanBatchEditOperator, batch_work
from tests.conftest import FakeTaskInstance, context, first_event
from tests.operators.cases import CLIP, KEY_OF_CASE, Case, emulated, look_early, made_anew, wait_until


class TaskInstance(FakeTaskInstance):
    """Gives its own XComs back, as Airflow's does: until the attempt ends."""

    map_index = -1

    def xcom_pull(self, *, key: str = "return_value", task_ids: Any = None, **_: Any) -> Any:
        return self.xcoms.get(key) if task_ids is None else []


def widen(number: int, **more: Any) -> dict[str, Any]:
    """An edit that differs from the others in its clip."""
    return {
        "function": "video_outpainting",
        "prompt": f"Stage {number}",
        "video_url": CLIP.replace("clip", f"clip-{number}"),
        "left_scale": 1.5,
    } | more


class BatchCase(Case):
    """One task instance with many edits.

    Attributes:
        starts: How many workers were started for it.
        events: What the triggers have handed to them.
        plans: What was handed to the triggers.
        ti: The task instance of the latest attempt.
    """

    def __init__(self, case: Case) -> None:
        super().__init__(case.emulator, case.folder)
        self.arguments = {
            "task_id": "widen_all",
            "requests": [widen(number) for number in range(3)],
            "output_path": f"file://{case.folder}/",
            "deferrable": False,
        }
        self.starts = 0
        self.events: list[Any] = []
        self.plans: list[Any] = []
        self.ti = TaskInstance()

    def batch(self, **arguments: Any) -> WanBatchEditOperator:
        return WanBatchEditOperator(**self.arguments | arguments)

    def attempt(self, **arguments: Any) -> list[dict[str, Any]]:
        """An attempt, each part of it on a worker of its own."""
        self.ti = TaskInstance()
        self.ti.max_tries = self.generation
        step: Callable[[], Any] = lambda: self.batch(**arguments).execute(self.context())  # noqa: E731
        while True:
            self.starts += 1
            try:
                return list(step())
            except TaskDeferred as deferred:
                trigger = made_anew(deferred.trigger)
                self.plans.append(trigger.serialize())
                event = asyncio.run(first_event(trigger))
                self.events.append(event)
                step = lambda: self.batch(**arguments).resume(self.context(), event=event)  # noqa: E731, B023

    def context(self) -> Any:
        return context(self.ti, self.store)

    def records(self) -> list[Any]:
        """Records of the edits."""
        return [json.loads(value) for key, value in self.store.values.items() if key.startswith(f"{KEY}.")]

    def deferred_plan(self, **arguments: Any) -> dict[str, Any]:
        """What an attempt hands to the triggerer first."""
        return dict(self.defers_batch(**arguments).plan)

    def defers_batch(self, **arguments: Any) -> Any:
        """Begin an attempt that waits in the triggerer; return its trigger as a triggerer would make it."""
        operator = self.batch(**{"deferrable": True} | arguments)
        with pytest.raises(TaskDeferred) as deferred:
            operator.execute(self.context())
        return made_anew(deferred.value.trigger)

    @contextmanager
    def attempting_batch(self, **arguments: Any) -> Iterator[tuple[WanBatchEditOperator, Future[Any]]]:
        """An attempt that waits for its jobs on another thread."""
        operator = self.batch(**arguments)
        with ThreadPoolExecutor(1) as pool:
            yield operator, pool.submit(operator.execute, self.context())

    def let_all_succeed(self, attempt: Future[Any]) -> list[dict[str, Any]]:
        """End its jobs until it ends."""

        def ended() -> bool:
            for task in self.emulator.tasks():
                if task["status"] in ("PENDING", "RUNNING"):
                    self.emulator.force(task["task_id"], "SUCCEEDED")
            return attempt.done()

        wait_until(ended)
        return list(attempt.result())

    def age(self, *, hours: int) -> None:
        """Let time pass in the records."""
        for key, value in self.store.values.items():
            record = json.loads(value)
            if key.startswith(f"{KEY}.") and record["job"]:
                record["job"]["submitted_at"] -= hours * 3600
                self.store.values[key] = json.dumps(record)

    @property
    def partial(self) -> list[dict[str, Any]]:
        """The results that the latest attempt has told of so far."""
        return list(self.ti.xcoms.get("partial_results", []))

    @property
    def most_open(self) -> int:
        """How many jobs were open at once."""
        tasks = self.emulator.tasks()
        ends: list[float] = [task["ended"] or float("inf") for task in tasks]
        begins = [float(task["submitted"]) for task in tasks]
        return max(
            sum(begin <= moment < end for begin, end in zip(begins, ends, strict=True)) for moment in begins
        )


@contextmanager
def batched(folder: Path, monkeypatch: pytest.MonkeyPatch, **options: Any) -> Iterator[BatchCase]:
    look_early(monkeypatch)
    monkeypatch.setattr(batch_work, "submit_rps", lambda _: 50)
    monkeypatch.setattr(room, "LOOK_MIN", 0.1)
    monkeypatch.setattr(room, "LOOK_MAX", 0.5)
    monkeypatch.setattr(clients, "_durations", Durations())  # what other tests have taught it isn't true here
    usual: dict[str, Any] = {"run_seconds": (0.3, 0.6), "submit_rps": 1000, "query_qps": 1000}
    with emulated(folder, monkeypatch, **usual | options) as case:
        connection = {
            "conn_type": "dashscope",
            "password": KEY_OF_CASE,
            "host": case.emulator.base_url,
            "extra": {"status_qps": 20},
        }
        monkeypatch.setenv("AIRFLOW_CONN_DASHSCOPE_DEFAULT", json.dumps(connection))
        yield BatchCase(case)
