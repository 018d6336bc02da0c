"""How far an edit is: its phase, its timeline, what it waits for. Decided from its records alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, TypeAlias

from airflow_provider_wan.records import LANDED, ROOM
from airflow_provider_wan.ui.instance import PATH_KEY, RESULT_KEY, Instance
from airflow_provider_wan.ui.values import iso, mapping, moment, number, text

Phase: TypeAlias = Literal[
    "not_started",
    "waiting_for_room",
    "queued",
    "running",
    "landing",
    "succeeded",
    "failed",
    "expired",
    "canceled",
]
WAITING: frozenset[Phase] = frozenset({"not_started", "waiting_for_room", "queued", "running", "landing"})
FAILED: frozenset[Phase] = frozenset({"failed", "canceled"})

_NOT_BEGUN = frozenset({None, "none", "scheduled", "queued", "restarting"})
NEVER = frozenset({"skipped", "upstream_failed", "removed"})
"""States of task instances that never ran, or didn't in the end."""
_LOST = frozenset({"failed", "up_for_retry"})
_OVER = frozenset({"success", "failed", *NEVER})
_OF_STATUS: Mapping[str, Phase] = {
    ROOM: "waiting_for_room",
    "PENDING": "queued",
    "RUNNING": "running",
    "SUSPENDED": "running",
    "SUCCEEDED": "landing",
    LANDED: "landing",
}


def over(state: str | None) -> bool:
    """Whether a task instance in this state doesn't change any more by itself."""
    return state in _OVER


def refresh(state: str | None, phase: Phase) -> int | None:
    """Seconds after which it is worth looking again; None where nothing will change."""
    if over(state):
        return None
    return 5 if phase in WAITING and state not in _NOT_BEGUN else 10


def rank(state: str | None) -> int:
    """Where a task instance in this state comes in a list: failures (0), what is waited for (1), the rest (2)."""
    if state in _LOST:
        return 0
    return 2 if over(state) else 1


def phase_of(instance: Instance, now: datetime) -> Phase:
    """Return an instance's phase."""
    state, kind = instance.state, instance.kind
    if state == "success":
        return "expired" if kind == "edit" and expired(instance.result, now) else "succeeded"
    if state in _LOST:
        return "canceled" if _canceled(instance) else "failed"
    if state in NEVER:
        return "not_started"
    if state in _NOT_BEGUN and (instance.outdated or instance.failure or RESULT_KEY in instance.values):
        return "not_started"  # cleared, or about to be tried again
    if kind == "batch":
        return "running" if instance.jobs or instance.entries else "not_started"
    if kind == "footage":
        return "not_started" if state in _NOT_BEGUN else "running"
    status = text(instance.progress.get("status"))
    if status is None:
        return "queued" if instance.jobs else "not_started"
    return _OF_STATUS.get(status, "running")


def entry_phase(entry: Mapping[str, Any], now: datetime) -> Phase:
    """Return the phase of an edit of a batch that has ended."""
    if "error" in entry:
        return "canceled" if entry.get("status") == "CANCELED" else "failed"
    return "expired" if expired(entry, now) else "succeeded"


def expired(result: Mapping[str, Any], now: datetime) -> bool:
    """Whether a result was never landed, and the service has deleted it by now."""
    until = moment(result.get("expires_at"))
    return bool(result) and not text(result.get(PATH_KEY)) and until is not None and until <= now


def timeline(instance: Instance) -> list[dict[str, Any]]:
    """Return an edit's stages with their moments, and the seconds since the one before."""
    result, progress, failure = instance.result, instance.progress, instance.failure
    status, at = text(progress.get("status")), moment(progress.get("at"))
    failed_with_job = failure.get("at") if text(failure.get("task_id")) else None
    stages = {
        "submitted": moment(result.get("submitted_at")) or moment(progress.get("submitted_at")),
        "running": moment(result.get("started_at")) or (at if status == "RUNNING" else None),
        "ended": moment(result.get("finished_at"))
        or (at if status in ("SUCCEEDED", "FAILED", "CANCELED") else None)
        or moment(failed_with_job),
        "landed": at if status == LANDED else None,
    }
    made: list[dict[str, Any]] = []
    before: datetime | None = None
    for name, when in stages.items():
        if when is None:
            continue
        # The service's clock and ours may differ by a little.
        seconds = None if before is None else round(max(0.0, (when - before).total_seconds()), 3)
        made.append({"name": name, "at": iso(when), "seconds": seconds})
        before = when
    return made


def waiting(instance: Instance, phase: Phase, now: datetime) -> dict[str, Any] | None:
    """Return what an edit waits for and since when; None where it doesn't wait."""
    if phase not in WAITING or over(instance.state):
        return None
    progress = {} if instance.outdated else instance.progress
    names = {"waiting_for_room": "since", "queued": "submitted_at"}
    since = moment(progress.get(names.get(phase, "at"))) or moment(progress.get("at"))
    if phase == "not_started" or since is None:
        since = None if instance.state in _NOT_BEGUN else instance.begun
    queue = mapping(progress.get("queue"))
    return {
        "status": text(progress.get("status")) or instance.state,
        "since": iso(since),
        "age_seconds": None if since is None else round(max(0.0, (now - since).total_seconds()), 1),
        "queue": {name: int(number(queue.get(name)) or 0) for name in ("pending", "running")}
        if queue
        else None,
        "deadline": iso(moment(progress.get("deadline"))),
    }


def lasted(instance: Instance, now: datetime) -> float | None:
    """Seconds from an edit's submission to its end, or till now; of other tasks, those of the attempt."""
    stages = timeline(instance) if instance.kind == "edit" else []
    first = moment(stages[0]["at"]) if stages and stages[0]["name"] == "submitted" else instance.begun
    if first is None:
        return None
    if not over(instance.state) and instance.state != "up_for_retry":
        last: datetime | None = now
    else:
        last = moment(stages[-1]["at"]) if len(stages) > 1 else instance.ended
    return None if last is None else round(max(0.0, (last - first).total_seconds()), 1)


def entry_lasted(entry: Mapping[str, Any]) -> float | None:
    """Seconds from the submission of an edit of a batch to its end."""
    first, last = moment(entry.get("submitted_at")), moment(entry.get("finished_at"))
    return None if first is None or last is None else round(max(0.0, (last - first).total_seconds()), 1)


def _canceled(instance: Instance) -> bool:
    return (
        instance.progress.get("status") == "CANCELED"
        or instance.failure.get("error") == "TaskCanceledError"
        or instance.failure.get("code") == "CANCELED"
    )
