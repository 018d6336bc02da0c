"""Finds in Airflow's metadata database what the tasks of a DAG have spent."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from airflow.models.dagrun import DagRun
from airflow.models.xcom import XCOM_RETURN_KEY, XComModel
from sqlalchemy import or_, select

from airflow_provider_wan.costs.spent import KEY, Spent, decimal_of, read_value
from airflow_provider_wan.dashscope.price_list import Money
from airflow_provider_wan.dashscope.results import TaskStatus
from airflow_provider_wan.jobs import JOB_KEY

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

AT_ONCE = 200
"""Runs that one query names."""


class Instance(NamedTuple):
    """A task instance, all attempts of it."""

    run_id: str
    task_id: str
    map_index: int


@dataclass(frozen=True, slots=True)
class Counted:
    """A job and whose it is."""

    instance: Instance
    spent: Spent


@dataclass(frozen=True, slots=True)
class Found:
    """What the database knows.

    Attributes:
        jobs: The jobs, each once.
        elsewhere: How many records are kept in a store of the deployment's own, which can't be read here.
        attempts: Whether all attempts are known; else, in Airflow before 3.3, the last one of each task.
    """

    jobs: tuple[Counted, ...]
    elsewhere: int = 0
    attempts: bool = True


@dataclass(frozen=True, slots=True)
class Period:
    """From when to when jobs were submitted; None: any time.

    Attributes:
        since: The first moment that belongs to it.
        until: The first that doesn't any more.
    """

    since: datetime | None = None
    until: datetime | None = None

    def has(self, moment: int) -> bool:
        """Whether a moment, in seconds since 1970, belongs to it."""
        return not (
            (self.since is not None and moment < self.since.timestamp())
            or (self.until is not None and moment >= self.until.timestamp())
        )


def gather(session: Session, dag_id: str, *, run_id: str | None, period: Period) -> Found:
    """Return what the tasks of a DAG have spent, whether its file still exists or not.

    Args:
        session: Of the metadata database.
        dag_id: The DAG.
        run_id: Only this run; None: all of them.
        period: Only jobs that were submitted in it.
    """
    jobs: dict[str, Counted] = {}
    elsewhere = 0
    stored = _state_rows(session, dag_id, run_id, period)
    for instance, value in stored or ():
        if isinstance(value, Mapping) and "jobs" not in value:
            elsewhere += 1
            continue
        for spent in read_value(value):
            jobs.setdefault(spent.task_id, Counted(instance, spent))
    for instance, spent in _of_xcoms(session, dag_id, run_id, period, known=jobs):
        jobs.setdefault(spent.task_id, Counted(instance, spent))
    within = (one for one in jobs.values() if period.has(one.spent.submitted_at))
    ordered = tuple(sorted(within, key=lambda one: (one.spent.submitted_at, one.spent.task_id)))
    return Found(ordered, elsewhere, attempts=stored is not None)


def runs_of(session: Session, dag_id: str, latest: int) -> list[str]:
    """Return the ids of a DAG's latest runs."""
    wanted = select(DagRun.run_id).where(DagRun.dag_id == dag_id).order_by(DagRun.id.desc()).limit(latest)
    return list(session.scalars(wanted))


def has_run(session: Session, dag_id: str, run_id: str) -> bool:
    """Whether a DAG has such a run."""
    wanted = select(DagRun.id).where(DagRun.dag_id == dag_id, DagRun.run_id == run_id)
    return session.scalar(wanted) is not None


def dags_with_edits(session: Session, most: int) -> list[str]:
    """Return the ids of DAGs whose tasks have submitted jobs."""
    wanted = select(XComModel.dag_id).where(XComModel.key == JOB_KEY).distinct()
    return list(session.scalars(wanted.order_by(XComModel.dag_id).limit(most)))


