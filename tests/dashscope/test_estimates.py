"""Estimates of what edits will cost: never below what the emulator bills, and worded for people."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from airflow_provider_wan.dashscope import catalog
from airflow_provider_wan.dashscope.estimates import estimate
from airflow_provider_wan.dashscope.requests import (
    ImageToVideo,
    VideoEdit,
    VideoOutpainting,
    VideoRepainting,
    WanRequest,
)
from airflow_provider_wan.emulator import usage
from airflow_provider_wan.emulator.tasks import VideoFacts

CLIP = "https://example.com/clip.mp4"
REPAINT = VideoRepainting(video_url=CLIP, prompt="ink", control_condition="depth")
WIDEN = VideoOutpainting(video_url=CLIP, prompt="wider", left_scale=1.5)
EDITS: dict[str, WanRequest] = {
    "repaint": REPAINT,
    "widen": WIDEN,
    "edit at 720P": VideoEdit(video_url=CLIP, prompt="ink", resolution="720P"),
    "edit at the default": VideoEdit(video_url=CLIP, prompt="ink"),
    "edit cut to 3 s": VideoEdit(video_url=CLIP, prompt="ink", duration=3),
    "HappyHorse": VideoEdit(
        video_url=CLIP, prompt="ink", model="happyhorse-1.0-video-edit", resolution="720P"
    ),
}


@pytest.mark.parametrize("region", ["cn-beijing", "ap-southeast-1"])
@pytest.mark.parametrize("seconds", [2.0, 3.03, 4.98, 5.0])
@pytest.mark.parametrize("name", EDITS)
def test_an_estimate_is_not_below_the_bill(name: str, seconds: float, region: str) -> None:
    body = EDITS[name].body(region)
    model = catalog.find(body["model"])
    assert model is not None
    parameters: dict[str, Any] = body.get("parameters", {})
    made = float(parameters.get("duration") or seconds)
    bill = usage.bill(model, parameters, VideoFacts(1280, 720, 30.0, made, seconds, True))
    price = catalog.price(model, region, bill.tier)
    assert price is not None
    said = estimate(body, region, [seconds])
    assert said.amount is not None
    assert price * Decimal(str(bill.seconds)) <= said.amount <= price * Decimal(str(bill.seconds + 4))


def test_of_contradicting_pages_the_longer_result_counts() -> None:
    short = [2.5]
    region = "ap-southeast-1"
    assert estimate(REPAINT.body(region), region, short).seconds == 3
    assert estimate(WIDEN.body(region), region, short).seconds == 5


def test_many_edits_add_up_and_take_turns() -> None:
    region = "ap-southeast-1"
    said = estimate(WIDEN.body(region), region, [5.0] * 5)
    one = estimate(WIDEN.body(region), region, [5.0])
    assert said.amount == 5 * (one.amount or 0)
    assert said.dearest == one.amount
    assert (said.shortest, said.longest) == (3 * one.shortest, 3 * one.longest)  # two at once
    chained = estimate(WIDEN.body(region), region, [5.0] * 5, one_after_the_other=True)
    assert chained.longest == 5 * one.longest
    assert str(said) == (
        f"5 edits, 25 s billed at most, at most {said.amount:.2f} CNY by the price list of {catalog.PRICE_DATE}; "
        "15 to 30 minutes, if nothing else is in the account's queue"
    )


def test_a_model_nobody_knows_has_no_price() -> None:
    said = estimate({"model": "wan9-new", "input": {}}, "cn-beijing", [5.0])
    assert (said.amount, said.dearest, said.jobs) == (None, None, 1)
    assert "price unknown" not in str(said)
    assert "at most unknown" in str(said)


def test_silence_has_its_own_price() -> None:
    region = "cn-beijing"
    silent = ImageToVideo(
        img_url=CLIP.replace("mp4", "png"), prompt="it moves", audio=False, model="wan2.6-i2v-flash"
    )
    aloud = ImageToVideo(img_url=CLIP.replace("mp4", "png"), prompt="it moves", model="wan2.6-i2v-flash")
    quiet, loud = (estimate(one.body(region), region, [5.0]).amount for one in (silent, aloud))
    assert quiet is not None
    assert loud is not None
    assert quiet < loud
