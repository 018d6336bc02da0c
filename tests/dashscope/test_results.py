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


# -- usage and cost ------------------------------------------------------------------------------------


def older(seconds: float, ratio: str = "standard") -> dict[str, Any]:
    """VACE, and t2v, i2v and kf2v before `duration`."""
    return {"video_duration": seconds, "video_ratio": ratio, "video_count": 1}


def plain(seconds: float, rate: int) -> dict[str, Any]:
    """i2v of 2.2 and 2.5."""
    return {"duration": seconds, "SR": rate, "video_count": 1}


def kf2v(seconds: float, rate: int) -> dict[str, Any]:
    return {"video_duration": seconds, "video_count": 1, "SR": rate}


def ends(taken_in: float, put_out: float, rate: int, **rest: Any) -> dict[str, Any]:
    """What 2.6 and later say, `duration` apart."""
    lengths = {"input_video_duration": taken_in, "output_video_duration": put_out}
    return {**lengths, "video_count": 1, "SR": rate, **rest}


def newer(seconds: float, taken_in: float, put_out: float, rate: int, **rest: Any) -> dict[str, Any]:
    return {"duration": seconds, **ends(taken_in, put_out, rate, **rest)}


def wan3(seconds: float, taken_in: float, put_out: float, rate: int) -> dict[str, Any]:
    return newer(seconds, taken_in, put_out, rate, fps=30, ratio="16:9")


def animate(seconds: float, ratio: str) -> dict[str, Any]:
    return {"video_duration": seconds, "video_ratio": ratio}


def s2v(seconds: float, size: str, rate: int) -> dict[str, Any]:
    return {"duration": seconds, "size": size, "fps": 16, "video_count": 1, "SR": rate}


WIDE = {"ratio": "16:9"}
IN_720P, IN_1080P = {"size": "1280*720"}, {"size": "1920*1080"}

