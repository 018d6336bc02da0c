"""One edit per run, on the connection, into the folder and with the crash that the run's parameters name."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG

from airflow_provider_wan.operators import WanVideoRepaintingOperator
from tests.system import crashes

PARAMS: dict[str, Any] = {"conn_id": "none", "folder": "/nowhere/", "crash": "", "prompt": "Clay"}
EDIT: dict[str, Any] = {
    "task_id": "edit",
    "video_url": "https://example.com/clip.mp4",
    "control_condition": "depth",
    "conn_id": "{{ params.conn_id }}",
    "output_path": "{{ params.folder }}",
    "retry_delay": timedelta(seconds=1),
    "pre_execute": crashes.arm,
}
VARIANTS: dict[str, dict[str, Any]] = {
    "edit": {"retries": 2},
    "edit_without_retries": {"retries": 0},
    "edit_on_worker": {"retries": 2, "deferrable": False},
    "edit_resubmitting": {"retries": 2, "on_unknown_submit": "resubmit"},
    "edit_with_deadline": {"retries": 2, "timeout": timedelta(seconds=40)},
    "edit_not_cancelling": {"retries": 2, "cancel_on_kill": False},
    "edit_ending_in_triggerer": {"retries": 2, "output_path": None, "end_in_triggerer": True},
}

for dag_id, options in VARIANTS.items():
    with DAG(dag_id, params=PARAMS, max_active_runs=64, max_active_tasks=64):
        WanVideoRepaintingOperator(prompt="{{ params.prompt }}", **EDIT | options)

# The same edit twice: neither prompt nor model tells their jobs apart.
with DAG("edit_mapped", params=PARAMS, max_active_runs=64, max_active_tasks=64):
    WanVideoRepaintingOperator.partial(**EDIT, retries=2).expand(prompt=["Clay", "Clay"])
