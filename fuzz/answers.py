"""What the service answers: to submissions, status queries, lists, the detector, and for uploads."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from airflow_provider_wan.dashscope import answers, calls, catalog, codes, results, sweep, uploads
from airflow_provider_wan.dashscope.calls import Call
from airflow_provider_wan.dashscope.detection import read_detection
from airflow_provider_wan.dashscope.errors import WanError
from airflow_provider_wan.jobs import Job, result, summary
from fuzz.choices import Choices

NAME = "answers"
SEEDS = (b"", bytes(64), bytes(range(256)), b"\x05\x01\x02\x03" * 30, b"\xff" * 80)

SIGNED = "https://dashscope-result-bj.oss-cn-beijing.aliyuncs.com/1d/a.mp4?Expires=1767225600&OSSAccessKeyId=L&Signature=x%3D"
_JOB = {
    "task_id": "job-1",
    "task_status": "SUCCEEDED",
    "submit_time": "2026-05-01 12:00:00.123",
    "scheduled_time": "2026-05-01 12:00:01.123",
    "end_time": "2026-05-01 12:05:00.123",
    "video_url": SIGNED,
    "orig_prompt": "A rabbit",
    "actual_prompt": "A rabbit on a meadow",
}
_USAGE = {
    "duration": 5,
    "video_duration": 5,
    "input_video_duration": 3,
    "output_video_duration": 5,
    "SR": 720,
    "size": "1280*720",
    "video_ratio": "standard",
    "audio": True,
    "video_count": 1,
}
_ROW = {
    "task_id": "job-1",
    "status": "RUNNING",
    "gmt_create": 1777608000000,
    "start_time": 1777608000000,
    "end_time": 1777608000000,
}
_POLICY = {
    "policy": "e30=",
    "signature": "x",
    "upload_dir": "dashscope-instant/a",
    "upload_host": "https://storage.example",
    "max_file_size_mb": 100,
    "oss_access_key_id": "L",
    "x_oss_object_acl": "private",
    "x_oss_forbid_overwrite": "true",
}
CORPUS: tuple[Any, ...] = (
    {"request_id": "r", "output": {"task_id": "job-1", "task_status": "PENDING"}},
    {"request_id": "r", "output": _JOB, "usage": _USAGE},
    {
        "request_id": "r",
        "output": {
            **_JOB,
            "task_status": "FAILED",
            "code": "InvalidURL.Timeout",
            "message": f"Download {SIGNED} timeout",
        },
    },
    {
        "request_id": "r",
        "output": {"task_id": "j", "task_status": "SUCCEEDED", "results": {"video_url": SIGNED}},
        "usage": _USAGE,
    },
    {
        "request_id": "r",
        "code": "Throttling.RateQuota",
        "message": "Requests rate limit exceeded, please try again later.",
    },
    {"request_id": "r", "data": [_ROW, _ROW], "total": 2, "total_page": 1, "page_no": 1, "page_size": 100},
    {"request_id": "r", "data": _POLICY},
    {"request_id": "r", "output": {"check_pass": False, "humanoid": True, "code": "", "message": ""}},
)
_HEADERS = (
    "1",
    "99999999",
    "Wed, 21 Oct 2026 07:28:00 GMT",
    "Wed, 99 Foo 99999 99:99:99 +9999",
    ",",
    "\ud800",
)


_NOW = datetime(2026, 5, 1, tzinfo=UTC)


def one(data: bytes) -> None:
    """Read one answer in one way; whatever is no `WanError` is a fault."""
    made = Choices(data)
    read = made.of((_snapshot, _snapshot, _submission, _page, _policy, _detection))
    call = Call("POST", "/x", paid=True) if made.byte() & 1 else Call("GET", "/x")
    raw, status, headers = _answer(made)
    calls.clock_ahead(headers, _NOW)
    try:
        read(answers.read(call, status, raw, headers), made)
    except WanError as error:
        str(error).encode("utf-8", "replace")


def _answer(made: Choices) -> tuple[bytes, int, Mapping[str, str]]:
    status = made.of((200, 200, 200, 200, 200, 302, 400, 401, 403, 404, 429, 500, 503))
    headers = {}
    if made.byte() % 4 == 1:
        headers = {name: made.of(_HEADERS) for name in ("retry-after", "date", "location")}
    text = json.dumps(made.changed(made.of(CORPUS))).encode()
    if made.byte() % 8 == 1:  # not JSON any more
        place = made.below(len(text) + 1)
        text = text[:place] + made.rest() + text[place + made.below(4) :]
    return text, status, headers


def _submission(answer: dict[str, Any], _: Choices) -> None:
    answers.submission(answer)


def _snapshot(answer: dict[str, Any], made: Choices) -> None:
    snapshot = results.read_snapshot(answer)
    repr(snapshot)
    results.expires_at(snapshot)
    model, region = made.of(catalog.MODELS), made.of(tuple(catalog.REGIONS))
    results.cost(model.name, region, snapshot.usage)
    results.price_tier(model, region, snapshot.usage)
    results.billed_seconds(snapshot.usage)
    codes.failure(snapshot.code, snapshot.message, task_id=snapshot.task_id)
    job = Job("job-1", "r", model.name, "video_repainting", region, 1777608000.0, 1777650000.0)
    told = result(job, snapshot, None)
    summary(snapshot, told)
    json.loads(json.dumps(told, allow_nan=False))  # Airflow's database takes no NaN


def _page(answer: dict[str, Any], _: Choices) -> None:
    page = sweep.read_page(answer, {"job-1"})
    if page.rows < 0 or (page.pages or 0) < 0:
        raise AssertionError(f"{page.rows} rows, {page.pages} pages")


def _policy(answer: dict[str, Any], made: Choices) -> None:
    policy = uploads.read_policy(answer)
    uploads.form(policy, ".mp4")
    uploads.check_size(policy, io.BytesIO(b"x"))
    uploads.read_upload(
        made.of((200, 403, 500)), f"<Error><Code>{made.text()}</Code></Error>".encode("utf-8", "replace")
    )


def _detection(answer: dict[str, Any], _: Choices) -> None:
    read_detection(answer).require()
