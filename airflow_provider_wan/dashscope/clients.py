"""One client per process and account, however many tasks and triggers use it.

A client of its own for each trigger would block the triggerer's event loop for 26 ms and cost 0.85 MB,
a thousand times over.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from airflow_provider_wan.dashscope.account import Account
from airflow_provider_wan.dashscope.client import AsyncDashScopeClient, DashScopeClient

_lock = threading.Lock()
_sync: dict[tuple[int, Account], DashScopeClient] = {}


def client_for(account: Account) -> DashScopeClient:
    """Return this process's synchronous client for an account, made on first use."""
    key = (os.getpid(), account)  # a forked worker must not share its parent's connections
    with _lock:
        if key not in _sync:
            _sync[key] = DashScopeClient(account)
        return _sync[key]


@dataclass
class _Shared:
    client: asyncio.Future[AsyncDashScopeClient]
    users: int = 0


_async: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Account, _Shared]] = WeakKeyDictionary()


@contextlib.asynccontextmanager
async def shared_async_client(account: Account) -> AsyncIterator[AsyncDashScopeClient]:
    """Lend this event loop's client for an account. The first borrower opens it, the last closes it."""
    of_loop = _async.setdefault(asyncio.get_running_loop(), {})
    shared = of_loop.get(account)
    if shared is None:
        # In a thread, because opening a client reads the certificate bundle.
        opening = asyncio.ensure_future(asyncio.to_thread(AsyncDashScopeClient, account))
        shared = of_loop[account] = _Shared(opening)
    shared.users += 1
    try:
        # Shielded: a borrower that is cancelled must not cancel the opening the others wait for.
        yield await asyncio.shield(shared.client)
    finally:
        shared.users -= 1
        if shared.users == 0:
            if of_loop.get(account) is shared:
                del of_loop[account]
            await _close(shared)


@contextlib.asynccontextmanager
async def patient_async_client(account: Account) -> AsyncIterator[AsyncDashScopeClient]:
    """Lend a client of one's own that tries again on trouble that passes, for the rare call worth it."""
    client = await asyncio.to_thread(AsyncDashScopeClient, account, patient=True)
    try:
        yield client
    finally:
        await client.aclose()


async def _close(shared: _Shared) -> None:
    with contextlib.suppress(Exception):
        client = await shared.client
        await client.aclose()
