"""Fetching inputs, and the errors of inputs that can't be fetched."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from airflow_provider_wan.emulator import RunningEmulator
from tests.emulator.api import IMAGE_VIDEO, OUTPAINT, Api, error

Start = Callable[..., RunningEmulator]
NOT_FOUND = "Failed to find the requested media resource during the data inspection process."
NOT_LOADED = "Unable to download the media resource during the data inspection process."


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "media"
    (root / "clips").mkdir(parents=True)
    (root / "clips" / "a b.mp4").write_bytes(b"0123456789")
    (tmp_path / "secret.txt").write_text("secret")
    (root / "link.txt").symlink_to(tmp_path / "secret.txt")
    return root


def _ended(emulator: RunningEmulator, api: Api, body: dict[str, Any]) -> dict[str, Any]:
    """Submit, let the run time pass, and look until the fetching thread is done."""
    job = api.job(body)
    emulator.clock.advance(301)
    while (output := api.output(job))["task_status"] == "RUNNING":
        pass
    return output


def _outpaint(url: str) -> dict[str, Any]:
    return {**OUTPAINT, "input": {**OUTPAINT["input"], "video_url": url}}  # type: ignore[dict-item]


def test_media_root_is_served_and_nothing_outside_of_it(start: Start, root: Path) -> None:
    emulator = start(media_root=root)
    assert httpx.get(emulator.media_url("clips/a b.mp4")).content == b"0123456789"
    part = httpx.get(emulator.media_url("clips/a b.mp4"), headers={"Range": "bytes=2-4"})
    assert part.content == b"234"
    for path in ("link.txt", "../secret.txt", "%2e%2e/secret.txt", "..%2fsecret.txt", "clips", "none.mp4"):
        assert httpx.get(f"{emulator.origin}/media/{path}").status_code == 404, path


def test_without_a_media_root_nothing_is_served(emulator: RunningEmulator) -> None:
    assert httpx.get(emulator.media_url("clips/a.mp4")).status_code == 404


def test_inputs_come_from_the_media_root_other_jobs_and_data_addresses(start: Start, root: Path) -> None:
    emulator = start(media_root=root, fetch_inputs=True, query_qps=10_000)
    api = Api(emulator.base_url, emulator.key)
    first = _ended(emulator, api, _outpaint(emulator.media_url("clips/a b.mp4")))
    assert first["task_status"] == "SUCCEEDED"
    assert _ended(emulator, api, _outpaint(first["video_url"]))["task_status"] == "SUCCEEDED"
    data = f"data:image/png;base64,{base64.b64encode(b'png').decode()}"
    image = {**IMAGE_VIDEO, "input": {"img_url": data}}
    assert _ended(emulator, api, image)["task_status"] == "SUCCEEDED"
    assert emulator.requests.count("result") == emulator.requests.count("media") == 0


def test_inputs_come_from_the_web(start: Start, root: Path) -> None:
    web = start(media_root=root)
    emulator = start(fetch_inputs=True, query_qps=10_000)
    api = Api(emulator.base_url, emulator.key)
    assert _ended(emulator, api, _outpaint(web.media_url("clips/a b.mp4")))["task_status"] == "SUCCEEDED"
    assert web.requests.count("media", 200) == 1
    missing = _ended(emulator, api, _outpaint(web.media_url("none.mp4")))
    assert (missing["code"], missing["message"]) == ("InvalidParameter.DataInspection", NOT_FOUND)


def test_input_that_can_not_be_fetched_fails_the_job(start: Start, root: Path, free_port: int) -> None:
    emulator = start(media_root=root, fetch_inputs=True, query_qps=10_000)
    api = Api(emulator.base_url, emulator.key)
    refused = _ended(emulator, api, _outpaint(f"http://127.0.0.1:{free_port}/clip.mp4"))
    assert (refused["task_status"], refused["message"]) == ("FAILED", NOT_LOADED)
    assert _ended(emulator, api, _outpaint(emulator.media_url("none.mp4")))["message"] == NOT_FOUND
    stale = f"{emulator.origin}/results/x.mp4?Expires=1&OSSAccessKeyId=x&Signature=x"
    assert "authorization" in _ended(emulator, api, _outpaint(stale))["message"]
    assert emulator.ledger() == []


def test_input_errors_can_be_told_at_submit(start: Start, root: Path) -> None:
    emulator = start(media_root=root, fetch_inputs=True, input_errors="submit")
    api = Api(emulator.base_url, emulator.key)
    answer = api.submit(_outpaint(emulator.media_url("none.mp4")))
    assert error(answer) == (400, "InvalidParameter.DataInspection", NOT_FOUND)
    assert emulator.tasks() == []
    assert api.submit(_outpaint(emulator.media_url("clips/a b.mp4"))).status_code == 200


@pytest.fixture
def free_port() -> int:
    import socket

    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])
