"""Who waits for what in a poller: a waiter's share of a job, a job, and the jobs of one model."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from typing import TypeVar

from airflow_provider_wan.dashscope import sweep as sweeping
from airflow_provider_wan.dashscope.agenda import Agenda
from airflow_provider_wan.dashscope.durations import Spread
from airflow_provider_wan.dashscope.errors import ServiceError
from airflow_provider_wan.dashscope.polling import TOLD_AT, Look, Outcome, Watch
from airflow_provider_wan.dashscope.results import TaskSnapshot, TaskStatus
from airflow_provider_wan.dashscope.sweep import Listing, Sweep

V = TypeVar("V")


class Waiter:
    """One wait: its own deadline, its own patience, its own listeners.

    Args:
        deadline: When to give up.
        submitted_at: When the job was submitted.
        typical: Says when such jobs end.
        jitter: As for `Watch`.
        on_change: Told of each snapshot whose status differs from the one before.
        on_trouble: Told once when several looks in a row have failed.

    Attributes:
        ended: Becomes the wait's outcome.
        due: When this waiter wants the job looked at.
    """

    __slots__ = ("_context", "_on_change", "_on_trouble", "_status", "deadline", "due", "ended", "watch")

    def __init__(
        self,
        deadline: float,
        *,
        submitted_at: float,
        typical: Callable[[], Spread],
        jitter: Callable[[], float],
        on_change: Callable[[TaskSnapshot], None],
        on_trouble: Callable[[ServiceError], None],
    ) -> None:
        self.deadline = deadline
        self.due = 0.0
        self.watch = Watch(deadline, submitted_at=submitted_at, typical=typical, jitter=jitter)
        self.ended: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._on_change = on_change
        self._on_trouble = on_trouble
        self._status: TaskStatus | None = None
        # A triggerer keeps in it whose log a line belongs to.
        self._context = contextvars.copy_context()

    def saw(self, snapshot: TaskSnapshot, clock: float, now: float) -> None:
        """Take note of a look that came back.

        Args:
            snapshot: What it showed.
            clock: The time that deadlines are told in.
            now: The time that looks are planned in.
        """
        if snapshot.status is not self._status:
            self._status = snapshot.status
            self._tell(self._on_change, snapshot)
        self._go_on(self.watch.saw(snapshot, clock), now)

    def failed(self, error: ServiceError, clock: float, now: float) -> None:
        """Take note of a look that didn't; arguments as for `saw`."""
        step = self.watch.failed(error, clock)
        if self.watch.errors == TOLD_AT:
            self._tell(self._on_trouble, error)
        self._go_on(step, now)

    def end(self, outcome: Outcome) -> None:
        """End the wait."""
        if not self.ended.done():
            self.ended.set_result(outcome)

    def give_up(self, error: BaseException | None) -> None:
        """End the wait without an outcome: with an error, or cancelled."""
        if self.ended.done():
            return
        if error is None:
            self.ended.cancel()
        else:
            self.ended.set_exception(error)

    def _go_on(self, step: Look | Outcome, now: float) -> None:
        if isinstance(step, Look):
            self.due = now + step.after
        else:
            self.end(step)

    def _tell(self, listener: Callable[[V], None], news: V) -> None:
        try:
            self._context.run(listener, news)
        except Exception as error:  # noqa: BLE001 -- a listener's own fault, and no other waiter's
            self.give_up(error)


class Job:
    """A job that someone waits for.

    Args:
        task_id: Its id.
        function: Its edit function.
        group: The jobs of its model.

    Attributes:
        waiters: Those who wait for it.
        looked_at: Whether a look at it is on its way.
        status: Its state as last seen.
    """

    __slots__ = ("function", "group", "looked_at", "status", "task_id", "waiters")

    def __init__(self, task_id: str, function: str, group: Group) -> None:
        self.task_id = task_id
        self.function = function
        self.group = group
        self.waiters: list[Waiter] = []
        self.looked_at = False
        self.status: TaskStatus | None = None

    def is_news(self, snapshot: TaskSnapshot) -> bool:
        """Whether a row of the list can be believed: one that shows less than is known already lags behind."""
        return not (self.status is TaskStatus.RUNNING and snapshot.status is TaskStatus.PENDING)

    def ran(self, snapshot: TaskSnapshot, clock: float) -> float | None:
        """Return how many seconds a job ran that has just succeeded; None where it can't be told."""
        if snapshot.status is not TaskStatus.SUCCEEDED:
            return None
        if snapshot.started_at and snapshot.finished_at:
            return (snapshot.finished_at - snapshot.started_at).total_seconds()
        began = self.waiters[0].watch.running_since if self.waiters else None
        return clock - began if began is not None else None


class Group:
    """The open jobs of one model, which one list shows.

    Args:
        model: The model as it was sent.

    Attributes:
        due: When each of them is due.
        oldest: When each of them was submitted.
    """

    def __init__(self, model: str) -> None:
        self.model = model
        self.due: Agenda[str] = Agenda()
        self.oldest: Agenda[str] = Agenda()
        self._listing = Listing()
        self._sweep: Sweep | None = None
        self._swept = float("-inf")

    def next_due(self, now: float) -> float:
        """Return when the next query about these jobs is due; infinity: not before something is answered."""
        first = self.due.first()
        due = first[0] if first else float("inf")
        if self._sweep is None:
            return due
        if self._sweep.ready(self._still_due(now)):
            return self._sweep.started
        return max(due, self._sweep.started + sweeping.PATIENCE)

    def sweep_for(self, now: float, clock: float) -> Sweep | None:
        """Return the sweep whose next page is to be asked for; None: look at one job. Times as for `Waiter.saw`."""
        if self._sweep is not None:
            return self._sweep if self._sweep.ready(self._still_due(now)) else None
        first = self.due.first()
        if first is None or first[0] <= self._swept:
            return None  # the list doesn't show this one
        due = self._still_due(now)
        if not self._listing.worth(due, len(self.oldest), now):
            return None
        oldest = self.oldest.first()
        self._sweep = Sweep(due, now, sweeping.since(oldest[0] if oldest else clock, clock))
        return self._sweep

    def take_first(self) -> str:
        """Take the most overdue job out of those due.

        Raises:
            LookupError: There is none.
        """
        first = self.due.first()
        if first is None:
            raise LookupError("no job is due")
        self.due.drop(first[1])
        return first[1]

    def conclude(self, sweep: Sweep, now: float) -> None:
        """End a sweep if its last page has come."""
        if self._sweep is not sweep or not sweep.over(self._still_due(now)):
            return
        self._sweep = None
        if sweep.failed:
            self._listing.failed(now)
            return
        self._listing.gone_through(sweep, now)
        if 2 * self.due.due_by(sweep.started + sweeping.AHEAD) > sweep.due:
            self._swept = sweep.started  # another one would hardly show more

    def _still_due(self, now: float) -> int:
        return self.due.due_by(now + sweeping.AHEAD)
