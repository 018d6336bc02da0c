"""What may be spent, and the refusal of what would be more."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from airflow_provider_wan import prices
from airflow_provider_wan.costs.spent import COST_KEY, added
from airflow_provider_wan.dashscope.errors import Retry, WanError
from airflow_provider_wan.dashscope.price_list import Money

log = logging.getLogger(__name__)


class OverBudgetError(WanError):
    """An edit would cost more than is allowed, so it wasn't submitted.

    What to do: Raise the limit that the message names, or ask for less, then clear the task.
    """

    retry = Retry.NEVER


@dataclass(frozen=True, slots=True)
class Limit:
    """What may be spent.

    Attributes:
        amount: In `currency`.
        currency: Amounts in others can't be held against it.
        name: What the limit is called where it is set.
        by: Whose spending it is about, as `by this task`.
        advice: What to do when it is reached.
    """

    amount: Decimal
    currency: str
    name: str
    by: str
    advice: str


def check(limit: Limit, spent: Mapping[str, Any], next_one: Money | None) -> None:
    """Refuse an edit that may cost more than is left.

    Args:
        limit: What may be spent.
        spent: What was spent, as `summary` says it.
        next_one: What the edit costs at most. None, or in another currency: it is refused only where nothing is left.

    Raises:
        OverBudgetError: Saying what was spent, that nothing was submitted, and what to do.
    """
    paid, may = (Decimal(spent[part].get(limit.currency, 0)) for part in ("paid", "open"))
    known = next_one is not None and next_one.currency == limit.currency
    asked = next_one.amount if next_one is not None and known else Decimal(0)
    left = limit.amount - paid - may
    others = sorted({*spent["paid"], *spent["open"]} - {limit.currency})
    aside = f" What is in {' and '.join(others)} isn't counted." if others else ""
    if asked > left or (not known and left <= 0):
        currency = limit.currency
        what = f"may cost {asked:.2f} {currency}" if known else "has no known price"
        raise OverBudgetError(
            f"This edit {what}. {paid:.2f} {currency} are paid {limit.by} so far, edits that are under way may cost "
            f"{may:.2f} {currency}, and {limit.name} is {limit.amount:.2f} {currency}.{aside} It was not submitted. "
            f"{limit.advice}"
        )
    if not known:
        price = "is unknown" if next_one is None else f"is in {next_one.currency}, at most {next_one}"
        log.warning(
            "What the next edit may cost %s, so it can't be held against %s of %.2f %s, of which %.2f are left. It is "
            "submitted.",
            *(price, limit.name, limit.amount, limit.currency, left),
        )


class Spends(Protocol):
    """What is asked of a task instance's own account here, see `spending.Spending`."""

    def summary(self) -> dict[str, Any]:
        """Return what it adds up to."""


class RunLimit:
    """`[wan] max_cost_per_run`, asked before each submission of an attempt.

    Tasks that submit in the very same moment can't see each other, so a run may go beyond its limit by what those cost.

    Args:
        context: Airflow's context.
        limit: In `prices.currency()`; None: there is none, and nothing is asked.
        own: What this task instance has spent.
    """

    def __init__(self, context: Any, limit: Decimal | None, own: Spends) -> None:
        self._context = context
        self._limit = limit
        self._own = own
        self._elsewhere: Mapping[str, Any] | None = None

    def refresh(self) -> None:
        """Look anew, at the next check, at what the run's other tasks have spent."""
        self._elsewhere = None

    def check(self, next_one: Money | None) -> None:
        """Refuse an edit that may cost more than is left for the DAG run.

        Raises:
            OverBudgetError: Saying what was spent, and what to do.
        """
        if self._limit is None:
            return
        if self._elsewhere is None:
            self._elsewhere = spent_elsewhere(self._context)
        spent = added([self._elsewhere, self._own.summary()])
        advice = (
            "Have the limit raised in Airflow's configuration and clear the failed tasks; what is landed is not paid "
            "again."
        )
        name = "[wan] max_cost_per_run"
        check(Limit(self._limit, prices.currency(), name, "in this DAG run", advice), spent, next_one)


def spent_elsewhere(context: Any) -> dict[str, Any]:
    """Add up the XComs `wan_cost` of all other task instances of the DAG run."""
    from airflow_provider_wan.operators.siblings import tasks_of_run

    ti = context["ti"]
    found = ti.xcom_pull(task_ids=tasks_of_run(context), key=COST_KEY) or ()
    mine = ti.xcom_pull(task_ids=ti.task_id, key=COST_KEY, map_indexes=ti.map_index)
    rest = [one for one in found if isinstance(one, Mapping)]
    if mine in rest:
        rest.remove(mine)
    return added(rest)
