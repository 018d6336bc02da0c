"""The models: where each is offered and how it is spelled there, its limits, and its prices.

All of it is data, in `models.toml`, with its sources beside it; `CATALOG_DATE` and `PRICE_DATE` say how old it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

from airflow_provider_wan.dashscope.catalog import load
from airflow_provider_wan.dashscope.catalog.model import VIDEO_GENERATION, Billing, MediaLimits, Model, Region
from airflow_provider_wan.dashscope.catalog.regions import REGIONS, find_region
from airflow_provider_wan.dashscope.errors import InvalidRequestError

__all__ = [
    "CATALOG_DATE",
    "MODELS",
    "PIXELS",
    "PRICE_DATE",
    "REGIONS",
    "SIZES",
    "VIDEO_GENERATION",
    "Billing",
    "MediaLimits",
    "Model",
    "Region",
    "find",
    "find_region",
    "offered",
    "price",
    "spelling",
]

_DATA = load.read()

CATALOG_DATE: str = _DATA["catalog_date"]
"""Date of the newest page this catalogue was made from."""
PRICE_DATE: str = _DATA["price_date"]
"""Date of the price page's copy that was read last."""
SIZES = load.sizes(_DATA)
"""`size` of the 2.1 to 2.6 models, by price tier."""
PIXELS = load.pixels(_DATA)
"""Width and height by `resolution` and `ratio`, 2.7 models."""
MODELS: tuple[Model, ...] = load.models(_DATA)

_BY_ID: Mapping[str, Model] = MappingProxyType(
    {id_: model for model in MODELS for id_ in (*model.spellings.values(), *model.snapshots)}
)


def find(name: str) -> Model | None:
    """Return the model with this id, in any region's spelling or as a dated snapshot."""
    return _BY_ID.get(name)


def offered(family: str, region_id: str) -> tuple[str, ...]:
    """Return the ids of a family's models in a region, as they are spelled there."""
    return tuple(
        model.spellings[region_id]
        for model in MODELS
        if model.family == family and region_id in model.spellings
    )


def spelling(model: Model, region_id: str, name: str | None = None) -> str:
    """Return the id to send for a model in a region.

    Args:
        model: The model.
        region_id: The connection's region.
        name: The id that the author wrote, if any. It is never replaced: a snapshot stays a snapshot, and
            another region's spelling is an error.

    Raises:
        InvalidRequestError: The region doesn't offer the model, or spells it otherwise.
        ConnectionSettingsError: There is no such region.
    """
    region = find_region(region_id)
    right = model.spellings.get(region_id)
    if right is None:
        has = ", ".join(f"{REGIONS[id_].name} ({id_})" for id_ in model.spellings)
        instead = ", ".join(offered(model.family, region_id)) or "none"
        raise InvalidRequestError(
            f"model={name or model.name}: is not offered in {region.name} ({region_id}), but in {has}. "
            f"Models of its kind in {region.name}: {instead}. "
            f"Name one of those, or use a connection of a region that has it."
        )
    if name is None or name == right or name in model.snapshots:
        return name or right
    raise InvalidRequestError(
        f"model={name}: is spelled {right} in {region.name} ({region_id}). "
        f"Write {right!r}, or leave `model` out."
    )


def price(model: Model, region_id: str, tier: str) -> Decimal | None:
    """Return a model's list price in a region, in CNY per billed second; None where none is published.

    Args:
        model: The model.
        region_id: Region the job ran in.
        tier: What the price depends on: `720P`, `720P_silent` for `audio: false`, or the animate `mode`.
    """
    return model.prices.get(find_region(region_id).price_scope, {}).get(tier)
