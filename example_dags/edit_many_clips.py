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

    One mapped task for each clip. An account runs only some jobs at a time, so each edit waits until there is
    room for its job; its log says why and for how long. Where there are many, `airflow wan pools` makes pools
    that hold them back before they take a worker.
    """,
) as dag:

    @task
    def list_clips(**context: Any) -> list[str]:
        """Return the clips to edit; in your own DAG perhaps the listing of a bucket."""
        return list(context["params"]["clip_urls"])

    edits = WanVideoEditOperator.partial(
        task_id="edit",
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
