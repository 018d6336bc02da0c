"""Models that edit a video or animate an image: one row each.

Submit rates and running jobs: Model Studio, `rate-limit`, October 2026. The rest: the API reference named at
each group. `beijing` is given where a model is spelled otherwise there.
"""

from __future__ import annotations

from airflow_provider_wan.dashscope.catalog import prices
from airflow_provider_wan.dashscope.catalog.model import Billing
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

# Source: `legacy-wanx-vace-api-reference`, 2026-04-24. Only two of its five functions take `size`, none
# takes a negative prompt.
VACE_PLUS = row(
    "wan2.1-vace-plus",
    "vace",
    "BS",
    beijing="wanx2.1-vace-plus",
    submit_rps=2,
    running=2,
    prompt_max=800,
    image_max_mb=10,
    prices=prices.PLUS_21,
    typical_seconds=(300, 600),
    **sizes("720P", default="1280*720"),
    **five(),
)

# Source: `wan-video-editing-api-reference`, 2026-05-11.
VIDEO_EDIT = row(
    "wan2.7-videoedit",
    "videoedit",
    "BS",
    ratios=RATIOS,
    durations=(0, *range(2, 11)),
    default_duration=0,
    image_max_mb=20,
    billing=Billing.INPUT_AND_OUTPUT,
    prices=prices.STANDARD,
    **V27,
)

# Effects. Source: `wanx-video-effects`, mid 2026.
_TURBO_TEMPLATES = (
    *("squish", "rotation", "poke", "inflate", "dissolve", "carousel", "singleheart", "flying"),
    *("rose", "crystalrose", "hug", "frenchkiss", "coupleheart"),
)
_PLUS_TEMPLATES = (
    *_TURBO_TEMPLATES,
    *("melt", "icecream", "dance1", "dance2", "dance3", "dance4", "dance5", "mermaid"),
    *("graduation", "dragon", "money", "jellyfish", "pupil"),
)

# Sources: `legacy-image-to-video-api-reference`, 2026-05-22; `image-to-video-general-api-reference`,
# 2026-05-11. Tables of October 2026 print `wan2.6-i2v` with scope "US" where the reference has `-us`.
# Singapore prices wan2.2-i2v-flash but leaves it out of its rate table.
I2V = (
    row(
        "wan2.7-i2v",
        "i2v_media",
        "BS",
        snapshots=("wan2.7-i2v-2026-04-25",),
        image_max_mb=20,
        prices=prices.STANDARD,
        **V27,
        **seconds(2, 15),
    ),
    row(
        "wan2.6-i2v-flash",
        "i2v",
        "BS",
        audio=True,
        audio_url=True,
        shot_type=True,
        image_max_mb=20,
        prices=prices.FLASH,
        **V26,
        **TWO_TIERS,
        **seconds(2, 15),
    ),
    row(
        "wan2.6-i2v",
        "i2v",
        "BSVF",
        audio_url=True,
        shot_type=True,
        image_max_mb=20,
        prices=prices.STANDARD_WORLDWIDE,
        **V26,
        **TWO_TIERS,
        **seconds(2, 15),
    ),
    row(
        "wan2.6-i2v-us",
        "i2v",
        "V",
        audio_url=True,
        shot_type=True,
        image_max_mb=20,
        prices=prices.US,
        **V26,
        **TWO_TIERS,
        **five(10, 15),
    ),
    row(
        "wan2.5-i2v-preview",
        "i2v",
        "BS",
        audio_url=True,
        image_max_mb=20,
        prices=prices.PREVIEW,
        **V25,
        **THREE_TIERS,
        **five(10),
    ),
    row(
        "wan2.2-i2v-flash",
        "i2v",
        "BS",
        image_max_mb=10,
        prices=prices.I2V_FLASH_22,
        **V22,
        **resolutions("480P", "720P", "1080P", default="720P"),
        **five(),
    ),
    row(
        "wan2.2-i2v-plus",
        "i2v",
        "BS",
        image_max_mb=10,
        prices=prices.PLUS_22,
        **V22,
        **resolutions("480P", "1080P"),
        **five(),
    ),
    row(
        "wan2.1-i2v-turbo",
        "i2v",
        "BS",
        beijing="wanx2.1-i2v-turbo",
        templates=_TURBO_TEMPLATES,
        image_max_mb=10,
        prices=prices.TURBO_21,
        **V21,
        **resolutions("480P", "720P", default="720P"),
        **five(3, 4),
    ),
    row(
        "wan2.1-i2v-plus",
        "i2v",
        "BS",
        beijing="wanx2.1-i2v-plus",
        templates=_PLUS_TEMPLATES,
        image_max_mb=10,
        prices=prices.PLUS_21,
        **V21,
        **resolutions("720P", default="720P"),
        **five(),
    ),
)
