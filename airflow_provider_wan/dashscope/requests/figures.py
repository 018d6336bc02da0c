"""Figures that move and speak, and videos in a drawn style.

Sources: Model Studio, `wan-animate-move-api` and `wan-animate-mix-api`, 2026-05-08; `wan-s2v-api` and
`wan-s2v-overview`, 2026-02-11; `video-style-transform-api-reference`, 2026-02-11.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

from airflow_provider_wan.dashscope.requests.base import WanRequest
from airflow_provider_wan.dashscope.requests.fields import MediaUrl, OnOff, Word
from airflow_provider_wan.dashscope.requests.given import Given
from airflow_provider_wan.dashscope.requests.problem import Problem, shown
from airflow_provider_wan.dashscope.requests.rules import Choice, Whole

_SHORT_SIDES = (540, 720)


class Animate(WanRequest):
    """Let the figure of a picture move as the figure of a video does, or put it into the video in its place.

    wan2.2-animate-move, the default, keeps the picture's scene; wan2.2-animate-mix keeps the video's. Billed are the
    seconds that come out.
    """

    function: ClassVar[str] = "animate"
    families = ("animate",)
    # Unlike with all other models, this one belongs into `input`.
    input_fields = WanRequest.input_fields | {"watermark"}

    image_url: MediaUrl
    """Picture of the figure: JPEG, PNG, BMP or WEBP, sides 200 to 4096 pixels, aspect 1:3 to 3:1, at most 5 MB."""
    video_url: MediaUrl
    """Video of the motion: MP4, AVI or MOV of 2 to 30 seconds, sides 200 to 2048 pixels, aspect 1:3 to 3:1, at most
    200 MB."""
    mode: Annotated[str, Choice("wan-std", "wan-pro")]
    """Price tier: `wan-std`, or `wan-pro`, which is finer and dearer by a half. There is no default."""
    check_image: OnOff | None = None
    """Let the service check the picture before it works; its default is true."""
    watermark: OnOff | None = None
    """Write "通义AI生成" into the video; false by default."""


class SpeechToVideo(WanRequest):
    """Let a person in a picture speak, or sing, what is in an audio file. Offered in Beijing only.

    The video is as long as the sound.
    """

    function: ClassVar[str] = "speech_to_video"
    families = ("s2v",)

    # A newer sample says `img_url`; the reference, and all else, say `image_url`.
    image_url: MediaUrl
    """Picture of one person: JPEG, PNG, BMP or WEBP, sides 400 to 7000 pixels."""
    audio_url: MediaUrl
    """The sound: shorter than 20 seconds and smaller than 15 MB."""
    resolution: Word | None = None
    """Price tier: 480P (default) or 720P."""
    style: Annotated[str, Choice("speech")] | None = None
    """Only `speech`. It stands in a sample of the overview, and not in the reference."""


class VideoStyle(WanRequest):
    """Redraw a video in one of eight styles. Offered in Beijing only."""

    function: ClassVar[str] = "video_style"
    families = ("style",)

    video_url: MediaUrl
    """MP4, AVI, MKV, MOV, FLV, TS, MPG or MXF of up to 30 seconds, sides 256 to 4096 pixels, the long one at most 1.8
    times the short one, at most 100 MB."""
    style: Annotated[int, Whole(0, 7)] | None = None
    """0 Japanese manga (default), 1 American comic, 2 fresh comic, 3 3D cartoon, 4 Chinese cartoon, 5 paper art, 6
    simple illustration, 7 Chinese ink."""
    video_fps: Annotated[int, Whole(15, 25)] | None = None
    """Frames a second of the result, 15 (default) to 25."""
    animate_emotion: OnOff | None = None
    """Whether faces are made livelier, at times too lively; the service's default is true."""
    min_len: Annotated[int, Whole()] | None = None
    """Short side of the result in pixels, which is the price tier: 720 (default) or 540."""
    use_SR: OnOff | None = None  # noqa: N815  # the service's own name
    """Whether the result is sharpened by super resolution, which takes longer; false by default."""

    @classmethod
    def check(cls, given: Given) -> Iterator[Problem]:
        """Check the short side."""
        yield from super().check(given)
        side = given.get("min_len")
        if side is not None and side not in _SHORT_SIDES:
            nearest = min(_SHORT_SIDES, key=lambda known: abs(known - side))
            yield Problem(
                "min_len", shown(side), "must be 540 or 720", f"Use {nearest}, or leave the field out."
            )
