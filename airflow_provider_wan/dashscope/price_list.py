"""What a billed second costs: the catalogue's list price, or what the account really pays. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from types import MappingProxyType

from airflow_provider_wan.dashscope import catalog
from airflow_provider_wan.dashscope.catalog import Model

LIST_CURRENCY = "CNY"
"""The vendor's page lists international prices in it too."""
ANY = "any"
"""Name of the one tier of a price that was given for all, where the catalogue knows no tiers."""
_EXACT = Context(prec=60, rounding=ROUND_HALF_EVEN)
_MILLIONTH = Decimal("0.000001")

Where = tuple[str, str | None, str | None]
"""Model, region or price scope, and tier that a price is for; None stands for all."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in a currency. Amounts in different currencies are never added up.

    Attributes:
        amount: How much, exactly.
        currency: Three letters, e.g. `CNY`.
    """

    amount: Decimal
    currency: str = LIST_CURRENCY

    def __str__(self) -> str:
        """Put it in words for people, to the cent."""
        return f"{self.amount:.2f} {self.currency}"

    def as_dict(self) -> dict[str, str]:
        """Return plain JSON: `amount` and `currency`."""
        return {"amount": text_of(self.amount), "currency": self.currency}


@dataclass(frozen=True, slots=True)
class Price:
    """What a billed second costs.

    Attributes:
        amount: In `currency`.
        currency: Three letters.
        date: When it was read or agreed on, as its source says; empty where that says nothing.
    """

    amount: Decimal
    currency: str = LIST_CURRENCY
    date: str = ""

    def of(self, seconds: Decimal) -> Money:
        """Return what so many billed seconds cost."""
        return Money(_EXACT.multiply(self.amount, seconds), self.currency)


class PriceList:
    """Prices by model, region and tier: those that were given, and for all others the catalogue's.

    Args:
        own: Prices that go before the catalogue's. The model is any id that the catalogue knows, or the id as it is
            sent of one that it doesn't know; the place is a region or a price scope (`mainland`, `international`, ...);
            the tier is as in `models.toml`. None stands for all. What is nearer goes first: a region before its
            scope, that before all; then a tier before all tiers.
        currency: What `own` is in.
        date: When `own` was agreed on; empty: not told.
    """

    def __init__(
        self,
        own: Mapping[Where, Decimal] = MappingProxyType({}),
        *,
        currency: str = LIST_CURRENCY,
        date: str = "",
    ) -> None:
        self._own = {(_name(name), where, tier): amount for (name, where, tier), amount in own.items()}
        self._currency = currency
        self._date = date

    def tiers(self, model_name: str, region_id: str) -> Mapping[str, Price]:
        """Return a model's prices in a region by tier; empty where none is known.

        Raises:
            ConnectionSettingsError: There is no such region.
        """
        model, name = catalog.find(model_name), _name(model_name)
        own = {(where, tier): amount for (of, where, tier), amount in self._own.items() if of == name}
        if model is None and not own:
            return {}
        scope = catalog.find_region(region_id).price_scope
        listed = model.prices.get(scope, {}) if model else {}
        places = (region_id, scope, None)
        names = dict.fromkeys([*listed, *(tier for where, tier in own if tier and where in places)])
        if any((place, None) in own for place in places):
            names |= dict.fromkeys(_tiers_anywhere(model))
            names = names or {ANY: None}
        found = {}
        for tier in names:
            given = next(
                (own[place, which] for place in places for which in (tier, None) if (place, which) in own),
                None,
            )
            found[tier] = (
                Price(listed[tier], date=catalog.PRICE_DATE)
                if given is None
                else Price(given, self._currency, self._date)
            )
        return found


def text_of(amount: Decimal) -> str:
    """Write an amount down: exact to a millionth, with 2 decimals at least, never with an exponent."""
    exact = amount.quantize(_MILLIONTH, context=_EXACT).normalize(_EXACT)
    exponent = exact.as_tuple().exponent
    enough = isinstance(exponent, int) and exponent <= -2
    return f"{exact if enough else exact.quantize(Decimal('0.01'), context=_EXACT):f}"


def _name(model_name: str) -> str:
    """Return the name that all spellings and snapshots of a model share."""
    model = catalog.find(model_name)
    return model.name if model else model_name


def _tiers_anywhere(model: Model | None) -> Iterator[str]:
    for tiers in model.prices.values() if model else ():
        yield from tiers


LIST = PriceList()
"""The catalogue's prices alone."""
