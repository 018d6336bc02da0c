"""Animate, speech-to-video with its detector, and video style, as Airflow would drive them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_wan.dashscope.detection import DetectionLostError, ImageNotPassedError
from airflow_provider_wan.hooks import DashScopeHook
from airflow_provider_wan.operators import (
    WanAnimateOperator,
    WanParameterError,
    WanSpeechToVideoOperator,
    WanVideoStyleOperator,
)
from tests.conftest import KEY_BEIJING, run_operator
from tests.operators.cases import look_early

if TYPE_CHECKING:
    from airflow_provider_wan.emulator import RunningEmulator

FACE = "https://example.com/face.png"
CLIP = "https://example.com/clip.mp4"
SOUND = "https://example.com/voice.mp3"


@pytest.fixture(autouse=True)
def _beijing(connection: Callable[..., None]) -> None:
    """All of these models are offered there, most of them nowhere else."""
    connection(region="cn-beijing", password=KEY_BEIJING)


def speak(**arguments: Any) -> WanSpeechToVideoOperator:
    common: dict[str, Any] = {"task_id": "speak", "image_url": FACE, "audio_url": SOUND}
    return WanSpeechToVideoOperator(**common | arguments)


# -- runs ----------------------------------------------------------------------------------------------


def test_animate_moves_or_mixes(service: RunningEmulator, tmp_path: Path) -> None:
    fields: dict[str, Any] = {"image_url": FACE, "video_url": CLIP, "watermark": "True"}
    moved = run_operator(
        WanAnimateOperator(task_id="move", mode="wan-std", output_path=f"file://{tmp_path}/", **fields)
    )
    assert service.submits()[-1].body == {
        "model": "wan2.2-animate-move",
        "input": {"image_url": FACE, "video_url": CLIP, "watermark": True},
        "parameters": {"mode": "wan-std"},
    }
    assert (moved["status"], moved["function"], moved["model"]) == (
        "SUCCEEDED",
        "animate",
        "wan2.2-animate-move",
    )
    assert (moved["billed_seconds"], moved["cost"]) == (5.0, {"amount": "2.00", "currency": "CNY"})
    assert Path(moved["output_path"].removeprefix("file://")).read_bytes()[4:8] == b"ftyp"

    mixed = run_operator(
        WanAnimateOperator(task_id="mix", model="wan2.2-animate-mix", mode="wan-pro", **fields)
    )
    assert (mixed["model"], mixed["usage"]["video_ratio"]) == ("wan2.2-animate-mix", "pro")
    assert mixed["cost"] == {"amount": "4.50", "currency": "CNY"}


def test_style_is_run_through_suspension_to_its_end(
    service: RunningEmulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_early(monkeypatch)
    service.faults.order("get", "suspended", model="video-style-transform")
    result = run_operator(
        WanVideoStyleOperator(
            task_id="draw",
            video_url=CLIP,
            style="4",
            min_len="540",
            use_SR=False,
            deferrable=False,
            output_path=f"file://{tmp_path}/",
        )
    )
    assert service.submits()[-1].body == {
        "model": "video-style-transform",
        "input": {"video_url": CLIP},
        "parameters": {"style": 4, "min_len": 540, "use_SR": False},
    }
    assert (result["function"], result["usage"]) == ("video_style", {"duration": 5, "SR": 540})
    assert result["cost"] == {"amount": "1.00", "currency": "CNY"}
    assert Path(result["output_path"].removeprefix("file://")).exists()
    assert service.faults.waiting() == []


def test_speech_is_run_without_asking_the_detector(service: RunningEmulator) -> None:
    asked = len(service.detections())
    result = run_operator(speak(resolution="480P"))
    assert service.submits()[-1].body == {
        "model": "wan2.2-s2v",
        "input": {"image_url": FACE, "audio_url": SOUND},
        "parameters": {"resolution": "480P"},
    }
    assert (result["function"], result["usage"]["SR"]) == ("speech_to_video", 480)
    assert result["cost"] == {"amount": "2.50", "currency": "CNY"}
    assert len(service.detections()) == asked


# -- the detector --------------------------------------------------------------------------------------


@pytest.fixture
def posts(service: RunningEmulator) -> Iterator[Callable[[], tuple[int, int]]]:
    """How many submissions and questions there were since the test's beginning."""
    submits, detections = len(service.submits()), len(service.detections())
    yield lambda: (len(service.submits()) - submits, len(service.detections()) - detections)
    service.faults.clear()


Posts = Callable[[], tuple[int, int]]


def test_picture_that_is_passed_is_submitted(service: RunningEmulator, posts: Posts) -> None:
    assert run_operator(speak(detect=True))["status"] == "SUCCEEDED"
    assert posts() == (1, 1)
    asked = service.detections()[-1]
    assert asked.body == {"model": "wan2.2-s2v-detect", "input": {"image_url": FACE}}
    assert "x-dashscope-async" not in asked.headers


def test_picture_that_is_not_passed_fails_without_retry_and_costs_the_question_alone(
    service: RunningEmulator, posts: Posts
) -> None:
    paid = len(service.ledger())
    service.faults.order("detect", "not_passed")
    with pytest.raises(
        AirflowFailException,
        match=r"detector did not pass the image: it gave no reason .*sides of 400 to 7000",
    ) as caught:
        run_operator(speak(detect=True))
    assert str(caught.value).endswith(
        "No job was submitted, and nothing but the detection (CNY 0.004) was billed. It is not retried."
    )
    assert posts() == (0, 1)
    assert [(charge.task_id, str(charge.cost)) for charge in service.ledger()[paid:]] == [("", "0.004")]


