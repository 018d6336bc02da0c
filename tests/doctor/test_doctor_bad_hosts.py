"""Hosts that hang, speak nonsense, fail, lead elsewhere, or aren't there: findings, and never a traceback."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import pytest

from airflow_provider_wan.dashscope import Account
from airflow_provider_wan.dashscope.calls import Call
from airflow_provider_wan.doctor.asking import Asker
from airflow_provider_wan.doctor.examine import examine
from tests.dashscope.scripted_server import DROP, HANG, Answer, ScriptedServer, half, html, refuses, says
from tests.doctor.conftest import KEY, Start, levels, seen_by, sentence, told


def access(server: ScriptedServer, **more: Any) -> str:
    report = seen_by(server.base_url, **more)
    assert report.troubled
    assert levels(report, "access") == ["trouble"]
    ((_, said),) = told(report, "access")
    return said


def test_host_that_never_answers_is_given_up_after_a_few_timeouts() -> None:
    with ScriptedServer(HANG, HANG, HANG, HANG) as server:
        began = time.monotonic()
        said = access(server, timeout=0.3)
        assert 0.8 < time.monotonic() - began < 5
        assert len(server.requests) == 3
    assert "takes connections but didn't answer (ReadTimeout" in said
    assert "after 0.3 s" in said


def test_answer_that_drips_is_ended_by_the_same_timeout() -> None:
    class Dripping(ScriptedServer):
        def _act(self, connection: Any, answer: Answer | str) -> bool:
            connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
            while not self._over.wait(0.05):
                connection.sendall(b"{")
            return False

    with Dripping() as server:
        began = time.monotonic()
        assert "ReadTimeout: the answer wasn't complete after 0.4 s" in access(server, timeout=0.4)
        assert time.monotonic() - began < 5


def test_closed_port_is_no_connection() -> None:
    server = ScriptedServer()  # has the port, and doesn't listen
    said = access(server)
    assert "No connection to the host came about (ConnectError" in said
    assert "check the connection's host and region" in said


@pytest.mark.parametrize(
    ("answer", "says_"),
    [
        (
            html(200, "<html>Welcome to nginx</html>"),
            "HTTP 200, not JSON as the service writes it but 29 bytes of text/html",
        ),
        (Answer(200, b'{"total": 1, "data": ['), "but 22 bytes of something without a type"),
        (Answer(200, b"[]"), "not as the service does: HTTP 200, not JSON"),
        (html(404), "not as the service does: HTTP 404"),
        (html(502), "only with errors of its own: HTTP 502"),
        (refuses(500, "InternalError"), 'only with errors of its own: HTTP 500 InternalError ("said no")'),
        (refuses(429, "Throttling.RateQuota"), "All calls were answered HTTP 429 Throttling.RateQuota"),
        (
            Answer(302, b"", {"location": "https://login.example.com/?token=abc"}),
            "leads elsewhere: HTTP 302, a redirection",
        ),
        (half(says({"total": 0, "data": []})), "didn't answer (RemoteProtocolError"),
        (DROP, "didn't answer (RemoteProtocolError"),
    ],
    ids=lambda value: value[:24] if isinstance(value, str) else None,
)
def test_host_that_speaks_otherwise_is_trouble_and_isnt_bothered_further(
    answer: Answer | str, says_: str
) -> None:
    with ScriptedServer(*[answer] * 8, always=answer if isinstance(answer, Answer) else None) as server:
        report = seen_by(server.base_url)
        assert len(server.requests) <= 6
    assert levels(report, "access") == ["warning" if "429" in says_ else "trouble"]
    assert sentence(report, "access", says_)
    assert not {"abc", "example", "nginx"} & set(re.findall(r"\w+", report.as_json()))
    assert {one.about for one in report.findings} <= {
        *("settings", "access", "clock", "speed", "errors", "Retry-After")
    }


def test_one_bad_answer_at_first_is_asked_again(start: Start) -> None:
    emulator = start()
    emulator.faults.order("list", "broken_json")
    report = seen_by(emulator.base_url)
    assert not report.troubled
    assert levels(report, "access") == ["ok"]
    assert sentence(report, "page size", "100: 100 granted")


def test_service_that_falls_silent_in_the_middle_ends_the_asking(start: Start) -> None:
    emulator = start()
    emulator.faults.order("policy", "drop", times=None)
    report = seen_by(emulator.base_url)
    assert emulator.requests.count("policy") == 3
    assert sentence(report, "access", "nothing more was asked")
    assert sentence(report, "models", "Not asked for, to keep to the bound of calls")


def test_answer_of_many_megabytes_is_not_read_to_its_end() -> None:
    with ScriptedServer(always=Answer(200, b" " * (5 << 20))) as server:
        assert "the answer is larger than 4 MB" in access(server)


@pytest.mark.parametrize(
    "body", [{"output": []}, {"data": 5}, {"data": [1, None]}, {"output": {"models": {}}}, {}]
)
def test_json_of_any_form_is_read_without_a_slip(body: object) -> None:
    with ScriptedServer(always=says(body)) as server:
        report = seen_by(server.base_url)
    assert levels(report, "access") == ["ok"]
    assert report.troubled


def test_proxy_that_cannot_be_used_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "gopher://user:hunter2@127.0.0.1:1")
    report = examine(
        Account.of(api_key=KEY, host="http://127.0.0.1:1"),
        airflow="3.3.2",
        environment={"HTTP_PROXY": "gopher://user:hunter2@127.0.0.1:1"},
    )
    assert sentence(report, "settings", "Calls may go through a proxy, because HTTP_PROXY is set")
    assert sentence(report, "access", "can't do with the proxies that the environment names")
    assert "hunter2" not in report.as_json()
    assert report.about["calls"] == "0"


# -- the calls themselves ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "call",
    [
        Call("POST", "/tasks/x/cancel"),
        Call("GET", "/tasks/", body={}),
        Call("GET", "/services/aigc", paid=True),
    ],
)
def test_a_call_that_does_more_than_read_is_never_sent(call: Call) -> None:
    with (
        ScriptedServer(always=says({})) as server,
        Asker(Account.of(api_key=KEY, host=server.base_url)) as asker,
    ):
        with pytest.raises(ValueError, match="is no call that only reads"):
            asker.ask(call)
        assert server.requests == []


def test_calls_are_spaced_by_the_connections_rate() -> None:
    with ScriptedServer(always=says({})) as server:
        account = Account.of(api_key=KEY, host=server.base_url, status_qps=10)
        with Asker(account) as asker:
            began = time.monotonic()
            for _ in range(4):
                asker.ask(Call("GET", "/tasks/"))
            assert 0.3 <= time.monotonic() - began < 3


def test_each_call_carries_the_key_and_the_workspace_and_nothing_else_of_ours() -> None:
    with ScriptedServer(always=says({"data": [], "total": 0})) as server:
        seen_by(server.base_url, workspace_id="llm-ours")
        sent = server.requests
    assert {request.method for request in sent} == {"GET"}
    assert {request.body for request in sent} == {b""}
    assert {request.headers["authorization"] for request in sent} == {f"Bearer {KEY}"}
    assert {request.headers["x-dashscope-workspace"] for request in sent} == {"llm-ours"}
    assert not any("x-dashscope-async" in request.headers for request in sent)
    assert json.dumps([request.target for request in sent]).count(KEY) == 0
