"""Starts when another DAG's edit has landed, and makes a portrait of it for phones."""

from __future__ import annotations

import os
from typing import Any

from airflow.sdk import DAG, Asset, Param, task

from airflow_provider_wan.operators import WanVideoOutpaintingOperator

# `make up` points these at its own disk. In your own DAG they are plain strings.
SOURCE = os.environ.get("WAN_EXAMPLE_SOURCE", "s3://aws_default@media-team/raw/big_buck_bunny.mp4")
OUTPUT_FOLDER = os.environ.get("WAN_EXAMPLE_OUTPUT_FOLDER", "s3://aws_default@media-team/edits")

with DAG(
    dag_id="edit_when_landed",
    schedule=[Asset(name="edited_clip", uri="s3://media-team/edits/ink")],
    tags=["wan", "video"],
    params={
        "clip": Param(SOURCE, type="string", description="What to edit in a run that a person starts"),
        "output_folder": Param(
            OUTPUT_FOLDER, type="string", description="Any folder that Airflow can write to"
        ),
    },
    doc_md="""
    ### Edit what has landed

    The asset's event says where the clip is and what it cost. One run may answer several events, so the edit is
    mapped over them.
    """,
) as dag:

    @task
    def landed_clips(triggering_asset_events: Any = None, params: Any = None) -> list[str]:
        """Return where the clips are that this run is about."""
        events = [event for found in (triggering_asset_events or {}).values() for event in found]
        return [event.extra["output_path"] for event in events] or [params["clip"]]

    WanVideoOutpaintingOperator.partial(
        task_id="portrait",
        prompt="The meadow goes on above and below, in the same brush strokes",
        top_scale=1.5,
        bottom_scale=1.5,
        prompt_extend=False,
        output_path="{{ params.output_folder }}/portrait/",
    ).expand(video_url=landed_clips())
