"""The vendor's own Python SDK, unchanged, against the emulator: it is the judge of the emulator's fidelity."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http import HTTPStatus
from pathlib import Path
from typing import Any

import dashscope
import pytest
from dashscope import VideoSynthesis

from airflow_provider_wan.emulator import EmulatorSettings, RunningEmulator, running

KEY = "sk-emulator"
VACE = "wan2.1-vace-plus"
VIDEO = "https://example.com/clip.mp4"
IMAGE = "https://example.com/cat.png"
OUTPAINT = {"function": "video_outpainting", "video_url": VIDEO}
Start = Callable[..., RunningEmulator]


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Starts an emulator and points the SDK's process-wide address at it, which its uploads go by."""
    with ExitStack() as stack:

        def start(**settings: Any) -> RunningEmulator:
            usual = {"render": False, "run_seconds": (300.0, 300.0), "speed": 3000.0}
            emulator = stack.enter_context(running(EmulatorSettings(**{**usual, **settings})))
            monkeypatch.setattr(dashscope, "base_http_api_url", emulator.base_url)
            return emulator

        yield start


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    picture = tmp_path / "my cat.png"
    picture.write_bytes(b"not looked at without rendering")
    return picture


def _client(emulator: RunningEmulator) -> Any:
    return dashscope.Client(api_key=KEY, base_url=emulator.base_url, max_retries=2)


def test_classic_call_creates_and_waits_for_a_vace_job(start: Start) -> None:
    emulator = start()
    response = VideoSynthesis.call(
        VACE, prompt="a beach", api_key=KEY, extra_input=OUTPAINT, left_scale=1.5, prompt_extend=False
    )
    assert response.status_code == HTTPStatus.OK
    assert response.output.task_status == "SUCCEEDED"
    assert response.output.video_url.startswith(emulator.origin)
    assert response.usage.video_duration == 5
    assert response.output.orig_prompt == "a beach"
    (submit,) = emulator.submits()
    assert submit.body["input"]["extend_prompt"] is True
    assert submit.body["parameters"] == {"left_scale": 1.5, "prompt_extend": False}
    assert len(emulator.ledger()) == 1


def test_classic_call_edits_a_video_by_media(start: Start) -> None:
    emulator = start()
    response = VideoSynthesis.call(
        "wan2.7-videoedit",
        prompt="make it snow",
        api_key=KEY,
        base_address=emulator.base_url,
        media=[{"type": "video", "url": VIDEO}, {"type": "reference_image", "url": IMAGE}],
        resolution="720P",
        duration=0,
        audio_setting="origin",
    )
    assert response.output.task_status == "SUCCEEDED"
    assert (response.usage.duration, response.usage.SR) == (10, 720)
    assert emulator.submits()[0].body["parameters"]["duration"] == 0


def test_classic_create_fetch_and_wait_for_image_to_video(start: Start) -> None:
    start()
    created = VideoSynthesis.async_call(
        "wan2.5-i2v-preview", prompt="it moves", img_url=IMAGE, api_key=KEY, resolution="480P"
    )
    assert created.output.task_status == "PENDING"
    fetched = VideoSynthesis.fetch(created, api_key=KEY)
    assert fetched.output.task_id == created.output.task_id
    assert fetched.output.task_status in ("RUNNING", "SUCCEEDED")
    ended = VideoSynthesis.wait(created, api_key=KEY)
    assert ended.output.task_status == "SUCCEEDED"
    assert ended.output.actual_prompt.startswith("it moves")


def test_classic_kf2v_goes_to_its_own_path(start: Start) -> None:
    emulator = start()
    created = VideoSynthesis.async_call("wan2.1-kf2v-plus", first_frame_url=IMAGE, api_key=KEY)
    assert created.status_code == HTTPStatus.OK
    assert emulator.submits()[0].path == "/services/aigc/image2video/video-synthesis"


def test_classic_cancel_and_list(start: Start) -> None:
    start(speed=1.0, running_slots=1)
    running_job, waiting = (
        VideoSynthesis.async_call(VACE, prompt="p", api_key=KEY, extra_input=OUTPAINT) for _ in range(2)
    )
    assert VideoSynthesis.cancel(waiting, api_key=KEY).status_code == HTTPStatus.OK
    assert VideoSynthesis.fetch(waiting, api_key=KEY).output.task_status == "CANCELED"
    refused = VideoSynthesis.cancel(running_job, api_key=KEY)
    assert (refused.status_code, refused.code) == (400, "UnsupportedOperation")
    listed = VideoSynthesis.list(model_name=VACE, status="CANCELED", api_key=KEY)  # type: ignore[attr-defined]
    assert [row["task_id"] for row in listed.output["data"]] == [waiting.output.task_id]
    assert listed.output["total"] == 1


# At the usual speed an upload's policy, which is good for 300 s, would have a tenth of a second.
PATIENT: dict[str, Any] = {"speed": 1.0, "run_seconds": (0.1, 0.1)}


