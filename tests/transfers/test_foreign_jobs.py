"""Jobs from elsewhere are waited for without a cost, and cancelled while they are queued."""

from __future__ import annotations

import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from airflow.sdk.exceptions import AirflowSensorTimeout, AirflowSkipException, TaskDeferred

from airflow_provider_wan.dashscope import polling
from airflow_provider_wan.operators import WanCancelTaskOperator
from airflow_provider_wan.operators.base import WanParameterError
from airflow_provider_wan.sensors import WanTaskSensor
from tests.conftest import context, run_operator
from tests.operators.cases import look_early, made_anew, wait_until
from tests.transfers.conftest import queued

if TYPE_CHECKING:
    from airflow_provider_wan.emulator import RunningEmulator


def sensor(job: str, **arguments: Any) -> WanTaskSensor:
    return WanTaskSensor(task_id="wait", wan_task_id=job, **arguments)


def wait_while(held: RunningEmulator, operator: WanTaskSensor, *statuses: str) -> Any:
    """Run a sensor while its job goes through these states."""
    looks = held.requests.count("get")
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(run_operator, operator)  # type: ignore[arg-type]
        wait_until(lambda: held.requests.count("get") > looks)
        for status in statuses:
            held.force(str(operator.wan_task_id), status)
        return running.result(timeout=60)


