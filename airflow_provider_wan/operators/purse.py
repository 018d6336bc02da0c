"""What a task instance may spend and has spent, as its edits need it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from airflow_provider_wan import prices
from airflow_provider_wan.dashscope.errors import InvalidRequestError
from airflow_provider_wan.dashscope.estimates import at_most
from airflow_provider_wan.operators.base import WanParameterError
from airflow_provider_wan.spending import RunLimit, Spending, as_money

if TYPE_CHECKING:
    from airflow_provider_wan.dashscope.price_list import Money
    from airflow_provider_wan.ledger import Store
    from airflow_provider_wan.logs import Log


class Purse:
    """Asked before each submission, and told of each job.

    Args:
        context: Airflow's context.
        store: Airflow's task state store; None where there is none.
        region: Region of the account.
        max_cost: Most that this task may spend, in all its attempts; None: no limit.
        log: The task's log.

    Attributes:
        spending: What all attempts have submitted and paid.
    """

    def __init__(self, context: Any, store: Store | None, *, region: str, max_cost: Any, log: Log) -> None:
        self._context = context
        self._region = region
        self._max_cost = max_cost
        self._log = log
        self.spending = Spending(store, region=region)
        self._run: RunLimit | None = None

    def allow(self, body: Mapping[str, Any], lengths: Mapping[str, float]) -> Money | None:
        """Return what an edit costs at most; refuse it where it may cost more than is left.

        Args:
            body: Its request.
            lengths: How long its inputs are, as far as is known; see `estimates.at_most`.

        Raises:
            OverBudgetError: Saying what was spent, and what to do.
            WanParameterError: `max_cost` is no amount.
            PriceSettingsError: The deployment's prices or limits can't be read.
        """
        most = at_most(body, self._region, lengths, prices.configured())
        self.spending.check(most, _amount(self._max_cost))
        self._run = self._run or RunLimit(self._context, prices.max_cost_per_run(), self.spending)
        self._run.check(most)
        return most

    def refresh(self) -> None:
        """Look anew, at the next submission, at what the run's other tasks have spent."""
        if self._run is not None:
            self._run.refresh()

    def tell(self, body: Mapping[str, Any], most: Money | None) -> None:
        """Say in the log what an edit costs at most."""
        if most is not None:
            date = prices.price_date(str(body.get("model")), self._region)
            dated = f", by the prices of {date}" if date else ""
            self._log.info("It will cost at most %s%s.", most, dated, wan_at_most=str(most))


def _amount(value: Any) -> Decimal | None:
    try:
        return as_money(value)
    except InvalidRequestError as error:
        raise WanParameterError(f"{error} Nothing was sent. It is not retried.") from error
