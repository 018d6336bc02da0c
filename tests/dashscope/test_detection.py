"""Asking the detector of speech-to-video, and what its answers mean."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_wan.dashscope import Account, DashScopeClient, calls, catalog
from airflow_provider_wan.dashscope.detection import (
    DETECTOR,
    Detection,
    DetectionLostError,
    ImageNotPassedError,
    read_detection,
)
from airflow_provider_wan.dashscope.errors import InputMediaError, Retry, ServiceError, ThrottledError
from airflow_provider_wan.emulator import EmulatorSettings, RegionSettings, RunningEmulator, running
from tests.dashscope.callers import account
from tests.dashscope.properties import JSON, unhurried
from tests.dashscope.scripted_server import DROP, Answer, ScriptedServer, refuses, says

FACE = "https://media.example.com/face.png"
PASSED = {"output": {"check_pass": True, "humanoid": True}, "usage": {"image_count": 1}, "request_id": "r"}
NOT_PASSED = {"output": {"check_pass": False, "code": "", "message": ""}, "usage": {"image_count": 1}}


def test_call_follows_the_documentation_field_by_field() -> None:
    call = calls.detect_face(FACE)
    assert (call.method, call.path) == ("POST", "/services/aigc/image2video/face-detect")
    assert call.body == {"model": "wan2.2-s2v-detect", "input": {"image_url": FACE}}
    assert (call.params, call.headers, call.paid) == ({}, {}, True)


def test_temporary_address_asks_the_service_to_resolve_it() -> None:
    headers = calls.detect_face("oss://dashscope-instant/a/b.png").headers
    assert headers == {"X-DashScope-OssResourceResolve": "enable"}


def test_image_that_is_passed() -> None:
    found = read_detection(PASSED)
    assert found == Detection(passed=True, humanoid=True, request_id="r")
    found.require()


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ({"check_pass": False, "code": "", "message": ""}, "it gave no reason"),
        ({"check_pass": False, "humanoid": False}, "it found no person in it"),
        ({"check_pass": False, "code": "InvalidFile", "message": "too dark"}, "InvalidFile: too dark"),
    ],
)
def test_image_that_is_not_passed_is_an_error_that_names_reason_cost_and_what_to_do(
    output: dict[str, Any], reason: str
) -> None:
    found = read_detection({"output": output, "request_id": "req-1"})
    assert not found.passed
    with pytest.raises(ImageNotPassedError) as caught:
        found.require()
    assert caught.value.retry is Retry.NEVER
    said = str(caught.value)
    assert said.startswith(
        f"The detector did not pass the image: {reason} (request_id req-1). Give a picture"
    )
    assert said.endswith(
        "No job was submitted, and nothing but the detection (CNY 0.004) was billed. It is not retried."
    )


@pytest.mark.parametrize(
    "output", [{}, None, [], {"check_pass": "true"}, {"check_pass": None}, {"humanoid": True}]
)
def test_answer_that_does_not_say_is_no_answer(output: object) -> None:
    with pytest.raises(DetectionLostError, match=r"doesn't say what was found \(request_id r\)") as caught:
        read_detection({"output": output, "request_id": "r"})
    assert caught.value.retry is Retry.LATER


@unhurried
@given(st.fixed_dictionaries({}, optional={"output": JSON, "request_id": JSON}))
def test_any_answer_is_read_or_lost(answer: dict[str, Any]) -> None:
    try:
        found = read_detection(answer)
    except DetectionLostError:
        return
    assert isinstance(found.passed, bool)


@pytest.fixture
def beijing() -> Iterator[RunningEmulator]:
    with running(EmulatorSettings(regions=(RegionSettings("cn-beijing"),), render=False)) as emulator:
        yield emulator


def test_client_asks_once_without_the_async_header_and_reads_both_answers(beijing: RunningEmulator) -> None:
    whom = Account.of(api_key=beijing.key, region="cn-beijing", host=beijing.base_url)
    with DashScopeClient(whom) as client:
        assert client.detect_face(FACE).passed
        beijing.faults.order("detect", "not_passed")
        assert not client.detect_face(FACE).passed
        beijing.faults.order(
            "detect", "status", status=400, code="InvalidParameter.DataInspection", message="x"
        )
        with pytest.raises(InputMediaError, match="A refused call isn't billed"):
            client.detect_face(FACE)
    first, *_ = asked = beijing.detections()
    assert (len(asked), first.path) == (3, "/services/aigc/image2video/face-detect")
    assert first.body == {"model": DETECTOR, "input": {"image_url": FACE}}
    assert not {"x-dashscope-async", "x-dashscope-ossresourceresolve"} & set(first.headers)
    assert [str(charge.cost) for charge in beijing.ledger()] == ["0.004", "0.004"]


@pytest.mark.parametrize(
    "lost", [DROP, says({}, 500), says({}, 200), Answer(200, b"<html>"), refuses(504, "X")]
)
def test_question_whose_answer_is_lost_is_not_asked_again(lost: Answer | str) -> None:
    with (
        ScriptedServer(lost) as server,
        DashScopeClient(account(server.base_url), sleep=lambda _: None) as client,
        pytest.raises(
            DetectionLostError, match=r"No job was submitted; if the detector did its work"
        ) as caught,
    ):
        client.detect_face(FACE)
    assert len(server.requests) == 1
    assert str(caught.value).endswith("A retry makes the same call again.")


def test_question_that_was_throttled_is_asked_again() -> None:
    throttled = refuses(429, "Throttling.RateQuota")
    with ScriptedServer(throttled, says(PASSED)) as server:
        with DashScopeClient(account(server.base_url), sleep=lambda _: None) as client:
            assert client.detect_face(FACE).passed
        assert len(server.requests) == 2


def test_throttled_for_ever_is_told_as_such() -> None:
    with (
        ScriptedServer(always=refuses(429, "Throttling.RateQuota")) as server,
        DashScopeClient(account(server.base_url), sleep=lambda _: None) as client,
        pytest.raises(ThrottledError),
    ):
        client.detect_face(FACE)


def test_price_in_the_messages_is_the_catalogue_s() -> None:
    model = catalog.find(DETECTOR)
    assert model is not None
    assert f"CNY {catalog.price(model, 'cn-beijing', 'image')}" in ImageNotPassedError.spent
    assert issubclass(ImageNotPassedError, ServiceError)
