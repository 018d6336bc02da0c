"""`airflow wan cost`: against a real database of Airflow's, filled by tasks that Airflow ran."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_wan.costs.report import lines, moment, spell
from airflow_provider_wan.dashscope.errors import InvalidRequestError
from airflow_provider_wan.dashscope.price_list import text_of
from tests.conftest import BUNDLES, bundle_of
from tests.dashscope.properties import unhurried
from tests.patience import HANGS
from tests.test_spending import SPENT
from tests.versions import HAS_TASK_STATE, NO_TASK_STATE, dag_bag

AIRFLOW = [sys.executable, "-m", "airflow"]
Report = Callable[..., tuple[list[dict[str, Any]], str]]

DAG = """
from datetime import datetime
from decimal import Decimal

from airflow.sdk import DAG, get_current_context, task

from airflow_provider_wan.dashscope.price_list import Money
from airflow_provider_wan.dashscope.results import TaskSnapshot, TaskStatus
from airflow_provider_wan.jobs import Job
from airflow_provider_wan.operators import WanVideoRepaintingOperator
from airflow_provider_wan.spending import COST_KEY, OverBudgetError, RunLimit, Spending, spent_elsewhere

DAY = 86400
FIRST = 1_750_000_000  # 15 June 2025, 15:06:40 UTC


def account(context):
    return Spending(context["task_state_store"], region="ap-southeast-1")


def job(name, model="wan2.1-vace-plus", at=FIRST):
    return Job(name, "r-" + name, model, "repaint", "ap-southeast-1", at, at + 9)


with DAG("spends", schedule=None, params={"run": "a"}):

    @task(retries=1, retry_delay=0)
    def edit():
        context = get_current_context()
        run, spending = context["params"]["run"], account(context)
        name = f"{run}-edit-{context['ti'].try_number}"
        spending.submitted(job(name), Money(Decimal("3.66962")))
        if context["ti"].try_number == 1:
            spending.ended(job(name), TaskSnapshot(name, TaskStatus.FAILED))
            raise RuntimeError("as the service says")
        spending.ended(job(name), TaskSnapshot(name, TaskStatus.SUCCEEDED, usage={"video_duration": 5}))
        context["ti"].xcom_push(key=COST_KEY, value=spending.summary())

    @task
    def mapped(number):
        spending = account(get_current_context())
        one = job(f"{get_current_context()['params']['run']}-mapped-{number}", "wan2.7-videoedit", FIRST + DAY)
        spending.submitted(one, Money(Decimal("14.67848")))
        usage = {"duration": 10.04, "SR": 720}
        spending.ended(one, TaskSnapshot(one.task_id, TaskStatus.SUCCEEDED, usage=usage))

    @task
    def batch():
        run, spending = get_current_context()["params"]["run"], account(get_current_context())
        for number in range(1003):
            one = job(f"{run}-batch-{number}", at=FIRST + 2 * DAY)
            spending.submitted(one, Money(Decimal("3.66962")), flush=False)
            if number < 1000:
                usage = {"video_duration": 5} if number else {}
                spending.ended(one, TaskSnapshot(one.task_id, TaskStatus.SUCCEEDED, usage=usage), flush=False)
        spending.flush()

    edit() >> mapped.expand(number=[0, 1, 2]) >> batch()

with DAG("spent_before", schedule=None):

    def result(name, amount="2.20", **more):
        return {
            "task_id": name, "model": "wan2.7-t2v", "status": "SUCCEEDED", "billed_seconds": 3.0,
            "cost": {"amount": amount, "currency": "CNY"}, "submitted_at": "2025-06-15T10:00:00+00:00", **more,
        }  # fmt: skip

    @task
    def old():
        get_current_context()["ti"].xcom_push(key="wan_task_id", value="old-1")
        return result("old-1")

    @task
    def old_batch():
        get_current_context()["ti"].xcom_push(key="wan_task_id", value=["old-2", "old-3", "old-4", "old-5"])
        failed = {"task_id": "old-3", "status": "FAILED", "error": "X", "index": 1}
        return [result("old-2", "0.30"), failed, result("old-4", cost=None), result("not-ours")]

    @task
    def looks_at_a_job_of_others():
        return result("of-others")

    @task
    def both():
        spending = account(get_current_context())
        spending.submitted(job("both-1", at=1_749_990_000), None)
        spending.ended(job("both-1"), TaskSnapshot("both-1", TaskStatus.SUCCEEDED, usage={"video_duration": 5}))
        get_current_context()["ti"].xcom_push(key="wan_task_id", value="both-1")
        return result("both-1", "99.00")

    @task
    def within_attempt():
        ti = get_current_context()["ti"]
        from airflow_provider_wan.operators.batch_edit import WithinAttempt

        spending = Spending(WithinAttempt(ti), region="ap-southeast-1")
        spending.submitted(job("within-1"), None, flush=False)
        spending.submitted(job("within-2"), None)
        spending.ended(job("within-1"), TaskSnapshot("within-1", TaskStatus.FAILED))
        ti.xcom_push(key="wan_task_id", value=["within-1", "within-2"])
        return [result("within-1", "77.00")]

    old(), old_batch(), looks_at_a_job_of_others(), both(), within_attempt()



