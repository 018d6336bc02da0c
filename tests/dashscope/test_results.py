"""What the service says of a job: states, times, where the result is, and what it cost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_wan.dashscope import catalog, results
from airflow_provider_wan.dashscope.errors import UnavailableError, WanError
from airflow_provider_wan.dashscope.results import TaskStatus, read_snapshot, read_submission
from tests.dashscope.properties import JSON, unhurried

BEIJING, SINGAPORE, FRANKFURT = "cn-beijing", "ap-southeast-1", "eu-central-1"

SUCCEEDED = {
    "request_id": "851985d0-fbba-9d8d-a17a-xxxxxx",
    "output": {
        "task_id": "208e2fd1-fcb4-4adf-9fcc-xxxxxx",
        "task_status": "SUCCEEDED",
        "submit_time": "2025-05-15 16:14:44.723",
        "scheduled_time": "2025-05-15 16:14:44.750",
        "end_time": "2025-05-15 16:20:09.389",
        "video_url": "https://dashscope-result-wlcb.oss-cn-wulanchabu.aliyuncs.com/xxx.mp4?xxxxxx",
        "orig_prompt": "a cat",
        "actual_prompt": "a large cat",
    },
    "usage": {"video_duration": 5, "video_ratio": "standard", "video_count": 1},
}


def snapshot(usage: Any = None, **output: Any) -> results.TaskSnapshot:
    return read_snapshot(
        {"output": {"task_id": "job-1", "task_status": "SUCCEEDED", **output}, "usage": usage}
    )


def test_finished_job_is_read_as_documented() -> None:
    zone = timezone(timedelta(hours=8))
    assert read_snapshot(SUCCEEDED) == results.TaskSnapshot(
        task_id="208e2fd1-fcb4-4adf-9fcc-xxxxxx",
        status=TaskStatus.SUCCEEDED,
        request_id="851985d0-fbba-9d8d-a17a-xxxxxx",
        submitted_at=datetime(2025, 5, 15, 16, 14, 44, 723000, zone),
        started_at=datetime(2025, 5, 15, 16, 14, 44, 750000, zone),
        finished_at=datetime(2025, 5, 15, 16, 20, 9, 389000, zone),
        video_url="https://dashscope-result-wlcb.oss-cn-wulanchabu.aliyuncs.com/xxx.mp4?xxxxxx",
        usage={"video_duration": 5, "video_ratio": "standard", "video_count": 1},
        orig_prompt="a cat",
        actual_prompt="a large cat",
    )


@pytest.mark.parametrize(
    ("spelled", "status", "active"),
    [
        ("PENDING", TaskStatus.PENDING, True),
        ("RUNNING", TaskStatus.RUNNING, True),
        ("SUSPENDED", TaskStatus.SUSPENDED, True),
        ("SUCCEEDED", TaskStatus.SUCCEEDED, False),
        ("FAILED", TaskStatus.FAILED, False),
        ("CANCELED", TaskStatus.CANCELED, False),
        ("CANCELLED", TaskStatus.CANCELED, False),  # as an official code sample spells it
        ("UNKNOWN", TaskStatus.UNKNOWN, False),
    ],
)
def test_states_are_read_as_spelled(spelled: str, status: TaskStatus, active: bool) -> None:
    read = snapshot(task_status=spelled).status
    assert read is status
    assert read.active is active


@pytest.mark.parametrize("spelled", ["succeeded", "", None, 3, "DONE"])
def test_state_we_do_not_know_is_trouble_and_not_an_end(spelled: object) -> None:
    with pytest.raises(UnavailableError, match="a status we don't know"):
        snapshot(task_status=spelled)


def test_failed_job_may_lack_times_code_and_message() -> None:
    bare = snapshot(task_status="FAILED")
    assert (bare.code, bare.message, bare.submitted_at, bare.finished_at) == ("", "", None, None)
    full = snapshot(
        task_status="FAILED",
        code="InvalidParameter.FileDownload",
        message="download for input video error",
        end_time="2025-05-15 16:20:09.389",
    )
    assert full.code == "InvalidParameter.FileDownload"
    assert full.message == "download for input video error"
    assert full.finished_at is not None


@pytest.mark.parametrize(
    "output",
    [
        {"video_url": "https://a.example/x.mp4?Signature=1"},
        {"results": {"video_url": "https://a.example/x.mp4?Signature=1"}},
        {"output_video_url": "https://a.example/x.mp4?Signature=1"},
        {"video_url": "", "results": {"video_url": "https://a.example/x.mp4?Signature=1"}},
        {"video_url": None, "results": [], "output_video_url": "https://a.example/x.mp4?Signature=1"},
    ],
)
def test_result_is_found_wherever_a_model_puts_it(output: dict[str, Any]) -> None:
    assert snapshot(**output).video_url == "https://a.example/x.mp4?Signature=1"


@pytest.mark.parametrize(
    "output", [{}, {"video_url": ""}, {"video_url": 5}, {"results": {"video_url": None}}]
)
def test_result_that_is_nowhere_is_none(output: dict[str, Any]) -> None:
    assert snapshot(**output).video_url is None


def test_times_without_a_zone_are_taken_as_utc_plus_8() -> None:
    """The official sample that proves it: the address expires 24 hours after this moment in UTC+8."""
    read = snapshot(
        submit_time="2025-10-27 13:57:45.948",
        video_url="https://a.example/x.mp4?Expires=1761631066&OSSAccessKeyId=L&Signature=S",
    )
    expires = results.expires_at(read)
    assert read.submitted_at is not None
    assert expires is not None
    assert abs(expires - read.submitted_at - timedelta(hours=24)) < timedelta(seconds=1)


@pytest.mark.parametrize(
    "written", ["", "soon", None, 1745568428109, "0001-01-01 00:00:00", "9999-12-31 23:59:59"]
)
def test_time_that_makes_no_sense_is_left_out(written: object) -> None:
    assert snapshot(submit_time=written).submitted_at is None


def test_time_with_a_zone_keeps_it() -> None:
    read = snapshot(submit_time="2025-05-15T08:14:44.723+00:00").submitted_at
    assert read == datetime(2025, 5, 15, 8, 14, 44, 723000, UTC)


STATED = datetime.fromtimestamp(1761631066, UTC)
A_DAY_LATER = datetime(2025, 5, 16, 16, 14, 44, 723000, timezone(timedelta(hours=8)))


@pytest.mark.parametrize(
    ("url", "expires"),
    [
        ("https://a.example/x?Expires=1761631066", STATED),
        ("http://a.example/x?a=b&Expires=1761631066&Signature=c", STATED),
        ("https://a.example/x?Signature=c", A_DAY_LATER),
        ("https://a.example/x?NotExpires=1761631066", A_DAY_LATER),
        ("https://a.example/x?Expires=", A_DAY_LATER),
        ("https://a.example/x?Expires=soon", A_DAY_LATER),
        ("https://a.example/x?Expires=" + "9" * 40, A_DAY_LATER),
        ("https://a.example/x?Expires=²²²", A_DAY_LATER),
        ("http://[oops?x", A_DAY_LATER),
        (None, A_DAY_LATER),
    ],
)
def test_expiry_is_the_address_s_own_and_else_24_hours_after_submission(
    url: str | None, expires: datetime
) -> None:
    assert results.expires_at(snapshot(video_url=url, submit_time="2025-05-15 16:14:44.723")) == expires


def test_expiry_is_unknown_where_nothing_tells() -> None:
    assert results.expires_at(snapshot()) is None


# Model, region, usage as the model's page shows it, billed seconds, cost in CNY.
COSTS: tuple[tuple[str, str, dict[str, Any], str | None, str | None], ...] = (
    (
        "wanx2.1-vace-plus",
        BEIJING,
        {"video_duration": 5, "video_ratio": "standard", "video_count": 1},
        "5",
        "3.50",
    ),
    (
        "wan2.1-vace-plus",
        SINGAPORE,
        {"video_duration": 5, "video_ratio": "standard", "video_count": 1},
        "5",
        "3.66962",
    ),
    ("wan2.1-vace-plus", SINGAPORE, {"video_duration": 3.23}, "3.23", "2.370575"),
    (
        "wan2.7-videoedit",
        BEIJING,
        {
            "duration": 10.04,
            "input_video_duration": 5.02,
            "output_video_duration": 5.02,
            "video_count": 1,
            "SR": 720,
        },
        "10.04",
        "6.024",
    ),
    ("wan2.7-videoedit", SINGAPORE, {"duration": 10.0, "SR": 1080}, "10.0", "11.00886"),
    (
        "wan2.6-i2v",
        BEIJING,
        {
            "duration": 10,
            "input_video_duration": 0,
            "output_video_duration": 10,
            "video_count": 1,
            "SR": 720,
        },
        "10",
        "6.00",
    ),
    ("wan2.6-i2v", FRANKFURT, {"duration": 10, "SR": "1080"}, "10", "10.00"),
    ("wan2.6-i2v-us", "us-east-1", {"duration": 5, "SR": 720}, "5", "3.66962"),
    ("wan2.6-i2v-flash", BEIJING, {"duration": 10, "SR": 720, "audio": True}, "10", "3.00"),
    ("wan2.6-i2v-flash", BEIJING, {"duration": 10, "SR": 720, "audio": False}, "10", "1.50"),
    ("wan2.6-i2v-flash", SINGAPORE, {"duration": 2, "SR": 1080, "audio": False}, "2", "0.550442"),
    ("wan2.6-i2v-flash", BEIJING, {"duration": 10, "SR": 720}, "10", None),  # twice or half: don't guess
    (
        "wan2.6-t2v",
        BEIJING,
        {
            "duration": 10,
            "size": "1280*720",
            "input_video_duration": 0,
            "output_video_duration": 10,
            "video_count": 1,
            "SR": 720,
        },
        "10",
        "6.00",
    ),
    ("wan2.5-t2v-preview", BEIJING, {"video_duration": 5, "video_ratio": "832*480"}, "5", "1.50"),
    ("wan2.5-t2v-preview", BEIJING, {"video_duration": 5, "video_ratio": "832*1088"}, "5", "3.00"),
    ("wan2.5-t2v-preview", BEIJING, {"video_duration": 5, "video_ratio": "1440*1440"}, "5", "5.00"),
    ("wan2.5-i2v-preview", SINGAPORE, {"duration": 5, "SR": 480, "video_count": 1}, "5", "1.834805"),
    ("wan2.2-t2v-plus", BEIJING, {"video_duration": 5, "video_ratio": "1920*1080"}, "5", "3.50"),
    ("wanx2.1-i2v-turbo", BEIJING, {"video_duration": 3, "video_ratio": "standard"}, "3", "0.72"),
    ("wan2.2-kf2v-flash", BEIJING, {"video_duration": 5, "video_count": 1, "SR": 480}, "5", "0.50"),
    (
        "wanx2.1-kf2v-plus",
        BEIJING,
        {"video_duration": 5, "video_count": 1, "video_ratio": "standard"},
        "5",
        "3.50",
    ),
    (
        "wan2.7-r2v",
        BEIJING,
        {
            "duration": 15,
            "input_video_duration": 5,
            "output_video_duration": 10,
            "video_count": 1,
            "SR": 720,
            "ratio": "16:9",
        },
        "15",
        "9.00",
    ),
    ("wan2.6-r2v", BEIJING, {"duration": 10.0, "size": "1280*720", "SR": 720}, "10.0", "6.00"),
    (
        "wan3.0-video",
        SINGAPORE,
        {
            "video_count": 1,
            "duration": 5.0,
            "input_video_duration": 0.0,
            "output_video_duration": 5.0,
            "fps": 30,
            "SR": 720,
            "ratio": "16:9",
        },
        "5.0",
        "3.7471",
    ),
    ("wan2.2-animate-move", BEIJING, {"video_duration": 5.2, "video_ratio": "standard"}, "5.2", "2.08"),
    ("wan2.2-animate-mix", SINGAPORE, {"video_duration": 5.2, "video_ratio": "pro"}, "5.2", "9.92265"),
    (
        "wan2.2-s2v",
        BEIJING,
        {"duration": 4, "size": "832*480", "fps": 16, "video_count": 1, "SR": 480},
        "4",
        "2.00",
    ),
    ("video-style-transform", BEIJING, {"duration": 3, "SR": 720}, "3", "1.50"),
    ("video-style-transform", BEIJING, {"duration": 3, "SR": 540}, "3", "0.60"),
    (
        "happyhorse-1.0-video-edit",
        BEIJING,
        {
            "duration": 13.24,
            "input_video_duration": 6.62,
            "output_video_duration": 6.62,
            "video_count": 1,
            "SR": 720,
        },
        "13.24",
        "11.916",
    ),
    # Unknown to the catalogue, without a price there, or without what the price depends on.
    ("wan9.9-video", BEIJING, {"duration": 5, "SR": 720}, "5", None),
    ("wanx2.1-vace-plus", "cn-hongkong", {"video_duration": 5}, "5", None),
    ("wan2.2-kf2v-flash", SINGAPORE, {"video_duration": 5, "SR": 480}, "5", None),
    ("wan2.7-videoedit", BEIJING, {"duration": 5}, "5", None),
    ("wan2.7-videoedit", BEIJING, {"duration": 5, "SR": 333}, "5", None),
    ("wan2.7-videoedit", BEIJING, {"SR": 720}, None, None),
    ("wan2.7-videoedit", BEIJING, {}, None, None),
    ("wan2.7-videoedit", BEIJING, {"duration": "10", "SR": 720}, None, None),
    ("wan2.7-videoedit", BEIJING, {"duration": True, "SR": 720}, None, None),
    ("wan2.7-videoedit", BEIJING, {"duration": -1, "SR": 720}, None, None),
    ("wan2.7-videoedit", BEIJING, {"duration": float("nan"), "SR": 720}, None, None),
    ("wan2.7-videoedit", BEIJING, {"duration": 0, "SR": 720}, "0", "0.00"),
    ("wan2.2-s2v-detect", BEIJING, {"image_count": 1}, None, None),
)


@pytest.mark.parametrize(("model", "region", "usage", "seconds", "amount"), COSTS)
def test_cost_follows_from_the_job_s_own_usage(
    model: str, region: str, usage: dict[str, Any], seconds: str | None, amount: str | None
) -> None:
    assert results.billed_seconds(usage) == (Decimal(seconds) if seconds else None)
    expected = {"amount": amount, "currency": "CNY"} if amount else None
    assert results.cost(model, region, usage) == expected


def test_dated_snapshot_of_a_model_has_its_price() -> None:
    usage = {"duration": 10, "SR": 720}
    assert results.cost("wan2.7-t2v-2026-04-25", BEIJING, usage) == {"amount": "6.00", "currency": "CNY"}


@pytest.mark.parametrize("tier", catalog.SIZES)
def test_every_documented_size_falls_into_its_price_class(tier: str) -> None:
    preview = catalog.find("wan2.5-t2v-preview")
    assert preview is not None
    for size in catalog.SIZES[tier]:
        assert results.price_tier(preview, BEIJING, {"size": size}) == tier


USAGE = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(("duration", "video_duration", "SR", "size", "video_ratio", "audio"), JSON)
    | {"duration": JSON | st.floats(0, 100), "size": st.from_regex(r"\d{1,8}\*\d{1,8}") | JSON},
)


@unhurried
@given(st.sampled_from(catalog.MODELS), st.sampled_from(sorted(catalog.REGIONS)), USAGE)
def test_cost_of_any_usage_is_an_amount_or_unknown(
    model: catalog.Model, region: str, usage: dict[str, Any]
) -> None:
    cost = results.cost(model.name, region, usage)
    if cost is not None:
        assert Decimal(cost["amount"]) >= 0
        assert "E" not in cost["amount"]
        assert len(cost["amount"].partition(".")[2]) >= 2


OUTPUT_FIELDS = (
    *("task_id", "submit_time", "scheduled_time", "end_time", "code", "message"),
    *("video_url", "results", "output_video_url", "orig_prompt", "actual_prompt"),
)
OUTPUT = st.fixed_dictionaries(
    {"task_status": st.sampled_from(TaskStatus) | JSON}, optional=dict.fromkeys(OUTPUT_FIELDS, JSON)
)


@unhurried
@given(
    st.fixed_dictionaries({}, optional={"output": OUTPUT | JSON, "usage": USAGE | JSON, "request_id": JSON})
)
def test_any_answer_to_a_query_is_a_snapshot_or_one_of_our_errors(answer: dict[str, Any]) -> None:
    read_submission(answer)
    try:
        read = read_snapshot(answer)
    except WanError:
        return
    results.expires_at(read)
    results.cost("wan2.1-vace-plus", SINGAPORE, read.usage)


@unhurried
@given(st.datetimes())
def test_any_time_can_be_reckoned_with(moment: datetime) -> None:
    results.expires_at(snapshot(submit_time=str(moment)))


@pytest.mark.parametrize(
    "answer", [{}, {"output": None}, {"output": {}}, {"output": {"task_id": ""}}, {"output": []}]
)
def test_submission_that_names_no_job_is_none(answer: dict[str, Any]) -> None:
    assert read_submission(answer) is None
