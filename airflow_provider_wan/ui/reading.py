"""Finds what is asked for in the database, or says that it isn't there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from airflow_provider_wan.costs.spent import COST_KEY
from airflow_provider_wan.jobs import JOB_KEY
from airflow_provider_wan.records import FAILURE_KEY, PROGRESS_KEY, REQUEST_KEY
from airflow_provider_wan.ui import rows
from airflow_provider_wan.ui.instance import PARTIAL_KEY, REPORT_KEY, RESULT_KEY, Instance, Place, Sibling
from airflow_provider_wan.ui.sources import UnavailableError
from airflow_provider_wan.ui.values import mapping

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_WANTED: Mapping[str, tuple[str, ...]] = {
    "edit": (REQUEST_KEY, PROGRESS_KEY, FAILURE_KEY, JOB_KEY, RESULT_KEY, COST_KEY),
    "batch": (REQUEST_KEY, FAILURE_KEY, JOB_KEY, RESULT_KEY, PARTIAL_KEY, COST_KEY),
    "footage": (FAILURE_KEY, RESULT_KEY, REPORT_KEY),
    "none": (),
}


@dataclass(frozen=True, slots=True)
class Found:
    """A task instance with what its page shows.

    Attributes:
        instance: It, with its records.
        spent: What all its attempts have spent; None: not known.
        siblings: How many instances its mapped task has, and these; None: it isn't mapped.
    """

    instance: Instance
    spent: Mapping[str, Any] | None
    siblings: tuple[int, Sequence[Sibling]] | None


def run(session: Session, dag_id: str, run_id: str) -> rows.Run:
    """Return a DAG run.

    Raises:
        UnavailableError: There is none.
    """
    found = rows.find_run(session, dag_id, run_id)
    if found is None:
        raise UnavailableError(404, "This DAG has no such run. It may have been deleted.")
    return found


def instance(session: Session, place: Place) -> Found:
    """Return a task instance with what its page shows.

    Raises:
        UnavailableError: There is none.
    """
    of_run = run(session, place.dag_id, place.run_id)
    bare = _bare(session, of_run, place)
    found = _with_values(session, of_run, bare, None)
    spent: Mapping[str, Any] | None = mapping(found.values.get(COST_KEY)) or None
    if spent is None and found.kind in ("edit", "batch"):
        states = rows.spent_in(session, of_run, place) or {}
        spent = states.get((place.task_id, place.map_index))
    siblings = rows.siblings(session, of_run, place.task_id) if place.map_index >= 0 else None
    return Found(found, spent, siblings)


def for_media(session: Session, place: Place, of: str) -> Instance:
    """Return a task instance with the records that name the file that is asked for, see `holdings.find`.

    Raises:
        UnavailableError: There is none.
    """
    of_run = run(session, place.dag_id, place.run_id)
    only = (REQUEST_KEY,) if of.startswith("input:") else None
    return _with_values(session, of_run, _bare(session, of_run, place), only)


def _bare(session: Session, of_run: rows.Run, place: Place) -> Instance:
    found = rows.find_instance(session, of_run, place.task_id, place.map_index)
    if found is None and place.map_index < 0 and rows.siblings(session, of_run, place.task_id)[0]:
        raise UnavailableError(404, "This task is mapped. Choose one of its instances.")
    if found is None:
        raise UnavailableError(404, "This run has no such task instance. It may have been removed.")
    return found


def _with_values(
    session: Session, of_run: rows.Run, bare: Instance, only: tuple[str, ...] | None
) -> Instance:
    lengths = rows.keys_of(session, of_run, bare.place)
    keys = frozenset(lengths)
    kind = replace(bare, keys=keys).kind
    wanted = [key for key in only or _WANTED[kind] if lengths.get(key, rows.LARGEST + 1) <= rows.LARGEST]
    if kind == "batch" and RESULT_KEY in wanted and PARTIAL_KEY in wanted:
        wanted.remove(PARTIAL_KEY)  # it has the same results
    return replace(bare, keys=keys, values=rows.values_of(session, of_run, bare.place, wanted))
