"""Collects what there is to tell of a task, from the context of the task or callback that tells it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from airflow_provider_wan.costs.spent import COST_KEY, added
from airflow_provider_wan.links import tab_url
from airflow_provider_wan.notifications.entries import Entry, instance
from airflow_provider_wan.notifications.message import ITEMS, Outcome
from airflow_provider_wan.records import BATCH, FAILURE_KEY, REQUEST_KEY

if TYPE_CHECKING:
    from airflow.sdk import Context

log = logging.getLogger(__name__)

_PARTIAL = "partial_results"


def gather(context: Context, task_id: str | None = None) -> Outcome:
    """Collect what a task has left.

    A message is no reason to fail: what can't be had is left out, with a warning in the log.

    Args:
        context: Airflow's, of the task that tells, or of the task that a callback is about.
        task_id: The task to tell of, which has ended; None: the context's own.

    Returns:
        What there is. Of a mapped task it is about the instance beside which the context's own task runs, in a mapped
        task group; about all its instances otherwise.
    """
    ti: Any = context["ti"]
    if task_id is None or task_id == ti.task_id:
        return _own(context, ti)
    states = _states(ti, task_id)
    index = -1 if ti.map_index is None else ti.map_index
    if (beside := f"{task_id}_{index}") in states:
        return _one(ti, task_id, index, state=states[beside])
    if not states or task_id in states:
        return _one(ti, task_id, -1, state=states.get(task_id))
    return _all(ti, task_id, states)


def _own(context: Context, ti: Any) -> Outcome:
    error: Any = context.get("exception")
    index = -1 if ti.map_index is None else ti.map_index
    tries, most, state = (getattr(ti, name, None) for name in ("try_number", "max_tries", "state"))
    return _one(
        ti,
        ti.task_id,
        index,
        state=str(getattr(state, "value", state))
        if state
        else None,  # an enumeration, whose text has its class
        error=f"{type(error).__name__}: {error}" if error is not None else None,
        attempt=tries,
        attempts=most + 1 if isinstance(most, int) else None,
    )


def _one(ti: Any, task_id: str, map_index: int, *, state: str | None, **more: Any) -> Outcome:
    def pull(key: str) -> Any:
        return _pulled(ti, task_id, key, map_index)

    # Nothing is asked for that can't be there: Airflow logs an error for each XCom that isn't.
    failed = state in ("failed", "up_for_retry")
    request = _mapping(pull(REQUEST_KEY))
    result = None if failed else pull("return_value")
    failure = None if result is not None else _mapping(pull(FAILURE_KEY))
    if result is None and request is not None and request.get("function") == BATCH:
        result = pull(_PARTIAL)
    return Outcome(
        ti.dag_id,
        ti.run_id,
        task_id,
        map_index,
        state=state,
        result=result,
        failure=failure,
        cost=_mapping(pull(COST_KEY)),
        request=request,
        link=tab_url(ti.dag_id, ti.run_id, task_id, map_index),
        **more,
    )


def _all(ti: Any, task_id: str, states: Mapping[str, str]) -> Outcome:
    """Tell of all instances of a mapped task."""
    found = sorted((int(name.rpartition("_")[2]), state) for name, state in states.items())
    entries: list[Entry] = []
    asked = 0
    for index, state in found:
        failure = None
        if state == "failed" and asked < ITEMS:
            asked += 1
            failure = _mapping(_pulled(ti, task_id, FAILURE_KEY, index))
        entries.append(instance(index, state, failure))
    tab = tab_url(ti.dag_id, ti.run_id, task_id)
    return Outcome(
        ti.dag_id,
        ti.run_id,
        task_id,
        instances=entries,
        cost=_added(_pulled(ti, task_id, COST_KEY, None)),
        link=f"{tab.rpartition('/tasks/')[0]}/plugin/edits",
    )


def _states(ti: Any, task_id: str) -> Mapping[str, str]:
    """Return the states of a task's instances, by `task` or `task_index`; empty where they can't be had."""
    try:
        found = ti.get_task_states(dag_id=ti.dag_id, task_ids=[task_id], run_ids=[ti.run_id])
        return {
            str(name): str(state)
            for name, state in found.get(ti.run_id, {}).items()
            if name == task_id or name.removeprefix(f"{task_id}_").isdecimal()
        }
    except Exception as error:  # noqa: BLE001 -- whatever it is, the message goes without
        log.warning("The state of %s can't be had, so the message doesn't tell it: %s", task_id, error)
        return {}


def _pulled(ti: Any, task_id: str, key: str, map_index: int | None) -> Any:
    """Return an XCom, of all instances where `map_index` is None; None where there is none."""
    where = {} if map_index is None else {"map_indexes": map_index}
    try:
        return ti.xcom_pull(task_ids=task_id, key=key, **where)
    except Exception as error:  # noqa: BLE001 -- whatever it is, the message goes without
        log.warning("The XCom %s of %s can't be read, so the message lacks it: %s", key, task_id, error)
        return None


def _mapping(value: Any) -> Mapping[str, Any] | None:
    return value if isinstance(value, Mapping) else None


def _added(values: Any) -> Mapping[str, Any]:
    """Add up what instances have cost."""
    each = [
        value for value in (values if isinstance(values, list) else [values]) if isinstance(value, Mapping)
    ]
    return added(each)