def _state_rows(
    session: Session, dag_id: str, run_id: str | None, period: Period
) -> Iterator[tuple[Instance, Any]] | None:
    """Return what the task state store has; None where this Airflow has no such store (before 3.3)."""
    try:
        from airflow.models.task_state_store import TaskStateStoreModel as Row
    except ImportError:
        return None
    wanted = select(Row.run_id, Row.task_id, Row.map_index, Row.value).where(
        Row.dag_id == dag_id, or_(Row.key == KEY, Row.key.startswith(f"{KEY}.", autoescape=True))
    )
    if run_id is not None:
        wanted = wanted.where(Row.run_id == run_id)
    if period.since is not None:  # a job is on record after it was submitted
        wanted = wanted.where(Row.updated_at >= period.since)
    found = session.execute(wanted.order_by(Row.id).execution_options(yield_per=1000))
    return ((Instance(*row[:3]), _json(row[3])) for row in found)


def _of_xcoms(
    session: Session, dag_id: str, run_id: str | None, period: Period, *, known: Mapping[str, Any]
) -> Iterator[tuple[Instance, Spent]]:
    """Yield what only XComs tell: in Airflow before 3.3, and of attempts from before accounts were kept."""
    submitted: dict[Instance, dict[str, int]] = {}
    for instance, _, value, pushed in _xcoms(session, dag_id, [JOB_KEY], _runs(run_id), period):
        ids = {one for one in _listed(value) if isinstance(one, str)} - known.keys()
        if ids:
            submitted[instance] = dict.fromkeys(ids, int(pushed.timestamp()))
    runs = sorted({instance.run_id for instance in submitted})
    tasks = {instance.task_id for instance in submitted}
    for first in range(0, len(runs), AT_ONCE):
        some = runs[first : first + AT_ONCE]
        for instance, key, value, _ in _xcoms(session, dag_id, [KEY, XCOM_RETURN_KEY], some, period, tasks):
            waiting = submitted.get(instance, {})
            for spent in read_value(value) if key != XCOM_RETURN_KEY else _of_results(value):
                if waiting.pop(spent.task_id, None) is not None:
                    yield instance, spent
    for instance, rest in submitted.items():
        for job, pushed_at in rest.items():
            # Submitted, and nobody wrote down how it ended.
            yield instance, Spent(job, TaskStatus.UNKNOWN, "", pushed_at)


def _xcoms(
    session: Session,
    dag_id: str,
    keys: Sequence[str],
    runs: Sequence[str] | None,
    period: Period,
    tasks: set[str] | None = None,
) -> Iterator[tuple[Instance, str, Any, datetime]]:
    """Yield XComs of a DAG's tasks, and for `wan_spent` its further parts too."""
    row = XComModel
    further = [row.key.startswith(f"{KEY}.", autoescape=True)] if KEY in keys else []
    columns = select(row.run_id, row.task_id, row.map_index, row.key, row.value, row.timestamp)
    wanted = columns.where(row.dag_id == dag_id, or_(row.key.in_(keys), *further))
    if runs is not None:
        wanted = wanted.where(row.run_id.in_(runs))
    if tasks is not None:
        wanted = wanted.where(row.task_id.in_(tasks))
    if period.since is not None:
        wanted = wanted.where(row.timestamp >= period.since)
    # The account of an attempt goes before its result.
    for found in session.execute(wanted.order_by(row.key.desc()).execution_options(yield_per=1000)):
        yield Instance(*found[:3]), found.key, XComModel.deserialize_value(found), found.timestamp


def _runs(run_id: str | None) -> list[str] | None:
    return None if run_id is None else [run_id]


def _of_results(value: Any) -> Iterator[Spent]:
    """Read results as operators return them, see `jobs.result`."""
    for one in _listed(value):
        if not isinstance(one, Mapping) or not isinstance(one.get("task_id"), str):
            continue
        cost = one.get("cost")
        amount = decimal_of(cost.get("amount")) if isinstance(cost, Mapping) else None
        yield Spent(
            task_id=one["task_id"],
            status=str(one.get("status") or TaskStatus.UNKNOWN),
            model=str(one.get("model") or ""),
            submitted_at=_seconds(one.get("submitted_at")),
            seconds=decimal_of(one.get("billed_seconds")),
            cost=Money(amount, str(cost["currency"])) if amount is not None and cost else None,
        )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _seconds(moment: Any) -> int:
    try:
        return int(datetime.fromisoformat(str(moment)).timestamp())
    except ValueError:
        return 0


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
