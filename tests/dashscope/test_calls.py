"""Calls as data, and answers of any kind."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_wan.dashscope import calls, resend
from airflow_provider_wan.dashscope.errors import (
    InvalidRequestError,
    Retry,
    ServiceError,
    ThrottledError,
    UnavailableError,
    UnreachableError,
    WanError,
)
from tests.dashscope.properties import JSON, unhurried

LIKELY = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("code", "message", "request_id", "output", "data"), JSON)
)
STATUS = st.integers(200, 599)


@unhurried
@given(STATUS, st.binary() | JSON.map(lambda x: json.dumps(x).encode()), st.text() | st.none())
def test_any_answer_is_an_object_or_one_of_our_errors(
    status: int, content: bytes, retry_after: str | None
) -> None:
    headers = {} if retry_after is None else {"retry-after": retry_after}
    try:
        answer = calls.read_answer(status, content, headers)
    except WanError:
        return
    assert isinstance(answer, dict)
    assert 200 <= status < 300


@unhurried
@given(STATUS, LIKELY)
def test_answer_shaped_like_the_service_s_is_an_object_or_one_of_our_errors(
    status: int, answer: dict[str, Any]
) -> None:
    sent = json.dumps(answer)
    try:
        read = calls.read_answer(status, sent.encode(), {})
    except ServiceError as error:
        named = error.http_status
    else:
        named = status
        finite = json.loads(sent, parse_constant=lambda _: None)  # NaN and infinities are left out, see below
        assert json.dumps(read) == json.dumps(finite)
    assert named == status


def test_numbers_that_a_database_can_not_keep_are_left_out() -> None:
    content = b'{"usage": {"a": NaN, "b": -Infinity, "c": 1e999, "d": 1.5}}'
    assert calls.read_answer(200, content, {}) == {"usage": {"a": None, "b": None, "c": None, "d": 1.5}}


@pytest.mark.parametrize(
    "content",
    [b"[" * 200_000, b'{"a":' * 200_000, b"9" * 10_000, b"\xff\xfe", b"", b"null", b"NaN"],
    ids=["deep list", "deep object", "long number", "half UTF-16", "empty", "null", "NaN"],
)
def test_answer_that_breaks_parsers_is_trouble(content: bytes) -> None:
    with pytest.raises(UnavailableError) as caught:
        calls.read_answer(200, content, {})
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("0", 0.0),
        ("7", 7.0),
        ("1.5", 1.5),
        ("Wed, 21 Oct 2026 07:28:30 GMT", 30.0),
        ("Wed, 21 Oct 2026 07:27:00 GMT", 0.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("nan", None),
        ("9" * 30, None),
        ("Mon, 01 Jan 2024 00:00:00 +99999999999999", None),
        ("Wed, 21 Oct 2026 07:28:30 -0000", None),
    ],
)
def test_retry_after_is_read_in_both_forms_and_nonsense_is_left_out(
    written: str, seconds: float | None
) -> None:
    headers = {"retry-after": written, "date": "Wed, 21 Oct 2026 07:28:00 GMT"}
    with pytest.raises(ThrottledError) as caught:
        calls.read_answer(429, b"{}", headers)
    assert caught.value.retry_after == seconds


NOON = datetime(2026, 10, 21, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("date", "ahead"),
    [
        ("Wed, 21 Oct 2026 12:00:07 GMT", 7),
        ("Wed, 21 Oct 2026 11:59:00 GMT", -60),
        ("Wed, 21 Oct 2026 20:00:07 +0800", 7),
        ("", 0),
        ("yesterday", 0),
        ("Wed, 21 Oct 2026 12:00:07 -0000", 0),
        ("Mon, 01 Jan 2024 00:00:00 +99999999999999", 0),
    ],
)
def test_service_s_clock_is_read_off_its_answers_and_nonsense_is_left_out(date: str, ahead: int) -> None:
    assert calls.clock_ahead({"date": date}, NOON).total_seconds() == ahead


@unhurried
@given(st.text() | st.datetimes().map(lambda moment: moment.strftime("%a, %d %b %Y %H:%M:%S GMT")))
def test_no_date_of_an_answer_can_lose_the_answer(date: str) -> None:
    calls.clock_ahead({"date": date}, NOON)


def test_body_is_searched_for_temporary_addresses_to_its_depths() -> None:
    deep: dict[str, Any] = {"input": {"media": [{"type": "video"}, {"url": "oss://dashscope-instant/x"}]}}
    assert calls.holds_temporary_url(deep)
    assert not calls.holds_temporary_url({"input": {"prompt": "what does oss:// mean", "n": 1, "x": None}})


SUBMIT = calls.submit("/p", {})
READ = calls.get("job-1")


@unhurried
@given(STATUS, st.sampled_from(["", "Throttling", "InternalError", "InvalidParameter", "New"]), st.binary())
def test_submission_is_only_ever_repeated_on_429(status: int, code: str, noise: bytes) -> None:
    content = json.dumps({"code": code, "message": "no"}).encode() if code else noise
    try:
        calls.read_answer(status, content, {})
    except ServiceError as error:
        again, open_ = resend.harmless(SUBMIT, error), resend.undecided(error)
        assert not again or status == 429
        assert not (again and open_)
        assert open_ or not (status >= 500 or status == 408)


def test_connection_that_never_came_about_is_the_other_reason_to_repeat_a_submission() -> None:
    assert resend.harmless(SUBMIT, UnreachableError("no route"))
    assert not resend.harmless(SUBMIT, UnavailableError("no answer"))
    assert not resend.undecided(UnreachableError("no route"))


def test_nothing_is_repeated_that_someone_has_to_settle_first() -> None:
    error = UnavailableError("redirect", http_status=301, retry=Retry.ACT)
    assert not resend.harmless(READ, error)
    assert not resend.harmless(READ, ValueError("a bug"))


@pytest.mark.parametrize("uri", ["s3://bucket/x.mp4", "file:///x.mp4", "oss://bucket/x.mp4"])
def test_input_that_the_service_can_t_read_is_never_sent(uri: str) -> None:
    body = {"model": "any", "input": {"prompt": "s3://no/input", "media": [{"type": "video", "url": uri}]}}
    with pytest.raises(InvalidRequestError, match="storage that the service can't read"):
        calls.submit("/path", body)
