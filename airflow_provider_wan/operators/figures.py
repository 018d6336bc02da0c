"""Figures that move and speak, and videos in a drawn style."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_wan.dashscope.inputs import TEMPORARY, Input
from airflow_provider_wan.dashscope.requests import WanRequest
from airflow_provider_wan.dashscope.requests.figures import Animate, SpeechToVideo, VideoStyle
from airflow_provider_wan.operators.base import Flag, Text, WanOperator, Whole
from airflow_provider_wan.operators.late import plain

if TYPE_CHECKING:
    from airflow_provider_wan.dashscope.client import DashScopeClient


class WanAnimateOperator(WanOperator):
    """Lets the figure of a picture move as the figure of a video does, or takes that one's place in the video.

    `model="wan2.2-animate-mix"` is the second of the two. Sources: Model Studio's pages `wan-animate-move-api` and
    `wan-animate-mix-api` (2026-05-08).

    Args:
        image_url: Picture of the figure: JPEG, PNG, BMP or WEBP, sides 200 to 4096, at most 5 MB.
        video_url: Video of the motion: MP4, AVI or MOV of 2 to 30 s, sides 200 to 2048, at most 200 MB.
        mode: `wan-std`, or the finer and dearer `wan-pro`. The service has no default.
        check_image: Let the service check the picture first; its default is true.
        watermark: Add the service's mark; its default is false.
        kwargs: As for `WanOperator`. `model` left out: wan2.2-animate-move.
    """

    request_class: ClassVar[type[WanRequest]] = Animate
    template_fields: Sequence[str] = (
        *WanOperator.template_fields,
        *("image_url", "video_url", "mode", "check_image", "watermark"),
    )

    def __init__(
        self,
        *,
        image_url: Text,
        video_url: Text,
        mode: Text,
        check_image: Flag | None = None,
        watermark: Flag | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.image_url = image_url
        self.video_url = video_url
        self.mode = mode
        self.check_image = check_image
        self.watermark = watermark
        self.check_literals()


class WanSpeechToVideoOperator(WanOperator):
    """Lets a person in a picture speak what is in an audio file (wan2.2-s2v, in Beijing only).

    Sources: Model Studio's pages `wan-s2v-api` and `wan-s2v-detect-api` (2026-02-11).

    Args:
        image_url: Picture of one person: JPEG, PNG, BMP or WEBP, sides 400 to 7000.
        audio_url: The sound, shorter than 20 s and smaller than 15 MB.
        resolution: `480P`, the service's default, or `720P`.
        style: Only `speech`, which a sample of the vendor's has; the reference doesn't.
        detect: Ask the service's detector about the picture right before the submission, and fail without retry where
            it isn't passed, instead of paying for a video of it. Off by default, because each answer costs CNY 0.004.
            A picture that is uploaded is uploaded twice then, since such a file is bound to one model.
        kwargs: As for `WanOperator`.
    """

    request_class: ClassVar[type[WanRequest]] = SpeechToVideo
    template_fields: Sequence[str] = (
        *WanOperator.template_fields,
        *("image_url", "audio_url", "resolution", "style"),
    )

    def __init__(
        self,
        *,
        image_url: Text,
        audio_url: Text,
        resolution: Text | None = None,
        style: Text | None = None,
        detect: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.image_url = image_url
        self.audio_url = audio_url
        self.resolution = resolution
        self.style = style
        self.detect = detect
        self._passed: str | None = None
        self.check_literals()

    def _settings_problems(self) -> list[str]:
        problems = super()._settings_problems()
        image = plain(self.image_url)
        if not isinstance(self.detect, bool):
            problems.append(f"detect={self.detect!r}: must be True or False. It can't be a template.")
        elif self.detect and isinstance(image, str) and image.startswith(TEMPORARY):
            problems.append(
                "detect=True: can't be asked about a temporary file of the service's, which one model alone may read. "
                "Give `image_url` the file itself, or leave `detect` out."
            )
        return problems

    def check_with_service(self, client: DashScopeClient, body: Mapping[str, Any]) -> None:
        """Ask the detector about the picture, once per attempt, where that is wanted.

        Raises:
            ImageNotPassedError: It won't do. Nothing but the question was billed.
            DetectionLostError: No answer came. A retry asks again.
            ServiceError: The question was refused.
        """
        image = str(plain(self.image_url))
        if not self.detect or self._passed == image:
            return
        found = client.detect_face(self._for_detector(client, image, body["input"]["image_url"]))
        found.require()
        self.log.info("The detector passed the picture (request_id %s).", found.request_id)
        self._passed = image

    def _for_detector(self, client: DashScopeClient, image: str, staged: str) -> str:
        """Return an address that the detector may read: an upload for the job's model is that model's alone."""
        if not (staged.startswith(TEMPORARY) and Input("image_url", image).stored):
            return staged
        from airflow_provider_wan.dashscope.detection import DETECTOR
        from airflow_provider_wan.staging import upload

        return upload(client, image, DETECTOR, log=self.log)


class WanVideoStyleOperator(WanOperator):
    """Redraws a video in one of eight styles (video-style-transform, in Beijing only).

    Source: Model Studio's page `video-style-transform-api-reference` (2026-02-11).

    Args:
        video_url: MP4, AVI, MKV, MOV, FLV, TS, MPG or MXF of up to 30 s, sides 256 to 4096, the long one at most 1.8
            times the short one, at most 100 MB.
        style: 0 Japanese manga (the service's default), 1 American comic, 2 fresh comic, 3 3D cartoon, 4 Chinese
            cartoon, 5 paper art, 6 simple illustration, 7 Chinese ink.
        video_fps: Frames a second, 15 to 25; the service's default is 15.
        animate_emotion: Make faces livelier; the service's default is true.
        min_len: Short side of the result, which is the price tier: 720, the service's default, or 540.
        use_SR: Sharpen the result by super resolution; the service's default is false.
        kwargs: As for `WanOperator`.
    """

    request_class: ClassVar[type[WanRequest]] = VideoStyle
    template_fields: Sequence[str] = (
        *WanOperator.template_fields,
        *("video_url", "style", "video_fps", "animate_emotion", "min_len", "use_SR"),
    )

    def __init__(
        self,
        *,
        video_url: Text,
        style: Whole | None = None,
        video_fps: Whole | None = None,
        animate_emotion: Flag | None = None,
        min_len: Whole | None = None,
        use_SR: Flag | None = None,  # noqa: N803 -- the service's own name
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.video_url = video_url
        self.style = style
        self.video_fps = video_fps
        self.animate_emotion = animate_emotion
        self.min_len = min_len
        self.use_SR = use_SR
        self.check_literals()
