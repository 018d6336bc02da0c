"""Making a video with the subjects of pictures and videos.

Sources: Model Studio, `wan-video-to-video-api-reference`, 2026-05-11 (2.7);
`legacy-wan-reference-to-video-api-reference`, 2026-05-15 (2.6); `happyhorse-*-api-reference`,
2026-05-20 to 22.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, ClassVar

from airflow_provider_wan.dashscope.catalog import Model
from airflow_provider_wan.dashscope.requests.base import WanRequest
from airflow_provider_wan.dashscope.requests.clashes import Clash
from airflow_provider_wan.dashscope.requests.fields import (
    FiveMediaUrls,
    ImageUrl,
    NineImageUrls,
    OnOff,
    Prompt,
    Seconds,
    Seed,
    Shots,
    Word,
)
from airflow_provider_wan.dashscope.requests.given import Given
from airflow_provider_wan.dashscope.requests.limits import called
from airflow_provider_wan.dashscope.requests.problem import Problem, shown
from airflow_provider_wan.dashscope.requests.rules import ListOf
from airflow_provider_wan.dashscope.requests.taken import by_size
from airflow_provider_wan.dashscope.requests.urls import Url

_TOGETHER = 5
_LONGEST_WITH_VIDEO = 10


class _UrlOrNothing(Url):
    """A URL, or the empty text for an item that has none."""

    def takes(self, text: str) -> bool:
        return not text

    def parse(self, field: str, value: Any) -> str:
        return "" if value == "" else super().parse(field, value)


class ReferenceToVideo(WanRequest):
    """Let the subjects of pictures and videos act as the prompt says.

    Without `model`: wan2.7-r2v. The prompt names its references by kind and order: "Image 1", "Video 1" (2.7);
    `character1`, `character2`, pictures first (2.6); "[Image 1]" (HappyHorse). What a model doesn't take is refused,
    with the models that do. Where `watermark` is left out, HappyHorse models write one into the video. Billed are the
    seconds that come out, plus at most 5 that go in.
    """

    function: ClassVar[str] = "reference_to_video"
    families = ("r2v", "happyhorse_r2v")
    default = "wan2.7-r2v"
    media_types: ClassVar[dict[str, str]] = {
        "reference_image_urls": "reference_image",
        "reference_video_urls": "reference_video",
        "first_frame_url": "first_frame",
    }
    clashes: ClassVar[Sequence[Clash]] = (
        Clash(
            "ratio",
            "first_frame_url",
            "would be silently ignored, since the video has the first frame's aspect",
        ),
    )

    prompt: Prompt
    """What happens: up to 5000 characters (2.7) or 1500 (2.6). HappyHorse: 5000, where a Chinese character counts 2."""
    reference_image_urls: NineImageUrls | None = None
    """Up to 5 pictures, HappyHorse 1 to 9: JPEG, PNG without alpha, BMP or WEBP, sides 240 to 8000 pixels (HappyHorse:
    short side from 400), at most 20 MB each."""
    reference_video_urls: FiveMediaUrls | None = None
    """Wan: up to 5 videos (2.6: 3), with the pictures at most 5; MP4 or MOV, 1 to 30 seconds, sides 240 to 4096 pixels,
    at most 100 MB each."""
    first_frame_url: ImageUrl | None = None
    """2.7: picture to begin with, besides the references."""
    reference_voice_urls: Annotated[Sequence[str], ListOf(_UrlOrNothing(), most=5, cut=False)] | None = None
    """2.7: the voice of each reference, pictures first and then videos; an empty text for one without. WAV or MP3, 1 to
    10 seconds, at most 15 MB each."""
    negative_prompt: Prompt | None = None
    """2.7: what not to show, up to 500 characters."""
    resolution: Word | None = None
    """2.7 and HappyHorse: price tier, 720P or 1080P, with HappyHorse 1.1 also 480P. The default is 1080P, the
    dearest."""
    ratio: Word | None = None
    """2.7 and HappyHorse: 16:9 (default), 9:16, 1:1, 4:3 or 3:4; HappyHorse also 4:5, 5:4, 9:21 and 21:9. Not with a
    first frame."""
    size: Word | None = None
    """2.6: pixels of the result, e.g. 1280*720, which is also the price tier; 1920*1080 by default."""
    duration: Seconds | None = None
    """Seconds, 5 by default: 2 to 15, with a video among the references 2 to 10 (2.7); 2 to 10 (2.6); 3 to 15
    (HappyHorse)."""
    audio: OnOff | None = None
    """wan2.6-r2v-flash: with sound (default) or without, at half the price."""
    shot_type: Shots | None = None
    """2.6: one shot (`single`, default) or several."""
    prompt_extend: OnOff | None = None
    """2.7: let the service rewrite the prompt; its default is true."""
    watermark: OnOff | None = None
    """Write "AI生成" into the bottom right corner; false by default. HappyHorse writes "Happy Horse", and its default
    is TRUE: give False for a video without."""
    seed: Seed | None = None
    """0 to 2147483647; random by default."""

    @classmethod
    def check(cls, given: Given) -> Iterator[Problem]:
        """Check that there are references, not too many, and what goes with them."""
        yield from super().check(given)
        models = cls.candidates(given)
        happyhorse = all(model.family == "happyhorse_r2v" for model in models)
        references = ("reference_image_urls",) if happyhorse else _REFERENCES
        if not any(field in given for field in references):
            rule = "is required" if happyhorse else "is required, or reference_video_urls"
            yield Problem("reference_image_urls", None, rule, "Give the picture of a subject.")
        if not any(model.family == "happyhorse_r2v" for model in models):
            yield from _together(given, models)
        yield from _voices(given)
        if any(by_size(model) or model.family == "happyhorse_r2v" for model in models):
            return
        seconds = given.get("duration")
        if given.get("reference_video_urls") and seconds and seconds > _LONGEST_WITH_VIDEO:
            rule = f"must be 2 to {_LONGEST_WITH_VIDEO} seconds with a video among the references"
            if seconds in models[0].durations:
                yield Problem(
                    "duration", shown(seconds), rule, f"Use {_LONGEST_WITH_VIDEO}, or leave it out."
                )

    def _input(self) -> dict[str, Any]:
        if by_size(self._model()):
            return {"prompt": self.prompt, "reference_urls": list(_references(self))}
        parts = super()._input()
        voices = parts.pop("reference_voice_urls", ())
        for item, voice in zip(parts["media"], voices, strict=False):  # a first frame comes last and has none
            if voice:
                item["reference_voice"] = voice
        return parts


_REFERENCES = ("reference_image_urls", "reference_video_urls")


def _references(request: ReferenceToVideo) -> Iterator[str]:
    yield from request.reference_image_urls or ()
    yield from request.reference_video_urls or ()


def _together(given: Given, models: Sequence[Model]) -> Iterator[Problem]:
    number = sum(len(given.get(field) or ()) for field in _REFERENCES)
    if number > _TOGETHER and all(field in given for field in _REFERENCES):
        rule = f"makes {number} references with reference_image_urls, but {called(given, models)} takes {_TOGETHER}"
        urls = given.get("reference_video_urls")
        yield Problem("reference_video_urls", shown(urls), rule, "Leave some out.")


def _voices(given: Given) -> Iterator[Problem]:
    voices = given.get("reference_voice_urls")
    lists = [field for field in _REFERENCES if field in given]
    if voices is None or any(given.get(field) is None for field in lists):
        return
    number = sum(len(given.get(field)) for field in lists)
    if len(voices) != number:
        rule = (
            f"has {len(voices)}, but there {'is 1 reference' if number == 1 else f'are {number} references'}"
        )
        fix = 'Give one for each, pictures first and then videos; "" for one without a voice.'
        yield Problem("reference_voice_urls", shown(voices), rule, fix)
