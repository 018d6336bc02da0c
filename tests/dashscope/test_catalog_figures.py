"""The catalogue's figures against the vendor's pages: each expected value was copied from there by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from airflow_provider_wan.dashscope import catalog
from airflow_provider_wan.dashscope.catalog import MODELS, REGIONS, Model
from airflow_provider_wan.dashscope.catalog.regions import BY_LETTER


def known(name: str) -> Model:
    model = catalog.find(name)
    assert model is not None, name
    return model


OFFERED = {
    "B": "wan2.2-kf2v-flash wan2.2-s2v wan2.2-s2v-detect video-style-transform",
    "BS": (
        "wan2.7-videoedit wan2.7-t2v wan2.7-t2v-2026-04-25 wan2.7-t2v-2026-06-12 wan2.7-i2v wan2.7-i2v-2026-04-25 "
        "wan2.7-r2v wan2.6-i2v-flash wan2.6-r2v-flash wan2.5-t2v-preview wan2.5-i2v-preview wan2.2-t2v-plus "
        "wan2.2-i2v-plus wan2.2-i2v-flash wan2.2-animate-move wan2.2-animate-mix"
    ),
    "BSV": "wan2.7-r2v-2026-06-12",
    "BSVF": "wan2.6-t2v wan2.6-i2v wan2.6-r2v happyhorse-1.0-t2v happyhorse-1.0-i2v happyhorse-1.0-r2v",
    "V": "wan2.6-t2v-us wan2.6-i2v-us",
    "BSVFT": "happyhorse-1.0-video-edit happyhorse-1.1-t2v happyhorse-1.1-i2v happyhorse-1.1-r2v",
    "BSVFTH": "wan3.0-video wan3.0-video-prime",
}
"""Models by where they are offered, by letters as in the vendor's tables; they have one name everywhere."""
TWO_SPELLINGS = "vace-plus t2v-turbo t2v-plus i2v-turbo i2v-plus kf2v-plus"
"""The 2.1 models: `wanx2.1-` in Beijing, `wan2.1-` in Singapore."""


def test_models_are_offered_where_the_vendor_says_and_as_what() -> None:
    expected: dict[str, dict[str, str]] = {}
    for letters, names in OFFERED.items():
        expected |= {name: {BY_LETTER[letter]: name for letter in letters} for name in names.split()}
    for name in TWO_SPELLINGS.split():
        both = {"cn-beijing": f"wanx2.1-{name}", "ap-southeast-1": f"wan2.1-{name}"}
        expected |= {f"wan2.1-{name}": both, f"wanx2.1-{name}": both}
    found = {name: dict(known(name).spellings) for name in expected}
    for model in MODELS:
        for name in model.snapshots:  # sent as it is
            found[name] = dict.fromkeys(model.spellings, name)
            assert all(catalog.spelling(model, region, name) == name for region in model.spellings)
    assert found == expected
    assert {model.name for model in MODELS} <= expected.keys()


def test_regions_are_these() -> None:
    assert {region.id: (region.name, region.letter) for region in REGIONS.values()} == {
        "cn-beijing": ("Beijing", "B"),
        "ap-southeast-1": ("Singapore", "S"),
        "us-east-1": ("Virginia", "V"),
        "eu-central-1": ("Frankfurt", "F"),
        "ap-northeast-1": ("Tokyo", "T"),
        "cn-hongkong": ("Hong Kong", "H"),
    }


