"""Parts of Airflow die, freeze or are redeployed while jobs are under way. One test at a time."""

from __future__ import annotations

import pytest

from demo.clock import pause
from tests.system.edits import Edit, Trial

OUTAGE = 10.0
"""Seconds for which the metadata database is locked."""


def waits_for_its_job(edit: Edit) -> str:
    job = edit.has_job()
    edit.reaches("deferred")
    edit.says("Job JOB is PENDING")
    return job


def moves_on(edit: Edit, before: int | None) -> None:
    """Wait until another triggerer has the job's wait."""
    edit.sees(lambda: edit.triggerer not in (None, before))


def lands_once(edit: Edit, job: str, attempt: int = 1) -> None:
    assert [one["status"] for one in edit.jobs] == ["PENDING"], edit.log()
    edit.emulator.force(job, "SUCCEEDED")
    edit.ends("success", attempt)
    assert (edit.posts, len(edit.jobs), edit.paid) == (1, 1, 1)
    assert edit.landed() == [job]


@pytest.mark.slow
def test_triggerer_killed_twice_goes_on_waiting(trial: Trial) -> None:
    with trial.edit(held=True) as edit:
        job = waits_for_its_job(edit)
        for _ in range(2):
            before = edit.triggerer
            trial.airflow.kill("triggerer")
            trial.airflow.begin("triggerer")
            moves_on(edit, before)
        lands_once(edit, job)


@pytest.mark.slow
def test_deadline_does_not_restart_with_the_triggerer(trial: Trial) -> None:
    with trial.edit("edit_with_deadline", held=True) as edit:
        job = waits_for_its_job(edit)
        before = edit.triggerer
        trial.airflow.kill("triggerer")
        trial.airflow.begin("triggerer")
        moves_on(edit, before)
        edit.sees(lambda: edit.status(job) == "CANCELED")
        ended = edit.jobs[0]["ended"] - edit.jobs[0]["submitted"]
        assert 40 <= ended < 55, edit.log()  # begun anew by the restart, it would be 57 or more
        edit.ends("failed", 1)
        edit.says("Job JOB was still queued after .* has been cancelled")
        assert (edit.paid, edit.landed()) == (0, [])


def test_triggerer_redeployed_cancels_nothing(trial: Trial) -> None:
    with trial.edit(held=True) as edit:
        job = waits_for_its_job(edit)
        before = edit.triggerer
        trial.airflow.end("triggerer")
        assert edit.emulator.requests.count("cancel") == 0
        trial.airflow.begin("triggerer")
        moves_on(edit, before)
        lands_once(edit, job)
        assert edit.emulator.requests.count("cancel") == 0


@pytest.mark.slow
def test_frozen_triggerer_that_comes_back_cancels_nothing(trial: Trial) -> None:
    with trial.edit(held=True) as edit:
        job = waits_for_its_job(edit)
        before = edit.triggerer
        trial.airflow.freeze("triggerer")
        trial.airflow.begin("triggerer", "second triggerer")
        moves_on(edit, before)
        trial.airflow.thaw("triggerer")
        edit.says("(?i)trigger.*cancel")  # Airflow calls on_kill for it, as for a user's action
        assert edit.emulator.requests.count("cancel") == 0
        trial.airflow.end("second triggerer")
        lands_once(edit, job)


def test_clear_whose_new_attempt_comes_before_the_cancel_pays_once(trial: Trial) -> None:
    with trial.edit(held=True) as edit:
        job = waits_for_its_job(edit)
        trial.airflow.freeze("triggerer")
        edit.clear()
        edit.reaches("deferred", 2)
        trial.airflow.thaw("triggerer")
        edit.says("invoking on_kill")
        edit.says(
            "An earlier attempt submitted job JOB .* it is PENDING. It is taken over, nothing is submitted"
        )
        lands_once(edit, job, attempt=2)


def test_scheduler_killed_while_a_job_waits_goes_on(trial: Trial) -> None:
    with trial.edit(held=True) as edit:
        job = waits_for_its_job(edit)
        trial.airflow.kill("scheduler")
        trial.airflow.begin("scheduler")
        lands_once(edit, job)


@pytest.mark.slow
def test_scheduler_and_worker_killed_while_the_worker_waits_reattaches(trial: Trial) -> None:
    with trial.edit("edit_on_worker", held=True) as edit:
        job = edit.has_job()
        edit.says("Job JOB is PENDING")
        trial.airflow.kill("scheduler")
        trial.airflow.begin("scheduler")
        edit.reaches("running", 2)
        edit.says("An earlier attempt submitted job JOB .* It is taken over, nothing is submitted")
        lands_once(edit, job, attempt=2)


def test_database_locked_while_a_job_is_submitted_pays_once(trial: Trial) -> None:
    slow = {"where": "submit", "kind": "slow", "delay": 2.0}
    with trial.edit(held=True, fault=slow) as edit:
        job = edit.has_job()
        with trial.airflow.database_locked():
            pause(OUTAGE)
        edit.sees(
            lambda: edit.state[0] == "deferred"
        )  # Airflow may have given the attempt up and begun a second
        lands_once(edit, job, attempt=edit.state[1])


@pytest.mark.slow
def test_database_locked_while_a_job_waits_goes_on(trial: Trial) -> None:
    with trial.edit(held=True) as edit:
        job = waits_for_its_job(edit)
        with trial.airflow.database_locked():
            edit.emulator.force(job, "RUNNING")
            pause(OUTAGE)
        edit.emulator.force(job, "SUCCEEDED")
        edit.ends("success", 1)
        assert (edit.posts, edit.paid) == (1, 1)
        assert edit.landed() == [job]


@pytest.mark.slow
def test_account_with_a_wrong_key_and_one_that_hangs_leave_a_third_alone(trial: Trial) -> None:
    trial.airflow.begin("triggerer", "second triggerer")
    with (
        trial.edit(held=True) as well,
        trial.edit(held=True, fault={"where": "get", "kind": "slow", "delay": 60.0, "times": 20}) as hanging,
        trial.edit(
            held=True, fault={"where": "get", "kind": "status", "status": 401, "times": 20}
        ) as refused,
    ):
        job, hung = waits_for_its_job(well), hanging.has_job()
        refused.ends("failed", 1)
        refused.says("Check the connection")
        assert hanging.state == ("deferred", 1)
        well.emulator.force(job, "SUCCEEDED")
        well.ends("success", 1)
        assert (well.posts, well.paid, well.landed()) == (1, 1, [job])
        assert hanging.emulator.requests.count("get") >= 1
        hanging.mark("failed")
        hanging.sees(lambda: hanging.status(hung) == "CANCELED")
    trial.airflow.end("second triggerer")
