"""Reads the catalogue's data file, `models.toml`, into `Model` objects.

That takes some 10 ms, once per process that asks for a model; importing this module reads nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from types import MappingProxyType
from typing import Any

from airflow_provider_wan.dashscope.catalog.model import Billing, MediaLimits, Model
from airflow_provider_wan.dashscope.catalog.regions import BY_LETTER

FILE = "models.toml"


@cache
def read() -> Mapping[str, Any]:
    """Return the data file as it is, always the same object."""
    import tomllib
    from importlib import resources

    text = (resources.files(__package__) / FILE).read_text(encoding="utf-8")
    return tomllib.loads(text)


def models(data: Mapping[str, Any]) -> tuple[Model, ...]:
    """Make the models, in the file's order.

    Raises:
        TypeError: The file has a field that a model doesn't.
        KeyError: It names a price, an input or a region that it doesn't have.
    """
    inputs = {name: MediaLimits(**_media(table)) for name, table in data["inputs"].items()}
    prices = {name: _prices(table) for name, table in data["prices"].items()}
    return tuple(_model(row, data["sizes"], inputs, prices) for row in data["models"])


def sizes(data: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Return the allowed values of `size` by price tier."""
    return {tier: tuple(values) for tier, values in _figures(data["sizes"])}


def pixels(data: Mapping[str, Any]) -> dict[str, dict[str, tuple[int, int]]]:
    """Return width and height by `resolution` and `ratio`."""
    return {
        tier: {ratio: (width, height) for ratio, (width, height) in sides.items()}
        for tier, sides in _figures(data["pixels"])
    }


def _figures(table: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield a table's figures; where they come from is for people."""
    return ((name, value) for name, value in table.items() if name != "source")


def _media(table: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in _figures(table)}


def _prices(table: Mapping[str, Any]) -> dict[Any, dict[str, Decimal]]:
    return {
        scope: {tier: Decimal(price) for tier, price in tiers.items()} for scope, tiers in _figures(table)
    }


def _model(
    row: Mapping[str, Any],
    tiers: Mapping[str, list[str]],
    inputs: Mapping[str, MediaLimits],
    prices: Mapping[str, dict[Any, dict[str, Decimal]]],
) -> Model:
    name = row["name"]
    spellings = {BY_LETTER[letter]: name for letter in row["regions"]}
    if "beijing" in row:
        spellings["cn-beijing"] = row["beijing"]
    facts: dict[str, Any] = {"queue": None}
    for table in ("limits", "request", "job"):
        facts |= {key: _fact(key, value, tiers) for key, value in _figures(row.get(table, {}))}
    media = {role: inputs[kind] for role, kind in row.get("inputs", {}).items()}
    images = [limits.max_mb for limits in media.values() if limits.kind == "image" and limits.max_mb]
    return Model(
        name,
        row["family"],
        MappingProxyType(spellings),
        **{key: row[key] for key in ("path",) if key in row},
        snapshots=tuple(row.get("snapshots", ())),
        prices=prices[row["prices"]] if "prices" in row else {},
        media=MappingProxyType(media),
        image_max_mb=int(max(images)) if images else None,
        **facts,
    )


def _fact(key: str, value: Any, tiers: Mapping[str, list[str]]) -> Any:
    match key:
        case "billing":
            return Billing(value)
        case "sizes":
            return tuple(size for tier in value for size in tiers[tier])
        case "durations":
            return tuple(_seconds(value))
    return tuple(value) if isinstance(value, list) else value


def _seconds(spans: list[int | list[int]]) -> Iterator[int]:
    for span in spans:
        if isinstance(span, int):
            yield span
        else:
            yield from range(span[0], span[1] + 1)
