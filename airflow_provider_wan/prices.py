"""What a billed second costs in this deployment: the catalogue's prices, and those of section `[wan]` before them."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any

from airflow_provider_wan.dashscope import catalog, results
from airflow_provider_wan.dashscope.errors import InvalidRequestError, WanInputError
from airflow_provider_wan.dashscope.price_list import LIST_CURRENCY, PriceList, Where
from airflow_provider_wan.deployment import Tariff

FORMS = (
    'Write JSON with amounts per billed second as texts: {"wan2.1-vace-plus": "0.65"} for all tiers and regions, or by '
    'tier, {"wan2.7-videoedit": {"720P": "0.5", "1080P": "0.9"}}, or by region or price scope and then as before, '
    '{"wan2.7-i2v": {"ap-southeast-1": "0.6", "mainland": {"720P": "0.5"}}}'
)
DEAREST = Decimal(1_000_000)
"""Most that a billed second may be said to cost."""
_LARGEST = Decimal(10) ** 15
_SCOPES = frozenset({"mainland", "international", "global", "hongkong"})

log = logging.getLogger(__name__)


class PriceSettingsError(WanInputError):
    """An option about money in section `[wan]` of Airflow's configuration can't be used.

    What to do: Correct the option in `airflow.cfg` or the environment.
    """


def configured() -> PriceList:
    """Return the prices that count here.

    Raises:
        PriceSettingsError: `[wan] prices`, `currency` or `price_date` can't be read.
    """
    tariff = Tariff.configured()
    return parsed(tariff.prices, tariff.currency, tariff.price_date)


def currency() -> str:
    """Return the currency that limits are in: `[wan] currency`, by default the vendor's.

    Raises:
        PriceSettingsError: It is none.
    """
    return _currency(Tariff.configured().currency)


def cost_of(model: str, region: str, usage: Mapping[str, Any]) -> dict[str, str] | None:
    """Price a finished job as this deployment does; None where the price or the usage is unknown.

    It is paid by now, so a configuration that can't be used is told in the log and fails nothing.
    """
    try:
        return results.cost(model, region, usage, configured())
    except WanInputError as error:
        log.error("A finished job has no price. %s", error)  # noqa: TRY400 -- the sentence says it all
        return None


def price_date(model: str, region: str) -> str | None:
    """Return how old a model's prices are, for people; None where there is none, or the deployment doesn't tell."""
    try:
        dates = {price.date for price in configured().tiers(model, region).values()}
    except WanInputError:
        return None
    return ", ".join(sorted(date for date in dates if date)) or None


def max_cost_per_run() -> Decimal | None:
    """Return what the edits of a DAG run may cost, in `currency()`; None: no limit.

    Raises:
        PriceSettingsError: `[wan] max_cost_per_run` is no amount.
    """
    try:
        return as_money(Tariff.configured().max_cost_per_run, name="[wan] max_cost_per_run")
    except InvalidRequestError as error:
        raise PriceSettingsError(str(error)) from None


def as_money(value: Any, *, name: str = "max_cost") -> Decimal | None:
    """Read an amount in `currency()`; None, an empty text or `None` as rendered: no limit.

    Raises:
        InvalidRequestError: It is no amount.
    """
    if value is None or (isinstance(value, str) and value.strip() in ("", "None")):
        return None
    amount = _amount(value)
    if amount is None:
        raise InvalidRequestError(f"{name}={value!r}: must be an amount in {currency()}. Give e.g. 50.")
    if not 0 <= amount <= _LARGEST:
        raise InvalidRequestError(f"{name}={value!r}: must be 0 or more. Give e.g. 50.")
    return amount


@cache
def parsed(prices: str, currency: str = "", date: str = "") -> PriceList:
    """Read the options' texts.

    Raises:
        PriceSettingsError: Naming the option, what was found, and how to write it.
    """
    own: dict[Where, Decimal] = {}
    if prices:
        try:
            read = json.loads(prices, parse_float=Decimal, parse_int=Decimal, object_pairs_hook=_once)
        except ValueError as error:
            raise _wrong(f"isn't JSON ({error})") from None
        if not isinstance(read, dict):
            raise _wrong(f"is {_shown(read)}")
        for (name, place, tier), amount in _by_model(read):
            model = catalog.find(name)
            where = (model.name if model else name, place, tier)
            if where in own:
                raise _wrong(
                    f"names {where[0]} twice, once as {name}; a price for one region goes below its id"
                )
            own[where] = amount
    if len(date) > 40:
        raise PriceSettingsError(f"[wan] price_date is {_shown(date)}. Write a date, e.g. 2026-10-01.")
    return PriceList(own, currency=_currency(currency), date=date)


def _by_model(read: Mapping[str, Any]) -> Iterator[tuple[Where, Decimal]]:
    for name, below in read.items():
        if catalog.find(name) is None:
            log.info(
                "[wan] prices names %r, which isn't in the catalogue. It counts for models spelled so.", name
            )
        if not isinstance(below, dict):
            yield (name, None, None), _price(below, name)
            continue
        for key, value in below.items():
            place = key if key in _SCOPES or key in catalog.REGIONS else None
            if place is None:
                yield (name, None, _tier(name, key)), _price(value, f"{name}, {key}")
            elif isinstance(value, dict):
                for tier, amount in value.items():
                    yield (name, place, _tier(name, tier)), _price(amount, f"{name}, {key}, {tier}")
            else:
                yield (name, place, None), _price(value, f"{name}, {key}")


def _tier(name: str, tier: str) -> str:
    model = catalog.find(name)
    known = {one for tiers in model.prices.values() for one in tiers} if model else set()
    if known and tier not in known:
        places = ", ".join([*sorted(_SCOPES), *sorted(catalog.REGIONS)])
        raise _wrong(
            f"has {_shown(tier)} for {name}, which is none of its tiers ({', '.join(sorted(known))}) and no region or "
            f"price scope ({places})"
        )
    return tier


def _price(value: Any, place: str) -> Decimal:
    amount = _amount(value)
    if amount is None or not 0 <= amount <= DEAREST:
        raise _wrong(f"has {_shown(value)} for {place}, which is no amount from 0 to {DEAREST}")
    return amount


def _amount(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    try:
        amount = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return Decimal(-1) if amount.is_nan() else amount


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) != len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{next(name for name in names if names.count(name) > 1)!r} stands there twice")
    return read


def _currency(found: str) -> str:
    if found and not re.fullmatch("[A-Z]{3}", found):
        raise PriceSettingsError(f"[wan] currency is {_shown(found)}. Write three capitals, e.g. CNY or USD.")
    return found or LIST_CURRENCY


def _shown(value: Any) -> str:
    text = repr(value if not isinstance(value, Decimal) else str(value))
    return text if len(text) <= 80 else f"{text[:80]}..."


def _wrong(what: str) -> PriceSettingsError:
    return PriceSettingsError(f"[wan] prices {what}. {FORMS}.")
