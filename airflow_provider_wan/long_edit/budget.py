"""Keeps the edits of one film from costing more than its author wants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from airflow_provider_wan import prices
from airflow_provider_wan.costs import limits
from airflow_provider_wan.costs.limits import OverBudgetError
from airflow_provider_wan.dashscope.errors import InvalidRequestError
from airflow_provider_wan.dashscope.price_list import Money
from airflow_provider_wan.jobs import JOB_KEY
from airflow_provider_wan.long_edit.plan import PLAN_KEY, Plan, spent
from airflow_provider_wan.operators.base import WanParameterError

if TYPE_CHECKING:
    from airflow.sdk import Context

__all__ = ["Budget", "OverBudgetError", "as_money", "check"]


class Budget:
    """Asked before each submission of a film's edits; raises where it could go beyond what is allowed.

    Counted are the edits that have ended, by their real costs, and each that was submitted and hasn't ended, and the
    one at hand, by what such an edit costs at most.

    Args:
        max_cost: An amount in `prices.currency()`, or a text that is rendered when it is asked for.
        prepare: Id of the task that made the plan.
        edits: Ids of the tasks that edit.
    """

    def __init__(self, max_cost: Any, prepare: str, edits: Sequence[str]) -> None:
        self._max_cost = max_cost
        self._prepare = prepare
        self._edits = list(edits)

    def __call__(self, context: Context) -> None:
        """Refuse a submission that may be too much.

        Raises:
            OverBudgetError: Saying what was spent.
        """
        ti: Any = context["ti"]
        most = as_money(ti.task.render_template(self._max_cost, context))
        if most is None:
            return
        dearest = Decimal(Plan.from_dict(ti.xcom_pull(task_ids=self._prepare, key=PLAN_KEY)).dearest or 0)
        # Of tasks that are mapped this brings what all their instances have pushed.
        results = [one for one in ti.xcom_pull(task_ids=self._edits) if isinstance(one, Mapping)]
        jobs = ti.xcom_pull(task_ids=self._edits, key=JOB_KEY)
        done = {str(result["task_id"]) for result in results}
        # Of this task itself, an earlier attempt's job may be among them; it failed, or nobody would submit anew.
        under_way = {str(job) for job in jobs if job} - done
        costs = [cost for result in results if (cost := result.get("cost"))]
        check(
            most,
            paid=spent([cost for cost in costs if cost["currency"] == prices.currency()]),
            under_way=dearest * len(under_way),
            next_one=dearest,
        )


def check(max_cost: Decimal, *, paid: Decimal, under_way: Decimal, next_one: Decimal) -> None:
    """Refuse an edit that may cost more than is left.

    Raises:
        OverBudgetError: Saying what was spent.
    """
    currency = prices.currency()
    advice = "Raise max_cost and clear the failed edits; those that are landed are not paid again."
    limits.check(
        limits.Limit(max_cost, currency, "max_cost", "for the film", advice),
        {"paid": {currency: paid}, "open": {currency: under_way}},
        Money(next_one, currency),
    )


def as_money(value: Any) -> Decimal | None:
    """Read an amount; None, an empty text or `None` as rendered: no limit.

    Raises:
        WanParameterError: It is no amount.
    """
    try:
        return prices.as_money(value)
    except InvalidRequestError as error:
        raise WanParameterError(str(error)) from error
