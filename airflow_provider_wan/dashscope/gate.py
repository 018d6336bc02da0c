"""Edits that wait for room, in one line per account and model.

One look at the account's queue serves all of them: the service allows few queries, and they would only
rush in together. The line is fair among those who wait at this gate. Gates of other processes and other
Airflows see each other's jobs in the queue, which is the same for all.
"""

from __future__ import annotations

import asyncio
import bisect
import contextlib
import contextvars
import itertools
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, proxy

from airflow_provider_wan.dashscope import room
from airflow_provider_wan.dashscope.errors import AuthenticationError, ServiceError, UnavailableError
from airflow_provider_wan.dashscope.room import LetIn, Queue

if TYPE_CHECKING:
    from airflow_provider_wan.dashscope.poller import Poller

TOLD_AT = 3
"""So many failed looks in a row are worth a line in the log, and after them the queue's length is guessed."""


@dataclass(frozen=True, slots=True)
class News:
    """What someone who waits may want to know.

    Attributes:
        queue: The account's queue; None while it can't be had.
        ahead: Others at this gate that are to be let in before.
        expected: Seconds until there may be room.
        trouble: Why the queue can't be looked at, once that has lasted.
    """

    queue: Queue | None
    ahead: int
    expected: float
    trouble: ServiceError | None = None


_numbers = itertools.count()


@dataclass(order=True, slots=True)
class _Ticket:
    since: float
    number: int = field(init=False, default_factory=lambda: next(_numbers))
    function: str = field(compare=False)
    longest: float = field(compare=False)
    until: float | None = field(compare=False)
    on_news: Callable[[News], None] = field(compare=False)
    let_in: asyncio.Future[bool] = field(compare=False)
    # A triggerer keeps in it whose log a line belongs to.
    context: contextvars.Context = field(init=False, compare=False, default_factory=contextvars.copy_context)


