"""Keys and signatures stay out of everything that ends up in a log, a traceback or a screen."""

from __future__ import annotations

import asyncio
import io
import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from airflow_provider_wan.dashscope import calls, codes, uploads
from airflow_provider_wan.dashscope.client import AsyncDashScopeClient, DashScopeClient
from airflow_provider_wan.dashscope.errors import ServiceError, SubmitUnknownError, WanError
from airflow_provider_wan.dashscope.redact import redacted, secrets_in, unsigned
from airflow_provider_wan.dashscope.results import read_snapshot
from tests.dashscope.callers import KEY, account
from tests.dashscope.scripted_server import DROP, RESET, Answer, ScriptedServer, half, html, refuses, says

SECRET = "S3cr3tSignature"
SIGNED_QUERY = f"Expires=1761631066&OSSAccessKeyId=LTAI&Signature={SECRET}%3D"
INPUT = f"https://bucket.example/in.mp4?{SIGNED_QUERY}"
PATH = "/services/aigc/video-generation/video-synthesis"
BODY = {"model": "m", "input": {"video_url": INPUT}}


def assert_clean(text: str) -> None:
    assert KEY not in text
    assert SECRET not in text


def test_reprs_hold_no_secret() -> None:
    ours = account("http://127.0.0.1:1")
    snapshot = read_snapshot(
        {
            "output": {
                "task_id": "job-1",
                "task_status": "FAILED",
                "video_url": INPUT,
                "message": f"Download {INPUT} timeout, please check.",
            }
        }
    )
    policy = uploads.read_policy(
        {
            "data": {
                "policy": SECRET,
                "signature": SECRET,
                "upload_dir": "dashscope-instant/a",
                "upload_host": "https://storage.example",
                "oss_access_key_id": "LTAI",
                "x_oss_object_acl": "private",
                "x_oss_forbid_overwrite": "true",
            }
        }
    )
    form = uploads.form(policy, ".mp4")
    with DashScopeClient(ours) as client:
        for thing in (
            *(ours, client, AsyncDashScopeClient(ours)),
            *(snapshot, policy, form, calls.submit(PATH, BODY), calls.get("job-1")),
        ):
            assert_clean(repr(thing))
            assert_clean(str(thing))
    assert snapshot.video_url == INPUT
    assert policy.fields["Signature"] == SECRET


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        (f"Download {INPUT} timeout", "Download https://bucket.example/in.mp4?*** timeout"),
        (f'"{INPUT}", "s3://b/k?a=b"', '"https://bucket.example/in.mp4?***", "s3://b/k?***"'),
        ("https://a.example/x#frag", "https://a.example/x?***"),
        (f"Incorrect API key provided: {KEY}.", "Incorrect API key provided: sk-***."),
        ("temporary key st-abcdef12", "temporary key st-***"),
        ("is it there? see https://a.example/doc.", "is it there? see https://a.example/doc."),
        ("task-12345678 ran 3 risk-takers", "task-12345678 ran 3 risk-takers"),
        ("GET https://ann:hunter2@a.example/x?y failed", "GET https://***@a.example/x?*** failed"),
        ("https://t0ken@a.example/@x", "https://***@a.example/@x"),
        ("s3://key:hunter2@bucket/a, s3://conn@bucket/b", "s3://***@bucket/a, s3://conn@bucket/b"),
        ("", ""),
    ],
)
def test_redaction_takes_queries_and_keys_and_nothing_else(text: str, clean: str) -> None:
    assert redacted(text) == clean


@pytest.mark.parametrize(
    "text",
    ["a.b-" * 100_000, "a://" * 100_000, "a://b@" * 60_000, "sk-" * 100_000],
    ids=["dots", "schemes", "users", "keys"],
)
@pytest.mark.timeout(20)
def test_redaction_of_a_long_text_takes_no_time(text: str) -> None:
    assert len(redacted(text)) <= len(text)


def test_password_in_an_address_is_neither_recorded_nor_left_unmasked() -> None:
    address = "https://ann:hunter%32@a.example/x.mp4?Signature=abcdefghij&v=2"
    assert unsigned(address) == "https://a.example/x.mp4?v=2"
    assert unsigned("s3://conn@bucket/p@q.mp4") == "s3://conn@bucket/p@q.mp4"
    assert {"hunter%32", "hunter2"} < set(secrets_in({"input": [address]}))
    assert list(secrets_in("s3://conn@bucket/x.mp4")) == []


def chain(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__


REFUSED_WITH_SECRETS = refuses(400, "InvalidURL", f"Connection to {INPUT} refused, key {KEY}")
CALLS: dict[str, Callable[[DashScopeClient, str], object]] = {
    "submit": lambda client, _: client.submit(PATH, BODY),
    "get": lambda client, _: client.get("job-1"),
    "list": lambda client, _: client.list_tasks(model="m"),
    "cancel": lambda client, _: client.cancel("job-1"),
    "upload": lambda client, _: client.upload(io.BytesIO(b"x"), model="m", suffix=".mp4"),
    "download": lambda client, origin: drain(client, f"{origin}/clip.mp4?{SIGNED_QUERY}"),
}
TROUBLES = {
    "dropped": DROP,
    "reset": RESET,
    "refused": REFUSED_WITH_SECRETS,
    "500": refuses(500, "InternalError", f"could not read {INPUT} for {KEY}"),
    "echo": html(502, f"<p>{INPUT} {KEY}</p>"),
    "redirect": html(302, location=f"ftp://a.example/x?{SIGNED_QUERY}"),
    "redirect to no address": html(302, location=f"http://a.example:99999/x?{SIGNED_QUERY}"),
    "cut": half(Answer(200, b"x" * 1000)),
}


def drain(client: DashScopeClient, url: str) -> int:
    with client.download(url) as (_, chunks):
        return sum(map(len, chunks))


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES.keys())
def test_errors_hold_no_secret_down_to_their_causes(
    call: Callable[[DashScopeClient, str], object], trouble: Answer | str
) -> None:
    with (
        ScriptedServer(trouble) as server,
        DashScopeClient(account(server.base_url), patient=False) as client,
        pytest.raises(WanError) as caught,
    ):
        call(client, server.origin)
    for error in chain(caught.value):
        assert_clean(str(error))
        assert_clean(repr(error))
    if isinstance(caught.value, ServiceError | SubmitUnknownError):
        assert_clean(caught.value.reason)


