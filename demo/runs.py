"""Runs a DAG to its end."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from demo.airflow_api import AirflowApi
from demo.errors import DemoError
from demo.follow import Progress, follow
from demo.logs import task_log
from demo.stack import Stack


def run_to_end(
    stack: Stack,
    api: AirflowApi,
    dag_id: str,
    run_id: str,
    conf: dict[str, Any],
    *,
    tasks: Sequence[str],
    limit: float,
) -> None:
    """Trigger a DAG, show how far it is, and return once it has succeeded.

    Args:
        stack: What has to stay up meanwhile.
        api: Airflow.
        dag_id: The DAG.
        run_id: Id of the run.
        conf: Its parameters.
        tasks: Its tasks, first to last.
        limit: Seconds it may take.

    Raises:
        DemoError: A task failed, with the end of its log; or it took longer.
    """
    api.trigger(dag_id, run_id, conf)

    def look() -> tuple[str, Mapping[str, str | None]]:
        stack.check()
        return api.run_state(dag_id, run_id), api.task_states(dag_id, run_id)

    state, states = follow(look, tasks, Progress(sys.stdout), limit)
    if state != "success":
        failed = [
            task for task in tasks if "failed" in (states.get(task) or "").replace("upstream_failed", "")
        ]
        logs = [task_log(stack.settings.airflow_home, dag_id, run_id, task) for task in failed]
        raise DemoError("\n\n".join([f"Failed: {', '.join(failed) or state}.", *logs]))
