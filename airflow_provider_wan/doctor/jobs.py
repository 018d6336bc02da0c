"""How many jobs are queued and running, and how that compares with what the account may run. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from airflow_provider_wan.dashscope import catalog
from airflow_provider_wan.dashscope.durations import LONGEST
from airflow_provider_wan.dashscope.room import expected_wait, spoken
from airflow_provider_wan.doctor.answer import Answer, rows_of, whole
from airflow_provider_wan.doctor.finding import Finding, note, ok, warning
from airflow_provider_wan.doctor.limits import Limit

STATES = ("RUNNING", "PENDING")


@dataclass(slots=True)
class Counts:
    """Jobs of one state.

    Attributes:
        answer: The list of them; None: not asked.
        totals: What the service said when asked for one model's, where the list didn't show all.
    """

    answer: Answer | None = None
    totals: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many there are in all."""
        seen = len(rows_of(self.answer)[1]) if self.answer else 0
        return max(seen, (whole(self.answer.body.get("total")) or 0) if self.answer else 0)

    @property
    def by_model(self) -> Counter[str]:
        """How many of each model, as far as that is known."""
        rows = rows_of(self.answer)[1] if self.answer else []
        seen = Counter(str(row.get("model_name") or "?") for row in rows)
        seen.update({name: total - seen[name] for name, total in self.totals.items() if total > seen[name]})
        return seen

    @property
    def incomplete(self) -> bool:
        """Whether there are more than were seen."""
        return self.total > sum(self.by_model.values())


def check_jobs(counts: Mapping[str, Counts], limits: Mapping[str, Limit]) -> Iterator[Finding]:
    """Say what is in the account's queues.

    Args:
        counts: Jobs by state.
        limits: What the account may run of a model, by the service's own account; models that aren't in it go by the
            catalogue.
    """
    about = "jobs"
    lost = [state for state in STATES if (answer := counts[state].answer) is None or not answer.good]
    if lost:
        answer = counts[lost[0]].answer
        why = f" ({answer.refusal()})" if answer else ""
        yield note(about, f"How many jobs are {' or '.join(lost)} couldn't be seen{why}")
        return
    running, pending = (counts[state].by_model for state in STATES)
    names = sorted(running.keys() | pending.keys())
    if not names:
        yield ok(about, "No job is queued or running in this account, whoever submitted it")
        return
    unseen = [
        f"{counts[state].total - sum(counts[state].by_model.values())} {state}"
        for state in STATES
        if counts[state].incomplete
    ]
    if unseen:
        yield note(about, f"Further jobs of models that weren't looked at: {' and '.join(unseen)}")
    for name in names:
        yield _of_model(name, running[name], pending[name], limits.get(name))


def _of_model(name: str, running: int, pending: int, limit: Limit | None) -> Finding:
    about = "jobs"
    model = catalog.find(name)
    slots = limit.running if limit and limit.running else model.running if model else None
    found = f"{name}: {running} running, {pending} queued"
    if not slots:
        return note(about, f"{found}; what the account may run of it isn't known")
    source = "by the service" if limit and limit.running else "by the catalogue"
    found = f"{found}; the account runs {slots} at a time ({source})"
    if running > slots:
        return note(
            about,
            found,
            f"at most {slots} running",
            "the account may run more than is known here; tell in an issue, and see `airflow wan pools`",
        )
    longest = model.typical_seconds[1] if model else 600
    wait = expected_wait(pending, slots, float(longest))
    if wait > LONGEST:
        return warning(
            about,
            f"{found}, so one submitted now may wait for {spoken(wait)}",
            f"less than {spoken(LONGEST)}, after which the service fails what has no result",
            "submit less at a time: keep max_queue_wait set, and see `airflow wan pools`",
        )
    if pending:
        return note(about, f"{found}, so one submitted now may wait for {spoken(wait)}")
    return ok(about, found)


def seen_models(answers: Sequence[Answer | None], most: int) -> list[str]:
    """Return the models that most rows are of, at most so many."""
    seen = Counter(
        name
        for answer in answers
        if answer
        for row in rows_of(answer)[1]
        if isinstance(name := row.get("model_name"), str)
    )
    return [name for name, _ in seen.most_common(most)]
