"""What the page of one task instance shows, as JSON, from its records. Pure.

    {"kind": "edit" | "batch" | "footage" | "none", "dag_id", "run_id", "task_id", "map_index", "map_label", "state",
     "phase", "attempt", "function", "model", "region", "job": {"task_id", "request_id", "console_url"},
     "prompt": {"sent", "rewritten", "negative"}, "parameters": [[name, value]],
     "inputs": [{"name", "kind", "uri", "media", "why_not"}],
     "result": {"kind", "media", "uri", "landed", "expires_at", "why_not"},
     "timeline": [{"name", "at", "seconds"}], "billed_seconds", "usage", "cost": {"amount", "currency", "price_date"},
     "spent": {"paid", "open", "unknown", "jobs"}, "failure": see `records.failure`,
     "waiting": {"status", "since", "age_seconds", "queue", "deadline"}, "edits": [tile],
     "siblings": {"total", "items": [{"map_index", "state", "label"}]}, "refresh_seconds", "now"}

`media` is a relative address of `/media`; a signed address stands nowhere. A tile is what `tiles` makes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from airflow_provider_wan.dashscope.catalog.regions import REGIONS
from airflow_provider_wan.functions import readable
from airflow_provider_wan.links import console_url
from airflow_provider_wan.ui import holdings, phases, tiles
from airflow_provider_wan.ui.holdings import Held
from airflow_provider_wan.ui.instance import PATH_KEY, REPORT_KEY, RESULT_KEY, Instance, Sibling, work_of
from airflow_provider_wan.ui.values import address, iso, mapping, number, redacted_text, shown, text

WhyNot: TypeAlias = Callable[[str], str | None]
"""Says why this deployment doesn't show what is at an address; None where it may."""
PriceDate: TypeAlias = Callable[[str, str], str | None]
"""Says how old the prices of a model in a region are."""

_FAILURE = (
    "error",
    "code",
    "message",
    "request_id",
    "task_id",
    "advice",
    "spent",
    "next",
    "retry",
    "at",
)


def tab(
    instance: Instance,
    *,
    now: datetime,
    spent: Mapping[str, Any] | None = None,
    siblings: tuple[int, Sequence[Sibling]] | None = None,
    why_not: WhyNot = lambda _: None,
    price_date: PriceDate = lambda _model, _region: None,
) -> dict[str, Any]:
    """Return what the page of a task instance shows.

    Args:
        instance: It, with its records.
        now: The moment.
        spent: What all its attempts have spent, see `Spending.summary`; None: not known.
        siblings: How many instances its mapped task has, and these; None: it isn't mapped.
        why_not: See `WhyNot`.
        price_date: See `PriceDate`.
    """
    kind, place = instance.kind, instance.place
    phase = phases.phase_of(instance, now)
    result, request = instance.result, instance.request
    model = text(request.get("model")) or text(result.get("model"))
    region = text(request.get("region")) or text(result.get("region"))
    return {
        "kind": kind,
        "dag_id": place.dag_id,
        "run_id": place.run_id,
        "task_id": place.task_id,
        "map_index": place.map_index,
        "map_label": instance.label,
        "state": instance.state,
        "phase": phase,
        "attempt": instance.attempt,
        "function": readable(text(request.get("function")) or text(result.get("function")))
        or (work_of(instance.operator) if kind == "footage" else None),
        "model": model,
        "region": region,
        "job": _job(instance, region),
        "prompt": _prompt(request, result),
        "parameters": _parameters(instance),
        "inputs": [_input(instance, given, held, why_not) for given, held in holdings.inputs_of(instance)],
        "result": _result(instance, now, why_not),
        "timeline": phases.timeline(instance) if kind == "edit" else [],
        "billed_seconds": number(result.get("billed_seconds")),
        "usage": shown(mapping(result.get("usage"))),
        "cost": _cost(result.get("cost"), model, region, price_date),
        "spent": _spent(spent) if kind in ("edit", "batch") else None,
        "failure": _failure(instance.failure),
        "waiting": phases.waiting(instance, phase, now) if kind != "none" else None,
        "edits": _edits(instance, now),
        "siblings": _siblings(siblings),
        "refresh_seconds": phases.refresh(instance.state, phase),
        "now": iso(now),
    }


