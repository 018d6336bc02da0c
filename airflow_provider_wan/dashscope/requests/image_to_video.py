"""Making a video from an image.

Three families of models take it, with different fields:

* one image, models 2.1 to 2.6. Source: Model Studio, `legacy-image-to-video-api-reference`, 2026-05-22;
  effects: `wanx-video-effects`, mid 2026;
* first and last frame, clip and sound, wan2.7-i2v. Source: `image-to-video-general-api-reference`, 2026-05-11;
* first frame alone, HappyHorse. Source: `happyhorse-*-api-reference`, 2026-05-20 to 22.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import ClassVar

from airflow_provider_wan.dashscope import catalog
from airflow_provider_wan.dashscope.catalog import Model
from airflow_provider_wan.dashscope.requests.base import WanRequest
from airflow_provider_wan.dashscope.requests.fields import (
    ImageUrl,
    MediaUrl,
    OnOff,
    Prompt,
    Seconds,
    Seed,
    Shots,
    Word,
)
from airflow_provider_wan.dashscope.requests.given import Given
from airflow_provider_wan.dashscope.requests.problem import Problem, shown

_MEDIA = ("first_frame_url", "last_frame_url", "first_clip_url", "driving_audio_url")
_BY_MEDIA = ("i2v_media", "happyhorse_i2v")


class ImageToVideo(WanRequest):
    """Bring an image to life.

    Without `model`: wan2.6-i2v-flash where `img_url` is given, wan2.7-i2v where one of its fields is. What a
    model doesn't take is refused, with the models that do. Where `watermark` is left out, HappyHorse models write one
    into the video.
    """

    function: ClassVar[str] = "image_to_video"
    families = ("i2v", *_BY_MEDIA)
    media_types = {field: field.removesuffix("_url") for field in _MEDIA}  # noqa: RUF012

    img_url: ImageUrl | None = None
    """The image, for models 2.1 to 2.6: JPEG, PNG without alpha, BMP or WEBP, sides 240 to 8000 pixels, at
    most 20 MB (2.5, 2.6) or 10 MB (2.1, 2.2). The video has its aspect."""
    first_frame_url: ImageUrl | None = None
    """wan2.7-i2v and HappyHorse: picture to begin with; as `img_url` with 20 MB, aspect 1:8 to 8:1 (HappyHorse: sides
    from 300 pixels, aspect 1:2.5 to 2.5:1)."""
    last_frame_url: ImageUrl | None = None
    """wan2.7-i2v: picture to end with, after a first frame or a first clip."""
    first_clip_url: MediaUrl | None = None
    """wan2.7-i2v: video to continue; MP4 or MOV, 2 to 10 seconds, sides 240 to 4096 pixels, at most 100 MB."""
    driving_audio_url: MediaUrl | None = None
    """wan2.7-i2v: sound to move to, with a first frame; WAV or MP3, 2 to 30 seconds, at most 15 MB."""
    prompt: Prompt | None = None
    """What happens: up to 5000 characters (2.7), 1500 (2.5, 2.6) or 800 (2.1, 2.2). HappyHorse: 5000, where a Chinese
    character counts 2. Not with `template`."""
    negative_prompt: Prompt | None = None
    """What not to show, up to 500 characters; not with HappyHorse."""
    audio_url: MediaUrl | None = None
    """2.5 and 2.6: the sound; WAV or MP3, 3 to 30 seconds, at most 15 MB, cut to the video's length."""
    template: Word | None = None
    """2.1: a ready-made effect, in place of the prompt."""
    resolution: Word | None = None
    """Price tier: 480P, 720P or 1080P, not all with every model. From 2.5 on the default is 1080P, the
    dearest."""
    duration: Seconds | None = None
    """Seconds, 5 by default: 2 to 15 (2.7, where a clip counts in, and 2.6), 3 to 15 (HappyHorse), 5, 10 or 15
    (2.6-us), 5 or 10 (2.5), 3 to 5 (2.1-turbo), 5 (2.2, 2.1-plus)."""
    audio: OnOff | None = None
    """wan2.6-i2v-flash: with sound (default) or without, at half the price."""
    shot_type: Shots | None = None
    """2.6: one shot (`single`, default) or several; not with `prompt_extend` false."""
    prompt_extend: OnOff | None = None
    """Let the service rewrite the prompt; its default is true. Not with HappyHorse."""
    watermark: OnOff | None = None
    """Write "AI生成" into the bottom right corner; false by default. HappyHorse writes "Happy Horse", and its default
    is TRUE: give False for a video without."""
    seed: Seed | None = None
    """0 to 2147483647; random by default."""

    @classmethod
    def default_model(cls, given: Given) -> Model | None:
        """Return the model for the given fields: one of the media fields means 2.7."""
        media = [field for field in _MEDIA if field in given]
        if media and "img_url" in given and not (given.get("img_url") and any(map(given.get, media))):
            return None  # one of them may still render to nothing
        if "img_url" in given:
            return catalog.find("wan2.6-i2v-flash")
        return catalog.find("wan2.7-i2v") if media else None

    @classmethod
    def kinds(cls, given: Given) -> Collection[str]:
        """Return the families whose fields are given."""
        default = cls.default_model(given)
        if default is None:
            return cls.families
        return _BY_MEDIA if default.family in _BY_MEDIA else (default.family,)

    @classmethod
    def check(cls, given: Given) -> Iterator[Problem]:
        """Check that there is something to start from, and that the media go together."""
        families = {model.family for model in cls.candidates(given)}
        if families == {"i2v"}:
            if "img_url" not in given:
                yield Problem("img_url", None, "is required", "Give the image's URL.")
        elif families <= set(_BY_MEDIA):
            yield from _media_combination(given, clip_too="i2v_media" in families)
        elif not any(field in given for field in ("img_url", *_MEDIA)):
            rule = "is required, or for wan2.7-i2v first_frame_url or first_clip_url"
            yield Problem("img_url", None, rule, "Give the image to start from.")
        yield from super().check(given)


def _media_combination(given: Given, *, clip_too: bool) -> Iterator[Problem]:
    frame, clip = "first_frame_url" in given, "first_clip_url" in given
    if not clip_too:
        if not frame:
            yield Problem("first_frame_url", None, "is required", "Give the picture to begin with.")
        return
    if not frame and not clip:
        rule = "is required, or first_clip_url"
        yield Problem("first_frame_url", None, rule, "Give the picture or the clip to begin with.")
    if given.get("first_frame_url") and given.get("first_clip_url"):
        rule = "may not be given together with first_frame_url"
        yield Problem("first_clip_url", shown(given.get("first_clip_url")), rule, "Leave one of them out.")
    if given.get("driving_audio_url") and clip and not frame:
        rule = "goes with first_frame_url only"
        fix = "Leave it out, or begin with a picture."
        yield Problem("driving_audio_url", shown(given.get("driving_audio_url")), rule, fix)
