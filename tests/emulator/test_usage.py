"""Usage in the shape of each generation of models, and the ledger that follows from it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from airflow_provider_wan.dashscope import results
from airflow_provider_wan.dashscope.catalog import MODELS, Model, find, price
from airflow_provider_wan.emulator import RegionSettings, RunningEmulator
from airflow_provider_wan.emulator.tasks import VideoFacts
from airflow_provider_wan.emulator.usage import bill, expected, usage
from tests.emulator.api import EDIT, IMAGE, IMAGE_TO_VIDEO, VIDEO, VIDEO_GENERATION, Api

JSON = dict[str, Any]


def _facts(seconds: float, *, given: float = 0.0, size: tuple[int, int] = (1280, 720)) -> VideoFacts:
    return VideoFacts(*size, fps=30.0, duration=seconds, input_duration=given, has_audio=False)


P720 = {"resolution": "720P"}
WIDE = (832, 480)


@pytest.mark.parametrize(
    ("model", "parameters", "facts", "shown"),
    [
        (
            "wan2.1-vace-plus",
            {},
            _facts(5.0),
            {"video_duration": 5, "video_ratio": "standard", "video_count": 1},
        ),
        (
            "wan2.7-videoedit",
            P720,
            _facts(5.02, given=5.02),
            {
                "duration": 10.04,
                "input_video_duration": 5.02,
                "output_video_duration": 5.02,
                "video_count": 1,
                "SR": 720,
            },
        ),
        (
            "wan2.6-i2v-flash",
            {"resolution": "720P", "duration": 10},
            _facts(10.0),
            {
                "duration": 10,
                "input_video_duration": 0,
                "output_video_duration": 10,
                "video_count": 1,
                "SR": 720,
                "audio": True,
            },
        ),
        ("wan2.5-i2v-preview", {}, _facts(5), {"duration": 5, "SR": 1080, "video_count": 1}),
        ("wan2.2-i2v-flash", {}, _facts(5), {"duration": 5, "SR": 720, "video_count": 1}),
        (
            "wan2.1-i2v-turbo",
            {},
            _facts(5),
            {"video_duration": 5, "video_ratio": "standard", "video_count": 1},
        ),
        (
            "wan2.2-kf2v-flash",
            {"resolution": "480P"},
            _facts(5),
            {"video_duration": 5, "SR": 480, "video_count": 1},
        ),
        (
            "wan2.5-t2v-preview",
            {"size": "832*480"},
            _facts(5, size=WIDE),
            {"video_duration": 5, "video_ratio": "832*480", "video_count": 1},
        ),
        (
            "wan2.6-t2v",
            {"size": "1280*720", "duration": 10},
            _facts(10),
            {
                "duration": 10,
                "size": "1280*720",
                "input_video_duration": 0,
                "output_video_duration": 10,
                "video_count": 1,
                "SR": 720,
            },
        ),
        (
            "wan2.7-r2v",
            {"resolution": "720P", "duration": 10},
            _facts(10, given=12),
            {
                "duration": 15,
                "input_video_duration": 5,
                "output_video_duration": 10,
                "video_count": 1,
                "SR": 720,
                "ratio": "16:9",
            },
        ),
        (
            "wan3.0-video",
            P720,
            _facts(5),
            {
                "duration": 5,
                "input_video_duration": 0,
                "output_video_duration": 5,
                "video_count": 1,
                "SR": 720,
                "fps": 30,
                "ratio": "16:9",
            },
        ),
        (
            "wan2.2-animate-move",
            {"mode": "wan-pro"},
            _facts(5.2),
            {"video_duration": 5.2, "video_ratio": "pro"},
        ),
        (
            "wan2.2-s2v",
            {},
            _facts(4.5, size=WIDE),
            {"duration": 4.5, "size": "832*480", "fps": 30, "video_count": 1, "SR": 480},
        ),
        ("video-style-transform", {}, _facts(3), {"duration": 3, "SR": 720}),
        (
            "happyhorse-1.0-video-edit",
            P720,
            _facts(6.62, given=6.62),
            {
                "duration": 13.24,
                "input_video_duration": 6.62,
                "output_video_duration": 6.62,
                "video_count": 1,
                "SR": 720,
            },
        ),
    ],
)
def test_usage_has_the_documented_shape(model: str, parameters: JSON, facts: VideoFacts, shown: JSON) -> None:
    row = find(model)
    assert row is not None
    assert usage(row, parameters, facts) == shown


@pytest.mark.parametrize(
    ("model", "parameters", "facts", "seconds", "tier"),
    [
        ("wan2.1-vace-plus", {"size": "960*960"}, _facts(5), 5, "720P"),
        ("wan2.7-videoedit", {}, _facts(4, given=10), 14, "1080P"),
        ("wan2.7-i2v", {"duration": 15}, _facts(15, given=3), 15, "1080P"),
        ("wan2.6-i2v-flash", {"resolution": "720P", "audio": False}, _facts(2), 2, "720P_silent"),
        ("wan2.6-r2v", {"size": "1280*720"}, _facts(5, given=20), 10, "720P"),
        ("wan2.2-animate-mix", {"mode": "wan-std"}, _facts(5.2), 5.2, "wan-std"),
        ("wan3.0-video", {"audio": False}, _facts(5), 5, "1080P"),
        ("video-style-transform", {"min_len": 540}, _facts(3), 3, "540P"),
    ],
)
def test_bill_counts_the_seconds_and_the_tier_of_the_model(
    model: str, parameters: JSON, facts: VideoFacts, seconds: float, tier: str
) -> None:
    row = find(model)
    assert row is not None
    due = bill(row, parameters, facts)
    assert (due.seconds, due.tier) == (seconds, tier)


@pytest.mark.parametrize("region", ["cn-beijing", "ap-southeast-1", "eu-central-1"])
@pytest.mark.parametrize("model", [model for model in MODELS if model.running], ids=lambda model: model.name)
def test_client_reckons_from_the_usage_what_the_ledger_holds(model: Model, region: str) -> None:
    """Written apart on both sides, they must come to the same seconds and the same money."""
    for choice in ({"mode": "wan-std"}, {"mode": "wan-pro"}, {"audio": False, "mode": "wan-pro"}):
        facts = _facts(5.0, given=0.0 if "t2v" in model.name else 7.0, size=(1920, 1080))
        due, shown = bill(model, choice, facts), usage(model, choice, facts)
        assert results.billed_seconds(shown, model.name) == Decimal(str(due.seconds))
        unit = price(model, region, due.tier)
        told = results.cost(model.name, region, shown)
        if (
            unit is None or model.name == "wan2.6-r2v-flash"
        ):  # whose usage doesn't say which of its prices applies
            assert told is None
        else:
            assert told is not None
            assert abs(Decimal(told["amount"]) - unit * Decimal(str(due.seconds))) <= Decimal("0.0000005")


def test_without_rendering_the_request_tells_what_to_expect() -> None:
    edit, i2v = find("wan2.7-videoedit"), find("wan2.7-i2v")
    assert edit is not None
    assert i2v is not None
    media = {"media": [{"type": "video", "url": VIDEO}]}
    assert expected(edit, media, {}) == VideoFacts(1920, 1080, 30.0, 5.0, 5.0, True)
    assert expected(edit, media, {"duration": 3, "resolution": "720P", "ratio": "9:16"}).duration == 3
    assert expected(edit, media, {"resolution": "720P", "ratio": "9:16"}).height == 1280
    assert expected(i2v, {"media": []}, {"duration": 12}).duration == 12
    r2v = find("wan2.6-r2v")
    assert r2v is not None
    references = {"reference_urls": [f"{VIDEO}?Signature=x", IMAGE, "https://example.com/B.MOV"]}
    assert expected(r2v, references, {}).input_duration == 10.0
    assert expected(r2v, {"reference_video_urls": [VIDEO]}, {}).input_duration == 5.0


def test_ledger_holds_only_what_succeeded_and_what_it_cost(emulator: RunningEmulator, api: Api) -> None:
    done = api.job(EDIT)
    failed = api.job(EDIT)
    emulator.force(failed, "FAILED")
    api.job({**EDIT, "input": {**EDIT["input"], "prompt": "[reject-output]"}})  # type: ignore[dict-item]
    assert emulator.ledger() == []
    emulator.clock.advance(301)
    (charge,) = emulator.ledger()
    assert (charge.task_id, charge.account, charge.region) == (done, "emulator", "ap-southeast-1")
    assert (charge.seconds, charge.tier, charge.cost) == (10, "720P", Decimal("0.733924") * 10)
    api.status(done)
    assert len(emulator.ledger()) == 1


ANIMATE: JSON = {
    "model": "wan2.2-animate-move",
    "input": {"image_url": IMAGE, "video_url": VIDEO},
    "parameters": {"mode": "wan-std"},
}
SPEAK: JSON = {"model": "wan2.2-s2v", "input": {"image_url": IMAGE, "audio_url": "https://example.com/a.mp3"}}
RESTYLE: JSON = {"model": "video-style-transform", "input": {"video_url": VIDEO}}
HURRY: JSON = {"model": "wan2.6-t2v", "input": {"prompt": "a fox"}}


@pytest.mark.parametrize(
    ("body", "path", "where"),
    [
        (ANIMATE, IMAGE_TO_VIDEO, ("results", "video_url")),
        ({**ANIMATE, "model": "wan2.2-animate-mix"}, IMAGE_TO_VIDEO, ("results", "video_url")),
        (SPEAK, IMAGE_TO_VIDEO, ("results", "video_url")),
        (RESTYLE, VIDEO_GENERATION, ("output_video_url",)),
        (HURRY, VIDEO_GENERATION, ("video_url",)),
    ],
)
def test_result_stands_where_the_model_puts_it(
    start: Callable[..., RunningEmulator], body: JSON, path: str, where: tuple[str, ...]
) -> None:
    emulator = start(regions=(RegionSettings("cn-beijing"),))
    api = Api(emulator.base_url, emulator.key)
    job = api.job(body, path)
    emulator.clock.advance(301)
    output = api.output(job)
    result: Any = output
    for key in where:
        result = result[key]
    assert result.startswith(emulator.origin)
    if body is not HURRY:
        assert not {"video_url", "orig_prompt", "actual_prompt"} & set(output)
