"""What in the service's answers isn't as this repository takes it to be. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from airflow_provider_wan.dashscope.price_list import LIST_CURRENCY
from airflow_provider_wan.dashscope.results import TaskSnapshot, billed_seconds, expires_at
from airflow_provider_wan.emulator.usage import expected, usage
from tests.live.cases import Case

_SUBMITTED = frozenset({"request_id", "output", "output.task_id", "output.task_status"})
_LOOKED_AT = (
    _SUBMITTED
    | {f"output.{name}" for name in ("submit_time", "scheduled_time", "end_time", "code", "message")}
    | {f"output.{name}" for name in ("orig_prompt", "actual_prompt", "task_metrics")}
    | {f"output.task_metrics.{name}" for name in ("TOTAL", "SUCCEEDED", "FAILED")}
    | {"usage"}
)
_APART = 120.0


def of_submission(answer: Mapping[str, Any]) -> list[str]:
    """Name the fields of a submission's answer that aren't documented."""
    return [f"submission has {name}" for name in sorted(set(_names(answer)) - _SUBMITTED)]


def of_looks(case: Case, answers: Sequence[Mapping[str, Any]]) -> list[str]:
    """Name the fields of answers to queries that aren't documented, and results elsewhere than documented."""
    place = ["output", *case.model.result_keys]
    known = _LOOKED_AT | {".".join(place[: depth + 1]) for depth in range(len(place))}
    names = {name for answer in answers for name in _names(answer)} - known
    return [f"job has {name}" for name in sorted(names) if not name.startswith("usage.")]


def of_usage(case: Case, used: Mapping[str, Any]) -> list[str]:
    """Name the fields of `usage` that the emulator wouldn't give for this job, and those that it would."""
    body = case.body
    parameters = body.get("parameters") or {}
    ours = usage(case.model, parameters, expected(case.model, body["input"], parameters))
    more, less = sorted(used.keys() - ours.keys()), sorted(ours.keys() - used.keys())
    return [*(f"usage has {name}" for name in more), *(f"usage lacks {name}" for name in less)]


def of_money(case: Case, used: Mapping[str, Any], cost: Mapping[str, str] | None) -> list[str]:
    """Say where a bill can't be told, or is higher than was said before."""
    if billed_seconds(used, case.model_name) is None:
        return ["usage doesn't tell the billed seconds"]
    if cost is None:
        return ["the cost can't be told from usage"]
    if cost["currency"] == LIST_CURRENCY and Decimal(cost["amount"]) > case.most.amount:
        return [f"costs more than {case.most}, which was said before"]
    return []


def of_times(snapshot: TaskSnapshot, *, submitted: float) -> list[str]:
    """Say where times are off: those without a zone, and the end of the result's life.

    Args:
        snapshot: The job's end.
        submitted: When it was submitted, in seconds since 1970 on this machine's clock.
    """
    return list(_times(snapshot, submitted))


def _times(snapshot: TaskSnapshot, submitted: float) -> Iterator[str]:
    if snapshot.submitted_at is None:
        yield "job lacks output.submit_time"
    elif abs(apart := snapshot.submitted_at.timestamp() - submitted) > _APART:
        yield f"submit_time, read as UTC+8, is {apart / 3600:+.2f} h from this machine's clock"
    end, ends = snapshot.finished_at, expires_at(snapshot)
    if end and ends and abs((ends - end).total_seconds() - 86_400) > 3600:
        yield f"the result's address lives {(ends - end).total_seconds() / 3600:.1f} h after the job's end, not 24"


def _names(value: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for name, part in value.items():
        yield f"{prefix}{name}"
        if isinstance(part, Mapping):
            yield from _names(part, f"{prefix}{name}.")


def now() -> float:
    """Return the time in seconds since 1970."""
    return datetime.now(UTC).timestamp()
