"""One clip, one edit: the smallest DAG there is."""

from __future__ import annotations

import os

from airflow.sdk import DAG

from airflow_provider_wan.operators import WanVideoEditOperator

# `make up` points these at its emulator and its folder. In your own DAG they are plain strings.
CLIP_URL = os.environ.get("WAN_EXAMPLE_CLIP_URL", "https://example.com/clips/big_buck_bunny.mp4")
OUTPUT_FOLDER = os.environ.get("WAN_EXAMPLE_OUTPUT_FOLDER", "s3://media-team/edits")

with DAG(
    dag_id="edit_one_clip",
    schedule=None,
    tags=["wan", "video"],
    doc_md="""
    ### Edit one clip

    Says in words what should change (model `wan2.7-videoedit`), waits without holding a worker slot, and
    puts the finished MP4 into the output folder. The clip is 2 to 10 seconds long and at an address that
    the service can reach.
    """,
) as dag:
    WanVideoEditOperator(
        task_id="edit",
        video_url=CLIP_URL,
        prompt="Turn the scene into a watercolour painting, in soft morning light",
        resolution="720P",
        output_path=f"{OUTPUT_FOLDER}/watercolour.mp4",
    )
