"""A film in pieces, on the connection, from the file and into the folder that the run's parameters name."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG

from airflow_provider_wan.long_edit import edit_long_video
from airflow_provider_wan.operators import WanVideoOutpaintingOperator, WanVideoRepaintingOperator
from tests.system import crashes
from tests.system.dags.edits_that_crash import PARAMS

FILM: dict[str, Any] = {
    "video_url": "{{ params.film }}",
    "work_path": "{{ params.folder }}work",
    "output_path": "{{ params.folder }}film.mp4",
    "max_cost": "{{ params.max_cost }}",
    "task_arguments": {
        "retries": 2,
        "retry_delay": timedelta(seconds=1),
        "pre_execute": crashes.arm_in_group,
    },
}
MORE: dict[str, Any] = {"film": "", "max_cost": "", "crash_at": ""}

with DAG("long_edit", params=PARAMS | MORE, max_active_runs=64, max_active_tasks=64):
    edit_long_video(
        group_id="film",
        edit=WanVideoOutpaintingOperator,
        arguments={
            "prompt": "wider",
            "left_scale": 1.5,
            "conn_id": "{{ params.conn_id }}",
            "prompt_extend": False,
        },
        piece_seconds=3,
        **FILM,
    )

with DAG("chained_edit", params=PARAMS | MORE, max_active_runs=64, max_active_tasks=64):
    edit_long_video(
        group_id="film",
        edit=WanVideoRepaintingOperator,
        arguments={"prompt": "clay", "control_condition": "depth", "conn_id": "{{ params.conn_id }}"},
        mode="chained",
        most_pieces=4,
        piece_seconds=3,
        **FILM,
    )
