"""Models that make a video from text, references, motion or speech: one row each.

They are reached through the pass-through request; what stands here serves limits, prices and the emulator.
Submit rates and running jobs: Model Studio, `rate-limit`, October 2026. The rest: the API reference named at
each group. `beijing` is given where a model is spelled otherwise there.
"""

from __future__ import annotations

from typing import Any

from airflow_provider_wan.dashscope.catalog import prices
from airflow_provider_wan.dashscope.catalog.model import FACE_DETECT, IMAGE_TO_VIDEO, Billing, Model
from airflow_provider_wan.dashscope.catalog.rows import (
    RATIOS,
    THREE_TIERS,
    TWO_TIERS,
    V21,
    V22,
    V25,
    V26,
    V27,
    five,
    resolutions,
    row,
    seconds,
    sizes,
)

# Source: `legacy-image-to-video-by-first-and-last-frame-api-reference`, 2026-04-24. An official guide of
# February 2026 also calls wan2.2-kf2v-flash in Singapore; the price and rate tables have Beijing only.
# Singapore's rate table gives wan2.1-kf2v-plus one submission a second instead of two.
_KF2V: dict[str, Any] = {"path": IMAGE_TO_VIDEO, "image_max_mb": 10, **five()}
KF2V = (
    row(
        "wan2.2-kf2v-flash",
        "kf2v",
        "B",
        prices=prices.KF2V_FLASH_22,
        **V22,
        **_KF2V,
        **resolutions("480P", "720P", "1080P", default="720P"),
    ),
    row(
        "wan2.1-kf2v-plus",
        "kf2v",
        "BS",
        beijing="wanx2.1-kf2v-plus",
        templates=("hanfu-1", "solaron", "magazine", "mech1", "mech2"),
        prices=prices.PLUS_21,
        **V21,
        **_KF2V,
        **resolutions("720P", default="720P"),
    ),
)

# Sources: `text-to-video-api-reference`, 2026-04-26; `legacy-wan-text-to-video-api-reference`, 2026-05-15.
# An overview page gives wan2.6-t2v-us 2 to 15 seconds instead of 5 and 10.
T2V = (
    row(
        "wan2.7-t2v",
        "t2v",
        "BS",
        snapshots=("wan2.7-t2v-2026-04-25", "wan2.7-t2v-2026-06-12"),
        audio_url=True,
        ratios=RATIOS,
        default_ratio="16:9",
        prices=prices.STANDARD,
        **V27,
        **seconds(2, 15),
    ),
    row(
        "wan2.6-t2v",
        "t2v",
        "BSVF",
        audio_url=True,
        shot_type=True,
        prices=prices.STANDARD_WORLDWIDE,
        **V26,
        **sizes("720P", "1080P"),
        **seconds(2, 15),
    ),
    row(
        "wan2.6-t2v-us",
        "t2v",
        "V",
        audio_url=True,
        shot_type=True,
        prices=prices.US,
        **V26,
        **sizes("720P", "1080P"),
        **five(10),
    ),
    row(
        "wan2.5-t2v-preview",
        "t2v",
        "BS",
        audio_url=True,
        prices=prices.PREVIEW,
        **V25,
        **sizes("480P", "720P", "1080P"),
        **five(10),
    ),
    row("wan2.2-t2v-plus", "t2v", "BS", prices=prices.PLUS_22, **V22, **sizes("480P", "1080P"), **five()),
    row(
        "wan2.1-t2v-turbo",
        "t2v",
        "BS",
        beijing="wanx2.1-t2v-turbo",
        prices=prices.TURBO_21,
        **V21,
        **sizes("480P", "720P", default="1280*720"),
        **five(),
    ),
    row(
        "wan2.1-t2v-plus",
        "t2v",
        "BS",
        beijing="wanx2.1-t2v-plus",
        prices=prices.PLUS_21,
        **V21,
        **sizes("720P", default="1280*720"),
        **five(),
    ),
)

# Sources: `wan-video-to-video-api-reference`, 2026-05-11; `legacy-wan-reference-to-video-api-reference`,
# 2026-05-15. 2.7 takes up to 10 seconds where a reference is a video. 2.6 has no negative prompt.
_R2V: dict[str, Any] = {"billing": Billing.CAPPED_INPUT_AND_OUTPUT, "image_max_mb": 20}
_R2V_27: dict[str, Any] = {"ratios": RATIOS, "default_ratio": "16:9", **_R2V, **V27, **seconds(2, 15)}
_R2V_26: dict[str, Any] = {
    "prompt_max": 1500,
    "shot_type": True,
    **_R2V,
    **sizes("720P", "1080P"),
    **seconds(2, 10),
}
R2V = (
    row("wan2.7-r2v", "r2v", "BS", prices=prices.STANDARD, **_R2V_27),
    # Offered in one region more than the model itself, hence a row and not a snapshot of it.
    row("wan2.7-r2v-2026-06-12", "r2v", "BSV", prices=prices.STANDARD, **_R2V_27),
    row("wan2.6-r2v", "r2v", "BSVF", prices=prices.STANDARD_WORLDWIDE, **_R2V_26),
    row("wan2.6-r2v-flash", "r2v", "BS", audio=True, prices=prices.FLASH, **_R2V_26),
)

