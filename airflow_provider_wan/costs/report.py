"""Puts jobs and what they cost into lines, by run, task, model or day. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from airflow_provider_wan.costs.spent import OPEN, Spent, summary
from airflow_provider_wan.dashscope.errors import InvalidRequestError
from airflow_provider_wan.dashscope.results import TaskStatus

if TYPE_CHECKING:
    from airflow_provider_wan.costs.gather import Counted

BY: Mapping[str, Callable[[Counted], str]] = {
    "run": lambda one: one.instance.run_id,
    "task": lambda one: one.instance.task_id,
    "model": lambda one: one.spent.model or "?",
    "day": lambda one: day_of(one.spent.submitted_at),
}
"""What a line may be about."""
TOTAL = "total"
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


@dataclass(frozen=True, slots=True)
class Line:
    """Some jobs and what they cost.

    Attributes:
        name: What they have in common.
        jobs: How many.
        paid: How many of them ended well, which is what is billed.
        failed: How many failed or were cancelled, which is free.
        open: How many haven't been seen to end.
        unpriced: Of how many nobody can tell what they cost.
        seconds: Billed seconds, as far as they are known.
        cost: What is paid, by currency.
        at_most: What those without a known cost cost at most, by currency.
    """

    name: str
    jobs: int
    paid: int
    failed: int
    open: int
    unpriced: int
    seconds: Decimal
    cost: Mapping[str, str]
    at_most: Mapping[str, str]

    @classmethod
    def of(cls, name: str, jobs: Sequence[Spent]) -> Line:
        """Add up jobs."""
        sums = summary(jobs)
        return cls(
            name=name,
            jobs=len(jobs),
            paid=sum(job.status == TaskStatus.SUCCEEDED for job in jobs),
            failed=sum(job.free for job in jobs),
            open=sum(job.status == OPEN for job in jobs),
            unpriced=sums["unknown"],
            seconds=sum((job.seconds for job in jobs if job.seconds is not None), Decimal(0)),
            cost=sums["paid"],
            at_most=sums["open"],
        )

    def row(self, by: str, *, spoken: bool) -> dict[str, Any]:
        """Return the line for Airflow's printer.

        Args:
            by: Name of the first column.
            spoken: Whether people read it, so that amounts are texts like `3.50 CNY`.
        """
        amounts = {"cost": self.cost, "open at most": self.at_most}
        return {
            by: self.name,
            "jobs": self.jobs,
            "paid": self.paid,
            "failed": self.failed,
            "open": self.open,
            "unpriced": self.unpriced,
            # With its unit it is a text, of which no printer cuts digits.
            "seconds": f"{self.seconds:f}{' s' if spoken else ''}",
            **{name: spell(money) if spoken else dict(money) for name, money in amounts.items()},
        }

    def __str__(self) -> str:
        """Put it into one sentence."""
        jobs = f"{self.jobs} job{'s' if self.jobs != 1 else ''}"
        return (
            f"{jobs}: {self.paid} paid, {self.failed} failed, {self.open} open, {self.unpriced} unpriced; "
            f"{self.seconds:f} s billed; {spell(self.cost) or 'nothing'} paid, {spell(self.at_most) or 'nothing'} open."
        )


def lines(counted: Iterable[Counted], by: str) -> tuple[list[Line], Line]:
    """Return a line for each run, task, model or day, and the total of all.

    Runs are in the order of their first job, the others by name.
    """
    groups: dict[str, list[Spent]] = {}
    everything = []
    for one in counted:
        groups.setdefault(BY[by](one), []).append(one.spent)
        everything.append(one.spent)
    names = list(groups) if by == "run" else sorted(groups)
    return [Line.of(name, groups[name]) for name in names], Line.of(TOTAL, everything)


def spell(amounts: Mapping[str, str]) -> str:
    """Write amounts by currency as one text, e.g. `3.50 CNY + 1.20 USD`."""
    return " + ".join(f"{amount} {currency}" for currency, amount in amounts.items())


def day_of(moment: int) -> str:
    """Return the day of a moment, in UTC; `?` where it isn't known."""
    return datetime.fromtimestamp(moment, UTC).date().isoformat() if moment else "?"


def moment(text: str | None, option: str, *, now: datetime, ends: bool = False) -> datetime | None:
    """Read a moment as people write it on a command line.

    Args:
        text: So long ago (`12h`, `7d`, `2w`), a date, or a date and time; None: none.
        option: Where it was written.
        now: What time it is.
        ends: Whether a date stands for the end of that day.

    Raises:
        InvalidRequestError: It is none of those.
    """
    if text is None:
        return None
    ago = re.fullmatch(r"([0-9]{1,5})([hdw])", text.strip())
    try:
        if ago:
            return now - int(ago[1]) * _UNITS[ago[2]]
        read = datetime.fromisoformat(text.strip())
        if ends and re.fullmatch(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}", text.strip()):
            read += timedelta(days=1)
        return read if read.tzinfo else read.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise InvalidRequestError(
            f"{option} is {text!r}. Write how long ago, e.g. 12h, 7d or 2w, or a date, e.g. 2026-10-01 or "
            "2026-10-01T12:00+08:00 (UTC where it names no zone)."
        ) from None
