"""The links at a task: to the console of its region, and to its tab."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from airflow_provider_wan import get_provider_info
from airflow_provider_wan.dashscope.catalog import REGIONS
from airflow_provider_wan.links import WanConsoleLink, WanResultLink, console_url, tab_url
from airflow_provider_wan.operators import (
    VideoTrimOperator,
    WanBatchEditOperator,
    WanVideoOutpaintingOperator,
)
from airflow_provider_wan.sensors import WanTaskSensor
from airflow_provider_wan.transfers import WanResultToObjectStorageOperator
from tests.conftest import KEY_BEIJING, FakeStore, FakeTaskInstance, context, run_operator
from tests.patience import HANGS

if TYPE_CHECKING:
    from airflow_provider_wan.emulator.server import RunningEmulator

PLACE: Any = SimpleNamespace(
    dag_id="films", run_id="manual__2026-10-22T10:00:00+00:00", task_id="edit", map_index=-1
)


CLIP = "https://example.com/a.mp4"


class NumberedTaskInstance(FakeTaskInstance):
    map_index = -1


def outpainting(**more: Any) -> WanVideoOutpaintingOperator:
    return WanVideoOutpaintingOperator(task_id="edit", prompt="Wider", video_url=CLIP, left_scale=1.5, **more)


@pytest.fixture(autouse=True)
def address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://airflow.example.com/media/")


def test_every_region_has_a_console() -> None:
    consoles = {region: console_url(region) for region in REGIONS}
    beijing = consoles.pop("cn-beijing")
    assert beijing == "https://bailian.console.aliyun.com/cn-beijing"
    assert consoles == {
        region: f"https://modelstudio.console.alibabacloud.com/{region}" for region in consoles
    }


def test_tab_is_below_airflows_own_address() -> None:
    assert WanResultLink().get_link(outpainting(), ti_key=PLACE) == (
        "https://airflow.example.com/media/dags/films/runs/manual__2026-10-22T10%3A00%3A00%2B00%3A00/tasks/edit"
        "/plugin/video"
    )


def test_tab_of_a_mapped_task_is_that_of_its_instance() -> None:
    assert tab_url("films", "r", "edit", 0).endswith("/tasks/edit/mapped/0/plugin/video")


def test_tab_is_relative_where_airflow_does_not_know_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIRFLOW__API__BASE_URL")
    assert tab_url("films", "r", "edit") == "dags/films/runs/r/tasks/edit/plugin/video"


@pytest.mark.parametrize("name", ["../../x", 'a"b', "a?b#c", "a b", "<i>", "a%2Fb", "夜"])
def test_ids_stay_in_their_place(name: str) -> None:
    _, _, path = tab_url(name, name, name, 3).partition("/media/")
    assert len(path.split("/")) == 10
    assert not set('"<>?# ') & set(path)


@pytest.mark.parametrize(
    ("region", "console"),
    [
        ("ap-southeast-1", "https://modelstudio.console.alibabacloud.com/ap-southeast-1"),
        ("cn-beijing", "https://bailian.console.aliyun.com/cn-beijing"),
    ],
)
def test_console_is_that_of_the_region_in_each_part_of_an_edit(
    service: RunningEmulator, connection: Callable[..., None], region: str, console: str
) -> None:
    connection("links", region=region, **({"password": KEY_BEIJING} if region == "cn-beijing" else {}))
    seen: list[str] = []

    class Watched(WanVideoOutpaintingOperator):
        def defer(self, **kwargs: Any) -> None:  # type: ignore[override]
            seen.append(WanConsoleLink().get_link(self, ti_key=PLACE))
            super().defer(**kwargs)

    operator = Watched(task_id="edit", prompt="Wider", video_url=CLIP, left_scale=1.5, conn_id="links")
    run_operator(operator)
    asked = service.requests.as_json()
    seen.append(WanConsoleLink().get_link(operator, ti_key=PLACE))
    assert seen == [console, console]
    assert service.requests.as_json() == asked


def test_instance_that_resumes_knows_its_region_anew(connection: Callable[..., None]) -> None:
    from airflow.providers.common.compat.sdk import TaskDeferred

    connection()
    ti, store = FakeTaskInstance(), FakeStore()
    with pytest.raises(TaskDeferred):
        outpainting().execute(context(ti, store))
    resumed = outpainting()
    assert WanConsoleLink().get_link(resumed, ti_key=PLACE) == ""
    with pytest.raises(TaskDeferred):
        resumed.resume(context(ti, store), event={})
    assert WanConsoleLink().get_link(resumed, ti_key=PLACE) == console_url("ap-southeast-1")


def test_batch_has_a_console_too(connection: Callable[..., None]) -> None:
    connection()
    one = {"function": "video_outpainting", "prompt": "Wider", "video_url": CLIP, "left_scale": 1.5}
    operator = WanBatchEditOperator(task_id="edits", requests=[one])
    run_operator(cast("Any", operator), NumberedTaskInstance())
    assert WanConsoleLink().get_link(operator, ti_key=PLACE) == console_url("ap-southeast-1")


def test_task_that_never_read_its_connection_has_no_console() -> None:
    assert WanConsoleLink().get_link(outpainting(), ti_key=PLACE) == ""


@pytest.mark.parametrize(
    ("operator", "names"),
    [
        (WanVideoOutpaintingOperator, ["Model Studio console", "Video"]),
        (WanBatchEditOperator, ["Model Studio console", "Video"]),
        (WanTaskSensor, ["Video"]),
        (WanResultToObjectStorageOperator, ["Video"]),
        (VideoTrimOperator, ["Video"]),
    ],
)
def test_what_shows_in_the_tab_leads_there(operator: Any, names: list[str]) -> None:
    assert [link.name for link in operator.operator_extra_links] == names


def test_airflow_is_told_of_the_links() -> None:
    names = [f"{link.__module__}.{link.__name__}" for link in (WanConsoleLink, WanResultLink)]
    assert get_provider_info()["extra-links"] == names


def test_links_and_reviews_cost_a_dag_file_next_to_nothing() -> None:
    code = (
        "import sys; from airflow.providers.common.compat.sdk import DAG, BaseOperator, BaseOperatorLink, conf\n"
        "import airflow_provider_wan; before = set(sys.modules)\n"
        "import airflow_provider_wan.links, airflow_provider_wan.reviews\n"
        "print(sorted(m for m in set(sys.modules) - before if not m.startswith('airflow.providers')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=HANGS
    )
    assert done.stdout.splitlines()[-1] == "['airflow_provider_wan.links', 'airflow_provider_wan.reviews']"
