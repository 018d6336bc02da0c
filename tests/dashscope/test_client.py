"""The clients over real sockets: what is sent, what is sent again, and what never is."""

from __future__ import annotations

import contextlib
import dataclasses
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from airflow_provider_wan.dashscope import resend
from airflow_provider_wan.dashscope.client import AsyncDashScopeClient, DashScopeClient
from airflow_provider_wan.dashscope.errors import (
    AuthenticationError,
    BillingError,
    ContentRejectedError,
    InputMediaError,
    InvalidParameterError,
    InvalidRequestError,
    PermissionDeniedError,
    Retry,
    ServiceError,
    SubmitUnknownError,
    ThrottledError,
    UnavailableError,
    UnreachableError,
    UnsupportedOperationError,
)
from airflow_provider_wan.dashscope.results import TaskStatus
from tests.dashscope.callers import KEY, Caller, account, either_client
from tests.dashscope.scripted_server import (
    DROP,
    HANG,
    RESET,
    Answer,
    ScriptedServer,
    half,
    html,
    refuses,
    says,
)

PATH = "/services/aigc/video-generation/video-synthesis"
BODY = {"model": "wan2.1-vace-plus", "input": {"prompt": "一只猫"}}
ACCEPTED = says({"output": {"task_status": "PENDING", "task_id": "job-1"}, "request_id": "req-1"})
RUNNING = says({"output": {"task_status": "RUNNING", "task_id": "job-1"}, "request_id": "req-2"})
TOO_FAST = refuses(429, "Throttling.RateQuota", "Requests rate limit exceeded, please try again later.")


@either_client
def test_submission_carries_key_async_header_and_the_body_as_given(client: type[Caller]) -> None:
    with ScriptedServer(ACCEPTED) as server:
        submission = client(server.base_url)("submit", PATH, BODY)
    [request] = server.requests
    assert (submission.task_id, submission.request_id) == ("job-1", "req-1")
    assert (request.method, request.target) == ("POST", f"/api/v1{PATH}")
    assert request.json() == BODY
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["x-dashscope-async"] == "enable"
    assert "x-dashscope-ossresourceresolve" not in request.headers
    assert "x-dashscope-workspace" not in request.headers


def test_temporary_address_anywhere_in_the_body_is_announced() -> None:
    body = {"model": "m", "input": {"media": [{"type": "video", "url": "oss://dashscope-instant/a/b.mp4"}]}}
    with ScriptedServer(ACCEPTED) as server, DashScopeClient(account(server.base_url)) as client:
        client.submit(PATH, body)
    assert server.requests[0].headers["x-dashscope-ossresourceresolve"] == "enable"


def test_workspace_is_named_in_every_call() -> None:
    with (
        ScriptedServer(RUNNING) as server,
        DashScopeClient(account(server.base_url, workspace_id="llm-abc")) as client,
    ):
        client.get("job-1")
    assert server.requests[0].headers["x-dashscope-workspace"] == "llm-abc"


LOST = {
    "dropped": DROP,
    "reset": RESET,
    "never answered": HANG,
    "half an answer": half(ACCEPTED),
    "200 without a body": Answer(200),
    "200 that isn't JSON": html(200),
    "200 with JSON that is no object": says(["job-1"]),
    "200 with a broken encoding": Answer(200, b"not gzip", {"content-encoding": "gzip"}),
    "200 without a job": says({"request_id": "req-1"}),
    "200 with an empty output": says({"output": {}, "request_id": "req-1"}),
    "200 with an internal error": refuses(200, "InternalError"),
    "200 with a time-out": refuses(200, "RequestTimeOut"),
    "408": refuses(408, "RequestTimeOut"),
    "500": refuses(500, "InternalError"),
    "500 with a code of the request": refuses(500, "InvalidParameter"),
    "502 from a gateway": html(502),
    "503": refuses(503, "ModelUnavailable"),
    "503 with a code of throttling": refuses(503, "Throttling.RateQuota", retry_after="0"),
    "504": html(504),
}


