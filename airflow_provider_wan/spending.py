"""What all attempts of a task instance have submitted and paid.

Kept in Airflow's task state store, which outlives attempts: one small record per job, never an address or a prompt. A
job counts once, however often it is told of; a retry that submits anew counts as a further one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from airflow_provider_wan import prices
from airflow_provider_wan.costs.limits import (
    Limit,
    OverBudgetError,
    RunLimit,
    check,
    spent_elsewhere,
)
from airflow_provider_wan.costs.spent import (
    CHUNK,
    COST_KEY,
    OPEN,
    Spent,
    as_value,
    key_of,
    read_value,
    rows_in,
    summary,
)
from airflow_provider_wan.dashscope import results
from airflow_provider_wan.dashscope.price_list import Money
from airflow_provider_wan.dashscope.results import TaskStatus
from airflow_provider_wan.prices import as_money

if TYPE_CHECKING:
    from airflow_provider_wan.dashscope.results import TaskSnapshot
    from airflow_provider_wan.jobs import Job
    from airflow_provider_wan.ledger import Store

__all__ = ["COST_KEY", "OverBudgetError", "RunLimit", "Spending", "as_money", "spent_elsewhere"]


class Spending:
    """What all attempts of one task instance have submitted and paid. Read at first use.

    Args:
        store: Airflow's task state store, or what stands in for it. None: kept as long as this object.
        region: Region of the account.
    """

    def __init__(self, store: Store | None, *, region: str) -> None:
        self._store = store
        self._region = region
        self._read: dict[str, Spent] | None = None
        self._part_of: dict[str, int] = {}
        self._last = self._rows = 0
        self._changed: set[int] = set()

    @property
    def jobs(self) -> Sequence[Spent]:
        """The jobs, in the order in which they became known."""
        return tuple(self._jobs.values())

    def submitted(self, job: Job, at_most: Money | None, *, flush: bool = True) -> None:
        """A job was submitted, or an earlier attempt's is taken up.

        Args:
            job: The job.
            at_most: What it costs at most, see `estimates.at_most`; None where nobody can tell.
            flush: Whether to store it at once. A batch does that once a round.
        """
        if job.task_id not in self._jobs:
            self._put(Spent(job.task_id, OPEN, job.model, int(job.submitted_at), at_most=at_most))
        if flush:
            self.flush()

    def ended(self, job: Job, snapshot: TaskSnapshot, *, flush: bool = True) -> bool:
        """A job was seen to end, well or not. What is known of its cost by now is never forgotten again.

        Args:
            job: The job.
            snapshot: Its last look; one that goes on changes nothing.
            flush: As for `submitted`.

        Returns:
            Whether that is news.
        """
        found = self._jobs.get(job.task_id) or Spent(job.task_id, OPEN, job.model, int(job.submitted_at))
        status = snapshot.status
        news = found.status == OPEN and not status.active
        if status is TaskStatus.SUCCEEDED and not found.settled:
            region = job.region or self._region
            seconds = results.billed_seconds(snapshot.usage, job.model)
            cost = prices.cost_of(job.model, region, snapshot.usage)
            self._put(
                replace(
                    found,
                    status=str(status),
                    seconds=found.seconds if seconds is None else seconds,
                    cost=Money(Decimal(cost["amount"]), cost["currency"]) if cost else None,
                )
            )
        elif found.status in (OPEN, TaskStatus.UNKNOWN) and not status.active:
            self._put(replace(found, status=str(status)))
        if flush:
            self.flush()
        return news

    def flush(self) -> None:
        """Store what has changed."""
        if self._store is None:
            self._changed.clear()
            return
        for number in sorted(self._changed):
            part = [job for job in self._jobs.values() if self._part_of[job.task_id] == number]
            # No retention of its own: money is remembered for as long as the deployment remembers anything.
            self._store.set(key_of(number), as_value(part))
        self._changed.clear()

    def summary(self) -> dict[str, Any]:
        """Return what it adds up to, the XCom `wan_cost`.

        Returns:
            `paid` and `open`, amounts by currency; `open` is what jobs without a known cost may cost at most;
            `unknown`, how many there are of which nobody can tell; `jobs`, how many were submitted. All attempts count.
        """
        return summary(self._jobs.values())

    def check(self, next_one: Money | None, max_cost: Decimal | None) -> None:
        """Refuse to submit another edit that may cost more than is left for this task.

        Args:
            next_one: What it costs at most; None where nobody can tell.
            max_cost: The limit, in `prices.currency()`; None: there is none.

        Raises:
            OverBudgetError: Saying what was spent, and what to do.
        """
        if max_cost is not None:
            advice = "Raise max_cost and clear the task; what is landed is not paid again."
            limit = Limit(max_cost, prices.currency(), "max_cost", "by this task", advice)
            check(limit, self.summary(), next_one)

    @property
    def _jobs(self) -> dict[str, Spent]:
        if self._read is None:
            jobs: dict[str, Spent] = {}
            rows, number = 0, 0
            while self._store is not None:
                found = self._store.get(key_of(number))
                for one in read_value(found):
                    jobs[one.task_id] = one
                    self._part_of[one.task_id] = number
                rows = rows_in(found)
                if rows < CHUNK:
                    break
                number += 1
            self._last, self._rows = number, rows
            self._read = jobs  # only now: what was read by halves must never be written back
        return self._read

    def _put(self, spent: Spent) -> None:
        jobs = self._jobs
        if jobs.get(spent.task_id) == spent:
            return
        if spent.task_id not in jobs:
            if self._rows == CHUNK:
                self._last, self._rows = self._last + 1, 0
            self._part_of[spent.task_id] = self._last
            self._rows += 1
        jobs[spent.task_id] = spent
        self._changed.add(self._part_of[spent.task_id])
