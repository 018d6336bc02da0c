"""Jobs from elsewhere are waited for without a cost, and cancelled while they are queued."""

from __future__ import annotations

import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import AirflowSensorTimeout, AirflowSkipException, TaskDeferred

from airflow_provider_wan.dashscope import polling, resend
from airflow_provider_wan.dashscope.errors import ThrottledError, UnavailableError
from airflow_provider_wan.operators import WanCancelTaskOperator
from airflow_provider_wan.operators.base import WanParameterError
from airflow_provider_wan.sensors import WanTaskSensor
from airflow_provider_wan.transfers import WanResultToObjectStorageOperator
from tests.conftest import DagRunner, context, run_operator
from tests.operators.cases import look_early, made_anew, wait_until
from tests.patience import HANGS
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
        return running.result(timeout=HANGS)


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


@pytest.mark.parametrize(
    ("job", "said"), [("", "wan_task_id is empty"), ("../tasks", "must be the id of a DashScope job")]
)
def test_id_that_is_none_is_a_mistake_when_the_dag_is_parsed(job: str, said: str) -> None:
    with pytest.raises(WanParameterError, match=said):
        sensor(job)


@pytest.mark.parametrize(
    "operator",
    [
        WanTaskSensor(task_id="wait", wan_task_id="{{ late }}"),
        WanCancelTaskOperator(task_id="cancel", wan_task_id="{{ late }}"),
        WanResultToObjectStorageOperator(task_id="land", wan_task_id="{{ late }}", output_path="s3://films/"),
    ],
    ids=lambda operator: type(operator).__name__,
)
@pytest.mark.usefixtures("held")
def test_whole_result_given_as_an_id_is_refused_without_its_signature(operator: Any) -> None:
    operator.wan_task_id = {"task_id": "a", "video_url": "https://a.example/b.mp4?Signature=c2VjcmV0"}
    with pytest.raises(WanParameterError, match=r"edit\.output\[.task_id.\]") as caught:
        operator.execute(context())
    assert "c2VjcmV0" not in str(caught.value)
    operator.wan_task_id = str(operator.wan_task_id)  # as a template makes it
    with pytest.raises(WanParameterError, match=r"edit\.output\[.task_id.\]") as caught:
        operator.execute(context())
    assert "c2VjcmV0" not in str(caught.value)


# -- after a deferral, as Airflow goes on ------------------------------------------------------------


def resumed(operator: WanTaskSensor, job: str, **event: Any) -> Any:
    """Defer, then go on with an event by the method that Airflow calls, which the author's settings pass through."""
    with pytest.raises(TaskDeferred) as deferred:
        operator.execute(context())
    facts = made_anew(deferred.value.trigger).facts
    return lambda: operator.resume_execution(
        deferred.value.method_name, {"event": facts | {"end": "ended"} | event}, context()
    )


@pytest.mark.parametrize("lenient", ["soft_fail", "never_fail"])
def test_skip_after_a_deferral_says_why(lenient: str, held: RunningEmulator) -> None:
    job = queued(held)
    go_on = resumed(sensor(job, **{lenient: True}), job)
    held.force(job, "CANCELED")
    with pytest.raises(AirflowSkipException, match="was cancelled while it was queued"):
        go_on()


