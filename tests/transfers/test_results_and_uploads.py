"""Results of finished jobs are landed by id or by result; one upload serves several edits."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from airflow.sdk import Asset, AssetAlias
from airflow.sdk.execution_time.context import OutletEventAccessors

from airflow_provider_wan import foreign
from airflow_provider_wan.dashscope import resend
from airflow_provider_wan.dashscope.errors import InvalidRequestError, UnavailableError
from airflow_provider_wan.operators import WanVideoEditOperator, WanVideoOutpaintingOperator
from airflow_provider_wan.operators.base import WanParameterError
from airflow_provider_wan.outlets import tell_outlets
from airflow_provider_wan.transfers import ObjectStorageToWanOperator, WanResultToObjectStorageOperator
from tests.conftest import FakeTaskInstance, context, run_operator
from tests.emulator.rendering.media import clip
from tests.transfers.conftest import Footage, queued

if TYPE_CHECKING:
    from airflow_provider_wan.emulator import RunningEmulator

pytestmark = pytest.mark.usefixtures("connected")


def edit(url: str, **arguments: Any) -> Any:
    usual: dict[str, Any] = {"task_id": "widen", "prompt": "A wider stage", "deferrable": False}
    return run_operator(WanVideoOutpaintingOperator(video_url=url, **usual | arguments))


@pytest.fixture
def done(footage: Footage) -> Any:
    """The result of an edit that was landed nowhere."""
    return edit(footage.uri("http", "clip.mp4"))


def land(seen: Any = None, **arguments: Any) -> Any:
    operator = WanResultToObjectStorageOperator(task_id="land", **arguments)
    return operator.execute(seen or context())


@pytest.mark.parametrize("by", ["id", "result", "json"])
def test_result_is_landed(by: str, done: Any, tmp_path: Path, connected: RunningEmulator) -> None:
    import json

    given = {
        "id": {"wan_task_id": done["task_id"]},
        "result": {"result": done},
        "json": {"result": json.dumps(done)},
    }[by]
    submitted = len(connected.submits())
    landed = land(output_path=f"file://{tmp_path}/out/", **given)
    assert (tmp_path / "out" / f"{done['task_id']}.mp4").read_bytes()[4:8] == b"ftyp"
    expected = done | {"output_path": f"file://{tmp_path}/out/{done['task_id']}.mp4"}
    if by == "id":
        expected["function"] = None
    assert {**landed, "video_url": ""} == {**expected, "video_url": ""}
    assert len(connected.submits()) == submitted


def test_result_that_is_there_already_isn_t_fetched_again(
    done: Any, tmp_path: Path, connected: RunningEmulator
) -> None:
    land(output_path=f"file://{tmp_path}/out/", result=done)
    fetched = connected.requests.count("result")
    land(output_path=f"file://{tmp_path}/out/", result=done)
    assert connected.requests.count("result") == fetched


def test_job_that_goes_on_is_a_matter_for_the_sensor(held: RunningEmulator, tmp_path: Path) -> None:
    job = queued(held)
    with pytest.raises(foreign.JobUnfinishedError, match="WanTaskSensor") as caught:
        land(output_path=f"file://{tmp_path}/out/", wan_task_id=job)
    assert "A retry looks again" in str(caught.value)


@pytest.mark.parametrize("status", ["FAILED", "CANCELED"])
def test_job_without_a_result_is_named_and_not_retried(
    status: str, held: RunningEmulator, tmp_path: Path
) -> None:
    job = queued(held)
    held.force(job, status)
    with pytest.raises(Exception, match="Nothing is submitted here") as caught:
        land(output_path=f"file://{tmp_path}/out/", wan_task_id=job)
    assert type(caught.value).__name__ == "AirflowFailException"
    assert "isn't billed" in str(caught.value)
    assert "A retry submits" not in str(caught.value)


def test_job_that_the_service_doesn_t_know_names_where_it_was_landed(done: Any, tmp_path: Path) -> None:
    gone = done | {"task_id": str(uuid.uuid4()), "output_path": "s3://films/old.mp4"}
    with pytest.raises(Exception, match=r"landed before, as s3://films/old\.mp4"):
        land(output_path=f"file://{tmp_path}/out/", result=gone)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({}, "either `wan_task_id` or `result`"),
        ({"wan_task_id": "a", "result": {"task_id": "a"}}, "either `wan_task_id` or `result`"),
        ({"wan_task_id": ""}, "wan_task_id is empty"),
        ({"wan_task_id": "a", "output_path": ""}, "output_path="),
        ({"result": {"status": "SUCCEEDED"}}, "with its `task_id`"),
        ({"result": "{'task_id': 'a'}"}, "tojson"),
    ],
)
def test_mistake_shows_when_the_dag_is_parsed(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(WanParameterError, match=said):
        WanResultToObjectStorageOperator(task_id="land", **{"output_path": "s3://films/", **wrong})


def test_id_that_is_none_is_refused_without_a_request(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="must be the id of a DashScope job"):
        land(output_path=f"file://{tmp_path}/", wan_task_id="../tasks")


# -- uploads -----------------------------------------------------------------------------------------


def test_one_upload_serves_several_edits(footage: Footage, connected: RunningEmulator) -> None:
    clip(footage.folder / "long.mp4", (640, 360), seconds=2.5)
    ti = FakeTaskInstance()
    operator = ObjectStorageToWanOperator(
        task_id="upload", path=footage.uri("file", "long.mp4"), model="wan2.7-videoedit"
    )
    before = connected.requests.count("upload")
    url = operator.execute(context(ti))
    assert url.startswith("oss://dashscope-instant/")
    assert url.endswith(".mp4")
    assert ti.xcoms["size"] == (footage.folder / "long.mp4").stat().st_size
    left = datetime.fromisoformat(ti.xcoms["expires_at"]) - datetime.now().astimezone()
    assert timedelta(hours=47) < left <= timedelta(hours=48)
    for season in ("spring", "winter"):
        result = run_operator(
            WanVideoEditOperator(task_id=season, video_url=url, prompt=season, deferrable=False)
        )
        assert [one.sha256 for one in connected.inputs(result["task_id"])] == [footage.digest("long.mp4")]
    assert connected.requests.count("upload") == before + 1


def test_upload_for_another_region_s_spelling_is_refused(
    footage: Footage, connected: RunningEmulator
) -> None:
    before = connected.requests.count("upload")
    operator = ObjectStorageToWanOperator(
        task_id="upload", path=footage.uri("file", "clip.mp4"), model="wanx2.1-vace-plus"
    )
    with pytest.raises(Exception, match=r"is spelled wan2\.1-vace-plus in Singapore"):
        operator.execute(context())
    assert connected.requests.count("upload") == before


@pytest.mark.parametrize(
    "path", ["clip.mp4", "https://a.example/clip.mp4", "oss://dashscope-instant/a/b.mp4"]
)
def test_upload_wants_a_file_in_storage(path: str) -> None:
    with pytest.raises(WanParameterError, match="URI of a file in storage"):
        ObjectStorageToWanOperator(task_id="upload", path=path, model="wan2.7-videoedit")


def test_upload_of_a_file_outside_the_roots_is_refused(connected: RunningEmulator) -> None:
    operator = ObjectStorageToWanOperator(task_id="up", path="file:///etc/passwd", model="wan2.7-videoedit")
    with pytest.raises(Exception, match="local_media_roots"):
        operator.execute(context())


# -- asset events ------------------------------------------------------------------------------------


def test_outlets_are_told_where_the_result_is(done: Any, tmp_path: Path, footage: Footage) -> None:
    asset = Asset(name="landed", uri="s3://films/landed")
    alias = AssetAlias("each_file")
    seen = context() | {"outlet_events": OutletEventAccessors()}
    uri = "s3://footage@films/told/film.mp4"
    land(seen, output_path=uri, result=done, outlets=[asset, alias])
    told = seen["outlet_events"][asset].extra
    assert told["output_path"] == uri
    assert told["task_id"] == done["task_id"]
    assert told["cost"] == done["cost"]
    assert "video_url" not in told
    (event,) = seen["outlet_events"][alias].asset_alias_events
    assert event.dest_asset_key.uri == "s3://films/told/film.mp4"
    assert event.extra == told


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("s3://store@films/雪 1.mp4", "s3://films/%E9%9B%AA%201.mp4"),
        ("s3://store@films/take#1.mp4", "s3://films/take%231.mp4"),
        ("file:///films/a@b.mp4", "file:///films/a@b.mp4"),
    ],
)
def test_each_landed_file_is_an_asset_by_an_address_that_every_database_keeps(path: str, uri: str) -> None:
    alias = AssetAlias("each_file")
    seen: Any = {"outlet_events": OutletEventAccessors()}
    tell_outlets(seen, [alias], [{"output_path": path, "task_id": "a"}])
    (event,) = seen["outlet_events"][alias].asset_alias_events
    assert (event.dest_asset_key.name, event.dest_asset_key.uri) == (uri, uri)
    assert event.extra["output_path"] == path


def test_file_that_can_be_no_asset_fails_nothing(caplog: pytest.LogCaptureFixture) -> None:
    alias, other = AssetAlias("each_file"), Asset(name="landed", uri="s3://films/landed")
    seen: Any = {"outlet_events": OutletEventAccessors()}
    path = f"s3://films/{'x' * 1600}.mp4"
    tell_outlets(seen, [alias, other], [{"output_path": path, "task_id": "a"}])
    assert list(seen["outlet_events"]) == [other]
    assert "can't be an asset" in caplog.text


def test_task_that_airflow_gives_no_outlet_events_is_left_alone() -> None:
    tell_outlets(context(), [Asset(name="landed", uri="s3://films/landed")], [{"output_path": "s3://a/b"}])


def test_service_that_doesn_t_answer_may_be_asked_again(
    done: Any, tmp_path: Path, connected: RunningEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resend, "MAX_PAUSE", 0.01)
    connected.faults.order("get", "status", status=500, times=20)
    with pytest.raises(UnavailableError):
        land(output_path=f"file://{tmp_path}/out/", result=done)
    connected.faults.clear()


def test_errors_of_the_author_are_errors_of_input() -> None:
    assert issubclass(WanParameterError, InvalidRequestError)
