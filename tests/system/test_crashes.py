"""A worker dies, or an answer gets lost, at every point of an edit's way: paid once, landed whole."""

from __future__ import annotations

from typing import Any

import pytest

from tests.system.edits import Edit, Trial

pytestmark = pytest.mark.at_once


def paid_once_and_landed(edit: Edit, *, posts: int = 1, attempt: int = 2) -> None:
    edit.ends("success", attempt)
    assert (edit.posts, len(edit.jobs), edit.paid) == (posts, 1, 1)
    assert edit.landed() == [edit.jobs[0]["task_id"]]


def refused(edit: Edit) -> None:
    """The documented refusal: nobody can say whose the job is, so a person is asked, without a second POST."""
    edit.ends("failed", 2)
    edit.settles()
    assert (edit.posts, len(edit.jobs), edit.paid) == (1, 1, 1)
    edit.says(r"that can't be accounted for: JOB \(created ")
    assert edit.landed() == []


def test_worker_killed_before_the_post_submits_once(trial: Trial) -> None:
    with trial.edit(crash="before the POST") as edit:
        paid_once_and_landed(edit)
        edit.says("An earlier attempt was cut off while it submitted")
        edit.says("Nothing that could be this edit's, so it is submitted")


@pytest.mark.parametrize("kind", ["drop", "status 500", "status 502", "status 504"])
def test_answer_lost_after_acceptance_is_never_posted_again(trial: Trial, kind: str) -> None:
    name, _, status = kind.partition(" ")
    fault: dict[str, Any] = {"where": "submit", "kind": name, "accepted": True}
    with trial.edit(fault=fault | ({"status": int(status)} if status else {})) as edit:
        refused(edit)


@pytest.mark.parametrize("kind", ["drop", "status 500"])
def test_answer_lost_without_acceptance_is_submitted_by_the_retry(trial: Trial, kind: str) -> None:
    name, _, status = kind.partition(" ")
    fault: dict[str, Any] = {"where": "submit", "kind": name, "accepted": False}
    with trial.edit(fault=fault | ({"status": int(status)} if status else {})) as edit:
        paid_once_and_landed(edit, posts=2)
        edit.says("Nothing that could be this edit's, so it is submitted")


def test_answer_that_comes_too_late_is_never_posted_again(trial: Trial) -> None:
    slow = {"where": "submit", "kind": "slow", "delay": 4.0}
    with trial.edit(crash="impatient", fault=slow) as edit:
        refused(edit)


def test_worker_killed_during_the_post_never_posts_again(trial: Trial) -> None:
    slow = {"where": "submit", "kind": "slow", "delay": 4.0}
    with trial.edit(crash="during the POST", fault=slow) as edit:
        refused(edit)


def test_worker_killed_after_the_post_before_the_record_is_never_posted_again(trial: Trial) -> None:
    with trial.edit(crash="before the record") as edit:
        refused(edit)


def test_clear_after_the_refusal_submits_anew(trial: Trial) -> None:
    with trial.edit(crash="before the record") as edit:
        edit.ends("failed", 2)
        edit.clear()
        edit.ends("success", 3)
        edit.settles()
        assert (edit.posts, len(edit.jobs), edit.paid) == (2, 2, 2)
        assert edit.landed() == [edit.jobs[1]["task_id"]]


def test_on_unknown_submit_resubmit_posts_again_and_says_so(trial: Trial) -> None:
    with trial.edit("edit_resubmitting", crash="before the record") as edit:
        edit.ends("success", 2)
        edit.settles()
        assert (edit.posts, edit.paid) == (2, 2)
        assert edit.landed() == [edit.jobs[1]["task_id"]]
        edit.says("Submitting once more, as on_unknown_submit says.*JOB")


def test_worker_killed_after_the_record_before_the_deferral_reattaches(trial: Trial) -> None:
    with trial.edit(crash="before the deferral") as edit:
        paid_once_and_landed(edit)
        edit.says("An earlier attempt submitted job JOB .* It is taken over, nothing is submitted")


def test_mapped_task_reattaches_to_its_own_job(trial: Trial) -> None:
    with trial.edit("edit_mapped", crash="before the deferral") as edit:
        edit.ends("success", 2)
        assert (edit.posts, len(edit.jobs), edit.paid) == (2, 2, 2)
        assert edit.landed() == sorted(job["task_id"] for job in edit.jobs)


def test_mapped_task_killed_before_the_post_is_not_taken_for_its_sibling(trial: Trial) -> None:
    with trial.edit("edit_mapped", crash="before the POST") as edit:
        edit.ends("success", 2)
        assert (edit.posts, len(edit.jobs), edit.paid) == (2, 2, 2)
        assert edit.landed() == sorted(job["task_id"] for job in edit.jobs)


def test_worker_killed_while_it_waits_itself_reattaches(trial: Trial) -> None:
    with trial.edit("edit_on_worker", crash="while waiting on the worker") as edit:
        paid_once_and_landed(edit)
        edit.says("An earlier attempt submitted job JOB .* It is taken over, nothing is submitted")


def test_worker_killed_after_the_job_ended_lands_the_same_job(trial: Trial) -> None:
    with trial.edit(crash="before landing") as edit:
        paid_once_and_landed(edit)
        edit.says("An earlier attempt submitted job JOB .* it is SUCCEEDED. It is taken over")


@pytest.mark.parametrize("crash", ["while landing", "before moving"])
def test_worker_killed_while_landing_leaves_a_whole_file_in_the_end(trial: Trial, crash: str) -> None:
    with trial.edit(crash=crash) as edit:
        edit.has_job()
        edit.sees(lambda: bool(edit.part_files()))
        paid_once_and_landed(edit)  # and nothing is in the folder but that file
        edit.says("Landed job JOB")


def test_worker_killed_after_the_end_gives_the_same_result_again(trial: Trial) -> None:
    with trial.edit(crash="at the end") as edit:
        paid_once_and_landed(edit)
        edit.says("An earlier attempt finished job JOB. Nothing is submitted")


def test_rejected_content_is_not_tried_again(trial: Trial) -> None:
    rejected = {"where": "submit", "kind": "fail", "code": "DataInspectionFailed", "message": "inappropriate"}
    with trial.edit(fault=rejected) as edit:
        edit.ends("failed", 1)
        assert (edit.posts, edit.paid) == (1, 0)
        edit.says("DataInspectionFailed")


def test_internal_failure_is_submitted_as_a_new_job(trial: Trial) -> None:
    with trial.edit(fault={"where": "submit", "kind": "fail", "code": "InternalError"}) as edit:
        edit.ends("success", 2)
        assert (edit.posts, len(edit.jobs), edit.paid) == (2, 2, 1)
        assert edit.landed() == [edit.jobs[1]["task_id"]]
        edit.says("Job JOB of an earlier attempt is FAILED, so a new one is submitted")
