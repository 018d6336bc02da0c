"""Making videos from text, frames and references."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from airflow_provider_wan.dashscope.requests import (
    FramesToVideo,
    ReferenceToVideo,
    TextToVideo,
    Wan3Video,
    WanRequest,
)
from airflow_provider_wan.operators.base import Flag, Text, Texts, WanOperator, Whole


class WanTextToVideoOperator(WanOperator):
    """Makes a video of what a text says (Wan 2.1 to 2.7 and HappyHorse).

    Which fields and values a model allows is checked per model; what one doesn't take is refused, with the models that
    do. Without `resolution` or `size` most models render and bill 1080P. HappyHorse models write their mark into the
    video unless `watermark` is False. Sources: Model Studio's pages `text-to-video-api-reference` (2026-04-26),
    `legacy-wan-text-to-video-api-reference` (2026-05-15) and `happyhorse-*-api-reference` (2026-05-20 to 22).

    Args:
        prompt: What happens, up to 5000 (2.7, HappyHorse; there a Chinese character counts 2), 1500 (2.5, 2.6) or 800
            characters.
        negative_prompt: What should not appear, up to 500 characters (Wan).
        audio_url: Sound of 2 to 30 s (2.7) or 3 to 30 s (2.5, 2.6), WAV or MP3.
        size: Pixels of the result, e.g. `1280*720` (2.1 to 2.6).
        resolution: `720P` or `1080P`, the service's default (2.7, HappyHorse); HappyHorse 1.1 also `480P`.
        ratio: `16:9`, the service's default, `9:16`, `1:1`, `4:3` or `3:4` (2.7, HappyHorse); HappyHorse has more.
        duration: Seconds, as the model allows; the service's default is 5.
        shot_type: `single` or `multi` (2.6); needs `prompt_extend`.
        prompt_extend: Let the service rewrite the prompt; its default is true (Wan).
        watermark: Add the service's mark; its default is false for Wan and TRUE for HappyHorse.
        seed: 0 to 2147483647.
        kwargs: As for `WanOperator`. `model` left out: wan2.7-t2v.
    """

    request_class: ClassVar[type[WanRequest]] = TextToVideo
    template_fields: Sequence[str] = (
        *WanOperator.template_fields,
        *("prompt", "negative_prompt", "audio_url", "size", "resolution", "ratio", "duration"),
        *("shot_type", "prompt_extend", "watermark", "seed"),
    )

    def __init__(
        self,
        *,
        prompt: Text,
        negative_prompt: Text | None = None,
        audio_url: Text | None = None,
        size: Text | None = None,
        resolution: Text | None = None,
        ratio: Text | None = None,
        duration: Whole | None = None,
        shot_type: Text | None = None,
        prompt_extend: Flag | None = None,
        watermark: Flag | None = None,
        seed: Whole | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.prompt = prompt
        self.negative_prompt = negative_prompt
        self.audio_url = audio_url
        self.size = size
        self.resolution = resolution
        self.ratio = ratio
        self.duration = duration
        self.shot_type = shot_type
        self.prompt_extend = prompt_extend
        self.watermark = watermark
        self.seed = seed
        self.check_literals()


class WanFramesToVideoOperator(WanOperator):
    """Makes a silent video of 5 s that goes from one picture to another (wan2.2-kf2v-flash, wan2.1-kf2v-plus).

    Wan2.2-kf2v-flash, the default, is offered in Beijing only; in Singapore set `model="wan2.1-kf2v-plus"`, which is
    dearer. Source: Model Studio's page `legacy-image-to-video-by-first-and-last-frame-api-reference` (2026-04-24).

    Args:
        first_frame_url: Picture to begin with, sides 240 to 8000, at most 10 MB. The video has its aspect.
        last_frame_url: Picture to end with, of any size within the same limits.
        prompt: What happens between them, up to 800 characters; not with `template`.
        negative_prompt: What should not appear, up to 500 characters.
        template: Name of an effect, in place of the prompt (wan2.1-kf2v-plus).
        resolution: `480P`, `720P`, the service's default, or `1080P`; wan2.1-kf2v-plus has 720P alone.
        duration: Only 5.
        prompt_extend: Let the service rewrite the prompt; its default is true.
        watermark: Add the service's mark; its default is false.
        seed: 0 to 2147483647.
        kwargs: As for `WanOperator`. `model` left out: wan2.2-kf2v-flash.
    """

    request_class: ClassVar[type[WanRequest]] = FramesToVideo
    template_fields: Sequence[str] = (
        *WanOperator.template_fields,
        *("first_frame_url", "last_frame_url", "prompt", "negative_prompt", "template", "resolution"),
        *("duration", "prompt_extend", "watermark", "seed"),
    )

    def __init__(
        self,
        *,
        first_frame_url: Text,
        last_frame_url: Text | None = None,
        prompt: Text | None = None,
        negative_prompt: Text | None = None,
        template: Text | None = None,
        resolution: Text | None = None,
        duration: Whole | None = None,
        prompt_extend: Flag | None = None,
        watermark: Flag | None = None,
        seed: Whole | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.first_frame_url = first_frame_url
        self.last_frame_url = last_frame_url
        self.prompt = prompt
        self.negative_prompt = negative_prompt
        self.template = template
        self.resolution = resolution
        self.duration = duration
        self.prompt_extend = prompt_extend
        self.watermark = watermark
        self.seed = seed
        self.check_literals()


class WanReferenceToVideoOperator(WanOperator):
    """Makes a video in which the subjects of pictures and videos act (Wan 2.6, 2.7 and HappyHorse).

    Billed are the seconds of the result, plus at most 5 of the inputs. Without `resolution` or `size` the service
    renders and bills 1080P. HappyHorse models write their mark into the video unless `watermark` is False. Sources:
    Model Studio's pages `wan-video-to-video-api-reference` (2026-05-11), `legacy-wan-reference-to-video-api-reference`
    (2026-05-15) and `happyhorse-*-api-reference` (2026-05-20 to 22).

    Args:
        prompt: What happens. It names the references: "Image 1", "Video 1" (2.7), `character1` (2.6; pictures come
            first), "[Image 1]" (HappyHorse).
        reference_image_urls: Up to 5 pictures; HappyHorse 1 to 9.
        reference_video_urls: Up to 5 videos (2.6: 3) of 1 to 30 s; with the pictures at most 5 (Wan).
        first_frame_url: Picture to begin with, besides the references (2.7).
        reference_voice_urls: Voice of each reference, 1 to 10 s, pictures first and then videos; `""` for one without
            (2.7).
        negative_prompt: What should not appear, up to 500 characters (2.7).
        resolution: `720P` or `1080P`, the service's default (2.7, HappyHorse); HappyHorse 1.1 also `480P`.
        ratio: `16:9`, the service's default, and others (2.7, HappyHorse); not with a first frame.
        size: Pixels of the result, e.g. `1280*720` (2.6).
        duration: 2 to 15 s, with a video 2 to 10 (2.7), 2 to 10 (2.6), or 3 to 15 (HappyHorse); 5 by default.
        audio: Whether wan2.6-r2v-flash adds sound, at twice the price; its default is true.
        shot_type: `single` or `multi` (2.6).
        prompt_extend: Let the service rewrite the prompt; its default is true (2.7).
        watermark: Add the service's mark; its default is false for Wan and TRUE for HappyHorse.
        seed: 0 to 2147483647.
        kwargs: As for `WanOperator`. `model` left out: wan2.7-r2v.
    """

    request_class: ClassVar[type[WanRequest]] = ReferenceToVideo
    template_fields: Sequence[str] = (
        *WanOperator.template_fields,
        *("prompt", "reference_image_urls", "reference_video_urls", "first_frame_url"),
        *("reference_voice_urls", "negative_prompt", "resolution", "ratio", "size", "duration"),
        *("audio", "shot_type", "prompt_extend", "watermark", "seed"),
    )

    def __init__(
        self,
        *,
        prompt: Text,
        reference_image_urls: Texts | None = None,
        reference_video_urls: Texts | None = None,
        first_frame_url: Text | None = None,
        reference_voice_urls: Texts | None = None,
        negative_prompt: Text | None = None,
        resolution: Text | None = None,
        ratio: Text | None = None,
        size: Text | None = None,
        duration: Whole | None = None,
        audio: Flag | None = None,
        shot_type: Text | None = None,
        prompt_extend: Flag | None = None,
        watermark: Flag | None = None,
        seed: Whole | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.prompt = prompt
        self.reference_image_urls = reference_image_urls
        self.reference_video_urls = reference_video_urls
        self.first_frame_url = first_frame_url
        self.reference_voice_urls = reference_voice_urls
        self.negative_prompt = negative_prompt
        self.resolution = resolution
        self.ratio = ratio
        self.size = size
        self.duration = duration
        self.audio = audio
        self.shot_type = shot_type
        self.prompt_extend = prompt_extend
        self.watermark = watermark
        self.seed = seed
        self.check_literals()


class Wan3VideoOperator(WanOperator):
    """Makes or edits a video with wan3.0: from a text, from one or two frames, or after references.

    Give a prompt or at least one input. Frames exclude references, files and links. The service documents wan3.0 on
    workspace hosts only, so the connection should name its workspace. Billed are all seconds that go in plus those that
    come out. Without `resolution` the service renders and bills 1080P. Source: Model Studio's page
    `wan3-video-generation-api-reference` (August 2026).

    Args:
        prompt: What happens, up to 20000 characters.
        first_frame_url: Picture to begin with, sides 240 to 8000, at most 20 MB.
        last_frame_url: Picture to end with, after a first frame.
        reference_image_urls: Up to 10 pictures.
        reference_video_urls: Up to 5 videos, 1 to 15 s each and together; with the result at most 30 s.
        reference_audio_urls: Up to 5 sounds, 1 to 15 s each and together.
        file_url: A document of at most 50 pages: Word, Excel, PowerPoint, PDF, text and the like.
        link_url: A public web page; not with a file.
        resolution: `480P`, `720P` or `1080P`, the service's default.
        ratio: `adaptive`, the service's default, `16:9`, `4:3`, `1:1`, `3:4` or `9:16`.
        duration: 2 to 30 s, or -1 to let the model decide; the service's default is 5.
        audio: Add sound; the service's default is true, and the price is the same.
        prompt_extend: Let the service rewrite the prompt; its default is true.
        watermark: Add the service's mark; its default is false.
        seed: 0 to 2147483647.
        kwargs: As for `WanOperator`. `model` left out: wan3.0-video; the other one is wan3.0-video-prime.
    """

    request_class: ClassVar[type[WanRequest]] = Wan3Video
    template_fields: Sequence[str] = (
        *WanOperator.template_fields,
        *("prompt", "first_frame_url", "last_frame_url", "reference_image_urls", "reference_video_urls"),
        *("reference_audio_urls", "file_url", "link_url", "resolution", "ratio", "duration", "audio"),
        *("prompt_extend", "watermark", "seed"),
    )

    def __init__(
        self,
        *,
        prompt: Text | None = None,
        first_frame_url: Text | None = None,
        last_frame_url: Text | None = None,
        reference_image_urls: Texts | None = None,
        reference_video_urls: Texts | None = None,
        reference_audio_urls: Texts | None = None,
        file_url: Text | None = None,
        link_url: Text | None = None,
        resolution: Text | None = None,
        ratio: Text | None = None,
        duration: Whole | None = None,
        audio: Flag | None = None,
        prompt_extend: Flag | None = None,
        watermark: Flag | None = None,
        seed: Whole | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.prompt = prompt
        self.first_frame_url = first_frame_url
        self.last_frame_url = last_frame_url
        self.reference_image_urls = reference_image_urls
        self.reference_video_urls = reference_video_urls
        self.reference_audio_urls = reference_audio_urls
        self.file_url = file_url
        self.link_url = link_url
        self.resolution = resolution
        self.ratio = ratio
        self.duration = duration
        self.audio = audio
        self.prompt_extend = prompt_extend
        self.watermark = watermark
        self.seed = seed
        self.check_literals()
