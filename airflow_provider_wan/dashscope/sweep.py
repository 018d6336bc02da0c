"""Many jobs in one look: when a list query beats single ones, and how to read its rows. Pure decisions.

The list shows a hundred jobs at the price of one, but it is the whole account's, may be cut into smaller pages
than asked for, has no documented order, and may lag behind. So whatever it doesn't show is looked at singly.
"""

from __future__ import annotations

import math
from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow_provider_wan.dashscope.errors import UnavailableError
from airflow_provider_wan.dashscope.results import TaskSnapshot, TaskStatus

PAGE_SIZE = 100
"""Rows asked for; the service may grant fewer. The largest page is undocumented."""
FEWEST = 4
"""Due jobs below which single looks are as good, and tell more."""
AHEAD = 3.0
"""Seconds: jobs due that soon are worth to be looked at along with those that are due."""
MARGIN = timedelta(minutes=2)
"""By how much the service's clock may differ from ours."""
FARTHEST = timedelta(hours=23, minutes=50)
"""How far back the list is asked for; it reaches 24 hours."""
AGAIN = 300.0
"""Seconds after which a list that wasn't worth it is given another chance."""
AFTER_ERROR_MIN = 5.0
AFTER_ERROR_MAX = 60.0
PATIENCE = 10.0
"""Seconds that due jobs wait for a page that doesn't come before they are looked at singly."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the list.

    Attributes:
        snapshots: The jobs on it that were wanted and could be read.
        rows: How many rows it had.
        pages: How many pages there are; None where the service doesn't tell.
    """

    snapshots: tuple[TaskSnapshot, ...]
    rows: int
    pages: int | None


def read_page(answer: Mapping[str, Any], wanted: Container[str]) -> Page:
    """Read one page of the list.

    Args:
        answer: The service's answer.
        wanted: Ids of jobs to read; on a busy account most rows are others'.

    Raises:
        UnavailableError: The answer makes no sense.
    """
    rows = answer.get("data")
    if not isinstance(rows, list):
        rows = answer.get("tasks")  # so a vendor's own SDK expects it
    total = _count(answer.get("total"))
    if not isinstance(rows, list):
        if total != 0:
            raise UnavailableError(
                "a list of jobs without rows", request_id=str(answer.get("request_id") or "")
            )
        rows = []
    snapshots = tuple(snapshot for row in rows if (snapshot := _snapshot(row, wanted)) is not None)
    return Page(snapshots, len(rows), _pages(answer, total, len(rows)))


def _pages(answer: Mapping[str, Any], total: int | None, rows: int) -> int | None:
    if total is None:
        return _count(answer.get("total_page"))
    granted = _count(answer.get("page_size")) or PAGE_SIZE
    if answer.get("page_no") in (None, 1) and 0 < rows < min(granted, total):
        granted = rows  # says one thing and does another
    return -(-total // granted)


def _snapshot(row: object, wanted: Container[str]) -> TaskSnapshot | None:
    task_id = row.get("task_id") if isinstance(row, Mapping) else None
    if not isinstance(row, Mapping) or not isinstance(task_id, str) or task_id not in wanted:
        return None
    try:
        status = TaskStatus(str(row.get("status")))
    except ValueError:
        return None
    if status is TaskStatus.UNKNOWN:
        return None  # whether that is so, only looks at the job itself can tell
    return TaskSnapshot(
        task_id=task_id,
        status=status,
        submitted_at=_time(row.get("gmt_create")),
        started_at=_time(row.get("start_time")),
        finished_at=_time(row.get("end_time")),
    )


def _time(value: object) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e14:
        return None
    return datetime.fromtimestamp(value / 1000, UTC)


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def since(oldest: float, now: float) -> datetime:
    """Return from when on to list jobs.

    Args:
        oldest: When the oldest open job was submitted, in seconds since 1970.
        now: The present, likewise.
    """
    present = datetime.fromtimestamp(now, UTC)
    return max(datetime.fromtimestamp(max(oldest, 0.0), UTC) - MARGIN, present - FARTHEST)


class Listing:
    """What is known of one model's list: how long it is, and whether it is worth to be asked."""

    def __init__(self) -> None:
        self._pages: int | None = None
        self._learned = 0.0
        self._off_until = float("-inf")
        self._errors = 0

    def worth(self, due: int, waited_for: int, now: float) -> bool:
        """Whether going through the list costs no more than single looks.

        Args:
            due: Jobs that are due, or will be soon.
            waited_for: All open jobs of the model. So long the list is at least, if nothing else is known.
            now: The present.
        """
        if due < FEWEST or now < self._off_until:
            return False
        known = self._pages is not None and now - self._learned < AGAIN
        pages = self._pages if known and self._pages is not None else math.ceil(waited_for / PAGE_SIZE)
        return pages <= due

    def gone_through(self, sweep: Sweep, now: float) -> None:
        """Learn from a sweep that is over."""
        self._errors = 0
        if sweep.pages is not None:
            self._pages, self._learned = sweep.pages, now
        if sweep.shown < sweep.asked:
            self._off_until = now + AGAIN  # it cost more than it showed

    def failed(self, now: float) -> None:
        """Leave the list alone for a while after an error."""
        self._errors += 1
        self._off_until = now + min(AFTER_ERROR_MAX, AFTER_ERROR_MIN * 2.0 ** min(self._errors - 1, 10))


class Sweep:
    """One way through a list: page 1 first, then as many at a time as may go.

    Args:
        due: How many jobs it is made for: those due, or soon.
        started: When.
        since: From when on jobs are listed. The same for all pages, which would shift otherwise.

    Attributes:
        due: As given.
        started: When it was begun.
        since: As given.
        pages: How many pages the list has, as soon and as far as the service tells.
        asked: How many pages were asked for.
        shown: How many jobs that somebody waits for were on them.
        failed: Whether a page brought an error.
    """

    def __init__(self, due: int, started: float, since: datetime) -> None:
        self.started = started
        self.since = since
        self.pages: int | None = None
        self.asked = 0
        self.shown = 0
        self.failed = False
        self.due = due
        self._answered = 0
        self._over = False

    def ready(self, due: int) -> bool:
        """Whether the next page may be asked for.

        Args:
            due: How many jobs are due still; where fewer than the pages left, single looks are cheaper.
        """
        if self._over or self.asked == 0:
            return not self._over
        if self.pages is None:
            # Its length isn't known, so one page after the other, and no more than single looks would be.
            return self.asked == self._answered and due > 0 and self.asked < self.due
        return 0 < self.pages - self.asked <= due

    def next_page(self) -> int:
        """Return the number of the next page, from 1."""
        self.asked += 1
        return self.asked

    def saw(self, page: Page) -> None:
        """Take note of a page's answer."""
        self._answered += 1
        self.pages = self.pages if page.pages is None else page.pages
        self._over = self._over or page.rows == 0

    def lost(self) -> None:
        """Take note that a page brought an error instead; no more are asked for."""
        self._answered += 1
        self.failed = self._over = True

    def over(self, due: int) -> bool:
        """Whether all that were asked for have come, and no more shall be. `due` as for `ready`."""
        return self.asked == self._answered and not self.ready(due)
