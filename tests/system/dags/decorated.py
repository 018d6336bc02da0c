"""An edit whose function draws another prompt each time it is called."""

from __future__ import annotations

import uuid

from airflow.sdk import DAG, task

from airflow_provider_wan.dashscope.requests import VideoRepainting
from tests.system.dags.edits_that_crash import EDIT, PARAMS

OPTIONS = {name: EDIT[name] for name in ("task_id", "conn_id", "output_path", "retry_delay", "pre_execute")}

with DAG("edit_decorated", params=PARAMS, max_active_runs=64, max_active_tasks=64):

    @task.wan_edit(**OPTIONS, retries=2)
    def edit(clip: str, run_id: str | None = None) -> VideoRepainting:
        return VideoRepainting(
            prompt=f"Clay {uuid.uuid4().hex} {run_id}", video_url=clip, control_condition="depth"
        )

    edit(EDIT["video_url"])
