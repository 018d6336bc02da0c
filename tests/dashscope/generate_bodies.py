"""For each model that makes a video from text, frames or references: bodies as its page has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from airflow_provider_wan.dashscope.requests import (
    FramesToVideo,
    ImageToVideo,
    ReferenceToVideo,
    TextToVideo,
    VideoEdit,
    Wan3Video,
    WanRequest,
)
from tests.dashscope.arguments import IMAGE, INLINE, SOUND, VIDEO

BEIJING, SINGAPORE, VIRGINIA = "cn-beijing", "ap-southeast-1", "us-east-1"
VIDEO_GENERATION = "/services/aigc/video-generation/video-synthesis"
IMAGE_TO_VIDEO = "/services/aigc/image2video/video-synthesis"

FAMILIES = {
    *("t2v", "kf2v", "r2v", "wan3"),
    *("happyhorse_t2v", "happyhorse_i2v", "happyhorse_r2v", "happyhorse_video_edit"),
}
CAT, DOG = "https://media.example.com/cat.png", "https://media.example.com/dog.jpg"
WALK = "https://media.example.com/walk.mov"
JSON = dict[str, Any]


@dataclass(frozen=True)
class Body:
    """A request and the whole body that its model's page has for it.

    Attributes:
        request: Its class.
        fields: What an author writes.
        body: What is posted, word for word.
        region: A region that offers the model.
        sdk: Whether the vendor's own SDK can send it.
    """

    request: type[WanRequest]
    fields: JSON
    body: JSON
    region: str = SINGAPORE
    sdk: bool = True

    @property
    def id(self) -> str:
        return str(self.body["model"])

    @property
    def path(self) -> str:
        return IMAGE_TO_VIDEO if "kf2v" in self.id else VIDEO_GENERATION

    def __str__(self) -> str:
        return f"{self.id}-{'-'.join(self.fields)}"[:80]


def _snapshot(name: str) -> Body:
    return Body(
        TextToVideo,
        {"model": name, "prompt": "A cat", "ratio": "3:4"},
        {"model": name, "input": {"prompt": "A cat"}, "parameters": {"ratio": "3:4"}},
    )


def _of_2_1(name: str, region: str, size: str) -> Body:
    fields = {"negative_prompt": "rain", "size": size, "duration": 5, "prompt_extend": False}
    return Body(
        TextToVideo,
        {"model": name, "prompt": "A cat", **fields, "watermark": True, "seed": 7},
        {
            "model": name,
            "input": {"prompt": "A cat", "negative_prompt": "rain"},
            "parameters": {
                "size": size,
                "duration": 5,
                "prompt_extend": False,
                "watermark": True,
                "seed": 7,
            },
        },
        region,
    )


def _kf2v_plus(name: str, region: str) -> Body:
    return Body(
        FramesToVideo,
        {"model": name, "first_frame_url": IMAGE, "template": "hanfu-1", "resolution": "720P"},
        {
            "model": name,
            "input": {"first_frame_url": IMAGE, "template": "hanfu-1"},
            "parameters": {"resolution": "720P"},
        },
        region,
    )


def _happyhorse(version: str, resolution: str) -> tuple[Body, ...]:
    """`ratio` for the two that have no picture to follow, `watermark` off for all."""
    common: JSON = {"resolution": resolution, "duration": 3, "watermark": False, "seed": 1}
    return (
        Body(
            TextToVideo,
            {"model": f"happyhorse-{version}-t2v", "prompt": "A horse", "ratio": "9:21", **common},
            {
                "model": f"happyhorse-{version}-t2v",
                "input": {"prompt": "A horse"},
                "parameters": {
                    "resolution": resolution,
                    "ratio": "9:21",
                    "duration": 3,
                    "watermark": False,
                    "seed": 1,
                },
            },
        ),
        Body(
            ImageToVideo,
            {
                "model": f"happyhorse-{version}-i2v",
                "first_frame_url": IMAGE,
                "prompt": "It gallops",
                **common,
            },
            {
                "model": f"happyhorse-{version}-i2v",
                "input": {"prompt": "It gallops", "media": [{"type": "first_frame", "url": IMAGE}]},
                "parameters": {"resolution": resolution, "duration": 3, "watermark": False, "seed": 1},
            },
        ),
        Body(
            ReferenceToVideo,
            {
                "model": f"happyhorse-{version}-r2v",
                "prompt": "[Image 1] rides [Image 2]",
                "reference_image_urls": [CAT, DOG],
                "ratio": "4:5",
                **common,
            },
            {
                "model": f"happyhorse-{version}-r2v",
                "input": {
                    "prompt": "[Image 1] rides [Image 2]",
                    "media": [
                        {"type": "reference_image", "url": CAT},
                        {"type": "reference_image", "url": DOG},
                    ],
                },
                "parameters": {
                    "resolution": resolution,
                    "ratio": "4:5",
                    "duration": 3,
                    "watermark": False,
                    "seed": 1,
                },
            },
        ),
    )


def _wan3(*, sdk: bool = True, input: JSON, parameters: JSON | None = None, **fields: Any) -> Body:  # noqa: A002
    body: JSON = {"model": "wan3.0-video", "input": input}
    return Body(Wan3Video, fields, body | ({"parameters": parameters} if parameters else {}), sdk=sdk)


BODIES: tuple[Body, ...] = (
    # -- text ------------------------------------------------------------------------------------------
    Body(
        TextToVideo,
        {
            "prompt": "A cat",
            "negative_prompt": "rain",
            "audio_url": SOUND,
            "resolution": "720P",
            "ratio": "4:3",
            "duration": 15,
            "prompt_extend": True,
            "watermark": False,
            "seed": 2147483647,
        },
        {
            "model": "wan2.7-t2v",
            "input": {"prompt": "A cat", "negative_prompt": "rain", "audio_url": SOUND},
            "parameters": {
                "resolution": "720P",
                "ratio": "4:3",
                "duration": 15,
                "prompt_extend": True,
                "watermark": False,
                "seed": 2147483647,
            },
        },
    ),
    _snapshot("wan2.7-t2v-2026-04-25"),
    _snapshot("wan2.7-t2v-2026-06-12"),
    Body(
        TextToVideo,
        {
            "model": "wan2.6-t2v",
            "prompt": "A cat",
            "audio_url": SOUND,
            "size": "1632*1248",
            "duration": 2,
            "shot_type": "multi",
        },
        {
            "model": "wan2.6-t2v",
            "input": {"prompt": "A cat", "audio_url": SOUND},
            "parameters": {"size": "1632*1248", "duration": 2, "shot_type": "multi"},
        },
    ),
    Body(
        TextToVideo,
        {"model": "wan2.6-t2v-us", "prompt": "A cat", "size": "1280*720", "duration": 10},
        {
            "model": "wan2.6-t2v-us",
            "input": {"prompt": "A cat"},
            "parameters": {"size": "1280*720", "duration": 10},
        },
        VIRGINIA,
    ),
    Body(
        TextToVideo,
        {
            "model": "wan2.5-t2v-preview",
            "prompt": "A cat",
            "audio_url": SOUND,
            "size": "624*624",
            "duration": 10,
        },
        {
            "model": "wan2.5-t2v-preview",
            "input": {"prompt": "A cat", "audio_url": SOUND},
            "parameters": {"size": "624*624", "duration": 10},
        },
    ),
    _of_2_1("wan2.2-t2v-plus", SINGAPORE, "1920*1080"),
    _of_2_1("wan2.1-t2v-turbo", SINGAPORE, "832*480"),
    _of_2_1("wanx2.1-t2v-turbo", BEIJING, "832*480"),
    _of_2_1("wan2.1-t2v-plus", SINGAPORE, "1088*832"),
    _of_2_1("wanx2.1-t2v-plus", BEIJING, "1088*832"),
    # -- frames ----------------------------------------------------------------------------------------
    Body(
        FramesToVideo,
        {
            "first_frame_url": IMAGE,
            "last_frame_url": CAT,
            "prompt": "It turns",
            "negative_prompt": "rain",
            "resolution": "480P",
            "duration": 5,
            "prompt_extend": False,
            "watermark": True,
            "seed": 0,
        },
        {
            "model": "wan2.2-kf2v-flash",
            "input": {
                "first_frame_url": IMAGE,
                "last_frame_url": CAT,
                "prompt": "It turns",
                "negative_prompt": "rain",
            },
            "parameters": {
                "resolution": "480P",
                "duration": 5,
                "prompt_extend": False,
                "watermark": True,
                "seed": 0,
            },
        },
        BEIJING,
    ),
    _kf2v_plus("wan2.1-kf2v-plus", SINGAPORE),
    _kf2v_plus("wanx2.1-kf2v-plus", BEIJING),
    # -- references ------------------------------------------------------------------------------------
    Body(
        ReferenceToVideo,
        {
            "prompt": "Image 1 walks like Video 1",
            "reference_image_urls": [CAT, DOG],
            "reference_video_urls": [WALK],
            "first_frame_url": INLINE,
            "reference_voice_urls": ["", SOUND, SOUND],
            "negative_prompt": "rain",
            "resolution": "1080P",
            "duration": 10,
            "prompt_extend": True,
            "watermark": True,
            "seed": 3,
        },
        {
            "model": "wan2.7-r2v",
            "input": {
                "prompt": "Image 1 walks like Video 1",
                "negative_prompt": "rain",
                "media": [
                    {"type": "reference_image", "url": CAT},
                    {"type": "reference_image", "url": DOG, "reference_voice": SOUND},
                    {"type": "reference_video", "url": WALK, "reference_voice": SOUND},
                    {"type": "first_frame", "url": INLINE},
                ],
            },
            "parameters": {
                "resolution": "1080P",
                "duration": 10,
                "prompt_extend": True,
                "watermark": True,
                "seed": 3,
            },
        },
    ),
    Body(
        ReferenceToVideo,
        {
            "model": "wan2.7-r2v-2026-06-12",
            "prompt": "Image 1 sings",
            "reference_image_urls": [CAT],
            "ratio": "1:1",
            "duration": 15,
        },
        {
            "model": "wan2.7-r2v-2026-06-12",
            "input": {"prompt": "Image 1 sings", "media": [{"type": "reference_image", "url": CAT}]},
            "parameters": {"ratio": "1:1", "duration": 15},
        },
    ),
    Body(
        ReferenceToVideo,
        {
            "model": "wan2.6-r2v",
            "prompt": "character1 meets character2",
            "reference_video_urls": [VIDEO, WALK],
            "reference_image_urls": [CAT],
            "size": "960*960",
            "duration": 10,
            "shot_type": "multi",
            "watermark": True,
            "seed": 3,
        },
        {
            "model": "wan2.6-r2v",
            "input": {"prompt": "character1 meets character2", "reference_urls": [CAT, VIDEO, WALK]},
            "parameters": {
                "size": "960*960",
                "duration": 10,
                "shot_type": "multi",
                "watermark": True,
                "seed": 3,
            },
        },
    ),
    Body(
        ReferenceToVideo,
        {
            "model": "wan2.6-r2v-flash",
            "prompt": "character1 sings",
            "reference_video_urls": [VIDEO],
            "audio": False,
        },
        {
            "model": "wan2.6-r2v-flash",
            "input": {"prompt": "character1 sings", "reference_urls": [VIDEO]},
            "parameters": {"audio": False},
        },
    ),
    # -- wan3.0, each mode -----------------------------------------------------------------------------
    _wan3(
        prompt="A cat",
        resolution="480P",
        ratio="adaptive",
        duration=-1,
        audio=False,
        prompt_extend=False,
        watermark=True,
        seed=5,
        input={"prompt": "A cat"},
        parameters={
            "resolution": "480P",
            "ratio": "adaptive",
            "duration": -1,
            "audio": False,
            "prompt_extend": False,
            "watermark": True,
            "seed": 5,
        },
    ),
    _wan3(
        first_frame_url=INLINE,
        duration=30,
        input={"media": [{"type": "first_frame", "url": INLINE}]},
        parameters={"duration": 30},
    ),
    _wan3(
        prompt="It turns",
        first_frame_url=CAT,
        last_frame_url=DOG,
        input={
            "prompt": "It turns",
            "media": [{"type": "first_frame", "url": CAT}, {"type": "last_frame", "url": DOG}],
        },
    ),
    _wan3(
        prompt="They sing",
        reference_audio_urls=[SOUND],
        reference_video_urls=[VIDEO, WALK],
        reference_image_urls=[CAT, DOG],
        ratio="3:4",
        input={
            "prompt": "They sing",
            "media": [
                {"type": "reference_image", "url": CAT},
                {"type": "reference_image", "url": DOG},
                {"type": "reference_video", "url": VIDEO},
                {"type": "reference_video", "url": WALK},
                {"type": "reference_audio", "url": SOUND},
            ],
        },
        parameters={"ratio": "3:4"},
    ),
    _wan3(
        prompt="Explain it",
        file_url="https://media.example.com/report.pdf",
        input={
            "prompt": "Explain it",
            "media": [{"type": "file", "url": "https://media.example.com/report.pdf"}],
        },
    ),
    _wan3(
        prompt="Explain it",
        link_url="https://example.com/news",
        # Its classic interface sends no `media` where all of them are links.
        sdk=False,
        input={"prompt": "Explain it", "media": [{"type": "link", "url": "https://example.com/news"}]},
    ),
    Body(
        Wan3Video,
        {"model": "wan3.0-video-prime", "prompt": "A cat", "resolution": "720P", "duration": 2},
        {
            "model": "wan3.0-video-prime",
            "input": {"prompt": "A cat"},
            "parameters": {"resolution": "720P", "duration": 2},
        },
    ),
    # -- HappyHorse ------------------------------------------------------------------------------------
    *_happyhorse("1.0", "720P"),
    *_happyhorse("1.1", "480P"),
    Body(
        VideoEdit,
        {
            "model": "happyhorse-1.0-video-edit",
            "prompt": "Make it snow",
            "video_url": VIDEO,
            "reference_image_urls": [CAT] * 5,
            "resolution": "720P",
            "audio_setting": "origin",
            "watermark": False,
            "seed": 9,
        },
        {
            "model": "happyhorse-1.0-video-edit",
            "input": {
                "prompt": "Make it snow",
                "media": [{"type": "video", "url": VIDEO}, *[{"type": "reference_image", "url": CAT}] * 5],
            },
            "parameters": {
                "resolution": "720P",
                "audio_setting": "origin",
                "watermark": False,
                "seed": 9,
            },
        },
    ),
)
