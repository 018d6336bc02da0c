"""The temporary storage: the form it gets, and what it refuses."""

from __future__ import annotations

import io
import subprocess
import sys
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_wan.dashscope import uploads
from airflow_provider_wan.dashscope.client import DashScopeClient
from airflow_provider_wan.dashscope.errors import (
    InputMediaError,
    PermissionDeniedError,
    Retry,
    ServiceError,
    UnavailableError,
)
from tests.dashscope.callers import KEY, account
from tests.dashscope.scripted_server import DROP, RESET, Answer, Request, ScriptedServer, html, refuses, says
from tests.patience import HANGS

MODEL = "wan2.1-vace-plus"
STORED = Answer(200)


def policy(server: ScriptedServer, **changes: Any) -> Answer:
    data = {
        "policy": "eyJ0cnVzdCI6bWV9",
        "signature": "c2lnbmF0dXJl+/=",
        "upload_dir": "dashscope-instant/abc/2026-10-22/def",
        "upload_host": f"{server.origin}/storage",
        "expire_in_seconds": 300,
        "max_file_size_mb": 100,
        "capacity_limit_mb": 999999999,
        "oss_access_key_id": "LTAI-upload",
        "x_oss_object_acl": "private",
        "x_oss_forbid_overwrite": "true",
    }
    left = {name: value for name, value in (data | changes).items() if value is not None}
    return says({"request_id": "r", "data": left})


def parts(request: Request) -> list[Message]:
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    form = message_from_bytes(head + request.body)
    assert form.is_multipart()
    return [part for part in form.walk() if part is not form]


def upload(server: ScriptedServer, content: bytes = b"clip", suffix: str = ".mp4") -> str:
    with DashScopeClient(account(server.base_url), patient=False) as client:
        return client.upload(io.BytesIO(content), model=MODEL, suffix=suffix)


def test_form_has_the_storage_s_fields_and_the_file_last() -> None:
    with ScriptedServer() as server:
        server.then(policy(server), STORED)
        url = upload(server, b"\x00binary\r\n--content")
    asked, sent = server.requests
    assert asked.target == f"/api/v1/uploads?action=getPolicy&model={MODEL}"
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert (sent.method, sent.target) == ("POST", "/storage")
    assert "authorization" not in sent.headers
    fields = {str(part.get_param("name", header="content-disposition")): part for part in parts(sent)}
    assert list(fields)[-1] == "file"
    assert fields["file"].get_payload(decode=True) == b"\x00binary\r\n--content"
    key = url.removeprefix("oss://")
    assert {name: part.get_payload() for name, part in fields.items() if name != "file"} == {
        "OSSAccessKeyId": "LTAI-upload",
        "Signature": "c2lnbmF0dXJl+/=",
        "policy": "eyJ0cnVzdCI6bWV9",
        "x-oss-object-acl": "private",
        "x-oss-forbid-overwrite": "true",
        "key": key,
        "success_action_status": "200",
    }
    assert key.startswith("dashscope-instant/abc/2026-10-22/def/")
    assert key.endswith(".mp4")


def test_names_are_never_used_twice() -> None:
    with ScriptedServer() as server:
        server.then(policy(server), STORED, policy(server), STORED)
        assert upload(server) != upload(server)


def test_file_is_sent_whole_even_if_someone_has_read_in_it() -> None:
    file = io.BytesIO(b"0123456789")
    file.read(4)
    with ScriptedServer() as server, DashScopeClient(account(server.base_url)) as client:
        server.then(policy(server), STORED)
        client.upload(file, model=MODEL, suffix=".mp4")
    assert parts(server.requests[1])[-1].get_payload(decode=True) == b"0123456789"


def test_file_over_the_policy_s_limit_is_refused_before_it_is_sent() -> None:
    with ScriptedServer() as server:
        server.then(policy(server, max_file_size_mb=1))
        with pytest.raises(InputMediaError, match=r"has 1\.0 MB, the temporary storage takes 1 MB"):
            upload(server, b"x" * (1024 * 1024 + 1))
    assert len(server.requests) == 1


def test_file_of_exactly_the_limit_is_sent() -> None:
    with ScriptedServer() as server:
        server.then(policy(server, max_file_size_mb=1), STORED)
        assert upload(server, b"x" * 1024 * 1024)


@pytest.mark.parametrize(
    "limit",
    [10**400, -1, True, "100", None, float("nan")],
    ids=["huge", "negative", "true", "text", "none", "nan"],
)
def test_limit_that_is_no_size_limits_nothing(limit: object) -> None:
    answer = {
        "policy": "",
        "signature": "",
        "upload_dir": "d",
        "upload_host": "h",
        "oss_access_key_id": "",
        "x_oss_object_acl": "",
    }
    read = uploads.read_policy({"data": {**answer, "x_oss_forbid_overwrite": "", "max_file_size_mb": limit}})
    assert read.max_megabytes is None