@either_client
@pytest.mark.parametrize("answer", LOST.values(), ids=LOST.keys())
def test_submission_without_a_clear_answer_is_never_sent_again(
    client: type[Caller], answer: Answer | str
) -> None:
    with ScriptedServer(answer) as server:
        caller = client(server.base_url, read_timeout=0.2 if answer == HANG else None)
        with pytest.raises(SubmitUnknownError) as caught:
            caller("submit", PATH, BODY)
    assert len(server.requests) == 1
    assert caller.pauses == []
    assert "it will be billed" in str(caught.value)


@either_client
def test_unclear_answer_keeps_the_request_id_that_the_job_list_shows(client: type[Caller]) -> None:
    with (
        ScriptedServer(refuses(500, "InternalError")) as server,
        pytest.raises(SubmitUnknownError, match="request_id req-refused") as caught,
    ):
        client(server.base_url)("submit", PATH, BODY)
    assert caught.value.request_id == "req-refused"


def test_submission_on_a_kept_connection_that_breaks_is_never_sent_again() -> None:
    """Such a connection may have been closed at the moment it was used, or after the job was made."""
    with ScriptedServer(RUNNING, DROP) as server, DashScopeClient(account(server.base_url)) as client:
        client.get("job-1")
        with pytest.raises(SubmitUnknownError):
            client.submit(PATH, BODY)
    assert [request.method for request in server.requests] == ["GET", "POST"]


async def test_asynchronous_submission_on_a_kept_connection_that_breaks_neither() -> None:
    with ScriptedServer(RUNNING, DROP) as server:
        client = AsyncDashScopeClient(account(server.base_url), patient=True)
        await client.get("job-1")
        with pytest.raises(SubmitUnknownError):
            await client.submit(PATH, BODY)
        await client.aclose()
    assert [request.method for request in server.requests] == ["GET", "POST"]


def test_connection_that_the_server_has_closed_is_not_used_for_a_submission() -> None:
    last_word = dataclasses.replace(RUNNING, keep_open=False)
    with ScriptedServer(last_word, ACCEPTED) as server, DashScopeClient(account(server.base_url)) as client:
        client.get("job-1")
        assert server.wait_for(open_connections=0)
        assert client.submit(PATH, BODY).task_id == "job-1"


REFUSED: dict[str, tuple[Answer, type[ServiceError]]] = {
    "free quota used up": (
        refuses(429, "Throttling.AllocationQuota", "Free allocated quota exceeded."),
        BillingError,
    ),
    "bill overdue": (refuses(429, "PostpaidBillOverdue"), BillingError),
    "prepaid bill overdue": (refuses(429, "PrepaidBillOverdue"), BillingError),
    "not purchased": (refuses(429, "CommodityNotPurchased"), BillingError),
    "internal error as 429": (refuses(429, "InternalError"), UnavailableError),
    "bad parameter": (refuses(400, "InvalidParameter", "Field required: input"), InvalidParameterError),
    "slow input": (
        refuses(400, "InvalidParameter", "Download the media resource timed out during the data inspection"),
        InputMediaError,
    ),
    "moderation": (refuses(400, "DataInspectionFailed"), ContentRejectedError),
    "unpaid": (refuses(400, "Arrearage"), BillingError),
    "wrong key": (refuses(401, "InvalidApiKey"), AuthenticationError),
    "wrong key, no JSON": (html(401), AuthenticationError),
    "forbidden": (refuses(403, "Model.AccessDenied"), PermissionDeniedError),
    "no such model": (refuses(404, "ModelNotFound"), InvalidParameterError),
    "too large, no JSON": (html(413), InvalidParameterError),
    "200 with a refusal": (refuses(200, "InvalidParameter"), InvalidParameterError),
    "200 with throttling": (refuses(200, "Throttling"), ThrottledError),
    "200 with a refusal and an empty output": (
        says({"code": "DataInspectionFailed", "message": "no", "output": None}),
        ContentRejectedError,
    ),
    "asked to wait an hour": (refuses(429, "Throttling", retry_after="3600"), ThrottledError),
}


@either_client
@pytest.mark.parametrize(("answer", "error"), REFUSED.values(), ids=REFUSED.keys())
def test_refused_submission_is_not_sent_again(
    client: type[Caller], answer: Answer, error: type[ServiceError]
) -> None:
    with ScriptedServer(answer) as server, pytest.raises(error) as caught:
        client(server.base_url)("submit", PATH, BODY)
    assert len(server.requests) == 1
    assert type(caught.value) is error
    assert caught.value.http_status == answer.status


