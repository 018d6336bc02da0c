"""Waits with a submission until the account's queue has room: the worker's part, see also `triggers.room`.

Nothing is stored: how long the queue is, the service says. So several Airflows, and other programs, can
share an account.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from statistics import fmean
from typing import TYPE_CHECKING, Any, Self

from airflow_provider_wan.dashscope import catalog, room
from airflow_provider_wan.dashscope.errors import (
    AuthenticationError,
    NoRoomError,
    ServiceError,
    ThrottledError,
)
from airflow_provider_wan.dashscope.room import Queue, Standing, describe, notably, spoken

if TYPE_CHECKING:
    from airflow_provider_wan.dashscope.catalog import Model
    from airflow_provider_wan.dashscope.client import DashScopeClient
    from airflow_provider_wan.logs import Log

KIND = "room"
"""Marks the event of a wait for room, among those of waits for jobs."""
QUICK_TRIES = 6
QUICK_PAUSE = 1.0
"""Seconds. A limit of calls a second is waited out on the worker, which takes less than another start of it."""
REFUSED_PAUSE = 60.0


@dataclass(frozen=True, slots=True)
class Waiting:
    """How far an edit has come in its wait for room. Plain numbers; it travels through Airflow's database.

    Attributes:
        since: When it began to wait, in seconds since 1970. Who has waited longest goes first.
        refusals: How often it went back to wait because the service refused its submission with 429.
        let_in: Whether it was just told that there is room.
        waited: Whether it has waited at all.
        seconds: How long a job runs, by the reckoning that let it in; None where there was none.
        end: Why the wait in the triggerer ended: `room`, `deadline` or `refused`.
    """

    since: float
    refusals: int = 0
    let_in: bool = False
    waited: bool = False
    seconds: float | None = None
    end: str = ""

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> Self:
        """Read a trigger's event."""
        end = str(event.get("end"))
        since, refusals = float(event["waiting_since"]), int(event.get("refusals", 0))
        return cls(since, refusals, let_in=end == "room", waited=True, seconds=event.get("seconds"), end=end)

    @property
    def standing(self) -> Standing:
        """What it may claim."""
        if self.let_in:
            return Standing.LET_IN
        return Standing.WAITING if self.waited else Standing.NEW


class Admission:
    """Decides on the worker whether an edit may be submitted now.

    Args:
        client: Client of the account.
        model: Model as it is sent.
        longest: For how many seconds a job may be queued.
        waiting: How far the edit has come in its wait.
        limit: For how many seconds it may wait; None: as long as it takes.
        alive: Raises if the task was ended from outside.
        log: The task's log.
        clock: Seconds since 1970.
        sleep: Waits so many seconds.
    """

    def __init__(
        self,
        client: DashScopeClient,
        *,
        model: str,
        longest: float,
        waiting: Waiting,
        limit: float | None,
        alive: Callable[[], None],
        log: Log,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._model = model
        self.longest = longest
        self.waiting = waiting
        self._limit = limit
        self._alive = alive
        self._log = log
        self._clock = clock
        self._sleep = sleep
        self._tries = 0
        self._known = catalog.find(model)

    @property
    def until(self) -> float | None:
        """When to give up, in seconds since 1970; None: never."""
        return None if self._limit is None else self.waiting.since + self._limit

    def too_long(self) -> Queue | None:
        """Look at the account's queue and return it if it is too long; None if the edit may be submitted.

        A queue that can't be looked at stops nothing. A model that the catalogue doesn't know, or that
        answers without a job, isn't asked about.

        Raises:
            AuthenticationError: The service refuses the key.
        """
        if self._known is None or self._known.running == 0:
            return None
        try:
            pending = self._count(status="PENDING")
        except AuthenticationError:
            raise
        except ServiceError as error:
            self._log.warning("The account's queue can't be looked at, so the edit is submitted: %s", error)
            return None
        queue = self._queue(self._known, pending)
        return None if queue.admits(self.longest, self.waiting.standing) else queue

    def _count(self, **filters: Any) -> int:
        return room.total(self._client.list_tasks(model=self._model, page_size=1, **filters))

    def _queue(self, known: Model, pending: int) -> Queue:
        if self.waiting.let_in and self.waiting.seconds is not None:
            # Reckoned otherwise, it might be sent back and let in again, and so on.
            return Queue(pending, known.running, self.waiting.seconds)
        queue = Queue(pending, known.running, fmean(known.typical_seconds))
        if not queue.doubtful(self.longest):
            return queue
        try:  # how long the account's jobs really take decides here
            ended = self._client.list_tasks(model=self._model, status="SUCCEEDED", page_size=room.PROBE)
        except ServiceError:
            return queue
        ran = room.run_times(ended)
        return replace(queue, seconds=fmean(ran)) if ran else queue

    def tell(self, queue: Queue) -> None:
        """Say in the log why the edit waits, and for how long it expects to."""
        self._log.info(
            "Waiting for room; nothing is submitted yet. %s; max_queue_wait is %s. Room is expected in about %s.",
            *(describe(queue, self._model), spoken(self.longest)),
            spoken(queue.until_room(self.longest)),
        )
        self.waiting = replace(self.waiting, let_in=False, waited=True)

    def wait_here(self) -> None:
        """Wait on the worker until the edit may be submitted.

        Raises:
            NoRoomError: It may not wait any longer.
        """
        last: float | None = None
        while (queue := self.too_long()) is not None:
            expected = queue.until_room(self.longest)
            if last is None or notably(last, expected):
                self.tell(queue)
                last = expected
            self.pause_here(room.look_again(queue, self.longest) * _jitter(0.8, 1.2))
        if last is not None:
            self._log.info("There is room after %s.", spoken(self._clock() - self.waiting.since))

    def refused(self, error: ThrottledError) -> float:
        """Take in that the submission was refused because of a limit.

        Returns:
            For how many seconds to leave the service alone; 0.0 where the pause was made here already.
        """
        self._tries += 1
        if self._tries < QUICK_TRIES and (error.retry_after or 0.0) <= QUICK_PAUSE * 2.0**QUICK_TRIES:
            self.pause_here(room.pause_after(self._tries, QUICK_PAUSE, error.retry_after, _jitter(0.5, 1.0)))
            return 0.0
        refusals = self.waiting.refusals + 1
        self.waiting = replace(self.waiting, refusals=refusals, let_in=False, waited=True)
        pause = room.pause_after(refusals, REFUSED_PAUSE, error.retry_after, _jitter(0.5, 1.0))
        self._log.warning(
            "The service takes no more jobs of %s now, so none was made and the edit waits for room again, "
            "for %s at least. It said: %s",
            *(self._model, spoken(pause), error.reason),
        )
        return pause

    def pause_here(self, seconds: float) -> None:
        """Wait so long on the worker.

        Raises:
            NoRoomError: It may not wait any longer.
        """
        now = self._clock()
        end = now + seconds
        while now < end:
            # In short pieces: a task that is ended from outside shall not sleep on.
            self._sleep(min(1.0, end - now))
            self._alive()
            now = self._clock()
            if self.until is not None and now >= self.until:
                raise no_room(self._model, now - self.waiting.since)


def no_room(model: str, waited: float) -> NoRoomError:
    """Say that the wait for room was cut off."""
    return NoRoomError(
        f"The account's queue for {model} had no room for {spoken(waited)}, as long as `execution_timeout` "
        "allows. Allow more, submit fewer at a time, or raise `max_queue_wait`."
    )


def _jitter(low: float, high: float) -> float:
    return random.uniform(low, high)  # noqa: S311 -- no secret hangs on it
