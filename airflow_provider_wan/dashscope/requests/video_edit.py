"""Editing a video by instruction (`wan2.7-videoedit`).

Source: Model Studio, `wan-video-editing-api-reference`, 2026-05-11.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from airflow_provider_wan.dashscope.requests.base import WanRequest
from airflow_provider_wan.dashscope.requests.fields import (
    FourImageUrls,
    MediaUrl,
    OnOff,
    Prompt,
    Seconds,
    Seed,
    Word,
)
from airflow_provider_wan.dashscope.requests.rules import Choice


class VideoEdit(WanRequest):
    """Change a video as the prompt says, optionally after the look of pictures. Sound can be kept.

    Billed are the seconds that go in plus those that come out.
    """

    function: ClassVar[str] = "videoedit"
    families = ("videoedit",)
    media_types = {"video_url": "video", "reference_image_urls": "reference_image"}  # noqa: RUF012

    video_url: MediaUrl
    """MP4 or MOV of 2 to 10 seconds, sides 240 to 4096 pixels, aspect 1:8 to 8:1, at most 100 MB."""
    reference_image_urls: FourImageUrls | None = None
    """Up to 4 pictures: JPEG, PNG without alpha, BMP or WEBP, sides 240 to 8000 pixels, aspect 1:8 to 8:1, at
    most 20 MB each."""
    prompt: Prompt | None = None
    """The instruction, up to 5000 characters."""
    negative_prompt: Prompt | None = None
    """What not to show, up to 500 characters."""
    resolution: Word | None = None
    """Price tier: 720P or 1080P. The default is 1080P, the dearer one."""
    ratio: Word | None = None
    """16:9, 9:16, 1:1, 4:3 or 3:4; as the input by default."""
    duration: Seconds | None = None
    """0 (default: as the input), or 2 to 10 to cut after so many seconds."""
    audio_setting: Annotated[str, Choice("auto", "origin")] | None = None
    """`auto` (default: the model decides by the prompt) or `origin` (keep the input's sound)."""
    prompt_extend: OnOff | None = None
    """Let the service rewrite the prompt; its default is true."""
    watermark: OnOff | None = None
    """Write "AI生成" into the bottom right corner; false by default."""
    seed: Seed | None = None
    """0 to 2147483647; random by default."""