@pytest.mark.parametrize(
    ("name", "letter", "prices"),
    [
        ("wanx2.1-vace-plus", "B", {"720P": "0.70"}),
        ("wan2.1-vace-plus", "S", {"720P": "0.733924"}),
        ("wan2.7-videoedit", "B", {"720P": "0.6", "1080P": "1.0"}),
        ("wan2.7-videoedit", "S", {"720P": "0.733924", "1080P": "1.100886"}),
        ("wan2.7-t2v", "B", {"720P": "0.6", "1080P": "1.0"}),
        ("wan2.7-i2v", "S", {"720P": "0.733924", "1080P": "1.100886"}),
        ("wan2.7-r2v", "B", {"720P": "0.6", "1080P": "1.0"}),
        ("wan2.6-t2v", "V", {"720P": "0.6", "1080P": "1.0"}),
        ("wan2.6-t2v-us", "V", {"720P": "0.733924", "1080P": "1.100886"}),
        ("wan2.6-r2v", "F", {"720P": "0.6", "1080P": "1.0"}),
        (
            "wan2.6-r2v-flash",
            "S",
            {
                "720P": "0.366962",
                "1080P": "0.550443",
                "720P_silent": "0.183481",
                "1080P_silent": "0.275221",
            },
        ),
        ("wan2.5-t2v-preview", "S", {"480P": "0.366961", "720P": "0.733923", "1080P": "1.100885"}),
        ("wan2.2-i2v-plus", "B", {"480P": "0.14", "1080P": "0.70"}),
        ("wan2.2-t2v-plus", "S", {"480P": "0.146785", "1080P": "0.733924"}),
        ("wan2.2-i2v-flash", "B", {"480P": "0.10", "720P": "0.20", "1080P": "0.48"}),
        ("wan2.2-i2v-flash", "S", {"480P": "0.110089", "720P": "0.264213"}),
        ("wan2.2-kf2v-flash", "B", {"480P": "0.10", "720P": "0.20", "1080P": "0.48"}),
        ("wanx2.1-kf2v-plus", "B", {"720P": "0.70"}),
        ("wan2.1-t2v-turbo", "S", {"480P": "0.264213", "720P": "0.264213"}),
        ("wan2.2-animate-move", "S", {"wan-std": "0.880709", "wan-pro": "1.321063"}),
        ("wan2.2-animate-mix", "B", {"wan-std": "0.6", "wan-pro": "0.9"}),
        ("wan2.2-s2v", "B", {"480P": "0.5", "720P": "0.9"}),
        ("wan2.2-s2v-detect", "B", {"image": "0.004"}),
        ("video-style-transform", "B", {"540P": "0.2", "720P": "0.5"}),
        ("wan3.0-video", "T", {"480P": "0.3", "720P": "0.6", "1080P": "1.2"}),
        ("wan3.0-video", "S", {"480P": "0.37471", "720P": "0.74942", "1080P": "1.49884"}),
        ("wan3.0-video-prime", "S", {"480P": "0.495838", "720P": "1.020844", "1080P": "2.041687"}),
        ("happyhorse-1.0-t2v", "V", {"720P": "0.9", "1080P": "1.6"}),
        ("happyhorse-1.1-i2v", "S", {"480P": "0.524594", "720P": "1.049188", "1080P": "1.348956"}),
        ("happyhorse-1.1-r2v", "B", {"480P": "0.45", "720P": "0.9", "1080P": "1.2"}),
        ("happyhorse-1.0-video-edit", "S", {"720P": "1.049188", "1080P": "1.798608"}),
    ],
)
def test_prices_are_the_vendor_s(name: str, letter: str, prices: dict[str, str]) -> None:
    scope = REGIONS[BY_LETTER[letter]].price_scope
    assert known(name).prices[scope] == {tier: Decimal(price) for tier, price in prices.items()}
    for tier, price in prices.items():
        assert catalog.price(known(name), BY_LETTER[letter], tier) == Decimal(price)


RATES = {
    (2, 2): (
        "vace-plus t2v-turbo t2v-plus i2v-turbo i2v-plus kf2v-plus",
        "wan2.2-t2v-plus wan2.2-i2v-flash wan2.2-i2v-plus wan2.2-kf2v-flash",
    ),
    (5, 1): ("", "wan2.2-animate-move wan2.2-animate-mix wan2.2-s2v"),
    (5, 0): ("", "wan2.2-s2v-detect"),
    (20, 2): ("", "video-style-transform"),
}
"""(submissions a second, jobs in work) -> models; first those of 2.1. All others have (5, 5)."""