# Source: `wan3-video-generation-api-reference`, August 2026. Documented on workspace hosts only. The page's
# sample took 12 minutes for 5 seconds.
_WAN3: dict[str, Any] = {
    "prompt_max": 20000,
    "ratios": ("adaptive", "16:9", "4:3", "1:1", "3:4", "9:16"),
    "default_ratio": "adaptive",
    "durations": (-1, *range(2, 31)),
    "default_duration": 5,
    "audio": True,
    "image_max_mb": 20,
    "billing": Billing.INPUT_AND_OUTPUT,
    "typical_seconds": (60, 720),
    **THREE_TIERS,
}
WAN3 = (
    row("wan3.0-video", "wan3", "BSTFVH", prices=prices.WAN3, **_WAN3),
    row("wan3.0-video-prime", "wan3", "BSTFVH", prices=prices.WAN3_PRIME, **_WAN3),
)

# Sources: `wan-animate-move-api`, `wan-animate-mix-api`, 2026-05-08. The required `mode` is the price tier.
_ANIMATE: dict[str, Any] = {
    "path": IMAGE_TO_VIDEO,
    "running": 1,
    "image_max_mb": 5,
    "result_keys": ("results", "video_url"),
}
ANIMATE = (
    row("wan2.2-animate-move", "animate", "BS", prices=prices.ANIMATE_MOVE, **_ANIMATE),
    row("wan2.2-animate-mix", "animate", "BS", prices=prices.ANIMATE_MIX, **_ANIMATE),
)

# Sources: `wan-s2v-api`, `wan-s2v-detect-api`, 2026-02-11. The detector answers at once, without a job.
SPEECH = (
    row(
        "wan2.2-s2v",
        "s2v",
        "B",
        path=IMAGE_TO_VIDEO,
        running=1,
        prices=prices.S2V,
        typical_seconds=(300, 600),
        result_keys=("results", "video_url"),
        **resolutions("480P", "720P", default="480P"),
    ),
    row(
        "wan2.2-s2v-detect",
        "s2v_detect",
        "B",
        path=FACE_DETECT,
        running=0,
        queue=None,
        prices=prices.S2V_DETECT,
        result_keys=(),
    ),
)

# Source: `video-style-transform-api-reference`, 2026-02-11. Rates by the newer rate table, which notes that
# only one of the two jobs really runs; the model's own page has 2 a second and 1 running.
STYLE = row(
    "video-style-transform",
    "style",
    "B",
    submit_rps=20,
    running=2,
    queue=None,
    prices=prices.STYLE,
    result_keys=("output_video_url",),
)

# Sources: `happyhorse-*-api-reference`, 2026-05-20 to 22; video-edit re-read June/July 2026. A prompt has
# 5000 characters, or 2500 where they are Chinese. A mid-2026 rate table has 10 submissions a second.
_HAPPYHORSE: dict[str, Any] = {"prompt_max": 5000, "watermark_default": True}
_HAPPYHORSE_RATIOS: dict[str, Any] = {"ratios": (*RATIOS, "4:5", "5:4", "9:21", "21:9")}


def _happyhorse(version: str, regions: str, **facts: Any) -> tuple[Model, ...]:
    facts |= _HAPPYHORSE | seconds(3, 15)
    return (
        row(f"happyhorse-{version}-t2v", "happyhorse_t2v", regions, **facts, **_HAPPYHORSE_RATIOS),
        row(f"happyhorse-{version}-i2v", "happyhorse_i2v", regions, image_max_mb=20, **facts),
        row(
            f"happyhorse-{version}-r2v",
            "happyhorse_r2v",
            regions,
            image_max_mb=20,
            **facts,
            **_HAPPYHORSE_RATIOS,
        ),
    )


HAPPYHORSE = (
    *_happyhorse("1.0", "BSVF", prices=prices.HAPPYHORSE_10, **TWO_TIERS),
    *_happyhorse("1.1", "BSVFT", prices=prices.HAPPYHORSE_11, **THREE_TIERS),
    row(
        "happyhorse-1.0-video-edit",
        "happyhorse_video_edit",
        "BSVFT",
        image_max_mb=20,
        billing=Billing.INPUT_AND_OUTPUT,
        prices=prices.HAPPYHORSE_10,
        **_HAPPYHORSE,
        **TWO_TIERS,
    ),
)
