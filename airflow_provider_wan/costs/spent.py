"""The records of what was spent, one per job: what they say, how they are stored, what they add up to. Pure."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from airflow_provider_wan.dashscope.price_list import Money, text_of
from airflow_provider_wan.dashscope.results import TaskStatus

KEY = "wan_spent"
"""Where a task instance keeps its records, `CHUNK` jobs each: `wan_spent`, `wan_spent.1`, `wan_spent.2`, ..."""
COST_KEY = "wan_cost"
"""XCom of what they add up to, see `summary`."""
CHUNK = 500
"""Jobs per value. Airflow's values may have 64 KB; a job takes about 100 bytes."""

OPEN = "OPEN"
"""State of a job that hasn't been seen to end."""
_LETTERS = {
    OPEN: "O",
    TaskStatus.SUCCEEDED: "S",
    TaskStatus.FAILED: "F",
    TaskStatus.CANCELED: "C",
    TaskStatus.UNKNOWN: "U",
}
_STATES = {letter: str(state) for state, letter in _LETTERS.items()}
_FREE = (TaskStatus.FAILED, TaskStatus.CANCELED)

_NONSENSE = Decimal(10) ** 30

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Spent:
    """One job and what it costs.

    Attributes:
        task_id: The service's id of the job.
        status: `SUCCEEDED`, `FAILED`, `CANCELED` or `UNKNOWN` once it was seen to end, `OPEN` before.
        model: Model as it was sent.
        submitted_at: In whole seconds since 1970.
        seconds: Billed seconds; None before its end, or where the service doesn't tell.
        cost: What it costs. None as long as that isn't known.
        at_most: What it costs at most, as far as that was known when it was submitted.
    """

    task_id: str
    status: str
    model: str
    submitted_at: int
    seconds: Decimal | None = None
    cost: Money | None = None
    at_most: Money | None = None

    @property
    def free(self) -> bool:
        """Whether it ended in a way that isn't billed."""
        return self.status in _FREE

    @property
    def settled(self) -> bool:
        """Whether nothing more is to be learnt of its cost."""
        return self.free or self.cost is not None

    @property
    def unknown(self) -> bool:
        """Whether nobody can tell what it costs: it has ended without a price, or goes on without a bound."""
        return not self.settled and (self.status != OPEN or self.at_most is None)


def summary(jobs: Iterable[Spent]) -> dict[str, Any]:
    """Add up jobs, see `Spending.summary`."""
    paid: dict[str, Decimal] = {}
    may: dict[str, Decimal] = {}
    number = unknown = 0
    for job in jobs:
        number += 1
        unknown += job.unknown
        for sums, money in ((paid, job.cost), (may, None if job.settled else job.at_most)):
            if money is not None:
                sums[money.currency] = sums.get(money.currency, Decimal(0)) + money.amount
    return {"paid": _texts(paid), "open": _texts(may), "unknown": unknown, "jobs": number}


def _texts(sums: Mapping[str, Decimal]) -> dict[str, str]:
    return {currency: text_of(amount) for currency, amount in sorted(sums.items())}


def added(summaries: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Add up what `summary` has returned; what isn't of that form counts nothing."""
    paid: dict[str, Decimal] = {}
    may: dict[str, Decimal] = {}
    unknown = jobs = 0
    for one in summaries:
        for name, sums in (("paid", paid), ("open", may)):
            amounts = one.get(name)
            for currency, amount in amounts.items() if isinstance(amounts, Mapping) else ():
                sums[currency] = sums.get(currency, Decimal(0)) + (decimal_of(amount) or 0)
        unknown += _whole(one.get("unknown"))
        jobs += _whole(one.get("jobs"))
    return {"paid": _texts(paid), "open": _texts(may), "unknown": unknown, "jobs": jobs}


def as_value(jobs: Sequence[Spent]) -> dict[str, Any]:
    """Write records down compactly, as plain JSON: each model's name stands there once."""
    models = list(dict.fromkeys(job.model for job in jobs))
    return {"models": models, "jobs": [_row(job, models.index(job.model)) for job in jobs]}


def _row(job: Spent, model: int) -> list[Any]:
    row: list[Any] = [job.task_id, _LETTERS.get(job.status, "U"), model, job.submitted_at]
    row += [None if job.seconds is None else str(job.seconds), _compact(job.cost)]
    # What it could have cost matters no more once that is known.
    return row if job.settled else [*row, _compact(job.at_most)]


def _compact(money: Money | None) -> str | None:
    return None if money is None else f"{text_of(money.amount)} {money.currency}"


def read_value(value: Any) -> Iterator[Spent]:
    """Read what `as_value` wrote; what isn't of that form is passed over, with a warning."""
    if value is None:
        return
    try:
        models, rows = list(value["models"]), list(value["jobs"])
    except (TypeError, KeyError):
        log.warning("A task state isn't an account of what was spent, as was expected, and is left out.")
        return
    for row in rows:
        try:
            task_id, letter, model, submitted_at, seconds, cost = row[:6]
            yield Spent(
                task_id=str(task_id),
                status=_STATES[letter],
                model=str(models[model]),
                submitted_at=int(submitted_at),
                seconds=decimal_of(seconds),
                cost=_money(cost),
                at_most=_money(row[6]) if len(row) > 6 else None,
            )
        except (TypeError, LookupError, ValueError, ArithmeticError):
            log.warning("A record of what was spent can't be read and is left out.")


def _whole(value: Any) -> int:
    return value if isinstance(value, int) else 0


def rows_in(value: Any) -> int:
    """Return how many records a stored value has, readable or not."""
    rows = value.get("jobs") if isinstance(value, Mapping) else None
    return len(rows) if isinstance(rows, list) else 0


def _money(text: Any) -> Money | None:
    if text is None:
        return None
    amount, currency = str(text).split()
    return Money(Decimal(amount), currency) if decimal_of(amount) is not None else None


def decimal_of(text: Any) -> Decimal | None:
    """Read a number; None where it is none."""
    try:
        amount = Decimal(str(text))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and abs(amount) < _NONSENSE else None


def key_of(number: int) -> str:
    """Return the key of a part of the records, from 0."""
    return f"{KEY}.{number}" if number else KEY
