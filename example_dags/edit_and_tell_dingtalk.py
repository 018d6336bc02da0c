"""Edits of which a DingTalk group is told: of all of them at the end, and of each that fails as soon as it has."""

from __future__ import annotations

import os

from airflow.providers.dingding.hooks.dingding import DingdingHook
from airflow.providers.dingding.operators.dingding import DingdingOperator
from airflow.sdk import DAG, Context, Param

from airflow_provider_wan.notifications import dingtalk, filled
from airflow_provider_wan.operators import WanVideoEditOperator

# `make up` points these at its emulator and its folder. In your own DAG they are plain strings.
CLIP_URL = os.environ.get("WAN_EXAMPLE_CLIP_URL", "https://example.com/clips/big_buck_bunny.mp4")
OUTPUT_FOLDER = os.environ.get("WAN_EXAMPLE_OUTPUT_FOLDER", "s3://media-team/edits")


def tell_of_failure(context: Context) -> None:
    """The provider for DingTalk has no notifier, so its hook sends what a notifier would."""
    DingdingHook(**filled(dingtalk(), context)).send()


with DAG(
    dag_id="edit_and_tell_dingtalk",
    schedule=None,
    tags=["wan", "video", "notification"],
    params={
        "output_folder": Param(
            OUTPUT_FOLDER, type="string", description="Any folder that Airflow can write to"
        ),
    },
    doc_md="""
    ### Edit a clip in several ways, and tell DingTalk what came of it

    The connection `dingding_default` holds the robot's token. A robot that asks for a keyword may have `Wan`.
    """,
) as dag:
    edits = WanVideoEditOperator.partial(
        task_id="edit",
        video_url=CLIP_URL,
        resolution="720P",
        output_path="{{ params.output_folder }}/{{ run_id }}/",
        on_failure_callback=tell_of_failure,
    ).expand(prompt=["The same scene in the snow", "The same scene at night"])

    # A teardown runs whatever has become of the edits, and whether the run has failed is still up to them.
    DingdingOperator(task_id="tell", **dingtalk(edits)).as_teardown()
