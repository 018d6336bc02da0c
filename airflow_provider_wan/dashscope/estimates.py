"""What edits will cost and how long they will take, before any is submitted. Pure.

An estimate of cost is an upper bound as far as the vendor's pages go: where they contradict each other about a
length, the longer one counts. Failed and cancelled jobs are free, so attempts don't count.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Any

from airflow_provider_wan.dashscope import catalog
from airflow_provider_wan.dashscope.catalog import Billing, Model
from airflow_provider_wan.dashscope.inputs import inputs_of
from airflow_provider_wan.dashscope.price_list import LIST, LIST_CURRENCY, Money, Price, PriceList
from airflow_provider_wan.dashscope.results import CAPPED_INPUT

_WHOLE_SECONDS = frozenset({"vace", "t2v", "i2v", "i2v_media", "kf2v", "r2v"})
"""Families whose `usage` may count whole seconds."""
_AS_THE_INPUT = frozenset({"video_repainting"})
"""VACE's functions whose result is documented to be as long as its input. Of the others that, or 5 seconds."""
_TOGETHER = {"wan3": Decimal(15)}
"""Seconds that all input videos of an edit may have together."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a number of edits will take.

    Attributes:
        jobs: How many edits.
        seconds: How many seconds will be billed at most.
        amount: What they cost at most, in `currency`; None where no price is known.
        dearest: The same of the dearest single one.
        shortest: How many seconds all of it takes at best, were nothing else in the account's queue.
        longest: The same with the longest usual times.
        currency: Of the amounts.
        price_date: How old the price is; empty where the deployment has set it and doesn't tell.
    """

    jobs: int
    seconds: Decimal
    amount: Decimal | None
    dearest: Decimal | None
    shortest: float
    longest: float
    currency: str = LIST_CURRENCY
    price_date: str = ""

    def __str__(self) -> str:
        """Put it into one sentence."""
        price = "unknown" if self.amount is None else f"{self.amount:.2f} {self.currency}"
        source = f"the price list of {self.price_date}" if self.price_date else "this deployment's own prices"
        return (
            f"{self.jobs} edit{'s' if self.jobs != 1 else ''}, {self.seconds.normalize():f} s billed at most, at most "
            f"{price} by {source}; {self.shortest / 60:.0f} to "
            f"{self.longest / 60:.0f} minutes, if nothing else is in the account's queue"
        )


def estimate(
    body: Mapping[str, Any],
    region: str,
    lengths: Sequence[float],
    *,
    one_after_the_other: bool = False,
    prices: PriceList = LIST,
) -> Estimate:
    """Estimate edits that differ in their input video alone.

    Args:
        body: The request of any of them, as it would be sent.
        region: Region of the account.
        lengths: How long the input video of each is, in seconds.
        one_after_the_other: Whether each waits for the one before it.
        prices: What a second costs; by default the vendor's list prices.
    """
    model = catalog.find(str(body.get("model")))
    if model is None:
        return Estimate(len(lengths), Decimal(0), None, None, 0.0, math.inf, price_date=catalog.PRICE_DATE)
    videos = [role for role, kind in _roles(model, body) if kind == "video"]
    billed = [
        most
        if (most := billed_at_most(model, body, dict.fromkeys(videos, length))) is not None
        else _ceil(length)
        for length in lengths
    ]
    price = price_per_second(model, region, body.get("parameters") or {}, prices)
    at_once = 1 if one_after_the_other else max(1, model.running)
    rounds = math.ceil(len(lengths) / at_once)
    quick, slow = model.typical_seconds
    return Estimate(
        jobs=len(lengths),
        seconds=sum(billed, Decimal(0)),
        amount=None if price is None else price.amount * sum(billed, Decimal(0)),
        dearest=None if price is None else price.amount * max(billed, default=Decimal(0)),
        shortest=float(rounds * quick),
        longest=float(rounds * slow),
        currency=price.currency if price else LIST_CURRENCY,
        price_date=price.date if price else catalog.PRICE_DATE,
    )


