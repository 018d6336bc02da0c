"""More edits than the account can run: they wait for room before anything is submitted."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException, TaskDeferred

from airflow_provider_wan import admission
from airflow_provider_wan.dashscope import resend, room
from airflow_provider_wan.dashscope.account import Account
from airflow_provider_wan.dashscope.client import DashScopeClient
from airflow_provider_wan.dashscope.errors import NoRoomError, ThrottledError
from airflow_provider_wan.ledger import Ledger
from airflow_provider_wan.operators import WanVideoSynthesisOperator
from airflow_provider_wan.triggers import WanRoomTrigger, WanTaskTrigger
from tests.conftest import context, first_event
from tests.operators.cases import (
    KEY_OF_CASE,
    Case,
    dying,
    emulated,
    look_early,
    made_anew,
    wait_until,
)
from tests.versions import needs_on_kill

VACE = "wan2.1-vace-plus"
FULL = 16
"""So many may be queued for an hour: 2 run at a time, for 450 s each by the catalogue."""


class Crowd:
    """What other people have submitted with the same account."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._jobs: list[str] = []
        self._client = DashScopeClient(Account.of(api_key=KEY_OF_CASE, host=case.emulator.base_url))

    def grow(self, many: int) -> None:
        body = {
            "function": "video_outpainting",
            "prompt": "Others'",
            "video_url": "https://example.com/o.mp4",
        }
        for _ in range(many):
            submission = self._client.submit(
                "/services/aigc/video-generation/video-synthesis",
                {"model": VACE, "input": body, "parameters": {"left_scale": 1.5}},
            )
            self._jobs.append(submission.task_id)
        self._case.emulator.requests.clear()

    def leave(self, many: int) -> None:
        for _ in range(many):
            self._case.emulator.force(self._jobs.pop(), "CANCELED")


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Case]:
    """Jobs stay in the queue until they are forced out of it. Looks and pauses come in quick succession."""
    look_early(monkeypatch)
    monkeypatch.setattr(room, "LOOK_MIN", 0.1)
    monkeypatch.setattr(room, "LOOK_MAX", 0.2)
    monkeypatch.setattr(resend, "MAX_PAUSE", 0.01)
    monkeypatch.setattr(admission, "QUICK_PAUSE", 0.01)
    with emulated(tmp_path, monkeypatch, running_slots=0, submit_rps=1000) as case:
        case.arguments["deferrable"] = True
        yield case


@pytest.fixture
def crowd(case: Case) -> Crowd:
    return Crowd(case)


def begins(case: Case, **arguments: Any) -> Any:
    """Begin an attempt that is deferred; return the trigger as a triggerer would make it."""
    with pytest.raises(TaskDeferred) as deferred:
        case.operator(**arguments).execute(context(case.task_instance(), case.store))
    return made_anew(deferred.value.trigger)


def resumes(case: Case, event: dict[str, Any], **arguments: Any) -> Any:
    """Go on after an event, up to the next deferral; return its trigger."""
    with pytest.raises(TaskDeferred) as deferred:
        case.operator(**arguments).resume(context(case.task_instance(), case.store), event)
    return made_anew(deferred.value.trigger)


def fired(trigger: Any) -> dict[str, Any]:
    event: dict[str, Any] = asyncio.run(first_event(trigger))
    return event


def lands(case: Case, trigger: Any) -> None:
    """The job that is waited for ends well, and its result is landed."""
    assert isinstance(trigger, WanTaskTrigger)
    case.emulator.force(case.job, "SUCCEEDED")
    case.operator().resume(context(case.task_instance(), case.store), fired(trigger))
    assert [path.stem for path in case.landed] == [case.job]
    assert case.paid == 1


def lists(case: Case) -> int:
    return case.emulator.requests.count("list")


# -- on the worker, before the submission ------------------------------------------------------------------


def test_edit_is_submitted_at_once_where_there_is_room_at_the_cost_of_one_query(
    case: Case, crowd: Crowd
) -> None:
    crowd.grow(3)
    assert isinstance(begins(case), WanTaskTrigger)
    assert (case.submitted, lists(case)) == (1, 1)


def test_edit_waits_where_the_queue_is_too_long_and_says_why_and_for_how_long(
    case: Case, crowd: Crowd, capsys: pytest.CaptureFixture[str]
) -> None:
    crowd.grow(40)
    trigger = begins(case)
    assert isinstance(trigger, WanRoomTrigger)
    assert (case.submitted, case.record()) == (0, None)
    said = capsys.readouterr().out
    assert "nothing is submitted yet. 40 jobs of wan2.1-vace-plus are queued in this account" in said
    assert (
        "which runs 2 at a time for about 8 min each: one submitted now would start in about 2 h 34 min"
        in said
    )
    assert "max_queue_wait is 1 h. Room is expected in about 1 h 34 min." in said


