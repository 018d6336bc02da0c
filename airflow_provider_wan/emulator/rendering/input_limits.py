"""What each model asks of its input files.

Sources: Model Studio, API reference of each model, 2026-02 to 2026-10.
"""

from __future__ import annotations

from dataclasses import dataclass

from airflow_provider_wan.emulator.rendering.clips import Probe
from airflow_provider_wan.emulator.rendering.job import RenderJob
from airflow_provider_wan.emulator.service_errors import ServiceRefusal

MEGABYTE = 1024 * 1024
TOLERANCE = 0.05
"""Seconds that a length may be off: encoders round to whole frames."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one input; a field left at its default limits nothing.

    Attributes:
        sides: Smallest and largest side in pixels.
        aspect: How many times longer the long side may be.
        seconds: Shortest and longest length.
        fps: Fewest frames per second.
        megabytes: Largest file.
    """

    sides: tuple[int, int] = (1, 100_000)
    aspect: float = 1_000.0
    seconds: tuple[float, float] = (0.0, 100_000.0)
    fps: float = 0.0
    megabytes: int = 100


_WAN_IMAGE = Limits(sides=(240, 8000))
_NEW_IMAGE = Limits(sides=(240, 8000), aspect=8)
_VACE_VIDEO = Limits(fps=16, megabytes=50)
_VACE_IMAGE = Limits(sides=(360, 2000))
_HAPPYHORSE_IMAGE = Limits(sides=(300, 100_000), aspect=2.5)

_IMAGES = {
    "vace": _VACE_IMAGE,
    "i2v": _WAN_IMAGE,
    "kf2v": _WAN_IMAGE,
    "r2v": _WAN_IMAGE,
    "videoedit": _NEW_IMAGE,
    "i2v_media": _NEW_IMAGE,
    "wan3": _NEW_IMAGE,
    "animate": Limits(sides=(200, 4096), aspect=3),
    "s2v": Limits(sides=(400, 7000)),
    "happyhorse_i2v": _HAPPYHORSE_IMAGE,
    "happyhorse_r2v": Limits(sides=(400, 100_000)),
    "happyhorse_video_edit": Limits(sides=(300, 100_000)),
}
_VIDEOS = {
    "vace": _VACE_VIDEO,
    "videoedit": Limits(sides=(240, 4096), aspect=8, seconds=(2, 10)),
    "i2v_media": Limits(sides=(240, 4096), seconds=(2, 10)),
    "r2v": Limits(sides=(240, 4096), seconds=(1, 30)),
    "wan3": Limits(sides=(240, 4096), aspect=8, seconds=(1, 15)),
    "animate": Limits(sides=(200, 2048), aspect=3, seconds=(2, 30), megabytes=200),
    "style": Limits(sides=(256, 4096), aspect=1.8, seconds=(0, 30)),
    "happyhorse_video_edit": Limits(sides=(360, 4096), seconds=(3, 60), fps=8),
}
_SOUNDS = {
    "i2v": Limits(seconds=(3, 30), megabytes=15),
    "i2v_media": Limits(seconds=(2, 30), megabytes=15),
    "t2v": Limits(seconds=(2, 30), megabytes=15),
    "wan3": Limits(seconds=(1, 15), megabytes=15),
    "s2v": Limits(seconds=(0, 20), megabytes=15),
}
_NONE = Limits()


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
    table = {"image": _IMAGES, "video": _VIDEOS, "audio": _SOUNDS}[found.kind]
    limits = table.get(job.model_family, _NONE)
    megabytes = job.facts.image_max_mb or 100 if found.kind == "image" else limits.megabytes
    if size > megabytes * MEGABYTE:
        raise _refusal(
            f"The file of {role} has {size / MEGABYTE:.1f} MB; at most {megabytes} MB are allowed."
        )
    if found.kind != "audio" and role != "mask_image":
        _check_picture(role, found, limits)
    if found.kind != "image":
        _check_length(role, found, limits)


def _check_picture(role: str, found: Probe, limits: Limits) -> None:
    short, long = sorted((found.width, found.height))
    if short < limits.sides[0] or long > limits.sides[1]:
        if found.kind == "image":
            raise _refusal("the size of input image is too small or too large.")
        least, most = limits.sides
        raise _refusal(f"The size of {role} is {found.size}; sides must be from {least} to {most} pixels.")
    if long > short * limits.aspect * 1.001:
        raise _refusal(
            f"The aspect ratio of {role} ({found.size}) is not valid; "
            f"one side may be {limits.aspect:g} times the other."
        )


def _check_length(role: str, found: Probe, limits: Limits) -> None:
    least, most = limits.seconds
    if not least - TOLERANCE <= found.duration <= most + TOLERANCE:
        raise _refusal(
            f"The duration of {role} is {found.duration:.2f} s; it must be from {least:g} to {most:g} s."
        )
    if found.kind == "video" and found.fps < limits.fps - 0.01:
        raise _refusal(f"{role} has {found.fps:g} frames per second; at least {limits.fps:g} are required.")


def _refusal(message: str) -> ServiceRefusal:
    return ServiceRefusal(400, "InvalidParameter", message)