def at_most(
    body: Mapping[str, Any],
    region: str,
    lengths: Mapping[str, float] | None = None,
    prices: PriceList = LIST,
) -> Money | None:
    """Return what one edit costs at most; None where that has no known bound, or no known price.

    Args:
        body: The request, as it would be sent.
        region: Region of the account.
        lengths: How long the inputs are, in seconds, by role (see `inputs.Input`); of several with one role all
            together. Of an input that isn't named, the longest that the model takes counts.
        prices: What a second costs; by default the vendor's list prices.
    """
    model = catalog.find(str(body.get("model")))
    if model is None:
        return None
    price = price_per_second(model, region, body.get("parameters") or {}, prices)
    seconds = billed_at_most(model, body, lengths or {})
    return None if price is None or seconds is None else price.of(seconds)


def price_per_second(
    model: Model, region: str, parameters: Mapping[str, Any], prices: PriceList = LIST
) -> Price | None:
    """Return what a billed second will cost; None where the price list doesn't say.

    Where the request leaves open which price applies, it is the highest; None if those are in different currencies.
    """
    tiers = prices.tiers(model.name, region)
    named = str(parameters.get("resolution") or parameters.get("mode") or model.default_resolution or "")
    if not named and (size := parameters.get("size") or model.default_size):
        named = next((tier for tier, sizes in catalog.SIZES.items() if size in sizes), "")
    if parameters.get("audio") is False and f"{named}_silent" in tiers:
        named = f"{named}_silent"
    if named in tiers:
        return tiers[named]
    if len({price.currency for price in tiers.values()}) > 1:
        return None
    return max(tiers.values(), key=lambda price: price.amount, default=None)


def billed_at_most(model: Model, body: Mapping[str, Any], lengths: Mapping[str, float]) -> Decimal | None:
    """Return how many seconds an edit is billed for at most; None where its inputs may have any length.

    Args:
        model: The model.
        body: The request.
        lengths: As for `at_most`.
    """
    taken_in = _together(model, body, "video", lengths)
    output = _output(model, body, taken_in, lengths)
    match model.billing:
        case Billing.OUTPUT:
            return output
        case Billing.CAPPED_INPUT_AND_OUTPUT:
            taken_in = CAPPED_INPUT if taken_in is None else min(taken_in, CAPPED_INPUT)
    return None if output is None or taken_in is None else taken_in + output


def _output(
    model: Model, body: Mapping[str, Any], taken_in: Decimal | None, lengths: Mapping[str, float]
) -> Decimal | None:
    asked = (body.get("parameters") or {}).get("duration", model.default_duration)
    longest = max(model.durations, default=None)
    if model.family == "vace":
        as_input = (body.get("input") or {}).get("function") in _AS_THE_INPUT
        output = taken_in if as_input else Decimal(longest or 5)
    elif asked and asked > 0:
        output = Decimal(str(asked))
    elif asked == -1 and longest:  # the model decides
        output = Decimal(longest)
    else:
        # As long as what goes in: a video, or what is to be spoken.
        output = _together(model, body, "audio", lengths) if taken_in == 0 else taken_in
        output = output or None
        if longest:
            output = Decimal(longest) if output is None else min(output, Decimal(longest))
    if output is not None and model.family in _WHOLE_SECONDS:
        output = Decimal(math.ceil(output))
    return output


def _together(
    model: Model, body: Mapping[str, Any], kind: str, lengths: Mapping[str, float]
) -> Decimal | None:
    """Return how long all inputs of a kind are at most, as far as the model uses them."""
    total = Decimal(0)
    for (role, found), number in Counter(_roles(model, body)).items():
        if found != kind:
            continue
        limits = model.media.get(f"{role}:{kind}") or model.media.get(role)
        uses = limits and (limits.cut_seconds or limits.max_seconds)
        if role in lengths:
            seconds = _ceil(lengths[role])
            if limits and limits.cut_seconds:
                seconds = min(seconds, _ceil(limits.cut_seconds) * number)
        elif uses:
            seconds = _ceil(uses) * number
        else:
            return None
        total += seconds
    return min(total, _TOGETHER.get(model.family, total))


def _roles(model: Model, body: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return role and kind of each input; of what may be a picture or a video, the dearer; unknown ones are videos."""
    found: list[tuple[str, str]] = []
    for one in inputs_of(body):
        limits = model.media.get(f"{one.role}:video") or model.media.get(one.role)
        found.append((one.role, limits.kind if limits else "video"))
    return found


def _ceil(seconds: float) -> Decimal:
    """Take a length as the service may bill it: to a hundredth, upwards."""
    return Decimal(str(round(seconds, 3))).quantize(Decimal("0.01"), rounding=ROUND_CEILING)
