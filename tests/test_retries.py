"""The ready retry policy: rejections and bills fail, capacity waits, everything else is Airflow's to decide."""

from __future__ import annotations

from datetime import timedelta

import pytest
from airflow.sdk.definitions.retry_policy import ExceptionRetryPolicy, RetryAction

from airflow_provider_wan.dashscope import codes
from airflow_provider_wan.retries import WAN_RETRY_POLICY


@pytest.mark.parametrize(
    ("code", "message", "action"),
    [
        ("DataInspectionFailed", "Output data may contain inappropriate content.", RetryAction.FAIL),
        ("Throttling.AllocationQuota", "Free allocated quota exceeded.", RetryAction.FAIL),
        ("PostpaidBillOverdue", "", RetryAction.FAIL),
        ("Throttling.RateQuota", "Requests rate limit exceeded", RetryAction.RETRY),
        ("InternalError.Timeout", "An internal timeout error has occured", RetryAction.RETRY),
        ("ModelServingError", "Too many requests.", RetryAction.RETRY),
    ],
)
def test_failed_job_is_retried_only_where_that_can_help(code: str, message: str, action: RetryAction) -> None:
    error = codes.failure(code, message, task_id="0385dc79")
    decision = WAN_RETRY_POLICY.evaluate(error, try_number=1, max_tries=3)
    assert decision.action is action
    if action is RetryAction.RETRY:
        assert timedelta(seconds=10) <= decision.retry_delay <= timedelta(minutes=10)


def test_policy_survives_being_stored_with_the_dag() -> None:
    stored = ExceptionRetryPolicy.deserialize(WAN_RETRY_POLICY.serialize())
    error = codes.failure("DataInspectionFailed", "", task_id="0385dc79")
    assert stored.evaluate(error, try_number=1, max_tries=3).action is RetryAction.FAIL


def test_an_error_of_somebody_else_is_left_to_airflow() -> None:
    assert WAN_RETRY_POLICY.evaluate(KeyError("x"), try_number=1, max_tries=3).action is RetryAction.DEFAULT