def test_rates_are_the_vendor_s() -> None:
    expected = {model.name: (5, 5) for model in MODELS}
    for rates, (older, newer) in RATES.items():
        names = [f"wan2.1-{name}" for name in older.split()] + newer.split()
        assert set(names) <= expected.keys()
        expected |= dict.fromkeys(names, rates)
    assert {model.name: (model.submit_rps, model.running) for model in MODELS} == expected
    assert {model.queue for model in MODELS} == {500, None}


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("wan2.1-vace-plus", {"prompt_max": 800, "negative_prompt_max": 0, "typical_seconds": (300, 600)}),
        ("wan2.7-videoedit", {"durations": (0, *range(2, 11)), "negative_prompt_max": 500}),
        ("wan2.7-i2v", {"durations": tuple(range(2, 16)), "resolutions": ("720P", "1080P")}),
        ("wan2.6-i2v-us", {"durations": (5, 10, 15), "audio": False, "audio_url": True}),
        ("wan2.6-i2v-flash", {"audio": True, "shot_type": True, "prompt_max": 1500, "image_max_mb": 20}),
        ("wan2.1-i2v-turbo", {"durations": (3, 4, 5), "default_resolution": "720P", "image_max_mb": 10}),
        ("wan2.2-kf2v-flash", {"resolutions": ("480P", "720P", "1080P"), "prompt_max": 800}),
        ("wan2.5-t2v-preview", {"default_size": "1920*1080", "durations": (5, 10)}),
        ("wan2.7-t2v", {"default_ratio": "16:9", "durations": tuple(range(2, 16)), "prompt_max": 5000}),
        ("wan2.6-r2v", {"durations": tuple(range(2, 11)), "billing": "min(input,5)+output"}),
        ("wan2.7-r2v", {"default_duration": 5, "billing": "min(input,5)+output", "sizes": ()}),
        (
            "wan3.0-video",
            {"durations": (-1, *range(2, 31)), "prompt_max": 20000, "default_ratio": "adaptive"},
        ),
        ("wan2.2-animate-mix", {"result_keys": ("results", "video_url"), "prompt_max": 0}),
        ("wan2.2-s2v", {"resolutions": ("480P", "720P"), "default_resolution": "480P"}),
        ("wan2.2-s2v-detect", {"path": "/services/aigc/image2video/face-detect", "image_max_mb": None}),
        ("video-style-transform", {"result_keys": ("output_video_url",)}),
        ("happyhorse-1.0-t2v", {"default_ratio": "16:9", "resolutions": ("720P", "1080P")}),
        ("happyhorse-1.1-i2v", {"ratios": (), "default_ratio": None}),
        ("happyhorse-1.1-r2v", {"watermark_default": True, "durations": tuple(range(3, 16))}),
        ("happyhorse-1.0-video-edit", {"billing": "input+output", "durations": (), "ratios": ()}),
    ],
)
def test_figures_are_the_vendor_s(name: str, facts: dict[str, object]) -> None:
    assert {field: getattr(known(name), field) for field in facts} == facts


IMAGE = {"formats": ("jpeg", "png", "bmp", "webp"), "min_side": 240, "max_side": 8000, "alpha": False}


