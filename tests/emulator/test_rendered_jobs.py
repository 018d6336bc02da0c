"""Whole jobs with real media: fetched, rendered, billed by what came out."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import httpx
import pytest

from airflow_provider_wan.emulator import RunningEmulator
from tests.emulator.api import VACE, Api
from tests.emulator.rendering import media

Start = Callable[..., RunningEmulator]


@pytest.fixture
def rendering(start: Start, tmp_path: Path) -> RunningEmulator:
    media.clip(tmp_path / "clip.mp4", (640, 360), seconds=1.0)
    media.mask(tmp_path / "small.png", (320, 180), (10, 10, 50, 50))
    media.picture(tmp_path / "tiny.png", (100, 100))
    (tmp_path / "noise.mp4").write_bytes(bytes(range(256)) * 8)
    return start(render=True, media_root=tmp_path, query_qps=10_000)


def _ended(emulator: RunningEmulator, api: Api, function: str, **rest: Any) -> dict[str, Any]:
    """Run a VACE job to its end and return the answer to the query."""
    parameters = rest.pop("parameters", {})
    given = {"function": function, "prompt": "a beach", **rest}
    job = api.job({"model": VACE, "input": given, "parameters": parameters})
    emulator.clock.advance(301)
    while (answer := api.get(job))["output"]["task_status"] == "RUNNING":
        time.sleep(0.02)
    return answer


def test_outpainting_is_rendered_after_the_request(rendering: RunningEmulator, tmp_path: Path) -> None:
    api = Api(rendering.base_url, rendering.key)
    answer = _ended(
        rendering,
        api,
        "video_outpainting",
        video_url=rendering.media_url("clip.mp4"),
        parameters={"left_scale": 1.5},
    )
    assert answer["usage"] == {"video_duration": 1, "video_ratio": "standard", "video_count": 1}
    result = tmp_path / "result.mp4"
    result.write_bytes(httpx.get(answer["output"]["video_url"]).content)
    with av.open(result) as video:
        stream = video.streams.video[0]
        assert (stream.width, stream.height, stream.codec_context.name) == (960, 360, "h264")
    assert [charge.seconds for charge in rendering.ledger()] == [1]


def test_job_does_not_end_before_its_video_is_there(rendering: RunningEmulator) -> None:
    api = Api(rendering.base_url, rendering.key)
    answer = _ended(rendering, api, "video_outpainting", video_url=rendering.media_url("clip.mp4"))
    (task,) = rendering.tasks()
    assert task["ended"] >= task["started"] + 300
    assert httpx.get(answer["output"]["video_url"]).status_code == 200


@pytest.mark.parametrize(
    ("function", "inputs", "message"),
    [
        ("video_outpainting", {"video_url": "noise.mp4"}, "format"),
        ("video_edit", {"video_url": "clip.mp4", "mask_image_url": "small.png"}, "mask"),
        ("video_extension", {"first_frame_url": "tiny.png"}, "too small or too large"),
    ],
)
def test_input_that_the_model_does_not_take_fails_the_job(
    rendering: RunningEmulator, function: str, inputs: dict[str, str], message: str
) -> None:
    api = Api(rendering.base_url, rendering.key)
    addresses = {name: rendering.media_url(file) for name, file in inputs.items()}
    output = _ended(rendering, api, function, **addresses)["output"]
    assert output["task_status"] == "FAILED"
    assert output["code"].startswith("InvalidParameter")
    assert message in output["message"]
    assert rendering.ledger() == []
