"""In which time zone the service means what it writes and reads without one. Pure.

Proven for Beijing only, by official samples; taken alike elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from airflow_provider_wan.dashscope.results import SERVICE_ZONE
from airflow_provider_wan.doctor.answer import Answer, moment_of, rows_of
from airflow_provider_wan.doctor.finding import Finding, note, ok, trouble, warning

_TOLERANCE = 120.0
_STEP = 900.0
"""Zones differ by multiples of 15 minutes."""


@dataclass(frozen=True, slots=True)
class Window:
    """A list of a few minutes around a job's creation.

    Attributes:
        zone: What its limits were written in: `UTC+8` or `UTC`.
        answer: What came.
    """

    zone: str
    answer: Answer

    def shows(self, row: Mapping[str, Any]) -> bool:
        """Whether the job is in it."""
        return any(one.get("task_id") == row.get("task_id") for one in rows_of(self.answer)[1])


def check_times(row: Mapping[str, Any] | None, single: Answer | None) -> Finding:
    """Say in which zone a job's own times are.

    Args:
        row: The job in the list, where times have no zone.
        single: What a query for the job itself answered.
    """
    about = "job times"
    created = moment_of(row) if row else None
    output = single.body.get("output") if single else None
    text = output.get("submit_time") if isinstance(output, Mapping) else None
    if created is None or not isinstance(text, str):
        return note(about, "The zone of a job's times isn't known: no job of the last 24 hours shows one")
    try:
        written = datetime.fromisoformat(text)
    except ValueError:
        return trouble(
            about,
            "A job's `submit_time` isn't a time like 2026-01-31 16:14:44.723",
            advice="open an issue with this report",
        )
    if written.tzinfo:
        return ok(about, f"A job's times name their zone ({written.tzname()}), which the provider heeds")
    offset = written.replace(tzinfo=UTC).timestamp() - created
    hours = round(offset / _STEP) * _STEP / 3600
    if abs(offset - hours * 3600) > _TOLERANCE:
        return note(
            about,
            "A job's `submit_time` and its `gmt_create` in the list differ by no whole quarter of an hour",
            "the same moment",
        )
    if hours == _expected():
        return ok(about, f"A job's times are in UTC{hours:+g}, as taken for granted")
    return trouble(
        about,
        f"A job's times are in UTC{hours:+g} in this region",
        f"UTC{_expected():+g}, as in Beijing; the provider reads them so, and is wrong by "
        f"{abs(hours - _expected()):g} hours",
        "open an issue with this report",
    )


def check_filter(row: Mapping[str, Any] | None, windows: Sequence[Window]) -> Finding:
    """Say in which zone a list's `start_time` and `end_time` are read."""
    about = "list filter"
    answered = [window for window in windows if window.answer.good]
    if row is None or len(answered) < 2:
        refusals = [window.answer.refusal() for window in windows if not window.answer.good]
        if refusals:
            return warning(
                about,
                f"A list from one time to another is refused: {refusals[0]}",
                "the jobs of that time, among which the provider looks for one whose submission was lost",
                "open an issue with this report",
            )
        return note(
            about, "The zone of a list's time filter isn't known: there is no job of the last 24 hours"
        )
    shown = [window.zone for window in answered if window.shows(row)]
    if shown == ["UTC+8"]:
        return ok(about, "A list's time filter is read in UTC+8, as taken for granted")
    expected = "UTC+8, in which the provider writes it when it looks for a job whose submission was lost"
    advice = "open an issue with this report; until then don't set on_unknown_submit='resubmit'"
    if shown == ["UTC"]:
        return trouble(about, "A list's time filter is read in UTC", expected, advice)
    if shown:
        return note(about, "A list's time filter is ignored, or read otherwise than documented", expected)
    return trouble(about, "A list's time filter is read neither in UTC+8 nor in UTC", expected, advice)


def _expected() -> float:
    offset = SERVICE_ZONE.utcoffset(None)
    return offset.total_seconds() / 3600
