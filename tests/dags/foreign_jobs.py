"""Jobs from elsewhere, mapped: waited for, landed, and told of by an asset and by an asset for each file."""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG, Asset, AssetAlias, Param, task

from airflow_provider_wan.operators import WanCancelTaskOperator
from airflow_provider_wan.sensors import WanTaskSensor
from airflow_provider_wan.transfers import WanResultToObjectStorageOperator

with DAG(
    "foreign_jobs",
    params={"jobs": Param([], type="array"), "folder": Param("/nowhere/", type="string")},
):

    @task
    def jobs(params: Any = None) -> list[str]:
        return list(params["jobs"])

    wait = WanTaskSensor.partial(task_id="wait", soft_fail=True).expand(wan_task_id=jobs())
    WanResultToObjectStorageOperator.partial(
        task_id="land",
        output_path="{{ params.folder }}",
        trigger_rule="none_failed",
        outlets=[Asset(name="foreign_clips", uri="s3://films/foreign"), AssetAlias("foreign_files")],
    ).expand(result=wait.output)

with DAG("cancel_foreign_jobs", params={"jobs": Param([], type="array")}, render_template_as_native_obj=True):
    WanCancelTaskOperator(task_id="cancel", wan_task_id="{{ params.jobs }}")
