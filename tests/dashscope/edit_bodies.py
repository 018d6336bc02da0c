"""For each model that edits a video or sets one image in motion: bodies as its page has them."""

from __future__ import annotations

from typing import Any

from airflow_provider_wan.dashscope.requests import (
    ImageReference,
    ImageToVideo,
    LocalEdit,
    VideoEdit,
    VideoExtension,
    VideoOutpainting,
    VideoRepainting,
    WanRequest,
)
from tests.dashscope.arguments import IMAGE, INLINE, SOUND, VIDEO
from tests.dashscope.generate_bodies import BEIJING, CAT, DOG, SINGAPORE, VIRGINIA, WALK, Body

FAMILIES = {"vace", "videoedit", "i2v", "i2v_media"}
JSON = dict[str, Any]
VACE = {SINGAPORE: "wan2.1-vace-plus", BEIJING: "wanx2.1-vace-plus"}


def _vace(request: type[WanRequest], region: str, inputs: JSON, parameters: JSON) -> Body:
    model = VACE[region]
    return Body(
        request,
        {"model": model, **inputs, **parameters},
        {"model": model, "input": {"function": request.function, **inputs}, "parameters": parameters},
        region,
    )


def _image(name: str, region: str, inputs: JSON, parameters: JSON) -> Body:
    return Body(
        ImageToVideo,
        {"model": name, **inputs, **parameters},
        {"model": name, "input": inputs, "parameters": parameters},
        region,
    )


SHARED: JSON = {"prompt_extend": False, "watermark": True, "seed": 2147483647}

BODIES: tuple[Body, ...] = (
    _vace(
        ImageReference,
        SINGAPORE,
        {"prompt": "Two friends", "ref_images_url": [CAT, DOG]},
        {"obj_or_bg": ["obj", "bg"], "size": "832*1088", "duration": 5, **SHARED},
    ),
    _vace(
        VideoRepainting,
        SINGAPORE,
        {"prompt": "A car", "video_url": VIDEO, "ref_images_url": [CAT]},
        {"control_condition": "posebodyface", "strength": 0.5, **SHARED},
    ),
    _vace(
        LocalEdit,
        BEIJING,
        {"prompt": "A lion", "video_url": VIDEO, "mask_image_url": IMAGE, "mask_frame_id": 81},
        {
            "control_condition": "",
            "mask_type": "tracking",
            "expand_ratio": 0.05,
            "expand_mode": "hull",
            "size": "1280*720",
            **SHARED,
        },
    ),
    _vace(
        LocalEdit,
        SINGAPORE,
        {"prompt": "A lion", "video_url": VIDEO, "mask_video_url": WALK, "ref_images_url": [DOG]},
        {"control_condition": "depth", "duration": 5},
    ),
    _vace(
        VideoExtension,
        BEIJING,
        {
            "prompt": "A dog",
            "first_frame_url": CAT,
            "last_frame_url": DOG,
            "first_clip_url": VIDEO,
            "last_clip_url": WALK,
            "video_url": VIDEO,
        },
        {"control_condition": "posebodyface", "duration": 5, **SHARED},
    ),
    _vace(
        VideoOutpainting,
        BEIJING,
        {"prompt": "A hall", "video_url": VIDEO},
        {"top_scale": 1.0, "bottom_scale": 1.25, "left_scale": 1.5, "right_scale": 2.0, **SHARED},
    ),
    Body(
        VideoEdit,
        {
            "prompt": "Snow",
            "negative_prompt": "rain",
            "video_url": VIDEO,
            "reference_image_urls": [CAT, INLINE],
            "resolution": "720P",
            "ratio": "9:16",
            "duration": 0,
            "audio_setting": "origin",
            **SHARED,
        },
        {
            "model": "wan2.7-videoedit",
            "input": {
                "prompt": "Snow",
                "negative_prompt": "rain",
                "media": [
                    {"type": "video", "url": "https://media.example.com/clip.mp4"},
                    {"type": "reference_image", "url": "https://media.example.com/cat.png"},
                    {"type": "reference_image", "url": "data:image/png;base64,iVBORw0KGgo="},
                ],
            },
            "parameters": {
                "resolution": "720P",
                "ratio": "9:16",
                "duration": 0,
                "audio_setting": "origin",
                **SHARED,
            },
        },
    ),
    *(
        Body(
            ImageToVideo,
            {
                "model": name,
                "prompt": "It wakes",
                "negative_prompt": "fog",
                "first_frame_url": CAT,
                "last_frame_url": DOG,
                "driving_audio_url": SOUND,
                "resolution": "1080P",
                "duration": 15,
                **SHARED,
            },
            {
                "model": name,
                "input": {
                    "prompt": "It wakes",
                    "negative_prompt": "fog",
                    "media": [
                        {"type": "first_frame", "url": "https://media.example.com/cat.png"},
                        {"type": "last_frame", "url": "https://media.example.com/dog.jpg"},
                        {"type": "driving_audio", "url": "https://media.example.com/voice.mp3"},
                    ],
                },
                "parameters": {"resolution": "1080P", "duration": 15, **SHARED},
            },
        )
        for name in ("wan2.7-i2v", "wan2.7-i2v-2026-04-25")
    ),
    Body(
        ImageToVideo,
        {"first_clip_url": WALK, "last_frame_url": DOG, "duration": 6},
        {
            "model": "wan2.7-i2v",
            "input": {
                "media": [
                    {"type": "last_frame", "url": "https://media.example.com/dog.jpg"},
                    {"type": "first_clip", "url": "https://media.example.com/walk.mov"},
                ]
            },
            "parameters": {"duration": 6},
        },
    ),
    _image(
        "wan2.6-i2v-flash",
        SINGAPORE,
        {"img_url": INLINE, "prompt": "It wakes", "negative_prompt": "fog", "audio_url": SOUND},
        {"resolution": "720P", "duration": 2, "audio": True, "shot_type": "multi", "prompt_extend": True},
    ),
    _image(
        "wan2.6-i2v",
        BEIJING,
        {"img_url": CAT, "prompt": "It wakes", "audio_url": SOUND},
        {"resolution": "1080P", "duration": 15, "shot_type": "single"},
    ),
    _image(
        "wan2.6-i2v-us",
        VIRGINIA,
        {"img_url": CAT, "prompt": "It wakes"},
        {"resolution": "720P", "duration": 10, **SHARED},
    ),
    _image(
        "wan2.5-i2v-preview",
        SINGAPORE,
        {"img_url": CAT, "prompt": "It wakes", "audio_url": SOUND},
        {"resolution": "480P", "duration": 10, **SHARED},
    ),
    _image(
        "wan2.2-i2v-flash", BEIJING, {"img_url": CAT, "prompt": "x"}, {"resolution": "1080P", "duration": 5}
    ),
    _image("wan2.2-i2v-plus", SINGAPORE, {"img_url": CAT, "prompt": "x"}, {"resolution": "480P", **SHARED}),
    *(
        _image(name, region, {"img_url": CAT, "template": "squish"}, {"resolution": "480P", "duration": 3})
        for name, region in (("wan2.1-i2v-turbo", SINGAPORE), ("wanx2.1-i2v-turbo", BEIJING))
    ),
    *(
        _image(name, region, {"img_url": CAT, "template": "mermaid"}, {"resolution": "720P", "duration": 5})
        for name, region in (("wan2.1-i2v-plus", SINGAPORE), ("wanx2.1-i2v-plus", BEIJING))
    ),
)
"""At least one for each model, in each of its spellings, and one for each VACE function."""
