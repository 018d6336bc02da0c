"""Each week the clips of a folder are edited, and a mail shows all of them in one picture, with what they cost."""

from __future__ import annotations

import os
import tempfile
from decimal import Decimal
from html import escape
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, ObjectStoragePath, Param, task

from airflow_provider_wan.operators import (
    VideoConcatenateOperator,
    VideoContactSheetOperator,
    WanVideoRepaintingOperator,
)

# `make up` points these at its own media and its folder. In your own DAG they are plain strings, with the id of the
# connection that may read the bucket before the @.
CLIPS = os.environ.get("WAN_EXAMPLE_CLIPS", "s3://aws_default@media-team/raw/")
OUTPUT_FOLDER = os.environ.get("WAN_EXAMPLE_OUTPUT_FOLDER", "s3://aws_default@media-team/edits")

with DAG(
    dag_id="edit_weekly_folder",
    schedule="@weekly",
    catchup=False,
    tags=["wan", "video"],
    params={
        "clips": Param(
            CLIPS, type="string", description="Folder whose .mp4 files are edited, of at most 5 seconds each"
        ),
        "output_folder": Param(
            OUTPUT_FOLDER, type="string", description="Any folder that Airflow can write to"
        ),
        "recipient": Param("team@example.com", type="string"),
    },
    doc_md="""
    ### A folder each week

    An edit keeps its clip's name and isn't paid for again while it lies in the output folder, so only what is new since
    the last week costs anything. All edits are joined into one film, of which the mail shows a contact sheet.
    """,
) as dag:

    @task
    def list_clips(**context: Any) -> list[dict[str, str]]:
        """Return what each edit is given: a clip, and where its edit goes."""
        params = context["params"]
        clips = sorted(
            file for file in ObjectStoragePath(params["clips"]).iterdir() if file.suffix.lower() == ".mp4"
        )
        return [
            {"video_url": str(clip), "output_path": f"{params['output_folder']}/weekly/{clip.name}"}
            for clip in clips
        ]

    edits = WanVideoRepaintingOperator.partial(
        task_id="edit",
        prompt="Drawn in ink on rice paper",
        control_condition="scribble",
        prompt_extend=False,
        on_landed="keep",
        retries=2,
    ).expand_kwargs(list_clips())

    @task
    def files(results: list[dict[str, Any]]) -> list[str]:
        """Return where the edits are."""
        return [result["output_path"] for result in results]

    film = VideoConcatenateOperator(
        task_id="film",
        video_urls=files(edits.output),
        output_path="{{ params.output_folder }}/weekly/all/{{ run_id }}.mp4",
    )
    sheet = VideoContactSheetOperator(
        task_id="sheet",
        video_url=film.output["output_path"],
        output_path="{{ params.output_folder }}/weekly/all/{{ run_id }}.png",
        title="This week's clips",
    )

    @task
    def tell_the_team(picture: str, results: list[dict[str, Any]], **context: Any) -> str:
        """Mail the contact sheet, the files and what they cost in all."""
        from airflow.providers.smtp.hooks.smtp import SmtpHook

        total = sum((Decimal(edit["cost"]["amount"]) for edit in results if edit["cost"]), Decimal(0))
        lines = "".join(f"<li>{escape(edit['output_path'])}</li>" for edit in results)
        text = (
            f"<p>{len(results)} clips, {total} CNY in all.</p>"
            f'<p><img src="cid:sheet.png" width="640" alt="Frames of the clips"></p><ul>{lines}</ul>'
        )
        with tempfile.TemporaryDirectory() as folder, SmtpHook() as hook:
            file = Path(folder, "sheet.png")  # mails take files of the worker's own disk
            file.write_bytes(ObjectStoragePath(picture).read_bytes())
            hook.send_email_smtp(
                to=context["params"]["recipient"],
                subject=f"{len(results)} clips edited this week",
                html_content=text,
                files=[str(file)],
                mime_subtype="related",
            )
        return f"{len(results)} clips, {total} CNY"

    tell_the_team(sheet.output, edits.output)
