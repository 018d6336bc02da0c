"""Making a video from a text alone.

Sources: Model Studio, `text-to-video-api-reference`, 2026-04-26 (2.7);
`legacy-wan-text-to-video-api-reference`, 2026-05-15 (2.1 to 2.6); `happyhorse-*-api-reference`, 2026-05-20 to 22.
"""

from __future__ import annotations

from typing import ClassVar

from airflow_provider_wan.dashscope.requests.base import WanRequest
from airflow_provider_wan.dashscope.requests.fields import MediaUrl, OnOff, Prompt, Seconds, Seed, Shots, Word


class TextToVideo(WanRequest):
    """Make a video of what the prompt says.

    Without `model`: wan2.7-t2v. What a model doesn't take is refused, with the models that do. Where `watermark` is
    left out, HappyHorse models write one into the video. Billed are the seconds that come out.
    """

    function: ClassVar[str] = "text_to_video"
    families = ("t2v", "happyhorse_t2v")
    default = "wan2.7-t2v"

    prompt: Prompt
    """What happens: up to 5000 characters (2.7), 1500 (2.5, 2.6) or 800 (2.1, 2.2). HappyHorse: 5000, where a Chinese
    character counts 2."""
    negative_prompt: Prompt | None = None
    """What not to show, up to 500 characters; not with HappyHorse."""
    audio_url: MediaUrl | None = None
    """2.5 to 2.7: the sound; WAV or MP3, 2 to 30 seconds (2.7) or 3 to 30 (2.5, 2.6), at most 15 MB."""
    size: Word | None = None
    """2.1 to 2.6: pixels of the result, e.g. 1280*720, which is also the price tier. The default is 1920*1080, the
    dearest; 2.1: 1280*720."""
    resolution: Word | None = None
    """2.7 and HappyHorse: price tier, 720P or 1080P, with HappyHorse 1.1 also 480P. The default is 1080P, the
    dearest."""
    ratio: Word | None = None
    """2.7 and HappyHorse: 16:9 (default), 9:16, 1:1, 4:3 or 3:4; HappyHorse also 4:5, 5:4, 9:21 and 21:9."""
    duration: Seconds | None = None
    """Seconds, 5 by default: 2 to 15 (2.6, 2.7), 3 to 15 (HappyHorse), 5 or 10 (2.6-us, 2.5), 5 (2.1, 2.2)."""
    shot_type: Shots | None = None
    """2.6: one shot (`single`, default) or several; not with `prompt_extend` false."""
    prompt_extend: OnOff | None = None
    """Let the service rewrite the prompt; its default is true. Not with HappyHorse."""
    watermark: OnOff | None = None
    """Write "AI生成" into the bottom right corner; false by default. HappyHorse writes "Happy Horse", and its default
    is TRUE: give False for a video without."""
    seed: Seed | None = None
    """0 to 2147483647; random by default."""
