"""What a deferred task waits for, as seen from a trigger that is being ended."""

from __future__ import annotations

import asyncio
from typing import Any

from airflow.sdk import TaskInstanceState

from airflow_provider_wan.jobs import JOB_KEY


async def jobs_still_awaited(ti: Any) -> frozenset[str]:
    """Return the jobs that a task still waits for in a triggerer; none if a person has ended it.

    The state alone doesn't tell: after a clear, the next attempt may be deferred already, on jobs of its own.
    In a thread each, because Airflow offers no asynchronous way to ask.
    """
    # Only a running triggerer has these, and only 3.3 and later call on_kill at all.
    from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance
    from airflow.sdk.execution_time.xcom import XCom

    if ti is None:
        return frozenset()
    states = await asyncio.to_thread(
        RuntimeTaskInstance.get_task_states,
        dag_id=ti.dag_id,
        map_index=ti.map_index,
        task_ids=[ti.task_id],
        run_ids=[ti.run_id],
    )
    name = ti.task_id if ti.map_index < 0 else f"{ti.task_id}_{ti.map_index}"
    if states.get(ti.run_id, {}).get(name) != TaskInstanceState.DEFERRED:
        return frozenset()
    told = await asyncio.to_thread(
        XCom.get_one,
        key=JOB_KEY,
        dag_id=ti.dag_id,
        task_id=ti.task_id,
        run_id=ti.run_id,
        map_index=ti.map_index,
    )
    return frozenset([told] if isinstance(told, str) else told or ())
