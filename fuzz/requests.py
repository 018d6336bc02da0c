"""Requests: every class, of any JSON values; also a request's body, and how it is shown."""

from __future__ import annotations

import json
from typing import Any

from airflow_provider_wan.dashscope import catalog, requests
from airflow_provider_wan.dashscope.calls import submit
from airflow_provider_wan.dashscope.errors import InvalidRequestError
from airflow_provider_wan.dashscope.inputs import inputs_of
from airflow_provider_wan.dashscope.requests import WanRequest
from fuzz.choices import Choices

NAME = "requests"
SEEDS = (b"", bytes(64), bytes(range(256)), b"\x03\x01\x02" * 40, b"\xff" * 80)

KINDS = tuple(
    kind
    for name in requests.__all__
    if isinstance(kind := getattr(requests, name), type)
    and issubclass(kind, WanRequest)
    and kind is not WanRequest
)
_CLIP, _IMAGE = "https://a.example/clip.mp4?Signature=S3cr3tOfOne", "https://a.example/image.png"
_GOOD: dict[str, Any] = {
    "prompt": "A rabbit",
    "model": None,
    "video_url": _CLIP,
    "control_condition": "depth",
    "ref_images_url": [_IMAGE],
    "obj_or_bg": ["obj"],
    "mask_image_url": _IMAGE,
    "first_frame_url": _IMAGE,
    "image_url": _IMAGE,
    "img_url": _IMAGE,
    "audio_url": "https://a.example/a.mp3",
    "mode": "wan-std",
    "reference_image_urls": [_IMAGE],
    "style": 1,
    "seed": 7,
    "input": {"prompt": "A rabbit", "video_url": _CLIP},
    "parameters": {"size": "1280*720"},
}


def one(data: bytes) -> None:
    """Make one request; whatever is no `InvalidRequestError` is a fault, and so is a message with a signature."""
    made = Choices(data)
    kind = made.of(KINDS)
    names = sorted(kind.model_fields)
    values = {
        name: _GOOD[name]
        for name in names
        if name in _GOOD and (kind.model_fields[name].is_required() or made.byte() % 3 == 0)
    }
    for _ in range(made.below(4)):
        values[made.of(names) if made.byte() % 8 else made.text()] = made.value()
    if made.byte() % 4 == 1:
        unknown = [made.of(names) for _ in range(made.below(3))]
        _shown([str(problem) for problem in kind.problems(values, unknown)])
        return
    try:
        request = kind(**values)
    except InvalidRequestError as error:
        _shown([str(error)])
    else:
        _shown([repr(request), request.path()])
        _send(request, made.of(tuple(catalog.REGIONS)))


def _shown(found: list[str]) -> None:
    if any("S3cr3tOfOne" in text for text in found):
        raise AssertionError(f"a signature is shown: {found}")


def _send(request: WanRequest, region: str) -> None:
    try:
        body = request.body(region)
        list(inputs_of(body))
        json.dumps(body)
        submit(request.path(), body)
    except InvalidRequestError:
        pass
