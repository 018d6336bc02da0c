"""Text, frames, references, wan3.0 and HappyHorse, as Airflow would drive them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_wan.operators import (
    Wan3VideoOperator,
    WanFramesToVideoOperator,
    WanImageToVideoOperator,
    WanReferenceToVideoOperator,
    WanTextToVideoOperator,
    WanVideoEditOperator,
)
from airflow_provider_wan.operators.batch_requests import FUNCTIONS
from tests.conftest import KEY_BEIJING, run_operator

if TYPE_CHECKING:
    from airflow_provider_wan.emulator import RunningEmulator
    from airflow_provider_wan.operators import WanOperator

FRAME = "https://example.com/frame.png"
CLIP = "https://example.com/clip.mp4"
SOUND = "https://example.com/voice.mp3"

pytestmark = pytest.mark.usefixtures("connection")


def ran(service: RunningEmulator, operator: WanOperator) -> tuple[dict[str, Any], dict[str, Any]]:
    """Run an operator; return its result, and the body that it posted."""
    result = run_operator(operator)
    assert result["status"] == "SUCCEEDED"
    assert result["function"] == operator.request_class.function
    assert FUNCTIONS[result["function"]] is operator.request_class
    body: dict[str, Any] = service.submits()[-1].body
    return result, body


def test_text_becomes_a_video_that_is_landed(service: RunningEmulator, tmp_path: Path) -> None:
    result, body = ran(
        service,
        WanTextToVideoOperator(
            task_id="make",
            prompt="A cat",
            audio_url=SOUND,
            resolution="720P",
            ratio="1:1",
            duration="4",
            watermark="False",
            output_path=f"file://{tmp_path}/",
        ),
    )
    assert body == {
        "model": "wan2.7-t2v",
        "input": {"prompt": "A cat", "audio_url": SOUND},
        "parameters": {"resolution": "720P", "ratio": "1:1", "duration": 4, "watermark": False},
    }
    assert (result["billed_seconds"], result["usage"]["ratio"]) == (4.0, "1:1")
    assert Path(result["output_path"].removeprefix("file://")).read_bytes()[4:8] == b"ftyp"


def test_frames_become_a_video_in_beijing(service: RunningEmulator, connection: Callable[..., None]) -> None:
    connection(region="cn-beijing", password=KEY_BEIJING)
    operator = WanFramesToVideoOperator(
        task_id="make", first_frame_url=FRAME, last_frame_url=FRAME, resolution="480P"
    )
    result, body = ran(service, operator)
    assert body == {
        "model": "wan2.2-kf2v-flash",
        "input": {"first_frame_url": FRAME, "last_frame_url": FRAME},
        "parameters": {"resolution": "480P"},
    }
    assert service.submits()[-1].path == "/services/aigc/image2video/video-synthesis"
    assert result["cost"] == {"amount": "0.50", "currency": "CNY"}


def test_frames_in_singapore_need_their_model_named(service: RunningEmulator) -> None:
    submits = len(service.submits())
    with pytest.raises(AirflowFailException, match=r"in Singapore: wan2\.1-kf2v-plus\. Name one of those"):
        run_operator(WanFramesToVideoOperator(task_id="make", first_frame_url=FRAME))
    assert len(service.submits()) == submits
    _, body = ran(
        service,
        WanFramesToVideoOperator(
            task_id="make", first_frame_url=FRAME, model="wan2.1-kf2v-plus", template="solaron"
        ),
    )
    assert body == {
        "model": "wan2.1-kf2v-plus",
        "input": {"first_frame_url": FRAME, "template": "solaron"},
    }


def test_references_become_a_video_and_the_input_is_billed_too(service: RunningEmulator) -> None:
    result, body = ran(
        service,
        WanReferenceToVideoOperator(
            task_id="make",
            prompt="Image 1 walks like Video 1",
            reference_image_urls=[FRAME],
            reference_video_urls=f'["{CLIP}"]',
            reference_voice_urls=["", SOUND],
            resolution="720P",
        ),
    )
    assert body == {
        "model": "wan2.7-r2v",
        "input": {
            "prompt": "Image 1 walks like Video 1",
            "media": [
                {"type": "reference_image", "url": FRAME},
                {"type": "reference_video", "url": CLIP, "reference_voice": SOUND},
            ],
        },
        "parameters": {"resolution": "720P"},
    }
    assert result["billed_seconds"] == 10.0


def test_references_of_2_6_are_one_list(service: RunningEmulator) -> None:
    _, body = ran(
        service,
        WanReferenceToVideoOperator(
            task_id="make",
            model="wan2.6-r2v-flash",
            prompt="character1 sings",
            reference_image_urls=[FRAME],
            reference_video_urls=[CLIP],
            audio=False,
        ),
    )
    assert body["input"] == {"prompt": "character1 sings", "reference_urls": [FRAME, CLIP]}


def test_wan3_goes_by_references(service: RunningEmulator) -> None:
    result, body = ran(
        service,
        Wan3VideoOperator(
            task_id="make",
            model="wan3.0-video-prime",
            prompt="They sing",
            reference_image_urls=[FRAME],
            reference_audio_urls=[SOUND],
            file_url="https://example.com/score.pdf",
            duration=-1,
            audio="true",
        ),
    )
    assert body == {
        "model": "wan3.0-video-prime",
        "input": {
            "prompt": "They sing",
            "media": [
                {"type": "reference_image", "url": FRAME},
                {"type": "reference_audio", "url": SOUND},
                {"type": "file", "url": "https://example.com/score.pdf"},
            ],
        },
        "parameters": {"duration": -1, "audio": True},
    }
    assert result["model"] == "wan3.0-video-prime"


def test_happyhorse_sets_a_frame_in_motion_and_edits_without_its_mark(service: RunningEmulator) -> None:
    moved, body = ran(
        service,
        WanImageToVideoOperator(
            task_id="move", model="happyhorse-1.1-i2v", first_frame_url=FRAME, duration=3, watermark=False
        ),
    )
    assert body["parameters"] == {"duration": 3, "watermark": False}
    assert moved["billed_seconds"] == 3.0
    edited, body = ran(
        service,
        WanVideoEditOperator(
            task_id="edit",
            model="happyhorse-1.0-video-edit",
            prompt="Make it snow",
            video_url=CLIP,
            watermark="false",
        ),
    )
    assert body == {
        "model": "happyhorse-1.0-video-edit",
        "input": {"prompt": "Make it snow", "media": [{"type": "video", "url": CLIP}]},
        "parameters": {"watermark": False},
    }
    assert edited["billed_seconds"] == 10.0
