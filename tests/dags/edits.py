"""DAGs the tests run: chains in both ways of waiting, mapping, and mistakes that only rendering shows."""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG, Param, task

from airflow_provider_wan.operators import WanVideoOutpaintingOperator, WanVideoRepaintingOperator

CLIP = "https://example.com/clip.mp4"

for deferrable in (True, False):
    with DAG(
        f"chain_{'deferred' if deferrable else 'on_worker'}",
        params={
            "clip": Param(CLIP, type="string"),
            "scale": 1.5,
            "folder": Param("/nowhere/", type="string"),
        },
    ):
        repaint = WanVideoRepaintingOperator(
            task_id="repaint",
            prompt="Clay",
            video_url="{{ params.clip }}",
            control_condition="depth",
            output_path="{{ params.folder }}",
            deferrable=deferrable,
        )
        widen = WanVideoOutpaintingOperator(
            task_id="widen",
            prompt="A wider stage",
            video_url=repaint.output["video_url"],
            left_scale="{{ params.scale }}",
            output_path="{{ params.folder }}",
            deferrable=deferrable,
        )

        @task
        def both(first: dict[str, Any], second: dict[str, Any]) -> list[dict[str, Any]]:
            return [first, second]

        both(repaint.output, widen.output)

with DAG("fan_out", params={"folder": Param("/nowhere/", type="string")}):

    @task
    def clips() -> list[dict[str, Any]]:
        return [
            {"video_url": f"https://example.com/{number}.mp4", "left_scale": 1 + number / 4}
            for number in range(3)
        ]

    WanVideoOutpaintingOperator.partial(
        task_id="widen", prompt="A wider stage", output_path="{{ params.folder }}"
    ).expand_kwargs(clips())

with DAG("mistake_in_template", params={"scale": 9}):
    WanVideoOutpaintingOperator(
        task_id="widen", prompt="x", video_url=CLIP, left_scale="{{ params.scale }}", retries=2
    )

with DAG("mistake_in_mapping"):
    WanVideoOutpaintingOperator.partial(task_id="widen", prompt="x", video_url=CLIP, retries=2).expand(
        left_scale=[1.5, 9]
    )
