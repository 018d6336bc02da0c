"""What attempts spend: counted once per job, kept in small parts, and held against limits before more is spent."""

from __future__ import annotations

import json
import logging
import time
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_wan.costs.limits import spent_elsewhere
from airflow_provider_wan.costs.spent import CHUNK, OPEN, Spent, added, as_value, read_value, summary
from airflow_provider_wan.costs.spent import KEY as SPENT_KEY
from airflow_provider_wan.dashscope.account import Account
from airflow_provider_wan.dashscope.client import DashScopeClient
from airflow_provider_wan.dashscope.estimates import at_most
from airflow_provider_wan.dashscope.price_list import Money
from airflow_provider_wan.dashscope.requests import Animate, VideoEdit, VideoRepainting, WanRequest
from airflow_provider_wan.dashscope.results import TaskSnapshot, TaskStatus
from airflow_provider_wan.jobs import Job
from airflow_provider_wan.long_edit import budget
from airflow_provider_wan.spending import OverBudgetError, RunLimit, Spending
from tests.conftest import KEY
from tests.dashscope.properties import JSON, unhurried
from tests.patience import HANGS

if TYPE_CHECKING:
    from airflow_provider_wan.emulator import RunningEmulator

REGION = "ap-southeast-1"
CLIP = "https://example.com/clip.mp4"
SOME_EDITS: tuple[WanRequest, ...] = (
    VideoRepainting(video_url=CLIP, prompt="ink", control_condition="depth"),
    VideoEdit(video_url=CLIP, prompt="ink"),
    VideoEdit(video_url=CLIP, prompt="ink", duration=3, resolution="720P"),
    VideoEdit(video_url=CLIP, prompt="ink", model="happyhorse-1.0-video-edit"),
    Animate(
        model="wan2.2-animate-move", image_url="https://example.com/a.png", video_url=CLIP, mode="wan-pro"
    ),
)
MOST = Money(Decimal("3.66962"))
"""Of five seconds of VACE in Singapore."""
LIMIT_OF_A_VALUE = 65_535
"""Bytes that a value in Airflow's task state store may have, `[state_store] max_value_storage_bytes`."""


