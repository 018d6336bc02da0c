"""Animate, speech-to-video and video style: bodies, refusals, and a run each."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from airflow_provider_wan.dashscope import Account, DashScopeClient
from airflow_provider_wan.dashscope.errors import InvalidRequestError
from airflow_provider_wan.dashscope.requests import Animate, SpeechToVideo, VideoStyle, WanRequest
from airflow_provider_wan.dashscope.results import TaskStatus
from airflow_provider_wan.emulator import EmulatorSettings, RegionSettings, RunningEmulator, running
from tests.dashscope.arguments import IMAGE, INLINE, SOUND, VIDEO

BEIJING, SINGAPORE = "cn-beijing", "ap-southeast-1"
IMAGE_TO_VIDEO = "/services/aigc/image2video/video-synthesis"
VIDEO_GENERATION = "/services/aigc/video-generation/video-synthesis"

LEAST: dict[type[WanRequest], dict[str, Any]] = {
    Animate: {"image_url": IMAGE, "video_url": VIDEO, "mode": "wan-std"},
    SpeechToVideo: {"image_url": IMAGE, "audio_url": SOUND},
    VideoStyle: {"video_url": VIDEO},
}

# Request, its fields, path, and the whole body as the model's page has it.
BODIES: list[tuple[type[WanRequest], dict[str, Any], str, dict[str, Any]]] = [
    (
        Animate,
        {
            "image_url": IMAGE,
            "video_url": VIDEO,
            "mode": "wan-pro",
            "check_image": False,
            "watermark": True,
        },
        IMAGE_TO_VIDEO,
        {
            "model": "wan2.2-animate-move",
            "input": {
                "image_url": "https://media.example.com/picture.png",
                "video_url": "https://media.example.com/clip.mp4",
                "watermark": True,
            },
            "parameters": {"mode": "wan-pro", "check_image": False},
        },
    ),
    (
        Animate,
        {"model": "wan2.2-animate-mix", **LEAST[Animate]},
        IMAGE_TO_VIDEO,
        {
            "model": "wan2.2-animate-mix",
            "input": {
                "image_url": "https://media.example.com/picture.png",
                "video_url": "https://media.example.com/clip.mp4",
            },
            "parameters": {"mode": "wan-std"},
        },
    ),
    (
        SpeechToVideo,
        {"image_url": IMAGE, "audio_url": SOUND, "resolution": "720P", "style": "speech"},
        IMAGE_TO_VIDEO,
        {
            "model": "wan2.2-s2v",
            "input": {
                "image_url": "https://media.example.com/picture.png",
                "audio_url": "https://media.example.com/voice.mp3",
            },
            "parameters": {"resolution": "720P", "style": "speech"},
        },
    ),
    (
        VideoStyle,
        {
            "video_url": VIDEO,
            "style": 7,
            "video_fps": 25,
            "animate_emotion": False,
            "min_len": 540,
            "use_SR": True,
        },
        VIDEO_GENERATION,
        {
            "model": "video-style-transform",
            "input": {"video_url": "https://media.example.com/clip.mp4"},
            "parameters": {
                "style": 7,
                "video_fps": 25,
                "animate_emotion": False,
                "min_len": 540,
                "use_SR": True,
            },
        },
    ),
]


@pytest.mark.parametrize(("request_class", "fields", "path", "body"), BODIES)
def test_body_follows_the_documentation_field_by_field(
    request_class: type[WanRequest], fields: dict[str, Any], path: str, body: dict[str, Any]
) -> None:
    request = request_class(**fields)
    assert request.path() == path
    assert request.body(BEIJING) == body


@pytest.mark.parametrize(("request_class", "fields", "path", "body"), BODIES)
def test_rendered_text_makes_the_same_body(
    request_class: type[WanRequest], fields: dict[str, Any], path: str, body: dict[str, Any]
) -> None:
    del path
    assert request_class(**{name: str(value) for name, value in fields.items()}).body(BEIJING) == body


def test_what_is_left_out_is_not_sent() -> None:
    assert "parameters" not in SpeechToVideo(**LEAST[SpeechToVideo]).body(BEIJING)
    assert VideoStyle(**LEAST[VideoStyle]).body(BEIJING) == {
        "model": "video-style-transform",
        "input": {"video_url": VIDEO},
    }


REFUSED: list[tuple[type[WanRequest], dict[str, Any], str]] = [
    (Animate, {"mode": None}, "mode: is required. Give `mode`."),
    (Animate, {"mode": "wan-ultra"}, "mode=wan-ultra: must be wan-std or wan-pro. Use one of those."),
    (Animate, {"mode": "WAN-PRO"}, "mode=WAN-PRO: must be wan-std or wan-pro. Write 'wan-pro'."),
    (Animate, {"image_url": None}, "image_url: is required. Give `image_url`."),
    (
        Animate,
        {"image_url": INLINE},
        "image_url=data:image/png;base64,... (34 characters): may not be a data: URI",
    ),
    (Animate, {"video_url": "clip.mp4"}, "video_url=clip.mp4: must be a complete URL."),
    (Animate, {"check_image": 1}, "check_image=1: must be true or false. Use True or False."),
    (Animate, {"resolution": "720P"}, "resolution: is no field of Animate. It belongs to "),
    (
        Animate,
        {"model": "wan2.2-s2v"},
        "model=wan2.2-s2v: is no model that Animate knows. Use wan2.2-animate-move",
    ),
    (SpeechToVideo, {"audio_url": None}, "audio_url: is required. Give `audio_url`."),
    (SpeechToVideo, {"resolution": "1080P"}, "resolution=1080P: must be 480P or 720P for wan2.2-s2v. "),
    (SpeechToVideo, {"style": "singing"}, "style=singing: must be speech. Use one of those."),
    (SpeechToVideo, {"img_url": IMAGE}, "img_url: is no field of SpeechToVideo. It belongs to "),
    (
        SpeechToVideo,
        {"image_url": INLINE},
        "image_url=data:image/png;base64,... (34 characters): may not be a data:",
    ),
    (VideoStyle, {"video_url": None}, "video_url: is required. Give `video_url`."),
    (
        VideoStyle,
        {"style": 8},
        "style=8: must be a whole number between 0 and 7. Use 7, or leave the field out.",
    ),
    (
        VideoStyle,
        {"video_fps": 30},
        "video_fps=30: must be a whole number between 15 and 25. Use 25, or leave",
    ),
    (VideoStyle, {"min_len": 1080}, "min_len=1080: must be 540 or 720. Use 720, or leave the field out."),
    (VideoStyle, {"use_sr": True}, "use_sr: is no field of VideoStyle. Write 'use_SR'."),
]


@pytest.mark.parametrize(("request_class", "change", "line"), REFUSED)
def test_mistake_is_named_with_field_value_rule_and_fix(
    request_class: type[WanRequest], change: dict[str, Any], line: str
) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        request_class(**LEAST[request_class] | change)
    heading, *lines = str(caught.value).split("\n  ")
    assert heading == f"{request_class.__name__} has 1 problem:"
    assert lines[0].startswith(line)


@pytest.mark.parametrize("request_class", [SpeechToVideo, VideoStyle])
def test_model_of_beijing_alone_is_refused_elsewhere(request_class: type[WanRequest]) -> None:
    request = request_class(**LEAST[request_class])
    with pytest.raises(
        InvalidRequestError, match=r"not offered in Singapore .* but in Beijing \(cn-beijing\)"
    ):
        request.body(SINGAPORE)


def test_animate_is_offered_in_singapore() -> None:
    assert Animate(**LEAST[Animate]).body(SINGAPORE)["model"] == "wan2.2-animate-move"


@pytest.mark.parametrize("number", range(8))
def test_every_style_is_taken(number: int) -> None:
    assert VideoStyle(video_url=VIDEO, style=number).body(BEIJING)["parameters"] == {"style": number}


# -- against the emulator ------------------------------------------------------------------------------
# With our own client: the official SDK's video calls know neither the inputs of these models nor, for its newer
# interface, their path.


@pytest.fixture(scope="module")
def beijing() -> Iterator[RunningEmulator]:
    region = RegionSettings("cn-beijing")
    with running(EmulatorSettings(regions=(region,), render=False, run_seconds=(300, 300))) as emulator:
        yield emulator


@pytest.mark.parametrize(
    ("request_class", "change", "usage", "cost"),
    [
        (Animate, {}, {"video_duration": 5, "video_ratio": "standard"}, "2.0"),
        (Animate, {"mode": "wan-pro"}, {"video_duration": 5, "video_ratio": "pro"}, "3.0"),
        (Animate, {"model": "wan2.2-animate-mix"}, {"video_duration": 5, "video_ratio": "standard"}, "3.0"),
        (
            SpeechToVideo,
            {"resolution": "720P"},
            {"duration": 5, "size": "1280*720", "fps": 30, "video_count": 1, "SR": 720},
            "4.5",
        ),
        (VideoStyle, {"style": 4}, {"duration": 5, "SR": 720}, "2.5"),
        (VideoStyle, {"min_len": 540}, {"duration": 5, "SR": 540}, "1.0"),
    ],
)
def test_job_runs_to_its_end(
    beijing: RunningEmulator,
    request_class: type[WanRequest],
    change: dict[str, Any],
    usage: dict[str, Any],
    cost: str,
) -> None:
    request = request_class(**LEAST[request_class] | change)
    whom = Account.of(api_key=beijing.key, region=BEIJING, host=beijing.base_url)
    with DashScopeClient(whom) as client:
        job = client.submit(request.path(), request.body(BEIJING)).task_id
        beijing.clock.advance(301)
        done = client.get(job)
    assert (done.status, done.usage) == (TaskStatus.SUCCEEDED, usage)
    assert done.video_url is not None
    (charge,) = (charge for charge in beijing.ledger() if charge.task_id == job)
    assert charge.cost == Decimal(cost)
