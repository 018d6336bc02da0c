"""What the page of a DAG run shows, as JSON.

    {"dag_id", "run_id", "state", "logical_date", "edits": [tile], "total", "offset", "limit",
     "totals": {"edits", "succeeded", "failed", "waiting", "cost", "unpriced", "billed_seconds", "seconds"},
     "refresh_seconds", "now"}

Failures come first, then what is waited for, then the rest in order. Results are read only of what is shown, and of
batches, each of whose edits is a tile of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow_provider_wan.costs.spent import COST_KEY
from airflow_provider_wan.jobs import JOB_KEY
from airflow_provider_wan.records import FAILURE_KEY, PROGRESS_KEY, REQUEST_KEY
from airflow_provider_wan.ui import phases, rows, tiles
from airflow_provider_wan.ui.instance import PARTIAL_KEY, REPORT_KEY, RESULT_KEY, Instance
from airflow_provider_wan.ui.totals import Group, sums_of, totals
from airflow_provider_wan.ui.values import iso

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

LIMIT = 100
"""Tiles of one answer."""
BATCHES = 50
"""Batches of a run of which each edit is a tile; further ones are a tile each."""

_OF_TILES = (REQUEST_KEY, PROGRESS_KEY, FAILURE_KEY, JOB_KEY, RESULT_KEY, REPORT_KEY)
_OF_BATCHES = (JOB_KEY, RESULT_KEY, PARTIAL_KEY, FAILURE_KEY)
_MEASURES = "VideoProbeOperator"
"""Leaves nothing to look at."""
_GROUPS: tuple[Group, ...] = ("failed", "waiting", "succeeded")
_LATE = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Item:
    """What is to be a tile; a batch's edits are already."""

    rank: int
    instance: Instance
    tile: tiles.Tile | None = None

    @property
    def group(self) -> Group:
        if self.rank == 2 and self.tile is None and self.instance.state != "success":
            return "other"
        return _GROUPS[self.rank]


def page(session: Session, run: rows.Run, *, offset: int, now: datetime) -> dict[str, Any]:
    """Return what the page of a run shows.

    Args:
        session: Of the metadata database.
        run: The run.
        offset: How many tiles to pass over.
        now: The moment.
    """
    found = _with_batches(session, run, _ours(session, run))
    items = _sorted(item for instance in found for item in _items(instance, now))
    shown = items[offset : offset + LIMIT]
    waiting = any(item.group == "waiting" for item in items)
    return {
        "dag_id": run.dag_id,
        "run_id": run.run_id,
        "state": run.state,
        "logical_date": iso(run.logical_date),
        "edits": _tiles(session, run, shown, now),
        "total": len(items),
        "offset": offset,
        "limit": LIMIT,
        "totals": _totals(session, run, found, items, now),
        "refresh_seconds": 10 if waiting or run.state in ("running", "queued") else None,
        "now": iso(now),
    }


def _ours(session: Session, run: rows.Run) -> list[Instance]:
    ours = []
    found = rows.instances(session, run)
    # Of most tasks the operator's name says enough.
    unclear = {one.place.task_id for one in found if one.kind == "none" or one.state in phases.NEVER}
    keys = rows.keys_of_run(session, run, unclear)
    for instance in found:
        known = frozenset(keys.get((instance.place.task_id, instance.place.map_index), ()))
        with_keys = replace(instance, keys=known)
        never = not known and instance.state in phases.NEVER
        if with_keys.kind != "none" and not never and instance.operator != _MEASURES:
            ours.append(with_keys)
    return ours


def _with_batches(session: Session, run: rows.Run, ours: list[Instance]) -> list[Instance]:
    batches = [one.place for one in ours if one.kind == "batch"][:BATCHES]
    if not batches:
        return ours
    values = rows.values_of_some(session, run, batches, _OF_BATCHES)
    read = set(batches)
    return [
        replace(one, values=values.get((one.place.task_id, one.place.map_index), {}))
        if one.place in read
        else one
        for one in ours
    ]


def _items(instance: Instance, now: datetime) -> list[_Item]:
    edits = tiles.entry_tiles(instance, now) if instance.kind == "batch" and instance.values else []
    if not edits:
        return [_Item(phases.rank(instance.state), instance)]
    ranks = (
        0 if edit["phase"] in phases.FAILED else int(edit["phase"] not in phases.WAITING) + 1
        for edit in edits
    )
    return [_Item(rank, instance, edit) for rank, edit in zip(ranks, edits, strict=True)]


def _sorted(items: Iterable[_Item]) -> list[_Item]:
    given = list(items)
    first: dict[str, datetime] = {}
    for item in given:
        task, begun = item.instance.place.task_id, item.instance.begun or _LATE
        first[task] = min(begun, first.get(task, _LATE))

    def order(item: _Item) -> tuple[int, datetime, str, int]:
        place = item.instance.place
        return item.rank, first[place.task_id], place.task_id, place.map_index

    return sorted(given, key=order)


def _tiles(session: Session, run: rows.Run, shown: list[_Item], now: datetime) -> list[tiles.Tile]:
    places = [item.instance.place for item in shown if item.tile is None]
    values = rows.values_of_some(session, run, places, _OF_TILES)
    made = []
    for item in shown:
        place = item.instance.place
        own = values.get((place.task_id, place.map_index), {})
        made.append(item.tile or tiles.tile_of(replace(item.instance, values=own), now))
    return made


def _totals(
    session: Session, run: rows.Run, found: list[Instance], items: list[_Item], now: datetime
) -> dict[str, Any]:
    small = rows.sums_of(session, run)
    paid = [one for one in found if one.kind in ("edit", "batch")]
    places = {one.place: (one.place.task_id, one.place.map_index) for one in paid}
    known = all(COST_KEY in small.get(place, {}) for place in places.values())
    states = {} if known else rows.spent_in(session, run) or {}
    sums = [
        sums_of(
            one,
            small.get(places[one.place], {}),
            states.get(places[one.place]),
            succeeded=one.state == "success",
        )
        for one in paid
    ]
    return totals((item.group for item in items), sums, run.begun, run.ended or now)
