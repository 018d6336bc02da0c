"""A person ends a task: a queued job is cancelled, a running one is told of, and nothing else cancels anything.

What Airflow tells a trigger about its task is played here; `tests/system` asks a real one.
"""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance
from airflow.sdk.execution_time.xcom import XCom

from airflow_provider_wan.dashscope.errors import TaskCanceledError
from airflow_provider_wan.jobs import JOB_KEY
from tests.conftest import first_event
from tests.operators.cases import Case, kill_pestered, made_anew, wait_until

CANCELLED = "was still queued and has been cancelled. It isn't billed."
GOES_ON = "can't be stopped, because it has left the queue. If it ends well, it will be billed."


class Told:
    """What Airflow tells a trigger: its task's state, and the job that the task's latest attempt has named."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, state: str | None, job: str | None) -> None:
        self._state = state
        self._job = job
        monkeypatch.setattr(RuntimeTaskInstance, "get_task_states", self._task_states)
        monkeypatch.setattr(XCom, "get_one", self._xcom)

    def _task_states(
        self, *, dag_id: str, map_index: int, task_ids: list[str], run_ids: list[str]
    ) -> dict[str, Any]:
        (task_id,), (run_id,) = task_ids, run_ids
        # Airflow 3.3 names mapped task instances so.
        name = task_id if map_index < 0 else f"{task_id}_{map_index}"
        return {run_id: {name: self._state}} if self._state else {run_id: {}}

    def _xcom(self, *, key: str, **_: Any) -> str | None:
        return self._job if key == JOB_KEY else None


def of_task(trigger: Any, map_index: int = -1) -> Any:
    """Let the trigger know whose it is, as a triggerer does."""
    trigger.task_instance = SimpleNamespace(dag_id="d", run_id="r", task_id="widen", map_index=map_index)
    return trigger


# What a person may do to a waiting task, and the state that leaves it in.
ENDED = pytest.mark.parametrize("state", ["failed", "success", "skipped", "scheduled", None])


@ENDED
def test_ending_a_waiting_task_cancels_its_queued_job(
    queued_case: Case,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    state: str | None,
) -> None:
    trigger = of_task(queued_case.defers())
    Told(monkeypatch, state=state, job=queued_case.job)
    asyncio.run(trigger.on_kill())
    assert queued_case.status == "CANCELED"
    assert f"Job {queued_case.job} {CANCELLED}" in capsys.readouterr().out


@ENDED
def test_ending_a_waiting_task_says_that_its_running_job_will_be_billed(
    running_case: Case,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    state: str | None,
) -> None:
    trigger = of_task(running_case.defers())
    Told(monkeypatch, state=state, job=running_case.job)
    asyncio.run(trigger.on_kill())
    assert running_case.status == "RUNNING"
    assert f"Job {running_case.job} {GOES_ON}" in capsys.readouterr().out


def test_clear_whose_next_attempt_waits_for_another_job_cancels_the_first(
    queued_case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The state alone would say that the task still waits, and leave the first job to be paid for."""
    trigger = of_task(queued_case.defers())
    Told(monkeypatch, state="deferred", job="the-job-of-the-next-attempt")
    asyncio.run(trigger.on_kill())
    assert queued_case.status == "CANCELED"


def test_triggerer_that_cancels_again_and_again_breaks_nothing_off(
    queued_case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    trigger = of_task(queued_case.defers())
    Told(monkeypatch, state="failed", job=queued_case.job)
    queued_case.emulator.faults.order("cancel", "status", status=429, code="Throttling.RateQuota", times=2)

    async def pestered() -> None:
        await kill_pestered(trigger)
        await asyncio.to_thread(wait_until, lambda: queued_case.status == "CANCELED")

    asyncio.run(pestered())


@pytest.mark.parametrize("map_index", [-1, 0, 2])
def test_triggerer_that_lost_its_work_to_another_cancels_nothing(
    queued_case: Case, monkeypatch: pytest.MonkeyPatch, map_index: int
) -> None:
    trigger = of_task(queued_case.defers(), map_index)
    Told(monkeypatch, state="deferred", job=queued_case.job)
    asyncio.run(trigger.on_kill())
    assert queued_case.status == "PENDING"


def test_mapped_task_that_was_ended_is_not_taken_for_a_moved_one(
    queued_case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    trigger = of_task(queued_case.defers(), map_index=2)
    Told(monkeypatch, state="failed", job=queued_case.job)
    asyncio.run(trigger.on_kill())
    assert queued_case.status == "CANCELED"


def test_triggerer_redeployed_cancels_nothing_and_the_wait_goes_on_elsewhere(queued_case: Case) -> None:
    case = queued_case
    first = case.defers()

    async def ended_while_it_waits() -> None:
        waiting = asyncio.ensure_future(anext(first.run()))
        await asyncio.to_thread(wait_until, lambda: case.emulator.requests.count("get") > 0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(ended_while_it_waits())
    assert (case.emulator.requests.count("cancel"), case.status) == (0, "PENDING")

    second = made_anew(first)
    assert second.deadline == first.deadline
    case.emulator.force(case.job, "SUCCEEDED")
    event = asyncio.run(first_event(second))
    assert (event["task_id"], event["status"]) == (case.job, "SUCCEEDED")
    assert (case.submitted, case.paid) == (1, 1)


def test_cancel_on_kill_off_leaves_the_job_to_itself_in_the_triggerer(
    queued_case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    trigger = of_task(queued_case.defers(cancel_on_kill=False))
    Told(monkeypatch, state="failed", job=queued_case.job)
    asyncio.run(trigger.on_kill())
    assert (queued_case.emulator.requests.count("cancel"), queued_case.status) == (0, "PENDING")


# -- waiting on the worker ---------------------------------------------------------------------------------


def test_ending_a_task_that_waits_on_its_worker_cancels_the_queued_job(
    queued_case: Case, capsys: pytest.CaptureFixture[str]
) -> None:
    with queued_case.attempting() as (operator, attempt):
        operator.on_kill()
        assert queued_case.status == "CANCELED"
        with pytest.raises(TaskCanceledError, match=queued_case.job):
            attempt.result()
    assert f"Job {queued_case.job} {CANCELLED}" in capsys.readouterr().out


def test_ending_a_task_that_waits_on_its_worker_says_that_a_running_job_will_be_billed(
    running_case: Case, capsys: pytest.CaptureFixture[str]
) -> None:
    with running_case.attempting() as (operator, attempt):
        operator.on_kill()
        assert running_case.status == "RUNNING"
        running_case.emulator.force(running_case.job, "SUCCEEDED")
        assert attempt.result()["task_id"] == running_case.job
    assert f"Job {running_case.job} {GOES_ON}" in capsys.readouterr().out


def test_cancel_on_kill_off_leaves_the_job_to_itself_on_the_worker(queued_case: Case) -> None:
    with queued_case.attempting(cancel_on_kill=False) as (operator, attempt):
        operator.on_kill()
        assert queued_case.status == "PENDING"
        queued_case.emulator.force(queued_case.job, "SUCCEEDED")
        attempt.result()


def test_ending_a_task_that_has_no_job_any_more_cancels_nothing(queued_case: Case) -> None:
    with queued_case.attempting() as (operator, attempt):
        queued_case.emulator.force(queued_case.job, "SUCCEEDED")
        attempt.result()
    operator.on_kill()
    assert queued_case.emulator.requests.count("cancel") == 0
