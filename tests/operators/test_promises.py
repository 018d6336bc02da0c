"""The promises about money, attempt by attempt: what a retry, a clear and a cut-off do.

An attempt that dies is played by raising `Died` where the process would end: nothing of the operator runs
after it, and the next attempt is a new operator with the same task state store. The same deaths by
`kill -9` under a real Airflow are in `tests/system`.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_wan.dashscope import recovery
from airflow_provider_wan.dashscope.client import DashScopeClient
from airflow_provider_wan.dashscope.errors import (
    DestinationError,
    ResultInvalidError,
    SubmitUnknownError,
    UnavailableError,
)
from airflow_provider_wan.dashscope.mp4 import Mp4Check
from airflow_provider_wan.jobs import Job
from airflow_provider_wan.ledger import KEY, Ledger
from airflow_provider_wan.operators import WanVideoOutpaintingOperator
from tests.conftest import FakeStore, FakeTaskInstance, context
from tests.operators.cases import CLIP, KEY_OF_CASE, Case, dying


def test_worker_dies_before_the_post_and_the_retry_submits(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    with dying(monkeypatch, DashScopeClient, "submit"):
        case.attempt()
    assert case.record()["job"] is None
    assert case.attempt()["status"] == "SUCCEEDED"
    assert (case.submitted, case.paid) == (1, 1)


def test_worker_dies_after_the_job_was_accepted_and_the_retry_reattaches(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    with dying(monkeypatch, Ledger, "submitted", after=True):
        case.attempt()
    result = case.attempt()
    assert result["task_id"] == case.record()["job"]["task_id"]
    assert (case.submitted, case.paid, len(case.landed)) == (1, 1, 1)


def test_worker_dies_between_post_and_record_and_the_retry_refuses_to_guess(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    with dying(monkeypatch, Ledger, "submitted"):
        case.attempt()
    (job,) = case.emulator.tasks()
    with pytest.raises(AirflowFailException, match=r"1 job\(s\).*Nothing was submitted") as caught:
        case.attempt()
    assert job["task_id"] in str(caught.value)
    assert case.submitted == 1


def test_a_person_who_clears_after_that_message_gets_a_new_job(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    with dying(monkeypatch, Ledger, "submitted"):
        case.attempt()
    with pytest.raises(AirflowFailException):
        case.attempt()
    case.clear()
    assert case.attempt()["status"] == "SUCCEEDED"
    assert case.submitted == 2


def test_resubmit_is_for_those_who_would_rather_pay_twice(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    with dying(monkeypatch, Ledger, "submitted"):
        case.attempt()
    assert case.attempt(on_unknown_submit="resubmit")["status"] == "SUCCEEDED"
    assert case.submitted == 2


@pytest.mark.parametrize("fault", [{"kind": "drop"}, {"kind": "status", "status": 502}])
def test_answer_lost_but_nothing_created_so_the_retry_submits(case: Case, fault: dict[str, Any]) -> None:
    case.emulator.faults.order("submit", accepted=False, **fault)
    with pytest.raises(SubmitUnknownError, match="first asks the service what was created"):
        case.attempt()
    assert case.attempt()["status"] == "SUCCEEDED"
    assert case.paid == 1


@pytest.mark.parametrize(
    "fault", [{"kind": "drop"}, *({"kind": "status", "status": status} for status in (500, 502, 504))]
)
def test_answer_lost_after_acceptance_and_the_retry_names_the_candidate(
    case: Case, fault: dict[str, Any]
) -> None:
    case.emulator.faults.order("submit", accepted=True, **fault)
    with pytest.raises(SubmitUnknownError):
        case.attempt()
    (job,) = case.emulator.tasks()
    with pytest.raises(AirflowFailException, match=job["task_id"]):
        case.attempt()
    assert case.submitted == 1


def test_finished_job_with_another_prompt_is_not_a_candidate(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    with dying(monkeypatch, DashScopeClient, "submit"):
        case.attempt()
    strangers = Case(case.emulator, case.folder)
    strangers.attempt(prompt="Another film", output_path=None)
    assert case.attempt()["status"] == "SUCCEEDED"
    assert case.submitted == 2


def test_job_of_a_sibling_is_not_a_candidate(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    with dying(monkeypatch, DashScopeClient, "submit"):
        case.attempt()
    sibling = Case(case.emulator, case.folder)
    other = sibling.attempt(output_path=None)  # the same prompt, so only its id tells it apart
    monkeypatch.setattr(FakeTaskInstance, "xcom_pull", lambda self, **_: [other["task_id"]])
    assert case.attempt()["status"] == "SUCCEEDED"
    assert case.submitted == 2


def test_job_created_before_the_intent_is_not_a_candidate(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier = Case(case.emulator, case.folder)
    earlier.attempt(output_path=None)
    monkeypatch.setattr(recovery, "MARGIN", recovery.MARGIN / 10)
    with dying(monkeypatch, DashScopeClient, "submit"):
        case.attempt()
    assert case.attempt()["status"] == "SUCCEEDED"


def test_failure_after_the_edit_had_ended_does_not_pay_again(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    with dying(monkeypatch, Ledger, "done", after=True):
        case.attempt()
    first = case.record()["job"]["task_id"]
    assert case.attempt()["task_id"] == first
    assert (case.submitted, case.paid, len(case.landed)) == (1, 1, 1)


def test_landing_fails_and_the_retry_lands_again(case: Case) -> None:
    case.emulator.faults.order("result", "short_file", times=3)
    with pytest.raises(ResultInvalidError, match="A retry lands the same result"):
        case.attempt()
    assert case.landed == []
    case.attempt()
    assert (case.submitted, case.paid, len(case.landed)) == (1, 1, 1)


def test_destination_fails_after_the_edit_and_the_retry_lands_again(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow_provider_wan import storage

    blocked = case.folder / "results"
    with monkeypatch.context() as patch:
        patch.setattr(storage, "check_destination", lambda path: blocked.write_text("in the way"))
        with pytest.raises(DestinationError, match="A retry lands the same result"):
            case.attempt(output_path=f"file://{blocked}/")
    blocked.unlink()
    case.attempt(output_path=f"file://{blocked}/")
    assert (case.submitted, case.paid) == (1, 1)


def test_part_file_of_a_killed_landing_is_replaced(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow_provider_wan import storage

    monkeypatch.setattr(storage, "_remove", lambda part: None)  # a killed process removes nothing
    with dying(monkeypatch, Mp4Check, "feed", after=True):
        case.attempt()
    assert [path.suffix for path in case.landed] == [".part"]
    case.attempt()
    assert [path.suffix for path in case.landed] == [".mp4"]
    assert (case.submitted, case.paid) == (1, 1)


def test_clear_of_a_success_is_a_new_job(case: Case) -> None:
    case.attempt()
    case.clear()
    case.attempt()
    assert (case.submitted, case.paid) == (2, 2)


def test_clear_of_a_waiting_task_takes_its_running_job_over(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    with dying(monkeypatch, Ledger, "submitted", after=True):
        case.attempt()
    case.clear()
    case.attempt()
    assert (case.submitted, case.paid) == (1, 1)


def test_clear_whose_cancel_comes_late_ends_with_one_job_paid(
    queued_case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new attempt is attached already when the clear's cancel reaches the queued job."""
    case = queued_case
    with dying(monkeypatch, Ledger, "submitted", after=True):
        case.attempt()
    case.clear()
    first = case.record()["job"]["task_id"]
    original = Ledger.submitted

    def attached_then_cancelled(self: Ledger, job: Job) -> None:
        original(self, job)
        case.emulator.force(job.task_id, "CANCELED" if job.task_id == first else "SUCCEEDED")

    monkeypatch.setattr(Ledger, "submitted", attached_then_cancelled)
    assert case.attempt()["task_id"] != first
    assert (case.submitted, case.paid) == (2, 1)


