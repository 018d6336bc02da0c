"""A landscape film of any length becomes a portrait one for phones, under its own sound."""

from __future__ import annotations

import os

from airflow.sdk import DAG, Param

from airflow_provider_wan.long_edit import edit_long_video
from airflow_provider_wan.operators import VideoContactSheetOperator, WanVideoOutpaintingOperator

# `make up` points these at a film on its own disk and at its folder. In your own DAG they are plain strings, with the
# id of the connection that may read the bucket before the @.
FILM = os.environ.get("WAN_EXAMPLE_FILM", "s3://aws_default@media-team/raw/film.mp4")
OUTPUT_FOLDER = os.environ.get("WAN_EXAMPLE_OUTPUT_FOLDER", "s3://aws_default@media-team/edits")

with DAG(
    dag_id="edit_long_film",
    schedule=None,
    tags=["wan", "video"],
    params={
        "film": Param(FILM, type="string", description="Video of any length, in any storage"),
        "output_folder": Param(
            OUTPUT_FOLDER, type="string", description="Any folder that Airflow can write to"
        ),
        "max_cost": Param(60, type="number", description="Most that the edits may cost, in CNY"),
    },
    default_args={"retries": 1},
    doc_md="""
    ### Portrait from landscape, a film longer than five seconds

    The film is cut into pieces of at most 5 seconds. Each is painted further above and below by a job of its own, as
    many at once as the account runs; the pieces are joined again, and the film's sound is put back under them. The log
    of `prepare` says what it will cost before anything is submitted, and `max_cost` is the limit. A piece that fails is
    retried alone, and clearing the run pays nothing again that is landed.
    """,
) as dag:
    portrait = edit_long_video(
        group_id="portrait",
        video_url="{{ params.film }}",
        edit=WanVideoOutpaintingOperator,
        arguments={
            "prompt": "The same meadow under a wide sky, grass and flowers in front",
            "top_scale": 2.0,
            "bottom_scale": 2.0,
            "prompt_extend": False,
        },
        work_path="{{ params.output_folder }}/{{ run_id }}/work",
        output_path="{{ params.output_folder }}/{{ run_id }}/portrait.mp4",
        max_cost="{{ params.max_cost }}",
    )
    VideoContactSheetOperator(
        task_id="sheet",
        video_url=portrait.output["output_path"],
        output_path="{{ params.output_folder }}/{{ run_id }}/portrait.png",
        title="Portrait",
    )
