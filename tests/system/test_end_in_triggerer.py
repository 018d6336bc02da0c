"""An edit that lands nothing and ends in the triggerer, without a second start of a worker."""

from __future__ import annotations

import pytest

from tests.system.edits import Trial

pytestmark = pytest.mark.at_once


def test_edit_that_lands_nothing_can_end_in_the_triggerer(trial: Trial) -> None:
    with trial.edit("edit_ending_in_triggerer") as edit:
        edit.ends("success", 1)
        result = edit.xcom("return_value")
        assert (result["task_id"], result["status"]) == (edit.jobs[0]["task_id"], "SUCCEEDED")
        assert result["video_url"].startswith("http")
        assert edit.xcom("wan_task_id") == result["task_id"]
        assert edit.xcom("billed_seconds") == result["billed_seconds"] > 0
        log = edit.log()
        assert log.count("Worker startup parse complete") == 1
        assert "Signature=" not in log
        edit.says("Job JOB is done")
        assert (edit.posts, edit.paid) == (1, 1)


def test_job_that_fails_is_told_by_a_worker_even_so(trial: Trial) -> None:
    fault = {"where": "submit", "kind": "fail", "code": "DataInspectionFailed"}
    with trial.edit("edit_ending_in_triggerer", fault=fault) as edit:
        edit.ends("failed", 1)
        edit.says("DataInspectionFailed.*A retry|not retried")
        assert (edit.posts, edit.paid) == (1, 0)
