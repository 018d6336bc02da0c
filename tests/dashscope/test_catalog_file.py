"""The catalogue's data file: that it is sound, what it leaves open, and that its figures are the vendor's."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import fields
from decimal import Decimal, InvalidOperation
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_wan.dashscope import catalog
from airflow_provider_wan.dashscope.catalog import MODELS, REGIONS, MediaLimits, Model, load

DATA = load.read()
ROOT = Path(__file__).parents[2]

# -- sound ----------------------------------------------------------------------------------------------

TOP = {"catalog_date", "price_date", "sources", "sizes", "pixels", "prices", "inputs", "models"}
SECTIONS = {
    "limits": {"submit_rps", "running", "queue"},
    "request": {
        *("prompt_max", "negative_prompt_max", "durations", "default_duration", "resolutions"),
        *("default_resolution", "sizes", "default_size", "ratios", "default_ratio", "audio", "audio_url"),
        *("shot_type", "templates", "watermark_default"),
    },
    "job": {"billing", "typical_seconds", "result_keys"},
}
ROW = {"name", "family", "regions", "beijing", "path", "snapshots", "prices", "inputs", *SECTIONS}
NEEDED = {"name", "family", "regions", "prices", "limits"}
SCOPES = {"mainland", "international", "global"}
TIER = re.compile(r"(480|540|720|1080)P|(720|1080)P_silent|wan-(std|pro)|image")
FORMATS = {
    "image": {"jpeg", "png", "bmp", "tiff", "webp"},
    "video": {"mp4", "mov", "avi", "mkv", "flv", "ts", "mpg", "mxf"},
    "audio": {"wav", "mp3"},
    "file": {"docx", "doc", "xlsx", "xls", "pptx", "ppt", "pdf", "txt", "key", "pages", "numbers", "md"},
}


def tables(data: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield every table of the file that holds figures of the service's."""
    yield from ((kind, data[kind]) for kind in ("sizes", "pixels"))
    for kind in ("prices", "inputs"):
        yield from ((f"{kind}.{name}", table) for name, table in data[kind].items())
    for row in data["models"]:
        yield from ((f"{row['name']}.{part}", row[part]) for part in SECTIONS if part in row)


def sources(table: Mapping[str, Any]) -> set[str]:
    named = table.get("source", [])
    return {named} if isinstance(named, str) else set(named)


