"""A chain with a retry, a batch with a failure, a task that fails after its job was paid, and one whose job fails."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, Param

from airflow_provider_wan.operators import (
    WanBatchEditOperator,
    WanTextToVideoOperator,
    WanVideoEditOperator,
    WanVideoRepaintingOperator,
)

PARAMS: dict[str, Any] = {"conn_id": Param("nobody", type="string"), "folder": "/nowhere/"}
ACCOUNT: dict[str, Any] = {"conn_id": "{{ params.conn_id }}"}

with DAG("edit_costs", params=PARAMS):
    first = WanVideoRepaintingOperator(
        task_id="first",
        video_url="https://example.com/clip.mp4",
        prompt="Ink",
        control_condition="depth",
        retries=1,
        retry_delay=timedelta(seconds=1),
        **ACCOUNT,
    )
    wider = {"function": "video_outpainting", "prompt": "Wide", "left_scale": 1.5}
    rainy = {"function": "videoedit", "prompt": "Rain", "resolution": "720P"}
    batch = WanBatchEditOperator(
        task_id="batch",
        on_failure="skip",
        requests=[
            {**wider, "video_url": first.output["video_url"]},
            {**rainy, "video_url": first.output["video_url"]},
            {"function": "image_to_video", "prompt": "Rejected", "img_url": "https://example.com/a.png"},
        ],
        **ACCOUNT,
    )
    last = WanVideoEditOperator(
        task_id="last",
        video_url=first.output["video_url"],
        prompt="Snow",
        output_path="{{ params.folder }}",
        **ACCOUNT,
    )
    WanTextToVideoOperator(task_id="rejected", prompt="Refused", **ACCOUNT)
    batch >> last
