"""What Airflow says that a run's edits have cost is what the service bills, to the last digit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from airflow_provider_wan.emulator import EmulatorSettings, RegionSettings, RunningEmulator, running
from tests.system.airflow import Airflow

pytestmark = pytest.mark.timeout(240)

DAG_ID, RUN_ID = "edit_costs", "costs:1+2"
STATES = {"first": "success", "batch": "success", "last": "failed", "rejected": "failed"}
JOBS = {"first": 2, "batch": 3, "last": 1, "rejected": 1}


class Bill:
    """The run, once it is over, and what the service bills for it."""

    def __init__(self, airflow: Airflow, emulator: RunningEmulator) -> None:
        self.airflow, self.emulator = airflow, emulator

    def total(self) -> Decimal:
        return sum((charge.cost or Decimal(0) for charge in self.emulator.ledger()), Decimal(0))

    def of(self, jobs: set[str]) -> Decimal:
        """What the service bills for some of the jobs."""
        charges = [charge for charge in self.emulator.ledger() if charge.task_id in jobs]
        return sum((charge.cost or Decimal(0) for charge in charges), Decimal(0))

    def records(self, task_id: str) -> set[str]:
        """The jobs that a task has on record."""
        query = (
            "SELECT value FROM task_state_store WHERE task_id = ? AND run_id = ? AND key LIKE 'wan_spent%'"
        )
        values = [json.loads(value) for (value,) in self.airflow.read(query, task_id, RUN_ID)]
        return {job for job in (task["task_id"] for task in self.emulator.tasks()) if job in str(values)}

    def xcom(self, task_id: str) -> Any:
        path = f"/api/v2/dags/{DAG_ID}/dagRuns/{RUN_ID}/taskInstances/{task_id}/xcomEntries/wan_cost"
        return self.airflow.api._call("GET", path.replace("+", "%2B"))["value"]

    def reported(self, by: str) -> list[dict[str, Any]]:
        """Rows of `airflow wan cost`, as a person runs it on the same deployment."""
        said = self.airflow.command("wan", "cost", "--dag-id", DAG_ID, "--by", by, "--output", "json")
        return list(json.loads(said))


@pytest.fixture(scope="module")
def bill(airflow: Airflow) -> Iterator[Bill]:
    """A run on an account of its own, to its end."""
    settings = EmulatorSettings(
        regions=(RegionSettings(keys={"sk-costs": "costs"}),), speed=60, render=False, run_seconds=(30, 60)
    )
    with running(settings) as emulator:
        order = emulator.faults.order
        order("submit", "fail", model="wan2.1-vace-plus", code="InternalError")
        order("submit", "fail", model="wan2.6-i2v-flash", code="DataInspectionFailed")
        order("submit", "fail", model="wan2.7-t2v", code="DataInspectionFailed")
        order("result", "status", status=500, times=None)
        airflow.wait_for_dags(DAG_ID)
        airflow.api.connect("costs", emulator.base_url, "sk-costs")
        conf = {"conn_id": "costs", "folder": f"file://{airflow.settings.results}/costs/"}
        airflow.api.trigger(DAG_ID, RUN_ID, conf)
        query = "SELECT state FROM dag_run WHERE dag_id = ? AND run_id = ?"
        states: dict[str, str | None] = {}
        for _ in airflow.ticks(150, every=0.3):
            states = airflow.api.task_states(DAG_ID, RUN_ID)
            if airflow.read(query, DAG_ID, RUN_ID) in ([("success",)], [("failed",)]):
                break
        assert states == STATES
        yield Bill(airflow, emulator)


def test_run_was_as_meant(bill: Bill) -> None:
    assert {task_id: len(bill.records(task_id)) for task_id in JOBS} == JOBS
    states = sorted(job["status"] for job in bill.emulator.tasks())
    assert states == ["FAILED"] * 3 + ["SUCCEEDED"] * 4
    prices = {(charge.model, charge.tier) for charge in bill.emulator.ledger()}
    assert prices == {
        ("wan2.1-vace-plus", "720P"),
        ("wan2.7-videoedit", "720P"),
        ("wan2.7-videoedit", "1080P"),
    }
    assert all(charge.cost for charge in bill.emulator.ledger())


def test_command_adds_up_to_the_bill(bill: Bill) -> None:
    (row,) = bill.reported("run")
    assert {currency: Decimal(amount) for currency, amount in row["cost"].items()} == {"CNY": bill.total()}
    assert (row["jobs"], row["paid"], row["failed"], row["open"], row["unpriced"]) == (
        "7",
        "4",
        "3",
        "0",
        "0",
    )
    rows = {row["task"]: row for row in bill.reported("task")}
    assert sorted(rows) == sorted(JOBS)
    assert {name: Decimal(row["cost"].get("CNY", "0")) for name, row in rows.items()} == {
        name: bill.of(bill.records(name)) for name in JOBS
    }


def test_page_of_the_run_adds_up_to_the_bill(bill: Bill) -> None:
    query = {"dag_id": DAG_ID, "run_id": RUN_ID}
    answer = bill.airflow.api._client.get("/wan/run/data", params=query)
    assert answer.status_code == 200
    cost = answer.json()["totals"]["cost"]
    assert {currency: Decimal(amount) for currency, amount in cost.items()} == {"CNY": bill.total()}


@pytest.mark.parametrize("task_id", JOBS)
def test_each_task_says_what_all_its_attempts_have_cost(bill: Bill, task_id: str) -> None:
    said = bill.xcom(task_id)
    assert Decimal(said["paid"].get("CNY", "0")) == bill.of(bill.records(task_id))
    assert (said["open"], said["unknown"], said["jobs"]) == ({}, 0, JOBS[task_id])