def test_classic_upload_of_a_local_file(start: Start, picture: Path) -> None:
    emulator = start(fetch_inputs=True, **PATIENT)
    response = VideoSynthesis.call("wan2.2-i2v-flash", prompt="p", img_url=f"file://{picture}", api_key=KEY)
    assert response.output.task_status == "SUCCEEDED"
    (submit,) = emulator.submits()
    assert submit.body["input"]["img_url"].startswith("oss://dashscope-instant/")
    assert submit.headers["x-dashscope-ossresourceresolve"] == "enable"
    assert (emulator.requests.count("policy", 200), emulator.requests.count("upload", 200)) == (1, 1)


def test_classic_upload_inside_a_media_array(start: Start, picture: Path) -> None:
    emulator = start(fetch_inputs=True, **PATIENT)
    media = [{"type": "first_frame", "url": f"file://{picture}"}]
    response = VideoSynthesis.call("wan2.7-i2v", prompt="p", media=media, api_key=KEY, duration=2)
    assert response.output.task_status == "SUCCEEDED"
    assert emulator.requests.count("upload", 200) == 1


def test_classic_errors_keep_code_and_message(start: Start) -> None:
    emulator = start()
    wrong_key = VideoSynthesis.async_call(VACE, prompt="p", api_key="sk-x", extra_input=OUTPAINT)
    assert (wrong_key.status_code, wrong_key.code) == (401, "InvalidApiKey")
    beijing = VideoSynthesis.async_call("wanx2.1-vace-plus", prompt="p", api_key=KEY, extra_input=OUTPAINT)
    assert (beijing.status_code, beijing.message) == (400, "Model not exist.")
    emulator.faults.order("submit", "fail", code="InternalError.Algo", message="boom")
    failed = VideoSynthesis.call(VACE, prompt="p", api_key=KEY, extra_input=OUTPAINT)
    assert (failed.status_code, failed.output.task_status) == (200, "FAILED")
    assert failed.output.code == "InternalError.Algo"
    unknown = VideoSynthesis.fetch("no-such-job", api_key=KEY)
    assert (unknown.status_code, unknown.output.task_status) == (200, "UNKNOWN")


def test_classic_sdk_pays_twice_when_the_connection_drops_after_the_job_was_accepted(start: Start) -> None:
    emulator = start()
    emulator.faults.order("submit", "drop")
    response = VideoSynthesis.call(VACE, prompt="p", api_key=KEY, extra_input=OUTPAINT)
    assert response.output.task_status == "SUCCEEDED"
    assert [submit.status for submit in emulator.submits()] == [0, 200]
    assert len(emulator.ledger()) == 2


def test_v2_generates_with_vace(start: Start) -> None:
    emulator = start()
    job = _client(emulator).videos.generate(
        model=VACE,
        prompt="two cats",
        function="image_reference",
        extra_input={"ref_images_url": [IMAGE, IMAGE]},
        parameters={"obj_or_bg": ["obj", "bg"]},
        size="1280*720",
        poll_interval=0.1,
    )
    assert (job.status, job.video_url.startswith(emulator.origin)) == ("SUCCEEDED", True)
    (submit,) = emulator.submits()
    assert submit.body["input"] == {
        "prompt": "two cats",
        "ref_images_url": [IMAGE, IMAGE],
        "function": "image_reference",
    }


def test_v2_creates_fetches_waits_cancels_and_lists(start: Start) -> None:
    emulator = start(speed=1.0, running_slots=1)
    jobs = _client(emulator).videos.jobs
    media = [{"type": "video", "url": VIDEO}]
    first, second = (jobs.create(model="wan2.7-videoedit", prompt="p", media=media) for _ in range(2))
    assert jobs.fetch(first.task_id).status == "RUNNING"
    jobs.cancel(second.task_id)
    # The SDK looks for `tasks`, the service sends `data`: it sees the total and no rows.
    listed = jobs.list(model_name="wan2.7-videoedit")
    assert (listed.total, listed.tasks) == (2, [])
    emulator.clock.advance(301)
    assert jobs.wait(first, poll_interval=0.05).succeeded
    with pytest.raises(Exception, match="cancel"):
        jobs.cancel(first.task_id)


def test_v2_uploads_local_files_for_images_media_and_vace(start: Start, picture: Path) -> None:
    emulator = start(fetch_inputs=True, **PATIENT)
    videos, local = _client(emulator).videos, f"file://{picture}"
    for request in (
        {"model": "wan2.6-i2v", "image_url": local},
        {"model": "wan2.7-i2v", "image_url": local},
        {"model": VACE, "function": "video_extension", "extra_input": {"first_frame_url": local}},
    ):
        assert videos.generate(prompt="p", poll_interval=0.1, **request).succeeded
    assert emulator.requests.count("upload", 200) == 3


def test_v2_raises_when_a_job_failed(start: Start) -> None:
    emulator = start()
    with pytest.raises(dashscope.v2.errors.DashScopeError, match="inappropriate content"):
        _client(emulator).videos.generate(
            model=VACE, prompt="[reject-output]", extra_input=OUTPAINT, poll_interval=0.1
        )
    assert emulator.ledger() == []


def test_v2_pays_twice_when_the_connection_drops_after_the_job_was_accepted(start: Start) -> None:
    emulator = start()
    emulator.faults.order("submit", "drop")
    _client(emulator).videos.generate(model=VACE, prompt="p", extra_input=OUTPAINT, poll_interval=0.1)
    assert [submit.status for submit in emulator.submits()] == [0, 200]
    assert len(emulator.ledger()) == 2
