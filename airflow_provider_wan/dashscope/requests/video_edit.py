"""Editing a video by instruction (`wan2.7-videoedit`, `happyhorse-1.0-video-edit`).

Sources: Model Studio, `wan-video-editing-api-reference`, 2026-05-11; `happyhorse-*-api-reference`, 2026-05-22,
re-read June/July 2026.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

from airflow_provider_wan.dashscope.requests.base import WanRequest
from airflow_provider_wan.dashscope.requests.fields import (
    FiveImageUrls,
    MediaUrl,
    OnOff,
    Prompt,
    Seconds,
    Seed,
    Word,
)
from airflow_provider_wan.dashscope.requests.given import Given
from airflow_provider_wan.dashscope.requests.problem import Problem
from airflow_provider_wan.dashscope.requests.rules import Choice


class VideoEdit(WanRequest):
    """Change a video as the prompt says, optionally after the look of pictures. Sound can be kept.

    Without `model`: wan2.7-videoedit. What a model doesn't take is refused, with the models that do. Where `watermark`
    is left out, HappyHorse writes one into the video. Billed are the seconds that go in plus those that come out.
    """

    function: ClassVar[str] = "videoedit"
    families = ("videoedit", "happyhorse_video_edit")
    default = "wan2.7-videoedit"
    media_types = {"video_url": "video", "reference_image_urls": "reference_image"}  # noqa: RUF012

    video_url: MediaUrl
    """MP4 or MOV of 2 to 10 seconds, sides 240 to 4096 pixels, aspect 1:8 to 8:1, at most 100 MB. HappyHorse: 3 to 60
    seconds, of which it uses the first 15, sides 360 to 4096 pixels, more than 8 fps."""
    reference_image_urls: FiveImageUrls | None = None
    """Up to 4 pictures: JPEG, PNG without alpha, BMP or WEBP, sides 240 to 8000 pixels, aspect 1:8 to 8:1, at
    most 20 MB each. HappyHorse: up to 5, JPEG, PNG or WEBP, sides from 300 pixels."""
    prompt: Prompt | None = None
    """The instruction, up to 5000 characters. HappyHorse needs one, and counts a Chinese character 2."""
    negative_prompt: Prompt | None = None
    """What not to show, up to 500 characters; not with HappyHorse."""
    resolution: Word | None = None
    """Price tier: 720P or 1080P. The default is 1080P, the dearer one."""
    ratio: Word | None = None
    """16:9, 9:16, 1:1, 4:3 or 3:4; as the input by default. Not with HappyHorse."""
    duration: Seconds | None = None
    """0 (default: as the input), or 2 to 10 to cut after so many seconds. Not with HappyHorse."""
    audio_setting: Annotated[str, Choice("auto", "origin")] | None = None
    """`auto` (default: the model decides by the prompt) or `origin` (keep the input's sound)."""
    prompt_extend: OnOff | None = None
    """Let the service rewrite the prompt; its default is true. Not with HappyHorse."""
    watermark: OnOff | None = None
    """Write "AI生成" into the bottom right corner; false by default. HappyHorse writes "Happy Horse", and its default
    is TRUE: give False for a video without."""
    seed: Seed | None = None
    """0 to 2147483647; random by default."""

    @classmethod
    def check(cls, given: Given) -> Iterator[Problem]:
        """Check that HappyHorse gets its instruction."""
        yield from super().check(given)
        if "prompt" not in given and all(
            model.family == "happyhorse_video_edit" for model in cls.candidates(given)
        ):
            yield Problem("prompt", None, "is required", "Say what to change.")