# Model, usage as its page shows it, billed seconds, list price in CNY in Beijing and in Singapore. All reckoned by
# hand from the price page; None where no price is published, or the usage leaves open which one applies.
SHAPES: tuple[tuple[str, dict[str, Any], str, str | None, str | None], ...] = (
    ("wan2.1-vace-plus", older(5), "5", "3.50", "3.66962"),
    ("wan2.1-vace-plus", older(3), "3", "2.10", "2.201772"),
    # Edited by instruction: what goes in is billed too.
    ("wan2.7-videoedit", newer(10.04, 5.02, 5.02, 720), "10.04", "6.024", "7.368597"),
    ("wan2.7-videoedit", newer(10.04, 5.02, 5.02, 1080), "10.04", "10.04", "11.052895"),
    ("wan2.7-videoedit", newer(13.0, 10.0, 3.0, 720), "13.0", "7.80", "9.541012"),
    # From an image.
    ("wan2.1-i2v-turbo", older(5), "5", "1.20", "1.321065"),
    ("wan2.1-i2v-turbo", older(3), "3", "0.72", "0.792639"),
    ("wan2.1-i2v-plus", older(5), "5", "3.50", "3.66962"),
    ("wan2.2-i2v-flash", plain(5, 480), "5", "0.50", "0.550445"),
    ("wan2.2-i2v-flash", plain(5, 720), "5", "1.00", "1.321065"),
    ("wan2.2-i2v-flash", plain(5, 1080), "5", "2.40", None),
    ("wan2.2-i2v-plus", plain(5, 480), "5", "0.70", "0.733925"),
    ("wan2.2-i2v-plus", plain(5, 1080), "5", "3.50", "3.66962"),
    ("wan2.5-i2v-preview", plain(10, 480), "10", "3.00", "3.66961"),
    ("wan2.5-i2v-preview", plain(5, 720), "5", "3.00", "3.669615"),
    ("wan2.5-i2v-preview", plain(5, 1080), "5", "5.00", "5.504425"),
    ("wan2.6-i2v", newer(10, 0, 10, 720), "10", "6.00", "7.33924"),
    ("wan2.6-i2v", newer(10, 0, 10, 1080), "10", "10.00", "11.00886"),
    ("wan2.6-i2v-flash", newer(10, 0, 10, 720, audio=True), "10", "3.00", "3.66962"),
    ("wan2.6-i2v-flash", newer(10, 0, 10, 1080, audio=True), "10", "5.00", "5.50443"),
    ("wan2.6-i2v-flash", newer(10, 0, 10, 720, audio=False), "10", "1.50", "1.83481"),
    ("wan2.6-i2v-flash", newer(2, 0, 2, 1080, audio=False), "2", "0.50", "0.550442"),
    ("wan2.6-i2v-flash", newer(10, 0, 10, 720), "10", None, None),  # twice or half: don't guess
    ("wan2.7-i2v", newer(5, 0, 5, 720), "5", "3.00", "3.66962"),
    ("wan2.7-i2v", newer(15, 0, 15, 1080), "15", "15.00", "16.51329"),
    # First and last frame.
    ("wan2.1-kf2v-plus", older(5), "5", "3.50", "3.66962"),
    ("wan2.2-kf2v-flash", kf2v(5, 480), "5", "0.50", None),
    ("wan2.2-kf2v-flash", kf2v(5, 720), "5", "1.00", None),
    ("wan2.2-kf2v-flash", kf2v(5, 1080), "5", "2.40", None),
    # From text.
    ("wan2.1-t2v-turbo", older(5, "832*480"), "5", "1.20", "1.321065"),
    ("wan2.1-t2v-plus", older(5, "1280*720"), "5", "3.50", "3.66962"),
    ("wan2.2-t2v-plus", older(5, "832*480"), "5", "0.70", "0.733925"),
    ("wan2.2-t2v-plus", older(5, "1920*1080"), "5", "3.50", "3.66962"),
    ("wan2.5-t2v-preview", older(5, "832*480"), "5", "1.50", "1.834805"),
    ("wan2.5-t2v-preview", older(5, "832*1088"), "5", "3.00", "3.669615"),
    ("wan2.5-t2v-preview", older(5, "1440*1440"), "5", "5.00", "5.504425"),
    ("wan2.6-t2v", newer(10, 0, 10, 720, **IN_720P), "10", "6.00", "7.33924"),
    ("wan2.6-t2v", newer(15, 0, 15, 1080, **IN_1080P), "15", "15.00", "16.51329"),
    ("wan2.7-t2v", newer(10, 0, 10, 720, **WIDE), "10", "6.00", "7.33924"),
    ("wan2.7-t2v", newer(2, 0, 2, 1080, **WIDE), "2", "2.00", "2.201772"),
    # From references: what goes in is billed too, with 5 seconds at most.
    ("wan2.7-r2v", newer(15, 5, 10, 720, **WIDE), "15", "9.00", "11.00886"),
    ("wan2.7-r2v", newer(10, 0, 10, 1080, **WIDE), "10", "10.00", "11.00886"),
    ("wan2.6-r2v", newer(10.0, 5, 5, 720, **IN_720P), "10.0", "6.00", "7.33924"),
    ("wan2.6-r2v", newer(8.2, 3.2, 5, 1080, **IN_1080P), "8.2", "8.20", "9.027265"),
    ("wan2.6-r2v-flash", newer(10.0, 5, 5, 720, audio=True), "10.0", "3.00", "3.66962"),
    ("wan2.6-r2v-flash", newer(10.0, 5, 5, 720, audio=False), "10.0", "1.50", "1.83481"),
    ("wan2.6-r2v-flash", newer(10.0, 5, 5, 720, **IN_720P), "10.0", None, None),  # as its page shows it
    # wan3.0: what goes in is billed too, all of it.
    ("wan3.0-video", wan3(5.0, 0.0, 5.0, 480), "5.0", "1.50", "1.87355"),
    ("wan3.0-video", wan3(5.0, 0.0, 5.0, 720), "5.0", "3.00", "3.7471"),
    ("wan3.0-video", wan3(15.0, 10.0, 5.0, 1080), "15.0", "18.00", "22.4826"),
    ("wan3.0-video-prime", wan3(5.0, 0.0, 5.0, 480), "5.0", "2.25", "2.47919"),
    ("wan3.0-video-prime", wan3(5.0, 0.0, 5.0, 720), "5.0", "4.50", "5.10422"),
    ("wan3.0-video-prime", wan3(15.0, 10.0, 5.0, 1080), "15.0", "27.00", "30.625305"),
    # Figures.
    ("wan2.2-animate-move", animate(5.2, "standard"), "5.2", "2.08", "4.579687"),
    ("wan2.2-animate-move", animate(5.2, "pro"), "5.2", "3.12", "6.869528"),
    ("wan2.2-animate-mix", animate(5.2, "standard"), "5.2", "3.12", "6.869528"),
    ("wan2.2-animate-mix", animate(5.2, "pro"), "5.2", "4.68", "9.92265"),
    ("wan2.2-s2v", s2v(4.5, "832*480", 480), "4.5", "2.25", None),
    ("wan2.2-s2v", s2v(4, "1280*720", 720), "4", "3.60", None),
    ("video-style-transform", {"duration": 3, "SR": 720}, "3", "1.50", None),
    ("video-style-transform", {"duration": 3, "SR": 540}, "3", "0.60", None),
    # HappyHorse.
    ("happyhorse-1.0-t2v", newer(5, 0, 5, 720, **WIDE), "5", "4.50", "5.24594"),
    ("happyhorse-1.0-t2v", newer(5, 0, 5, 1080, **WIDE), "5", "8.00", "8.99304"),
    ("happyhorse-1.0-i2v", newer(3, 0, 3, 720), "3", "2.70", "3.147564"),
    ("happyhorse-1.0-r2v", newer(5, 0, 5, 720, **WIDE), "5", "4.50", "5.24594"),
    ("happyhorse-1.1-t2v", newer(5, 0, 5, 480, **WIDE), "5", "2.25", "2.62297"),
    ("happyhorse-1.1-i2v", newer(5, 0, 5, 720), "5", "4.50", "5.24594"),
    ("happyhorse-1.1-r2v", newer(5, 0, 5, 1080, **WIDE), "5", "6.00", "6.74478"),
    ("happyhorse-1.0-video-edit", newer(13.24, 6.62, 6.62, 720), "13.24", "11.916", "13.891249"),
    ("happyhorse-1.0-video-edit", newer(13.24, 6.62, 6.62, 1080), "13.24", "21.184", "23.81357"),
    # No page shows these: `duration` is missing, so the model's rule for the input decides.
    ("wan2.7-videoedit", ends(5.02, 5.02, 720), "10.04", "6.024", "7.368597"),
    ("wan2.7-i2v", ends(3, 15, 720), "15", "9.00", "11.00886"),
    ("wan2.6-i2v", ends(0, 10, 720), "10", "6.00", "7.33924"),
    ("wan2.7-t2v", ends(0, 10, 1080, **WIDE), "10", "10.00", "11.00886"),
    ("wan2.7-r2v", ends(12, 10, 720, **WIDE), "15", "9.00", "11.00886"),
    ("wan2.6-r2v", ends(3.2, 5, 720, **IN_720P), "8.2", "4.92", "6.018177"),
    ("wan3.0-video", ends(12.0, 5.0, 1080), "17.0", "20.40", "25.48028"),
    ("happyhorse-1.0-video-edit", ends(6.62, 6.62, 720), "13.24", "11.916", "13.891249"),
)


