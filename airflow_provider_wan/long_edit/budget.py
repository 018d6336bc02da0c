"""Keeps the edits of one film from costing more than its author wants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from airflow_provider_wan.dashscope.errors import Retry, WanError
from airflow_provider_wan.jobs import JOB_KEY
from airflow_provider_wan.long_edit.plan import PLAN_KEY, Plan, spent
from airflow_provider_wan.operators.base import WanParameterError

if TYPE_CHECKING:
    from airflow.sdk import Context


class OverBudgetError(WanError):
    """An edit would cost more than its author allowed, so it wasn't submitted."""

    retry = Retry.NEVER


class Budget:
    """Asked before each submission of a film's edits; raises where it could go beyond what is allowed.

    Counted are the edits that have ended, by their real costs, and each that was submitted and hasn't ended, and the
    one at hand, by what such an edit costs at most.

    Args:
        max_cost: An amount in CNY, or a text that is rendered when it is asked for.
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
        check(
            most,
            paid=spent([result.get("cost") for result in results]),
            under_way=dearest * len(under_way),
            next_one=dearest,
        )


def check(max_cost: Decimal, *, paid: Decimal, under_way: Decimal, next_one: Decimal) -> None:
    """Refuse an edit that may cost more than is left.

    Raises:
        OverBudgetError: Saying what was spent.
    """
    if paid + under_way + next_one <= max_cost:
        return
    raise OverBudgetError(
        f"This edit may cost {next_one:.2f} CNY. {paid:.2f} CNY are paid for the film so far, edits that are under way "
        f"may cost {under_way:.2f} CNY, and max_cost is {max_cost:.2f} CNY. It was not submitted. Raise max_cost and "
        "clear the failed edits; those that are landed are not paid again."
    )


def as_money(value: Any) -> Decimal | None:
    """Read an amount in CNY; None, an empty text or `None` as rendered: no limit.

    Raises:
        WanParameterError: It is no amount.
    """
    if value in (None, "", "None"):
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation as error:
        raise WanParameterError(f"max_cost={value!r}: must be an amount in CNY. Give e.g. 50.") from error
    if not amount.is_finite() or amount < 0:
        raise WanParameterError(f"max_cost={value!r}: must be 0 or more. Give e.g. 50.")
    return amount
