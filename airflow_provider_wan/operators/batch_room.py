"""How many edits of a batch may be submitted now."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from airflow_provider_wan.dashscope import catalog, room
from airflow_provider_wan.dashscope.durations import Durations
from airflow_provider_wan.dashscope.errors import AuthenticationError, ServiceError
from airflow_provider_wan.dashscope.results import TaskStatus
from airflow_provider_wan.operators.batch_policy import may_submit
from airflow_provider_wan.triggers.batch_watch import slots_of

if TYPE_CHECKING:
    from airflow_provider_wan.dashscope.client import DashScopeClient
    from airflow_provider_wan.logs import Log

UNPUBLISHED_RPS = 2


class Rooms:
    """The room that the account has for each model, asked for when it is first needed.

    Args:
        client: Client of the account.
        longest: For how long a job may be queued; None: nobody cares.
        log: The task's log.
    """

    def __init__(self, client: DashScopeClient, longest: timedelta | None, log: Log) -> None:
        self._client = client
        self.longest = longest.total_seconds() if longest is not None else None
        self._log = log
        self._let_in = ""
        self._seconds: dict[str, float] = {}
        self._left: dict[str, int | None] = {}
        self._durations = Durations()

    def learn(self, let_in: str, seconds: Mapping[str, float]) -> None:
        """Take in what the wait in the triggerer has shown.

        Args:
            let_in: Model that there is room for; empty: none is known of.
            seconds: Model -> how long its jobs run.
        """
        self._let_in = let_in
        self._seconds.update(seconds)

    def forget(self) -> None:
        """Ask anew from here on."""
        self._left.clear()

    def take(self, model: str, function: str) -> bool:
        """Take one place; False if there is none.

        Raises:
            AuthenticationError: The service refuses the key.
        """
        if model not in self._left:
            self._left[model] = self._ask(model, function)
        left = self._left[model]
        if left is None:
            return True
        self._left[model] = max(0, left - 1)
        return left > 0

    def _ask(self, model: str, function: str) -> int | None:
        if self.longest is None:
            return None
        slots = slots_of(model)
        seconds = self._seconds.get(model) or self._durations.typical(model, function).median
        let_in = model == self._let_in
        self._let_in = "" if let_in else self._let_in
        try:
            answer = self._client.list_tasks(model=model, status=str(TaskStatus.PENDING), page_size=1)
            pending = room.total(answer)
        except AuthenticationError:
            raise
        except ServiceError as error:
            self._log.warning("The account's queue for %s can't be looked at: %s", model, error)
            return 1 if let_in else 0
        fit = may_submit(pending, slots, seconds, self.longest, let_in=let_in)
        if not fit:
            self._log.info(
                "No room for more of %s now: %d jobs are queued in this account, which runs %d at a time for about %s.",
                *(model, pending, slots, room.spoken(seconds)),
            )
        return fit


def submit_rps(model: str) -> int:
    """Return how many submissions of a model the service takes in a second."""
    known = catalog.find(model)
    return known.submit_rps if known else UNPUBLISHED_RPS
