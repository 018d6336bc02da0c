"""The edits of a batch, or the instances of a mapped task, as a message counts and names them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from airflow_provider_wan.notifications.words import clean, line, money, place

_PLACE, _WHY = 160, 200


@dataclass(frozen=True, slots=True)
class Entry:
    """One edit of many.

    Attributes:
        text: A line about it.
        done: Whether it has a result.
        failed: Whether it has failed.
    """

    text: str
    done: bool = False
    failed: bool = False


def entries_of(result: Any) -> list[Entry] | None:
    """Return an entry for each edit in what a batch returned, or has left as `partial_results`; None if it is none."""
    if not isinstance(result, list | tuple) or not all(isinstance(one, Mapping) for one in result):
        return None
    return [_entry(one, number) for number, one in enumerate(result)]


def instance(map_index: int, state: Any, failure: Mapping[str, Any] | None) -> Entry:
    """Return an entry for an instance of a mapped task.

    Args:
        map_index: Which.
        state: Its state, as Airflow spells it.
        failure: Why it failed, where it has left that.
    """
    state = line(state, 30) if state else "no state"
    failed = state in ("failed", "upstream_failed")
    text = f"[{map_index}] {state}"
    if failure:
        text = f"[{map_index}] {_why(failure.get('code') or failure.get('error'), failure.get('message'))}"
    return Entry(text, done=state == "success", failed=failed)


def _entry(one: Mapping[str, Any], number: int) -> Entry:
    index = one.get("index")
    name = f"[{index if isinstance(index, int) else number}]"
    if "error" in one:
        return Entry(f"{name} {_why(one.get('code'), one.get('error'))}", failed=True)
    price = one.get("cost")
    cost = money({price["currency"]: price["amount"]}) if isinstance(price, Mapping) else ""
    where = one.get("output_path")
    parts = [place(where, _PLACE) if where else "done, not landed"]
    if "cost" in one:  # work on footage has none
        parts.append(cost or "price unknown")
    return Entry(f"{name} {', '.join(parts)}", done=True)


def _why(code: Any, text: Any) -> str:
    first = clean(text or "no reason was given", _WHY * 2).partition("\n")[0]
    return line(f"{code}: {first}" if code else first, _WHY)
