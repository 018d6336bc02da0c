from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_wan.dashscope import catalog
from airflow_provider_wan.dashscope.catalog import MODELS, REGIONS, Model, load
from airflow_provider_wan.dashscope.errors import ConnectionSettingsError, InvalidRequestError


def known(name: str) -> Model:
    model = catalog.find(name)
    assert model is not None, name
    return model


def test_both_spellings_and_snapshots_find_their_model() -> None:
    assert known("wanx2.1-vace-plus") is known("wan2.1-vace-plus")
    assert known("wan2.7-i2v-2026-04-25") is known("wan2.7-i2v")
    assert catalog.find("wan9.9-vace") is None


@pytest.mark.parametrize(
    ("region", "id_"), [("cn-beijing", "wanx2.1-vace-plus"), ("ap-southeast-1", "wan2.1-vace-plus")]
)
def test_model_is_spelled_as_its_region_does(region: str, id_: str) -> None:
    assert catalog.spelling(known("wan2.1-vace-plus"), region) == id_
    assert catalog.spelling(known("wan2.1-vace-plus"), region, id_) == id_


def test_snapshot_stays_a_snapshot() -> None:
    name = "wan2.7-t2v-2026-06-12"
    assert catalog.spelling(known(name), "cn-beijing", name) == name


def test_spelling_of_another_region_is_refused_with_the_right_one() -> None:
    with pytest.raises(InvalidRequestError, match=r"is spelled wanx2\.1-vace-plus in Beijing \(cn-beijing\)"):
        catalog.spelling(known("wan2.1-vace-plus"), "cn-beijing", "wan2.1-vace-plus")


def test_model_that_a_region_lacks_is_refused_with_where_it_is_and_what_the_region_has() -> None:
    with pytest.raises(InvalidRequestError) as caught:
        catalog.spelling(known("wan2.6-i2v-flash"), "us-east-1")
    assert "in Beijing (cn-beijing), Singapore (ap-southeast-1)" in str(caught.value)
    assert "in Virginia: wan2.6-i2v, wan2.6-i2v-us." in str(caught.value)


def test_unknown_region_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConnectionSettingsError, match="ap-southeast-1"):
        catalog.spelling(known("wan2.7-i2v"), "eu-west-1")


def test_prices_follow_the_region_and_the_tier() -> None:
    flash = known("wan2.6-i2v-flash")
    assert catalog.price(flash, "cn-beijing", "1080P") == Decimal("0.5")
    assert catalog.price(flash, "cn-beijing", "1080P_silent") == Decimal("0.25")
    assert catalog.price(flash, "ap-southeast-1", "720P") == Decimal("0.366962")
    assert catalog.price(known("wan2.6-i2v"), "us-east-1", "720P") == Decimal("0.6")
    assert catalog.price(known("wan2.6-i2v-us"), "us-east-1", "720P") == Decimal("0.733924")


def test_price_that_nobody_publishes_is_none() -> None:
    assert catalog.price(known("wan2.2-i2v-flash"), "ap-southeast-1", "1080P") is None
    assert catalog.price(known("wan3.0-video"), "cn-hongkong", "1080P") is None


def test_every_id_belongs_to_one_model() -> None:
    ids = [id_ for model in MODELS for id_ in {*model.spellings.values(), *model.snapshots}]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_defaults_are_allowed_values(model: Model) -> None:
    assert model.default_resolution in (model.resolutions or [None])
    assert model.default_size in (model.sizes or [None])
    assert model.default_duration in (model.durations or [None])
    assert model.default_ratio in (None, *model.ratios)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_a_model_is_priced_for_each_tier_somewhere(model: Model) -> None:
    tiers = {tier for prices in model.prices.values() for tier in prices}
    assert tiers
    assert tiers >= set(model.resolutions)
    assert set(model.spellings) <= set(REGIONS)


def test_reading_the_catalogue_needs_no_heavy_import() -> None:
    code = "import airflow_provider_wan.dashscope.catalog, sys; print(*sys.modules)"
    here = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=here, capture_output=True, text=True, check=True)
    assert not {"pydantic", "httpx", "airflow"} & set(done.stdout.split())


# -- the data file -----------------------------------------------------------------------------------

