"""Inputs in storage get to the service: presigned or uploaded, each file once, never more than may be read."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_wan.dashscope.input_errors import (
    InputNotStagedError,
    InputUnreadableError,
)
from airflow_provider_wan.operators import (
    WanBatchEditOperator,
    WanImageReferenceOperator,
    WanVideoOutpaintingOperator,
    WanVideoSynthesisOperator,
)
from tests.conftest import DagRunner, FakeStore, FakeTaskInstance, run_operator
from tests.emulator.rendering.media import clip
from tests.patience import HANGS
from tests.transfers.conftest import Footage

if TYPE_CHECKING:
    from airflow_provider_wan.emulator import RunningEmulator


def widen(url: str, **arguments: Any) -> WanVideoOutpaintingOperator:
    usual: dict[str, Any] = {
        "task_id": "widen",
        "prompt": "A wider stage",
        "deferrable": False,
        "preflight": True,
    }
    return WanVideoOutpaintingOperator(video_url=url, **usual | arguments)


def sent(emulator: RunningEmulator, field: str = "video_url") -> Any:
    return emulator.submits()[-1].body["input"][field]


# -- a chain, whatever the store ---------------------------------------------------------------------

SAID_OUTRIGHT = (("s3", "presign"), ("http", "presign"), ("http", "upload"))


@pytest.mark.parametrize(
    ("store", "way"),
    [
        ("file", "auto"),
        ("file", "upload"),
        ("s3", "auto"),
        ("s3", "upload"),
        ("http", "auto"),
        # What "auto" comes to, said outright.
        *(pytest.param(store, way, marks=pytest.mark.slow) for store, way in SAID_OUTRIGHT),
    ],
)
def test_chain_passes_and_the_service_fetches_the_right_bytes(
    store: str, way: str, footage: Footage, connected: RunningEmulator, run_dag: DagRunner, tmp_path: Path
) -> None:
    run = run_dag(
        f"storage_chain_{way}",
        source=footage.uri(store, "clip.mp4"),
        folder={"file": f"file://{tmp_path}/edits/", "s3": "s3://footage@films/edits/", "http": None}[store],
    )
    assert run.states == dict.fromkeys(["repaint", "where", "widen"], "success")
    first, second = run.xcom("repaint"), run.xcom("widen")
    (source,) = connected.inputs(first["task_id"])
    (between,) = connected.inputs(second["task_id"])
    assert source.sha256 == footage.digest("clip.mp4")
    assert between.sha256 == _digest_of_result(first, connected)
    submitted = [submit.body["input"]["video_url"] for submit in connected.submits()[-2:]]
    expected = {
        ("file", "auto"): "oss://dashscope-instant/",
        ("s3", "auto"): "http://127.0.0.1:",
        ("s3", "presign"): "http://127.0.0.1:",
        ("http", "auto"): "http://127.0.0.1:",
        ("http", "presign"): "http://127.0.0.1:",
        ("http", "upload"): "http://127.0.0.1:",
    }.get((store, way), "oss://dashscope-instant/")
    assert all(url.startswith(expected) for url in submitted)


def _digest_of_result(result: dict[str, Any], emulator: RunningEmulator) -> str:
    import hashlib
    import urllib.request

    with urllib.request.urlopen(result["video_url"], timeout=HANGS) as answer:
        return hashlib.sha256(answer.read()).hexdigest()


# -- ways --------------------------------------------------------------------------------------------


def test_every_address_of_a_list_is_staged(footage: Footage, connected: RunningEmulator) -> None:
    names = ["a.png", "b.png"]
    for name in names:
        _picture(footage.folder / name, seed=name)
    footage.put("b.png")
    operator = WanImageReferenceOperator(
        task_id="both",
        prompt="Two",
        ref_images_url=[footage.uri("file", "a.png"), footage.uri("s3", "b.png")],
        obj_or_bg=["obj", "bg"],
        deferrable=False,
        preflight=True,
    )
    result = run_operator(operator)
    fetched = connected.inputs(result["task_id"])
    assert sorted(one.sha256 for one in fetched) == sorted(footage.digest(name) for name in names)


def test_address_inside_a_request_that_is_passed_through_is_staged_too(
    footage: Footage, connected: RunningEmulator
) -> None:
    operator = WanVideoSynthesisOperator(
        task_id="any",
        model="wan2.7-videoedit",
        input={
            "prompt": "s3://looks/like/one.mp4",
            "media": [{"type": "video", "url": footage.uri("file", "clip.mp4")}],
        },
        deferrable=False,
        preflight=False,
    )
    result = run_operator(operator)
    assert [one.sha256 for one in connected.inputs(result["task_id"])] == [footage.digest("clip.mp4")]
    assert sent(connected, "prompt") == "s3://looks/like/one.mp4"


def test_file_in_two_places_is_uploaded_once(footage: Footage, connected: RunningEmulator) -> None:
    _picture(footage.folder / "face.png", seed="face")
    uri = footage.uri("file", "face.png")
    before = connected.requests.count("upload")
    operator = WanImageReferenceOperator(
        task_id="twice", prompt="Two", ref_images_url=[uri, uri], obj_or_bg=["obj", "bg"], deferrable=False
    )
    run_operator(operator)
    assert connected.requests.count("upload") - before == 1
    assert len(set(sent(connected, "ref_images_url"))) == 1


def test_batch_uploads_what_its_edits_share_once_per_model(
    footage: Footage, connected: RunningEmulator
) -> None:
    clip(footage.folder / "long.mp4", (640, 360), seconds=2.5)
    uri = footage.uri("file", "long.mp4")
    before = connected.requests.count("upload")
    edits = [
        {"function": "video_outpainting", "prompt": str(number), "video_url": uri, "left_scale": 1.5}
        for number in range(3)
    ] + [{"function": "videoedit", "prompt": str(number), "video_url": uri} for number in range(3)]
    operator = WanBatchEditOperator(task_id="six", requests=edits, deferrable=False, preflight=True)
    results = run_operator(operator)  # type: ignore[arg-type]
    assert connected.requests.count("upload") - before == 2
    digests = {one.sha256 for result in results for one in connected.inputs(result["task_id"])}
    assert digests == {footage.digest("long.mp4")}


def test_attempt_that_takes_up_a_job_uploads_nothing(footage: Footage, connected: RunningEmulator) -> None:
    store = FakeStore()
    operator = widen(footage.uri("file", "clip.mp4"), output_path="file:///proc/no/such/place/x.mp4")
    before = connected.requests.count("upload")
    with pytest.raises(Exception, match="can't be written"):
        run_operator(operator, FakeTaskInstance(), store)
    assert (
        connected.requests.count("upload") == before
    )  # the destination is tried before anything is uploaded
    first = run_operator(widen(footage.uri("file", "clip.mp4")), FakeTaskInstance(), store)
    again = run_operator(widen(footage.uri("file", "clip.mp4")), FakeTaskInstance(), store)
    assert again["task_id"] == first["task_id"]
    assert connected.requests.count("upload") == before + 1


def test_cleared_success_uploads_anew(footage: Footage, connected: RunningEmulator) -> None:
    store, ti = FakeStore(), FakeTaskInstance()
    first = run_operator(widen(footage.uri("file", "clip.mp4")), ti, store)
    one = sent(connected)
    ti.max_tries += 2
    second = run_operator(widen(footage.uri("file", "clip.mp4")), ti, store)
    assert second["task_id"] != first["task_id"]
    assert sent(connected) != one


def test_bucket_whose_addresses_are_internal_is_uploaded_from(
    footage: Footage,
    connected: RunningEmulator,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("AIRFLOW__WAN__ALLOW_PRIVATE_URLS", "False")
    result = run_operator(widen(footage.uri("s3", "clip.mp4")))
    assert sent(connected).startswith("oss://dashscope-instant/")
    assert [one.sha256 for one in connected.inputs(result["task_id"])] == [footage.digest("clip.mp4")]
    assert "couldn't reach it" in capsys.readouterr().out


def test_bucket_whose_addresses_are_internal_can_t_be_presigned(
    footage: Footage, connected: RunningEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__WAN__ALLOW_PRIVATE_URLS", "False")
    submitted = len(connected.submits())
    with pytest.raises(Exception, match="can't be presigned") as caught:
        run_operator(widen(footage.uri("s3", "clip.mp4"), staging="presign"))
    assert isinstance(caught.value.__cause__, InputNotStagedError)
    assert "Signature" not in str(caught.value)
    assert len(connected.submits()) == submitted


def test_local_file_can_t_be_presigned(footage: Footage, connected: RunningEmulator) -> None:
    with pytest.raises(Exception, match="can't be presigned"):
        run_operator(widen(footage.uri("file", "clip.mp4"), staging="presign"))


def test_model_that_may_not_read_uploads_is_told_so_before_anything_is_paid(
    footage: Footage, connected: RunningEmulator
) -> None:
    _picture(footage.folder / "horse.png", seed="horse")
    body = {"media": [{"type": "first_frame", "url": footage.uri("file", "horse.png")}]}
    usual: dict[str, Any] = {"task_id": "horse", "model": "happyhorse-1.0-i2v", "deferrable": False}
    before = connected.requests.count("upload")
    with pytest.raises(Exception, match="staging='upload'"):
        run_operator(WanVideoSynthesisOperator(input=body, **usual))
    assert connected.requests.count("upload") == before
    run_operator(WanVideoSynthesisOperator(input=body, staging="upload", **usual))
    assert connected.requests.count("upload") == before + 1


def test_upload_that_breaks_off_is_started_again(footage: Footage, connected: RunningEmulator) -> None:
    connected.faults.order("upload", "drop")
    result = run_operator(widen(footage.uri("s3", "clip.mp4"), staging="upload"))
    assert [one.sha256 for one in connected.inputs(result["task_id"])] == [footage.digest("clip.mp4")]


def test_upload_that_always_breaks_off_may_be_retried_and_has_cost_nothing(
    footage: Footage, connected: RunningEmulator
) -> None:
    from airflow_provider_wan.dashscope.errors import UnavailableError

    submitted = len(connected.submits())
    connected.faults.order("upload", "drop", times=3)
    with pytest.raises(UnavailableError, match="upload broke off"):
        run_operator(widen(footage.uri("file", "clip.mp4")))
    assert len(connected.submits()) == submitted


# -- what is there, and what the log says ----------------------------------------------------------------


@pytest.mark.parametrize("store", ["file", "s3"])
def test_file_that_isn_t_there_fails_before_anything_is_sent(
    store: str, footage: Footage, connected: RunningEmulator
) -> None:
    submitted = len(connected.submits())
    with pytest.raises(InputUnreadableError, match=r"no-such\.mp4 can't be read"):
        run_operator(widen(footage.uri(store, "no-such.mp4")))
    assert len(connected.submits()) == submitted


def test_input_that_isn_t_there_is_told_before_the_destination_is_tried(
    footage: Footage, connected: RunningEmulator
) -> None:
    with pytest.raises(InputUnreadableError, match="no-such"):
        run_operator(widen(footage.uri("s3", "no-such.mp4"), output_path="file:///proc/no/such/place/x.mp4"))


def test_unfit_input_is_refused_at_the_first_look_and_not_looked_at_again(
    footage: Footage, connected: RunningEmulator
) -> None:
    from airflow_provider_wan.dashscope.input_errors import InputUnfitError
    from airflow_provider_wan.hooks import DashScopeHook
    from airflow_provider_wan.staging import Stager

    clip(footage.folder / "slow.mp4", (640, 360), seconds=1.0, fps=8)
    body: dict[str, Any] = {
        "model": "wan2.1-vace-plus",
        "input": {"video_url": footage.uri("file", "slow.mp4")},
    }
    log = logging.getLogger("test")
    stager = Stager(DashScopeHook().get_conn(), body["model"], mode="auto", look=True, strict=False, log=log)
    with pytest.raises(InputUnfitError, match="frames a second"):
        stager.check(body)
    stager.check(body, again=True)  # after a wait for room


def test_storage_that_airflow_doesn_t_know_is_named_and_not_retried(connected: RunningEmulator) -> None:
    with pytest.raises(Exception, match=r"nosuchstore://bucket/clip\.mp4") as caught:
        run_operator(widen("nosuchstore://bucket/clip.mp4"))
    assert type(caught.value).__name__ == "AirflowFailException"


@pytest.mark.parametrize(
    ("way", "said"), [("presign", "is presigned for 4 hours"), ("upload", "for 48 hours")]
)
def test_log_says_what_was_staged_for_how_long_and_no_signature(
    way: str, said: str, footage: Footage, connected: RunningEmulator, capsys: pytest.CaptureFixture[str]
) -> None:
    run_operator(widen(footage.uri("s3", "clip.mp4"), staging=way))
    log = "".join(capsys.readouterr())
    assert said in log
    assert "s3://footage@films/raw/clip.mp4" in log
    assert "Signature=" not in log
    signature = sent(connected).partition("Signature=")[2].partition("&")[0]
    assert bool(signature) == (way == "presign")
    assert not signature or signature not in log


def _picture(path: Path, *, seed: str) -> None:
    import random

    from PIL import Image

    shade = random.Random(seed).randrange(256)
    Image.new("RGB", (640, 480), (shade, 255 - shade, 128)).save(path)