@either_client
@pytest.mark.parametrize(
    "answer",
    [TOO_FAST, refuses(429, "Throttling"), refuses(429, "limit_burst_rate"), html(429)],
    ids=["rate", "route", "burst", "no JSON"],
)
def test_throttled_submission_is_sent_again_after_growing_pauses(
    client: type[Caller], answer: Answer
) -> None:
    with ScriptedServer(answer, answer, answer, ACCEPTED) as server:
        caller = client(server.base_url)
        assert caller("submit", PATH, BODY).task_id == "job-1"
    assert len(server.requests) == 4
    assert [request.json() for request in server.requests] == [BODY] * 4
    for pause, longest in zip(caller.pauses, (1, 2, 4), strict=True):
        assert longest / 2 <= pause <= longest


@either_client
def test_throttling_is_outlasted_for_most_of_a_minute_and_then_told(client: type[Caller]) -> None:
    with ScriptedServer(always=TOO_FAST) as server:
        caller = client(server.base_url)
        with pytest.raises(ThrottledError) as caught:
            caller("submit", PATH, BODY)
    assert len(server.requests) == resend.THROTTLED_ATTEMPTS
    assert 45 <= sum(caller.pauses) <= 91
    assert max(caller.pauses) <= resend.MAX_PAUSE
    assert caught.value.retry is Retry.LATER


@either_client
@pytest.mark.parametrize("retry_after", ["17", "17.5", "Wed, 21 Oct 2026 07:28:17 GMT"])
def test_retry_after_is_obeyed(client: type[Caller], retry_after: str) -> None:
    refused = refuses(429, "Throttling", retry_after=retry_after, date="Wed, 21 Oct 2026 07:28:00 GMT")
    with ScriptedServer(refused, ACCEPTED) as server:
        caller = client(server.base_url)
        caller("submit", PATH, BODY)
    [pause] = caller.pauses
    assert 17 <= pause <= 17.5


@either_client
def test_nobody_listening_means_that_nothing_was_sent(client: type[Caller]) -> None:
    caller = client(ScriptedServer().base_url)
    with pytest.raises(UnreachableError, match="Nothing was sent or billed") as caught:
        caller("submit", PATH, BODY)
    assert caught.value.retry is Retry.LATER
    assert len(caller.pauses) == resend.ATTEMPTS - 1


@either_client
def test_submission_is_sent_once_a_connection_comes_about(client: type[Caller]) -> None:
    server = ScriptedServer(ACCEPTED)
    with contextlib.ExitStack() as later:
        caller = client(server.base_url, on_pause=lambda: later.enter_context(server))
        assert caller("submit", PATH, BODY).task_id == "job-1"
    assert len(server.requests) == len(caller.pauses) == 1


def test_tls_that_fails_means_that_nothing_was_sent() -> None:
    with ScriptedServer(always=ACCEPTED) as server:
        secure = server.base_url.replace("http://", "https://")
        with DashScopeClient(account(secure), patient=False) as client, pytest.raises(UnreachableError):
            client.submit(PATH, BODY)


@either_client
def test_redirect_is_named_and_not_followed(client: type[Caller]) -> None:
    moved = html(301, location="https://other.example/api/v1/x?token=secret")
    with (
        ScriptedServer(moved) as server,
        pytest.raises(UnavailableError, match=r"redirects to https://other\.example/api") as caught,
    ):
        client(server.base_url)("submit", PATH, BODY)
    assert len(server.requests) == 1
    assert caught.value.retry is Retry.ACT


READ_TROUBLE = {
    "dropped": DROP,
    "reset": RESET,
    "never answered": HANG,
    "half an answer": half(RUNNING),
    "no JSON": html(200),
    "broken encoding": Answer(200, b"not gzip", {"content-encoding": "gzip"}),
    "throttled": TOO_FAST,
    "408": html(408),
    "500": refuses(500, "InternalError"),
    "502": html(502),
    "503": refuses(503, "ModelServingError"),
    "504": html(504),
    "200 with an internal error": refuses(200, "SystemError"),
}


