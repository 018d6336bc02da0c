"""Sends a poller's queries: counts them towards the budget, and gets over a client that has died."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from airflow_provider_wan.dashscope.budget import Budget
from airflow_provider_wan.dashscope.errors import ThrottledError, UnavailableError, WanError

if TYPE_CHECKING:
    from airflow_provider_wan.dashscope.client import AsyncDashScopeClient

T = TypeVar("T")


class SteadyClock:
    """A clock that never goes back: one that is put right must not put off all that is planned by as much.

    Args:
        clock: The clock to go by.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._latest = clock()
        self._behind = 0.0

    def __call__(self) -> float:
        """Return the time."""
        read = self._clock() + self._behind
        if read < self._latest:
            self._behind += self._latest - read
            read = self._latest
        self._latest = read
        return read


class Sender:
    """A client within its budget.

    Args:
        client: The client.
        budget: Says when a query may go.
        now: The time the budget goes by.
        reopen: Makes a new client; None: there is no other.

    Attributes:
        client: As given, or its successor.
        budget: As given.
    """

    def __init__(
        self,
        client: AsyncDashScopeClient,
        budget: Budget,
        *,
        now: Callable[[], float],
        reopen: Callable[[], Awaitable[AsyncDashScopeClient]] | None,
    ) -> None:
        self.client = client
        self.budget = budget
        self._now = now
        self._reopen = reopen
        self._reopening = False

    async def send(self, call: Callable[[], Awaitable[T]]) -> T:
        """Make a call, and tell the budget how it went.

        Raises:
            WanError: As the call raised it.
            UnavailableError: The client itself failed.
        """
        client = self.client
        try:
            answer = await call()
        except ThrottledError as error:
            self.budget.throttled(self._now(), error.retry_after)
            raise
        except WanError:
            raise
        except Exception as error:
            # Not the service's doing but the client's: closed under our hands, or broken.
            await self._replace(client)
            raise UnavailableError(f"the client failed ({type(error).__name__}: {error})") from error
        self.budget.succeeded(self._now())
        return answer

    async def _replace(self, broken: AsyncDashScopeClient) -> None:
        if self._reopen is None or self._reopening or self.client is not broken:
            return
        self._reopening = True
        try:
            # Where that fails as well, the next query tries again.
            with contextlib.suppress(Exception):
                self.client = await self._reopen()
                await broken.aclose()
        finally:
            self._reopening = False

    async def aclose(self) -> None:
        """Close the client. Errors of one that is broken already don't matter."""
        with contextlib.suppress(Exception):
            await self.client.aclose()
