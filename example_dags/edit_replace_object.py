"""An object is replaced through a whole film, by a mask that follows it; a check stands before the publication."""

from __future__ import annotations

import os

from airflow.sdk import DAG, Param

from airflow_provider_wan.long_edit import edit_long_video
from airflow_provider_wan.operators import VideoCheckOperator, VideoComparisonOperator, WanLocalEditOperator

# `make up` points these at a film on its own disk and at its folder. In your own DAG they are plain strings, with the
# id of the connection that may read the bucket before the @.
FILM = os.environ.get("WAN_EXAMPLE_FILM", "s3://aws_default@media-team/raw/film.mp4")
OUTPUT_FOLDER = os.environ.get("WAN_EXAMPLE_OUTPUT_FOLDER", "s3://aws_default@media-team/edits")

# Where the object is at some times, as shares of the picture; in between it moves evenly. The service follows it
# within each piece, so a few places are enough.
WHERE = {
    "kind": "moving",
    "keys": {
        "0": {"kind": "rectangle", "left": 0.05, "top": 0.3, "width": 0.35, "height": 0.6, "unit": "share"},
        "10": {"kind": "rectangle", "left": 0.3, "top": 0.2, "width": 0.35, "height": 0.6, "unit": "share"},
    },
}

with DAG(
    dag_id="edit_replace_object",
    schedule=None,
    tags=["wan", "video"],
    params={
        "film": Param(FILM, type="string", description="Video of any length, in any storage"),
        "output_folder": Param(
            OUTPUT_FOLDER, type="string", description="Any folder that Airflow can write to"
        ),
        "prompt": Param("A bear made of blue wool stretches in the morning", type="string"),
        "max_cost": Param(60, type="number", description="Most that the edits may cost, in CNY"),
    },
    default_args={"retries": 1},
    doc_md="""
    ### Replace an object through a whole film

    The film is cut into pieces of at most 5 seconds. For each a mask is drawn that shows where the object is when the
    piece begins, and the service follows it from there. The joined film is checked, for black, frozen and missing
    parts, before anything else may be done with it; the comparison shows before and after side by side.
    """,
) as dag:
    replaced = edit_long_video(
        group_id="replace",
        video_url="{{ params.film }}",
        edit=WanLocalEditOperator,
        arguments={"prompt": "{{ params.prompt }}", "mask_type": "tracking", "prompt_extend": False},
        mask=WHERE,
        work_path="{{ params.output_folder }}/{{ run_id }}/work",
        output_path="{{ params.output_folder }}/{{ run_id }}/replaced.mp4",
        max_cost="{{ params.max_cost }}",
    )
    check = VideoCheckOperator(
        task_id="check",
        video_url=replaced.output["output_path"],
        reference_url="{{ params.film }}",
        expect={"sound": True, "rate": 30, "max_black_seconds": 0.5},
        picture_path="{{ params.output_folder }}/{{ run_id }}/fault.png",
    )
    check >> VideoComparisonOperator(
        task_id="compare",
        before_url="{{ params.film }}",
        after_url=replaced.output["output_path"],
        output_path="{{ params.output_folder }}/{{ run_id }}/before-and-after.mp4",
    )
