"""All that wan3.0 makes: from text, frames, references, a document or a page.

Source: Model Studio, `wan3-video-generation-api-reference`, August 2026.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, ClassVar

from airflow_provider_wan.dashscope.requests.base import WanRequest
from airflow_provider_wan.dashscope.requests.clashes import Clash
from airflow_provider_wan.dashscope.requests.fields import (
    FiveMediaUrls,
    ImageUrl,
    MediaUrl,
    OnOff,
    Prompt,
    Seconds,
    Seed,
    TenImageUrls,
    Word,
)
from airflow_provider_wan.dashscope.requests.given import Given
from airflow_provider_wan.dashscope.requests.problem import Problem, shown
from airflow_provider_wan.dashscope.requests.rules import refuse
from airflow_provider_wan.dashscope.requests.urls import Url

_FRAMES = ("first_frame_url", "last_frame_url")
_REFERENCES = (
    "reference_image_urls",
    "reference_video_urls",
    "reference_audio_urls",
    "file_url",
    "link_url",
)


class _Page(Url):
    """The address of a web page."""

    wanted = "the URL of a web page"

    def parse(self, field: str, value: Any) -> str:
        url = super().parse(field, value)
        if url.partition("://")[0].lower() not in ("http", "https"):
            refuse(
                field, url, "must be the https:// URL of a public web page", "Give a document as file_url."
            )
        return url


class Wan3Video(WanRequest):
    """Make or edit a video with wan3.0: from a text, from one or two frames, or after references.

    At least a prompt or one input is needed. Frames on the one side, and references, a file and a link on the other
    exclude each other. Without `model`: wan3.0-video; wan3.0-video-prime is the dearer one. The service documents them
    on workspace hosts only, so the connection should name its workspace. Billed are the seconds that go in, all of
    them, plus those that come out.
    """

    function: ClassVar[str] = "wan3_video"
    families = ("wan3",)
    default = "wan3.0-video"
    media_types: ClassVar[dict[str, str]] = {
        "first_frame_url": "first_frame",
        "last_frame_url": "last_frame",
        "reference_image_urls": "reference_image",
        "reference_video_urls": "reference_video",
        "reference_audio_urls": "reference_audio",
        "file_url": "file",
        "link_url": "link",
    }
    clashes: ClassVar[Sequence[Clash]] = (
        Clash("link_url", "file_url", "may not be given together with file_url"),
    )

    prompt: Prompt | None = None
    """What happens, up to 20000 characters."""
    first_frame_url: ImageUrl | None = None
    """Picture to begin with: JPEG, PNG without alpha, BMP or WEBP, sides 240 to 8000 pixels, aspect up to 8:1, at most
    20 MB."""
    last_frame_url: ImageUrl | None = None
    """Picture to end with, after a first frame; as that."""
    reference_image_urls: TenImageUrls | None = None
    """Up to 10 pictures; as `first_frame_url`."""
    reference_video_urls: FiveMediaUrls | None = None
    """Up to 5 videos: MP4 or MOV, 1 to 15 seconds each and together, sides 240 to 4096 pixels, aspect up to 8:1, at
    most 100 MB each. With the result they may have 30 seconds."""
    reference_audio_urls: FiveMediaUrls | None = None
    """Up to 5 sounds: WAV or MP3, 1 to 15 seconds each and together, at most 15 MB each."""
    file_url: MediaUrl | None = None
    """A document: docx, doc, xlsx, xls, pptx, ppt, pdf, txt, key, pages, numbers or md, at most 50 pages and 100 MB."""
    link_url: Annotated[str, _Page()] | None = None
    """A public web page; not with a file."""
    resolution: Word | None = None
    """Price tier: 480P, 720P or 1080P. The default is 1080P, the dearest."""
    ratio: Word | None = None
    """adaptive (default), 16:9, 4:3, 1:1, 3:4 or 9:16."""
    duration: Seconds | None = None
    """2 to 30 seconds, 5 by default; -1 lets the model decide."""
    audio: OnOff | None = None
    """With sound (default) or without, at the same price."""
    prompt_extend: OnOff | None = None
    """Let the service rewrite the prompt; its default is true."""
    watermark: OnOff | None = None
    """Write "AI生成" into the bottom right corner; false by default."""
    seed: Seed | None = None
    """0 to 2147483647; random by default."""

    @classmethod
    def check(cls, given: Given) -> Iterator[Problem]:
        """Check that there is something to go by."""
        yield from super().check(given)
        if not any(field in given for field in ("prompt", *cls.media_types)):
            rule = f"is required, or one of {', '.join(cls.media_types)}"
            yield Problem("prompt", None, rule, "Say what the video shows.")
        frames = [field for field in _FRAMES if given.get(field)]
        references = [field for field in _REFERENCES if given.get(field)] if frames else []
        for field in references:  # the service takes such a request, and fails the job
            rule = f"may not be given together with {' and '.join(frames)}"
            yield Problem(field, shown(given.get(field)), rule, "Begin with a frame, or go by references.")
        if given.get("last_frame_url") and "first_frame_url" not in given and not references:
            rule = "is required with last_frame_url"
            yield Problem("first_frame_url", None, rule, "Give the picture to begin with.")
