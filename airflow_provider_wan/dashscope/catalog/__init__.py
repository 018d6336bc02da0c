"""The models: where each is offered and how it is spelled there, its limits, and its prices.

All of it is data, in `models.toml`, with its sources beside it; `CATALOG_DATE` and `PRICE_DATE` say how old it is.
The file is read when something of it is first asked for, so that a DAG file may import this for nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Any, overload

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
    "in_region",
    "offered",
    "price",
    "spelling",
]


class _Models(Sequence[Model]):
    """All models, read at first use; whoever imports the name reads nothing yet."""

    @overload
    def __getitem__(self, index: int) -> Model: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Model, ...]: ...

    def __getitem__(self, index: int | slice) -> Model | tuple[Model, ...]:
        return _models()[index]

    def __iter__(self) -> Iterator[Model]:
        return iter(_models())

    def __len__(self) -> int:
        return len(_models())


CATALOG_DATE: str
"""Date of the newest page this catalogue was made from."""
PRICE_DATE: str
"""Date of the price page's copy that was read last."""
SIZES: Mapping[str, tuple[str, ...]]
"""`size` of the 2.1 to 2.6 models, by price tier."""
PIXELS: Mapping[str, Mapping[str, tuple[int, int]]]
"""Width and height by `resolution` and `ratio`, 2.7 models."""
MODELS: Sequence[Model] = _Models()

_READ: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "CATALOG_DATE": lambda data: data["catalog_date"],
    "PRICE_DATE": lambda data: data["price_date"],
    "SIZES": load.sizes,
    "PIXELS": load.pixels,
}


def __getattr__(name: str) -> Any:
    if name not in _READ:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = _READ[name](load.read())
    return value


@cache
def _models() -> tuple[Model, ...]:
    return load.models(load.read())


@cache
def _by_id() -> Mapping[str, Model]:
    return {id_: model for model in _models() for id_ in (*model.spellings.values(), *model.snapshots)}


def find(name: str) -> Model | None:
    """Return the model with this id, in any region's spelling or as a dated snapshot."""
    return _by_id().get(name)


def in_region(region_id: str) -> Mapping[str, Model]:
    """Return the models that a region offers, by their ids as they are spelled there."""
    return {model.spellings[region_id]: model for model in MODELS if region_id in model.spellings}


def offered(family: str, region_id: str) -> tuple[str, ...]:
    """Return the ids of a family's models in a region, as they are spelled there."""
    return tuple(name for name, model in in_region(region_id).items() if model.family == family)


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
