"""More of the promises: deadlines that no restart moves, ends without a result, refusals, what is asked and paid."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_wan.dashscope import polling, recovery
from airflow_provider_wan.dashscope.client import DashScopeClient
from airflow_provider_wan.dashscope.errors import SubmitUnknownError, TaskCanceledError, UnavailableError
from airflow_provider_wan.ledger import Ledger, fingerprint
from tests.conftest import context, first_event
from tests.operators.cases import Case, dying, wait_until

either_way = pytest.mark.parametrize("deferrable", [True, False], ids=["deferred", "on worker"])


# -- deadlines ---------------------------------------------------------------------------------------------


def test_retry_keeps_the_deadline_of_the_submission(running_case: Case) -> None:
    deadline = running_case.defers().deadline
    assert running_case.defers().deadline == deadline == running_case.record()["job"]["deadline"]
    assert running_case.submitted == 1


def test_clear_begins_the_wait_anew_for_the_same_job(running_case: Case) -> None:
    deadline = running_case.defers().deadline
    running_case.clear()
    assert running_case.defers().deadline > deadline
    assert running_case.submitted == 1


@either_way
def test_retry_after_the_deadline_ends_the_wait_and_cancels_a_queued_job(
    queued_case: Case, deferrable: bool
) -> None:
    queued_case.defers()
    queued_case.rewrite(job=queued_case.record()["job"] | {"deadline": time.time() - 60})
    with pytest.raises(AirflowFailException, match=r"still queued.*has been cancelled.*isn't billed"):
        queued_case.attempt(deferrable=deferrable)
    assert (queued_case.submitted, queued_case.status) == (1, "CANCELED")


@either_way
def test_deadline_of_a_running_job_says_that_it_goes_on_and_how_to_pick_it_up(
    running_case: Case, deferrable: bool
) -> None:
    case = running_case
    with pytest.raises(
        AirflowFailException,
        match=r"still RUNNING.*can't be stopped.*Clear the task to wait for the same job",
    ):
        case.attempt(timeout=0.3, deferrable=deferrable)
    job = case.job
    case.emulator.force(job, "SUCCEEDED")
    case.clear()
    assert case.attempt()["task_id"] == job
    assert (case.submitted, case.paid) == (1, 1)


def test_deadline_of_a_job_that_started_while_it_was_cancelled_does_not_call_it_cancelled(
    queued_case: Case,
) -> None:
    queued_case.emulator.faults.order(
        "cancel", "status", status=400, code="UnsupportedOperation", message="Task is RUNNING"
    )
    with pytest.raises(AirflowFailException, match="Its result can be fetched") as caught:
        queued_case.attempt(timeout=0.3)
    assert "has been cancelled" not in str(caught.value)


# -- ends without a result ---------------------------------------------------------------------------------


def test_job_cancelled_by_someone_else_is_its_own_error_and_a_retry_submits_a_new_one(
    queued_case: Case,
) -> None:
    case = queued_case
    with case.attempting() as (_, attempt):
        case.emulator.force(case.job, "CANCELED")
        with pytest.raises(TaskCanceledError, match=r"isn't billed.*A retry submits a new job"):
            attempt.result()
    assert case.submitted == 1
    with case.attempting() as (_, attempt):
        wait_until(lambda: case.submitted == 2)
        case.emulator.force(case.job, "SUCCEEDED")
        attempt.result()
    assert (case.submitted, case.paid) == (2, 1)


def test_job_that_stays_unknown_is_its_own_error_and_not_retried(
    queued_case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "UNKNOWN_FOR", 0.2)
    with queued_case.attempting() as (_, attempt):
        queued_case.emulator.force(queued_case.job, "UNKNOWN")
        with pytest.raises(AirflowFailException, match=r"isn't known to the service.*another account"):
            attempt.result()
    assert queued_case.submitted == 1


def test_failed_job_is_retried_even_where_nothing_remembers_it(case: Case) -> None:
    """It is over and costs nothing, so the retry can't pay twice."""
    case.emulator.faults.order("submit", "fail", code="InternalError", message="x")
    with pytest.raises(UnavailableError, match="A retry submits a new job"):
        case.attempt(durable=False)


