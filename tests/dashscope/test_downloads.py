"""Fetching a result: the address as it is, no key, and no broken file for a whole one."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

import pytest

from airflow_provider_wan.dashscope import answers
from airflow_provider_wan.dashscope.client import DashScopeClient
from airflow_provider_wan.dashscope.errors import PermissionDeniedError, Retry, UnavailableError
from tests.dashscope.callers import KEY, account
from tests.dashscope.scripted_server import DROP, RESET, Answer, ScriptedServer, half, html

SIGNED = "Expires=1761631066&OSSAccessKeyId=LTAI&Signature=a%2Bb%2F%3D&x=%20&y=%c3%bc&z=1+2"
VIDEO = Answer(200, b"ftyp" * 1000, {"content-type": "video/mp4"})


def read(client: DashScopeClient, url: str) -> tuple[int | None, bytes]:
    with client.download(url) as (length, chunks):
        return length, b"".join(chunks)


@pytest.fixture
def client() -> Iterator[DashScopeClient]:
    with DashScopeClient(account("http://127.0.0.1:1")) as client:
        yield client


def test_download_sends_no_key_and_the_signed_query_byte_for_byte(client: DashScopeClient) -> None:
    with ScriptedServer(VIDEO) as server:
        assert read(client, f"{server.origin}/a%2fb/clip.mp4?{SIGNED}") == (4000, VIDEO.body)
    [request] = server.requests
    assert request.target == f"/a%2fb/clip.mp4?{SIGNED}"
    assert "authorization" not in request.headers
    assert KEY not in str(request)
    assert request.headers["accept-encoding"] == "identity"


def test_download_follows_redirects_to_another_host_with_their_query_intact(client: DashScopeClient) -> None:
    with ScriptedServer(VIDEO) as target:
        other_host = target.origin.replace("127.0.0.1", "localhost")
        with ScriptedServer(html(302, location=f"{other_host}/clip.mp4?{SIGNED}")) as first:
            assert read(client, f"{first.origin}/x")[1] == VIDEO.body
    assert target.requests[0].target == f"/clip.mp4?{SIGNED}"
    assert "authorization" not in target.requests[0].headers


def test_download_of_an_expired_address_is_refused_at_once(client: DashScopeClient) -> None:
    xml = "<Error><Code>AccessDenied</Code><Message>Request has expired.</Message></Error>"
    with (
        ScriptedServer(html(403, xml)) as server,
        pytest.raises(PermissionDeniedError, match="live for 24 hours") as caught,
    ):
        read(client, f"{server.origin}/clip.mp4?{SIGNED}")
    assert caught.value.http_status == 403
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "answer",
    [DROP, RESET, half(VIDEO), html(408), html(429), html(500), html(503)],
    ids=["dropped", "reset", "cut short", "408", "429", "500", "503"],
)
def test_download_that_breaks_off_is_trouble_that_may_pass(
    client: DashScopeClient, answer: Answer | str
) -> None:
    with ScriptedServer(answer) as server, pytest.raises(UnavailableError) as caught:
        read(client, f"{server.origin}/clip.mp4")
    assert caught.value.retry is Retry.LATER


def test_download_ends_a_chain_of_redirects_that_has_no_end(client: DashScopeClient) -> None:
    with ScriptedServer(always=html(302, location="/again")) as server, pytest.raises(UnavailableError):
        read(client, f"{server.origin}/clip.mp4")


@pytest.mark.parametrize(
    "url", ["http://[oops", "http://a.example:99999/x", "ftp://a.example/x", "no address"]
)
def test_address_that_is_none_is_refused_as_a_service_error(client: DashScopeClient, url: str) -> None:
    with pytest.raises(UnavailableError):
        read(client, url)


def test_download_hands_over_what_was_stored_even_if_it_is_encoded(client: DashScopeClient) -> None:
    packed = gzip.compress(b"x" * 5000)
    with ScriptedServer(Answer(200, packed, {"content-encoding": "gzip"})) as server:
        assert read(client, f"{server.origin}/clip.mp4") == (len(packed), packed)


def test_download_left_early_closes_its_connection(client: DashScopeClient) -> None:
    with ScriptedServer(Answer(200, b"x" * 100_000)) as server:
        with client.download(f"{server.origin}/clip.mp4") as (_, chunks):
            assert next(chunks)
            assert server.open_connections == 1
        client.close()
        assert server.wait_for(open_connections=0)


@pytest.mark.parametrize(
    ("announced", "length"),
    [("0", 0), ("4367498", 4367498), ("9" * 18, 10**18 - 1), ("", None), ("-1", None), ("9" * 5000, None)],
    ids=["none", "a film", "an exabyte", "not told", "negative", "endless"],
)
def test_length_is_what_is_announced_if_that_makes_sense(announced: str, length: int | None) -> None:
    assert answers.length({"content-length": announced}) == length
    assert answers.length({}) is None
