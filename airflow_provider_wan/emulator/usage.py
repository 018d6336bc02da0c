"""What a finished job says it used, and what is billed for it.

Sources: the result samples of each model's API reference; prices and tiers: the catalogue.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from airflow_provider_wan.dashscope.catalog import PIXELS, SIZES, Billing, Model
from airflow_provider_wan.emulator.tasks import VideoFacts

ASSUMED_INPUT_SECONDS = 5.0
"""Length an input video is taken to have where nobody looks at it."""
_CAPPED = 5.0
_FPS = 30.0


@dataclass(frozen=True, slots=True)
class Bill:
    """How many seconds a job is billed for, in which price tier."""

    seconds: float
    tier: str


def expected(model: Model, given: Mapping[str, Any], parameters: Mapping[str, Any]) -> VideoFacts:
    """Work out from the request alone what its video would be, for emulators that don't render."""
    videos = _input_videos(given)
    taken_in = ASSUMED_INPUT_SECONDS * videos
    seconds = parameters.get("duration", model.default_duration)
    if seconds in (None, 0, -1):
        seconds = taken_in or 5.0
    width, height = _pixels(model, parameters)
    return VideoFacts(width, height, _FPS, float(seconds), taken_in, parameters.get("audio", True))


def _input_videos(given: Mapping[str, Any]) -> int:
    media: list[str] = [item["type"] for item in given.get("media", [])]
    # r2v of 2.6 takes pictures and videos in one list; where nobody looks at them the name has to tell.
    paths = [str(urlsplit(url).path).lower() for url in given.get("reference_urls", [])]
    mixed = sum(path.endswith((".mp4", ".mov")) for path in paths)
    named = len(given.get("reference_video_urls", [])) + ("video_url" in given)
    return media.count("video") + media.count("reference_video") + mixed + named


def _pixels(model: Model, parameters: Mapping[str, Any]) -> tuple[int, int]:
    size = parameters.get("size", model.default_size)
    if size in model.sizes:
        width, _, height = size.partition("*")
        return int(width), int(height)
    tier = parameters.get("resolution", model.default_resolution) or "720P"
    if tier == "480P":
        return 832, 480
    ratio = parameters.get("ratio", model.default_ratio)
    return PIXELS[tier].get(ratio or "16:9", PIXELS[tier]["16:9"])


def tier_of(model: Model, parameters: Mapping[str, Any], facts: VideoFacts) -> str:
    """Return the resolution class, e.g. `720P`, by `resolution`, by `size`, or by the video's area."""
    if model.family == "vace":
        return "720P"
    if model.family == "style":
        return f"{parameters.get('min_len', 720)}P"
    if model.resolutions:
        return str(parameters.get("resolution", model.default_resolution))
    for tier, sizes in SIZES.items():
        if parameters.get("size", model.default_size) in sizes:
            return tier
    area = facts.width * facts.height
    return "480P" if area < 600_000 else "720P" if area < 1_500_000 else "1080P"


def bill(model: Model, parameters: Mapping[str, Any], facts: VideoFacts) -> Bill:
    """Return what a finished job is billed for."""
    counted = {
        Billing.OUTPUT: 0.0,
        Billing.INPUT_AND_OUTPUT: facts.input_duration,
        Billing.CAPPED_INPUT_AND_OUTPUT: min(facts.input_duration, _CAPPED),
    }[model.billing]
    tier = tier_of(model, parameters, facts)
    if model.family == "animate":
        tier = parameters["mode"]
    elif (
        any(f"{tier}_silent" in prices for prices in model.prices.values())
        and parameters.get("audio") is False
    ):
        tier = f"{tier}_silent"
    return Bill(_number(counted + _output_seconds(model, facts)), tier)


def usage(model: Model, parameters: Mapping[str, Any], facts: VideoFacts) -> dict[str, Any]:
    """Return the `usage` object; it has a shape of its own per generation of models."""
    resolution = int(tier_of(model, parameters, facts).removesuffix("P"))
    output = _output_seconds(model, facts)
    size = f"{facts.width}*{facts.height}"
    match model.family:
        case "animate":
            ratio = "pro" if parameters["mode"] == "wan-pro" else "standard"
            return {"video_duration": output, "video_ratio": ratio}
        case "s2v":
            return {
                "duration": output, "size": size, "fps": int(facts.fps), "video_count": 1, "SR": resolution
            }  # fmt: skip
        case "style":
            return {"duration": output, "SR": resolution}
        case "vace":
            return {"video_duration": output, "video_ratio": "standard", "video_count": 1}
        case "kf2v" | "i2v" if model.submit_rps == 2 or model.name.startswith("wan2.5"):
            return _older(model, output, resolution)
        case "t2v" if not model.name.startswith(("wan2.6", "wan2.7")):
            return {"video_duration": output, "video_ratio": size, "video_count": 1}
    counted = bill(model, parameters, facts).seconds
    shape: dict[str, Any] = {
        "duration": counted,
        "input_video_duration": _number(counted - output),
        "output_video_duration": output,
        "video_count": 1,
        "SR": resolution,
    }
    if model.family == "wan3":
        shape["fps"] = int(facts.fps)
    if model.ratios and model.family != "videoedit":
        shape["ratio"] = _ratio(model, parameters, facts)
    elif model.sizes:
        shape["size"] = size
    if model.audio and model.family == "i2v":
        shape["audio"] = parameters.get("audio", True)
    return shape


def _older(model: Model, output: float, resolution: int) -> dict[str, Any]:
    if model.name.startswith("wan2.1"):
        return {"video_duration": output, "video_ratio": "standard", "video_count": 1}
    field = "video_duration" if model.family == "kf2v" else "duration"
    return {field: output, "SR": resolution, "video_count": 1}


def _ratio(model: Model, parameters: Mapping[str, Any], facts: VideoFacts) -> str:
    ratio = parameters.get("ratio", model.default_ratio)
    if ratio in (None, "adaptive"):
        given = [(abs(int(w) / int(h) - facts.width / facts.height), f"{w}:{h}") for w, h in
                 (one.split(":") for one in model.ratios if ":" in one)]  # fmt: skip
        return min(given)[1]
    return str(ratio)


def _output_seconds(model: Model, facts: VideoFacts) -> float:
    # Most models count whole seconds (VACE's `video_duration` is documented as an integer); some don't.
    whole = model.family not in ("videoedit", "happyhorse_video_edit", "animate", "s2v", "style", "wan3")
    return _number(max(1, round(facts.duration)) if whole else facts.duration)


def _number(seconds: float) -> float:
    """Two decimals, and no decimals where there are none, as JSON prints an integer."""
    rounded = round(seconds, 2)
    return int(rounded) if rounded == int(rounded) else rounded
