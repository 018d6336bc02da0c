"""Reads task instances and their records from Airflow's database: few statements, and no row that isn't shown.

Ids come from the web, so they only ever reach the database as bound parameters.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance
from airflow.models.xcom import XComModel
from sqlalchemy import String, and_, cast, func, or_, select

from airflow_provider_wan.costs.spent import COST_KEY, Spent, read_value, summary
from airflow_provider_wan.costs.spent import KEY as SPENT_KEY
from airflow_provider_wan.jobs import JOB_KEY
from airflow_provider_wan.records import FAILURE_KEY, PROGRESS_KEY, REQUEST_KEY
from airflow_provider_wan.ui.instance import (
    PARTIAL_KEY,
    PATH_KEY,
    REPORT_KEY,
    RESULT_KEY,
    Instance,
    Place,
    Sibling,
)
from airflow_provider_wan.ui.values import decoded

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

LARGEST = 8 << 20
"""Characters of an XCom that is read; what is longer counts as not there."""
_SMALL = 4096
_AT_ONCE = 500
PRICE_KEY, SECONDS_KEY = "cost", "billed_seconds"
"""Parts of an edit's result, which are XComs of their own."""
SIBLINGS = 5000
"""Instances of a mapped task that are listed."""

_TASKS = TaskInstance.__table__.c
_XCOMS = XComModel.__table__.c
# Not decoded by the database's driver, which would fail on what somebody's task has pushed.
_TEXT = cast(_XCOMS.value, String)
_RUNS = DagRun.__table__.c

OURS = frozenset(
    {
        *(REQUEST_KEY, PROGRESS_KEY, FAILURE_KEY, JOB_KEY, COST_KEY),
        *(RESULT_KEY, PARTIAL_KEY, REPORT_KEY, PATH_KEY),
    }
)
"""Keys by which a task of ours is known, and whose values are shown."""


@dataclass(frozen=True, slots=True)
class Run:
    """A DAG run.

    Attributes:
        id: Its number in the database.
        dag_id: Its DAG.
        run_id: Its id, as people see it.
        state: Airflow's state of it.
        logical_date: Its logical date, where it has one.
        begun: When it began.
        ended: When it ended.
    """

    id: int
    dag_id: str
    run_id: str
    state: str | None = None
    logical_date: datetime | None = None
    begun: datetime | None = None
    ended: datetime | None = None


_INSTANCE = (
    _TASKS.task_id,
    _TASKS.map_index,
    _TASKS.state,
    _TASKS.try_number,
    _TASKS.operator,
    _TASKS.rendered_map_index,
    _TASKS.start_date,
    _TASKS.end_date,
)


def find_run(session: Session, dag_id: str, run_id: str) -> Run | None:
    """Return a DAG run; None where there is none."""
    wanted = select(
        *(_RUNS.id, _RUNS.dag_id, _RUNS.run_id, _RUNS.state),
        *(_RUNS.logical_date, _RUNS.start_date, _RUNS.end_date),
    ).where(_RUNS.dag_id == dag_id, _RUNS.run_id == run_id)
    row = session.execute(wanted).one_or_none()
    return None if row is None else Run(*row)


def find_instance(session: Session, run: Run, task_id: str, map_index: int) -> Instance | None:
    """Return a task instance without its records; None where there is none."""
    wanted = select(*_INSTANCE).where(
        _TASKS.dag_id == run.dag_id,
        _TASKS.run_id == run.run_id,
        _TASKS.task_id == task_id,
        _TASKS.map_index == map_index,
    )
    row = session.execute(wanted).one_or_none()
    return None if row is None else _instance(run, row)


def instances(session: Session, run: Run) -> list[Instance]:
    """Return all task instances of a run without their records."""
    wanted = select(*_INSTANCE).where(_TASKS.dag_id == run.dag_id, _TASKS.run_id == run.run_id)
    return [_instance(run, row) for row in session.execute(wanted)]


def _instance(run: Run, row: Sequence[Any]) -> Instance:
    task_id, map_index, state, attempt, operator, label, begun, ended = row
    return Instance(
        Place(run.dag_id, run.run_id, task_id, map_index),
        state=None if state is None else str(state),
        attempt=max(1, attempt or 0),
        operator=operator or "",
        label=label,
        begun=begun,
        ended=ended,
    )


def siblings(session: Session, run: Run, task_id: str) -> tuple[int, list[Sibling]]:
    """Return how many instances a mapped task has, and the first of them with what a strip of all shows."""
    of_task = (_TASKS.dag_id == run.dag_id, _TASKS.run_id == run.run_id, _TASKS.task_id == task_id)
    mapped = (*of_task, _TASKS.map_index >= 0)
    wanted = select(_TASKS.map_index, _TASKS.state, _TASKS.rendered_map_index).where(*mapped)
    found = [Sibling(*row) for row in session.execute(wanted.order_by(_TASKS.map_index).limit(SIBLINGS))]
    total = len(found)
    if total == SIBLINGS:
        total = session.scalar(select(func.count()).select_from(TaskInstance).where(*mapped)) or total
    return total, found


