"""A decorated edit whose function never asks for the same twice: one job, whoever dies."""

from __future__ import annotations

import pytest

from tests.system.edits import Trial

pytestmark = pytest.mark.at_once

DAG_ID = "edit_decorated"
ASKS = "The function asks for "


def test_function_is_called_once_and_its_edit_is_made(trial: Trial) -> None:
    with trial.edit(DAG_ID) as edit:
        edit.ends("success", 1)
        assert (edit.posts, edit.paid, edit.log().count(ASKS)) == (1, 1, 1)
        result = edit.xcom("return_value")
        assert result["orig_prompt"].startswith("Clay ")
        assert edit.landed() == [result["task_id"]]


@pytest.mark.parametrize("crash", ["before the deferral", "while landing", "at the end"])
def test_retry_keeps_to_the_job_though_the_function_asks_for_another(trial: Trial, crash: str) -> None:
    with trial.edit(DAG_ID, crash=crash) as edit:
        edit.ends("success", 2)
        edit.settles()
        assert (edit.posts, edit.paid, edit.log().count(ASKS)) == (1, 1, 2)
        assert edit.landed() == [edit.jobs[0]["task_id"]]
        edit.says("asks for another edit than the one on record")


def test_lost_submission_is_never_posted_again_though_the_function_asks_for_another(trial: Trial) -> None:
    with trial.edit(DAG_ID, crash="before the record") as edit:
        edit.ends("failed", 2)
        edit.settles()
        assert (edit.posts, edit.paid) == (1, 1)
        edit.says(r"that can't be accounted for: JOB \(created ")