def test_measuring_a_file_leaves_it_at_its_beginning() -> None:
    file = io.BytesIO(b"0123456789")
    file.read(4)
    uploads.check_size(uploads.Policy("http://a.example", "d", 1.0, {}), file)
    assert file.tell() == 0


def oss_error(status: int, code: str, message: str) -> Answer:
    xml = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>\n  <Code>{code}</Code>\n  <Message>{message}</Message>'
        "\n  <RequestId>5C3D</RequestId>\n  <OSSAccessKeyId>LTAI-upload</OSSAccessKeyId>\n</Error>"
    )
    return Answer(status, xml.encode(), {"content-type": "application/xml"})


@pytest.mark.parametrize(
    ("answer", "error", "retry", "said"),
    [
        (
            oss_error(403, "AccessDenied", "Invalid according to Policy: Policy expired."),
            UnavailableError,
            Retry.LATER,
            "Policy expired",
        ),
        (oss_error(403, "AccessDenied", "Forbidden"), PermissionDeniedError, Retry.ACT, "Forbidden"),
        (oss_error(409, "FileAlreadyExists", "It exists."), ServiceError, Retry.NEVER, "FileAlreadyExists"),
        (oss_error(503, "ServiceUnavailable", "Slow down"), UnavailableError, Retry.LATER, "Slow down"),
        (html(502), UnavailableError, Retry.LATER, "502"),
        (DROP, UnavailableError, Retry.LATER, "the upload broke off"),
        (RESET, UnavailableError, Retry.LATER, "the upload broke off"),
    ],
)
def test_storage_s_refusal_is_named(
    answer: Answer | str, error: type[ServiceError], retry: Retry, said: str
) -> None:
    with ScriptedServer() as server:
        server.then(policy(server), answer)
        with pytest.raises(error, match=said) as caught:
            upload(server)
    assert caught.value.retry is retry
    assert "LTAI" not in str(caught.value)
    assert len(server.requests) == 2


@pytest.mark.parametrize("missing", ["policy", "signature", "upload_dir", "upload_host", "oss_access_key_id"])
def test_policy_that_lacks_something_is_trouble_and_names_it(missing: str) -> None:
    with ScriptedServer() as server:
        server.then(policy(server, **{missing: None}))
        with pytest.raises(UnavailableError, match=missing):
            upload(server)


def test_policy_without_data_is_trouble() -> None:
    with ScriptedServer(says({"request_id": "r"})) as server, pytest.raises(UnavailableError, match="data"):
        upload(server)


def test_policy_with_a_host_that_is_none_is_trouble() -> None:
    with ScriptedServer() as server:
        server.then(policy(server, upload_host="http://a.example:99999"))
        with pytest.raises(UnavailableError):
            upload(server)


def test_policy_call_that_is_throttled_is_repeated() -> None:
    with ScriptedServer(refuses(429, "Throttling.RateQuota")) as server:
        server.then(policy(server), STORED)
        with DashScopeClient(account(server.base_url), sleep=lambda _: None) as client:
            client.upload(io.BytesIO(b"clip"), model=MODEL, suffix=".mp4")
    assert len(server.requests) == 3


MEMORY = """
import pathlib, re, sys
from airflow_provider_wan.dashscope.account import Account
from airflow_provider_wan.dashscope import uploads
from airflow_provider_wan.dashscope.client import DashScopeClient

def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", pathlib.Path("/proc/self/status").read_text())[1]) / 1024

base_url, small, large = sys.argv[1:]
with DashScopeClient(Account.of(api_key="sk-0123456789abcdef", host=base_url)) as client:
    for name in (small, large):
        before = peak()
        with open(name, "rb") as file:
            client.upload(file, model="m", suffix=".mp4")
print(peak() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="measures memory the Linux way")
def test_large_file_is_streamed(tmp_path: Path) -> None:
    small, large = tmp_path / "small", tmp_path / "large"
    small.write_bytes(b"x" * 1024 * 1024)
    with large.open("wb") as file:
        file.truncate(60 * 1024 * 1024)
    with ScriptedServer() as server:
        server.then(policy(server), STORED, policy(server), STORED)
        command = [sys.executable, "-c", MEMORY, server.base_url, str(small), str(large)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=HANGS)
    assert done.returncode == 0, done.stderr
    assert len(server.requests[3].body) > 60 * 1024 * 1024
    assert float(done.stdout) < 10
