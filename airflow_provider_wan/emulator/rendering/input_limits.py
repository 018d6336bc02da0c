"""Holds input files against the limits that the catalogue has for their model, in the service's words."""

from __future__ import annotations

from airflow_provider_wan.dashscope.catalog import MediaLimits
from airflow_provider_wan.emulator.rendering.clips import Probe
from airflow_provider_wan.emulator.rendering.job import RenderJob
from airflow_provider_wan.emulator.service_errors import ServiceRefusal

MEGABYTE = 1024 * 1024
TOLERANCE = 0.05
"""Seconds that a length may be off: encoders round to whole frames."""

ROLES = {
    "audio_url": "driving_audio",
    "first_clip_url": "first_clip",
    "first_frame_url": "first_frame",
    "image_url": "first_frame",
    "img_url": "first_frame",
    "last_clip_url": "last_clip",
    "last_frame_url": "last_frame",
    "mask_image_url": "mask_image",
    "mask_video_url": "mask_video",
    "ref_images_url": "reference_image",
    "reference_urls": "reference",
    "reference_video_urls": "reference_video",
    "video_url": "video",
}
"""Role of each field of `input`, in the words of the newer models' `media[].type`."""
_NONE = MediaLimits("file")


def check(job: RenderJob, role: str, found: Probe, size: int) -> None:
    """Hold one input against its model's limits.

    A mask image is held against its video alone, as it has to have the same resolution.

    Args:
        job: The request.
        role: What the input is to the model, e.g. `first_frame`.
        found: What the file is.
        size: Bytes of the file.

    Raises:
        ServiceRefusal: It is outside; the message names role, value and limit.
    """
    limits = _limits(job, role, found.kind)
    megabytes = limits.max_mb or 100
    if size > megabytes * MEGABYTE:
        raise _refusal(
            f"The file of {role} has {size / MEGABYTE:.1f} MB; at most {megabytes:g} MB are allowed."
        )
    if found.kind != "audio" and role != "mask_image":
        _check_picture(role, found, limits)
    if found.kind != "image":
        _check_length(role, found, limits)


def _limits(job: RenderJob, role: str, kind: str) -> MediaLimits:
    """Return what the model asks of an input of this kind, by the field it came in or by its type in `media`."""
    mixed = "reference" if role.startswith("reference_") else role
    given = (field for field, name in ROLES.items() if name in (role, mixed) and job.input.get(field))
    found = (job.facts.media.get(name) for field in (*given, role) for name in (f"{field}:{kind}", field))
    return next((limits for limits in found if limits is not None and limits.kind == kind), _NONE)


def _check_picture(role: str, found: Probe, limits: MediaLimits) -> None:
    short, long = sorted((found.width, found.height))
    least, most = limits.min_side or 1, limits.max_side or 100_000
    if short < least or long > most:
        if found.kind == "image":
            raise _refusal("the size of input image is too small or too large.")
        raise _refusal(f"The size of {role} is {found.size}; sides must be from {least} to {most} pixels.")
    if limits.max_aspect is not None and long > short * limits.max_aspect * 1.001:
        raise _refusal(
            f"The aspect ratio of {role} ({found.size}) is not valid; "
            f"one side may be {limits.max_aspect:g} times the other."
        )


def _check_length(role: str, found: Probe, limits: MediaLimits) -> None:
    least, most = limits.min_seconds or 0.0, limits.max_seconds or 100_000.0
    if not least - TOLERANCE <= found.duration <= most + TOLERANCE:
        raise _refusal(
            f"The duration of {role} is {found.duration:.2f} s; it must be from {least:g} to {most:g} s."
        )
    if found.kind == "video" and limits.min_fps is not None and found.fps < limits.min_fps - 0.01:
        raise _refusal(
            f"{role} has {found.fps:g} frames per second; at least {limits.min_fps:g} are required."
        )


def _refusal(message: str) -> ServiceRefusal:
    return ServiceRefusal(400, "InvalidParameter", message)