@either_client
@pytest.mark.parametrize("trouble", READ_TROUBLE.values(), ids=READ_TROUBLE.keys())
def test_query_is_repeated_on_trouble_that_passes(client: type[Caller], trouble: Answer | str) -> None:
    with ScriptedServer(trouble, RUNNING) as server:
        caller = client(server.base_url, read_timeout=0.3)
        assert caller("get", "job-1").status is TaskStatus.RUNNING
    assert [request.target for request in server.requests] == ["/api/v1/tasks/job-1"] * 2


@either_client
@pytest.mark.parametrize("status", [400, 401, 403, 404, 409])
def test_query_is_not_repeated_when_it_was_refused(client: type[Caller], status: int) -> None:
    with ScriptedServer(refuses(status, "")) as server, pytest.raises(ServiceError):
        client(server.base_url)("get", "job-1")
    assert len(server.requests) == 1


@either_client
def test_query_gives_up_after_a_few_tries_and_says_a_retry_repeats_the_call(client: type[Caller]) -> None:
    with (
        ScriptedServer(always=html(502)) as server,
        pytest.raises(UnavailableError, match="A retry makes the same call again") as caught,
    ):
        client(server.base_url)("get", "job-1")
    assert len(server.requests) == resend.ATTEMPTS
    assert "refused" not in str(caught.value)


@either_client
def test_impatient_client_asks_once(client: type[Caller]) -> None:
    with ScriptedServer(always=html(502)) as server, pytest.raises(UnavailableError):
        client(server.base_url, patient=False)("get", "job-1")
    assert len(server.requests) == 1


@either_client
def test_status_answer_without_sense_is_trouble_and_not_an_end(client: type[Caller]) -> None:
    with ScriptedServer(says({"request_id": "r"})) as server, pytest.raises(UnavailableError) as caught:
        client(server.base_url, patient=False)("get", "job-1")
    assert caught.value.retry is Retry.LATER


@either_client
def test_list_sends_its_filters_in_the_service_s_own_form(client: type[Caller]) -> None:
    answer = {"total": 0, "total_page": 0, "page_no": 2, "page_size": 50, "request_id": "r", "data": []}
    filters: dict[str, Any] = {
        "model": "wan2.1-vace-plus",
        "status": "RUNNING",
        "since": datetime(2026, 10, 20, 16, 0, 5, tzinfo=UTC),
        "until": datetime(2026, 10, 21, tzinfo=UTC),
        "page": 2,
        "page_size": 50,
    }
    with ScriptedServer(says(answer)) as server:
        assert client(server.base_url)("list_tasks", **filters) == answer
    parts = urlsplit(server.requests[0].target)
    assert parts.path == "/api/v1/tasks/"
    assert parse_qs(parts.query) == {
        "model_name": ["wan2.1-vace-plus"],
        "status": ["RUNNING"],
        "start_time": ["20261021000005"],  # UTC+8
        "end_time": ["20261021080000"],
        "page_no": ["2"],
        "page_size": ["50"],
    }


@either_client
def test_cancel_of_a_running_job_says_that_it_goes_on(client: type[Caller]) -> None:
    refused = refuses(
        400,
        "UnsupportedOperation",
        "Failed to cancel the task, please confirm if the task is in PENDING status.",
    )
    with ScriptedServer(says({"request_id": "r"}), refused) as server:
        caller = client(server.base_url)
        caller("cancel", "job-1")
        with pytest.raises(UnsupportedOperationError, match="a running one goes on and is billed"):
            caller("cancel", "job-1")
    assert [(r.method, r.target) for r in server.requests] == [("POST", "/api/v1/tasks/job-1/cancel")] * 2


@either_client
@pytest.mark.parametrize("task_id", ["", "..", "a/b", "a?b", "a%2fb", "ü", "x" * 200])
def test_id_that_could_lead_elsewhere_is_not_sent(client: type[Caller], task_id: str) -> None:
    with (
        ScriptedServer(always=RUNNING) as server,
        pytest.raises(InvalidRequestError, match="must be the id of a DashScope job"),
    ):
        client(server.base_url)("get", task_id)
    assert server.requests == []
