"""A chain whose inputs lie where a run's parameters say, and whose second edit reads what the first one has landed."""

from __future__ import annotations

from airflow.sdk import DAG, Param, task

from airflow_provider_wan.operators import WanVideoOutpaintingOperator, WanVideoRepaintingOperator

CHOICES = {
    "source": Param("", type="string"),
    "folder": Param("", type=["string", "null"]),
}

for way in ("auto", "presign", "upload"):
    with DAG(f"storage_chain_{way}", params=CHOICES, render_template_as_native_obj=True):
        repaint = WanVideoRepaintingOperator(
            task_id="repaint",
            prompt="Clay",
            video_url="{{ params.source }}",
            control_condition="depth",
            output_path="{{ params.folder }}",
            staging=way,
            preflight=True,
        )

        @task
        def where(result: dict[str, str]) -> str:
            return result["output_path"] or result["video_url"]

        WanVideoOutpaintingOperator(
            task_id="widen",
            prompt="A wider stage",
            video_url=where(repaint.output),
            left_scale=1.5,
            output_path="{{ params.folder }}",
            staging=way,
            preflight=True,
        )