def test_what_airflow_stores_of_a_wait_for_room_is_ids_and_numbers(case: Case, crowd: Crowd) -> None:
    crowd.grow(FULL)
    trigger = begins(case, execution_timeout=timedelta(hours=5))
    kwargs = trigger.serialize()[1]
    assert all(value is None or isinstance(value, str | int | float) for value in kwargs.values())
    crowd.leave(FULL)
    stored = json.dumps([kwargs, fired(trigger)])
    for secret in (KEY_OF_CASE, "A wider stage", "example.com"):
        assert secret not in stored


def test_max_queue_wait_decides_what_is_too_long(case: Case, crowd: Crowd) -> None:
    crowd.grow(5)
    assert isinstance(begins(case, max_queue_wait=1200), WanRoomTrigger)
    assert case.submitted == 0
    assert isinstance(begins(case, max_queue_wait=timedelta(hours=1)), WanTaskTrigger)


def test_none_switches_admission_off_and_asks_nothing(case: Case, crowd: Crowd) -> None:
    crowd.grow(40)
    assert isinstance(begins(case, max_queue_wait=None), WanTaskTrigger)
    assert (case.submitted, lists(case)) == (1, 0)


def test_new_edit_leaves_the_last_places_to_those_who_wait(case: Case, crowd: Crowd) -> None:
    crowd.grow(FULL - 1)
    trigger = begins(case)
    assert isinstance(trigger, WanRoomTrigger)
    assert isinstance(resumes(case, fired(trigger)), WanTaskTrigger)
    assert case.submitted == 1


def test_jobs_that_prove_to_be_quick_make_room_for_more(case: Case, crowd: Crowd) -> None:
    crowd.grow(25)
    for task in case.emulator.tasks()[:5]:
        case.emulator.force(task["task_id"], "RUNNING")
    case.emulator.clock.advance(2)  # by then they have ended
    assert isinstance(begins(case), WanTaskTrigger)
    assert (case.submitted, lists(case)) == (1, 2)


@pytest.mark.parametrize(
    "trouble",
    [
        {"kind": "status", "status": 500},
        {"kind": "status", "status": 429},
        {"kind": "status", "status": 403},
        {"kind": "html", "status": 502},
        {"kind": "broken_json"},
        {"kind": "no_output"},
        {"kind": "drop"},
    ],
    ids=lambda trouble: " ".join(map(str, trouble.values())),
)
def test_queue_that_cannot_be_looked_at_stops_nothing(
    case: Case, crowd: Crowd, capsys: pytest.CaptureFixture[str], trouble: dict[str, Any]
) -> None:
    crowd.grow(40)
    case.emulator.faults.order("list", **trouble, times=None)
    assert isinstance(begins(case), WanTaskTrigger)
    assert case.submitted == 1
    assert "The account's queue can't be looked at, so the edit is submitted" in capsys.readouterr().out


def test_wrong_key_fails_as_it_would_at_the_submission(case: Case) -> None:
    case.emulator.faults.order("list", "status", status=401)
    with pytest.raises(AirflowFailException, match="Check the connection"):
        case.operator().execute(context(case.task_instance(), case.store))
    assert case.submitted == 0


def test_model_of_the_future_is_submitted_without_a_look_at_the_queue(case: Case) -> None:
    operator = WanVideoSynthesisOperator(task_id="new", model="wan9-video", input={"prompt": "A"})
    with pytest.raises(AirflowFailException, match="Model not exist"):
        operator.execute(context(case.task_instance(), case.store))
    assert (case.submitted, lists(case)) == (1, 0)


# -- in the triggerer, and back ----------------------------------------------------------------------------


def test_edit_that_waited_submits_once_and_lands(
    case: Case, crowd: Crowd, capsys: pytest.CaptureFixture[str]
) -> None:
    crowd.grow(FULL)
    trigger = begins(case)
    crowd.leave(1)
    event = fired(trigger)
    assert (event["kind"], event["end"]) == ("room", "room")
    assert "There is room after" in capsys.readouterr().out
    trigger = resumes(case, event)
    assert case.submitted == 1
    lands(case, trigger)


