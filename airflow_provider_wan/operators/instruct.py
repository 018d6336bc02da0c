"""Editing by instruction, image to video, and whatever else the service offers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, TypeAlias

from airflow.providers.common.compat.sdk import XComArg

from airflow_provider_wan.dashscope.requests import ImageToVideo, VideoEdit, VideoSynthesis, WanRequest
from airflow_provider_wan.operators.base import Flag, Text, Texts, WanOperator, Whole

Object: TypeAlias = dict[str, Any] | str | XComArg


class WanVideoEditOperator(WanOperator):
    """Edits a video as an instruction says, with reference images if wanted (wan2.7-videoedit, HappyHorse).

    Billed are the seconds of the input and of the output. Without `resolution` the service renders and
    bills 1080P. `model="happyhorse-1.0-video-edit"` takes longer videos and fewer fields, and writes its mark into the
    result unless `watermark` is False. Sources: Model Studio's pages `wan-video-editing-api-reference` (2026-05-11) and
    `happyhorse-*-api-reference` (2026-05-20 to 22).

    Args:
        video_url: MP4 or MOV of 2 to 10 s, sides 240 to 4096, at most 100 MB. HappyHorse: 3 to 60 s, of which it uses
            the first 15, sides 360 to 4096.
        prompt: The instruction, up to 5000 characters. HappyHorse needs one, and counts a Chinese character 2.
        negative_prompt: What should not appear, up to 500 characters (Wan).
        reference_image_urls: Up to 4 images; HappyHorse up to 5.
        resolution: `720P` or `1080P`, the service's default.
        ratio: `16:9`, `9:16`, `1:1`, `4:3` or `3:4`; left out, as the input (Wan).
        duration: 0 (the input's length, the service's default), or 2 to 10 seconds counted from its start (Wan).
        audio_setting: `auto` (the service's default) or `origin`, to keep the input's sound.
        prompt_extend: Let the service rewrite the prompt; its default is true (Wan).
        seed: 0 to 2147483647.
        watermark: Add the service's mark; its default is false for Wan and TRUE for HappyHorse.
        kwargs: As for `WanOperator`. `model` left out: wan2.7-videoedit.
    """

    request_class: ClassVar[type[WanRequest]] = VideoEdit
    template_fields: Sequence[str] = (
        *WanOperator.template_fields,
        *("video_url", "prompt", "negative_prompt", "reference_image_urls", "resolution", "ratio"),
        *("duration", "audio_setting", "prompt_extend", "seed", "watermark"),
    )

    def __init__(
        self,
        *,
        video_url: Text,
        prompt: Text | None = None,
        negative_prompt: Text | None = None,
        reference_image_urls: Texts | None = None,
        resolution: Text | None = None,
        ratio: Text | None = None,
        duration: Whole | None = None,
        audio_setting: Text | None = None,
        prompt_extend: Flag | None = None,
        seed: Whole | None = None,
        watermark: Flag | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.video_url = video_url
        self.prompt = prompt
        self.negative_prompt = negative_prompt
        self.reference_image_urls = reference_image_urls
        self.resolution = resolution
        self.ratio = ratio
        self.duration = duration
        self.audio_setting = audio_setting
        self.prompt_extend = prompt_extend
        self.seed = seed
        self.watermark = watermark
        self.check_literals()


class WanImageToVideoOperator(WanOperator):
    """Sets an image in motion, or carries a clip on.

    Three families of models, told apart by their inputs. Models 2.1 to 2.6 take one image, `img_url`, and
    some of them `audio_url`, `audio`, `shot_type` or `template`; wan2.7-i2v takes `first_frame_url`,
    `last_frame_url`, `driving_audio_url`, or `first_clip_url`; HappyHorse models take `first_frame_url` alone, and
    write their mark into the video unless `watermark` is False. Which values a model allows is checked per
    model. Without `resolution` most models render and bill 1080P. Sources: Model Studio's pages
    `legacy-image-to-video-api-reference` (2026-05-22), `image-to-video-general-api-reference` (2026-05-11),
    `happyhorse-*-api-reference` (2026-05-20 to 22).

    Args:
        img_url: The first frame, for models 2.1 to 2.6.
        audio_url: Sound of 3 to 30 s, WAV or MP3 (2.5 and 2.6).
        template: Name of an effect, for models that have them; the prompt is then ignored.
        first_frame_url: The first frame (2.7, HappyHorse).
        last_frame_url: The last frame (2.7).
        first_clip_url: Clip of 2 to 10 s to carry on (2.7); counts into `duration` and is billed.
        driving_audio_url: Sound of 2 to 30 s (2.7).
        prompt: What happens, up to 5000 (2.7, HappyHorse; there a Chinese character counts 2), 1500 (2.5, 2.6) or 800
            characters.
        negative_prompt: What should not appear, up to 500 characters (Wan).
        resolution: `480P`, `720P` or `1080P`, as the model allows.
        duration: Seconds, as the model allows; the service's default is 5.
        audio: Whether wan2.6-i2v-flash adds sound, at twice the price; its default is true.
        shot_type: `single` or `multi` (2.6); needs `prompt_extend`.
        prompt_extend: Let the service rewrite the prompt; its default is true (Wan).
        seed: 0 to 2147483647.
        watermark: Add the service's mark; its default is false for Wan and TRUE for HappyHorse.
        kwargs: As for `WanOperator`. `model` left out: wan2.6-i2v-flash with `img_url`, else wan2.7-i2v.
    """

    request_class: ClassVar[type[WanRequest]] = ImageToVideo
    template_fields: Sequence[str] = (
        *WanOperator.template_fields,
        *("img_url", "audio_url", "template", "first_frame_url", "last_frame_url", "first_clip_url"),
        *("driving_audio_url", "prompt", "negative_prompt", "resolution", "duration", "audio"),
        *("shot_type", "prompt_extend", "seed", "watermark"),
    )

    def __init__(
        self,
        *,
        img_url: Text | None = None,
        audio_url: Text | None = None,
        template: Text | None = None,
        first_frame_url: Text | None = None,
        last_frame_url: Text | None = None,
        first_clip_url: Text | None = None,
        driving_audio_url: Text | None = None,
        prompt: Text | None = None,
        negative_prompt: Text | None = None,
        resolution: Text | None = None,
        duration: Whole | None = None,
        audio: Flag | None = None,
        shot_type: Text | None = None,
        prompt_extend: Flag | None = None,
        seed: Whole | None = None,
        watermark: Flag | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.img_url = img_url
        self.audio_url = audio_url
        self.template = template
        self.first_frame_url = first_frame_url
        self.last_frame_url = last_frame_url
        self.first_clip_url = first_clip_url
        self.driving_audio_url = driving_audio_url
        self.prompt = prompt
        self.negative_prompt = negative_prompt
        self.resolution = resolution
        self.duration = duration
        self.audio = audio
        self.shot_type = shot_type
        self.prompt_extend = prompt_extend
        self.seed = seed
        self.watermark = watermark
        self.check_literals()


class WanVideoSynthesisOperator(WanOperator):
    """Runs any video model of the service, also one that this package doesn't know yet.

    `model`, `input` and `parameters` are sent as they are; only the service checks them.

    Args:
        model: Model as the region spells it.
        input: The request's `input` object, as the model's page documents it.
        parameters: Its `parameters` object.
        kwargs: As for `WanOperator`.
    """

    request_class: ClassVar[type[WanRequest]] = VideoSynthesis
    template_fields: Sequence[str] = (*WanOperator.template_fields, "input", "parameters")
    template_fields_renderers: ClassVar[dict[str, str]] = {"input": "json", "parameters": "json"}

    def __init__(
        self,
        *,
        model: Text,
        input: Object,  # noqa: A002 -- the service's own name
        parameters: Object | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(model=model, **kwargs)
        self.input = input
        self.parameters = parameters
        self.check_literals()