class Kept:
    """Stands in for Airflow's task state store, and counts what it is asked."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.gets = self.sets = 0

    def get(self, key: str, default: Any = None) -> Any:
        self.gets += 1
        return json.loads(self.values[key]) if key in self.values else default

    def set(self, key: str, value: Any, *, retention: timedelta | None = None) -> None:
        assert retention is None, "for as long as the deployment remembers"
        self.sets += 1
        self.values[key] = json.dumps(value)

    def delete(self, key: str) -> None:
        raise AssertionError("money isn't forgotten")


def job(name: str = "job-1", model: str = "wan2.1-vace-plus", at: float = 1_760_000_000.7) -> Job:
    return Job(name, f"request-of-{name}", model, "repaint", REGION, at, at + 3600)


def end(status: TaskStatus = TaskStatus.SUCCEEDED, **usage: Any) -> TaskSnapshot:
    return TaskSnapshot("any", status, usage=usage)


def spending(store: Any = None) -> Spending:
    return Spending(store, region=REGION)


def figures(account: Spending) -> tuple[dict[str, str], dict[str, str], int, int]:
    said = account.summary()
    assert list(said) == ["paid", "open", "unknown", "jobs"]
    return said["paid"], said["open"], said["unknown"], said["jobs"]


NOTHING: dict[str, str] = {}
OPEN_ONE, PAID_ONE = {"CNY": "3.66962"}, {"CNY": "3.66962"}


def test_job_is_open_until_it_ends_and_paid_if_it_ended_well() -> None:
    account = spending()
    assert figures(account) == (NOTHING, NOTHING, 0, 0)
    account.submitted(job(), MOST)
    assert figures(account) == (NOTHING, OPEN_ONE, 0, 1)
    account.ended(job(), end(TaskStatus.RUNNING))
    assert figures(account) == (NOTHING, OPEN_ONE, 0, 1)
    account.ended(job(), end(video_duration=3))
    assert figures(account) == ({"CNY": "2.201772"}, NOTHING, 0, 1)


@pytest.mark.parametrize("status", [TaskStatus.FAILED, TaskStatus.CANCELED])
def test_job_that_failed_or_was_cancelled_is_free(status: TaskStatus) -> None:
    account = spending()
    account.submitted(job(), MOST)
    account.ended(job(), end(status, video_duration=5))
    assert figures(account) == (NOTHING, NOTHING, 0, 1)


def test_job_that_the_service_forgot_may_have_cost_its_most() -> None:
    account = spending()
    account.submitted(job(), MOST)
    account.ended(job(), end(TaskStatus.UNKNOWN))
    assert figures(account) == (NOTHING, OPEN_ONE, 1, 1)
    account.ended(job(), end(video_duration=5))  # one look was wrong
    assert figures(account) == (PAID_ONE, NOTHING, 0, 1)


def test_what_is_known_of_a_cost_is_not_forgotten_again() -> None:
    account = spending()
    account.submitted(job(), MOST)
    account.ended(job(), end(video_duration=5))
    for later in (end(TaskStatus.UNKNOWN), end(), end(TaskStatus.FAILED), end(video_duration=50)):
        account.ended(job(), later)
        account.submitted(job(), Money(Decimal(99)))
        assert figures(account) == (PAID_ONE, NOTHING, 0, 1)


def test_job_without_a_price_is_unknown_and_its_bound_still_counts() -> None:
    account = spending()
    account.submitted(job("new", model="wan9-new"), None)
    assert figures(account) == (NOTHING, NOTHING, 1, 1)
    account.ended(job("new", model="wan9-new"), end(duration=5))
    assert figures(account) == (NOTHING, NOTHING, 1, 1)
    assert account.jobs[0].seconds == 5
    account.submitted(job(), MOST)
    account.ended(job(), end())  # without usage
    assert figures(account) == (NOTHING, OPEN_ONE, 2, 2)
    account.ended(job(), end(TaskStatus.UNKNOWN))
    assert account.jobs[1].status == TaskStatus.SUCCEEDED


def test_nothing_that_a_job_used_costs_nothing() -> None:
    account = spending()
    account.ended(job(), end(video_duration=0))  # of an attempt that kept no account
    assert figures(account) == ({"CNY": "0.00"}, NOTHING, 0, 1)
    assert account.jobs[0].seconds == 0


def test_prices_of_the_deployment_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__WAN__PRICES", '{"wan2.1-vace-plus": "0.1"}')
    monkeypatch.setenv("AIRFLOW__WAN__CURRENCY", "USD")
    account = spending()
    account.ended(job(), end(video_duration=5))
    account.ended(job("other", model="wan2.7-t2v"), end(duration=5, SR=720))
    assert account.summary()["paid"] == {"CNY": "3.66962", "USD": "0.50"}


def test_attempts_add_up_and_a_job_taken_up_again_counts_once() -> None:
    store = Kept()
    first = spending(store)
    first.submitted(job("a"), MOST)
    second = spending(store)  # a retry that takes it up, lands it and fails after that
    second.submitted(job("a"), MOST)
    second.ended(job("a"), end(TaskStatus.FAILED))
    second.submitted(job("b"), MOST)
    third = spending(store)  # after a person's clear
    third.ended(job("b"), end(video_duration=5))
    third.submitted(job("c"), MOST)
    for account in (third, spending(store)):
        assert figures(account) == (PAID_ONE, OPEN_ONE, 0, 3)
    assert [one.status for one in spending(store).jobs] == ["FAILED", "SUCCEEDED", OPEN]
    assert spending(store).jobs[1].submitted_at == 1_760_000_000


def test_account_is_read_once_and_written_when_it_changes() -> None:
    store = Kept()
    account = spending(store)
    assert (store.gets, store.sets) == (0, 0)
    account.submitted(job(), MOST)
    assert (store.gets, store.sets) == (1, 1)
    account.submitted(job(), MOST)
    account.ended(job(), end(video_duration=5))
    account.ended(job(), end(video_duration=5))
    account.summary()
    account.flush()
    assert (store.gets, store.sets) == (1, 2)


def test_a_round_of_a_batch_is_written_once_and_only_what_changed_of_it() -> None:
    store = Kept()
    account = spending(store)
    jobs = [
        job(f"0385dc79-5ff8-4d82-bcb6-{n:012}", "happyhorse-1.0-video-edit") for n in range(2 * CHUNK + 7)
    ]
    for one in jobs:
        account.submitted(one, Money(Decimal("1234.567891")), flush=False)
    assert store.sets == 0
    account.flush()
    assert (store.sets, list(store.values)) == (3, [SPENT_KEY, f"{SPENT_KEY}.1", f"{SPENT_KEY}.2"])
    assert max(map(len, store.values.values())) < LIMIT_OF_A_VALUE
    account.ended(jobs[CHUNK], end(duration=60.37, SR=1080), flush=False)
    account.flush()
    assert store.sets == 4
    for one in jobs:
        account.ended(one, end(duration=60.37, SR=1080), flush=False)
    account.flush()
    assert max(map(len, store.values.values())) < LIMIT_OF_A_VALUE
    again = spending(store)
    assert again.summary() == account.summary()
    assert [one.cost for one in again.jobs] == [one.cost for one in account.jobs]
    # What comes later goes where there is room.
    again.submitted(job("late"), None)
    assert [len(json.loads(text)["jobs"]) for text in store.values.values()] == [CHUNK, CHUNK, 8]
    assert store.gets == 1 + 3


def test_full_parts_are_followed_by_a_new_one() -> None:
    store = Kept()
    account = spending(store)
    for n in range(CHUNK):
        account.submitted(job(f"job-{n}"), MOST, flush=False)
    account.flush()
    spending(store).submitted(job("one more"), MOST)
    assert list(store.values) == [SPENT_KEY, f"{SPENT_KEY}.1"]
    assert len(spending(store).jobs) == CHUNK + 1


def test_account_that_can_be_read_by_half_only_is_never_written_back() -> None:
    store = Kept()
    account = spending(store)
    for n in range(CHUNK + 1):
        account.submitted(job(f"job-{n}"), MOST, flush=False)
    account.flush()
    before = dict(store.values)

    class Breaking(Kept):
        def get(self, key: str, default: Any = None) -> Any:
            if key != SPENT_KEY:
                raise ConnectionError("the API server is gone")
            return super().get(key, default)

    broken = Breaking()
    broken.values = store.values
    half = spending(broken)
    for _ in range(2):
        with pytest.raises(ConnectionError):
            half.submitted(job("new"), MOST)
    assert store.values == before


def test_what_is_stored_holds_no_address_prompt_or_key() -> None:
    store = Kept()
    account = spending(store)
    account.submitted(job(), MOST)
    account.ended(
        job(),
        TaskSnapshot(
            "any",
            TaskStatus.SUCCEEDED,
            usage={"video_duration": 5},
            video_url="https://bucket/a.mp4?Signature=abc",
            orig_prompt="a secret wish",
        ),
    )
    assert store.values == {
        SPENT_KEY: '{"models": ["wan2.1-vace-plus"], "jobs": [["job-1", "S", 0, 1760000000, "5", "3.66962 CNY"]]}'
    }


WRONG: tuple[Any, ...] = ("free", "1 2 3", 3, [])


@pytest.mark.parametrize(
    "stored",
    [
        *("text", 7, [], {}, {"models": [], "jobs": 1}, {"jobs": []}),
        {"models": [], "jobs": [["a", "S", 0, 1, None, None]]},
        {"models": ["m"], "jobs": [["a", "X", 0, 1, None, None], ["a"], None, 3]},
        *({"models": ["m"], "jobs": [["a", "S", 0, 1, None, wrong]]} for wrong in WRONG),
        {"models": ["m"], "jobs": [["a", "S", 0, float("inf"), None, None]]},
    ],
)
def test_stored_value_that_is_no_account_is_passed_over_with_a_warning(
    stored: Any, caplog: pytest.LogCaptureFixture
) -> None:
    store = Kept()
    store.values[SPENT_KEY] = json.dumps(stored)
    account = spending(store)
    assert figures(account) == (NOTHING, NOTHING, 0, 0)
    assert "left out" in caplog.text
    account.submitted(job(), MOST)
    assert figures(spending(store)) == (NOTHING, OPEN_ONE, 0, 1)


ROWS = st.lists(JSON | st.lists(JSON | st.sampled_from(["S", "O", 0, 1]), min_size=6, max_size=7))


@unhurried
@given(JSON | st.fixed_dictionaries({"models": JSON | st.just(["m"]), "jobs": JSON | ROWS}))
def test_whatever_is_stored_an_account_can_be_read(value: Any) -> None:
    summary(read_value(value))


AMOUNTS = st.dictionaries(st.sampled_from(["CNY", "USD"]), JSON | st.just("1.50"))


@unhurried
@given(
    st.fixed_dictionaries(
        {}, optional=dict.fromkeys(("paid", "open"), JSON | AMOUNTS) | {"unknown": JSON, "jobs": JSON}
    )
)
def test_whatever_a_task_has_pushed_it_can_be_added(value: Any) -> None:
    sums = added([value, cost("1")])
    assert Decimal(sums["paid"]["CNY"]) >= 1 or "paid" in value


MONEY = st.none() | st.builds(Money, st.decimals(0, 10**6, places=6), st.sampled_from(["CNY", "USD", "EUR"]))
SPENT = st.builds(
    Spent,
    task_id=st.uuids().map(str),
    status=st.sampled_from([OPEN, "SUCCEEDED", "FAILED", "CANCELED", "UNKNOWN"]),
    model=st.sampled_from(["wan2.1-vace-plus", "wan2.7-videoedit", ""]),
    submitted_at=st.integers(0, 2**33),
    seconds=st.none() | st.decimals(0, 1000, places=2),
    cost=MONEY,
    at_most=MONEY,
)


@unhurried
@given(st.lists(SPENT, unique_by=lambda one: one.task_id))
def test_records_come_back_as_they_were_stored(jobs: list[Spent]) -> None:
    back = list(read_value(json.loads(json.dumps(as_value(jobs)))))
    assert summary(back) == summary(jobs)
    assert [(one.task_id, one.model, one.status, one.cost, one.seconds) for one in back] == [
        (one.task_id, one.model, one.status, one.cost, one.seconds) for one in jobs
    ]


@unhurried
@given(st.lists(SPENT, unique_by=lambda one: one.task_id), st.integers(0, 20))
def test_sums_are_exact_and_sums_of_parts_are_sums_of_the_whole(jobs: list[Spent], cut: int) -> None:
    whole = summary(jobs)
    assert added([summary(jobs[:cut]), summary(jobs[cut:])]) == whole
    for currency in ("CNY", "USD", "EUR"):
        paid = [one.cost.amount for one in jobs if one.cost and one.cost.currency == currency]
        assert Decimal(whole["paid"].get(currency, 0)) == sum(paid, Decimal(0))
        may = [
            one.at_most.amount
            for one in jobs
            if one.at_most and one.at_most.currency == currency
            if one.cost is None and one.status not in ("FAILED", "CANCELED")
        ]
        assert Decimal(whole["open"].get(currency, 0)) == sum(may, Decimal(0))


# -- against the service's own bill ------------------------------------------------------------------------------------


def test_chain_with_a_retry_a_failure_and_a_batch_adds_up_to_the_bill(service: RunningEmulator) -> None:
    """Edits of four models, each told of by another attempt than the one that submitted it; one failed."""
    account = Account.of(api_key=KEY, region=REGION, host=service.base_urls[REGION], status_qps=20)
    before = len(service.ledger())
    store = Kept()
    bounds: dict[str, Money] = {}
    with DashScopeClient(account) as client:

        def submit(request: WanRequest) -> Job:
            body = request.body(REGION)
            most = at_most(body, REGION)
            assert most is not None
            sent = client.submit(request.path(), body)
            bounds[sent.task_id] = most
            made = job(sent.task_id, body["model"], at=time.time())
            spending(store).submitted(made, most)
            return made

        service.faults.order("submit", "fail", code="InternalError.Algo", message="no")
        jobs = [submit(request) for request in (*SOME_EDITS, *SOME_EDITS * 3)]
        jobs.append(submit(SOME_EDITS[0]))  # in the place of the one that fails
        account_of_all = spending(store)
        assert len(account_of_all.jobs) == len(jobs)
        for one in jobs:
            until = time.monotonic() + HANGS
            while (seen := client.get(one.task_id)).status.active:
                assert time.monotonic() < until, "the emulator ends its jobs within a second or two"
                time.sleep(0.05)
            account_of_all.ended(one, seen, flush=False)
            account_of_all.ended(one, seen, flush=False)
        account_of_all.flush()
    bill = service.ledger()[before:]
    assert len(bill) == len(jobs) - 1
    assert {one.status for one in account_of_all.jobs} == {"SUCCEEDED", "FAILED"}
    said = spending(store).summary()
    assert (said["open"], said["unknown"], said["jobs"]) == ({}, 0, len(jobs))
    due = sum((charge.cost for charge in bill if charge.cost is not None), Decimal(0))
    assert abs(Decimal(said["paid"]["CNY"]) - due) < Decimal("0.00005")
    assert round(Decimal(said["paid"]["CNY"]), 2) == round(due, 2)
    for charge in bill:
        assert charge.cost is not None
        assert charge.cost <= bounds[charge.task_id].amount


# -- limits ------------------------------------------------------------------------------------------------------------


def account_of(paid: int = 1, going_on: int = 1) -> Spending:
    account = spending()
    for n in range(paid):
        account.ended(job(f"paid-{n}"), end(video_duration=5))
    for n in range(going_on):
        account.submitted(job(f"open-{n}"), MOST)
    return account


def test_task_stops_before_the_edit_that_may_be_too_much() -> None:
    account = account_of()
    account.check(MOST, Decimal("11.00886"))  # three times 3.66962, to the last digit
    account.check(MOST, None)
    with pytest.raises(OverBudgetError) as refused:
        account.check(MOST, Decimal("11.00885"))
    assert str(refused.value) == (
        "This edit may cost 3.67 CNY. 3.67 CNY are paid by this task so far, edits that are under way may cost 3.67 "
        "CNY, and max_cost is 11.01 CNY. It was not submitted. Raise max_cost and clear the task; what is landed is "
        "not paid again."
    )
    assert refused.value.retry == "never"


def test_limit_of_nothing_lets_nothing_through() -> None:
    with pytest.raises(OverBudgetError):
        spending().check(MOST, Decimal(0))
    with pytest.raises(OverBudgetError, match=r"has no known price\. 0\.00 CNY are paid"):
        spending().check(None, Decimal(0))


def test_edit_without_a_known_price_is_stopped_only_where_nothing_is_left(
    caplog: pytest.LogCaptureFixture,
) -> None:
    account = account_of()
    with caplog.at_level(logging.WARNING):
        account.check(None, Decimal("7.40"))
    assert (
        "What the next edit may cost is unknown, so it can't be held against max_cost of 7.40 CNY"
        in caplog.text
    )
    with pytest.raises(OverBudgetError, match="has no known price"):
        account.check(None, Decimal("7.33"))


def test_amounts_in_another_currency_are_left_aside_and_named(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    account = account_of()
    monkeypatch.setenv("AIRFLOW__WAN__CURRENCY", "USD")
    account.check(Money(Decimal(1), "USD"), Decimal(1))
    with caplog.at_level(logging.WARNING):
        account.check(MOST, Decimal(1))
    assert (
        "may cost is in CNY, at most 3.67 CNY, so it can't be held against max_cost of 1.00 USD"
        in caplog.text
    )
    with pytest.raises(
        OverBudgetError, match=r"0\.00 USD are paid .* What is in CNY isn't counted\. It was not"
    ):
        account.check(Money(Decimal(2), "USD"), Decimal(1))


class FakeInstance:
    """What tasks of a run have pushed, by task and map index."""

    def __init__(
        self, pushed: dict[tuple[str, int], Any], task_id: str = "edit", map_index: int = -1
    ) -> None:
        self.pushed = pushed
        self.task_id = task_id
        self.map_index = map_index
        self.pulls = 0

    def xcom_pull(self, task_ids: Any, key: str, map_indexes: Any = ...) -> Any:
        assert key == "wan_cost"
        if map_indexes is not ...:
            return self.pushed.get((task_ids, map_indexes))
        self.pulls += 1
        found: list[Any] = []
        for task in task_ids:
            found.extend([value for (name, _), value in self.pushed.items() if name == task] or [None])
        return found


class FakeDag:
    """A DAG with an edit, a batch and a task of others."""

    def __init__(self) -> None:
        from airflow.sdk.bases.operator import BaseOperator

        from airflow_provider_wan.operators import WanBatchEditOperator, WanVideoRepaintingOperator

        kinds = {"edit": WanVideoRepaintingOperator, "batch": WanBatchEditOperator, "mail": BaseOperator}
        self.tasks = [
            type("Task", (), {"task_id": name, "operator_class": kind}) for name, kind in kinds.items()
        ]


def cost(paid: str, may: str = "0", jobs: int = 1) -> dict[str, Any]:
    return {"paid": {"CNY": paid}, "open": {"CNY": may}, "unknown": 0, "jobs": jobs}


@pytest.fixture
def run() -> dict[str, Any]:
    pushed = {
        ("edit", 0): cost("1.50", "2"),
        ("edit", 1): cost("3.66962"),  # this task's own, from before it submitted more
        ("edit", 2): cost("3.66962"),
        ("batch", -1): cost("10", jobs=4),
        ("mail", -1): cost("1000"),
    }
    return {"ti": FakeInstance(pushed, map_index=1), "dag": FakeDag()}


def test_what_others_spent_is_the_runs_without_this_tasks_own(run: dict[str, Any]) -> None:
    assert spent_elsewhere(run) == {
        "paid": {"CNY": "15.16962"},
        "open": {"CNY": "2.00"},
        "unknown": 0,
        "jobs": 6,
    }
    run["ti"].map_index = 7  # has pushed nothing
    assert spent_elsewhere(run)["paid"] == {"CNY": "18.83924"}


def test_run_stops_before_the_edit_that_may_be_too_much(run: dict[str, Any]) -> None:
    own = account_of(paid=1, going_on=1)
    total = Decimal("15.16962") + 2 + 3 * Decimal("3.66962")
    RunLimit(run, total, own).check(MOST)
    RunLimit(run, None, own).check(MOST)
    with pytest.raises(OverBudgetError) as refused:
        RunLimit(run, total - Decimal("0.00001"), own).check(MOST)
    assert str(refused.value) == (
        "This edit may cost 3.67 CNY. 18.84 CNY are paid in this DAG run so far, edits that are under way may cost "
        "5.67 CNY, and [wan] max_cost_per_run is 28.18 CNY. It was not submitted. Have the limit raised in Airflow's "
        "configuration and clear the failed tasks; what is landed is not paid again."
    )


def test_batch_asks_for_the_others_once_a_round_and_counts_its_own_at_once(run: dict[str, Any]) -> None:
    own = spending()
    limit = RunLimit(run, Decimal("28.20"), own)
    limit.check(MOST)
    own.submitted(job("a"), MOST, flush=False)
    limit.check(MOST)
    own.submitted(job("b"), MOST, flush=False)
    with pytest.raises(OverBudgetError):
        limit.check(Money(Decimal("3.70")))
    assert run["ti"].pulls == 1
    run["ti"].pushed["batch", -1] = cost("0", jobs=4)
    limit.refresh()
    limit.check(Money(Decimal("3.70")))
    assert run["ti"].pulls == 2


def test_without_a_limit_nobody_is_asked(run: dict[str, Any]) -> None:
    RunLimit(run, None, spending()).check(MOST)
    assert run["ti"].pulls == 0


def test_error_is_the_one_that_films_raise() -> None:
    assert budget.OverBudgetError is OverBudgetError


def test_films_paid_in_another_currency_are_left_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__WAN__CURRENCY", "USD")
    with pytest.raises(OverBudgetError, match=r"may cost 4\.01 USD\. 3\.00 USD are paid for the film so far"):
        budget.check(Decimal(10), paid=Decimal(3), under_way=Decimal(3), next_one=Decimal("4.01"))