def test_lost_answer_may_be_asked_for_again_by_a_retry(service: RunningEmulator, posts: Posts) -> None:
    service.faults.order("detect", "drop")
    with pytest.raises(DetectionLostError, match=r"No job was submitted.*A retry makes the same call again"):
        run_operator(speak(detect=True))
    assert posts() == (0, 1)


def test_detector_is_asked_about_the_address_that_is_sent(service: RunningEmulator, posts: Posts) -> None:
    client = DashScopeHook().get_conn()
    operator = speak(image_url="s3://bucket/face.png", detect=True)
    signed = f"{FACE}?Signature=c2VjcmV0"
    for _ in range(2):  # the second time as after a submission that was throttled
        operator.check_with_service(client, {"input": {"image_url": signed, "audio_url": SOUND}})
    assert posts() == (0, 1)
    assert service.detections()[-1].body["input"] == {"image_url": signed}


def test_picture_that_was_not_passed_is_not_remembered_as_such(
    service: RunningEmulator, posts: Posts
) -> None:
    operator, client = speak(detect=True), DashScopeHook().get_conn()
    body = {"input": {"image_url": FACE}}
    service.faults.order("detect", "not_passed")
    with pytest.raises(ImageNotPassedError):
        operator.check_with_service(client, body)
    operator.check_with_service(client, body)
    assert posts() == (0, 2)


def test_uploaded_picture_is_uploaded_for_the_detector_too(
    service: RunningEmulator, posts: Posts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service lets one model alone read an upload."""
    monkeypatch.setenv("AIRFLOW__WAN__LOCAL_MEDIA_ROOTS", str(tmp_path))
    for name in ("face.png", "voice.mp3"):
        (tmp_path / name).write_bytes(b"not looked at here")
    operator = speak(
        image_url=f"file://{tmp_path}/face.png", audio_url=f"file://{tmp_path}/voice.mp3", detect=True
    )
    assert run_operator(operator)["status"] == "SUCCEEDED"
    assert posts() == (1, 1)
    sent, asked = service.submits()[-1], service.detections()[-1]
    assert sent.status == asked.status == 200
    assert asked.headers["x-dashscope-ossresourceresolve"] == "enable"
    assert asked.body["input"]["image_url"].startswith("oss://dashscope-instant/")
    assert asked.body["input"]["image_url"] != sent.body["input"]["image_url"]


# -- mistakes ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: WanAnimateOperator(task_id="a", image_url=FACE, video_url=CLIP, mode="pro"),
            r"mode=pro: must be wan-std or wan-pro\. ",
        ),
        (
            lambda: WanAnimateOperator(task_id="a", image_url="face.png", video_url=CLIP, mode="wan-std"),
            r"image_url=face\.png: must be a complete URL",
        ),
        (
            lambda: WanAnimateOperator(
                task_id="a", image_url=FACE, video_url=CLIP, mode="wan-std", model="wan2.2-s2v"
            ),
            r"model=wan2\.2-s2v: is no model that Animate knows",
        ),
        (lambda: speak(resolution="1080P"), r"resolution=1080P: must be 480P or 720P for wan2\.2-s2v"),
        (lambda: speak(style="sing"), r"style=sing: must be speech"),
        (
            lambda: speak(detect="{{ params.detect }}"),
            r"detect='{{ params\.detect }}': must be True or False",
        ),
        (
            lambda: speak(image_url="oss://dashscope-instant/a/face.png", detect=True),
            r"detect=True: can't be asked about a temporary file.*leave `detect` out",
        ),
        (lambda: WanVideoStyleOperator(task_id="a", video_url=CLIP, style=9), r"style=9: .*between 0 and 7"),
        (
            lambda: WanVideoStyleOperator(task_id="a", video_url=CLIP, video_fps=60),
            r"video_fps=60: .*between 15 and 25",
        ),
        (
            lambda: WanVideoStyleOperator(task_id="a", video_url=CLIP, min_len=480),
            r"min_len=480: must be 540 or 720\. Use 540",
        ),
    ],
)
def test_mistake_fails_the_import_of_the_dag(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(WanParameterError, match=message) as caught:
        make()
    assert "nothing was sent" in str(caught.value)


def test_temporary_picture_is_fine_without_the_detector() -> None:
    speak(image_url="oss://dashscope-instant/a/face.png")


def test_mistake_of_a_template_shows_before_anything_is_sent(posts: Posts) -> None:
    operator = speak(image_url="{{ params.face }}", detect=True)
    operator.image_url = "oss://dashscope-instant/a/face.png"
    with pytest.raises(AirflowFailException, match="can't be asked about a temporary file"):
        run_operator(operator)
    assert posts() == (0, 0)


def test_speech_and_style_are_refused_outside_of_beijing(
    connection: Callable[..., None], posts: Posts
) -> None:
    connection()
    for operator in (speak(detect=True), WanVideoStyleOperator(task_id="draw", video_url=CLIP)):
        with pytest.raises(AirflowFailException, match=r"not offered in Singapore .* but in Beijing"):
            run_operator(operator)
    assert posts() == (0, 0)


def test_every_field_of_the_request_is_an_argument_and_a_template() -> None:
    for operator in (WanAnimateOperator, WanSpeechToVideoOperator, WanVideoStyleOperator):
        assert set(operator.request_class.model_fields) <= set(operator.template_fields)
