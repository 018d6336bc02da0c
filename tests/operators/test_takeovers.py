"""An attempt that takes up an earlier one's job: what it believes, and what it never submits."""

from __future__ import annotations

import json

import pytest
from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException

from airflow_provider_wan.dashscope.client import DashScopeClient
from airflow_provider_wan.dashscope.results import TaskSnapshot
from airflow_provider_wan.jobs import Job
from airflow_provider_wan.ledger import KEY, Ledger
from airflow_provider_wan.operators.life import Life
from tests.operators.cases import Case, dying


def test_attempt_that_was_killed_submits_nothing_more(
    queued_case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job is cancelled by the very kill, and the process lives on for seconds."""
    with dying(monkeypatch, Ledger, "submitted", after=True):
        queued_case.attempt()
    queued_case.clear()
    look = Life._tell

    def killed_at_the_first_look(self: Life, job: Job, snapshot: TaskSnapshot) -> None:
        look(self, job, snapshot)
        if snapshot.status.active:
            self.end_by_force()

    monkeypatch.setattr(Life, "_tell", killed_at_the_first_look)
    with pytest.raises(AirflowException, match="ended from outside") as ended:
        queued_case.attempt()
    assert not isinstance(ended.value, AirflowFailException)  # where a worker was shut down, a retry goes on
    assert (queued_case.submitted, queued_case.paid) == (1, 0)


def test_finished_edit_whose_result_is_forgotten_is_done_again_only_if_wanted(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    with dying(monkeypatch, Ledger, "done", after=True):
        case.attempt()
    _age(case, hours=25)
    with pytest.raises(AirflowFailException, match="isn't known to the service"):
        case.attempt()
    assert case.submitted == 1
    assert case.attempt(on_expired="resubmit")["status"] == "SUCCEEDED"
    assert case.submitted == 2


def test_intent_older_than_the_service_s_memory_is_left_to_a_person(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    with dying(monkeypatch, DashScopeClient, "submit"):
        case.attempt()
    record = case.record()
    record["intent_at"] -= 25 * 3600
    case.store.values[KEY] = json.dumps(record)
    with pytest.raises(
        AirflowFailException, match=r"over 24 hours ago.*Nothing was submitted.*clear the task"
    ):
        case.attempt()
    assert case.submitted == 0
    case.clear()
    assert case.attempt()["status"] == "SUCCEEDED"


def _age(case: Case, *, hours: int) -> None:
    """Let time pass: for the service, and in our record."""
    case.emulator.clock.advance(hours * 3600)
    record = case.record()
    record["job"]["submitted_at"] -= hours * 3600
    case.store.values[KEY] = json.dumps(record)
