"""The example DAGs with a review, each on the account that its run names; and an edit with links."""

from __future__ import annotations

import runpy
from pathlib import Path

from airflow.sdk import DAG, Param

from airflow_provider_wan.operators import WanVideoEditOperator

EXAMPLES = Path(__file__).parents[3] / "example_dags"
NAMES = "edit_with_approval", "edit_best_of", "edit_until_approved"
CONN_ID = Param("nobody", type="string")

for name in NAMES:
    dag = runpy.run_path(str(EXAMPLES / f"{name}.py"))["dag"]
    dag.params = {**dag.params, "conn_id": CONN_ID}
    for task in dag.tasks:
        if hasattr(task, "conn_id"):
            task.conn_id = "{{ params.conn_id }}"
    globals()[name] = dag


with DAG("edit_with_links", params={"conn_id": CONN_ID, "clip_url": "https://example.com/a.mp4"}):
    WanVideoEditOperator.partial(
        task_id="edit", conn_id="{{ params.conn_id }}", video_url="{{ params.clip_url }}"
    ).expand(prompt=["Clay"])
