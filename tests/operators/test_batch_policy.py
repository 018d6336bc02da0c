"""What a batch decides, as far as no service is needed for it."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any

import pytest

from airflow_provider_wan.dashscope.errors import (
    ContentRejectedError,
    ResultExpiredError,
    Retry,
    UnavailableError,
)
from airflow_provider_wan.dashscope.polling import End
from airflow_provider_wan.dashscope.results import TaskSnapshot, TaskStatus
from airflow_provider_wan.jobs import Job
from airflow_provider_wan.ledger import Entry, Step
from airflow_provider_wan.operators import batch_policy as policy
from airflow_provider_wan.operators.batch_policy import TAKEN_UP, Verdict
from airflow_provider_wan.triggers.batch_watch import (
    LAND_WITHIN,
    Board,
    Ended,
    OpenJob,
    Plan,
    Reason,
    low_water,
    slots_of,
)

VACE = "wan2.1-vace-plus"
JOB = Job("j", "r", VACE, "video_outpainting", "ap-southeast-1", submitted_at=1000.0, deadline=9000.0)
DAY = 24 * 3600.0


def test_records_are_found_whatever_the_order_and_alike_ones_are_numbered() -> None:
    assert policy.keys(["a", "b", "a"]) == ["wan_edit.a.0", "wan_edit.b.0", "wan_edit.a.1"]
    assert policy.keys(["a", "a", "a"]) == ["wan_edit.a.0", "wan_edit.a.1", "wan_edit.a.2"]
    assert set(policy.keys(["a", "a", "b"])) == set(policy.keys(["b", "a", "a"]))


@pytest.mark.parametrize(
    ("status", "facts", "verdict"),
    [
        (TaskStatus.SUCCEEDED, {}, Verdict.LAND),
        (TaskStatus.RUNNING, {}, Verdict.WAIT),
        (TaskStatus.PENDING, {"end": End.DEADLINE}, Verdict.FAILED),
        (TaskStatus.PENDING, {"end": TAKEN_UP}, Verdict.WAIT),
        # A failure of this attempt is told; one that an earlier attempt has told of is made good.
        (TaskStatus.FAILED, {}, Verdict.FAILED),
        (TaskStatus.FAILED, {"end": TAKEN_UP}, Verdict.AGAIN),
        (TaskStatus.FAILED, {"end": TAKEN_UP, "code": "DataInspectionFailed"}, Verdict.FAILED),
        (
            TaskStatus.FAILED,
            {"end": TAKEN_UP, "code": "DataInspectionFailed", "cleared": True},
            Verdict.AGAIN,
        ),
        (TaskStatus.CANCELED, {}, Verdict.FAILED),
        (TaskStatus.CANCELED, {"end": TAKEN_UP}, Verdict.AGAIN),
        (TaskStatus.CANCELED, {"taken_over": True}, Verdict.AGAIN),
        # The service may not know a job at once.
        (TaskStatus.UNKNOWN, {"end": TAKEN_UP}, Verdict.WAIT),
        (TaskStatus.UNKNOWN, {}, Verdict.FAILED),
        (TaskStatus.UNKNOWN, {"end": TAKEN_UP, "age": DAY + 2}, Verdict.FAILED),
        (TaskStatus.UNKNOWN, {"end": TAKEN_UP, "age": DAY + 2, "resubmit": True}, Verdict.AGAIN),
        (TaskStatus.UNKNOWN, {"end": TAKEN_UP, "age": DAY + 2, "cleared": True}, Verdict.AGAIN),
        (TaskStatus.UNKNOWN, {"end": TAKEN_UP, "age": DAY, "resubmit": True}, Verdict.WAIT),
        (TaskStatus.UNKNOWN, {"resubmit": True}, Verdict.FAILED),
        (TaskStatus.UNKNOWN, {"cleared": True}, Verdict.AGAIN),
        (TaskStatus.UNKNOWN, {"taken_over": True}, Verdict.AGAIN),
        (TaskStatus.FAILED, {"end": TAKEN_UP, "code": "a code of next year"}, Verdict.AGAIN),
        (
            TaskStatus.FAILED,
            {"end": TAKEN_UP, "code": "InvalidParameter.DataInspection", "message": "Unable to download"},
            Verdict.FAILED,
        ),
    ],
)
def test_what_a_look_means(status: TaskStatus, facts: dict[str, Any], verdict: Verdict) -> None:
    snapshot = TaskSnapshot(
        "j",
        status,
        code=facts.get("code", "InternalError") if status == "FAILED" else "",
        message=facts.get("message", ""),
    )
    decided = policy.judge(
        replace(JOB, taken_over=facts.get("taken_over", False)),
        snapshot,
        end=facts.get("end", End.ENDED),
        now=1000.0 + facts.get("age", 60.0),
        cleared=facts.get("cleared", False),
        resubmit_expired=facts.get("resubmit", False),
    )
    assert decided is verdict


@pytest.mark.parametrize(
    ("written_in", "began", "step"), [(1, 1, Step.COLLECT), (2, 1, Step.COLLECT), (1, 2, Step.SUBMIT)]
)
def test_what_is_done_counts_for_its_round_whoever_clears(written_in: int, began: int, step: Step) -> None:
    entry = Entry("f", written_in, 0.0, JOB, done=True)
    assert policy.first_step(entry, fingerprint="f", generation=3, began=began) is step


@pytest.mark.parametrize(
    ("entry", "generation", "step"),
    [
        (None, 3, Step.SUBMIT),
        (Entry("f", 3, 0.0), 3, Step.ASK),
        (Entry("f", 2, 0.0, asked=True), 3, Step.SUBMIT),
        (Entry("f", 3, 0.0, asked=True), 3, Step.ASK),
        (Entry("f", 2, 0.0, JOB), 3, Step.ATTACH),
        (Entry("another", 3, 0.0, JOB), 3, Step.SUBMIT),
    ],
)
def test_what_is_not_done_begins_as_a_single_edit_does(
    entry: Entry | None, generation: int, step: Step
) -> None:
    assert policy.first_step(entry, fingerprint="f", generation=generation, began=1) is step


def test_a_batch_leaves_a_quarter_of_the_room_but_keeps_the_slots_busy() -> None:
    assert policy.may_submit(0, 2, 450.0, 3600, let_in=False) == 12  # of 16
    assert policy.may_submit(14, 2, 450.0, 3600, let_in=False) == 0
    assert policy.may_submit(14, 2, 450.0, 3600, let_in=True) == 1
    assert policy.may_submit(0, 2, 450.0, 1, let_in=False) == 2
    assert policy.may_submit(10_000, 2, 450.0, None, let_in=False) is None


def failure(retry: Retry) -> dict[str, Any]:
    return {"index": 0, "error": "x", "code": "c", "retry": str(retry), "task_id": None}


@pytest.mark.parametrize(
    ("retries", "fail_fast", "retry"),
    [
        ([Retry.NEVER, Retry.NEW_JOB], False, Retry.NEW_JOB),
        ([Retry.NEVER], False, Retry.NEVER),
        ([Retry.NEVER, Retry.NEW_JOB], True, Retry.NEVER),  # the retry would stop at the first one, too
        ([Retry.LATER, Retry.NEW_JOB], True, Retry.NEW_JOB),
        ([Retry.ACT, Retry.NEW_JOB], False, Retry.ACT),
    ],
)
def test_a_retry_is_worth_it_where_it_gets_further(
    retries: list[Retry], fail_fast: bool, retry: Retry
) -> None:
    assert policy.retry_of([failure(one) for one in retries], fail_fast=fail_fast) is retry


PAID: list[dict[str, Any]] = [
    {"index": 0, "cost": {"amount": "3.50", "currency": "CNY"}},
    {"index": 1, "cost": {"amount": "0.10", "currency": "USD"}},
    {"index": 2, "cost": {"amount": "0.25", "currency": "CNY"}},
    {"index": 3, "cost": None},
]


@pytest.mark.parametrize(
    ("entries", "cost"),
    [
        ([], "nothing"),
        ([failure(Retry.NEVER)], "nothing"),
        (PAID[:1], "3.50 CNY"),
        (PAID, "3.75 CNY + 0.10 USD and 1 of unknown price"),
        ([failure(Retry.NEVER), *PAID[3:], *PAID[3:]], "nothing and 2 of unknown price"),
    ],
)
def test_cost_adds_up_by_currency_and_owns_up_to_what_is_not_known(
    entries: list[dict[str, Any]], cost: str
) -> None:
    assert policy.cost(entries) == cost
    assert policy.progress(9, entries, open_jobs=2, waiting=1).endswith(f", cost so far {cost}")


def test_progress_is_told_in_one_line() -> None:
    entries = [*PAID[:3], failure(Retry.NEVER)]
    assert policy.progress(9, entries, open_jobs=4, waiting=1) == (
        "3 of 9 done, 4 open, 1 failed, 1 to be submitted, cost so far 3.75 CNY + 0.10 USD"
    )


def test_failure_stands_in_the_place_of_a_result() -> None:
    rejected = ContentRejectedError("No.", code="DataInspectionFailed", task_id="j")
    assert policy.failure(2, "video_edit", rejected, task_id="j", status="FAILED") == {
        "index": 2,
        "function": "video_edit",
        "status": "FAILED",
        "error": str(rejected),
        "code": "DataInspectionFailed",
        "task_id": "j",
        "retry": "never",
    }
    refused = policy.failure(0, "", UnavailableError("Closed.", http_status=503))
    assert (refused["code"], refused["status"], refused["task_id"]) == ("UnavailableError", None, None)
    assert refused["retry"] == "later"
    gone = ResultExpiredError("is gone.", task_id="j")
    assert policy.failure(0, "", gone, task_id="j")["code"] == "ResultExpiredError"


WORSE = failure(Retry.NEVER) | {"index": 7, "code": "Bad", "error": "It won't do."}


@pytest.mark.parametrize(
    ("entries", "facts", "message", "retry"),
    [
        (
            [*PAID[:2], failure(Retry.NEW_JOB)],
            {},
            "1 of 3 edits failed, 2 are done (cost 3.50 CNY + 0.10 USD). A retry gives the results of what is done "
            "without paying again, and submits only what failed and may be retried, and what was not submitted."
            "\n  [0] c: x",
            Retry.NEW_JOB,
        ),
        (
            [WORSE, failure(Retry.NEW_JOB)],
            {"total": 4, "fail_fast": True},
            "2 of 4 edits failed, 0 are done (cost nothing), 2 were not submitted. It is not retried. After a clear, "
            "what is done is not paid for again.\n  [7] Bad: It won't do.\n  [0] c: x",
            Retry.NEVER,
        ),
        (
            [WORSE, failure(Retry.NEW_JOB)],
            {"remembers": False},
            "2 of 2 edits failed, 0 are done (cost nothing).\n  [7] Bad: It won't do.\n  [0] c: x",
            Retry.NEW_JOB,
        ),
    ],
)
def test_summary_says_what_there_is_and_what_a_retry_does(
    entries: list[dict[str, Any]], facts: dict[str, Any], message: str, retry: Retry
) -> None:
    usual: dict[str, Any] = {"total": len(entries), "fail_fast": False, "remembers": True}
    error = policy.batch_failed(entries, **usual | facts)
    assert (str(error), error.retry) == (message, retry)
    assert error.failures == tuple(entry for entry in entries if policy.failed(entry))


def test_summary_of_twenty_failures_tells_them_all() -> None:
    many = [failure(Retry.NEW_JOB) | {"index": number} for number in range(20)]
    text = str(policy.batch_failed(many, total=20, fail_fast=False, remembers=True))
    assert text.count("\n") == 20
    assert "more" not in text


def test_summary_tells_twenty_failures_and_counts_the_rest() -> None:
    error = policy.batch_failed(
        [failure(Retry.NEW_JOB) | {"index": number} for number in range(25)],
        total=30,
        fail_fast=False,
        remembers=True,
    )
    assert "25 of 30 edits failed, 0 are done (cost nothing), 5 were not submitted. A retry gives" in str(
        error
    )
    assert "[19] c: x" in str(error)
    assert "[20]" not in str(error)
    assert "and 5 more" in str(error)


# -- when a worker is started ------------------------------------------------------------------------------


def plan(jobs: int, **more: Any) -> Plan:
    return Plan(tuple(OpenJob(f"j{n}", VACE, "video_outpainting", 0.0, 9000.0) for n in range(jobs)), **more)


def board(of: Plan, *, ended: int = 0, running: int = 0, status: TaskStatus = TaskStatus.SUCCEEDED) -> Board:
    names = [job.task_id for job in of.jobs]
    return Board(
        of,
        seen=dict.fromkeys(names[ended : ended + running], TaskStatus.RUNNING),
        ended={name: Ended(End.ENDED, status, 100.0) for name in names[:ended]},
    )


def test_no_worker_is_started_for_a_few_results_that_can_wait() -> None:
    seen = board(plan(5), ended=4)
    assert seen.reason(101.0) is None
    assert seen.reason(100.0 + LAND_WITHIN) is Reason.LANDING
    assert board(plan(5, land_within=None), ended=4).reason(1e9) is None


def test_a_worker_is_started_when_all_have_ended_or_waiting_is_useless() -> None:
    assert board(plan(5), ended=5).reason(101.0) is Reason.ALL_ENDED
    failed = board(plan(5), ended=1, status=TaskStatus.FAILED)
    assert failed.reason(101.0) is None
    assert board(plan(5, fail_fast=True), ended=1, status=TaskStatus.FAILED).reason(101.0) is Reason.FAILURE
    refused = Board(plan(5), ended={"j0": Ended(End.REFUSED, None, 100.0)})
    assert refused.reason(101.0) is Reason.REFUSED


@pytest.mark.parametrize(
    ("jobs", "running", "facts", "wants"),
    [
        (8, 2, {}, False),  # six of ours are queued for two slots
        (4, 2, {}, True),
        (4, 2, {"waiting": {}}, False),
        (4, 2, {"concurrency": 4}, False),
        (3, 2, {"concurrency": 4}, True),
        (0, 0, {}, True),
    ],
)
def test_room_is_looked_for_before_our_queue_runs_dry(
    jobs: int, running: int, facts: dict[str, Any], wants: bool
) -> None:
    seen = board(plan(jobs, **{"waiting": {VACE: 9}} | facts), running=running)
    assert seen.wants_room() == ([VACE] if wants else [])


def test_low_water_follows_the_slots_and_the_limit() -> None:
    assert slots_of(VACE) == 2
    assert slots_of("a model of next year") == 2
    assert [low_water(2, limit) for limit in (None, 1, 2, 4, 40)] == [2, 0, 0, 1, 2]


def test_plan_survives_airflows_database_and_a_rolling_upgrade() -> None:
    one = plan(2, waiting={VACE: 9}, longest=3600.0, fail_fast=True)
    stored = json.loads(json.dumps(one.as_dict() | {"of a later version": 1}))
    stored["jobs"][0]["of a later version"] = 1
    assert Plan.from_dict(stored) == one


@pytest.mark.parametrize("lands", [True, False])
def test_two_hundred_edits_take_few_workers_and_no_slot_stands_empty_meanwhile(lands: bool) -> None:
    """Played through in no time: two slots, 5 to 10 minutes each, a worker there after half a minute."""
    starts, idle, longest_queued = _night(200, start_takes=30.0, land_within=LAND_WITHIN if lands else None)
    assert starts <= (60 if lands else 25)
    assert idle == 0.0
    assert longest_queued <= 3600


def _night(edits: int, *, start_takes: float, land_within: float | None) -> tuple[int, float, float]:
    """Return the workers started, the time that slots stood empty while edits waited, and the longest time queued."""
    chance = random.Random(7)
    now, starts, idle, longest = 0.0, 0, 0.0, 0.0
    free, queue, running, done = 2, list[OpenJob](), dict[OpenJob, float](), set[str]()
    submitted, landed = 0, 0
    while landed < edits:
        # A worker: it lands what has ended and submits what there is room for.
        starts += 1
        landed = len(done)
        room_left = policy.may_submit(len(queue), 2, 450.0, 3600.0, let_in=True) or 0
        for _ in range(min(room_left, edits - submitted)):
            submitted += 1
            queue.append(OpenJob(f"j{submitted}", VACE, "video_outpainting", now, 1e9))
        here = (*queue, *running)
        watched = Plan(here, waiting={VACE: edits - submitted}, land_within=land_within)
        seen, due = Board(watched), None
        while here and (due is None or now < due):
            while free and queue:
                free -= 1
                started = queue.pop(0)
                longest = max(longest, now - started.submitted_at)
                running[started] = now + chance.uniform(300, 600)
            seen.seen = dict.fromkeys((job.task_id for job in running), TaskStatus.RUNNING)
            if due is None and (seen.reason(now) or seen.wants_room()):
                due = now + start_takes
            moments = [*running.values(), *(one for one in (due, seen.landing_due()) if one and one > now)]
            if not moments:
                break
            later = min(moments)
            idle += free * (later - now) if submitted < edits else 0.0
            now = later
            for job in [job for job, end in running.items() if end <= now]:
                del running[job]
                free += 1
                done.add(job.task_id)
                seen.ended[job.task_id] = Ended(End.ENDED, TaskStatus.SUCCEEDED, now)
    return starts, idle, longest