def use_wrong_key(held: RunningEmulator, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = {"conn_type": "dashscope", "password": "sk-wrong-key-of-nobody", "host": held.base_url}
    monkeypatch.setenv("AIRFLOW_CONN_DASHSCOPE_DEFAULT", json.dumps(connection))


def test_wrong_key_after_a_deferral_fails_even_with_soft_fail(
    held: RunningEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = queued(held)
    go_on = resumed(sensor(job, soft_fail=True), job, end="refused", status=None)
    use_wrong_key(held, monkeypatch)
    with pytest.raises(Exception, match="Check the connection") as caught:
        go_on()
    assert type(caught.value).__name__ == "AirflowFailException"


def test_never_fail_skips_on_a_wrong_key_before_and_after_a_deferral(
    held: RunningEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = queued(held)
    go_on = resumed(sensor(job, never_fail=True), job, end="refused", status=None)
    use_wrong_key(held, monkeypatch)
    with pytest.raises(AirflowSkipException):
        go_on()
    with pytest.raises(AirflowSkipException, match="Check the connection"):
        sensor(job, never_fail=True).execute(context())


@pytest.mark.parametrize("soft_fail", [True, False])
def test_trigger_that_failed_is_an_error_and_no_reason_to_skip(
    soft_fail: bool, held: RunningEmulator
) -> None:
    with pytest.raises(Exception, match="no such module") as caught:
        sensor(queued(held), soft_fail=soft_fail).resume_execution(
            "__fail__", {"error": "no such module"}, context()
        )
    assert type(caught.value).__name__ == "TaskDeferralError"


@pytest.mark.parametrize(
    ("soft_fail", "error"), [(False, AirflowSensorTimeout), (True, AirflowSkipException)]
)
def test_triggerer_that_is_gone_until_the_time_is_up_ends_the_wait_as_time_does(
    soft_fail: bool, error: type[Exception], held: RunningEmulator
) -> None:
    with pytest.raises(error):
        sensor(queued(held), soft_fail=soft_fail).resume_execution(
            "__fail__", {"error": "Trigger timeout"}, context()
        )


def test_wait_that_ended_early_in_the_triggerer_goes_on_to_the_same_deadline(held: RunningEmulator) -> None:
    job = queued(held)
    operator = sensor(job, timeout=3600)
    with pytest.raises(TaskDeferred) as first:
        operator.execute(context())
    event = first.value.trigger.facts | {"end": "refused", "status": None}
    with pytest.raises(TaskDeferred) as second:
        operator.resume(context(), event=event)
    assert second.value.trigger.serialize()[1]["deadline"] == first.value.trigger.serialize()[1]["deadline"]


def test_job_unknown_to_a_wait_that_ended_early_is_not_believed_to_be(held: RunningEmulator) -> None:
    with pytest.raises(TaskDeferred) as first:
        sensor(str(uuid.uuid4())).execute(context())
    facts = first.value.trigger.facts
    with pytest.raises(TaskDeferred):
        sensor(facts["task_id"]).resume(context(), event=facts | {"end": "refused", "status": None})
    with pytest.raises(Exception, match="isn't known to the service"):
        sensor(facts["task_id"]).resume(context(), event=facts | {"end": "ended", "status": "UNKNOWN"})


def test_foreign_jobs_are_waited_for_and_landed_by_a_dag(
    held: RunningEmulator, run_dag: DagRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_early(monkeypatch)
    good, bad = queued(held), queued(held)

    def end_them() -> None:
        try:
            for job, statuses in ((good, ("RUNNING", "SUCCEEDED")), (bad, ("CANCELED",))):
                looks = held.requests.count("get")
                wait_until(lambda: held.requests.count("get") > looks)  # noqa: B023 -- called at once
                for status in statuses:
                    held.force(job, status)
        except BaseException:
            for job in (good, bad):  # or the run would wait for hours
                held.force(job, "CANCELED")
            raise

    with ThreadPoolExecutor(1) as pool:
        ended = pool.submit(end_them)
        run = run_dag("foreign_jobs", jobs=[good, bad], folder=f"file://{tmp_path}/")
        ended.result(timeout=HANGS)
    assert run.states == {"jobs": "success", "wait[0]": "success", "wait[1]": "skipped", "land[0]": "success"}
    landed = run.xcom("land", 0)
    assert landed["output_path"] == f"file://{tmp_path}/{good}.mp4"
    assert (tmp_path / f"{good}.mp4").read_bytes()[4:8] == b"ftyp"
    told = events_of(landed["task_id"])
    assert sorted(told) == sorted(["s3://films/foreign", landed["output_path"]])
    for extra in told.values():
        assert (extra["task_id"], extra["output_path"]) == (good, landed["output_path"])
        assert "http" not in json.dumps(extra)


def events_of(job: str) -> dict[str, Any]:
    """The asset events that are about a job: their extras by their asset's URI."""
    from airflow.models.asset import AssetEvent
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        found = session.scalars(select(AssetEvent)).all()
        return {event.asset.uri: event.extra for event in found if event.extra.get("task_id") == job}


def test_ids_from_a_run_s_parameters_are_cancelled(held: RunningEmulator, run_dag: DagRunner) -> None:
    jobs = [queued(held), queued(held)]
    run = run_dag("cancel_foreign_jobs", jobs=jobs)
    assert run.xcom("cancel") == {"cancelled": jobs, "not_cancelled": {}}


# -- cancelling --------------------------------------------------------------------------------------


def cancel(jobs: Any, **arguments: Any) -> Any:
    return WanCancelTaskOperator(task_id="cancel", wan_task_id=jobs, **arguments).execute(context())


def test_queued_jobs_are_cancelled_and_running_ones_reported(held: RunningEmulator) -> None:
    first, second, third = (queued(held) for _ in range(3))
    held.force(second, "RUNNING")
    assert cancel([first, second, third, first]) == {
        "cancelled": [first, third],
        "not_cancelled": {second: "it is RUNNING and can't be stopped; if it ends well, it is billed"},
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


@pytest.mark.parametrize(
    ("statuses", "reason"),
    [
        (("RUNNING", "SUCCEEDED"), "it has ended, SUCCEEDED, and is billed"),
        (("RUNNING", "FAILED"), "it has ended, FAILED, and isn't billed"),
        ((), "the service doesn't know it: it is older than 24 hours, or another account's"),
    ],
)
def test_reason_says_what_became_of_a_job(
    statuses: tuple[str, ...], reason: str, held: RunningEmulator
) -> None:
    job = queued(held) if statuses else str(uuid.uuid4())
    for status in statuses:
        held.force(job, status)
    assert cancel(job) == {"cancelled": [], "not_cancelled": {job: reason}}


def test_retry_counts_what_an_earlier_attempt_has_cancelled(
    held: RunningEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resend, "MAX_PAUSE", 0.01)
    first, second = queued(held), queued(held)
    held.force(first, "CANCELED")
    held.faults.order("cancel", "status", status=500, times=resend.ATTEMPTS)
    with pytest.raises(UnavailableError, match="A retry makes the same call again"):
        cancel([first, second], on_running="fail")
    assert cancel([first, second], on_running="fail") == {"cancelled": [first, second], "not_cancelled": {}}


def test_service_that_wants_fewer_calls_is_no_reason_to_leave_a_job_queued(
    held: RunningEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resend, "MAX_PAUSE", 0.01)
    job = queued(held)
    held.faults.order("cancel", "status", status=429, times=resend.THROTTLED_ATTEMPTS)
    with pytest.raises(ThrottledError):
        cancel(job)
    assert cancel(job) == {"cancelled": [job], "not_cancelled": {}}


@pytest.mark.parametrize("wrong", ["['a', 'b']", None, {"task_id": "a"}, ""])
def test_nothing_is_cancelled_where_one_of_the_ids_is_none(wrong: Any, held: RunningEmulator) -> None:
    job = queued(held)
    operator = WanCancelTaskOperator(task_id="cancel", wan_task_id="{{ late }}")
    operator.wan_task_id = [job, wrong]
    with pytest.raises(WanParameterError, match="nothing was sent"):
        operator.execute(context())
    assert held.requests.count("cancel") == 0


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"wan_task_id": ""}, "is empty"),
        ({"wan_task_id": ["{{ late }}", "../tasks"]}, "must be the id"),
        ({"wan_task_id": "a", "on_running": "stop"}, "must be ignore or fail"),
    ],
)
def test_mistake_in_cancelling_shows_when_the_dag_is_parsed(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(WanParameterError, match=said):
        WanCancelTaskOperator(task_id="cancel", **wrong)
