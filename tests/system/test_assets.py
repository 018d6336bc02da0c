"""A DAG that is scheduled on an asset starts when an edit has landed, and is told where."""

from __future__ import annotations

import json

import pytest

from tests.system.edits import Trial

pytestmark = pytest.mark.at_once


def test_edit_that_lands_starts_the_dag_that_waits_for_it(trial: Trial) -> None:
    def told() -> list[str]:
        query = "SELECT value FROM xcom WHERE dag_id = 'after_landing' AND key = 'return_value'"
        return [str(value) for (value,) in trial.airflow.read(query)]

    with trial.edit("edit_with_asset") as edit:
        edit.ends("success", 1)
        edit.sees(lambda: bool(told()))
        extra = json.loads(told()[0])
        while isinstance(extra, str):
            extra = json.loads(extra)
        (event,) = extra
        result = edit.xcom("return_value")
        names = ("output_path", "task_id", "model", "function", "region", "billed_seconds", "cost")
        assert {name: event[name] for name in names} == {name: result[name] for name in names}
        assert event["output_path"] == f"file://{edit.folder}/{result['task_id']}.mp4"
        assert "video_url" not in event
