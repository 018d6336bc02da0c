"""What Airflow says that a run's edits have cost is what the service bills, to the last digit."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from airflow_provider_wan.emulator import EmulatorSettings, RegionSettings, RunningEmulator, running
from tests.system.airflow import Airflow

DAG_ID, RUN_ID = "edit_costs", "costs:1+2"
STATES = {"first": "success", "batch": "success", "last": "failed", "rejected": "failed"}
JOBS = {"first": 3, "batch": 3, "last": 1, "rejected": 1}
TASK_OF = {
    "Ink": "first",
    "Wide": "batch",
    "Rain": "batch",
    "Rejected": "batch",
    "Snow": "last",
    "Refused": "rejected",
}
"""Whose a job is, by its prompt: what the service knows of it, without what Airflow has on record."""


class Bill:
    """The run, once it is over, and what the service bills for it."""

    def __init__(self, airflow: Airflow, emulator: RunningEmulator) -> None:
        self.airflow, self.emulator = airflow, emulator

    def total(self) -> Decimal:
        """What the service bills for the account."""
        return sum((charge.cost or Decimal(0) for charge in self.emulator.ledger()), Decimal(0))

    def by_task(self) -> dict[str, Decimal]:
        """What the service bills for each task's jobs."""
        whose = {job["task_id"]: TASK_OF[job["input"]["prompt"]] for job in self.emulator.tasks()}
        bills = dict.fromkeys(JOBS, Decimal(0))
        for charge in self.emulator.ledger():
            assert charge.cost
            bills[whose[charge.task_id]] += charge.cost
        return bills

    def xcom(self, task_id: str) -> Any:
        path = f"/api/v2/dags/{DAG_ID}/dagRuns/{RUN_ID}/taskInstances/{task_id}/xcomEntries/wan_cost"
        return self.airflow.api._call("GET", path.replace("+", "%2B"))["value"]

    def reported(self) -> list[dict[str, Any]]:
        """Rows of `airflow wan cost --by task`, as a person runs it on the same deployment."""
        said = self.airflow.command("wan", "cost", "--dag-id", DAG_ID, "--by", "task", "--output", "json")
        return list(json.loads(said))


@pytest.fixture(scope="module")
def bill(airflow: Airflow) -> Iterator[Bill]:
    """A run on an account of its own, to its end; then a task that had succeeded is cleared."""
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
        _ends(airflow)
        airflow.api.clear(DAG_ID, RUN_ID, "first")  # a success, so it is edited and paid once more
        _ends(airflow)
        yield Bill(airflow, emulator)


def _ends(airflow: Airflow) -> None:
    query = "SELECT state FROM dag_run WHERE dag_id = ? AND run_id = ?"
    for _ in airflow.ticks(every=0.3):
        if airflow.read(query, DAG_ID, RUN_ID) in ([("success",)], [("failed",)]):
            break
    assert airflow.api.task_states(DAG_ID, RUN_ID) == STATES


def test_run_was_as_meant(bill: Bill) -> None:
    jobs = Counter((TASK_OF[job["input"]["prompt"]], job["status"]) for job in bill.emulator.tasks())
    assert jobs == {
        ("first", "FAILED"): 1,
        ("first", "SUCCEEDED"): 2,
        ("batch", "FAILED"): 1,
        ("batch", "SUCCEEDED"): 2,
        ("last", "SUCCEEDED"): 1,
        ("rejected", "FAILED"): 1,
    }
    prices = {(charge.model, charge.tier) for charge in bill.emulator.ledger()}
    assert prices == {
        ("wan2.1-vace-plus", "720P"),
        ("wan2.7-videoedit", "720P"),
        ("wan2.7-videoedit", "1080P"),
    }
    assert len(bill.emulator.ledger()) == 5


def test_command_adds_up_to_the_bill(bill: Bill) -> None:
    rows = {row["task"]: row for row in bill.reported()}
    assert {currency for row in rows.values() for currency in row["cost"]} == {"CNY"}
    bills = {name: Decimal(row["cost"].get("CNY", "0")) for name, row in rows.items()}
    assert bills == bill.by_task()
    assert sum(bills.values()) == bill.total()
    assert {name: int(row["jobs"]) for name, row in rows.items()} == JOBS
    counts = {
        name: sum(int(row[name]) for row in rows.values()) for name in ("paid", "failed", "open", "unpriced")
    }
    assert counts == {"paid": 5, "failed": 3, "open": 0, "unpriced": 0}


def test_page_of_the_run_adds_up_to_the_bill(bill: Bill) -> None:
    query = {"dag_id": DAG_ID, "run_id": RUN_ID}
    answer = bill.airflow.api._client.get("/wan/run/data", params=query)
    assert answer.status_code == 200
    cost = answer.json()["totals"]["cost"]
    assert {currency: Decimal(amount) for currency, amount in cost.items()} == {"CNY": bill.total()}


@pytest.mark.parametrize("task_id", JOBS)
def test_each_task_says_what_all_its_attempts_have_cost(bill: Bill, task_id: str) -> None:
    said = bill.xcom(task_id)
    assert Decimal(said["paid"].get("CNY", "0")) == bill.by_task()[task_id]
    assert (said["open"], said["unknown"], said["jobs"]) == ({}, 0, JOBS[task_id])
