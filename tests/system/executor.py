"""Airflow's local executor without a race of its own that takes attempts from tasks."""

from __future__ import annotations

from typing import Any

from airflow.executors.local_executor import LocalExecutor
from airflow.utils.state import TaskInstanceState


class OrderlyExecutor(LocalExecutor):
    """Lets a deferred task go on only when it has heard that the process which deferred the task has ended.

    Airflow's doesn't wait for that. If the trigger fires within the same round of the scheduler, that news comes when
    the task is queued already; the scheduler then takes it for killed and gives it another attempt ("finished with
    state success, but the task instance's state attribute is queued"). On a slow machine that befell 7 of 60 edits
    which ended as soon as they were waited for, and the tests count attempts.
    """

    def start(self) -> None:
        """Start the workers."""
        self._at_work: set[Any] = set()
        super().start()

    def order_queued_tasks_by_priority(self) -> list[tuple[Any, Any]]:
        """Leave out the tasks that still have a process."""
        queued = super().order_queued_tasks_by_priority()
        return [(key, task) for key, task in queued if key not in self._at_work]

    def _process_workloads(self, workload_list: Any) -> None:
        self._at_work.update(workload.key for workload in workload_list)
        super()._process_workloads(workload_list)  # type: ignore[no-untyped-call]

    def change_state(self, key: Any, state: Any, *args: Any, **kwargs: Any) -> None:
        """Hear of an end."""
        if state in (TaskInstanceState.SUCCESS, TaskInstanceState.FAILED):
            self._at_work.discard(key)
        super().change_state(key, state, *args, **kwargs)