DATA = load.read()


def tables() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every table of the file that holds figures of the service's."""
    yield from ((kind, DATA[kind]) for kind in ("sizes", "pixels"))
    for kind in ("prices", "inputs"):
        yield from ((f"{kind}.{name}", table) for name, table in DATA[kind].items())
    for row in DATA["models"]:
        yield from (
            (f"{row['name']}.{part}", row[part]) for part in ("limits", "request", "job") if part in row
        )


def test_every_table_of_figures_names_a_source_that_the_file_dates() -> None:
    found = dict(tables())
    assert len(found) > 38 * 2 + 15 + 30
    known = set(DATA["sources"])
    for path, table in found.items():
        source = table.get("source")
        assert source, path
        assert set([source] if isinstance(source, str) else source) <= known, path
    assert all(set(source) == {"page", "read"} for source in DATA["sources"].values())


def test_every_source_price_and_input_of_the_file_is_used() -> None:
    used = {name for row in DATA["models"] for name in row.get("inputs", {}).values()}
    assert used == set(DATA["inputs"])
    assert {row["prices"] for row in DATA["models"] if "prices" in row} == set(DATA["prices"])
    named = [table["source"] for _, table in tables()]
    flat = {name for source in named for name in ([source] if isinstance(source, str) else source)}
    assert set(DATA["sources"]) - flat == {
        "effects"
    }  # of the templates, which stand among a request's figures


def test_models_without_a_price_are_these() -> None:
    missing = {
        (model.name, region)
        for model in MODELS
        for region in model.spellings
        if not model.prices.get(REGIONS[region].price_scope)
    }
    assert missing == {
        ("wan2.7-r2v-2026-06-12", "us-east-1"),
        ("wan3.0-video", "cn-hongkong"),
        ("wan3.0-video-prime", "cn-hongkong"),
    }


def test_tiers_without_a_price_are_these() -> None:
    missing = {
        (model.name, region, tier)
        for model in MODELS
        for region in model.spellings
        for tier in _tiers(model)
        if model.prices.get(REGIONS[region].price_scope) and catalog.price(model, region, tier) is None
    }
    assert missing == {("wan2.2-i2v-flash", "ap-southeast-1", "1080P")}


def _tiers(model: Model) -> set[str]:
    by_size = {tier for tier, sizes in catalog.SIZES.items() if set(sizes) <= set(model.sizes)}
    return {*model.resolutions, *by_size}


def test_models_without_a_published_queue_are_these() -> None:
    assert {model.name for model in MODELS if model.queue is None} == {
        "wan2.2-s2v-detect",
        "video-style-transform",
    }
    assert {model.name for model in MODELS if not model.running} == {"wan2.2-s2v-detect"}
    assert all(model.submit_rps for model in MODELS)


def test_models_without_a_prompt_length_are_these() -> None:
    assert {model.name for model in MODELS if not model.prompt_max} == {
        *("wan2.2-animate-move", "wan2.2-animate-mix", "wan2.2-s2v", "wan2.2-s2v-detect"),
        "video-style-transform",
    }


def test_inputs_without_a_documented_limit_are_these() -> None:
    wanted = {
        "image": ("formats", "max_mb", "min_side"),
        "video": ("formats", "max_mb", "max_side"),
        "audio": ("formats", "max_mb", "max_seconds"),
        "file": ("formats", "max_mb"),
    }
    missing = {
        (model.family, role, name)
        for model in MODELS
        for role, limits in model.media.items()
        for name in wanted[limits.kind]
        if not getattr(limits, name)
    }
    assert missing == {
        *(("vace", role, "max_side") for role in ("video_url", "mask_video_url")),
        *(("vace", role, "max_side") for role in ("first_clip_url", "last_clip_url")),
        ("vace", "mask_image_url", "min_side"),
        *(("t2v", "audio_url", name) for name in ("formats", "max_mb", "max_seconds")),
        *(("r2v", role, "max_side") for role in ("reference_urls:video", "reference_video_urls")),
        *(("s2v", "image_url", "max_mb"), ("s2v_detect", "image_url", "max_mb")),
        ("s2v", "audio_url", "formats"),
        ("happyhorse_i2v", "first_frame", "formats"),
        *(("happyhorse_r2v", "reference_image", name) for name in ("formats", "max_mb")),
    }


