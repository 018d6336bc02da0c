"""What clearing, failing and marking a task does to the job it waits for."""

from __future__ import annotations

import pytest

from demo.clock import ticks
from tests.system.edits import Edit, Trial

pytestmark = [pytest.mark.at_once, pytest.mark.timeout(330), pytest.mark.usefixtures("airflow")]


def waits_for_its_job(edit: Edit, attempt: int = 1) -> str:
    """Wait until a trigger watches the job."""
    job = edit.has_job()
    edit.reaches("deferred", attempt)
    assert any(edit.waits_in() is not None for _ in ticks(30, every=0.1)), edit.log()
    return job


def status(edit: Edit, job: str) -> str:
    return str(next(one["status"] for one in edit.jobs if one["task_id"] == job))


def test_clear_while_the_job_is_queued_pays_once(trial: Trial) -> None:
    with trial.edit(held=True) as edit:
        waits_for_its_job(edit)
        edit.says("Job JOB is PENDING")
        edit.clear()
        edit.reaches("deferred", 2)
        # The old trigger's cancel and the new attempt race. Let both come before any job goes on.
        for _ in ticks(10, every=0.2):
            if any(job["status"] == "CANCELED" for job in edit.jobs):
                break
        for _ in ticks(60, every=0.5):
            for job in edit.jobs:
                if job["status"] == "PENDING":
                    edit.emulator.force(job["task_id"], "SUCCEEDED")
            if edit.state[0] == "success":
                break
        edit.ends("success", 2)
        assert edit.paid == 1
        assert edit.landed() == [charge.task_id for charge in edit.emulator.ledger()]


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
        assert any(status(edit, job) == "CANCELED" for _ in ticks(30, every=0.2)), edit.log()
        edit.says("[Jj]ob JOB .*cancel")
        assert (edit.posts, edit.paid, edit.state[0]) == (1, 0, "failed")


def test_marking_success_cancels_a_queued_job(trial: Trial) -> None:
    with trial.edit(held=True) as edit:
        job = waits_for_its_job(edit)
        edit.mark("success")
        assert any(status(edit, job) == "CANCELED" for _ in ticks(30, every=0.2)), edit.log()
        assert (edit.posts, edit.paid) == (1, 0)


def test_marking_failed_says_that_a_running_job_will_be_billed(trial: Trial) -> None:
    with trial.edit(held=True) as edit:
        job = waits_for_its_job(edit)
        edit.emulator.force(job, "RUNNING")
        edit.mark("failed")
        edit.says("[Jj]ob JOB .*will be billed", limit=30)
        assert status(edit, job) == "RUNNING"
        edit.emulator.force(job, "SUCCEEDED")
        assert (edit.posts, edit.paid) == (1, 1)


def test_marking_failed_leaves_the_job_alone_without_cancel_on_kill(trial: Trial) -> None:
    with trial.edit("edit_not_cancelling", held=True) as edit:
        job = waits_for_its_job(edit)
        edit.mark("failed")
        assert any(edit.waits_in() is None for _ in ticks(20, every=0.1))
        edit.says("Trigger .*cancel", limit=20)  # Airflow's word on the trigger: by then on_kill has run
        assert status(edit, job) == "PENDING"
        assert edit.emulator.requests.count("cancel") == 0
        edit.emulator.force(job, "CANCELED")


def test_marking_failed_cancels_the_queued_job_a_worker_waits_for(trial: Trial) -> None:
    with trial.edit("edit_on_worker", held=True) as edit:
        job = edit.has_job()
        edit.says("Job JOB is PENDING", limit=60)
        edit.mark("failed")
        assert any(status(edit, job) == "CANCELED" for _ in ticks(40, every=0.2)), edit.log()
        assert (edit.posts, edit.paid, edit.state[0]) == (1, 0, "failed")
