"""The task list: its filters and its pages.

Source: Model Studio, manage-asynchronous-tasks, 2026-02-11. Order and largest page are undocumented: newest
first, unless set otherwise, and a page that is asked too large is cut.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from airflow_provider_wan.emulator.clock import parse_filter_time, whole
from airflow_provider_wan.emulator.presentation import row
from airflow_provider_wan.emulator.service_errors import ServiceRefusal
from airflow_provider_wan.emulator.tasks import Status, Task

_DAY = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Filter:
    """Which jobs are wanted, and which page of them. Moments are seconds since 1970, both included."""

    start: float
    end: float
    task_id: str | None
    model_name: str | None
    status: Status | None
    page_no: int
    page_size: int

    def fits(self, task: Task) -> bool:
        """Whether a job is wanted."""
        return (
            self.start <= task.submitted <= self.end
            and self.task_id in (None, task.id)
            and self.model_name in (None, task.model_name)
            and self.status in (None, task.status)
        )


def read_filter(query: Mapping[str, str], now: float, largest_page: int) -> Filter:
    """Read the list's query parameters; unknown ones are ignored.

    Raises:
        ServiceRefusal: 400; one can't be read, or the times are more than 24 hours apart.
    """
    start, end = _moment(query, "start_time"), _moment(query, "end_time")
    if start is None and end is None:
        start, end = now - _DAY, now
    elif start is None and end is not None:
        start = end - _DAY
    elif end is None and start is not None:
        end = start + _DAY
    if start is None or end is None or not 0 <= end - start <= _DAY:
        raise _invalid("end_time")
    # The filter has whole seconds: the last one belongs to it entirely.
    end += 0 if "end_time" not in query else 0.999999
    status = query.get("status")
    if status and status not in Status.__members__:
        raise _invalid("status")
    return Filter(
        start=start,
        end=end,
        task_id=query.get("task_id") or None,
        model_name=query.get("model_name") or None,
        status=Status(status) if status else None,
        page_no=_whole(query, "page_no", 1),
        page_size=min(_whole(query, "page_size", 10), largest_page),
    )


def page(
    tasks: Iterable[Task], wanted: Filter, region: str, *, array: str = "data", oldest_first: bool = False
) -> dict[str, Any]:
    """Return one page of the list, its rows in `array`."""
    found = [task for task in tasks if wanted.fits(task)]
    if not oldest_first:
        found.reverse()
    first = (wanted.page_no - 1) * wanted.page_size
    return {
        "total": len(found),
        "total_page": math.ceil(len(found) / wanted.page_size),
        "page_no": wanted.page_no,
        "page_size": wanted.page_size,
        array: [row(task, region) for task in found[first : first + wanted.page_size]],
    }


def _moment(query: Mapping[str, str], name: str) -> float | None:
    text = query.get(name)
    if not text:
        return None
    try:
        return parse_filter_time(text)
    except ValueError:
        raise _invalid(name) from None


def _whole(query: Mapping[str, str], name: str, default: int) -> int:
    number = whole(query.get(name) or str(default))
    if number is None or number < 1:
        raise _invalid(name)
    return number


def _invalid(name: str) -> ServiceRefusal:
    return ServiceRefusal(
        400,
        "InvalidParameter",
        f"Required parameter({name}) missing or invalid, please check the request parameters.",
    )
