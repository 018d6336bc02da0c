"""When a failed edit is tried again, as a ready `RetryPolicy` (Airflow 3.3 and later).

Without it the operators already fail at once where a retry is useless, so that `retries=3` never buys the
same rejection three times. What the policy adds is how long to wait before each kind of retry::

    WanVideoEditOperator(..., retries=5, retry_policy=WAN_RETRY_POLICY)
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow_provider_wan.dashscope.errors import (
    BillingError,
    ConnectionSettingsError,
    ContentRejectedError,
    DestinationError,
    InputMediaError,
    ResultInvalidError,
    SubmitUnknownError,
    TaskCanceledError,
    ThrottledError,
    UnavailableError,
    UnreachableError,
)

try:
    from airflow.sdk.definitions.retry_policy import ExceptionRetryPolicy, RetryAction, RetryRule
except ModuleNotFoundError as error:
    raise ImportError(
        "`airflow_provider_wan.retries` needs Airflow 3.3 or later, where retry policies came. "
        "Leave `retry_policy` out: the operators fail at once without it too where a retry is useless."
    ) from error

if TYPE_CHECKING:
    from airflow_provider_wan.dashscope.errors import WanError


def _retry(error: type[WanError], delay: timedelta, reason: str) -> RetryRule:
    return RetryRule(exception=error, action=RetryAction.RETRY, retry_delay=delay, reason=reason)


def _fail(error: type[WanError], reason: str) -> RetryRule:
    return RetryRule(exception=error, action=RetryAction.FAIL, reason=reason)


RULES: list[RetryRule] = [
    _fail(ContentRejectedError, "the same request will be rejected again"),
    _fail(BillingError, "someone has to settle the account first"),
    _fail(ConnectionSettingsError, "someone has to correct the connection first"),
    _retry(UnreachableError, timedelta(minutes=1), "nothing was sent"),
    _retry(ThrottledError, timedelta(minutes=2), "limits recover within a minute or two"),
    _retry(SubmitUnknownError, timedelta(minutes=1), "by then the service lists what it has accepted"),
    _retry(InputMediaError, timedelta(minutes=2), "the service could not fetch an input in time"),
    _retry(UnavailableError, timedelta(minutes=5), "the service's own trouble"),
    _retry(TaskCanceledError, timedelta(seconds=10), "a cancelled job costs nothing"),
    _retry(DestinationError, timedelta(minutes=1), "the result is kept for 24 hours"),
    _retry(ResultInvalidError, timedelta(minutes=1), "the result is kept for 24 hours"),
]
"""First match wins. Errors that no retry can mend reach Airflow as `AirflowFailException`, whatever stands here."""

WAN_RETRY_POLICY: Any = ExceptionRetryPolicy(rules=RULES)
"""For the `retry_policy` of any operator of this package."""