@pytest.mark.parametrize(
    ("name", "role", "facts"),
    [
        (
            "wan2.1-vace-plus",
            "video_url",
            {"max_mb": 50, "min_fps": 16, "cut_seconds": 5, "max_seconds": None},
        ),
        ("wan2.1-vace-plus", "mask_video_url", {"formats": ("mp4",), "cut_seconds": 5}),
        ("wan2.1-vace-plus", "last_clip_url", {"max_mb": 50, "min_fps": 16, "cut_seconds": 3}),
        (
            "wan2.1-vace-plus",
            "ref_images_url",
            {"min_side": 360, "max_side": 2000, "max_mb": 10, "alpha": True},
        ),
        (
            "wan2.1-vace-plus",
            "mask_image_url",
            {"formats": ("jpeg", "png", "bmp", "tiff", "webp"), "max_mb": 10},
        ),
        ("wan2.7-videoedit", "video", {"min_seconds": 2, "max_seconds": 10, "max_side": 4096, "max_mb": 100}),
        ("wan2.7-videoedit", "reference_image", {**IMAGE, "max_mb": 20, "max_aspect": 8}),
        ("wan2.6-i2v", "img_url", {**IMAGE, "max_mb": 20, "max_aspect": None}),
        ("wan2.6-i2v", "audio_url", {"min_seconds": 3, "max_seconds": 30, "max_mb": 15, "inline": False}),
        ("wan2.2-i2v-plus", "img_url", {**IMAGE, "max_mb": 10}),
        ("wan2.7-i2v", "last_frame", {**IMAGE, "max_mb": 20, "max_aspect": 8}),
        ("wan2.7-i2v", "driving_audio", {"min_seconds": 2, "max_seconds": 30, "max_mb": 15}),
        ("wan2.7-i2v", "first_clip", {"min_seconds": 2, "max_seconds": 10, "max_aspect": 8, "min_side": 240}),
        ("wan2.1-kf2v-plus", "last_frame_url", {**IMAGE, "max_mb": 10}),
        ("wan2.7-t2v", "audio_url", {"min_seconds": 2, "max_seconds": 30, "formats": ("wav", "mp3")}),
        ("wan2.5-t2v-preview", "audio_url", {"min_seconds": 3, "max_seconds": 30, "max_mb": 15}),
        ("wan2.7-r2v", "reference_image", {**IMAGE, "max_mb": 20, "max_aspect": 8}),
        (
            "wan2.7-r2v",
            "reference_video",
            {"min_seconds": 1, "max_seconds": 30, "max_aspect": 8, "max_mb": 100},
        ),
        ("wan2.7-r2v", "reference_voice", {"min_seconds": 1, "max_seconds": 10, "max_mb": 15}),
        ("wan2.6-r2v", "reference_urls", {**IMAGE, "max_mb": 20, "max_aspect": None}),
        (
            "wan2.6-r2v",
            "reference_urls:video",
            {"min_seconds": 1, "max_seconds": 30, "formats": ("mp4", "mov")},
        ),
        ("wan2.6-r2v-flash", "reference_video_urls", {"min_seconds": 2, "max_seconds": 30, "max_mb": 100}),
        ("wan3.0-video", "reference_video", {"min_seconds": 1, "max_seconds": 15, "max_aspect": 8}),
        (
            "wan3.0-video-prime",
            "reference_audio",
            {"max_seconds": 15, "formats": ("wav", "mp3"), "max_mb": 15},
        ),
        ("wan3.0-video", "first_frame", {**IMAGE, "max_mb": 20, "max_aspect": 8}),
        ("wan3.0-video", "file", {"max_mb": 100}),
        (
            "wan2.2-animate-move",
            "image_url",
            {"max_mb": 5, "max_aspect": 3, "min_side": 200, "max_side": 4096},
        ),
        ("wan2.2-animate-mix", "video_url", {"max_mb": 200, "max_seconds": 30, "max_side": 2048}),
        ("wan2.2-s2v", "image_url", {"min_side": 400, "max_side": 7000, "max_mb": None}),
        ("wan2.2-s2v", "audio_url", {"max_seconds": 20, "max_mb": 15, "formats": ("wav", "mp3")}),
        ("wan2.2-s2v-detect", "image_url", {"min_side": 400, "max_side": 7000}),
        ("video-style-transform", "video_url", {"max_aspect": 1.8, "max_seconds": 30, "min_side": 256}),
        ("happyhorse-1.0-i2v", "first_frame", {"formats": ("jpeg", "png", "webp"), "max_aspect": 2.5}),
        ("happyhorse-1.1-r2v", "reference_image", {"min_side": 400, "max_mb": 20, "alpha": True}),
        ("happyhorse-1.0-video-edit", "video", {"min_fps": 8, "max_seconds": 60, "cut_seconds": 15}),
        ("happyhorse-1.0-video-edit", "video", {"max_aspect": 2.5, "min_side": 360, "max_side": 4096}),
        ("happyhorse-1.0-video-edit", "reference_image", {"min_side": 300, "max_mb": 20, "max_aspect": 2.5}),
    ],
)
def test_limits_of_inputs_are_the_vendor_s(name: str, role: str, facts: dict[str, object]) -> None:
    limits = known(name).media[role]
    assert {field: getattr(limits, field) for field in facts} == facts
