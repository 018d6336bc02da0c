"""The ready retry policy: rejections and bills fail, capacity waits, everything else is Airflow's to decide."""

from __future__ import annotations

import importlib
import sys
from datetime import timedelta
from typing import Any

import pytest

from airflow_provider_wan.dashscope import codes
from tests.versions import needs_retry_policies


def decide(error: Exception) -> Any:
    from airflow_provider_wan.retries import WAN_RETRY_POLICY

    return WAN_RETRY_POLICY.evaluate(error, try_number=1, max_tries=3)


@needs_retry_policies
@pytest.mark.parametrize(
    ("code", "message", "action"),
    [
        ("DataInspectionFailed", "Output data may contain inappropriate content.", "FAIL"),
        ("Throttling.AllocationQuota", "Free allocated quota exceeded.", "FAIL"),
        ("PostpaidBillOverdue", "", "FAIL"),
        ("Throttling.RateQuota", "Requests rate limit exceeded", "RETRY"),
        ("InternalError.Timeout", "An internal timeout error has occured", "RETRY"),
        ("ModelServingError", "Too many requests.", "RETRY"),
    ],
)
def test_failed_job_is_retried_only_where_that_can_help(code: str, message: str, action: str) -> None:
    decision = decide(codes.failure(code, message, task_id="0385dc79"))
    assert decision.action.name == action
    if action == "RETRY":
        assert timedelta(seconds=10) <= decision.retry_delay <= timedelta(minutes=10)


@needs_retry_policies
def test_policy_survives_being_stored_with_the_dag() -> None:
    from airflow.sdk.definitions.retry_policy import ExceptionRetryPolicy

    from airflow_provider_wan.retries import WAN_RETRY_POLICY

    stored = ExceptionRetryPolicy.deserialize(WAN_RETRY_POLICY.serialize())
    error = codes.failure("DataInspectionFailed", "", task_id="0385dc79")
    assert stored.evaluate(error, try_number=1, max_tries=3).action.name == "FAIL"


@needs_retry_policies
def test_an_error_of_somebody_else_is_left_to_airflow() -> None:
    assert decide(KeyError("x")).action.name == "DEFAULT"


def test_airflow_without_retry_policies_is_told_so_where_the_dag_is_parsed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "airflow.sdk.definitions.retry_policy", None)
    monkeypatch.delitem(sys.modules, "airflow_provider_wan.retries", raising=False)
    with pytest.raises(ImportError, match=r"needs Airflow 3\.3 or later.*Leave `retry_policy` out"):
        importlib.import_module("airflow_provider_wan.retries")
