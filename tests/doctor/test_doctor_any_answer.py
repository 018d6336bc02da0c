"""Whatever a service answers, an examination ends with a report."""

from __future__ import annotations

import json
import math
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_wan.dashscope import Account
from airflow_provider_wan.dashscope.calls import Call
from airflow_provider_wan.doctor.answer import Answer
from airflow_provider_wan.doctor.asking import Asker
from airflow_provider_wan.doctor.examine import judge
from airflow_provider_wan.doctor.hiding import Hider
from airflow_provider_wan.doctor.report import Report
from airflow_provider_wan.doctor.rounds import ask_all
from tests.dashscope.properties import unhurried
from tests.doctor.conftest import KEY

ACCOUNT = Account.of(api_key=KEY, region="cn-hongkong")
_NUMBERS = (0, -1, 3, 1e12, 1_790_000_000_000, 10**18, -0.5, math.nan, math.inf)
_TEXTS = (
    "",
    "x",
    "../x",
    "RUNNING",
    "wan3.0-video",
    "2026-01-01 00:00:00",
    "9999-12-31 23:59:59.999",
    "0001-01-01",
    KEY,
)
ANYTHING: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, *_NUMBERS, *_TEXTS, [], {}, [1], [{}], {"x": 1}]
)


def some_of(*names: str, **known: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional={**dict.fromkeys(names, ANYTHING), **known})


ROW = st.fixed_dictionaries(
    {
        "task_id": st.sampled_from(["50e2ccea-abc4-43d7-a0dc-0123456789ab", "../x"]) | ANYTHING,
        "status": st.sampled_from(["SUCCEEDED", "RUNNING"]) | ANYTHING,
        "gmt_create": st.integers(1_790_000_000_000, 1_790_000_009_999) | ANYTHING,
        "model_name": st.just("wan3.0-video") | ANYTHING,
    },
    optional=dict.fromkeys(("start_time", "region", "caller_uid", "api_key_id", KEY), ANYTHING),
)
MODEL = some_of("name", model=ANYTHING, inference_offline_info=ANYTHING | some_of("offline_time"))
QUOTA = some_of(
    model=ANYTHING,
    model_limit=ANYTHING
    | some_of(
        "request_limit", "request_limit_period", "async_user_concurrency_limit", "async_user_queue_limit"
    ),
)


def rows(of: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return ANYTHING | st.lists(of, max_size=3)


OUTPUT = some_of(
    *("task_id", "task_status", "submit_time", "total"),
    models=rows(MODEL),
    quotas=rows(QUOTA),
    items=rows(ROW),
)
POLICY = some_of("policy", "signature", "upload_dir", "upload_host", "oss_access_key_id", "max_file_size_mb")
BODY = some_of(
    *("total", "total_page", "page_size", "request_id", "code", "message"),
    data=rows(ROW) | POLICY,
    tasks=rows(ROW),
    output=ANYTHING | OUTPUT,
)
HEADERS = some_of(
    date=st.sampled_from(["Thu, 01 Jan 1970 00:00:00 GMT", "Mon, 01 Jan 0001 00:00:00 -2359", "soon", ""]),
    **{"retry-after": st.sampled_from(["5", "never", "9" * 40])},
)
ENCODED = BODY.map(lambda body: json.dumps(body).encode())
LISTED = st.lists(ROW, min_size=1, max_size=3).map(
    lambda found: json.dumps({"data": found, "total": 9}).encode()
)
ANSWERED = st.tuples(st.just(200), HEADERS, LISTED | ENCODED) | st.tuples(
    st.sampled_from([200, 204, 302, 400, 401, 403, 404, 418, 429, 500, 503, 999]),
    HEADERS,
    ENCODED | st.binary(max_size=20),
)


class Fed(Asker):
    """Answers what it is given to answer, in turn, in place of asking. The first is good, so that all is asked."""

    def __init__(self, answers: list[tuple[int, dict[str, str], bytes]]) -> None:
        super().__init__(ACCOUNT, sleep=lambda _: None)
        self._given = [(200, {}, b'{"data": [], "total": 0}'), *answers]

    def _send(self, call: Call) -> Answer:
        if len(self.answers) % 11 == 10:
            return Answer(call, 0.0, 1.0, trouble="ReadError: lost", reached=False)
        status, headers, content = self._given[len(self.answers) % len(self._given)]
        return Answer(call, 0.0, 0.1, status, headers, content)


@settings(unhurried, max_examples=60)
@given(st.lists(ANSWERED, max_size=12))
def test_any_answers_make_a_report_without_the_key(answers: list[tuple[int, dict[str, str], bytes]]) -> None:
    with Fed(answers) as asker:
        heard = ask_all(ACCOUNT, asker)
        findings = judge(ACCOUNT, asker, heard)
        report = Report(
            dict.fromkeys(("provider", "airflow", "python", "platform", "catalogue", "region", "host"), "x")
            | {"workspace": "", "at": "", "calls": ""},
            findings,
            Hider(ACCOUNT, asker.answers),
        )
    assert findings[0].about == "access"
    for shown in (report.as_plain(), report.as_json(), report.as_table(60)):
        assert KEY not in shown
    assert len(report.as_plain().splitlines()) == len(findings) + 5
