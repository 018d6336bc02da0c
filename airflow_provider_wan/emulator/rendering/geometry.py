"""How large the output is."""

from __future__ import annotations

import math

from airflow_provider_wan.dashscope.catalog import PIXELS
from airflow_provider_wan.emulator.rendering.frames import Size, even
from airflow_provider_wan.emulator.rendering.job import RenderJob
from airflow_provider_wan.emulator.service_errors import ServiceRefusal

AREAS = {"480P": 832 * 480, "540P": 960 * 540, "720P": 1280 * 720, "1080P": 1920 * 1080}
"""Pixels of a frame by `resolution`."""


def at_most_720p(size: Size) -> Size:
    """`size` itself, or scaled down to the area of 1280x720 with its aspect kept; sides become even.

    Source: Model Studio, VACE API reference, 2026-04-24.
    """
    scale = min(1.0, math.sqrt(AREAS["720P"] / size.area))
    return Size(even(size.width * scale), even(size.height * scale))


def with_area(aspect: float, area: int) -> Size:
    """The frame of an aspect (width over height) with at most `area` pixels, sides whole multiples of 16.

    750x1000 at 720P becomes 816x1104. Source: Model Studio, image-to-video API reference, 2026-05-22.
    """

    def down(side: float) -> int:
        # 1280.0 may come out of the square root as 1279.9999.
        return max(16, int((side + 1e-6) // 16) * 16)

    return Size(down(math.sqrt(area * aspect)), down(math.sqrt(area / aspect)))


def parsed(size: str) -> Size:
    """The frame that `parameters.size` asks for, written `W*H`.

    Raises:
        ServiceRefusal: It is written otherwise.
    """
    width, _, height = size.partition("*")
    if not (
        width.isdecimal() and height.isdecimal() and 16 <= int(width) <= 8192 and 16 <= int(height) <= 8192
    ):
        raise ServiceRefusal(400, "InvalidParameter", f"The size is not match {size}: write it as 1280*720.")
    return Size(even(int(width)), even(int(height)))


def asked_size(job: RenderJob, follow: Size | None) -> Size:
    """The output's size by `size`, or by `resolution` and `ratio`; what is left out is the model's default.

    Args:
        job: The request.
        follow: The picture whose aspect the output takes where the request names none; None: 16:9.

    Raises:
        ServiceRefusal: The parameters name no known size.
    """
    facts, parameters = job.facts, job.parameters
    if facts.sizes:
        return parsed(str(parameters.get("size") or facts.default_size))
    resolution = str(parameters.get("resolution") or facts.default_resolution or "720P").upper()
    if resolution not in AREAS:
        known = ", ".join(facts.resolutions)
        raise ServiceRefusal(
            400, "InvalidParameter", f"The resolution is not valid {resolution}: it must be one of {known}."
        )
    ratio = str(parameters.get("ratio") or facts.default_ratio or "adaptive") if facts.ratios else "adaptive"
    if follow is not None and (ratio == "adaptive" or job.model_family == "r2v"):
        # Reference-to-video ignores `ratio` beside a first frame.
        return with_area(follow.aspect, AREAS[resolution])
    ratio = "16:9" if ratio == "adaptive" else ratio
    listed = PIXELS.get(resolution, {}).get(ratio)
    if listed:
        return Size(*listed)
    if resolution == "480P" and ratio in {"16:9", "9:16"}:
        return Size(832, 480) if ratio == "16:9" else Size(480, 832)
    width, _, height = ratio.partition(":")
    if not (width.isdecimal() and height.isdecimal() and int(width) and int(height)):
        raise ServiceRefusal(400, "InvalidParameter", f"The ratio is not valid {ratio}: write it as 16:9.")
    return with_area(int(width) / int(height), AREAS[resolution])