# -- waiting -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("deferrable", [True, False])
def test_job_is_waited_for_and_its_result_returned(
    deferrable: bool, held: RunningEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_early(monkeypatch)
    job = queued(held)
    result = wait_while(held, sensor(job, deferrable=deferrable), "RUNNING", "SUCCEEDED")
    assert (result["task_id"], result["status"]) == (job, "SUCCEEDED")
    assert (result["model"], result["function"]) == ("wan2.1-vace-plus", None)
    assert result["video_url"].startswith("http")
    assert result["cost"] == {"amount": "3.66962", "currency": "CNY"}
    assert result["request_id"]
    assert len(held.submits()) == len(held.ledger()) == 1


def test_job_that_has_ended_is_not_waited_for(held: RunningEmulator) -> None:
    job = queued(held)
    held.force(job, "RUNNING")
    held.force(job, "SUCCEEDED")
    assert sensor(job).execute(context())["status"] == "SUCCEEDED"


@pytest.mark.parametrize("deferrable", [True, False])
@pytest.mark.parametrize(
    ("statuses", "said"),
    [
        (("RUNNING", "FAILED"), "failed: .*isn't billed. Nothing is submitted here"),
        (("CANCELED",), "was cancelled while it was queued"),
    ],
)
def test_job_without_a_result_fails_the_sensor_without_a_retry(
    statuses: tuple[str, ...],
    said: str,
    deferrable: bool,
    held: RunningEmulator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    look_early(monkeypatch)
    with pytest.raises(Exception, match=said) as caught:
        wait_while(held, sensor(queued(held), deferrable=deferrable), *statuses)
    assert type(caught.value).__name__ == "AirflowFailException"


def test_soft_fail_skips(held: RunningEmulator) -> None:
    job = queued(held)
    held.force(job, "CANCELED")
    with pytest.raises(AirflowSkipException, match="was cancelled"):
        sensor(job, soft_fail=True).execute(context())


@pytest.mark.parametrize(
    ("soft_fail", "error"), [(False, AirflowSensorTimeout), (True, AirflowSkipException)]
)
@pytest.mark.parametrize("deferrable", [True, False])
def test_time_that_is_up_ends_the_wait_and_leaves_the_job_alone(
    soft_fail: bool,
    error: type[Exception],
    deferrable: bool,
    held: RunningEmulator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    look_early(monkeypatch)
    job = queued(held)
    with pytest.raises(error, match="It goes on"):
        run_operator(sensor(job, soft_fail=soft_fail, deferrable=deferrable, timeout=0.5))  # type: ignore[arg-type]
    assert held.tasks()[-1]["status"] == "PENDING"
    assert held.requests.count("cancel") == 0


def test_unknown_job_is_believed_only_after_several_looks(
    held: RunningEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_early(monkeypatch)
    monkeypatch.setattr(polling, "UNKNOWN_FOR", 0.5)
    with pytest.raises(Exception, match="isn't known to the service"):
        run_operator(sensor(str(uuid.uuid4()), deferrable=False))  # type: ignore[arg-type]
    assert held.requests.count("get") >= polling.UNKNOWN_TIMES


def test_killing_the_sensor_never_cancels_the_job(held: RunningEmulator) -> None:
    import asyncio

    with pytest.raises(TaskDeferred) as deferred:
        sensor(queued(held)).execute(context())
    asyncio.run(made_anew(deferred.value.trigger).on_kill())
    assert held.requests.count("cancel") == 0
    assert held.tasks()[-1]["status"] == "PENDING"


def test_trigger_keeps_its_deadline_wherever_it_is_made_anew(held: RunningEmulator) -> None:
    with pytest.raises(TaskDeferred) as deferred:
        sensor(queued(held), timeout=3600).execute(context())
    kwargs = json.loads(json.dumps(deferred.value.trigger.serialize()[1]))
    assert made_anew(deferred.value.trigger).deadline == kwargs["deadline"]
    assert "sk-emulator" not in json.dumps(kwargs)


def test_wrong_key_fails_even_with_soft_fail(held: RunningEmulator, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = {"conn_type": "dashscope", "password": "sk-wrong-key-of-nobody", "host": held.base_url}
    monkeypatch.setenv("AIRFLOW_CONN_DASHSCOPE_DEFAULT", json.dumps(connection))
    with pytest.raises(Exception, match="Check the connection") as caught:
        sensor(queued(held), soft_fail=True).execute(context())
    assert type(caught.value).__name__ == "AirflowFailException"


def test_empty_id_is_a_mistake_when_the_dag_is_parsed() -> None:
    with pytest.raises(WanParameterError, match="wan_task_id is empty"):
        sensor("")


# -- cancelling --------------------------------------------------------------------------------------


def cancel(jobs: Any, **arguments: Any) -> Any:
    return WanCancelTaskOperator(task_id="cancel", wan_task_id=jobs, **arguments).execute(context())


def test_queued_jobs_are_cancelled_and_running_ones_reported(held: RunningEmulator) -> None:
    first, second, third = (queued(held) for _ in range(3))
    held.force(second, "RUNNING")
    assert cancel([first, second, third, first]) == {
        "cancelled": [first, third],
        "not_cancelled": {second: "it runs or has ended"},
    }
    statuses = {job["task_id"]: job["status"] for job in held.tasks()}
    assert statuses == {first: "CANCELED", second: "RUNNING", third: "CANCELED"}
    assert held.ledger() == []


def test_single_id_may_be_given(held: RunningEmulator) -> None:
    job = queued(held)
    assert cancel(job) == {"cancelled": [job], "not_cancelled": {}}


def test_running_job_can_fail_the_task_once_the_others_are_cancelled(held: RunningEmulator) -> None:
    running, waiting = queued(held), queued(held)
    held.force(running, "RUNNING")
    with pytest.raises(Exception, match="1 of 2 jobs could not be cancelled") as caught:
        cancel([running, waiting], on_running="fail")
    assert type(caught.value).__name__ == "AirflowFailException"
    assert running in str(caught.value)
    assert {job["task_id"]: job["status"] for job in held.tasks()}[waiting] == "CANCELED"


@pytest.mark.parametrize("wrong", [{"wan_task_id": ""}, {"wan_task_id": "a", "on_running": "stop"}])
def test_mistake_in_cancelling_shows_when_the_dag_is_parsed(wrong: dict[str, Any]) -> None:
    with pytest.raises(WanParameterError, match=r"is empty|must be ignore or fail"):
        WanCancelTaskOperator(task_id="cancel", **wrong)
