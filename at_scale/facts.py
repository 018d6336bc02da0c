"""What came of a run: pure sums over what the emulator, Airflow and the folder of results say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from at_scale.queries import Traffic


@dataclass(frozen=True, slots=True)
class Loss:
    """A part that was killed.

    Attributes:
        part: Which one.
        held: How many edits it was at work on, or waiting for, at that moment.
        after: Seconds after the start of the run.
    """

    part: str
    held: int
    after: float


@dataclass(frozen=True, slots=True)
class Bill:
    """What the service has made of a run's submissions.

    Attributes:
        jobs: Jobs it made.
        paid: Jobs that were billed.
        paid_once: Edits that were billed exactly once.
        paid_more: Edits that were billed more than once.
    """

    jobs: int
    paid: int
    paid_once: int
    paid_more: int


@dataclass(frozen=True, slots=True)
class Run:
    """One run.

    Attributes:
        dag_id: Of which DAG.
        edits: How many edits it was to make.
        succeeded: How many succeeded.
        landed: How many results lie in the folder.
        bill: What was paid.
        traffic: What was asked.
        seconds: How long it took.
        starts: How many task processes the workers began for it.
        retried: How many tasks took more than one attempt.
        losses: What was killed meanwhile.
    """

    dag_id: str
    edits: int
    succeeded: int
    landed: int
    bill: Bill
    traffic: Traffic
    seconds: float
    starts: int
    retried: int
    losses: tuple[Loss, ...]

    def faults(self) -> list[str]:
        """Name what didn't go as promised."""
        traffic, bill = self.traffic, self.bill
        wrong = {
            f"{self.succeeded} of {self.edits} edits succeeded": self.succeeded != self.edits,
            f"{self.landed} results were landed": self.landed != self.edits,
            f"{bill.paid_once} of {self.edits} edits were paid exactly once": bill.paid_once != self.edits,
            f"{bill.paid_more} edits were paid more than once": bill.paid_more > 0,
            f"{traffic.throttled} queries were refused with 429": traffic.throttled > 0,
            "nothing was killed on the way": not self.losses,
        }
        return [f"{self.dag_id}: {text}" for text, happened in wrong.items() if happened]


def sum_up(jobs: Iterable[Mapping[str, Any]], charges: Iterable[Mapping[str, Any]], prefix: str) -> Bill:
    """Sum up the jobs of one run, known by how their prompts begin. Each edit has a prompt of its own.

    Args:
        jobs: All of the emulator's, with their inputs.
        charges: All of its ledger's.
        prefix: How the prompts of this run begin.
    """
    prompts = {
        job["task_id"]: job["input"]["prompt"] for job in jobs if job["input"]["prompt"].startswith(prefix)
    }
    paid = Counter(prompts[charge["task_id"]] for charge in charges if charge["task_id"] in prompts)
    return Bill(
        jobs=len(prompts),
        paid=paid.total(),
        paid_once=sum(times == 1 for times in paid.values()),
        paid_more=sum(times > 1 for times in paid.values()),
    )
