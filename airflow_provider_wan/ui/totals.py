"""What the edits of a DAG run add up to. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, TypeAlias

from airflow_provider_wan.costs.spent import COST_KEY, added
from airflow_provider_wan.dashscope.price_list import text_of
from airflow_provider_wan.ui.instance import Instance
from airflow_provider_wan.ui.rows import PRICE_KEY, SECONDS_KEY
from airflow_provider_wan.ui.values import mapping, number, text

Group: TypeAlias = Literal["failed", "waiting", "succeeded", "other"]


@dataclass(frozen=True, slots=True)
class Sums:
    """What is known of the money and the time of one task instance's edits.

    Attributes:
        spent: What all attempts have spent, see `Spending.summary`.
        seconds: Seconds that were billed; None: not known.
    """

    spent: Mapping[str, Any]
    seconds: float | None = None


def totals(
    groups: Iterable[Group], sums: Iterable[Sums], begun: datetime | None, until: datetime | None
) -> dict[str, Any]:
    """Add up a run.

    Args:
        groups: How each of its edits stands.
        sums: What is known of each task instance.
        begun: When the run began.
        until: When it ended, or now.
    """
    of_groups, known = list(groups), list(sums)
    spent = added(one.spent for one in known)
    billed = [one.seconds for one in known if one.seconds is not None]
    lasted = None if begun is None or until is None else max(0.0, (until - begun).total_seconds())
    return {
        "edits": len(of_groups),
        **{group: of_groups.count(group) for group in ("succeeded", "failed", "waiting")},
        "cost": spent["paid"],
        "unpriced": spent["unknown"],
        "billed_seconds": round(sum(billed), 3) if billed else None,
        "seconds": None if lasted is None else round(lasted, 1),
    }


def sums_of(
    instance: Instance, small: Mapping[str, Any], state: Mapping[str, Any] | None, *, succeeded: bool
) -> Sums:
    """Return what is known of one task instance.

    Args:
        instance: It; a batch with its results.
        small: Its small XComs by key, see `rows.sums_of`.
        state: What its task state says that all attempts have spent; None: nothing.
        succeeded: Whether it ended well.
    """
    if instance.kind not in ("edit", "batch"):
        return Sums({})
    results = [one for one in instance.entries if "error" not in one] if instance.kind == "batch" else []
    seconds = number(small.get(SECONDS_KEY))
    if results:
        seconds = sum(number(one.get("billed_seconds")) or 0.0 for one in results)
    account = mapping(small.get(COST_KEY)) or state
    if account:
        return Sums(account, seconds)
    prices = [mapping(one.get("cost")) for one in results]
    if instance.kind == "edit" and (succeeded or PRICE_KEY in small):
        prices = [mapping(small.get(PRICE_KEY))]
    return Sums(_spent(prices), seconds)


def _spent(prices: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    paid: dict[str, Decimal] = {}
    unknown = 0
    for price in prices:
        amount, currency = text(price.get("amount")), text(price.get("currency"))
        one = added([{"paid": {currency: amount}}])["paid"] if amount and currency else {}
        if not one:
            unknown += 1
        for name, value in one.items():
            paid[name] = paid.get(name, Decimal(0)) + Decimal(value)
    return {"paid": {name: text_of(value) for name, value in paid.items()}, "unknown": unknown}
