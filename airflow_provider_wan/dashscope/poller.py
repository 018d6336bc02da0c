"""The one poller of an account and event loop: it looks at all the jobs that anyone waits for.

What to look at next, and how, is decided elsewhere: a job's `Watch` says when it is due, the `Agenda` which is
most overdue, the `Budget` when a query may go, `sweep` whether the list is the cheaper way. This carries it out.
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from airflow_provider_wan.dashscope.agenda import Agenda
from airflow_provider_wan.dashscope.budget import Budget
from airflow_provider_wan.dashscope.durations import Durations
from airflow_provider_wan.dashscope.errors import (
    AuthenticationError,
    ServiceError,
    WanError,
)
from airflow_provider_wan.dashscope.polling import End, Outcome
from airflow_provider_wan.dashscope.results import TaskSnapshot
from airflow_provider_wan.dashscope.sender import Sender, SteadyClock
from airflow_provider_wan.dashscope.sweep import PAGE_SIZE, Sweep, read_page
from airflow_provider_wan.dashscope.waiters import Group, Job, Waiter

if TYPE_CHECKING:
    from airflow_provider_wan.dashscope.client import AsyncDashScopeClient

IN_FLIGHT = 8
"""Queries sent and not yet answered. One slow answer mustn't hold the others."""
LATE = 60.0
"""Seconds after its deadline at which a wait ends even if its last look has not had its turn."""
AT_ONCE = 20
"""Rows of a list that are made known before the loop's others have a turn."""
_SHORTEST = 0.001
_IDLE = 3600.0

T = TypeVar("T")


def _jitter() -> float:
    return random.uniform(0.9, 1.1)  # noqa: S311


