"""Edits in small, as they stand in a list: of a DAG run, of a batch, of a piece of work on footage. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from airflow_provider_wan.functions import readable
from airflow_provider_wan.ui import holdings, phases
from airflow_provider_wan.ui.holdings import Held
from airflow_provider_wan.ui.instance import Instance, work_of
from airflow_provider_wan.ui.values import mapping, number, redacted_text, text

Tile = dict[str, Any]
_PROMPT = 200


def tile_of(instance: Instance, now: datetime) -> Tile:
    """Return a task instance as one tile, see the pages' contract in `tab`."""
    result, request, failure = instance.result, instance.request, instance.failure
    if instance.kind == "footage":
        files = holdings.outputs_of(instance)
        held = holdings.result_of(instance, now)
        if held is None and files:
            held = holdings.find(instance, "edit:0", now)
    else:
        held = holdings.result_of(instance, now)
    phase = phases.phase_of(instance, now)
    return _tile(
        instance,
        phase=phase,
        function=readable(text(request.get("function")) or text(result.get("function")))
        or work_of(instance.operator),
        model=text(request.get("model")) or text(result.get("model")),
        prompt=request.get("prompt") or result.get("orig_prompt"),
        cost=result.get("cost"),
        billed_seconds=number(result.get("billed_seconds")),
        seconds=phases.lasted(instance, now),
        result=_result(instance, held),
        failure=_failure(failure.get("code") or failure.get("error"), failure.get("message"))
        if phase in phases.FAILED
        else None,
    )


def entry_tiles(instance: Instance, now: datetime) -> list[Tile]:
    """Return the edits of a batch as tiles: those that have ended, then the jobs that go on."""
    made, ended = [], set()
    for place, entry in enumerate(instance.entries):
        ended.add(text(entry.get("task_id")))
        index = holdings.index_of(entry, place)
        phase = phases.entry_phase(entry, now)
        wrong = "error" in entry
        made.append(
            _tile(
                instance,
                index=index,
                phase=phase,
                function=readable(text(entry.get("function"))),
                model=text(entry.get("model")),
                prompt=entry.get("orig_prompt"),
                cost=entry.get("cost"),
                billed_seconds=number(entry.get("billed_seconds")),
                seconds=phases.entry_lasted(entry),
                result=_result(instance, holdings.edited(f"edit:{index}", entry, now)),
                failure=_failure(entry.get("code"), entry.get("error")) if wrong else None,
            )
        )
    made.sort(key=lambda tile: tile["index"])
    going_on = [] if phases.over(instance.state) else [job for job in instance.jobs if job not in ended]
    # Of these only that they were submitted is known.
    made += [_tile(instance, label=f"Job {job[:8]}", phase="running") for job in going_on]
    return made


def output_tiles(instance: Instance, now: datetime) -> list[Tile]:
    """Return the files that came of work on footage as tiles."""
    phase = phases.phase_of(instance, now)
    return [
        _tile(
            instance,
            index=index,
            label=name,
            phase=phase,
            function=work_of(instance.operator),
            result=_result(instance, holdings.stored(f"edit:{index}", uri)),
        )
        for index, (name, uri) in enumerate(holdings.outputs_of(instance))
    ]


def _tile(instance: Instance, *, phase: str, **more: Any) -> Tile:
    place = instance.place
    cost = mapping(more.pop("cost", None))
    amount, currency = text(cost.get("amount")), text(cost.get("currency"))
    return {
        "task_id": place.task_id,
        "map_index": place.map_index,
        "index": None,
        "label": instance.label,
        "phase": phase,
        "state": instance.state,
        "function": None,
        "model": None,
        "billed_seconds": None,
        "seconds": None,
        "result": None,
        "failure": None,
        **{name: value for name, value in more.items() if name != "label" or value is not None},
        "prompt": (text(more.get("prompt")) or "")[:_PROMPT] or None,
        "cost": {"amount": amount, "currency": currency} if amount and currency else None,
        "page": place.link("edit"),
    }


def _result(instance: Instance, held: Held | None) -> dict[str, Any] | None:
    if held is None:
        return None
    return {
        "kind": held.kind,
        "media": instance.place.link("media", of=held.of) if held.address else None,
    }


def _failure(code: Any, message: Any) -> Mapping[str, Any]:
    return {"code": text(code), "message": redacted_text(message)}
