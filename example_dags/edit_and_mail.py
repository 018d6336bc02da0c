"""An edit whose end is mailed: with a picture of it, or with the reason why there is none."""

from __future__ import annotations

import os

from airflow.providers.smtp.notifications.smtp import SmtpNotifier
from airflow.providers.smtp.operators.smtp import EmailOperator
from airflow.sdk import DAG, Param

from airflow_provider_wan.notifications import mail
from airflow_provider_wan.operators import VideoContactSheetOperator, WanVideoEditOperator

# `make up` points these at its emulator and its folder. In your own DAG they are plain strings.
CLIP_URL = os.environ.get("WAN_EXAMPLE_CLIP_URL", "https://example.com/clips/big_buck_bunny.mp4")
OUTPUT_FOLDER = os.environ.get("WAN_EXAMPLE_OUTPUT_FOLDER", "s3://media-team/edits")

with DAG(
    dag_id="edit_and_mail",
    schedule=None,
    tags=["wan", "video", "notification"],
    params={
        "prompt": Param("The same scene in the snow", type="string"),
        "output_folder": Param(
            OUTPUT_FOLDER, type="string", description="Any folder that Airflow can write to"
        ),
        "recipient": Param("team@example.com", type="string", description="Who gets the mail"),
    },
    doc_md="""
    ### Edit a clip, and mail what came of it

    A finished edit is mailed by the task `tell`, with the contact sheet that `sheet` draws. One that fails, or that is
    to be tried again, is mailed by the edit's own callbacks: the code, what was spent and what to do next.
    """,
) as dag:
    edit = WanVideoEditOperator(
        task_id="edit",
        video_url=CLIP_URL,
        prompt="{{ params.prompt }}",
        resolution="720P",
        output_path="{{ params.output_folder }}/{{ run_id }}/snow.mp4",
        on_failure_callback=SmtpNotifier(to="{{ params.recipient }}", **mail()),
        on_retry_callback=SmtpNotifier(to="{{ params.recipient }}", **mail()),
    )

    sheet = VideoContactSheetOperator(
        task_id="sheet",
        video_url=edit.output["output_path"],
        output_path="{{ params.output_folder }}/{{ run_id }}/snow.png",
        columns=3,
        rows=2,
        width=1040,  # mails show it at half of that, sharp on fine screens
    )

    EmailOperator(task_id="tell", to="{{ params.recipient }}", **mail(edit, poster=sheet))
