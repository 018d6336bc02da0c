"""An edit that a person looks at before it is published."""

from __future__ import annotations

import os

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import DAG, Param

from airflow_provider_wan.operators import VideoContactSheetOperator, WanVideoEditOperator
from airflow_provider_wan.reviews import REVIEW_TIME, review_body
from airflow_provider_wan.transfers import WanResultToObjectStorageOperator

# `make up` points these at its emulator and its folder. In your own DAG they are plain strings.
CLIP_URL = os.environ.get("WAN_EXAMPLE_CLIP_URL", "https://example.com/clips/big_buck_bunny.mp4")
OUTPUT_FOLDER = os.environ.get("WAN_EXAMPLE_OUTPUT_FOLDER", "s3://media-team/edits")

with DAG(
    dag_id="edit_with_approval",
    schedule=None,
    tags=["wan", "video", "review"],
    params={
        "clip_url": Param(CLIP_URL, type="string", description="MP4 of 2 to 10 seconds"),
        "prompt": Param("The same scene on a rainy evening, wet grass, low light", type="string"),
        "output_folder": Param(
            OUTPUT_FOLDER, type="string", description="Any folder that Airflow can write to"
        ),
    },
    doc_md="""
    ### Publish what a person has approved

    1. `edit` makes the edit and lands nothing.
    2. `poster` draws a picture of some of its frames.
    3. `review` asks in *Required Actions*: it shows the picture, the cost and the way to the tab *Video*.
    4. `publish` lands the edit, once it is approved.

    The service keeps a result for 24 hours. Where nobody has answered after 12, that counts as a rejection.
    """,
) as dag:
    edit = WanVideoEditOperator(
        task_id="edit",
        video_url="{{ params.clip_url }}",
        prompt="{{ params.prompt }}",
        resolution="720P",
    )

    poster = VideoContactSheetOperator(
        task_id="poster",
        video_url=edit.output["video_url"],
        output_path="{{ params.output_folder }}/{{ run_id }}/poster.png",
        columns=2,
        rows=2,
        width=600,
    )

    review = ApprovalOperator(
        task_id="review",
        subject="Publish this edit?",
        body=review_body("edit", "poster"),
        defaults=ApprovalOperator.REJECT,
        response_timeout=REVIEW_TIME,
    )

    publish = WanResultToObjectStorageOperator(
        task_id="publish",
        result=edit.output,
        output_path="{{ params.output_folder }}/{{ run_id }}/published.mp4",
    )

    poster >> review >> publish
