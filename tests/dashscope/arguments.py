"""Valid arguments to start from, and a way to say what a change makes wrong."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_wan.dashscope.errors import InvalidRequestError
from airflow_provider_wan.dashscope.requests import (
    FramesToVideo,
    ImageReference,
    ImageToVideo,
    LocalEdit,
    ReferenceToVideo,
    TextToVideo,
    VideoEdit,
    VideoExtension,
    VideoOutpainting,
    VideoRepainting,
    VideoSynthesis,
    Wan3Video,
    WanRequest,
)

VIDEO = "https://media.example.com/clip.mp4"
IMAGE = "https://media.example.com/picture.png"
SOUND = "https://media.example.com/voice.mp3"
INLINE = "data:image/png;base64,iVBORw0KGgo="
SECRET = "OSSAccessKeyId=LTAI123&Signature=c2VjcmV0"

VALID: dict[type[WanRequest], dict[str, Any]] = {
    ImageReference: {"prompt": "A walk", "ref_images_url": [IMAGE]},
    VideoRepainting: {"prompt": "A car", "video_url": VIDEO, "control_condition": "depth"},
    LocalEdit: {"prompt": "A lion", "video_url": VIDEO, "mask_image_url": IMAGE},
    VideoExtension: {"prompt": "A dog", "first_clip_url": VIDEO},
    VideoOutpainting: {"prompt": "A hall", "video_url": VIDEO},
    VideoEdit: {"video_url": VIDEO},
    ImageToVideo: {"img_url": IMAGE},
    TextToVideo: {"prompt": "A cat"},
    FramesToVideo: {"first_frame_url": IMAGE},
    ReferenceToVideo: {"prompt": "A cat", "reference_image_urls": [IMAGE]},
    Wan3Video: {"prompt": "A cat"},
    VideoSynthesis: {"model": "wan2.7-t2v", "input": {"prompt": "A cat"}},
}
"""The least that each request takes."""

VACE: list[type[WanRequest]] = [ImageReference, VideoRepainting, LocalEdit, VideoExtension, VideoOutpainting]


def changed(request: type[WanRequest], **changes: Any) -> dict[str, Any]:
    """Valid arguments with changes; None takes a field away."""
    return {**VALID[request], **changes}


def accepted(request: type[WanRequest], **changes: Any) -> dict[str, Any]:
    """The body in Singapore of a request that must be valid."""
    values = changed(request, **changes)
    assert request.problems(values) == []
    return request(**values).body("ap-southeast-1")


def refused(request: type[WanRequest], **changes: Any) -> str:
    """The only problem of a request that must have one, as the message's line."""
    values = changed(request, **changes)
    problems = [str(problem) for problem in request.problems(values)]
    with pytest.raises(InvalidRequestError) as caught:
        request(**values)
    assert str(caught.value).split("\n  ") == [f"{request.__name__} has 1 problem:", *problems]
    return problems[0]
