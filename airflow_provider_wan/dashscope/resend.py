"""Whether a call may be made again, and after what pause. Decisions only.

A submission is sent again only where the service can't have accepted it: no connection came about, or
it answered 429. It has no idempotency key, so a second submission after a lost answer could buy a
second video. Everything else only reads, or can be repeated without harm.
"""

from __future__ import annotations

import random
from typing import Any

from tenacity import RetryCallState, retry_if_exception

from airflow_provider_wan.dashscope.calls import Call
from airflow_provider_wan.dashscope.errors import (
    Retry,
    ServiceError,
    ThrottledError,
    UnavailableError,
    UnreachableError,
)

ATTEMPTS = 4
THROTTLED_ATTEMPTS = 8
"""A rate limit takes up to a minute to recover, which the pauses between so many attempts outlast."""
MAX_PAUSE = 30.0
MAX_RETRY_AFTER = 60.0
"""Seconds. If the service asks for more, the call fails at once and whoever made it may come back later."""


def harmless(call: Call, error: BaseException) -> bool:
    """Whether making a call again after an error can't pay twice, and may help."""
    if not isinstance(error, ServiceError) or error.retry is not Retry.LATER:
        return False
    if error.retry_after is not None and error.retry_after > MAX_RETRY_AFTER:
        return False
    if call.paid:
        refused = isinstance(error, ThrottledError) and error.http_status == 429
        return refused or isinstance(error, UnreachableError)
    return isinstance(error, UnavailableError | ThrottledError)


def undecided(error: ServiceError) -> bool:
    """Whether a submission that was answered with this error may have made a job all the same.

    A 4xx is a decision, apart from 408. After a 5xx nobody knows what was done before things went wrong,
    whatever code came with it, and an HTTP 200 without sense is no better.
    """
    status = error.http_status
    if status is None:
        return False
    return status >= 500 or status == 408 or (status < 300 and isinstance(error, UnavailableError))


def policy(call: Call, *, insist: bool = True) -> dict[str, Any]:
    """Return a call's policy as arguments for tenacity's `Retrying` and `AsyncRetrying`.

    Args:
        call: The call.
        insist: Whether to make it again after a 429. A caller that has more to decide then sets this to False.
    """

    def again(error: BaseException) -> bool:
        return harmless(call, error) and (insist or not isinstance(error, ThrottledError))

    return {
        "retry": retry_if_exception(again),
        "stop": _enough,
        "wait": _pause,
        "reraise": True,
    }


def _enough(state: RetryCallState) -> bool:
    throttled = isinstance(_error(state), ThrottledError)
    return state.attempt_number >= (THROTTLED_ATTEMPTS if throttled else ATTEMPTS)


def _pause(state: RetryCallState) -> float:
    """Up to 1, 2, 4 ... 30 s and at least half of that, so that many callers don't come back in step."""
    error = _error(state)
    asked = (error.retry_after or 0.0) if isinstance(error, ServiceError) else 0.0
    longest = min(MAX_PAUSE, 2.0 ** (state.attempt_number - 1))
    return max(asked, longest * random.uniform(0.5, 1.0))  # noqa: S311 -- no secret hangs on it


def _error(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None
