"""DAGs of which OpenLineage is told: a chain with signed addresses and uploads, batches, footage, failures."""

from __future__ import annotations

from airflow.sdk import DAG, Param, task

from airflow_provider_wan.dashscope.requests import VideoOutpainting
from airflow_provider_wan.operators import (
    VideoFramesOperator,
    VideoProbeOperator,
    VideoTrimOperator,
    WanBatchEditOperator,
    WanVideoEditOperator,
    WanVideoOutpaintingOperator,
    WanVideoRepaintingOperator,
)
from airflow_provider_wan.transfers import ObjectStorageToWanOperator, WanResultToObjectStorageOperator

CLIP = "https://media.example.com/clip.mp4"
# As a template and in pieces: Airflow keeps literals in its database, where other tests look for signatures.
SIGNED = (
    "{{ 'https://media.example.com/rabbit.mp4?X-Amz-Credential=AKIAEXAMPLE&X-Amz-Signature' "
    "~ '=' ~ '5ec4e7of4b4d51gn47u4e' }}"
)
DOT = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUg=="
LANDED = "s3://lineage@lineage-films"
VACE = "wan2.1-vace-plus"

with DAG("lineage_chain", params={"clip": Param("", type="string")}):
    clay = WanVideoRepaintingOperator(
        task_id="clay", prompt="Clay", video_url=SIGNED, control_condition="depth"
    )
    wide = WanVideoOutpaintingOperator.partial(
        task_id="wide",
        prompt="https://media.example.com/ is no input",
        left_scale=1.5,
        output_path=f"{LANDED}/wide.mp4",
    ).expand(video_url=["{{ ti.xcom_pull('clay')['video_url'] }}"])
    land = WanResultToObjectStorageOperator(
        task_id="land", result=clay.output, output_path=f"{LANDED}/clay.mp4"
    )
    upload = ObjectStorageToWanOperator(task_id="upload", path="{{ params.clip }}", model=VACE)
    here = WanVideoOutpaintingOperator(
        task_id="here", prompt="A stage", video_url=upload.output, left_scale=1.5, deferrable=False
    )

    @task.wan_edit(output_path=f"{LANDED}/function.mp4")
    def function(prompt: str, folder: str) -> VideoOutpainting:
        return VideoOutpainting(prompt=prompt, video_url=CLIP, left_scale=1.5)

    function("A stage", "s3://lineage@lineage-films/not-an-input/")
    clay >> wide >> land >> upload >> here

with DAG("lineage_failure"):
    WanVideoEditOperator(
        task_id="rejected",
        prompt="Clay",
        video_url=SIGNED,
        reference_image_urls=[DOT],
        output_path=f"{LANDED}/never.mp4",
    )
    WanVideoOutpaintingOperator(
        task_id="mistake", prompt="A stage", video_url=SIGNED, left_scale="{{ 9 }}", retries=2
    )

for on_failure in ("skip", "finish_then_fail"):
    with DAG(f"lineage_batch_{on_failure}"):
        WanBatchEditOperator(
            task_id="edits",
            requests=[
                *(
                    {"function": "video_outpainting", "prompt": text, "video_url": SIGNED, "left_scale": 1.5}
                    for text in ("A stage", "A meadow")
                ),
                {"function": "videoedit", "prompt": "Clay", "video_url": CLIP},
            ],
            output_path=f"{LANDED}/{on_failure}/",
            on_failure=on_failure,
        )

with DAG("lineage_footage", params={"clip": Param("", type="string"), "folder": Param("", type="string")}):
    VideoProbeOperator(task_id="probe", video_url="{{ params.clip }}")
    VideoTrimOperator(
        task_id="trim",
        video_url="{{ params.clip }}",
        output_path="{{ params.folder }}cut.mp4",
        start=0,
        end=1,
    )
    VideoFramesOperator(
        task_id="frames",
        video_url="{{ params.clip }}",
        output_path="{{ params.folder }}",
        which=["first", "last"],
    )
