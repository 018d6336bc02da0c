"""An edit whose end is told to a Slack channel."""

from __future__ import annotations

import os

from airflow.providers.slack.notifications.slack_webhook import SlackWebhookNotifier
from airflow.sdk import DAG, Param

from airflow_provider_wan.notifications import slack
from airflow_provider_wan.operators import WanVideoEditOperator

# `make up` points these at its emulator and its folder. In your own DAG they are plain strings.
CLIP_URL = os.environ.get("WAN_EXAMPLE_CLIP_URL", "https://example.com/clips/big_buck_bunny.mp4")
OUTPUT_FOLDER = os.environ.get("WAN_EXAMPLE_OUTPUT_FOLDER", "s3://media-team/edits")

with DAG(
    dag_id="edit_and_tell_slack",
    schedule=None,
    tags=["wan", "video", "notification"],
    params={
        "prompt": Param("The same scene in the snow", type="string"),
        "output_folder": Param(
            OUTPUT_FOLDER, type="string", description="Any folder that Airflow can write to"
        ),
    },
    doc_md="""
    ### Edit a clip, and tell Slack what came of it

    The connection `slack_default` of type *Slack Incoming Webhook* says which channel is told.
    """,
) as dag:
    WanVideoEditOperator(
        task_id="edit",
        video_url=CLIP_URL,
        prompt="{{ params.prompt }}",
        resolution="720P",
        output_path="{{ params.output_folder }}/{{ run_id }}/snow.mp4",
        on_success_callback=SlackWebhookNotifier(**slack()),
        on_failure_callback=SlackWebhookNotifier(**slack()),
    )
