"""What came of live jobs, and the table of it that ends a run. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from airflow_provider_wan.dashscope.price_list import LIST_CURRENCY
from airflow_provider_wan.doctor.hiding import patterns_hidden, shortened


@dataclass(slots=True)
class Outcome:
    """What came of a job, for the table.

    Attributes:
        function: The function.
        model: The model's id.
        task_id: The job; empty where there is none.
        status: Its last state, or why there is no job.
        seconds: How long it took from its submission, by this machine's clock.
        billed: Seconds that are billed; None: not told.
        cost: What that costs; None: not told, or nothing.
        surprises: What wasn't as expected.
    """

    function: str
    model: str = ""
    task_id: str = ""
    status: str = ""
    seconds: float | None = None
    billed: Decimal | None = None
    cost: Mapping[str, str] | None = None
    surprises: list[str] = field(default_factory=list)


_HEAD = ("function", "model", "job", "state", "seconds", "billed s", f"cost {LIST_CURRENCY}", "surprises")


def table(outcomes: Sequence[Outcome]) -> str:
    """Return the outcomes as a table, without anything secret."""
    rows = [_HEAD, *map(_row, outcomes)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD) - 1)]
    lines = [
        "  ".join([*(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=False)), row[-1]])
        for row in rows
    ]
    spent = sum((Decimal(one.cost["amount"]) for one in outcomes if one.cost), Decimal(0))
    return "\n".join(
        [*(line.rstrip() for line in lines), f"Together {spent:.2f} {LIST_CURRENCY} by the list prices."]
    )


def _row(outcome: Outcome) -> tuple[str, ...]:
    return (
        outcome.function,
        outcome.model or "-",
        shortened(outcome.task_id) or "-",
        patterns_hidden(outcome.status),
        "-" if outcome.seconds is None else f"{outcome.seconds:.0f}",
        "-" if outcome.billed is None else f"{outcome.billed:f}",
        f"{Decimal(outcome.cost['amount']):.2f}" if outcome.cost else "-",
        patterns_hidden("; ".join(outcome.surprises)) or "none" if outcome.task_id else "",
    )