def test_clear_whose_cancel_comes_first_ends_with_one_job_paid(
    queued_case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = queued_case
    with dying(monkeypatch, Ledger, "submitted", after=True):
        case.attempt()
    case.clear()
    case.emulator.force(case.record()["job"]["task_id"], "CANCELED")
    original = Ledger.submitted

    def submitted_then_done(self: Ledger, job: Job) -> None:
        original(self, job)
        case.emulator.force(job.task_id, "SUCCEEDED")

    monkeypatch.setattr(Ledger, "submitted", submitted_then_done)
    case.attempt()
    assert (case.submitted, case.paid) == (2, 1)


def test_other_parameters_are_another_edit(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    with dying(monkeypatch, Ledger, "submitted", after=True):
        case.attempt()
    case.attempt(left_scale=1.25)
    assert case.submitted == 2


def test_input_signed_anew_is_the_same_edit(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    with dying(monkeypatch, Ledger, "submitted", after=True):
        case.attempt(video_url=f"{CLIP}?Expires=1&Signature=abc")
    case.attempt(video_url=f"{CLIP}?Expires=2&Signature=def")
    assert case.submitted == 1


def test_failed_job_is_followed_by_a_new_one(case: Case) -> None:
    case.emulator.faults.order("submit", "fail", code="InternalError", message="x")
    with pytest.raises(UnavailableError, match="A retry submits a new job"):
        case.attempt()
    case.attempt()
    assert (case.submitted, case.paid) == (2, 1)


def test_rejected_content_is_not_retried(case: Case) -> None:
    with pytest.raises(AirflowFailException, match="DataInspectionFailed"):
        case.attempt(prompt="[reject-output] x")
    assert case.paid == 0


def test_job_forgotten_after_a_day_is_its_own_error_before_anything_is_paid(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    with dying(monkeypatch, Ledger, "submitted", after=True):
        case.attempt()
    _age(case, hours=25)
    with pytest.raises(AirflowFailException, match=r"isn't known to the service.*24 hours"):
        case.attempt()
    assert case.submitted == 1
    assert case.attempt(on_expired="resubmit")["status"] == "SUCCEEDED"
    assert case.submitted == 2


def test_clearing_a_task_whose_job_is_forgotten_submits_anew(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    with dying(monkeypatch, Ledger, "submitted", after=True):
        case.attempt()
    _age(case, hours=25)
    case.clear()
    assert case.attempt()["status"] == "SUCCEEDED"
    assert case.submitted == 2


def _age(case: Case, *, hours: int) -> None:
    """Let a day pass: for the service, and in our record."""
    case.emulator.clock.advance(hours * 3600)
    record = case.record()
    record["job"]["submitted_at"] -= hours * 3600
    record["job"]["deadline"] += 600
    case.store.values[KEY] = json.dumps(record)


def test_record_holds_no_address_prompt_or_key(case: Case) -> None:
    case.attempt(prompt="A secret plan")
    stored = "".join(case.store.values.values())
    assert case.record()["done"] is True
    for secret in ("http", "secret plan", KEY_OF_CASE, "Signature"):
        assert secret not in stored


def test_without_a_state_store_one_line_says_what_is_lost_and_the_rest_works(
    case: Case, capsys: pytest.CaptureFixture[str]
) -> None:
    operator = WanVideoOutpaintingOperator(**case.arguments)
    seen = context() | {"task_state_store": None}
    assert operator.execute(seen)["status"] == "SUCCEEDED"
    assert capsys.readouterr().out.count("has no task state store") == 1


def test_without_a_state_store_nothing_that_could_pay_twice_is_retried(case: Case) -> None:
    case.emulator.faults.order("submit", "drop")
    with pytest.raises(AirflowFailException, match="nothing remembers it"):
        case.attempt(durable=False)
    case.emulator.faults.order("result", "short_file", times=3)
    with pytest.raises(AirflowFailException, match="would pay for the edit again"):
        case.attempt(durable=False)


def test_intent_that_cannot_be_recorded_stops_before_anything_is_paid(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise RuntimeError("the API server is away")

    monkeypatch.setattr(FakeStore, "set", refuse)
    with pytest.raises(RuntimeError):
        case.attempt()
    assert case.submitted == 0


def test_record_of_someone_else_is_left_out_of_account(case: Case) -> None:
    case.store.values[KEY] = json.dumps({"version": "of the future"})
    assert case.attempt()["status"] == "SUCCEEDED"
