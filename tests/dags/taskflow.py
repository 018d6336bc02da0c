"""DAGs of decorated edits: by Airflow's name and by ours, in a chain, mapped, and with a mistake."""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG, Param, task

from airflow_provider_wan.dashscope.requests import VideoOutpainting, VideoRepainting
from airflow_provider_wan.decorators import wan_edit_task

CLIP = "https://example.com/clip.mp4"
FOLDER = {"folder": Param("/nowhere/", type="string")}

with DAG("taskflow_chain", params={**FOLDER, "clip": Param(CLIP, type="string"), "scale": 1.5}):

    @task
    def plan(params: dict[str, Any] | None = None) -> dict[str, Any]:
        assert params is not None
        return {"clip": params["clip"], "prompt": "Clay"}

    @task.wan_edit(output_path="{{ params.folder }}", retries=2)
    def repaint(plan: dict[str, Any], control: str) -> VideoRepainting:
        """Give it another look."""
        return VideoRepainting(
            prompt=plan["prompt"],
            video_url=plan["clip"],
            control_condition=control,
        )

    @wan_edit_task(output_path="{{ params.folder }}", deferrable=False)
    def widen(clip: str, *, scale: float, run_id: str | None = None) -> VideoOutpainting:
        return VideoOutpainting(prompt=f"A wider stage in {run_id}", video_url=clip, left_scale=scale)

    @task
    def both(first: dict[str, Any], second: dict[str, Any]) -> list[dict[str, Any]]:
        return [first, second]

    repainted = repaint(plan(), control="depth")
    widened = widen(repainted["video_url"], scale="{{ params.scale }}")
    both(repainted, widened)

with DAG("taskflow_mapped", params=FOLDER):

    @task
    def clips() -> list[str]:
        return [f"https://example.com/{number}.mp4" for number in range(3)]

    @task.wan_edit(output_path="{{ params.folder }}")
    def each(clip: str, scale: float) -> dict[str, Any]:
        return {"function": "video_outpainting", "prompt": "Wide", "video_url": clip, "left_scale": scale}

    each.partial(scale=1.5).expand(clip=clips())

    @wan_edit_task
    def bare(clip: str) -> VideoOutpainting:
        return VideoOutpainting(prompt="Wide", video_url=clip, right_scale=1.5)

    bare.override(task_id="by_kwargs", output_path="{{ params.folder }}").expand_kwargs([{"clip": CLIP}])

with DAG("taskflow_mistake"):

    @task.wan_edit(retries=2)
    def nothing() -> None:
        """Forgets to return what it has made."""

    nothing()
