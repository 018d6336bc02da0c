"""A chain in TaskFlow: functions say what to edit, in plain Python, and the decorator makes the edits."""

from __future__ import annotations

import os
from decimal import Decimal
from typing import Any

from airflow.sdk import DAG, Param, task

from airflow_provider_wan.dashscope.requests import VideoOutpainting, VideoRepainting

# `make up` points these at its emulator and its folder. In your own DAG they are plain strings.
CLIP_URL = os.environ.get("WAN_EXAMPLE_CLIP_URL", "https://example.com/clips/big_buck_bunny.mp4")
OUTPUT_FOLDER = os.environ.get("WAN_EXAMPLE_OUTPUT_FOLDER", "s3://media-team/edits")

with DAG(
    dag_id="edit_taskflow",
    schedule=None,
    tags=["wan", "video"],
    params={
        "clip_url": Param(
            CLIP_URL, type="string", description="MP4 of at most 5 seconds, reachable by the service"
        ),
        "style": Param(
            "ink", enum=["ink", "watercolour", "clay"], description="What the repainted clip looks like"
        ),
        "output_folder": Param(
            OUTPUT_FOLDER, type="string", description="Any folder that Airflow can write to"
        ),
    },
    doc_md="""
    ### Repaint a clip, then widen it, in TaskFlow

    1. `plan` decides what the edits shall be; in your own DAG a language model may write the prompts.
    2. `repaint` and `widen` return requests. Their tasks make the edits, with all that the operators promise: they
       wait in the triggerer, land the results, and pay once, also where a retry's function asks for something else.
    3. `report` says where the results are and what they cost.
    """,
) as dag:

    @task
    def plan(**context: Any) -> dict[str, str]:
        """Write the prompts."""
        looks = {
            "ink": "drawn in ink on rice paper",
            "watercolour": "painted in soft watercolours",
            "clay": "made of modelling clay",
        }
        params = context["params"]
        look = looks[params["style"]]
        return {
            "clip": params["clip_url"],
            "repaint": f"A giant rabbit stretches on a meadow, {look}",
            "widen": f"A wide meadow around a giant rabbit, {look}",
        }

    @task.wan_edit(output_path="{{ params.output_folder }}/{{ run_id }}/repainted.mp4", retries=2)
    def repaint(plan: dict[str, str]) -> VideoRepainting:
        """Keep the outlines and change the look."""
        return VideoRepainting(
            prompt=plan["repaint"], video_url=plan["clip"], control_condition="scribble", prompt_extend=False
        )

    @task.wan_edit(output_path="{{ params.output_folder }}/{{ run_id }}/widened.mp4", retries=2)
    def widen(plan: dict[str, str], clip: str) -> VideoOutpainting:
        """Invent what lies to the left and right."""
        return VideoOutpainting(
            prompt=plan["widen"], video_url=clip, left_scale=1.25, right_scale=1.25, prompt_extend=False
        )

    @task
    def report(repainted: dict[str, Any], widened: dict[str, Any]) -> str:
        """Return where the result is and what both edits cost."""
        costs = [edit["cost"] for edit in (repainted, widened)]
        total = sum((Decimal(cost["amount"]) for cost in costs if cost), Decimal(0))
        return f"{widened['output_path']}: {total} CNY"

    planned = plan()
    repainted = repaint(planned)
    report(repainted, widen(planned, repainted["video_url"]))
