"""What the other tasks of a DAG run have submitted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_wan.jobs import JOB_KEY
from airflow_provider_wan.operators.base import WanOperator
from airflow_provider_wan.operators.batch import WanBatchEditOperator

if TYPE_CHECKING:
    from airflow.sdk import Context


def tasks_of_run(context: Context) -> list[str]:
    """Return the ids of a DAG run's tasks that submit edits."""
    kinds = (WanOperator, WanBatchEditOperator)
    return [task.task_id for task in context["dag"].tasks if issubclass(task.operator_class, kinds)]


def jobs_of_run(context: Context) -> set[str]:
    """Return the jobs that this DAG run's tasks have submitted; each task announces its own at once."""
    found = context["ti"].xcom_pull(task_ids=tasks_of_run(context), key=JOB_KEY) or ()
    jobs: set[str] = set()
    for one in found:
        jobs.update([one] if isinstance(one, str) else one or ())
    return jobs
