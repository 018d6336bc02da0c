"""Every metric of the table arrives in a StatsD server, from the workers and the triggerer of a real Airflow."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from tests.sinks import agrees_with_the_table, documented, soon
from tests.system.edits import Edit, Trial

pytestmark = pytest.mark.at_once

CODE = "IPInfringementSuspect"
"""An error code that no other test orders."""


def waits_at_the_service(edit: Edit) -> str:
    job = edit.has_job()
    edit.reaches("deferred")
    edit.says("Job JOB is PENDING")
    return job


def test_all_metrics_arrive_from_edits_that_end_well_and_badly(trial: Trial) -> None:
    sink = trial.airflow.statsd
    busy = {"where": "get", "kind": "status", "status": 429}
    rejected = {"where": "submit", "kind": "fail", "code": CODE}
    with ExitStack() as edits:
        well = edits.enter_context(trial.edit(fault=busy))
        ill = edits.enter_context(trial.edit(fault=rejected))
        canceled = edits.enter_context(trial.edit("edit_without_retries", held=True))
        unknown = edits.enter_context(trial.edit("edit_without_retries", held=True))
        canceled.emulator.force(waits_at_the_service(canceled), "CANCELED")
        unknown.emulator.force(waits_at_the_service(unknown), "UNKNOWN")
        well.ends("success", 1)
        for edit in (ill, canceled, unknown):
            edit.ends("failed", 1)
        soon(lambda: {sample.name for sample in sink.samples()} == set(documented()))
        jobs = [job["task_id"] for edit in (well, ill, canceled) for job in edit.jobs]
    samples = sink.samples()
    agrees_with_the_table(samples)
    assert [one.value for one in samples if ("code", CODE) in one.tags] == [1]
    errors = {dict(one.tags)["error"] for one in samples if one.name == "wan.edits.failed"}
    assert errors >= {"ContentRejectedError", "TaskCanceledError", "TaskUnknownError"}
    said = "\n".join(sink.lines)
    assert not [secret for secret in (*jobs, "sk-", "Clay", "http") if secret in said]
