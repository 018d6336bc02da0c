"""The life of jobs: slots, queue, ends, ceilings, cancelling."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from airflow_provider_wan.emulator import LogNormal, RegionSettings, RunningEmulator
from tests.emulator.api import EDIT, OUTPAINT, Api, error

Start = Callable[..., RunningEmulator]
NOT_CANCELLED = (
    400,
    "UnsupportedOperation",
    "Failed to cancel the task, please confirm if the task is in PENDING status.",
)


def _many(start: Start, **settings: object) -> tuple[RunningEmulator, Api]:
    emulator = start(submit_rps=10_000, query_qps=10_000, **settings)
    return emulator, Api(emulator.base_url, emulator.key)


def test_two_vace_jobs_run_at_once_and_the_third_waits_for_a_slot(start: Start) -> None:
    emulator, api = _many(start)
    jobs = [api.job() for _ in range(5)]
    assert [api.status(job) for job in jobs] == ["RUNNING", "RUNNING", "PENDING", "PENDING", "PENDING"]
    emulator.clock.advance(301)
    assert [api.status(job) for job in jobs] == ["SUCCEEDED", "SUCCEEDED", "RUNNING", "RUNNING", "PENDING"]


def test_waiting_job_starts_the_moment_a_slot_became_free_even_if_nobody_looked(start: Start) -> None:
    emulator, api = _many(start)
    jobs = [api.job() for _ in range(5)]
    emulator.clock.advance(2000)
    first, third, fifth = (api.output(jobs[number]) for number in (0, 2, 4))
    assert third["scheduled_time"] == first["end_time"]
    assert fifth["scheduled_time"] == third["end_time"]
    assert _seconds(first["scheduled_time"], fifth["end_time"]) == 900


def test_models_and_accounts_have_slots_of_their_own(start: Start) -> None:
    emulator = start(
        submit_rps=1000, regions=(RegionSettings(keys={"sk-a": "a", "sk-a2": "a", "sk-b": "b"}),)
    )
    a, a2, b = (Api(emulator.base_url, key) for key in ("sk-a", "sk-a2", "sk-b"))
    assert [a.status(a.job()) for _ in range(2)] == ["RUNNING", "RUNNING"]
    assert a2.status(a2.job()) == "PENDING"
    assert a.status(a.job(EDIT)) == "RUNNING"
    assert b.status(b.job()) == "RUNNING"


def test_full_queue_refuses_with_429(start: Start) -> None:
    _, api = _many(start, queue_limit=1)
    for _ in range(3):
        api.job()
    assert error(api.submit(OUTPAINT))[:2] == (429, "Throttling")


def test_job_that_waited_three_hours_fails(start: Start) -> None:
    emulator, api = _many(start, running_slots=0)
    job = api.job()
    emulator.clock.advance(3 * 3600 - 10)
    assert api.status(job) == "PENDING"
    emulator.clock.advance(11)
    output = api.output(job)
    assert (output["task_status"], output["code"]) == ("FAILED", "InternalError.Timeout")
    assert emulator.ledger() == []


def test_job_that_would_end_after_three_hours_fails_at_three_hours(start: Start) -> None:
    emulator, api = _many(start, running_slots=1, run_seconds=(6000.0, 6000.0), failed_with_times=True)
    first, second = api.job(), api.job()
    emulator.clock.advance(4 * 3600)
    assert api.status(first) == "SUCCEEDED"
    output = api.output(second)
    assert output["code"] == "InternalError.Timeout"
    assert _seconds(output["submit_time"], output["end_time"]) == 3 * 3600


def test_run_times_are_usual_for_the_model_and_the_same_for_the_same_seed(start: Start) -> None:
    def run_times(seed: int) -> list[float]:
        emulator, api = _many(start, run_seconds=None, seed=seed)
        for _ in range(3):
            api.job()
        api.job(EDIT)
        return [task["run_seconds"] for task in emulator.tasks()]

    times = run_times(1)
    assert times == run_times(1)
    assert times != run_times(2)
    assert all(300 <= seconds <= 600 for seconds in times[:3])
    assert 60 <= times[3] <= 300


def test_log_normal_run_times_scatter_around_their_median(start: Start) -> None:
    emulator, api = _many(start, run_seconds=LogNormal(median=180, sigma=0.5), queue_limit=10_000)
    for _ in range(400):
        api.job()
    times = sorted(task["run_seconds"] for task in emulator.tasks())
    assert 165 < times[200] < 195
    # A tenth of a log-normal's values lies below, and a tenth above, the median by a factor of e^(1.28 sigma).
    assert 80 < times[40] < 112
    assert 290 < times[360] < 405


@pytest.mark.parametrize("wrong", [{"median": 0.0, "sigma": 0.5}, {"median": 180.0, "sigma": -1.0}])
def test_impossible_run_times_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="median"):
        LogNormal(**wrong)


def test_speed_makes_minutes_seconds(start: Start) -> None:
    emulator = start(speed=3000, query_qps=10_000)
    api = Api(emulator.base_url, emulator.key)
    job = api.job()
    seen = {api.status(job)}
    while "SUCCEEDED" not in seen:
        seen.add(api.status(job))
    assert seen == {"RUNNING", "SUCCEEDED"}
    output = api.output(job)
    assert _seconds(output["scheduled_time"], output["end_time"]) == 300


def test_only_a_waiting_job_can_be_cancelled(start: Start) -> None:
    emulator, api = _many(start, running_slots=1)
    running, waiting, last = api.job(), api.job(), api.job()
    assert error(api.cancel(running)) == NOT_CANCELLED
    answer = api.cancel(waiting)
    assert (answer.status_code, list(answer.json())) == (200, ["request_id"])
    assert api.status(waiting) == "CANCELED"
    assert error(api.cancel(waiting)) == NOT_CANCELLED
    assert error(api.cancel("no-such-job")) == NOT_CANCELLED
    emulator.clock.advance(301)
    assert api.status(last) == "RUNNING"
    assert error(api.cancel(running)) == NOT_CANCELLED
    assert [charge.task_id for charge in emulator.ledger()] == [running]


def test_prompt_markers_make_moderation_reject(start: Start) -> None:
    emulator, api = _many(start)
    body = {**OUTPAINT, "input": {**OUTPAINT["input"], "prompt": "[reject-input] x"}}  # type: ignore[dict-item]
    early = api.job(body)
    late = api.job({**body, "input": {**body["input"], "prompt": "x [reject-output]"}})  # type: ignore[dict-item]
    emulator.clock.advance(10)
    assert api.output(early)["message"] == "Input data may contain inappropriate content."
    assert api.status(late) == "RUNNING"
    emulator.clock.advance(300)
    output = api.output(late)
    assert (output["code"], output["message"]) == (
        "DataInspectionFailed",
        "Output data may contain inappropriate content.",
    )
    assert emulator.ledger() == []


def test_forced_states_for_tests_of_clients(start: Start) -> None:
    emulator, api = _many(start, running_slots=0)
    ready, failed, running, gone = (api.job() for _ in range(4))
    emulator.force(ready, "SUCCEEDED")
    emulator.force(failed, "FAILED", code="InternalError.Algo", message="no")
    emulator.force(running, "RUNNING")
    emulator.force(gone, "UNKNOWN")
    assert [api.status(job) for job in (ready, failed, running, gone)] == [
        "SUCCEEDED",
        "FAILED",
        "RUNNING",
        "UNKNOWN",
    ]
    assert api.output(failed)["code"] == "InternalError.Algo"
    assert len(emulator.ledger()) == 1


def _seconds(first: str, last: str) -> float:
    span = datetime.fromisoformat(last) - datetime.fromisoformat(first)
    return round(span.total_seconds(), 1)