def slips(data: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong in the file and wouldn't stop it from being loaded."""
    yield from (f"unknown: {name}" for name in data.keys() - TOP)
    yield from (
        f"sources.{name}: not page and read"
        for name, at in data["sources"].items()
        if set(at) != {"page", "read"}
    )
    for path, table in tables(data):
        yield from (f"{path}: no source" for _ in [0] if not sources(table))
        yield from (f"{path}: no such source {name}" for name in sources(table) - set(data["sources"]))
        yield from (f"{path}: no figure" for _ in [0] if not table.keys() - {"source"})
    for row in data["models"]:
        yield from (f"{row['name']}: unknown {name}" for name in row.keys() - ROW)
        yield from (f"{row['name']}: no {name}" for name in NEEDED - row.keys())
        yield from (f"{row['name']}: no {name}" for name in {"submit_rps", "running"} - row["limits"].keys())
        for part, known in SECTIONS.items():
            unknown = row.get(part, {}).keys() - known - {"source"}
            yield from (f"{row['name']}.{part}: unknown {name}" for name in unknown)
    for name, table in data["prices"].items():
        for scope, tiers in table.items():
            if scope != "source":
                yield from (f"prices.{name}: {slip}" for slip in _slips_of_prices(scope, tiers))
    for name, table in data["inputs"].items():
        unknown = table.keys() - {field.name for field in fields(MediaLimits)} - {"source"}
        unknown |= set(table.get("formats", [])) - FORMATS.get(table.get("kind", ""), set())
        yield from (f"inputs.{name}: unknown {slip}" for slip in unknown)


def _slips_of_prices(scope: str, tiers: Mapping[str, Any]) -> Iterator[str]:
    if scope not in SCOPES:
        yield f"unknown {scope}"
    for tier, price in tiers.items():
        if not TIER.fullmatch(tier):
            yield f"unknown {tier}"
        try:
            sound = isinstance(price, str) and Decimal(price) > 0
        except InvalidOperation:
            sound = False
        if not sound:
            yield f"no price {price}"


def test_the_file_has_no_slips() -> None:
    assert list(slips(DATA)) == []
    # None of the tables was overlooked: each model has two at least, and the shared ones come on top.
    assert len(list(tables(DATA))) > 2 * len(MODELS) + len(DATA["prices"]) + len(DATA["inputs"])


@pytest.mark.parametrize(
    ("path", "value", "slip"),
    [
        (["price-date"], "2026-10", "unknown: price-date"),
        (["sources", "vace", "date"], "2026", "sources.vace: not page and read"),
        (["sizes", "source"], [], "sizes: no source"),
        (["prices", "flash", "source"], "price", "prices.flash: no such source price"),
        (["prices", "flash", "intl"], {}, "prices.flash: unknown intl"),
        (["prices", "flash", "global"], {"720p": "0.3"}, "prices.flash: unknown 720p"),
        (["prices", "flash", "global"], {"720P": 0.3}, "prices.flash: no price 0.3"),
        (["prices", "flash", "global"], {"720P": "0,3"}, "prices.flash: no price 0,3"),
        (["inputs", "vace_clip", "max_second"], 3, "inputs.vace_clip: unknown max_second"),
        (["inputs", "vace_clip", "formats"], ["mp4", "jpg"], "inputs.vace_clip: unknown jpg"),
        (["inputs", "vace_clip"], {"source": "vace"}, "inputs.vace_clip: no figure"),
        (["models", 0, "snapshot"], ["x"], "wan2.1-vace-plus: unknown snapshot"),
        (["models", 0, "limits"], {"source": "rates", "running": 2}, "wan2.1-vace-plus: no submit_rps"),
        (["models", 0, "limits", "rps"], 2, "wan2.1-vace-plus.limits: unknown rps"),
        (["models", 0, "request", "queue"], 5, "wan2.1-vace-plus.request: unknown queue"),
        (["models", 0, "job", "source"], "", "wan2.1-vace-plus.job: no such source "),
    ],
)
def test_slip_in_the_file_is_seen(path: list[str | int], value: Any, slip: str) -> None:
    data: Any = deepcopy(dict(DATA))
    table = data
    for step in path[:-1]:
        table = table[step]
    table[path[-1]] = value
    assert slip in list(slips(data))


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
def test_slip_that_makes_no_model_stops_the_loading(change: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        load.models({**DATA, "models": [{**DATA["models"][0], **change}]})


def test_every_source_price_and_input_of_the_file_is_used() -> None:
    assert {row["prices"] for row in DATA["models"]} == set(DATA["prices"])
    assert {name for row in DATA["models"] for name in row.get("inputs", {}).values()} == set(DATA["inputs"])
    assert {name for _, table in tables(DATA) for name in sources(table)} == set(DATA["sources"])


def test_wheel_takes_the_file_along() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel == {"packages": ["airflow_provider_wan"]}  # every file in it, also what isn't Python
    path = Path("airflow_provider_wan/dashscope/catalog") / load.FILE
    assert (ROOT / path).is_file()
    # What git ignores is left out.
    rules = ROOT / ".gitignore"
    ignored = rules.read_text().split() if rules.is_file() else []
    assert not [rule for rule in ignored for part in path.parts if fnmatch(part, rule.rstrip("/"))]


# -- what it leaves open --------------------------------------------------------------------------------


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


def test_models_without_a_prompt_length_are_these() -> None:
    assert {model.name for model in MODELS if not model.prompt_max} == {
        *("wan2.2-animate-move", "wan2.2-animate-mix", "wan2.2-s2v", "wan2.2-s2v-detect"),
        "video-style-transform",
    }


WAN3 = {"first_frame": "image", "last_frame": "image", "reference_image": "image"}
WAN3 |= {"reference_video": "video", "reference_audio": "audio", "file": "file"}
ROLES: dict[str, list[dict[str, str]]] = {
    "vace": [
        {
            **{f"{role}_url": "image" for role in ("ref_images", "mask_image", "first_frame", "last_frame")},
            **{f"{role}_url": "video" for role in ("video", "mask_video", "first_clip", "last_clip")},
        }
    ],
    "videoedit": [{"video": "video", "reference_image": "image"}],
    "i2v_media": [
        {"first_frame": "image", "last_frame": "image", "first_clip": "video", "driving_audio": "audio"}
    ],
    "i2v": [{"img_url": "image"}, {"img_url": "image", "audio_url": "audio"}],  # 2.2 and older are silent
    "kf2v": [{"first_frame_url": "image", "last_frame_url": "image"}],
    "t2v": [{}, {"audio_url": "audio"}],
    "r2v": [
        {
            "reference_image": "image",
            "reference_video": "video",
            "reference_voice": "audio",
            "first_frame": "image",
        },
        {"reference_urls": "image", "reference_urls:video": "video", "reference_video_urls": "video"},
    ],
    "wan3": [WAN3],
    "animate": [{"image_url": "image", "video_url": "video"}],
    "s2v": [{"image_url": "image", "audio_url": "audio"}],
    "s2v_detect": [{"image_url": "image"}],
    "style": [{"video_url": "video"}],
    "happyhorse_t2v": [{}],
    "happyhorse_i2v": [{"first_frame": "image"}],
    "happyhorse_r2v": [{"reference_image": "image"}],
    "happyhorse_video_edit": [{"video": "video", "reference_image": "image"}],
}
"""Family -> the files that its models take: role -> kind. Written down from the vendor's pages."""


def test_every_documented_role_has_limits() -> None:
    found: dict[str, list[dict[str, str]]] = {}
    for model in MODELS:
        roles: dict[str, str] = {role: limits.kind for role, limits in model.media.items()}
        if roles not in found.setdefault(model.family, []):
            found[model.family].append(roles)
    assert {family: sorted(roles, key=str) for family, roles in found.items()} == {
        family: sorted(roles, key=str) for family, roles in ROLES.items()
    }


def test_models_that_take_a_sound_are_those_with_limits_for_it() -> None:
    takers = {model.name for model in MODELS if model.audio_url}
    assert takers == {model.name for model in MODELS if "audio_url" in model.media and model.family != "s2v"}


def test_inputs_without_a_documented_limit_are_these() -> None:
    wanted = {
        "image": ("formats", "max_mb", "min_side", "max_side"),
        "video": ("formats", "max_mb", "min_side", "max_side"),
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
    clips = ("video_url", "mask_video_url", "first_clip_url", "last_clip_url", "mask_image_url")
    assert missing == {
        *(("vace", role, side) for role in clips for side in ("min_side", "max_side")),
        *(("r2v", "reference_urls:video", side) for side in ("min_side", "max_side")),
        *(("r2v", "reference_video_urls", side) for side in ("min_side", "max_side")),
        *(("s2v", "image_url", "max_mb"), ("s2v_detect", "image_url", "max_mb")),
        ("happyhorse_i2v", "first_frame", "max_side"),
        ("happyhorse_r2v", "reference_image", "max_side"),
        ("happyhorse_video_edit", "reference_image", "max_side"),
    }


def test_inputs_that_may_be_data_uris_are_these() -> None:
    inline = {
        (model.family, role) for model in MODELS for role, limits in model.media.items() if limits.inline
    }
    assert inline == {
        *(("videoedit", "reference_image"), ("i2v_media", "first_frame"), ("i2v_media", "last_frame")),
        *(("i2v", "img_url"), ("kf2v", "first_frame_url"), ("kf2v", "last_frame_url")),
        *(("r2v", "reference_image"), ("r2v", "first_frame")),
        *(("wan3", "first_frame"), ("wan3", "last_frame"), ("wan3", "reference_image")),
        *(("happyhorse_i2v", "first_frame"), ("happyhorse_r2v", "reference_image")),
        ("happyhorse_video_edit", "reference_image"),
    }


def test_only_happyhorse_doesn_t_read_from_the_temporary_storage() -> None:
    without = {model.family for model in MODELS for limits in model.media.values() if not limits.temporary}
    assert without == {"happyhorse_i2v", "happyhorse_r2v", "happyhorse_video_edit"}