class Poller:
    """Looks at jobs within the account's budget of status queries. Belongs to the event loop it was made in.

    Args:
        client: Sends the queries; shouldn't have patience of its own. The poller closes it.
        qps: Queries a second when all is well.
        clock: Current time in seconds since 1970.
        sleep: Waits so many seconds.
        jitter: Returns a factor near 1 that keeps several processes from looking in step.
        durations: What is known of run times; may be shared between pollers.
        reopen: Makes a new client where the present one has become unusable.

    Attributes:
        durations: As given.
    """

    def __init__(
        self,
        client: AsyncDashScopeClient,
        *,
        qps: float,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Callable[[], float] = _jitter,
        durations: Durations | None = None,
        reopen: Callable[[], Awaitable[AsyncDashScopeClient]] | None = None,
    ) -> None:
        self.durations = durations or Durations()
        self._clock = clock
        self._sleep = sleep
        self._jitter = jitter
        self._now = SteadyClock(clock)
        self._sender = Sender(client, Budget(qps), now=self._now, reopen=reopen)
        self._jobs: dict[str, Job] = {}
        self._groups: dict[str, Group] = {}
        self._too_late: Agenda[Waiter] = Agenda()
        self._asks: deque[asyncio.Future[None]] = deque()
        self._in_flight = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._running: asyncio.Task[None] | None = None
        self._pause: asyncio.Future[None] | None = None
        self._wakes_at = 0.0

    @property
    def client(self) -> AsyncDashScopeClient:
        """The client as given, or its successor."""
        return self._sender.client

    async def wait(
        self,
        task_id: str,
        *,
        model: str,
        function: str,
        submitted_at: float,
        deadline: float,
        on_change: Callable[[TaskSnapshot], None],
        on_trouble: Callable[[ServiceError], None],
    ) -> Outcome:
        """Wait for a job.

        Args:
            task_id: The job.
            model: Model as it was sent.
            function: Edit function; empty where there is none.
            submitted_at: When it was submitted, in seconds since 1970.
            deadline: When to give up, likewise.
            on_change: Told of each snapshot whose status differs from the one before.
            on_trouble: Told once when several looks in a row have failed; the wait goes on.

        Raises:
            WanInputError: There can't be a job of this id.
        """
        waiter = Waiter(
            deadline,
            submitted_at=submitted_at,
            typical=functools.partial(self.durations.typical, model, function),
            jitter=self._jitter,
            on_change=on_change,
            on_trouble=on_trouble,
        )
        job = self._join(task_id, model, function, submitted_at, waiter)
        try:
            return await waiter.ended
        finally:
            self._leave(job, waiter)

    async def ask(self, call: Callable[[], Awaitable[T]]) -> T:
        """Make another query of the account's, such as a list, as soon as the budget allows.

        Raises:
            WanError: Whatever the call raises.
        """
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._asks.append(turn)
        self._wake(float("-inf"))
        self._keep_running()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # its turn came and it was cancelled at the same time
                self._free()
            raise
        try:
            return await self._sender.send(call)
        finally:
            self._free()

    async def aclose(self) -> None:
        """Stop looking and close the connections. Whoever still waits is cancelled."""
        if self._running is not None:
            self._running.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(
            *self._tasks, *([self._running] if self._running else []), return_exceptions=True
        )
        self._give_up(None)
        await self._sender.aclose()

    # -- who waits ---------------------------------------------------------------------------------

    def _join(self, task_id: str, model: str, function: str, submitted_at: float, waiter: Waiter) -> Job:
        now = self._now()
        waiter.due = now + waiter.watch.start(self._clock()).after
        self._too_late.put(waiter, now + max(0.0, waiter.deadline - self._clock()) + LATE)
        job = self._jobs.get(task_id)
        if job is None:
            group = self._groups.setdefault(model, Group(model))
            job = self._jobs[task_id] = Job(task_id, function, group)
            group.oldest.put(task_id, submitted_at)
        job.waiters.append(waiter)
        self._schedule(job)
        self._keep_running()
        return job

    def _leave(self, job: Job, waiter: Waiter) -> None:
        self._too_late.drop(waiter)
        if waiter in job.waiters:
            job.waiters.remove(waiter)
        if job.waiters:
            self._schedule(job)
        elif self._jobs.get(job.task_id) is job:
            del self._jobs[job.task_id]
            group = job.group
            group.due.drop(job.task_id)
            group.oldest.drop(job.task_id)
            if not group.oldest and self._groups.get(group.model) is group:
                del self._groups[group.model]

    def _schedule(self, job: Job) -> None:
        if job.looked_at or not job.waiters or self._jobs.get(job.task_id) is not job:
            return
        due = min(waiter.due for waiter in job.waiters)
        job.group.due.put(job.task_id, due)
        self._wake(due)

    def _give_up(self, error: BaseException | None) -> None:
        for job in list(self._jobs.values()):
            for waiter in job.waiters:
                waiter.give_up(error)
        for turn in self._asks:
            if not turn.done():
                turn.cancel()

    # -- when --------------------------------------------------------------------------------------

    def _wake(self, moment: float) -> None:
        """Have what is due looked through again, if it would have been later than `moment`."""
        if self._pause is not None and moment < self._wakes_at:
            self._pause.cancel()

    def _keep_running(self) -> None:
        if self._running is None or self._running.done():
            # In a context of its own, so that nothing it does is logged as the first waiter's doing.
            self._running = self._start(self._run(), contextvars.Context())
            self._running.add_done_callback(self._stopped)

    async def _run(self) -> None:
        while True:
            now = self._now()
            pause = self._launch(now)
            self._wakes_at = now + pause
            self._pause = asyncio.ensure_future(self._sleep(pause))
            try:
                await asyncio.wait({self._pause})
            finally:
                self._pause.cancel()
                self._pause = None

    def _stopped(self, run: asyncio.Task[None]) -> None:
        # Nobody may wait for ever on a poller that has stopped.
        self._give_up(None if run.cancelled() else run.exception())

    def _launch(self, now: float) -> float:
        """Send what may be sent; return in how many seconds there may be more."""
        while (late := self._too_late.first()) is not None and late[0] <= now:
            self._too_late.drop(late[1])
            late[1].end(Outcome(End.DEADLINE, late[1].watch.last))
        until_late = late[0] - now if late is not None else _IDLE
        while self._in_flight < IN_FLIGHT:
            while self._asks and self._asks[0].done():
                self._asks.popleft()
            group, moment = self._most_urgent(now)
            pause = self._sender.budget.when(now)
            if not self._asks:
                pause = max(pause, moment - now)
            if pause > 0:
                return max(_SHORTEST, min(pause, until_late))
            self._sender.budget.took(now)
            self._in_flight += 1
            if self._asks:
                self._asks.popleft().set_result(None)
            elif group is not None:
                self._start(self._look(group, now))
        return until_late

    def _most_urgent(self, now: float) -> tuple[Group | None, float]:
        best, moment = None, now + _IDLE
        for group in self._groups.values():  # one for each model
            due = group.next_due(now)
            if due < moment:
                best, moment = group, due
        return best, moment

    def _start(
        self, work: Coroutine[Any, Any, None], context: contextvars.Context | None = None
    ) -> asyncio.Task[None]:
        task = asyncio.create_task(work, context=context)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _free(self) -> None:
        self._in_flight -= 1
        self._wake(float("-inf"))

    # -- looking -----------------------------------------------------------------------------------

    def _look(self, group: Group, now: float) -> Coroutine[Any, Any, None]:
        sweep = group.sweep_for(now, self._clock())
        if sweep is not None:
            return self._page(group, sweep, sweep.next_page())
        job = self._jobs[group.take_first()]
        job.looked_at = True
        return self._get(job)

    async def _get(self, job: Job) -> None:
        try:
            snapshot = await self._sender.send(lambda: self.client.get(job.task_id))
        except AuthenticationError as error:
            self._refuse_all(error)
        except ServiceError as error:
            self._tell(job, error)
        except WanError as error:
            for waiter in job.waiters:
                waiter.give_up(error)
        else:
            self._show(job, snapshot)
        finally:
            job.looked_at = False
            self._schedule(job)
            self._free()

    async def _page(self, group: Group, sweep: Sweep, page_no: int) -> None:
        try:
            answer = await self._sender.send(
                lambda: self.client.list_tasks(
                    model=group.model, since=sweep.since, page=page_no, page_size=PAGE_SIZE
                )
            )
            page = read_page(answer, self._jobs)
        except AuthenticationError as error:
            self._refuse_all(error)
            sweep.lost()
        except WanError:
            sweep.lost()  # the jobs are looked at singly for a while, and their waiters told of trouble then
        else:
            sweep.saw(page)
            for number, snapshot in enumerate(page.snapshots, start=1):
                if number % AT_ONCE == 0:
                    await asyncio.sleep(0)  # others want their turn on the loop; each may write to its log
                job = self._jobs.get(snapshot.task_id)
                if job is not None and job.is_news(snapshot):
                    sweep.shown += 1
                    self._show(job, snapshot)
        finally:
            group.conclude(sweep, self._now())
            self._free()

    # -- what was seen -----------------------------------------------------------------------------

    def _show(self, job: Job, snapshot: TaskSnapshot) -> None:
        job.status = snapshot.status
        seconds = job.ran(snapshot, self._clock())
        if seconds is not None:
            self.durations.saw(job.group.model, job.function, seconds)
        self._tell(job, snapshot)

    def _tell(self, job: Job, news: TaskSnapshot | ServiceError) -> None:
        clock, now = self._clock(), self._now()
        for waiter in job.waiters:
            if isinstance(news, TaskSnapshot):
                waiter.saw(news, clock, now)
            else:
                waiter.failed(news, clock, now)
        job.waiters = [waiter for waiter in job.waiters if not waiter.ended.done()]
        self._schedule(job)

    def _refuse_all(self, error: AuthenticationError) -> None:
        for job in list(self._jobs.values()):
            self._tell(job, error)