def keys_of(session: Session, run: Run, place: Place) -> dict[str, int]:
    """Return which of our keys a task instance's XComs have, and how long each value is, in characters."""
    wanted = select(_XCOMS.key, func.length(_TEXT)).where(
        _XCOMS.dag_run_id == run.id,
        _XCOMS.task_id == place.task_id,
        _XCOMS.map_index == place.map_index,
        _XCOMS.key.in_(OURS),
    )
    return {key: length or 0 for key, length in session.execute(wanted)}


def values_of(session: Session, run: Run, place: Place, keys: Collection[str]) -> dict[str, Any]:
    """Return XComs of a task instance by key."""
    wanted = select(_XCOMS.key, _TEXT).where(
        _XCOMS.dag_run_id == run.id,
        _XCOMS.task_id == place.task_id,
        _XCOMS.map_index == place.map_index,
        _XCOMS.key.in_(keys),
    )
    return {key: decoded(value) for key, value in session.execute(wanted)} if keys else {}


def keys_of_run(session: Session, run: Run, task_ids: Collection[str]) -> dict[tuple[str, int], set[str]]:
    """Return which of our keys the XComs of some tasks of a run have, without reading any value."""
    wanted = select(_XCOMS.task_id, _XCOMS.map_index, _XCOMS.key).where(
        _XCOMS.dag_run_id == run.id, _XCOMS.key.in_(OURS)
    )
    if len(task_ids) <= _AT_ONCE:
        wanted = wanted.where(_XCOMS.task_id.in_(task_ids))
    found: dict[tuple[str, int], set[str]] = {}
    for task_id, map_index, key in session.execute(wanted) if task_ids else ():
        found.setdefault((task_id, map_index), set()).add(key)
    return found


def values_of_some(
    session: Session, run: Run, places: Collection[Place], keys: Collection[str]
) -> dict[tuple[str, int], dict[str, Any]]:
    """Return XComs of some task instances of a run, by task and map index; none that is too long."""
    indexes: dict[str, list[int]] = {}
    for place in places:
        indexes.setdefault(place.task_id, []).append(place.map_index)
    found: dict[tuple[str, int], dict[str, Any]] = {}
    for some in _parts(indexes):
        wanted = select(_XCOMS.task_id, _XCOMS.map_index, _XCOMS.key, _TEXT).where(
            _XCOMS.dag_run_id == run.id,
            _XCOMS.key.in_(keys),
            func.length(_TEXT) <= LARGEST,
            or_(*(and_(_XCOMS.task_id == task, _XCOMS.map_index.in_(part)) for task, part in some)),
        )
        for task_id, map_index, key, value in session.execute(wanted):
            found.setdefault((task_id, map_index), {})[key] = decoded(value)
    return found


def _parts(indexes: dict[str, list[int]], most: int = _AT_ONCE) -> Iterator[list[tuple[str, list[int]]]]:
    """Split into statements of so many parameters at most: databases have their limits."""
    part: list[tuple[str, list[int]]] = []
    size = 0
    for task_id, wanted in indexes.items():
        for first in range(0, len(wanted), most):
            some = wanted[first : first + most]
            if part and size + len(some) > most:
                yield part
                part, size = [], 0
            part.append((task_id, some))
            size += len(some)
    if part:
        yield part


def spent_in(
    session: Session, run: Run, place: Place | None = None
) -> dict[tuple[str, int], dict[str, Any]] | None:
    """Return what all attempts have spent, by task and map index, see `Spending.summary`.

    Args:
        session: Of the metadata database.
        run: The run.
        place: Only this instance's; None: those of all.

    Returns:
        None where this Airflow keeps no state of tasks (before 3.3).
    """
    try:
        from airflow.models.task_state_store import TaskStateStoreModel
    except ImportError:
        return None
    states = TaskStateStoreModel.__table__.c
    wanted = select(states.task_id, states.map_index, states.value).where(
        states.dag_run_id == run.id,
        or_(states.key == SPENT_KEY, states.key.startswith(f"{SPENT_KEY}.", autoescape=True)),
    )
    if place is not None:
        wanted = wanted.where(states.task_id == place.task_id, states.map_index == place.map_index)
    jobs: dict[tuple[str, int], dict[str, Spent]] = {}
    for task_id, map_index, value in session.execute(wanted):
        try:
            stored = json.loads(value)
        except (TypeError, ValueError):
            continue
        if isinstance(stored, dict) and "jobs" in stored:  # else the deployment keeps it elsewhere
            of_task = jobs.setdefault((task_id, map_index), {})
            of_task.update((spent.task_id, spent) for spent in read_value(stored))
    return {key: summary(found.values()) for key, found in jobs.items()}


def sums_of(session: Session, run: Run) -> dict[tuple[str, int], dict[str, Any]]:
    """Return what the edits of a run cost and how long they were billed, as far as small XComs tell."""
    wanted = select(_XCOMS.task_id, _XCOMS.map_index, _XCOMS.key, _TEXT).where(
        _XCOMS.dag_run_id == run.id,
        _XCOMS.key.in_((COST_KEY, PRICE_KEY, SECONDS_KEY)),
        func.length(_TEXT) <= _SMALL,
    )
    found: dict[tuple[str, int], dict[str, Any]] = {}
    for task_id, map_index, key, value in session.execute(wanted):
        found.setdefault((task_id, map_index), {})[key] = decoded(value)
    return found
