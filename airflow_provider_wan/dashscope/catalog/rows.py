"""What the catalogue's rows are written with: geometry, durations, and what a generation has in common."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from airflow_provider_wan.dashscope.catalog.model import Model
from airflow_provider_wan.dashscope.catalog.regions import BY_LETTER

SIZES = {
    "480P": ("832*480", "480*832", "624*624"),
    "720P": ("1280*720", "720*1280", "960*960", "1088*832", "832*1088"),
    "1080P": ("1920*1080", "1080*1920", "1440*1440", "1632*1248", "1248*1632"),
}
"""`size` of the 2.1 to 2.6 models, by price tier."""

PIXELS = {
    "720P": {
        "16:9": (1280, 720),
        "9:16": (720, 1280),
        "1:1": (960, 960),
        "4:3": (1104, 832),
        "3:4": (832, 1104),
    },
    "1080P": {
        "16:9": (1920, 1080),
        "9:16": (1080, 1920),
        "1:1": (1440, 1440),
        "4:3": (1648, 1248),
        "3:4": (1248, 1648),
    },
}
"""Width and height by `resolution` and `ratio`, 2.7 models. 4:3 and 3:4 differ from `SIZES`."""


def row(name: str, family: str, regions: str, *, beijing: str | None = None, **facts: Any) -> Model:
    """Make a model. `regions` are letters; `beijing` is its id there, where it differs from `name`."""
    spellings = {BY_LETTER[letter]: name for letter in regions}
    if beijing:
        spellings["cn-beijing"] = beijing
    return Model(name, family, MappingProxyType(spellings), **facts)


def seconds(first: int, last: int) -> dict[str, Any]:
    """Any whole number of seconds in a range, 5 by default."""
    return {"durations": tuple(range(first, last + 1)), "default_duration": 5}


def five(*others: int) -> dict[str, Any]:
    """5 seconds, or one of a few others."""
    return {"durations": tuple(sorted({5, *others})), "default_duration": 5}


def resolutions(*allowed: str, default: str = "1080P") -> dict[str, Any]:
    """Allowed values of `resolution`."""
    return {"resolutions": allowed, "default_resolution": default}


def sizes(*tiers: str, default: str = "1920*1080") -> dict[str, Any]:
    """Allowed values of `size`: all of these tiers."""
    return {"sizes": tuple(size for tier in tiers for size in SIZES[tier]), "default_size": default}


RATIOS = ("16:9", "9:16", "1:1", "4:3", "3:4")
TWO_TIERS = resolutions("720P", "1080P")
THREE_TIERS = resolutions("480P", "720P", "1080P")

V27: dict[str, Any] = {"prompt_max": 5000, "negative_prompt_max": 500, **TWO_TIERS}
V26: dict[str, Any] = {"prompt_max": 1500, "negative_prompt_max": 500}
V25 = V26
V22: dict[str, Any] = {"submit_rps": 2, "running": 2, "prompt_max": 800, "negative_prompt_max": 500}
V21 = V22
