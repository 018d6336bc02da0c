"""An edit that a person may send back with another prompt, until it is right or enough was paid."""

from __future__ import annotations

import os
from typing import Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import DAG, Param, task

from airflow_provider_wan.operators import VideoContactSheetOperator, WanVideoEditOperator
from airflow_provider_wan.reviews import REVIEW_TIME, new_prompt, newest_result, review_body
from airflow_provider_wan.transfers import WanResultToObjectStorageOperator

# `make up` points these at its emulator and its folder. In your own DAG they are plain strings.
CLIP_URL = os.environ.get("WAN_EXAMPLE_CLIP_URL", "https://example.com/clips/big_buck_bunny.mp4")
OUTPUT_FOLDER = os.environ.get("WAN_EXAMPLE_OUTPUT_FOLDER", "s3://media-team/edits")

ROUNDS = 3
PRICE = "\n\n**To edit again costs about as much once more.**"
FORM = {
    "new_prompt": Param(
        None,
        type=["null", "string"],
        title="New prompt",
        description="To edit again. Left empty, the prompt stays as it is.",
    )
}

with DAG(
    dag_id="edit_until_approved",
    schedule=None,
    tags=["wan", "video", "review"],
    params={
        "clip_url": Param(CLIP_URL, type="string", description="MP4 of 2 to 10 seconds"),
        "prompt": Param(
            "The rabbit wears a knitted red scarf", type="string", description="Of the first edit"
        ),
        "output_folder": Param(
            OUTPUT_FOLDER, type="string", description="Any folder that Airflow can write to"
        ),
    },
    doc_md=f"""
    ### Edit until it is approved

    Each review shows an edit and asks whether to publish it, to stop, or to edit the clip again with another
    prompt. Each edit is paid for, so there are {ROUNDS} at most; in the last review the choice is to publish or to
    stop. Of all edits one is landed, or none.
    """,
) as dag:

    @task.branch
    def decide(answer: dict[str, Any], number: int) -> str | None:
        """Say what follows a review."""
        (choice,) = answer["chosen_options"]
        return {"Publish": "publish", "Edit again": f"edit_{number + 1}"}.get(choice)

    publish = WanResultToObjectStorageOperator(
        task_id="publish",
        result=newest_result(*(f"edit_{number}" for number in range(1, ROUNDS + 1))),
        output_path="{{ params.output_folder }}/{{ run_id }}/published.mp4",
        trigger_rule="none_failed_min_one_success",
    )

    prompt = "{{ params.prompt }}"
    decision = None
    for number in range(1, ROUNDS + 1):
        edit = WanVideoEditOperator(
            task_id=f"edit_{number}",
            video_url="{{ params.clip_url }}",
            prompt=prompt,
            resolution="720P",
        )
        poster = VideoContactSheetOperator(
            task_id=f"poster_{number}",
            video_url=edit.output["video_url"],
            output_path="{{ params.output_folder }}/{{ run_id }}/" + f"{number}.png",
            columns=2,
            rows=2,
            width=600,
        )
        more = number < ROUNDS
        review = HITLOperator(
            task_id=f"review_{number}",
            subject=f"Publish this edit? It is number {number} of at most {ROUNDS}.",
            body=review_body(f"edit_{number}", f"poster_{number}") + (PRICE if more else ""),
            options=["Publish", "Edit again", "Stop"] if more else ["Publish", "Stop"],
            params=FORM if more else {},
            defaults="Stop",
            response_timeout=REVIEW_TIME,
        )
        if decision:
            decision >> edit
        poster >> review
        decision = decide.override(task_id=f"decide_{number}")(review.output, number)
        decision >> publish
        prompt = new_prompt(f"review_{number}", f"edit_{number}")