def test_wait_in_the_triggerer_says_what_it_waits_for(
    case: Case, crowd: Crowd, capsys: pytest.CaptureFixture[str]
) -> None:
    crowd.grow(FULL + 4)
    trigger = begins(case)
    capsys.readouterr()

    async def until_looked_at() -> None:
        waiting = asyncio.ensure_future(anext(trigger.run()))
        await asyncio.to_thread(wait_until, lambda: lists(case) >= 6)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)

    asyncio.run(until_looked_at())
    said = capsys.readouterr().out
    assert said.count("Waiting for room. 20 jobs of wan2.1-vace-plus are queued in this account") == 1
    assert "0 wait before this one; room is expected in about 19 min." in said


def test_resumed_edit_does_not_bounce_because_those_let_in_beside_it_were_faster(
    case: Case, crowd: Crowd
) -> None:
    crowd.grow(FULL)
    trigger = begins(case)
    crowd.leave(1)
    event = fired(trigger)
    crowd.grow(3)
    assert isinstance(resumes(case, event), WanTaskTrigger)


def test_edit_whose_room_is_gone_waits_again_and_keeps_its_place(case: Case, crowd: Crowd) -> None:
    crowd.grow(FULL)
    first = begins(case)
    crowd.leave(1)
    event = fired(first)
    crowd.grow(20)
    second = resumes(case, event)
    assert isinstance(second, WanRoomTrigger)
    assert second.waiting_since == first.waiting_since
    assert case.submitted == 0


def test_event_does_not_come_before_airflow_knows_that_the_task_waits(case: Case, crowd: Crowd) -> None:
    """As for the wait for a job: Airflow 3.3 fails a task that resumes before that."""
    crowd.grow(FULL)
    trigger = begins(case)
    crowd.leave(FULL)
    fired(trigger)
    assert time.time() >= trigger.not_before > trigger.waiting_since + 1


def test_execution_timeout_bounds_the_wait_for_room(case: Case, crowd: Crowd) -> None:
    crowd.grow(FULL)
    limit = {"execution_timeout": timedelta(seconds=1)}
    event = fired(begins(case, **limit))
    assert event["end"] == "deadline"
    with pytest.raises(
        NoRoomError, match=r"had no room.*Nothing was submitted or billed\. A retry waits again"
    ):
        case.operator(**limit).resume(context(case.task_instance(), case.store), event)
    assert (case.submitted, case.record()) == (0, None)


def test_wrong_key_ends_the_wait_and_fails_the_task(case: Case, crowd: Crowd) -> None:
    crowd.grow(FULL)
    trigger = begins(case)
    case.emulator.faults.order("list", "status", status=401, times=None)
    event = fired(trigger)
    assert event["end"] == "refused"
    with pytest.raises(AirflowFailException, match="Check the connection"):
        case.operator().resume(context(case.task_instance(), case.store), event)
    assert case.submitted == 0


def test_wait_goes_on_in_another_triggerer(case: Case, crowd: Crowd) -> None:
    crowd.grow(FULL)
    first = begins(case)

    async def ended_while_it_waits() -> None:
        waiting = asyncio.ensure_future(anext(first.run()))
        await asyncio.to_thread(wait_until, lambda: lists(case) >= 3)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(ended_while_it_waits())
    crowd.leave(1)
    second = made_anew(first)
    assert second.serialize() == first.serialize()
    assert isinstance(resumes(case, fired(second)), WanTaskTrigger)
    assert case.submitted == 1


# -- someone, or something, intervenes ---------------------------------------------------------------------


@needs_on_kill
def test_clear_while_waiting_for_room_costs_nothing_and_cancels_nothing(case: Case, crowd: Crowd) -> None:
    crowd.grow(FULL)
    trigger = begins(case)
    case.clear()
    asyncio.run(trigger.on_kill())
    crowd.leave(FULL)
    again = begins(case)
    assert (case.submitted, case.emulator.requests.count("cancel")) == (1, 0)
    lands(case, again)