def test_models_that_take_files_have_limits_for_them() -> None:
    without = {model.name for model in MODELS if not model.media}
    assert without == {
        *("wan2.2-t2v-plus", "wan2.1-t2v-turbo", "wan2.1-t2v-plus"),
        *("happyhorse-1.0-t2v", "happyhorse-1.1-t2v"),
    }


# Figures copied by hand from the vendor's pages, one or two for each kind of model.
@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("wan2.1-vace-plus", {"submit_rps": 2, "running": 2, "queue": 500, "prompt_max": 800}),
        ("wan2.7-videoedit", {"durations": (0, *range(2, 11)), "negative_prompt_max": 500, "running": 5}),
        ("wan2.7-i2v", {"durations": tuple(range(2, 16)), "resolutions": ("720P", "1080P")}),
        ("wan2.6-i2v-us", {"durations": (5, 10, 15)}),
        ("wan2.1-i2v-turbo", {"durations": (3, 4, 5), "default_resolution": "720P"}),
        ("wan2.2-kf2v-flash", {"resolutions": ("480P", "720P", "1080P"), "prompt_max": 800}),
        ("wan2.5-t2v-preview", {"default_size": "1920*1080", "durations": (5, 10)}),
        ("wan2.6-r2v", {"durations": tuple(range(2, 11)), "negative_prompt_max": 0}),
        (
            "wan3.0-video",
            {"durations": (-1, *range(2, 31)), "prompt_max": 20000, "default_ratio": "adaptive"},
        ),
        ("wan2.2-animate-mix", {"running": 1, "submit_rps": 5, "result_keys": ("results", "video_url")}),
        ("wan2.2-s2v", {"resolutions": ("480P", "720P"), "default_resolution": "480P", "running": 1}),
        ("video-style-transform", {"submit_rps": 20, "running": 2, "result_keys": ("output_video_url",)}),
        ("happyhorse-1.1-r2v", {"watermark_default": True, "durations": tuple(range(3, 16))}),
    ],
)
def test_figures_are_the_vendor_s(name: str, facts: dict[str, object]) -> None:
    assert {field: getattr(known(name), field) for field in facts} == facts


@pytest.mark.parametrize(
    ("name", "role", "facts"),
    [
        ("wan2.1-vace-plus", "video_url", {"max_mb": 50, "min_fps": 16, "cut_seconds": 5, "inline": False}),
        ("wan2.1-vace-plus", "last_clip_url", {"cut_seconds": 3}),
        ("wan2.1-vace-plus", "ref_images_url", {"min_side": 360, "max_side": 2000, "max_mb": 10}),
        ("wan2.7-videoedit", "video", {"min_seconds": 2, "max_seconds": 10, "max_side": 4096, "max_mb": 100}),
        ("wan2.2-i2v-plus", "img_url", {"max_mb": 10, "alpha": False, "inline": True}),
        ("wan2.7-i2v", "driving_audio", {"min_seconds": 2, "max_seconds": 30, "max_mb": 15}),
        ("wan2.2-animate-move", "image_url", {"max_mb": 5, "max_aspect": 3, "inline": False}),
        ("video-style-transform", "video_url", {"max_aspect": 1.8, "max_seconds": 30, "min_side": 256}),
        ("happyhorse-1.0-video-edit", "video", {"min_fps": 8, "max_seconds": 60, "temporary": False}),
    ],
)
def test_limits_of_inputs_are_the_vendor_s(name: str, role: str, facts: dict[str, object]) -> None:
    limits = known(name).media[role]
    assert {field: getattr(limits, field) for field in facts} == facts


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"prices": "no_such_price"}, KeyError),
        ({"inputs": {"video_url": "no_such_input"}}, KeyError),
        ({"regions": "X"}, KeyError),
        ({"request": {"source": "vace", "no_such_field": 1}}, TypeError),
        ({"job": {"source": "vace", "billing": "by weight"}}, ValueError),
    ],
)
def test_slip_in_the_file_doesn_t_go_unnoticed(change: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        load.models({**DATA, "models": [{**DATA["models"][0], **change}]})
