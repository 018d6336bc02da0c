"""Waits for a job that another program has submitted, and brings its result home."""

from __future__ import annotations

import os

from airflow.sdk import DAG, Param

from airflow_provider_wan.sensors import WanTaskSensor
from airflow_provider_wan.transfers import WanResultToObjectStorageOperator

# `make up` points this at its folder. In your own DAG it is a plain string.
OUTPUT_FOLDER = os.environ.get("WAN_EXAMPLE_OUTPUT_FOLDER", "s3://aws_default@media-team/edits")

with DAG(
    dag_id="edit_foreign_job",
    schedule=None,
    tags=["wan", "video"],
    params={
        "job": Param(
            "00000000-0000-0000-0000-000000000000",
            type="string",
            description="task_id of a job of this account, at most 24 hours old",
        ),
        "output_folder": Param(
            OUTPUT_FOLDER, type="string", description="Any folder that Airflow can write to"
        ),
    },
    doc_md="""
    ### A job from elsewhere

    Submitted by another program or in the console, it is the account's all the same. The sensor waits for it in the
    triggerer and costs nothing; a job that doesn't come to a result skips what follows, because of `soft_fail`.
    """,
) as dag:
    wait = WanTaskSensor(task_id="wait", wan_task_id="{{ params.job }}", timeout=4 * 3600, soft_fail=True)
    wait >> WanResultToObjectStorageOperator(
        task_id="land", wan_task_id="{{ params.job }}", output_path="{{ params.output_folder }}/elsewhere/"
    )
