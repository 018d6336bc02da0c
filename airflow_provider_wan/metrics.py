"""Metrics of edits, through Airflow's own: to StatsD, Datadog or OpenTelemetry, wherever Airflow sends its own.

`docs/metrics.md` has the table. Nothing here raises: an edit matters more than what is counted of it. Tags hold what a
deployment has few of, so never an id, an address or a prompt. Plain StatsD knows no tags, and Airflow drops them for
it; there the tags' values are further parts of the name, in the order of the table, so that nothing is lost.

Importing this has the calls to the service counted, see `dashscope.tally`.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import logging
import re
import socket
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, ParamSpec

from airflow_provider_wan.dashscope import tally
from airflow_provider_wan.dashscope.results import TaskStatus

if TYPE_CHECKING:
    from airflow_provider_wan.dashscope.calls import Call
    from airflow_provider_wan.dashscope.results import TaskSnapshot
    from airflow_provider_wan.jobs import Job

Kind = Literal["job", "room", "batch"]
"""What a trigger waits for: a job, room in the account's queue, or the jobs of a batch."""

NONE, OTHER = "none", "other"
"""Stand for a tag's value where there is none, and where it isn't one of a few."""

_MILLI, _MICRO = 1_000, 1_000_000
_LONGEST = 64
_ENDS = {
    TaskStatus.SUCCEEDED: "wan.jobs.succeeded",
    TaskStatus.FAILED: "wan.jobs.failed",
    TaskStatus.CANCELED: "wan.jobs.canceled",
    TaskStatus.UNKNOWN: "wan.jobs.unknown",
}

_waiting: Counter[str] = Counter()
_turn = threading.Lock()

P = ParamSpec("P")

log = logging.getLogger(__name__)


def _harmless(tell: Callable[P, None]) -> Callable[P, None]:
    @functools.wraps(tell)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            tell(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 -- whatever it is, the edit matters more
            _warn(tell.__name__, f"{type(error).__name__}: {error}")

    return guarded


@functools.lru_cache(maxsize=64)  # once for each kind of trouble
def _warn(what: str, said: str) -> None:
    log.warning("Metrics can't be sent (%s): %s", what, said)


@_harmless
def submitted(job: Job) -> None:
    """A job was submitted. One that an attempt takes up from an earlier one was counted then."""
    _send("incr", "wan.jobs.submitted", 1, _of(job))


@_harmless
def ended(job: Job, snapshot: TaskSnapshot) -> None:
    """A job was seen to end. To be told once of each job, however many attempts see it.

    Args:
        job: The job.
        snapshot: Its last look; one that goes on is not counted.
    """
    name = _ENDS.get(snapshot.status)
    if name is None:
        return
    code = {"code": _code(snapshot.code)} if snapshot.status is TaskStatus.FAILED else {}
    _send("incr", name, 1, _of(job) | code)
    _time("wan.jobs.queue_time", snapshot.submitted_at, snapshot.started_at, job)
    _time("wan.jobs.run_time", snapshot.started_at, snapshot.finished_at, job)


@_harmless
def paid(job: Job, outcome: Mapping[str, Any]) -> None:
    """A job is billed. To be told once of each job.

    Args:
        job: The job.
        outcome: Its result, see `jobs.result`. What it doesn't know, seconds or cost, isn't counted.
    """
    seconds, cost = outcome.get("billed_seconds"), outcome.get("cost")
    if seconds is not None:
        _send("incr", "wan.jobs.billed_milliseconds", _whole(seconds, _MILLI), _of(job))
    if cost is not None:
        tags = _of(job) | {"currency": str(cost["currency"])}
        _send("incr", "wan.jobs.cost_micros", _whole(cost["amount"], _MICRO), tags)


@_harmless
def failed(error: BaseException) -> None:
    """An attempt of a task fails.

    Args:
        error: Why. Counted by its class, e.g. `InvalidRequestError` for what was refused before anything was sent,
            and by what a retry is good for, see `errors.Retry`.
    """
    retry = str(getattr(error, "retry", NONE))
    _send("incr", "wan.edits.failed", 1, {"error": type(error).__name__, "retry": retry})


@_harmless
def waiting(kind: Kind, change: Literal[1, -1]) -> None:
    """A trigger of this process begins to wait, or waits no longer.

    Args:
        kind: What it waits for.
        change: 1 when it begins, -1 when it is over, in whatever way.
    """
    with _turn:
        _waiting[kind] += change
        number = _waiting[kind]
    _send("gauge", "wan.triggers.waiting", number, {"kind": kind, "hostname": socket.gethostname()})


@_harmless
def polls(number: int = 1) -> None:
    """Status queries were sent, for one job or a list, whether answered or not."""
    _send("incr", "wan.polls", number, {})


@_harmless
def throttled(call: Literal["poll", "submit", "other"] = "poll") -> None:
    """The service answered a call with HTTP 429."""
    _send("incr", "wan.throttled", 1, {"call": call})


def _called(call: Call, status: int | None) -> None:
    query = tally.is_status_query(call)
    if query:
        polls()
    if status == 429:
        throttled("poll" if query else "submit" if call.paid else "other")


tally.observe(_called)


# -- tags and values -----------------------------------------------------------------------------------


def _of(job: Job) -> dict[str, str]:
    return {"model": job.model, "function": job.function, "region": job.region}


def _code(code: str) -> str:
    """Return the service's code, but not what only stands in its place: there must be few of them."""
    return OTHER if len(code) > _LONGEST or re.search(r"\d{4}", code) else code


def _plain(value: str) -> str:
    """Leave in a tag what all sinks take."""
    return re.sub(r"[^A-Za-z0-9_.-]", "_", value)[:_LONGEST] or NONE


def _whole(amount: object, scale: int) -> int:
    """Return an amount in whole parts. Not all sinks count in fractions."""
    return round(Decimal(str(amount)) * scale)


def _time(name: str, start: datetime | None, end: datetime | None, job: Job) -> None:
    if start is not None and end is not None and end >= start:
        _send("timing", name, end - start, _of(job))


# -- Airflow's metrics ---------------------------------------------------------------------------------


def _send(how: Literal["incr", "gauge", "timing"], name: str, value: Any, tags: Mapping[str, str]) -> None:
    plain = {key: _plain(text) for key, text in tags.items()}
    stats, takes_tags = _sink()
    if takes_tags:
        getattr(stats, how)(name, value, tags=plain)
    else:
        getattr(stats, how)(".".join([name, *(text.replace(".", "_") for text in plain.values())]), value)


@functools.cache
def _sink() -> tuple[Any, bool]:
    """Return Airflow's metrics, and whether what they go to takes tags. Imported at first use: parsing needs none."""
    # From 3.2 on Airflow has several copies of its metrics, each pointed at the sink by itself. This module points
    # the one for providers when it is first imported, which in the triggerer of 3.2 may not have happened yet.
    with contextlib.suppress(ImportError):
        importlib.import_module("airflow.sdk.serde")
    from airflow.providers.common.compat.sdk import Stats, conf

    def on(option: str) -> bool:
        return bool(conf.getboolean("metrics", option, fallback=False))

    tagged = on("statsd_datadog_enabled") or not on("statsd_on") or on("statsd_influxdb_enabled")
    return Stats, tagged