def test_worker_killed_after_its_edit_was_let_in_leaves_it_to_the_retry(
    case: Case, crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd.grow(FULL)
    trigger = begins(case)
    crowd.leave(FULL)
    event = fired(trigger)
    with dying(monkeypatch, Ledger, "intend"):
        case.operator().resume(context(case.task_instance(), case.store), event)
    again = begins(case)
    assert case.submitted == 1
    lands(case, again)


def test_question_what_an_earlier_submission_made_is_asked_before_the_wait_and_not_again(
    case: Case, crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    with dying(monkeypatch, DashScopeClient, "submit"):
        case.operator().execute(context(case.task_instance(), case.store))
    assert case.record()["job"] is None
    crowd.grow(FULL)
    trigger = begins(case, on_unknown_submit="resubmit")
    assert isinstance(trigger, WanRoomTrigger)
    assert case.record() is None
    crowd.leave(FULL)
    event = fired(trigger)
    before = lists(case)
    assert isinstance(resumes(case, event), WanTaskTrigger)
    assert (case.submitted, lists(case) - before) == (1, 1)


def test_job_that_a_clear_has_cancelled_is_replaced_after_the_wait_for_room(case: Case, crowd: Crowd) -> None:
    begins(case)
    old = case.job
    case.clear()
    waiting = begins(case)  # takes the job over
    case.emulator.force(old, "CANCELED")
    crowd.grow(FULL)
    trigger = resumes(case, fired(waiting))
    assert isinstance(trigger, WanRoomTrigger)
    crowd.leave(FULL)
    replaced = resumes(case, fired(trigger))
    assert (case.submitted, case.job == old) == (1, False)
    lands(case, replaced)


def test_event_of_another_s_job_is_not_taken_for_this_task_s_while_it_waits_for_room(
    case: Case, crowd: Crowd
) -> None:
    crowd.grow(FULL)
    begins(case)
    stranger = {
        "task_id": case.job,
        "request_id": "r",
        "model": VACE,
        "function": "video_outpainting",
        "region": "ap-southeast-1",
        "submitted_at": time.time(),
        "deadline": time.time() + 3600,
        "end": "ended",
    }
    assert isinstance(resumes(case, stranger), WanRoomTrigger)
    assert (case.submitted, case.record()) == (0, None)


# -- the service takes no more -----------------------------------------------------------------------------


def test_limit_of_calls_a_second_is_waited_out_with_a_look_at_the_queue_before_each_try(case: Case) -> None:
    case.emulator.faults.order("submit", "status", status=429, times=3)
    assert isinstance(begins(case), WanTaskTrigger)
    assert (case.submitted, len(case.emulator.tasks()), lists(case)) == (4, 1, 4)


def test_edit_that_was_refused_stays_out_if_the_queue_has_filled_up_meanwhile(
    case: Case, crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many edits may have seen the same room; the service takes two a second, and the rest shall look again."""
    case.emulator.faults.order("submit", "status", status=429)
    monkeypatch.setattr(admission, "QUICK_PAUSE", 3.0)
    with ThreadPoolExecutor(1) as pool:
        beginning = pool.submit(begins, case)
        wait_until(lambda: case.submitted == 1)
        crowd.grow(FULL)
        assert isinstance(beginning.result(), WanRoomTrigger)
    assert (case.submitted, case.record()) == (0, None)


def test_submission_refused_for_long_goes_back_to_wait_and_fails_nothing(
    case: Case, capsys: pytest.CaptureFixture[str]
) -> None:
    case.emulator.faults.order("submit", "status", status=429, times=admission.QUICK_TRIES)
    trigger = begins(case)
    assert isinstance(trigger, WanRoomTrigger)
    assert (case.submitted, case.emulator.tasks(), case.record()) == (admission.QUICK_TRIES, [], None)
    assert trigger.refusals == 1
    assert 25 < trigger.pause_until - time.time() <= admission.REFUSED_PAUSE
    assert (
        "The service takes no more jobs of wan2.1-vace-plus now, so none was made" in capsys.readouterr().out
    )


def test_refused_edit_submits_one_job_after_its_pause(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "REFUSED_PAUSE", 0.1)
    case.emulator.faults.order("submit", "status", status=429, times=2 * admission.QUICK_TRIES)
    first = begins(case)
    second = resumes(case, fired(first))
    assert isinstance(second, WanRoomTrigger)
    assert (second.refusals, second.waiting_since) == (2, first.waiting_since)
    waiting = resumes(case, fired(second))
    assert len(case.emulator.tasks()) == 1
    lands(case, waiting)


def test_pause_is_slept_out_before_the_line_is_joined(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "REFUSED_PAUSE", 6.0)
    case.emulator.faults.order("submit", "status", status=429, times=admission.QUICK_TRIES)
    trigger = begins(case)
    assert trigger.pause_until > trigger.not_before
    fired(trigger)
    assert time.time() >= trigger.pause_until


@pytest.mark.parametrize("deferrable", [True, False], ids=["deferred", "on the worker"])
def test_refusal_is_raised_where_admission_is_off(case: Case, deferrable: bool) -> None:
    case.emulator.faults.order("submit", "status", status=429, times=None)
    with pytest.raises(ThrottledError):
        case.operator(max_queue_wait=None, deferrable=deferrable).execute(
            context(case.task_instance(), case.store)
        )
    assert (case.submitted, case.record()) == (resend.THROTTLED_ATTEMPTS, None)


def test_wish_of_the_service_for_a_long_pause_is_granted() -> None:
    waiting = admission.Waiting(since=0.0)
    slept: list[float] = []
    one = admission.Admission(
        None,  # type: ignore[arg-type]  # it isn't called
        model=VACE,
        longest=3600.0,
        waiting=waiting,
        limit=None,
        alive=lambda: None,
        log=WanVideoSynthesisOperator(task_id="new", model="wan9-video", input={"prompt": "A"}).log,
        sleep=slept.append,
    )
    assert one.refused(ThrottledError("later", http_status=429, retry_after=900.0)) >= 900.0
    assert slept == []


# -- waiting on the worker ---------------------------------------------------------------------------------


def test_edit_waits_for_room_on_the_worker_and_submits_once(
    case: Case, crowd: Crowd, capsys: pytest.CaptureFixture[str]
) -> None:
    crowd.grow(FULL)
    with ThreadPoolExecutor(1) as pool:
        attempt = pool.submit(case.attempt, deferrable=False, timeout=20)
        wait_until(lambda: lists(case) >= 3)
        assert (case.submitted, case.record()) == (0, None)
        crowd.leave(1)
        wait_until(lambda: case.submitted == 1)
        wait_until(lambda: case.record() is not None and case.record()["job"] is not None)
        case.emulator.force(case.job, "SUCCEEDED")
        attempt.result()
    said = capsys.readouterr().out
    assert said.count("Waiting for room; nothing is submitted yet. 16 jobs") == 1
    assert "There is room after" in said
    assert (case.submitted, case.paid) == (1, 1)


def test_edit_that_waits_for_room_on_the_worker_can_be_killed_and_submits_nothing(
    case: Case, crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "LOOK_MIN", 60.0)
    monkeypatch.setattr(room, "LOOK_MAX", 60.0)
    crowd.grow(FULL)
    operator = case.operator(deferrable=False)
    with ThreadPoolExecutor(1) as pool:
        attempt = pool.submit(operator.execute, context(case.task_instance(), case.store))
        wait_until(lambda: lists(case) >= 1)
        operator.on_kill()
        killed = time.monotonic()
        with pytest.raises(AirflowException, match="ended from outside"):
            attempt.result()
    assert time.monotonic() - killed < 5
    assert (case.submitted, case.emulator.requests.count("cancel")) == (0, 0)


def test_execution_timeout_bounds_the_wait_for_room_on_the_worker(case: Case, crowd: Crowd) -> None:
    crowd.grow(FULL)
    with pytest.raises(NoRoomError, match="Nothing was submitted or billed"):
        case.attempt(deferrable=False, execution_timeout=timedelta(seconds=2))
    assert case.submitted == 0


def test_time_spent_waiting_for_room_on_the_worker_is_not_there_to_wait_for_the_job(
    case: Case, crowd: Crowd
) -> None:
    """Airflow ends the process when its time is up, so the job's deadline must lie before that."""
    begun = time.time()
    with ThreadPoolExecutor(1) as pool:
        crowd.grow(FULL)
        attempt = pool.submit(
            case.attempt, deferrable=False, timeout=3600, execution_timeout=timedelta(seconds=60)
        )
        wait_until(lambda: lists(case) >= 3)
        crowd.leave(1)
        wait_until(lambda: case.record() is not None and case.record()["job"] is not None)
        deadline = case.record()["job"]["deadline"]
        case.emulator.force(case.job, "SUCCEEDED")
        attempt.result()
    assert begun + 29 < deadline < begun + 30.5


def test_refusals_are_waited_out_on_the_worker(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "REFUSED_PAUSE", 0.1)
    case.emulator.faults.order("submit", "status", status=429, times=admission.QUICK_TRIES + 1)
    with ThreadPoolExecutor(1) as pool:
        attempt = pool.submit(case.attempt, deferrable=False, timeout=20)
        wait_until(lambda: case.record() is not None and case.record()["job"] is not None)
        case.emulator.force(case.job, "SUCCEEDED")
        attempt.result()
    assert (len(case.emulator.tasks()), case.paid) == (1, 1)
