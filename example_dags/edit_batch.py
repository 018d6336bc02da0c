"""The same edit for a whole list of clips in one task, for lists too long to map."""

from __future__ import annotations

import os
from decimal import Decimal
from typing import Any

from airflow.sdk import DAG, Param, task

from airflow_provider_wan.operators import WanBatchEditOperator

# `make up` points these at its emulator and its folder. In your own DAG they are plain strings.
CLIP_URL = os.environ.get("WAN_EXAMPLE_CLIP_URL", "https://example.com/clips/big_buck_bunny.mp4")
OUTPUT_FOLDER = os.environ.get("WAN_EXAMPLE_OUTPUT_FOLDER", "s3://media-team/edits")

with DAG(
    dag_id="edit_batch",
    schedule=None,
    tags=["wan", "video"],
    params={
        "clip_urls": Param(
            [CLIP_URL] * 3, type="array", items={"type": "string"}, description="One edit for each"
        ),
        "prompt": Param("A wide stage with a painted forest on both sides", type="string"),
        "output_folder": Param(
            OUTPUT_FOLDER, type="string", description="Any folder that Airflow can write to"
        ),
    },
    doc_md="""
    ### Edit a whole list in one task

    `edit` submits as many edits as the account has room for, waits without holding a worker, lands what has
    ended, and submits more. It needs no pool. An edit that fails doesn't stop the others: its place in the
    results says what went wrong (`on_failure="skip"`).
    """,
) as dag:

    @task
    def plan_edits(**context: Any) -> list[dict[str, Any]]:
        """Return the edits: plain mappings with the fields of the service, and which kind of edit it is."""
        return [
            {
                "function": "video_outpainting",
                "video_url": url,
                "prompt": context["params"]["prompt"],
                "left_scale": 1.25,
                "right_scale": 1.25,
            }
            for url in context["params"]["clip_urls"]
        ]

    edits = WanBatchEditOperator(
        task_id="edit",
        requests=plan_edits(),
        output_path="{{ params.output_folder }}/{{ run_id }}/",
        on_failure="skip",
    )

    @task
    def add_up(results: list[dict[str, Any]]) -> str:
        """Return how many edits are done and what they cost together."""
        done = [edit for edit in results if "error" not in edit]
        total = sum((Decimal(edit["cost"]["amount"]) for edit in done if edit["cost"]), Decimal(0))
        return f"{len(done)} of {len(results)} clips, {total} CNY"

    add_up(edits.output)