class Pretends(WanVideoRepaintingOperator):
    # Spends as much as its prompt says, and returns what the others of the run have spent.

    def execute(self, context):
        context["ti"].xcom_push(
            key=COST_KEY, value={"paid": {"CNY": self.prompt}, "open": {}, "unknown": 0, "jobs": 1}
        )
        own = account(context)
        own.ended(job(f"own-{self.prompt}"), TaskSnapshot("any", TaskStatus.SUCCEEDED, usage={"video_duration": 5}))
        try:
            RunLimit(context, Decimal(10), own).check(Money(Decimal(1)))
        except OverBudgetError as error:
            return [spent_elsewhere(context), str(error)]
        return [spent_elsewhere(context), None]


with DAG("sees_others", schedule=None):
    given = {"video_url": "https://example.com/a.mp4", "control_condition": "depth", "multiple_outputs": False}
    Pretends(task_id="first", prompt="0.25", **given) >> Pretends.partial(task_id="many", **given).expand(
        prompt=["1.5", "1.5", "3"]
    ) >> Pretends(task_id="last", prompt="9", **given)

with DAG("spends_nothing", schedule=None):

    @task
    def idle():
        return 7

    idle()
"""
VACE, EDIT = Decimal("3.66962"), Decimal("0.733924") * Decimal("10.04")


@pytest.fixture(scope="module")
def runs(airflow_db: Path) -> dict[str, list[str]]:
    """Runs of DAGs whose file is gone by the time anyone asks."""
    if not HAS_TASK_STATE:
        pytest.skip(NO_TASK_STATE)
    folder = airflow_db / "dags" / "spending"
    folder.mkdir()
    (folder / "spends.py").write_text(DAG)
    bag = dag_bag(str(folder))
    assert bag.import_errors == {}
    made: dict[str, list[str]] = {}
    start = datetime(2025, 6, 15, tzinfo=UTC)
    for dag_id, run_conf in (
        ("spends", {"run": "a"}),
        ("spends", {"run": "b"}),
        ("spent_before", None),
        ("spends_nothing", None),
        ("sees_others", None),
    ):
        day = start + timedelta(days=len(made.get(dag_id, ())))
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(BUNDLES, bundle_of(folder))
            ran = bag.dags[dag_id].test(logical_date=day, run_conf=run_conf)
        assert ran.state == "success"
        made.setdefault(dag_id, []).append(ran.run_id)
    shutil.rmtree(folder)
    return made


@pytest.fixture
def report(
    runs: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Report:
    """Runs `airflow wan cost`; returns its rows and what it says beside them."""

    def run(*options: str) -> tuple[list[dict[str, Any]], str]:
        from airflow.cli import cli_parser

        args = cli_parser.get_parser().parse_args(["wan", "cost", "-o", "json", *options])
        capsys.readouterr()
        args.func(args)
        said = capsys.readouterr()
        rows: list[dict[str, Any]] = json.loads(said.out)
        return rows, said.err

    return run


def refusal(run: Report, *options: str) -> str:
    with pytest.raises(SystemExit) as refused:
        run(*options)
    assert isinstance(refused.value.code, str)
    return refused.value.code


def test_runs_add_up_all_attempts_to_the_last_digit(report: Report, runs: dict[str, list[str]]) -> None:
    rows, said = report("--dag-id", "spends")
    assert [row["run"] for row in rows] == runs["spends"]
    expected = text_of(VACE + 3 * EDIT.quantize(Decimal("0.000001")) + 999 * VACE)
    assert rows[0] == {
        "run": runs["spends"][0],
        "jobs": "1008",
        "paid": "1004",
        "failed": "1",
        "open": "3",
        "unpriced": "1",
        "seconds": "5030.12",
        "cost": {"CNY": expected},
        "open at most": {"CNY": text_of(4 * VACE)},
    }
    assert rows[1] == {**rows[0], "run": runs["spends"][1]}
    total = text_of(2 * Decimal(expected))
    assert (
        f"Total: 2016 jobs: 2008 paid, 2 failed, 6 open, 2 unpriced; 10060.24 s billed; {total} CNY paid"
        in said
    )
    assert "Seen: jobs of 2 runs of spends, submitted from 2025-06-15 to 2025-06-17 (UTC)." in said
    assert "30 days after they were last changed ([state_store] default_retention_days)" in said


def test_one_run_by_task_model_and_day(report: Report, runs: dict[str, list[str]]) -> None:
    one = ("--dag-id", "spends", "--run-id", runs["spends"][1])

    def jobs(by: str) -> dict[str, str]:
        return {row[by]: row["jobs"] for row in report(*one, "--by", by)[0]}

    assert jobs("task") == {"batch": "1003", "edit": "2", "mapped": "3"}
    assert jobs("model") == {"wan2.1-vace-plus": "1005", "wan2.7-videoedit": "3"}
    assert jobs("day") == {"2025-06-15": "2", "2025-06-16": "3", "2025-06-17": "1003"}


@pytest.mark.parametrize(
    ("options", "tasks"),
    [
        (("--since", "2025-06-16"), {"batch", "mapped"}),
        (("--until", "2025-06-16"), {"edit", "mapped"}),
        (("--until", "2025-06-16T00:00"), {"edit"}),
        (("--since", "2025-06-16T23:06:40+08:00", "--until", "2025-06-16T15:06:41"), {"mapped"}),
        (("--since", "2025-06-16T15:06:40", "--until", "2025-06-16T15:06:40.000001"), {"mapped"}),
        (("--until", "2025-06-16T15:06:40"), {"edit"}),
        (("--since", "2025-06-16T15:06:41", "--until", "2025-06-16T15:06:42"), set()),
    ],
)
def test_period_is_that_of_submissions(report: Report, options: tuple[str, ...], tasks: set[str]) -> None:
    rows, said = report("--dag-id", "spends", "--by", "task", *options)
    assert {row["task"] for row in rows} == tasks
    assert ("No job of spends is on record for what was asked." in said) is (not tasks)


def test_what_only_xcoms_tell_is_counted_too_and_each_job_once(report: Report) -> None:
    rows, said = report("--dag-id", "spent_before", "--by", "task")
    shown = {
        row["task"]: (row["jobs"], row["paid"], row["failed"], row["open"], row["unpriced"], row["cost"])
        for row in rows
    }
    assert shown == {
        "old": ("1", "1", "0", "0", "0", {"CNY": "2.20"}),
        # One failed, of one the price wasn't known, and of one nobody wrote down the end.
        "old_batch": ("4", "2", "1", "0", "2", {"CNY": "0.30"}),
        "both": ("1", "1", "0", "0", "0", {"CNY": "3.66962"}),  # as the account has it
        "within_attempt": ("2", "0", "1", "1", "1", {}),
    }
    assert "Total: 8 jobs: 4 paid, 2 failed, 1 open, 3 unpriced; 14.0 s billed; 6.16962 CNY paid" in said


def test_airflow_without_a_task_state_store_says_that_it_sees_less(
    report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "airflow.models.task_state_store", None)
    rows, said = report("--dag-id", "spent_before", "--by", "task")
    assert {row["task"]: row["cost"] for row in rows}["both"] == {"CNY": "99.00"}
    assert "no task state store (it came with 3.3), so of each task only the last attempt is known" in said


def test_records_that_a_worker_keeps_elsewhere_are_named(report: Report, runs: dict[str, list[str]]) -> None:
    from airflow.models.task_state_store import TaskStateStoreModel as Row
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        row = session.scalars(select(Row).where(Row.dag_id == "spends", Row.task_id == "edit").limit(1)).one()
        kept, row.value = row.value, json.dumps({"__airflow_state_ref__": "s3://bucket/key"})
        number = row.id
    try:
        assert "1 records are kept by [workers] state_store_backend" in report("--dag-id", "spends")[1]
    finally:
        with create_session() as session:
            session.get_one(Row, number).value = kept


def test_task_sees_what_other_tasks_of_its_run_spent_mapped_ones_too(runs: dict[str, list[str]]) -> None:
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        found = {
            (row.task_id, row.map_index): XComModel.deserialize_value(row)
            for row in session.scalars(
                select(XComModel).filter_by(run_id=runs["sees_others"][0], key="return_value")
            )
        }
    paid = {one: others["paid"].get("CNY") for one, (others, _) in found.items()}
    assert (paid["first", -1], paid["last", -1]) == (None, "6.25")
    # `dag.test()` runs the mapped ones one after the other, in any order, so the first sees none of its siblings.
    seen = [paid["many", index] for index in range(3)]
    assert min(map(Decimal, seen)) == Decimal("0.25")
    own = [Decimal(amount) for amount in ("1.5", "1.5", "3")]
    assert max(Decimal(others) + mine for others, mine in zip(seen, own, strict=True)) == Decimal("6.25")
    refused = {one: error for one, (_, error) in found.items() if error}
    assert list(refused) == [("last", -1)]
    assert (
        "9.92 CNY are paid in this DAG run so far" in refused["last", -1]
    )  # 6.25 of others and 3.67 of its own


def test_dag_that_spent_nothing_has_no_rows_and_no_traceback(report: Report) -> None:
    rows, said = report("--dag-id", "spends_nothing")
    assert rows == []
    assert "No job of spends_nothing is on record for what was asked." in said


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (
            ("--dag-id", "spend"),
            "--dag-id is 'spend', of which Airflow's database has no run. DAGs with edits: ",
        ),
        (
            ("--dag-id", "spends", "--run-id", "x"),
            "--run-id is 'x', which spends doesn't have. Its latest runs: ",
        ),
        (
            ("--dag-id", "spends", "--since", "yesterday"),
            "--since is 'yesterday'. Write how long ago, e.g. 12h",
        ),
        (("--dag-id", "spends", "--until", "2026-13-01"), "--until is '2026-13-01'. Write how"),
        (("--dag-id", "spends", "--since", "7d", "--until", "8d"), "--until isn't after --since"),
    ],
)
def test_mistake_is_named(report: Report, options: tuple[str, ...], says: str) -> None:
    assert refusal(report, *options).startswith(says)


def test_mistaken_dag_is_answered_with_those_that_have_edits(report: Report) -> None:
    assert "spent_before" in refusal(report, "--dag-id", "spend")


def test_command_prints_a_table_with_a_total_from_a_shell(runs: dict[str, list[str]]) -> None:
    command = [*AIRFLOW, "wan", "cost", "--dag-id", "spent_before", "--by", "model", "-o", "plain"]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=HANGS, check=False, env={**os.environ}
    )
    assert done.returncode == 0, done.stderr
    assert [line.split() for line in done.stdout.splitlines()[-4:]] == [
        ["?", "2", "0", "1", "0", "1", "0", "s"],
        ["wan2.1-vace-plus", "3", "1", "1", "1", "1", "5", "s", "3.66962", "CNY"],
        ["wan2.7-t2v", "3", "3", "0", "0", "1", "9.0", "s", "2.50", "CNY"],
        ["total", "8", "4", "2", "1", "3", "14.0", "s", "6.16962", "CNY"],
    ]
    assert "Traceback" not in done.stderr


# -- without a database ------------------------------------------------------------------------------------------------

NOW = datetime(2026, 10, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "ends", "read"),
    [
        ("12h", False, "2026-10-23T00:00:00+00:00"),
        ("7d", False, "2026-10-16T12:00:00+00:00"),
        (" 2w ", False, "2026-10-09T12:00:00+00:00"),
        ("2026-10-01", False, "2026-10-01T00:00:00+00:00"),
        ("2026-10-01", True, "2026-10-02T00:00:00+00:00"),
        ("20261001", True, "2026-10-02T00:00:00+00:00"),
        ("2026-10-01T08:00", True, "2026-10-01T08:00:00+00:00"),
        ("2026-10-01T08:00+08:00", False, "2026-10-01T08:00:00+08:00"),
    ],
)
def test_moments_are_read_as_people_write_them(text: str, ends: bool, read: str) -> None:
    found = moment(text, "--since", now=NOW, ends=ends)
    assert found is not None
    assert found.isoformat() == read


@pytest.mark.parametrize("text", ["", "d", "7", "7m", "-7d", "999999w", "9999-12-31", "soon"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequestError, match=r"^--until is "):
        moment(text, "--until", now=NOW, ends=True)


@unhurried
@given(
    st.lists(st.tuples(st.sampled_from("abc"), SPENT), max_size=12),
    st.sampled_from(["run", "task", "model", "day"]),
)
def test_lines_add_up_to_their_total(jobs: list[tuple[str, Any]], by: str) -> None:
    from airflow_provider_wan.costs.gather import Counted, Instance

    each, total = lines([Counted(Instance(name, name, -1), spent) for name, spent in jobs], by)
    for figure in ("jobs", "paid", "failed", "open", "unpriced", "seconds"):
        assert sum(getattr(line, figure) for line in each) == getattr(total, figure)
    for amounts in ("cost", "at_most"):
        for currency in ("CNY", "USD", "EUR"):
            parts = [Decimal(getattr(line, amounts).get(currency, 0)) for line in each]
            assert sum(parts) == Decimal(getattr(total, amounts).get(currency, 0))
    assert spell(total.cost).count("+") == max(0, len(total.cost) - 1)