@pytest.mark.parametrize(("model", "usage", "seconds", "beijing", "singapore"), SHAPES)
def test_seconds_and_cost_follow_from_each_shape_of_usage(
    model: str, usage: dict[str, Any], seconds: str, beijing: str | None, singapore: str | None
) -> None:
    row = catalog.find(model)
    assert row is not None
    for region, amount in ((BEIJING, beijing), (SINGAPORE, singapore)):
        name = row.spellings.get(region, model)
        assert results.billed_seconds(usage, name) == Decimal(seconds)
        expected = {"amount": amount, "currency": "CNY"} if amount else None
        assert results.cost(name, region, usage) == expected


def test_every_model_that_runs_jobs_has_its_shape_in_the_table() -> None:
    shown = {model for model, *_ in SHAPES}
    jobs = {model.name for model in catalog.MODELS if model.running}
    # Each has the shape and the price of the model that it is a version of.
    versions = {"wan2.6-i2v-us", "wan2.6-t2v-us", "wan2.7-r2v-2026-06-12"}
    assert jobs - shown == versions


# Model, region, usage, billed seconds, cost in CNY: other regions, and what the service isn't known to say.
ODDITIES: tuple[tuple[str, str, dict[str, Any], str | None, str | None], ...] = (
    ("wan2.6-i2v", FRANKFURT, {"duration": 10, "SR": "1080"}, "10", "10.00"),
    ("wan2.6-i2v-us", "us-east-1", {"duration": 5, "SR": 720}, "5", "3.66962"),
    ("wan2.1-vace-plus", SINGAPORE, {"video_duration": 3.23}, "3.23", "2.370575"),
    ("wan2.7-videoedit", BEIJING, {"duration": 0, "SR": 720}, "0", "0.00"),
    # Unknown to the catalogue, without a price there, or without what the price depends on.
    ("wan9.9-video", BEIJING, {"duration": 5, "SR": 720}, "5", None),
    ("wan9.9-video", BEIJING, ends(0, 5, 720), "5", None),
    ("wan9.9-video", BEIJING, ends(5, 5, 720), None, None),
    ("wanx2.1-vace-plus", "cn-hongkong", {"video_duration": 5}, "5", None),
    ("wan2.7-videoedit", BEIJING, {"duration": 5}, "5", None),
    ("wan2.7-videoedit", BEIJING, {"duration": 5, "SR": 333}, "5", None),
    ("wan2.7-videoedit", BEIJING, {"SR": 720}, None, None),
    ("wan2.7-videoedit", BEIJING, {"output_video_duration": 5, "SR": 720}, None, None),
    ("wan2.7-videoedit", BEIJING, {"input_video_duration": 5, "SR": 720}, None, None),
    ("wan2.7-videoedit", BEIJING, {}, None, None),
    ("wan2.7-videoedit", BEIJING, {"duration": "10", "SR": 720}, None, None),
    ("wan2.7-videoedit", BEIJING, {"duration": True, "SR": 720}, None, None),
    ("wan2.7-videoedit", BEIJING, {"duration": -1, "SR": 720}, None, None),
    ("wan2.7-videoedit", BEIJING, {"duration": float("nan"), "SR": 720}, None, None),
    ("wan2.2-s2v-detect", BEIJING, {"image_count": 1}, None, None),
)


@pytest.mark.parametrize(("model", "region", "usage", "seconds", "amount"), ODDITIES)
def test_cost_is_unknown_rather_than_guessed(
    model: str, region: str, usage: dict[str, Any], seconds: str | None, amount: str | None
) -> None:
    assert results.billed_seconds(usage, model) == (Decimal(seconds) if seconds else None)
    expected = {"amount": amount, "currency": "CNY"} if amount else None
    assert results.cost(model, region, usage) == expected


def test_seconds_can_be_told_without_the_model_unless_its_rule_decides() -> None:
    assert results.billed_seconds(newer(10.04, 5.02, 5.02, 720)) == Decimal("10.04")
    assert results.billed_seconds(older(5)) == Decimal(5)
    assert results.billed_seconds(ends(0, 10, 720)) == Decimal(10)
    assert results.billed_seconds(ends(5, 10, 720)) is None


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
    optional=dict.fromkeys(("video_duration", "SR", "size", "video_ratio", "audio"), JSON)
    | dict.fromkeys(("input_video_duration", "output_video_duration"), JSON | st.floats(0, 100))
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