def test_failed_job_s_message_is_shown_without_its_input_s_signature() -> None:
    error = codes.failure("InvalidURL.Timeout", f"Download {INPUT} timeout", task_id="job-1")
    assert "https://bucket.example/in.mp4" in str(error)
    assert_clean(str(error))


SNAPSHOT = says({"output": {"task_status": "RUNNING", "task_id": "job-1"}, "request_id": "r"})
ACCEPTED = says({"output": {"task_status": "PENDING", "task_id": "job-1"}, "request_id": "r"})


def http_records(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name.startswith(("httpx", "httpcore"))]


@pytest.fixture(params=[logging.DEBUG, logging.INFO], ids=["debug", "info"])
def listening(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    for name in ("", "httpx", "httpcore"):
        caplog.set_level(request.param, logger=name)
    return caplog


def test_our_calls_leave_no_line_of_the_http_library(listening: pytest.LogCaptureFixture) -> None:
    with ScriptedServer() as server:
        host = f"{server.origin}/storage?{SIGNED_QUERY}"
        data = {
            "policy": SECRET,
            "signature": SECRET,
            "upload_dir": "d",
            "upload_host": host,
            "oss_access_key_id": "LTAI",
            "x_oss_object_acl": "private",
            "x_oss_forbid_overwrite": "true",
        }
        redirect = html(302, location=f"{server.origin}/moved?{SIGNED_QUERY}")
        server.then(ACCEPTED, SNAPSHOT, says({"data": data}), Answer(200))
        server.then(redirect, Answer(200, b"x" * 9), Answer(200, b"x" * 2_000_000))
        with DashScopeClient(account(server.base_url)) as client:
            client.submit(PATH, BODY)
            client.get("job-1")
            client.upload(io.BytesIO(b"x"), model="m", suffix=".mp4")
            assert drain(client, f"{server.origin}/clip?{SIGNED_QUERY}") == 9
            with client.download(f"{server.origin}/clip?{SIGNED_QUERY}") as (_, chunks):
                assert next(chunks)  # and left early
    assert len(server.requests) == 7
    assert http_records(listening) == []
    for record in listening.records:
        assert_clean(record.getMessage())


async def test_our_asynchronous_calls_leave_none_either(listening: pytest.LogCaptureFixture) -> None:
    with ScriptedServer(ACCEPTED, DROP, SNAPSHOT) as server:
        client = AsyncDashScopeClient(account(server.base_url))
        await client.submit(PATH, BODY)
        with pytest.raises(WanError):
            await client.get("job-1")
        await client.get("job-1")
        await client.aclose()
    assert http_records(listening) == []


def test_other_code_s_lines_stay_even_while_we_download(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="httpx")
    with (
        ScriptedServer(Answer(200, b"x" * 2_000_000)) as server,
        ScriptedServer(always=SNAPSHOT) as others,
        DashScopeClient(account(server.base_url)) as client,
    ):
        with client.download(f"{server.origin}/clip?{SIGNED_QUERY}") as (_, chunks):
            httpx.get(f"{others.origin}/before")
            next(chunks)
            httpx.get(f"{others.origin}/between")
        httpx.get(f"{others.origin}/after")
    assert [line.split("/")[3].split(" ")[0] for line in http_records(caplog)] == [
        "before",
        "between",
        "after",
    ]


async def test_other_tasks_lines_stay_while_our_call_is_under_way(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="httpx")
    gate = threading.Event()
    slow = Answer(SNAPSHOT.status, SNAPSHOT.body, SNAPSHOT.headers, gate=gate)
    with ScriptedServer(slow) as server, ScriptedServer(SNAPSHOT) as others:
        client = AsyncDashScopeClient(account(server.base_url))
        ours = asyncio.ensure_future(client.get("job-1"))
        assert await asyncio.to_thread(server.wait_for, requests=1)
        async with httpx.AsyncClient() as theirs:
            await theirs.get(f"{others.origin}/theirs")
        gate.set()
        await ours
        await client.aclose()
    assert len(http_records(caplog)) == 1
    assert "/theirs" in http_records(caplog)[0]


def test_download_given_up_in_another_context_does_not_fail() -> None:
    """A generator that Python cleans up late must not trip over a context that is not its own."""
    with (
        ScriptedServer(Answer(200, b"x" * 2_000_000)) as server,
        DashScopeClient(account(server.base_url)) as client,
    ):
        opened: list[Any] = []

        def start() -> None:
            download = client.download(f"{server.origin}/clip")
            _, chunks = download.__enter__()
            next(chunks)
            opened.append(download)

        thread = threading.Thread(target=start)
        thread.start()
        thread.join()
        opened.pop().__exit__(None, None, None)
