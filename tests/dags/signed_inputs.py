"""A DAG whose inputs are signed: one that a person gives, and the result of an edit, also for mapped tasks."""

from __future__ import annotations

from airflow.sdk import DAG, Param

from airflow_provider_wan.operators import WanVideoOutpaintingOperator, WanVideoRepaintingOperator

with DAG(
    "signed_inputs",
    params={
        "clip": Param("https://example.com/clip.mp4", type="string"),
        "folder": Param("/nowhere/", type="string"),
    },
):
    clay = WanVideoRepaintingOperator(
        task_id="clay",
        prompt="Clay",
        video_url="{{ params.clip }}",
        control_condition="depth",
        output_path="{{ params.folder }}",
    )
    widen = WanVideoOutpaintingOperator.partial(
        task_id="widen", prompt="A wider stage", left_scale=1.5
    ).expand(video_url=["{{ params.clip }}", "{{ ti.xcom_pull('clay')['video_url'] }}"])
    clay >> widen
    WanVideoOutpaintingOperator(
        task_id="heighten", prompt="A higher stage", top_scale=1.5, video_url=clay.output["video_url"]
    )
