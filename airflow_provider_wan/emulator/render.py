"""Renders the result of a job as a real MP4 whose content follows from the request.

The video is H.264 with yuv420p and its index first, 30 frames per second (style transform: its
`video_fps`). Equal requests give equal frames; `seed` and `prompt` vary hues and movements. Every frame
carries the emulator's mark (see `rendering.mark`).
"""

from __future__ import annotations

from airflow_provider_wan.emulator.rendering.clips import Probe, probe
from airflow_provider_wan.emulator.rendering.encode import tiny_mp4, write_mp4
from airflow_provider_wan.emulator.rendering.job import Rendered, RenderJob, Scene
from airflow_provider_wan.emulator.rendering.mark import stamped, watermark
from airflow_provider_wan.emulator.rendering.scenes_general import scene as general_scene
from airflow_provider_wan.emulator.rendering.scenes_vace import FUNCTIONS
from airflow_provider_wan.emulator.service_errors import ServiceRefusal

__all__ = ["Probe", "RenderJob", "Rendered", "plan", "probe", "render", "tiny_mp4"]


def plan(job: RenderJob) -> Rendered:
    """Check the inputs and say what `render` would make, without making it.

    Raises:
        ServiceRefusal: An input can't be decoded or breaks a limit.
    """
    return _scene(job).outcome()


def render(job: RenderJob) -> Rendered:
    """Write the job's video to `job.out`; frames stream through, none are kept.

    Raises:
        ServiceRefusal: An input can't be decoded or breaks a limit. Nothing is left at `job.out`.
    """
    scene = _scene(job)
    stamps = [scene.mark]
    if _wants_watermark(job):
        text = "Happy Horse" if job.model_family.startswith("happyhorse") else "AI generated"
        stamps.append(watermark(text, scene.size))
    write_mp4(job.out, scene, (stamped(frame, stamps) for frame in scene.frames()))
    return scene.outcome()


def _scene(job: RenderJob) -> Scene:
    if job.model_family != "vace":
        return general_scene(job)
    function = FUNCTIONS.get(job.function or "")
    if function is None:
        known = ", ".join(FUNCTIONS)
        raise ServiceRefusal(
            400, "InvalidParameter", f"The function is not valid {job.function}: use one of {known}."
        )
    return function(job)


def _wants_watermark(job: RenderJob) -> bool:
    # The animate models have it in `input`.
    asked = job.parameters.get("watermark", job.input.get("watermark"))
    return job.facts.watermark_default if asked is None else bool(asked)
