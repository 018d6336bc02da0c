"""From a private bucket to a private bucket; where the result lands, an asset tells the DAGs that wait for it."""

from __future__ import annotations

import os

from airflow.sdk import DAG, Asset, Param

from airflow_provider_wan.operators import WanVideoRepaintingOperator

# `make up` points these at a clip on its own disk and at its folder. In your own DAG they are plain strings, with the
# id of the connection that may read the bucket before the @.
SOURCE = os.environ.get("WAN_EXAMPLE_SOURCE", "s3://aws_default@media-team/raw/big_buck_bunny.mp4")
OUTPUT_FOLDER = os.environ.get("WAN_EXAMPLE_OUTPUT_FOLDER", "s3://aws_default@media-team/edits")

EDITED = Asset(name="edited_clip", uri="s3://media-team/edits/ink")

with DAG(
    dag_id="edit_bucket_to_bucket",
    schedule=None,
    tags=["wan", "video"],
    params={
        "source": Param(SOURCE, type="string", description="MP4 of at most 5 seconds in any storage"),
        "output_folder": Param(
            OUTPUT_FOLDER, type="string", description="Any folder that Airflow can write to"
        ),
    },
    doc_md="""
    ### From bucket to bucket

    Neither bucket is public. The clip is given to the service by an address that is signed for four hours; where a
    storage can't sign, it is uploaded to the service's temporary storage instead. Before that its head is read and
    held against the model's limits. The result is landed beside the others, and the asset `edited_clip` says where:
    the DAG `edit_when_landed` starts then.
    """,
) as dag:
    WanVideoRepaintingOperator(
        task_id="ink",
        video_url="{{ params.source }}",
        prompt="A giant rabbit drawn in ink on rice paper stretches on a meadow of brush strokes",
        control_condition="scribble",
        prompt_extend=False,
        output_path="{{ params.output_folder }}/{{ run_id }}/",
        outlets=[EDITED],
    )
