"""The same edit for a list of clips, as many at a time as the account can run."""

from __future__ import annotations

import os
from decimal import Decimal
from typing import Any

from airflow.sdk import DAG, Param, task

from airflow_provider_wan.operators import WanVideoEditOperator

# `make up` points these at its emulator and its folder. In your own DAG they are plain strings.
CLIP_URL = os.environ.get("WAN_EXAMPLE_CLIP_URL", "https://example.com/clips/big_buck_bunny.mp4")
OUTPUT_FOLDER = os.environ.get("WAN_EXAMPLE_OUTPUT_FOLDER", "s3://media-team/edits")

with DAG(
    dag_id="edit_many_clips",
    schedule=None,
    tags=["wan", "video"],
    params={
        "clip_urls": Param(
            [CLIP_URL] * 3, type="array", items={"type": "string"}, description="One edit for each"
        ),
        "prompt": Param("The same scene on a rainy evening, wet grass, low light", type="string"),
        "output_folder": Param(
            OUTPUT_FOLDER, type="string", description="Any folder that Airflow can write to"
        ),
    },
    doc_md="""
    ### Edit many clips

    One mapped task for each clip. The pool `wan_edits` holds back what the account can't run yet. An edit
    that waits is deferred, and a pool doesn't count deferred tasks unless told to, so make it like this:

        airflow pools set wan_edits 2 "Edits running at the service" --include-deferred

    The right number is the model's own limit of running jobs: 2 for the VACE functions, 5 for
    `wan2.7-videoedit`.
    """,
) as dag:

    @task
    def list_clips(**context: Any) -> list[str]:
        """Return the clips to edit; in your own DAG perhaps the listing of a bucket."""
        return list(context["params"]["clip_urls"])

    edits = WanVideoEditOperator.partial(
        task_id="edit",
        pool="wan_edits",
        prompt="{{ params.prompt }}",
        resolution="720P",
        output_path="{{ params.output_folder }}/{{ run_id }}/{{ ti.map_index }}.mp4",
    ).expand(video_url=list_clips())

    @task
    def add_up(results: list[dict[str, Any]]) -> str:
        """Return what all the edits cost together."""
        total = sum((Decimal(edit["cost"]["amount"]) for edit in results if edit["cost"]), Decimal(0))
        return f"{len(results)} clips, {total} CNY"

    add_up(edits.output)
