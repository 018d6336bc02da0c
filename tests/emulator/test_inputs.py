"""Fetching inputs, and the errors of inputs that can't be fetched."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from airflow_provider_wan.dashscope import Account, DashScopeClient
from airflow_provider_wan.emulator import RunningEmulator
from tests.emulator.api import EDIT, IMAGE_VIDEO, OUTPAINT, VACE, Api, error

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


CLIP, PICTURE = b"0123456789", b"\x89PNG\r\n\x1a\nof a kind"
SHA = {content: hashlib.sha256(content).hexdigest() for content in (CLIP, PICTURE)}


def test_every_input_is_proved_by_role_length_and_hash(start: Start, root: Path) -> None:
    """From the web, a data address, and this emulator's own media, in fields, lists and `media`."""
    (root / "picture.png").write_bytes(PICTURE)
    web = start(media_root=root)
    emulator = start(media_root=root, fetch_inputs=True, query_qps=10_000)
    api = Api(emulator.base_url, emulator.key)
    clip, picture = emulator.media_url("clips/a b.mp4"), web.media_url("picture.png")
    signed = f"{picture}?OSSAccessKeyId=LTAI&Signature=c2VjcmV0"
    data = f"data:image/png;base64,{base64.b64encode(PICTURE).decode()}"
    media = [{"type": "video", "url": clip}] + [
        {"type": "reference_image", "url": url} for url in (signed, data)
    ]
    _ended(emulator, api, {**EDIT, "input": {"media": media}})
    repaint = {"function": "video_repainting", "prompt": "x", "video_url": clip, "ref_images_url": [signed]}
    parameters = {"control_condition": "depth"}
    _ended(emulator, api, {"model": VACE, "input": repaint, "parameters": parameters})
    edited, repainted = (str(task["task_id"]) for task in emulator.tasks())

    shown = [(one.role, one.url, one.size, one.sha256) for one in emulator.inputs(edited)]
    assert shown == [
        ("video", clip, 10, SHA[CLIP]),
        ("reference_image", picture, len(PICTURE), SHA[PICTURE]),
        ("reference_image", "data:image/png", len(PICTURE), SHA[PICTURE]),
    ]
    assert [(one.role, one.sha256, one.model) for one in emulator.inputs(repainted)] == [
        ("video_url", SHA[CLIP], VACE),
        ("ref_images_url", SHA[PICTURE], VACE),
    ]
    assert len(emulator.inputs()) == 5

    control = f"{emulator.origin}/emulator/inputs"
    told = httpx.get(control).json()["inputs"]
    assert [one["task_id"] for one in told] == [edited] * 3 + [repainted] * 2
    assert "Signature" not in str(told)
    assert httpx.get(control, params={"task_id": repainted}).json()["inputs"] == told[3:]
    assert httpx.get(control, params={"task_id": "none"}).json() == {"inputs": []}


def test_temporary_file_is_proved_too(start: Start, root: Path) -> None:
    emulator = start(fetch_inputs=True, query_qps=10_000)
    api = Api(emulator.base_url, emulator.key)
    with DashScopeClient(Account.of(api_key=emulator.key, host=emulator.base_url)) as client:
        with (root / "clips" / "a b.mp4").open("rb") as file:
            url = client.upload(file, model=VACE, suffix=".mp4")
        job = client.submit("/services/aigc/video-generation/video-synthesis", _outpaint(url)).task_id
    emulator.clock.advance(301)
    while api.status(job) == "RUNNING":
        pass
    (proof,) = emulator.inputs(job)
    assert (proof.role, proof.url, proof.size, proof.sha256) == ("video_url", url, 10, SHA[CLIP])


def test_input_of_another_job_is_the_result_that_was_handed_out(start: Start, root: Path) -> None:
    emulator = start(media_root=root, fetch_inputs=True, query_qps=10_000)
    api = Api(emulator.base_url, emulator.key)
    first = _ended(emulator, api, _outpaint(emulator.media_url("clips/a b.mp4")))
    _ended(emulator, api, _outpaint(first["video_url"]))
    result = httpx.get(first["video_url"]).content
    proof = emulator.inputs()[-1]
    assert (proof.size, proof.sha256) == (len(result), hashlib.sha256(result).hexdigest())


def test_check_of_a_submission_is_told_from_the_job(start: Start, root: Path) -> None:
    emulator = start(media_root=root, fetch_inputs=True, input_errors="submit", query_qps=10_000)
    _ended(emulator, Api(emulator.base_url, emulator.key), _outpaint(emulator.media_url("clips/a b.mp4")))
    (task,) = emulator.tasks()
    assert [one.task_id for one in emulator.inputs()] == [None, task["task_id"]]


def test_without_fetching_there_is_no_proof(start: Start, root: Path) -> None:
    emulator = start(media_root=root, query_qps=10_000)
    _ended(emulator, Api(emulator.base_url, emulator.key), _outpaint(emulator.media_url("clips/a b.mp4")))
    assert emulator.inputs() == []


@pytest.fixture
def free_port() -> int:
    import socket

    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])
