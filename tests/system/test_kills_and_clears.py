"""What clearing, failing and marking a task does to the job it waits for."""

from __future__ import annotations

import pytest

from tests.system.edits import Edit, Trial

pytestmark = pytest.mark.at_once

SLOW = {"where": "submit", "kind": "slow", "delay": 4.0}
"""A submission whose answer comes after the task has been cleared or marked, but before Airflow ends it by force."""


def waits_for_its_job(edit: Edit) -> str:
    """Wait until a trigger watches the job; of an end that comes before its start it would not be told."""
    job = edit.has_job()
    edit.reaches("deferred")
    edit.says("trigger .* starting")
    return job


def pays_once(edit: Edit) -> None:
    """Finish what is queued, whichever job that is by now; one is paid for and landed."""

    def over() -> bool:
        for job in edit.jobs:
            if job["status"] == "PENDING":
                edit.emulator.force(job["task_id"], "SUCCEEDED")
        return edit.state == ("success", 2)

    edit.sees(over)
    assert edit.paid == 1
    assert edit.landed() == [charge.task_id for charge in edit.emulator.ledger()]


def test_clear_while_the_job_is_queued_pays_once(trial: Trial) -> None:
    with trial.edit(held=True) as edit:
        waits_for_its_job(edit)
        edit.clear()
        edit.reaches("deferred", 2)
        # The old trigger's cancel is over, which may have come before the new attempt or after it.
        edit.says("Job JOB (was still queued|can't be stopped|is still waited for)")
        pays_once(edit)


def test_clear_during_the_post_pays_once(trial: Trial) -> None:
    with trial.edit(held=True, fault=SLOW) as edit:
        first = edit.has_job()
        edit.clear()
        edit.sees(lambda: edit.status(first) == "CANCELED")
        edit.reaches("deferred", 2)
        (second,) = [job["task_id"] for job in edit.jobs if job["task_id"] != first]
        edit.emulator.force(second, "SUCCEEDED")
        edit.ends("success", 2)
        assert (edit.posts, len(edit.jobs), edit.paid) == (2, 2, 1)


def test_marking_failed_during_the_post_cancels_the_job(trial: Trial) -> None:
    with trial.edit(held=True, fault=SLOW) as edit:
        job = edit.has_job()
        edit.mark("failed")
        edit.sees(lambda: edit.status(job) == "CANCELED")
        edit.says("JOB")
        assert (edit.posts, edit.paid, edit.state[0]) == (1, 0, "failed")


def test_clear_while_a_worker_waits_for_a_queued_job_pays_once(trial: Trial) -> None:
    with trial.edit("edit_on_worker", held=True) as edit:
        job = edit.has_job()
        edit.says("Job JOB is PENDING")
        edit.clear()
        edit.sees(lambda: edit.status(job) == "CANCELED")
        edit.sees(lambda: len(edit.jobs) == 2)
        pays_once(edit)


def test_clear_while_a_worker_waits_for_a_running_job_takes_it_over(trial: Trial) -> None:
    with trial.edit("edit_on_worker", held=True) as edit:
        job = edit.has_job()
        edit.emulator.force(job, "RUNNING")
        edit.says("Job JOB is RUNNING")
        edit.clear()
        edit.says("Job JOB can't be stopped")
        edit.says("An earlier attempt submitted job JOB .* it is RUNNING. It is taken over")
        edit.emulator.force(job, "SUCCEEDED")
        edit.ends("success", 2)
        assert (edit.posts, edit.paid) == (1, 1)
        assert edit.landed() == [job]


def test_clear_while_the_job_runs_takes_it_over(trial: Trial) -> None:
    with trial.edit(held=True) as edit:
        job = waits_for_its_job(edit)
        edit.emulator.force(job, "RUNNING")
        edit.clear()
        edit.reaches("deferred", 2)
        edit.says(
            "An earlier attempt submitted job JOB .* it is RUNNING. It is taken over, nothing is submitted"
        )
        edit.emulator.force(job, "SUCCEEDED")
        edit.ends("success", 2)
        assert (edit.posts, edit.paid) == (1, 1)
        assert edit.landed() == [job]


def test_clear_after_success_submits_a_new_job(trial: Trial) -> None:
    with trial.edit() as edit:
        edit.ends("success", 1)
        edit.clear()
        edit.ends("success", 2)
        assert (edit.posts, edit.paid) == (2, 2)
        assert edit.landed() == sorted(job["task_id"] for job in edit.jobs)


def test_clear_after_a_worker_died_without_retries_takes_its_job_over(trial: Trial) -> None:
    with trial.edit("edit_without_retries", crash="before the deferral") as edit:
        edit.ends("failed", 1)
        edit.clear()
        edit.ends("success", 2)
        assert (edit.posts, edit.paid) == (1, 1)
        assert edit.landed() == [edit.jobs[0]["task_id"]]
        edit.says("An earlier attempt submitted job JOB .* It is taken over, nothing is submitted")


def test_marking_failed_cancels_a_queued_job(trial: Trial) -> None:
    with trial.edit(held=True) as edit:
        job = waits_for_its_job(edit)
        edit.mark("failed")
        edit.sees(lambda: edit.status(job) == "CANCELED")
        edit.says("[Jj]ob JOB .*cancel")
        assert (edit.posts, edit.paid, edit.state[0]) == (1, 0, "failed")


def test_marking_success_cancels_a_queued_job(trial: Trial) -> None:
    with trial.edit(held=True) as edit:
        job = waits_for_its_job(edit)
        edit.mark("success")
        edit.sees(lambda: edit.status(job) == "CANCELED")
        assert (edit.posts, edit.paid) == (1, 0)


def test_cancelling_that_takes_a_while_is_not_broken_off(trial: Trial) -> None:
    """Airflow's triggerer cancels a trigger once a second until it is over, `on_kill` or not."""
    with trial.edit(held=True) as edit:
        job = waits_for_its_job(edit)
        edit.emulator.faults.order("cancel", "status", status=429, code="Throttling.RateQuota", times=3)
        edit.mark("failed")
        edit.sees(lambda: edit.status(job) == "CANCELED")
        edit.says("[Jj]ob JOB .*cancel")
        assert (edit.posts, edit.paid, edit.state[0]) == (1, 0, "failed")


def test_marking_failed_says_that_a_running_job_will_be_billed(trial: Trial) -> None:
    with trial.edit(held=True) as edit:
        job = waits_for_its_job(edit)
        edit.emulator.force(job, "RUNNING")
        edit.mark("failed")
        edit.says("[Jj]ob JOB .*will be billed")
        assert edit.status(job) == "RUNNING"
        edit.emulator.force(job, "SUCCEEDED")
        assert (edit.posts, edit.paid) == (1, 1)


def test_marking_failed_leaves_the_job_alone_without_cancel_on_kill(trial: Trial) -> None:
    with trial.edit("edit_not_cancelling", held=True) as edit:
        job = waits_for_its_job(edit)
        edit.mark("failed")
        edit.says("invoking on_kill")
        edit.says("trigger completed")
        assert edit.status(job) == "PENDING"
        assert edit.emulator.requests.count("cancel") == 0
        edit.emulator.force(job, "CANCELED")


def test_marking_failed_cancels_the_queued_job_a_worker_waits_for(trial: Trial) -> None:
    with trial.edit("edit_on_worker", held=True) as edit:
        job = edit.has_job()
        edit.says("Job JOB is PENDING")
        edit.mark("failed")
        edit.sees(lambda: edit.status(job) == "CANCELED")
        assert (edit.posts, edit.paid, edit.state[0]) == (1, 0, "failed")
