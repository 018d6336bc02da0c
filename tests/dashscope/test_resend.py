"""Which call is made again after which error, and after how long. The question is whether that could pay twice."""

from __future__ import annotations

import pytest
from tenacity import Future, RetryCallState, Retrying

from airflow_provider_wan.dashscope import resend
from airflow_provider_wan.dashscope.calls import Call
from airflow_provider_wan.dashscope.errors import (
    AuthenticationError,
    InvalidParameterError,
    ServiceError,
    SubmitUnknownError,
    ThrottledError,
    UnavailableError,
    UnreachableError,
)

PAID, FREE = Call("POST", "/x", paid=True), Call("GET", "/x")


@pytest.mark.parametrize(
    ("error", "paid", "free"),
    [
        # The service has seen neither, so a job can't have come of it.
        (UnreachableError("no route"), True, True),
        (ThrottledError("slow down", http_status=429), True, True),
        # A rate limit that came in other clothes may have been met after the job was made.
        (ThrottledError("slow down", http_status=500), False, True),
        (UnavailableError("broken", http_status=503), False, True),
        (UnavailableError("cut short"), False, True),
        (SubmitUnknownError("cut short"), False, False),
        (InvalidParameterError("no", http_status=400), False, False),
        (AuthenticationError("no", http_status=401), False, False),
        (ValueError("not of the service"), False, False),
        # What the service asks to be left alone for is obeyed, or left to whoever has more time.
        (ThrottledError("wait", http_status=429, retry_after=60.0), True, True),
        (ThrottledError("wait", http_status=429, retry_after=60.1), False, False),
        (UnreachableError("wait", retry_after=61.0), False, False),
    ],
    ids=str,
)
def test_paid_call_is_made_again_only_where_no_job_can_have_come_of_it(
    error: Exception, paid: bool, free: bool
) -> None:
    assert resend.harmless(PAID, error) is paid
    assert resend.harmless(FREE, error) is free


@pytest.mark.parametrize(
    ("error", "undecided"),
    [
        (UnavailableError("never answered"), False),  # those that were sent are told otherwise, see `calls`
        (UnavailableError("no sense", http_status=200), True),
        (UnavailableError("no sense", http_status=299), True),
        (InvalidParameterError("a refusal in good order", http_status=200), False),
        (UnavailableError("moved", http_status=300), False),
        (InvalidParameterError("no", http_status=400), False),
        (UnavailableError("busy", http_status=407), False),
        (UnavailableError("too slow", http_status=408), True),
        (ThrottledError("no", http_status=429), False),
        (UnavailableError("busy", http_status=499), False),
        (ThrottledError("too late for a limit", http_status=500), True),
        (UnavailableError("broken", http_status=503), True),
    ],
    ids=str,
)
def test_answer_that_decides_nothing_leaves_a_job_possible(error: ServiceError, undecided: bool) -> None:
    assert resend.undecided(error) is undecided


def after(error: BaseException, attempt: int) -> RetryCallState:
    """What tenacity tells after an attempt."""
    state = RetryCallState(Retrying(), None, (), {})
    state.attempt_number, state.outcome = attempt, Future.construct(attempt, error, has_exception=True)
    return state


BUSY, THROTTLED = UnavailableError("busy", http_status=503), ThrottledError("slow down", http_status=429)


def test_who_has_more_to_decide_after_a_429_isn_t_held_up() -> None:
    for usual in (resend.policy(PAID), resend.policy(PAID, insist=True)):
        assert usual["retry"](after(THROTTLED, 1))
    for once in (resend.policy(PAID, insist=False), resend.policy(FREE, insist=False)):
        assert not once["retry"](after(THROTTLED, 1))
        assert once["retry"](after(UnreachableError("no route"), 1))


def test_the_last_error_comes_through_and_a_rate_limit_is_outlasted() -> None:
    policy = resend.policy(FREE)
    assert policy["reraise"] is True
    assert [policy["stop"](after(BUSY, number)) for number in (3, 4)] == [False, True]
    assert [policy["stop"](after(THROTTLED, number)) for number in (7, 8)] == [False, True]


@pytest.mark.parametrize(
    ("attempt", "longest"), [(1, 1.0), (2, 2.0), (3, 4.0), (5, 16.0), (6, 30.0), (8, 30.0)]
)
def test_pauses_double_up_to_half_a_minute_and_don_t_keep_step(attempt: int, longest: float) -> None:
    pause = resend.policy(FREE)["wait"]
    pauses = {pause(after(BUSY, attempt)) for _ in range(50)}
    assert longest / 2 <= min(pauses) < max(pauses) <= longest


def test_pause_is_as_long_as_the_service_asks_for() -> None:
    pause = resend.policy(FREE)["wait"]
    assert pause(after(ThrottledError("wait", http_status=429, retry_after=45.0), 1)) == 45.0
    assert pause(after(ThrottledError("wait", http_status=429, retry_after=0.1), 4)) >= 4.0