def _job(instance: Instance, region: str | None) -> dict[str, Any] | None:
    sources = (instance.result, {} if instance.outdated else instance.progress, instance.failure)
    found = next((job for one in sources if (job := text(one.get("task_id")))), None)
    jobs = instance.jobs
    found = found or (jobs[0] if instance.kind == "edit" and jobs else None)
    if found is None or instance.kind not in ("edit", "batch"):
        return None
    requests = (text(one.get("request_id")) for one in (instance.result, instance.failure))
    return {
        "task_id": found,
        "request_id": next(filter(None, requests), None),
        "console_url": console_url(region) if region and region in REGIONS else None,
    }


def _prompt(request: Mapping[str, Any], result: Mapping[str, Any]) -> dict[str, Any]:
    sent = text(request.get("prompt")) or text(result.get("orig_prompt"))
    rewritten = text(result.get("actual_prompt"))
    return {
        "sent": sent,
        "rewritten": rewritten if rewritten != sent else None,
        "negative": text(request.get("negative_prompt")),
    }


def _parameters(instance: Instance) -> list[list[Any]]:
    given = mapping(instance.request.get("parameters"))
    if instance.kind == "footage":  # what is known of what it made
        found = mapping(instance.values.get(RESULT_KEY)) or mapping(instance.values.get(REPORT_KEY))
        given = {
            name: value
            for name, value in found.items()
            if name != PATH_KEY and isinstance(value, bool | int | float)
        }
    return [[name, value] for name, value in shown(given).items()]


def _input(instance: Instance, given: Mapping[str, Any], held: Held, why_not: WhyNot) -> dict[str, Any]:
    return {
        "name": text(given.get("name")) or held.of,
        "kind": held.kind,
        "uri": address(given.get("uri")),
        **_media(instance, held, why_not),
    }


def _media(instance: Instance, held: Held, why_not: WhyNot) -> dict[str, Any]:
    why = held.why_not or (why_not(held.address) if held.address else None)
    return {"media": None if why else instance.place.link("media", of=held.of), "why_not": why}


def _result(instance: Instance, now: datetime, why_not: WhyNot) -> dict[str, Any] | None:
    held = holdings.result_of(instance, now)
    if held is None:
        return None
    if instance.kind == "footage":
        landed, expires = held.address, None
    else:
        landed, expires = text(instance.result.get(PATH_KEY)), holdings.until(instance.result)
    return {
        "kind": held.kind,
        "uri": address(landed),
        "landed": landed is not None,
        "expires_at": iso(expires),
        **_media(instance, held, why_not),
    }


def _cost(cost: Any, model: str | None, region: str | None, price_date: PriceDate) -> dict[str, Any] | None:
    found = mapping(cost)
    amount, currency = text(found.get("amount")), text(found.get("currency"))
    if amount is None or currency is None:
        return None
    dated = text(found.get("price_date")) or price_date(model or "", region or "")
    return {"amount": amount, "currency": currency, "price_date": dated}


def _spent(spent: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if not spent:
        return None
    sums = {
        name: {str(currency): str(amount) for currency, amount in mapping(spent.get(name)).items()}
        for name in ("paid", "open")
    }
    return {**sums, **{name: int(number(spent.get(name)) or 0) for name in ("unknown", "jobs")}}


def _failure(failure: Mapping[str, Any]) -> dict[str, Any] | None:
    return {name: redacted_text(failure.get(name)) for name in _FAILURE} if failure else None


def _edits(instance: Instance, now: datetime) -> list[tiles.Tile] | None:
    if instance.kind == "batch":
        return tiles.entry_tiles(instance, now)
    if instance.kind == "footage" and len(holdings.outputs_of(instance)) > 1:
        return tiles.output_tiles(instance, now)
    return None


def _siblings(siblings: tuple[int, Sequence[Sibling]] | None) -> dict[str, Any] | None:
    if siblings is None:
        return None
    total, found = siblings
    items = [{"map_index": one.map_index, "state": one.state, "label": one.label} for one in found]
    return {"total": total, "items": items}
