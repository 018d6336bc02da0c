"""Several tries at the same edit, of which a person picks the best; the others are let go."""

from __future__ import annotations

import os
from typing import Any

from airflow.providers.common.compat.sdk import AirflowSkipException
from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import DAG, Param, task, task_group

from airflow_provider_wan.operators import VideoContactSheetOperator, WanVideoEditOperator
from airflow_provider_wan.reviews import REVIEW_TIME, review_body
from airflow_provider_wan.transfers import WanResultToObjectStorageOperator

# `make up` points these at its emulator and its folder. In your own DAG they are plain strings.
CLIP_URL = os.environ.get("WAN_EXAMPLE_CLIP_URL", "https://example.com/clips/big_buck_bunny.mp4")
OUTPUT_FOLDER = os.environ.get("WAN_EXAMPLE_OUTPUT_FOLDER", "s3://media-team/edits")

SEEDS = [11, 22, 33]
CANDIDATES = [f"Seed {seed}" for seed in SEEDS]
NONE = "None of them"

with DAG(
    dag_id="edit_best_of",
    schedule=None,
    tags=["wan", "video", "review"],
    params={
        "clip_url": Param(CLIP_URL, type="string", description="MP4 of 2 to 10 seconds"),
        "prompt": Param("The meadow in deep snow, under the northern lights", type="string"),
        "output_folder": Param(
            OUTPUT_FOLDER, type="string", description="Any folder that Airflow can write to"
        ),
    },
    doc_md="""
    ### Pick the best of several

    Each seed gives another edit, and each is paid for. `review` shows the frames of all of them and asks which one
    to take; `publish` lands that one. The others were never landed, so the service deletes them after 24 hours.

    To choose among prompts, map `candidate` over those. Where an edit fails, the others can be chosen all the same.
    """,
) as dag:

    @task_group
    def candidate(seed: int) -> None:
        """Make one edit, and a picture of it."""
        edit = WanVideoEditOperator(
            task_id="edit",
            video_url="{{ params.clip_url }}",
            prompt="{{ params.prompt }}",
            seed=seed,
            resolution="720P",
        )
        VideoContactSheetOperator(
            task_id="poster",
            video_url=edit.output["video_url"],
            output_path="{{ params.output_folder }}/{{ run_id }}/{{ ti.map_index }}.png",
            columns=2,
            rows=2,
            width=600,
        )

    review = HITLOperator(
        task_id="review",
        subject="Which of these shall be published?",
        body=review_body("candidate.edit", "candidate.poster", candidates=CANDIDATES),
        options=[*CANDIDATES, NONE],
        defaults=NONE,
        response_timeout=REVIEW_TIME,
        trigger_rule="all_done_min_one_success",
    )

    @task
    def pick(answer: dict[str, Any], **context: Any) -> Any:
        """Return the result that was chosen; where none was, nothing follows."""
        (choice,) = answer["chosen_options"]
        if choice == NONE:
            raise AirflowSkipException("None of them shall be published.")
        return context["ti"].xcom_pull(task_ids="candidate.edit", map_indexes=CANDIDATES.index(choice))

    WanResultToObjectStorageOperator(
        task_id="publish",
        result=pick(review.output),
        output_path="{{ params.output_folder }}/{{ run_id }}/published.mp4",
    )

    candidate.expand(seed=SEEDS) >> review
