"""How far an edit is, from what it has left."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from airflow_provider_wan.ui import phases
from airflow_provider_wan.ui.instance import Instance, Place
from tests.ui.laid import JOB, NOW, ago, edited, failure, progress, request, result

PLACE = Place("d", "r", "edit")


def made(
    state: str | None, operator: str = "WanVideoRepaintingOperator", attempt: int = 1, **values: Any
) -> Instance:
    return Instance(PLACE, state, attempt, operator, begun=NOW - timedelta(seconds=210), values=values)


@pytest.mark.parametrize(
    ("state", "values", "phase"),
    [
        (None, {}, "not_started"),
        ("scheduled", {}, "not_started"),
        ("running", {}, "not_started"),
        ("running", {"wan_request": request()}, "not_started"),
        ("skipped", {}, "not_started"),
        ("upstream_failed", {}, "not_started"),
        ("deferred", {"wan_progress": progress("ROOM", task_id=None)}, "waiting_for_room"),
        ("deferred", {"wan_task_id": JOB}, "queued"),
        ("deferred", {"wan_progress": progress("PENDING")}, "queued"),
        ("deferred", {"wan_progress": progress("RUNNING")}, "running"),
        ("queued", {"wan_request": request(), "wan_progress": progress("RUNNING")}, "running"),
        ("running", {"wan_progress": progress("SUCCEEDED")}, "landing"),
        ("running", {"wan_progress": progress("LANDED")}, "landing"),
        ("running", {"wan_progress": progress("FAILED")}, "running"),
        ("running", {"wan_progress": "garbage"}, "not_started"),
        ("success", edited("s3://b/a.mp4"), "succeeded"),
        ("success", {"return_value": result()}, "succeeded"),
        ("success", {"return_value": result(expires_at=ago(1))}, "expired"),
        ("success", {"return_value": result(expires_at=ago(1), output_path="s3://b/a.mp4")}, "succeeded"),
        ("success", {"return_value": "elsewhere, in a store of the deployment's own"}, "succeeded"),
        ("failed", {"wan_failure": failure()}, "failed"),
        ("failed", {}, "failed"),
        ("up_for_retry", {"wan_failure": failure()}, "failed"),
        ("failed", {"wan_progress": progress("CANCELED")}, "canceled"),
        ("failed", {"wan_failure": failure(error="TaskCanceledError", code=None)}, "canceled"),
    ],
)
def test_a_phase_follows_from_records_and_state(
    state: str | None, values: dict[str, Any], phase: str
) -> None:
    assert phases.phase_of(made(state, **values), NOW) == phase


@pytest.mark.parametrize("left", [edited("s3://b/a.mp4"), {"wan_failure": failure()}])
def test_what_an_earlier_attempt_left_says_nothing_of_the_next(left: dict[str, Any]) -> None:
    assert phases.phase_of(made("queued", **left), NOW) == "not_started"
    outdated = made("queued", attempt=2, wan_request=request(), wan_progress=progress("RUNNING"))
    assert phases.phase_of(outdated, NOW) == "not_started"
    waiting = phases.waiting(outdated, "not_started", NOW)
    assert waiting is not None
    assert (waiting["status"], waiting["since"], waiting["deadline"]) == ("queued", None, None)


def test_a_result_expires_at_its_very_moment() -> None:
    at = result(expires_at=NOW.isoformat())
    assert phases.expired(at, NOW)
    assert not phases.expired(at, NOW - timedelta(microseconds=1))
    assert not phases.expired({}, NOW)
    assert not phases.expired(result(expires_at="soon"), NOW)


@pytest.mark.parametrize(
    ("phase", "since"),
    [("waiting_for_room", 30.0), ("queued", 200.0), ("running", 60.0), ("landing", 60.0)],
)
def test_a_wait_began_when_its_phase_did(phase: phases.Phase, since: float) -> None:
    waits = made("deferred", wan_progress=progress("X", since=ago(30), queue={"pending": 3, "running": 2}))
    waiting = phases.waiting(waits, phase, NOW)
    assert waiting is not None
    assert waiting["age_seconds"] == since
    assert waiting["queue"] == {"pending": 3, "running": 2}


def test_who_is_done_waits_for_nothing() -> None:
    assert phases.waiting(made("success", **edited("s3://b/a")), "succeeded", NOW) is None
    assert phases.waiting(made("skipped"), "not_started", NOW) is None


def test_the_timeline_has_what_is_known_in_order() -> None:
    stages = phases.timeline(made("success", **edited("s3://b/a.mp4")))
    assert [(one["name"], one["seconds"]) for one in stages] == [
        ("submitted", None),
        ("running", 50.0),
        ("ended", 80.0),
        ("landed", 10.0),
    ]
    assert [one["name"] for one in phases.timeline(made("deferred", wan_progress=progress("PENDING")))] == [
        "submitted"
    ]
    failed = made("failed", wan_progress=progress("PENDING"), wan_failure=failure())
    assert [(one["name"], one["seconds"]) for one in phases.timeline(failed)] == [
        ("submitted", None),
        ("ended", 150.0),
    ]
    assert phases.timeline(made("running", wan_progress={"at": 5, "status": []})) == []


def test_clocks_that_differ_make_no_stage_shorter_than_nothing() -> None:
    records = edited("s3://b/a.mp4") | {"wan_progress": progress("LANDED", at=ago(300))}
    assert phases.timeline(made("success", **records))[-1]["seconds"] == 0.0


def test_an_edit_lasts_from_its_submission_to_its_end_or_till_now() -> None:
    assert phases.lasted(made("success", **edited("s3://b/a.mp4")), NOW) == 140.0
    assert phases.lasted(made("deferred", wan_progress=progress("PENDING")), NOW) == 200.0
    assert phases.lasted(made("running"), NOW) == 210.0


@pytest.mark.parametrize(
    ("state", "rank"),
    [
        ("failed", 0),
        ("up_for_retry", 0),
        (None, 1),
        ("deferred", 1),
        ("running", 1),
        ("success", 2),
        ("skipped", 2),
    ],
)
def test_failures_come_first_then_what_is_waited_for(state: str | None, rank: int) -> None:
    assert phases.rank(state) == rank


def test_it_is_looked_at_again_as_long_as_something_may_change() -> None:
    assert phases.refresh("success", "succeeded") is None
    assert phases.refresh("failed", "failed") is None
    assert phases.refresh("deferred", "running") == 5
    assert phases.refresh("up_for_retry", "failed") == 10
    assert phases.refresh(None, "not_started") == 10
