"""The report, as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from at_scale.facts import Loss, Run
from at_scale.memory import Peaks
from at_scale.settings import QUERY_LIMIT, RUN_SECONDS, RUNNING_SLOTS, STATUS_QPS

ROWS: dict[str, Callable[[Run], str]] = {
    "Edits that succeeded": lambda run: f"{run.succeeded} of {run.edits}",
    "Results landed": lambda run: str(run.landed),
    "Submissions / jobs / paid": lambda run: (
        f"{run.traffic.submits - run.traffic.submits_throttled} / {run.bill.jobs} / {run.bill.paid}"
    ),
    "Edits paid more than once": lambda run: str(run.bill.paid_more),
    "Killed on the way": lambda run: "; ".join(map(tell, run.losses)) or "nothing",
    "Tasks that took a second attempt": lambda run: str(run.retried),
    "Status queries, per edit": lambda run: f"{run.traffic.queries}, {run.traffic.queries / run.edits:.1f}",
    f"Most queries in any one second (limit {QUERY_LIMIT})": lambda run: str(run.traffic.busiest),
    "Queries refused with 429": lambda run: str(run.traffic.throttled),
    "Submissions refused with 429, and repeated": lambda run: str(run.traffic.submits_throttled),
    "Worker starts, per edit": lambda run: f"{run.starts}, {run.starts / run.edits:.2f}",
    "Wall time": lambda run: f"{run.seconds:.0f} s",
}
KINDS = {
    "worker": "Celery workers with their task processes",
    "triggerer": "Triggerers",
    "scheduler": "Scheduler",
    "api-server": "API server",
    "dag-processor": "DAG processor",
    "postgres": "Postgres",
    "redis": "Redis",
}


def tell(loss: Loss) -> str:
    """Say what was lost, with what, and when."""
    return f"{loss.part} with {loss.held} of them, after {loss.after:.0f} s"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Lay out a Markdown table."""
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows))


def describe(runs: Sequence[Run], peaks: Peaks) -> str:
    """Tell what came out.

    Args:
        runs: One column each.
        peaks: Highest memory use over all of them.
    """
    figures = [[name, *map(row, runs)] for name, row in ROWS.items()]
    memory = [
        [name, f"{peaks.by_kind[kind] / 1024:.0f} MB"] for kind, name in KINDS.items() if peaks.by_kind[kind]
    ]
    shortest, longest = RUN_SECONDS
    return "\n\n".join(
        (
            f"Service at real speed, {RUNNING_SLOTS} jobs at once, {shortest:.0f} to {longest:.0f} s each; "
            f"`status_qps` {STATUS_QPS:g} for each triggerer.",
            table(["", *(f"`{run.dag_id}`" for run in runs)], figures),
            table(
                ["Peak memory (PSS)", ""],
                [*memory, ["All of these together", f"{peaks.total / 1024:.0f} MB"]],
            ),
        )
    )
