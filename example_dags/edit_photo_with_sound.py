"""A photo moves to a sound, then the clip is edited and keeps that sound."""

from __future__ import annotations

import os

from airflow.sdk import DAG, Param

from airflow_provider_wan.operators import WanImageToVideoOperator, WanVideoEditOperator

# `make up` points these at its own disk. In your own DAG they are plain strings.
PHOTO = os.environ.get("WAN_EXAMPLE_PHOTO", "s3://aws_default@media-team/raw/big_buck_bunny.jpg")
SOUND = os.environ.get("WAN_EXAMPLE_SOUND", "s3://aws_default@media-team/raw/big_buck_bunny.mp3")
OUTPUT_FOLDER = os.environ.get("WAN_EXAMPLE_OUTPUT_FOLDER", "s3://aws_default@media-team/edits")

with DAG(
    dag_id="edit_photo_with_sound",
    schedule=None,
    tags=["wan", "video"],
    params={
        "photo": Param(PHOTO, type="string", description="JPEG, PNG, BMP or WEBP in any storage"),
        "sound": Param(SOUND, type="string", description="WAV or MP3 of 3 to 30 seconds in any storage"),
        "output_folder": Param(
            OUTPUT_FOLDER, type="string", description="Any folder that Airflow can write to"
        ),
    },
    doc_md="""
    ### From a photo to an edited clip with sound

    1. `move` makes a clip of five seconds that begins with the photo and carries the sound.
    2. `snow` edits it by instruction. With `audio_setting` `origin` the sound stays as it is.

    Both ask for 720P; left to itself the service renders, and bills, 1080P.
    """,
) as dag:
    move = WanImageToVideoOperator(
        task_id="move",
        img_url="{{ params.photo }}",
        audio_url="{{ params.sound }}",
        prompt="The rabbit looks around and yawns",
        resolution="720P",
        output_path="{{ params.output_folder }}/{{ run_id }}/moving.mp4",
    )
    WanVideoEditOperator(
        task_id="snow",
        video_url=move.output["output_path"],
        prompt="Snow falls on the meadow",
        audio_setting="origin",
        resolution="720P",
        output_path="{{ params.output_folder }}/{{ run_id }}/snow.mp4",
    )