def test_taken_over_job_that_fails_is_not_submitted_anew_within_the_attempt(running_case: Case) -> None:
    running_case.defers()
    running_case.clear()
    with running_case.attempting() as (_, attempt):
        # Two looks at a job that is taken up; by the third it is waited for.
        wait_until(lambda: running_case.emulator.requests.count("get") > 2)
        running_case.emulator.force(running_case.job, "FAILED", code="InternalError", message="x")
        with pytest.raises(UnavailableError, match="A retry submits a new job"):
            attempt.result()
    assert running_case.submitted == 1


@either_way
def test_key_that_is_refused_while_the_job_runs_ends_the_wait_at_once(
    running_case: Case, deferrable: bool
) -> None:
    running_case.emulator.faults.order("get", "status", status=401, times=2)
    with pytest.raises(AirflowFailException, match=r"InvalidApiKey.*Check the connection"):
        running_case.attempt(deferrable=deferrable)
    assert running_case.emulator.requests.count("get") == 2  # the wait's, and the task's own


def test_connection_that_is_spoilt_while_the_job_runs_ends_the_wait_and_is_told(
    running_case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    trigger = running_case.defers()
    monkeypatch.setenv("AIRFLOW_CONN_DASHSCOPE_DEFAULT", json.dumps({"conn_type": "dashscope"}))
    event = asyncio.run(first_event(trigger))
    assert event["end"] == "refused"
    with pytest.raises(AirflowFailException, match="has no API key"):
        running_case.operator().resume(context(running_case.task_instance(), running_case.store), event)


def test_event_does_not_come_before_airflow_knows_that_the_worker_is_free(running_case: Case) -> None:
    trigger = running_case.defers()
    running_case.emulator.force(running_case.job, "SUCCEEDED")
    asyncio.run(first_event(trigger))
    assert time.time() >= trigger.not_before > 0


@pytest.mark.parametrize("cleared", [False, True])
def test_job_that_a_retry_does_not_find_at_once_is_waited_for(
    running_case: Case, monkeypatch: pytest.MonkeyPatch, cleared: bool
) -> None:
    case = running_case
    case.defers()
    if cleared:
        case.clear()
    # The service doesn't know the job yet at the two looks that come before the wait.
    get, not_found = DashScopeClient.get, iter([True] * 2)
    stranger = "00000000-0000-4000-8000-000000000000"
    monkeypatch.setattr(
        DashScopeClient, "get", lambda self, job: get(self, stranger if next(not_found, False) else job)
    )
    with case.attempting() as (_, attempt):
        wait_until(lambda: case.emulator.requests.count("get") > 2)
        case.emulator.force(case.job, "SUCCEEDED")
        attempt.result()
    assert (case.submitted, case.paid) == (1, 1)


# -- submissions -------------------------------------------------------------------------------------------


def test_refused_submission_leaves_nothing_to_ask_about(case: Case) -> None:
    case.emulator.faults.order("submit", "status", status=400, code="Arrearage", message="Overdue")
    with pytest.raises(AirflowFailException, match="Arrearage"):
        case.attempt(max_queue_wait=None)
    assert case.record() is None
    assert case.attempt(max_queue_wait=None)["status"] == "SUCCEEDED"
    assert (case.submitted, case.emulator.requests.count("list")) == (2, 0)


def test_lost_answer_that_named_its_request_id_is_matched_to_its_job(running_case: Case) -> None:
    case = running_case
    case.emulator.faults.order("submit", "status", status=502, accepted=True)
    with pytest.raises(SubmitUnknownError, match=r"\(request_id [\w-]+\)") as caught:
        case.attempt()
    assert f"(request_id {case.record()['request_id']})" in str(caught.value)
    # The emulator's gateway names an id of its own; the service's list shows that of the call.
    case.rewrite(request_id=case.emulator.tasks()[0]["request_id"])
    assert case.defers().job_id == case.job
    assert case.submitted == 1


def test_candidates_are_looked_for_on_every_page(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recovery, "PAGE_SIZE", 2)
    with dying(monkeypatch, Ledger, "submitted"):
        case.attempt()
    lost = case.job
    for _ in range(3):
        Case(case.emulator, case.folder).defers()
    with pytest.raises(AirflowFailException, match=r"4 job\(s\)") as caught:
        case.attempt()
    assert lost in str(caught.value)


def test_job_created_long_after_the_intent_is_not_a_candidate(
    running_case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = running_case
    with dying(monkeypatch, DashScopeClient, "submit"):
        case.attempt()
    case.rewrite(intent_at=time.time() - 1200)
    Case(case.emulator, case.folder).defers()
    case.defers()
    assert case.submitted == 2


def test_clock_of_the_service_that_is_ahead_hides_no_candidate(
    running_case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    running_case.emulator.clock.advance(3600)
    with dying(monkeypatch, Ledger, "submitted"):
        running_case.attempt()
    with pytest.raises(AirflowFailException, match=running_case.job):
        running_case.attempt()
    assert running_case.submitted == 1


def test_list_is_not_believed_before_it_can_be_complete(
    running_case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    with dying(monkeypatch, DashScopeClient, "submit"):
        running_case.attempt()
    intent_at = running_case.record()["intent_at"]
    running_case.defers()
    (post,) = running_case.emulator.submits()
    assert post.at - intent_at > recovery.SETTLING.total_seconds() - 0.1


def test_region_is_a_part_of_the_edit() -> None:
    """The same request to another region is another account's, so it can't take the first one's job over."""
    body = {"model": "wan2.7-videoedit", "input": {"prompt": "x"}}
    assert fingerprint(body, "cn-beijing") != fingerprint(body, "ap-southeast-1")


# -- results -----------------------------------------------------------------------------------------------


def test_result_whose_address_is_dead_is_its_own_error_before_anything_is_paid(case: Case) -> None:
    case.emulator.faults.order("result", "status", status=403, times=3)
    with pytest.raises(AirflowFailException, match=r"can't be fetched any more.*needs a new, billed job"):
        case.attempt()
    assert case.submitted == 1


def test_result_whose_address_is_dead_is_made_again_for_those_who_ask_for_it(case: Case) -> None:
    case.emulator.faults.order("result", "status", status=403, times=3)
    result = case.attempt(on_expired="resubmit")
    assert (case.submitted, case.paid) == (2, 2)
    assert [path.stem for path in case.landed] == [result["task_id"]]


def test_clear_of_a_task_whose_result_address_is_dead_makes_it_again(case: Case) -> None:
    case.emulator.faults.order("result", "status", status=403, times=6)
    with pytest.raises(AirflowFailException, match="can't be fetched any more"):
        case.attempt()
    case.clear()
    result = case.attempt()
    assert (case.submitted, case.paid) == (2, 2)
    assert [path.stem for path in case.landed] == [result["task_id"]]


def test_address_that_does_not_work_is_asked_for_anew(running_case: Case) -> None:
    case = running_case
    trigger = case.defers()
    case.emulator.force(case.job, "SUCCEEDED")
    event = asyncio.run(first_event(trigger))
    case.emulator.faults.order("get", "no_video_url")
    result = case.operator().resume(context(case.task_instance(), case.store), event)
    assert [path.stem for path in case.landed] == [result["task_id"]]


def test_event_of_another_s_job_is_not_taken_for_this_task_s(running_case: Case) -> None:
    case = running_case
    event = asyncio.run(ended(case))
    other = {**event, "task_id": "00000000-0000-4000-8000-000000000000"}
    result = case.operator().resume(context(case.task_instance(), case.store), other)
    assert result["task_id"] == case.job
    assert (case.submitted, [path.stem for path in case.landed]) == (1, [case.job])


async def ended(case: Case) -> dict[str, Any]:
    trigger = case.defers()
    case.emulator.force(case.job, "SUCCEEDED")
    event: dict[str, Any] = await first_event(trigger)
    return event
