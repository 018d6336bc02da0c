"""Whatever secrets are in the connection, in answers and in errors: none is in a report."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_wan.dashscope import Account, calls
from airflow_provider_wan.doctor.answer import Answer
from airflow_provider_wan.doctor.examine import examine
from airflow_provider_wan.doctor.hiding import Hider, in_part, patterns_hidden
from airflow_provider_wan.doctor.report import Report
from airflow_provider_wan.emulator import RegionSettings
from tests.dashscope.properties import unhurried
from tests.doctor.bending import Bent
from tests.doctor.conftest import Examine, Start, seen_by, sentence
from tests.doctor.jobs import submitted

KEY = "sk-SECRETKEY0123456789abcdef"
WORKSPACE = "llm-SECRETworkspace77"
UID = "1808342417264262"
KEY_ID = "SECRETkeyid15"
SIGNED = "https://bucket.oss-cn-beijing.aliyuncs.com/a.mp4?Expires=1&OSSAccessKeyId=LTAISECRETid99&Signature=SECRETsig%2F"
POLICY = {
    "policy": "SECRETpolicyeyJleHBpcmF0aW9uIjoi",
    "signature": "SECRETsignature+/=",
    "upload_dir": "dashscope-instant/SECRETdirectory/2026-01-01/x",
    "upload_host": "https://dashscope-file-SECREThost.oss-cn-beijing.aliyuncs.com",
    "oss_access_key_id": "LTAISECRETaccess",
    "x_oss_object_acl": "private",
    "x_oss_forbid_overwrite": "true",
    "max_file_size_mb": 100,
}
SPEAKING = (
    f"Key {KEY}, also {KEY[3:]} or sk-SECR****cdef, isn't of workspace {WORKSPACE}.",
    f"Account {UID} can't read {SIGNED} with LTAISECRETaccess. \x1b[31mred",
    "Call 7438d53d-6eb8-4596-8835-SECRETcall12 isn't 7438d53d-6eb8-4596-8835-0123456789ab.",
    f"{'So long a message that it is cut ' * 4} right here: {KEY} {UID}",
    f"{'So long a message that it is cut ' * 4} right in the account {UID}",
    KEY * 9,
)


def forms(report: Report) -> str:
    return "\n".join([report.as_json(), report.as_plain(), report.as_table()])


def assert_clean(report: Report, *, ids: list[str]) -> None:
    shown = forms(report)
    assert "secret" not in shown.lower(), shown
    for hidden in (UID, KEY_ID, WORKSPACE, "LTAISE", "8835-", "\x1b", *ids):
        assert hidden not in shown, hidden


class Spiked:
    """Puts secrets wherever an answer may have some, and each time another sentence."""

    def __init__(self) -> None:
        self.said = 0

    def refuses(self, call: Bent, status: int, code: str) -> None:
        message = SPEAKING[self.said % len(SPEAKING)]
        self.said += 1
        call.says({"code": code, "message": message, "request_id": f"SECRET{self.said}"}, status)

    def __call__(self, call: Bent) -> None:
        model = call.query.get("model")
        if call.path == "/tasks/":
            body = call.json
            for row in body.get("data", []):
                row |= {"caller_uid": UID, "caller_parent_id": UID, "api_key_id": KEY_ID}
                row |= {"region": f"for {WORKSPACE}"}
            call.says({**body, "account": UID, f"key {KEY}": 1})
        elif call.path == "/uploads" and model in DENIED:
            self.refuses(call, 403, "Model.AccessDenied")
        elif call.path == "/uploads" and model in UNKNOWN:
            self.refuses(call, 400, "InvalidParameter")
        elif call.path == "/uploads" and model in CUT_SHORT:
            call.content = f'{{"data": {{"signature": "SECRETcut", "policy": "{KEY}'.encode()
        elif call.path == "/uploads" and call.status == 200:
            call.says({"request_id": "SECRETrequest", "data": POLICY})
        elif call.path == "/models":
            body = call.json
            body["output"]["models"][0]["inference_offline_info"] = {"offline_time": f"{UID} {KEY}"}
            call.says(body)
        elif call.path == "/models/limits":
            self.refuses(call, 403, "AccessDenied")
        elif call.path.startswith("/tasks/") and b"submit_time" not in call.content:
            self.refuses(call, 404, "NotFound")
        call.headers |= {"x-account": UID, "retry-after": UID}


DENIED = ("wan2.7-t2v", "wan3.0-video")
UNKNOWN = ("wan2.6-t2v",)
CUT_SHORT = ("wan2.5-t2v-preview",)


@pytest.mark.parametrize("first", [0, 2, 4])
def test_report_on_a_service_that_tells_all_its_secrets_has_none_of_them(
    start: Start, bent: Examine, first: int
) -> None:
    emulator = start(regions=(RegionSettings(keys={KEY: "SECRETaccount"}),), max_page_size=2)
    ids = submitted(emulator, vace=3, edits=2)
    spiked = Spiked()
    spiked.said = first
    report = bent(spiked, emulator=emulator, key=KEY, workspace_id=WORKSPACE)
    assert_clean(report, ids=ids)
    # And yet it says what happened.
    assert sentence(report, "models", "HTTP 403 Model.AccessDenied")
    assert sentence(report, "unknown job", "HTTP 404 NotFound")
    assert sentence(report, "models", "HTTP 200, not JSON as the service writes it but")
    assert "workspace llm-SE***" in report.as_plain()


@pytest.mark.parametrize("message", SPEAKING)
def test_report_on_a_refused_key_quotes_no_key_not_even_another_one(bent: Examine, message: str) -> None:
    report = bent(
        lambda call: call.says({"code": "InvalidApiKey", "message": message, "request_id": "r"}, 401),
        workspace_id="llm-another-one",
    )
    shown = forms(report)
    for hidden in (KEY, UID[:5], WORKSPACE, "SECRETsig", "LTAISE", "8835-0", "SECR*", "\x1b"):
        assert hidden not in shown, hidden


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("https://gateway.SECRETcorp.example/wan/api/v1", "(own host)/wan/api/v1 (a host of your own)"),
        (
            "https://ep-SECRET.dashscope.cn-beijing.privatelink.aliyuncs.com/api/v1",
            "(own host)/api/v1 (a host within",
        ),
        (
            f"https://{WORKSPACE}.ap-southeast-1.maas.aliyuncs.com/api/v1",
            "https://llm-SE***.ap-southeast-1.maas",
        ),
        (None, "https://dashscope-intl.aliyuncs.com/api/v1 (the region's shared host)"),
    ],
)
def test_hosts_of_your_own_are_not_named_and_a_workspaces_only_in_part(
    monkeypatch: pytest.MonkeyPatch, host: str | None, shown: str
) -> None:
    for name in ("HTTPS_PROXY", "HTTP_PROXY"):
        monkeypatch.setenv(name, "gopher://SECRETuser:SECRETpass@SECREThost:1")  # so that nothing is called
    account = Account.of(api_key=KEY, host=host, workspace_id="llm-SECRETworkspace77")
    report = examine(account, airflow="3.3.2", environment={"HTTPS_PROXY": "SECRET"})
    assert report.about["host"].startswith(shown)
    assert "secretcorp" not in forms(report).lower()
    assert_clean(report, ids=[])


def test_what_an_examination_knows_is_hidden_wherever_it_is_said() -> None:
    account = Account.of(
        api_key=KEY, host="https://gateway.SECRETcorp.example/api/v1", workspace_id=WORKSPACE
    )
    row = {"caller_uid": "acme-1", "caller_parent_id": 4711, "api_key_id": KEY_ID, "task_id": "job-of-SECRET"}
    listed = Answer(
        calls.list_tasks(), 0, 0, 200, {}, json.dumps({"data": [row], "request_id": "SECRETcall"}).encode()
    )
    policy = Answer(calls.upload_policy("x"), 0, 0, 200, {}, json.dumps({"data": POLICY}).encode())
    hide = Hider(account, [listed, policy])
    said = [
        *row.values(),
        *POLICY.values(),
        KEY,
        KEY[3:],
        WORKSPACE,
        "gateway.secretcorp.example",
        "SECRETcall",
    ]
    shown = hide(" ".join(map(str, said)))
    assert shown.split() == [
        *("***", "***", "***", "job-of-S..."),
        *["***"] * 5,
        *("private", "true", "100", "***", "***", "llm-SE***", "(own", "host)", "SECRETca..."),
    ]


def test_errors_of_the_connection_do_not_name_a_host_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    import airflow_provider_wan.doctor.hosts as hosts

    # 127.0.0.1 taken for somebody's own host: the only one that tests may call.
    monkeypatch.setattr(hosts, "_loopback", lambda host: False)
    report = seen_by("http://127.0.0.1:9/api/v1", key=KEY)
    assert report.about["host"] == "(own host)/api/v1 (a host of your own)"
    assert "127.0.0.1" not in forms(report)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("sk-0123456789", "sk-***"),
        ("st-abcdefgh", "st-***"),
        ("sk-1234****cdef.", "sk-***"),
        (f"see {SIGNED} now", "see https://bucket.oss-cn-beijing.aliyuncs.com/a.mp4?*** now"),
        ("LTAI5tAbCdEf", "LTAI***"),
        ("job 50e2ccea-abc4-43d7-a0dc-0123456789ab", "job 50e2ccea..."),
        ("llm-8l75168qayuhsr3o", "llm-8l***"),
        ("account 1808342417264262", "account (number)"),
        (
            "HTTP 404, 3600 s, wan2.7-t2v-2026-04-25, cn-beijing",
            "HTTP 404, 3600 s, wan2.7-t2v-2026-04-25, cn-beijing",
        ),
    ],
)
def test_what_looks_like_a_secret_is_hidden_and_the_rest_stays(text: str, shown: str) -> None:
    assert patterns_hidden(text) == shown


@unhurried
@given(st.from_regex(r"[a-z0-9-]{1,63}", fullmatch=True))
def test_a_third_of_a_workspaces_id_is_shown_at_most(workspace: str) -> None:
    shown = in_part(workspace)
    assert shown.endswith("***")
    assert len(shown) - 3 <= min(6, len(workspace) / 3)
    assert workspace.startswith(shown[:-3])
