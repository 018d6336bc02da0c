"""The same edits in two ways: one mapped task for each, and one task for all of them."""

from __future__ import annotations

import os
from datetime import timedelta

from airflow.sdk import DAG

from airflow_provider_wan.operators import WanBatchEditOperator, WanVideoEditOperator
from airflow_provider_wan.retries import WAN_RETRY_POLICY

CLIP = os.environ["WAN_EXAMPLE_CLIP_URL"]
FOLDER = os.environ["WAN_EXAMPLE_OUTPUT_FOLDER"]
EDITS = range(int(os.environ["AT_SCALE_EDITS"]))
LOSSES = {
    "retries": 3,
    "retry_policy": WAN_RETRY_POLICY,
    "retry_delay": timedelta(seconds=5),  # for losses that the policy doesn't know: a worker died
}

with DAG("mapped", schedule=None, max_active_tasks=32):
    WanVideoEditOperator.partial(
        task_id="edit", video_url=CLIP, output_path=f"{FOLDER}/mapped/", **LOSSES
    ).expand(prompt=[f"mapped {number}: make it snow" for number in EDITS])

with DAG("batch", schedule=None):
    WanBatchEditOperator(
        task_id="edit",
        output_path=f"{FOLDER}/batch/",
        requests=[
            {"function": "videoedit", "video_url": CLIP, "prompt": f"batch {number}: make it snow"}
            for number in EDITS
        ],
        **LOSSES,
    )