class Gate:
    """The line of those who wait for room. Belongs to the event loop it is used in.

    Args:
        poller: Asks the service, within the account's budget of queries, and knows how long jobs run.
        model: Model as it is sent.
        slots: Jobs of it that run at once, at least 1.
        clock: Seconds since 1970.
        sleep: Waits so many seconds.
        jitter: Returns a factor near 1 that keeps gates of different processes from looking in step.
    """

    def __init__(
        self,
        poller: Poller,
        model: str,
        slots: int,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Callable[[], float] = lambda: random.uniform(0.8, 1.2),  # noqa: S311
    ) -> None:
        self._poller = poller
        self._model = model
        self._slots = slots
        self._clock = clock
        self._sleep = sleep
        self._jitter = jitter
        self._line: list[_Ticket] = []
        self._keeper: asyncio.Task[None] | None = None
        self._let_in = LetIn()
        self._known: tuple[int, float] | None = None
        """The queue's length when it was last known, those let in included, and when that was."""
        self._troubles = 0
        self._learned = False

    async def enter(
        self,
        *,
        function: str,
        since: float,
        longest: float,
        until: float | None = None,
        on_news: Callable[[News], None] = lambda _: None,
    ) -> bool:
        """Wait until an edit may be submitted; return False if `until` came first.

        Args:
            function: The edit function.
            since: When it began to wait, in seconds since 1970. Who has waited longest is let in first.
            longest: For how many seconds its job may be queued.
            until: When to give up, in seconds since 1970.
            on_news: Told after each look what it still waits for.

        Raises:
            AuthenticationError: The service refuses the key.
            UnavailableError: The poller was closed.
        """
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        ticket = _Ticket(since, function, longest, until, on_news, answer)
        bisect.insort(self._line, ticket)
        if self._keeper is None:
            self._keeper = asyncio.create_task(self._keep(), context=contextvars.Context())
        try:
            return await answer
        finally:
            if ticket in self._line:
                self._line.remove(ticket)
            if not self._line and self._keeper is not None:
                self._keeper.cancel()
                self._keeper = None

    async def _keep(self) -> None:
        try:
            while self._line:
                await self._sleep(await self._look())
            self._keeper = None
        except asyncio.CancelledError:
            if self._keeper is asyncio.current_task():  # it wasn't `enter` that has ended it
                self._abandon(UnavailableError("the account's queue isn't looked at any more"))
            raise
        except Exception as error:  # noqa: BLE001 -- whatever it is, nobody may wait for a keeper that is gone
            self._abandon(error)

    def _abandon(self, error: Exception) -> None:
        self._keeper = None
        for ticket in self._line:
            _answer(ticket, error)
        self._line.clear()

    async def _look(self) -> float:
        """Look once, let in whom there is room for, and say how long to wait before the next look."""
        trouble: ServiceError | None = None
        if not self._learned:
            await self._learn(self._line[0])
        try:
            pending: int | None = await self._pending()
            self._troubles = 0
        except AuthenticationError:
            raise
        except ServiceError as error:
            self._troubles += 1
            trouble, pending = error, self._guess()
        if pending is not None:
            pending = await self._open(pending, known=trouble is None)
        self._send_away()
        if not self._line:
            return 0.0
        if pending is None:
            return self._after(room.LOOK_MIN)
        self._tell(pending, trouble)
        head = self._line[0]
        return self._after(room.look_again(self._queue(head, pending), head.longest))

    def _after(self, seconds: float) -> float:
        ends = [ticket.until - self._clock() for ticket in self._line if ticket.until is not None]
        return max(0.0, min([seconds * self._jitter(), *ends]))

    async def _pending(self) -> int:
        if self._let_in:  # asked first: a job created between the two rather counts twice than not at all
            self._let_in.saw(await self._count(None), self._clock())
        return await self._count("PENDING") + len(self._let_in)

    async def _learn(self, head: _Ticket) -> None:
        """Learn, once, how long the account's jobs take, so that it isn't the catalogue alone that tells."""
        self._learned = True
        with contextlib.suppress(ServiceError):
            ended = await self._list("SUCCEEDED", room.PROBE)
            for seconds in room.run_times(ended):
                self._poller.durations.saw(self._model, head.function, seconds)

    def _guess(self) -> int | None:
        """Reckon what is left of the queue, since the service doesn't say; None before that is called for."""
        if self._known is None:
            return 0 if self._troubles >= TOLD_AT else None
        pending, at = self._known
        return room.drained(pending, self._slots, self._seconds(self._line[0]), self._clock() - at)

    async def _open(self, pending: int, *, known: bool) -> int:
        """Let in as many as fit, and return the queue's length with them."""
        fitting = 0
        for ticket in self._line:
            if not room.how_many_fit(pending + fitting, self._slots, self._seconds(ticket), ticket.longest):
                break
            fitting += 1
        created = None
        if known and fitting and not self._let_in:
            with contextlib.suppress(ServiceError):  # without it those let in are forgotten by time alone
                created = await self._count(None)
        now = self._clock()
        entering, self._line[:fitting] = self._line[:fitting], []  # by now some may have left
        for ticket in entering:
            _answer(ticket, True)
        pending += len(entering)
        if known:
            self._let_in.add(len(entering), created, now)
        if known or entering:
            self._known = (pending, now)
        return pending

    def _send_away(self) -> None:
        now = self._clock()
        for ticket in [one for one in self._line if one.until is not None and one.until <= now]:
            self._line.remove(ticket)
            _answer(ticket, False)

    def _tell(self, pending: int, trouble: ServiceError | None) -> None:
        for ahead, ticket in enumerate(self._line):
            queue = self._queue(ticket, pending)
            expected = queue.until_room(ticket.longest, ahead)
            told = trouble if self._troubles >= TOLD_AT else None
            try:
                ticket.context.run(ticket.on_news, News(None if trouble else queue, ahead, expected, told))
            except Exception as error:  # noqa: BLE001 -- the others in the line have no part in it
                _answer(ticket, error)

    def _queue(self, ticket: _Ticket, pending: int) -> Queue:
        return Queue(pending, self._slots, self._seconds(ticket))

    def _seconds(self, ticket: _Ticket) -> float:
        return self._poller.durations.typical(self._model, ticket.function).median

    async def _count(self, status: str | None) -> int:
        return room.total(await self._list(status, 1))

    async def _list(self, status: str | None, page_size: int) -> dict[str, Any]:
        return await self._poller.ask(
            lambda: self._poller.client.list_tasks(model=self._model, status=status, page_size=page_size)
        )


def _answer(ticket: _Ticket, answer: bool | Exception) -> None:
    if ticket.let_in.done():  # its waiter was cancelled
        return
    if isinstance(answer, Exception):
        ticket.let_in.set_exception(answer)
    else:
        ticket.let_in.set_result(answer)


_gates: WeakKeyDictionary[Poller, dict[str, Gate]] = WeakKeyDictionary()


def gate_of(poller: Poller, model: str, slots: int) -> Gate:
    """Return the one gate of a poller's account for a model, made on first use."""
    of_poller = _gates.setdefault(poller, {})
    if model not in of_poller:
        # By proxy: a gate that held its poller would keep it, and its connections, for good.
        of_poller[model] = Gate(proxy(poller), model, slots)
    return of_poller[model]
