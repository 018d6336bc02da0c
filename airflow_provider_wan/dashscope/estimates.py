"""What edits will cost and how long they will take, before any is submitted. Pure.

An estimate of cost is an upper bound as far as the vendor's pages go: where they contradict each other about a
length, the longer one counts. Failed and cancelled jobs are free, so attempts don't count.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from airflow_provider_wan.dashscope import catalog
from airflow_provider_wan.dashscope.catalog import Billing, Model

_CAPPED_INPUT = 5
_WHOLE_SECONDS = frozenset({"vace", "t2v", "i2v", "kf2v", "r2v"})
"""Families whose `usage` counts whole seconds."""
_AS_THE_INPUT = frozenset({"video_repainting"})
"""VACE's functions whose result is documented to be as long as its input. Of the others that, or 5 seconds."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a number of edits will take.

    Attributes:
        jobs: How many edits.
        seconds: How many seconds will be billed at most.
        amount: What they cost at most, in `currency`; None where no price is known.
        dearest: The same of the dearest single one.
        currency: `CNY`.
        shortest: How many seconds all of it takes at best, were nothing else in the account's queue.
        longest: The same with the longest usual times.
    """

    jobs: int
    seconds: Decimal
    amount: Decimal | None
    dearest: Decimal | None
    shortest: float
    longest: float
    currency: str = "CNY"

    def __str__(self) -> str:
        """Put it into one sentence."""
        price = "unknown" if self.amount is None else f"{self.amount:.2f} {self.currency}"
        return (
            f"{self.jobs} edit{'s' if self.jobs != 1 else ''}, {self.seconds.normalize():f} s billed at most, at most "
            f"{price} by the price list of {catalog.PRICE_DATE}; {self.shortest / 60:.0f} to "
            f"{self.longest / 60:.0f} minutes, if nothing else is in the account's queue"
        )


def estimate(
    body: Mapping[str, Any],
    region: str,
    lengths: Sequence[float],
    *,
    one_after_the_other: bool = False,
) -> Estimate:
    """Estimate edits that differ in their input video alone.

    Args:
        body: The request of any of them, as it would be sent.
        region: Region of the account.
        lengths: How long the input video of each is, in seconds.
        one_after_the_other: Whether each waits for the one before it.
    """
    model = catalog.find(str(body.get("model")))
    if model is None:
        return Estimate(len(lengths), Decimal(0), None, None, 0.0, math.inf)
    billed = [_billed(model, body, length) for length in lengths]
    price = price_per_second(model, region, body.get("parameters") or {})
    at_once = 1 if one_after_the_other else max(1, model.running)
    rounds = math.ceil(len(lengths) / at_once)
    quick, slow = model.typical_seconds
    return Estimate(
        jobs=len(lengths),
        seconds=sum(billed, Decimal(0)),
        amount=None if price is None else price * sum(billed, Decimal(0)),
        dearest=None if price is None else price * max(billed, default=Decimal(0)),
        shortest=float(rounds * quick),
        longest=float(rounds * slow),
    )


def price_per_second(model: Model, region: str, parameters: Mapping[str, Any]) -> Decimal | None:
    """Return what a billed second will cost, in CNY; None where the price list doesn't say.

    Where the request leaves open which price applies, it is the highest.
    """
    tiers = model.prices.get(catalog.find_region(region).price_scope, {})
    named = str(parameters.get("resolution") or parameters.get("mode") or model.default_resolution or "")
    if parameters.get("audio") is False and f"{named}_silent" in tiers:
        named = f"{named}_silent"
    if not named and (size := parameters.get("size") or model.default_size):
        named = next((tier for tier, sizes in catalog.SIZES.items() if size in sizes), "")
    return tiers.get(named) or max(tiers.values(), default=None)


def _billed(model: Model, body: Mapping[str, Any], length: float) -> Decimal:
    parameters = body.get("parameters") or {}
    taken_in = Decimal(str(round(length, 3)))
    limits = [limit for limit in model.media.values() if limit.kind == "video"]
    cut = max((limit.cut_seconds for limit in limits if limit.cut_seconds), default=None)
    if cut is not None:
        taken_in = min(taken_in, Decimal(str(cut)))
    output = taken_in
    if model.family == "vace":
        if (body.get("input") or {}).get("function") not in _AS_THE_INPUT:
            output = Decimal(max(model.durations, default=5))
    elif asked := parameters.get("duration"):
        output = Decimal(asked)
    if model.family in _WHOLE_SECONDS:
        output = Decimal(math.ceil(output))
    match model.billing:
        case Billing.INPUT_AND_OUTPUT:
            return taken_in + output
        case Billing.CAPPED_INPUT_AND_OUTPUT:
            return min(taken_in, Decimal(_CAPPED_INPUT)) + output
    return output
