"""Edits that really ran, in Airflow and against the emulator: what they have left is what the pages show."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from airflow_provider_wan.ui.instance import Place
from tests.conftest import DagRunner
from tests.ui.serving import Served

pytestmark = pytest.mark.usefixtures("connection")


def test_a_mapped_edit_that_ran_is_shown(served: Served, run_dag: DagRunner, media: Path) -> None:
    folder = media / "real"
    folder.mkdir()
    ran = run_dag("fan_out", folder=f"file://{folder}/")
    place = Place("fan_out", ran._dag_run.run_id, "widen", 1)
    got = served.get(place.link("edit/data")).json()
    result = ran.xcom("widen", 1)
    assert (got["kind"], got["phase"], got["attempt"]) == ("edit", "succeeded", 1)
    assert (got["function"], got["region"]) == ("video_outpainting", "ap-southeast-1")
    assert (got["job"]["task_id"], got["job"]["request_id"]) == (result["task_id"], result["request_id"])
    assert got["prompt"]["sent"] == "A wider stage"
    assert ["left_scale", 1.25] in got["parameters"]
    assert [(one["name"], one["uri"]) for one in got["inputs"]] == [
        ("video_url", "https://example.com/1.mp4")
    ]
    assert [one["name"] for one in got["timeline"]] == ["submitted", "running", "ended", "landed"]
    assert got["cost"]["amount"] == result["cost"]["amount"]
    assert got["cost"]["price_date"]
    assert got["spent"] == {
        "paid": {"CNY": result["cost"]["amount"]},
        "open": {},
        "unknown": 0,
        "jobs": 1,
    }
    assert [one["state"] for one in got["siblings"]["items"]] == ["success"] * 3
    file = served.get(got["result"]["media"])
    assert file.content == (folder / f"{result['task_id']}.mp4").read_bytes()
    assert "Signature" in result["video_url"]
    assert result["video_url"].partition("?")[2] not in served.get(place.link("edit/data")).text
    run = served.get(place.link("run/data")).json()
    assert [(one["task_id"], one["map_index"], one["phase"]) for one in run["edits"]] == [
        ("widen", index, "succeeded") for index in range(3)
    ]
    assert Decimal(run["totals"]["cost"]["CNY"]) == 3 * Decimal(result["cost"]["amount"])


def test_an_edit_that_failed_is_shown_first_and_says_why(served: Served, run_dag: DagRunner) -> None:
    ran = run_dag("mistake_in_mapping")
    run = served.get(Place("mistake_in_mapping", ran._dag_run.run_id, "").link("run/data")).json()
    assert [(one["map_index"], one["phase"]) for one in run["edits"]] == [(1, "failed"), (0, "succeeded")]
    failed = served.get("edit/data" + run["edits"][0]["page"].removeprefix("edit")).json()
    assert failed["phase"] == "failed"
    assert failed["refresh_seconds"] is None
