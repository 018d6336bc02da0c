"""Making a video between a first and a last frame.

Source: Model Studio, `legacy-image-to-video-by-first-and-last-frame-api-reference`, 2026-04-24; effects:
`wanx-video-effects`, mid 2026.
"""

from __future__ import annotations

from typing import ClassVar

from airflow_provider_wan.dashscope.requests.base import WanRequest
from airflow_provider_wan.dashscope.requests.fields import ImageUrl, OnOff, Prompt, Seconds, Seed, Word


class FramesToVideo(WanRequest):
    """Go from one picture to another, in 5 seconds without sound.

    Without `model`: wan2.2-kf2v-flash, which is offered in Beijing only. In Singapore name wan2.1-kf2v-plus: it is
    dearer and takes less, so it isn't chosen for you; the error says so before anything is sent. Wan2.7-i2v
    (`ImageToVideo`) takes a last frame too, and is offered in both.
    """

    function: ClassVar[str] = "frames_to_video"
    families = ("kf2v",)
    default = "wan2.2-kf2v-flash"

    first_frame_url: ImageUrl
    """Picture to begin with: JPEG, PNG without alpha, BMP or WEBP, sides 240 to 8000 pixels, at most 10 MB. The video
    has its aspect."""
    last_frame_url: ImageUrl | None = None
    """Picture to end with; as the first, and it may be of another size."""
    prompt: Prompt | None = None
    """What happens between them, up to 800 characters. Not with `template`."""
    negative_prompt: Prompt | None = None
    """What not to show, up to 500 characters."""
    template: Word | None = None
    """wan2.1-kf2v-plus: a ready-made effect, in place of the prompt; it needs the first frame only."""
    resolution: Word | None = None
    """Price tier: 480P, 720P (default) or 1080P; wan2.1-kf2v-plus: 720P."""
    duration: Seconds | None = None
    """Seconds; only 5."""
    prompt_extend: OnOff | None = None
    """Let the service rewrite the prompt; its default is true."""
    watermark: OnOff | None = None
    """Write "AI生成" into the bottom right corner; false by default."""
    seed: Seed | None = None
    """0 to 2147483647; random by default."""
