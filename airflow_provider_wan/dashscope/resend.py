"""Whether a call may be made again, and after what pause. Decisions only.

A submission is sent again only where the service can't have accepted it: no connection came about, or
it answered 429. It has no idempotency key, so a second submission after a lost answer could buy a
second video. Everything else only reads, or can be repeated without harm.
"""

from __future__ import annotations

import functools
from typing import Any

from tenacity import RetryCallState, retry_if_exception, stop_after_attempt, wait_random_exponential

from airflow_provider_wan.dashscope.calls import Call
from airflow_provider_wan.dashscope.errors import Retry, ServiceError, ThrottledError, UnavailableError

READ_ATTEMPTS = 4
SUBMIT_ATTEMPTS = 7
"""With pauses of up to 1, 2, 4 ... 30 s, which outlasts the minute a rate limit takes to recover."""
MAX_PAUSE = 30.0


def harmless(call: Call, error: BaseException) -> bool:
    """Whether making a call again after an error can't pay twice, and may help."""
    if not isinstance(error, ServiceError):
        return False
    if call.paid:
        return error.retry is Retry.LATER
    return isinstance(error, UnavailableError | ThrottledError)


def policy(call: Call) -> dict[str, Any]:
    """Return a call's policy as arguments for tenacity's `Retrying` and `AsyncRetrying`."""
    return {
        "retry": retry_if_exception(functools.partial(harmless, call)),
        "stop": stop_after_attempt(SUBMIT_ATTEMPTS if call.paid else READ_ATTEMPTS),
        "wait": _pause,
        "reraise": True,
    }


def _pause(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, ServiceError) and error.retry_after is not None:
        return min(error.retry_after, 2 * MAX_PAUSE)
    return float(wait_random_exponential(multiplier=1, max=MAX_PAUSE)(state))
