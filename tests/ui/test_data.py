"""What the pages get, read from Airflow's own database through Airflow's own server."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_wan.ui.instance import Place
from tests.ui.browser import states
from tests.ui.conftest import MP4, Laid
from tests.ui.laid import NOW, ago, edited, entry, failure, lay_many, lay_spent, progress, request
from tests.ui.serving import Served


def data(served: Served, place: Place, page: str = "edit/data", **more: str) -> dict[str, Any]:
    answer = served.get(place.link(page, **more))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_an_edit_is_shown_while_it_waits_and_when_it_has_failed(served: Served, laid: Laid) -> None:
    waits = laid({"wan_request": request(), "wan_progress": progress("PENDING")}, "waits", state="deferred")
    got = data(served, waits)
    assert (got["kind"], got["phase"], got["refresh_seconds"]) == ("edit", "queued", 5)
    assert got["waiting"]["age_seconds"] >= 200
    failed = laid({"wan_failure": failure()}, "failed", state="failed", attempt=2)
    got = data(served, failed)
    assert (got["phase"], got["attempt"], got["failure"]["code"]) == ("failed", 2, "DataInspectionFailed")


def test_what_was_pushed_as_json_in_a_text_is_read_too(served: Served, laid: Laid) -> None:
    texts: dict[str, Any] = {key: json.dumps(value) for key, value in edited("s3://b/a.mp4").items()}
    got = data(served, laid(texts))
    assert (got["phase"], got["result"]["uri"]) == ("succeeded", "s3://b/a.mp4")


def test_a_map_index_that_is_none_means_that_there_is_none(served: Served, laid: Laid) -> None:
    place = laid(edited(None))
    names = place.link("edit/data").rpartition("=")[0]
    for index in ("%7BMAP_INDEX%7D", "", "x", "1.5", "-7", "9" * 30):
        answer = served.get(f"{names}={index}")
        assert (answer.status_code, answer.json()["map_index"]) == (200, -1)


def test_what_does_not_exist_says_what_it_is(served: Served, laid: Laid) -> None:
    laid({}, "mapped", 0)
    for place, word in (
        (Place(laid.dag_id, "none", "edit"), "run"),
        (Place("none", "r1", "edit"), "run"),
        (laid.place("none"), "task instance"),
        (laid.place("mapped", 7), "task instance"),
        (laid.place("mapped"), "mapped"),
    ):
        answer = served.get(place.link("edit/data"))
        assert answer.status_code == 404
        assert word in answer.json()["detail"]
    assert served.get(Place(laid.dag_id, "none", "x").link("run/data")).status_code == 404


def test_mapped_instances_know_one_another(served: Served, laid: Laid) -> None:
    lay_many(
        laid.number,
        [
            (
                laid.place("mapped", index),
                edited(None) if index == 1 else {},
                "success" if index < 3 else None,
                f"clip {index}",
            )
            for index in range(5)
        ],
    )
    got = data(served, laid.place("mapped", 1))
    assert (got["map_label"], got["siblings"]["total"]) == ("clip 1", 5)
    assert got["siblings"]["items"][3] == {"map_index": 3, "state": None, "label": "clip 3"}
    assert data(served, laid(edited(None)))["siblings"] is None


def test_a_record_that_names_a_class_imports_nothing(served: Served, laid: Laid, tmp_path: Path) -> None:
    """The server has the tests on its path, and would leave a mark if it imported this one."""
    from tests.ui import wicked

    mark = wicked.MARK
    mark.unlink(missing_ok=True)
    named = {"__classname__": "tests.ui.wicked_when_imported.Wicked", "__version__": 1, "__data__": {"a": 1}}
    place = laid(
        {"wan_request": named, "wan_progress": named, "return_value": named, "wan_failure": json.dumps(named)}
    )
    got = data(served, place)
    assert got["kind"] == "edit"
    data(served, place, "run/data")
    served.get(place.link("media", of="result"))
    assert not mark.exists()
    assert "tests.ui.wicked_when_imported" not in sys.modules
    import tests.ui.wicked_when_imported  # noqa: F401 -- the mark works

    assert mark.exists()
    mark.unlink()


@pytest.mark.parametrize(
    "value", ["\ud800", [1e400], {"a": float("nan")}, 10**400, [[]] * 1000, "x" * 100_000]
)
def test_garbage_harms_nothing(served: Served, laid: Laid, value: Any) -> None:
    keys = ("wan_request", "wan_progress", "wan_failure", "return_value", "wan_task_id", "wan_cost")
    place = laid(dict.fromkeys(keys, value))
    assert data(served, place)["kind"] in ("edit", "batch")
    place = laid({"wan_request": request(prompt=value, parameters={"x": value})}, "parts")
    data(served, place)
    assert data(served, place, "run/data")["total"] == 2


def test_json_too_deep_to_be_read_harms_nothing(served: Served, laid: Laid) -> None:
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session
    from sqlalchemy import text

    place = laid({"wan_request": {}, "return_value": {}})
    assert XComModel.__tablename__ == "xcom"
    with create_session() as session:
        session.execute(
            text("UPDATE xcom SET value = :deep WHERE dag_id = :dag AND key = 'return_value'"),
            {"deep": "[" * 100_000 + "]" * 100_000, "dag": place.dag_id},
        )
    assert data(served, place)["result"] is None


def test_what_all_attempts_have_spent_is_known_before_this_one_has_said_it(
    served: Served, laid: Laid
) -> None:
    place = laid({"wan_request": request()}, state="running", attempt=2)
    job = ["job-1", "S", 0, int(NOW.timestamp()), "5", "3.50 CNY"]
    lay_spent(laid.number, place, {"models": ["wan2.1-vace-plus"], "jobs": [job]})
    got = data(served, place)
    assert got["spent"] == {"paid": {"CNY": "3.50"}, "open": {}, "unknown": 0, "jobs": 1}
    assert data(served, place, "run/data")["totals"]["cost"] == {"CNY": "3.50"}


def test_a_run_shows_its_edits_failures_first_and_adds_them_up(
    served: Served, laid: Laid, media: Path
) -> None:
    (media / "run.mp4").write_bytes(MP4)
    uri = f"file://{media}/run.mp4"
    laid(edited(uri), "first", begun=400.0)
    laid(
        {"return_value": {"output_path": uri, "frames": 24}, "output_path": uri},
        "trim",
        operator="VideoTrimOperator",
    )
    laid({"wan_request": request(), "wan_progress": progress("RUNNING")}, "waits", state="deferred")
    laid({"wan_request": request(), "wan_failure": failure()}, "fails", state="failed")
    laid({"return_value": "x"}, "bash", operator="BashOperator")
    laid({"return_value": {"seconds": 4}}, "probe", operator="VideoProbeOperator")
    laid({}, "skipped", state="skipped")
    wrong = {"index": 1, "status": "FAILED", "error": "no", "code": "X", "task_id": "job-1", "retry": "never"}
    laid(
        {
            "return_value": [entry(0, output_path=uri), wrong, entry(2, cost=None)],
            "wan_task_id": ["job-0", "job-1"],
        },
        "batch",
        operator="WanBatchEditOperator",
    )
    got = data(served, laid.place(), "run/data")
    assert got.keys() == states.run([]).keys()
    assert [(one["task_id"], one["index"], one["phase"]) for one in got["edits"]] == [
        ("batch", 1, "failed"),
        ("fails", None, "failed"),
        ("waits", None, "running"),
        ("first", None, "succeeded"),
        ("batch", 0, "succeeded"),
        ("batch", 2, "succeeded"),
        ("trim", None, "succeeded"),
    ]
    assert got["totals"] == {
        "edits": 7,
        "succeeded": 4,
        "failed": 2,
        "waiting": 1,
        "cost": {"CNY": "7.00"},
        "unpriced": 1,
        "billed_seconds": 15.0,
        "seconds": 512.0,
    }
    assert got["edits"][1]["failure"] == {"code": "DataInspectionFailed", "message": failure()["message"]}
    for one in got["edits"]:
        if one["result"]:
            assert served.get(one["result"]["media"]).status_code == (502 if one["index"] == 2 else 200), one


def test_a_run_with_many_edits_comes_page_by_page(served: Served, laid: Laid) -> None:
    lay_many(
        laid.number,
        [
            (laid.place("many", index), edited("s3://b/a.mp4"), "failed" if index == 249 else "success", None)
            for index in range(250)
        ],
    )
    pages = [data(served, laid.place(), "run/data", offset=str(offset)) for offset in (0, 100, 200, 300)]
    assert [len(page["edits"]) for page in pages] == [100, 100, 50, 0]
    assert {page["total"] for page in pages} == {250}
    indexes = [one["map_index"] for page in pages for one in page["edits"]]
    assert indexes == [249, *range(249)]
    assert pages[0]["totals"]["cost"] == {"CNY": "875.00"}
    assert data(served, laid.place(), "run/data", offset="-1")["offset"] == 0


def test_a_run_without_edits_is_empty(served: Served, laid: Laid) -> None:
    laid({"return_value": 1}, "bash", operator="BashOperator")
    got = data(served, laid.place(), "run/data")
    assert (got["edits"], got["total"], got["totals"]["cost"]) == ([], 0, {})


def test_a_run_that_goes_on_is_looked_at_again(served: Served, laid: Laid) -> None:
    laid({"wan_request": request(), "wan_progress": progress("ROOM", since=ago(9))}, state="deferred")
    assert data(served, laid.place(), "run/data")["refresh_seconds"] == 10
