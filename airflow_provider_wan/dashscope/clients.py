"""One client, or one poller, per process and account, however many tasks and triggers use it.

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
from hashlib import sha256

from airflow_provider_wan.dashscope.account import Account
from airflow_provider_wan.dashscope.client import AsyncDashScopeClient, DashScopeClient
from airflow_provider_wan.dashscope.durations import Durations
from airflow_provider_wan.dashscope.poller import Poller

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
    poller: asyncio.Future[Poller]
    users: int = 0


_Key = tuple[str, str, str | None]
_pollers: dict[asyncio.AbstractEventLoop, dict[_Key, _Shared]] = {}
# What was learned of run times outlives the pollers.
_durations = Durations()


@contextlib.asynccontextmanager
async def shared_poller(account: Account) -> AsyncIterator[Poller]:
    """Lend this event loop's poller for an account. The first borrower makes it, the last closes it.

    Whoever has the same key and base URL shares it, with the first one's `status_qps`.
    """
    of_loop = _of_this_loop()
    key = _key(account)
    shared = of_loop.get(key)
    if shared is None:
        shared = of_loop[key] = _Shared(asyncio.ensure_future(_open(account)))
    shared.users += 1
    try:
        # Shielded: a borrower that is cancelled must not cancel the opening the others wait for.
        yield await asyncio.shield(shared.poller)
    finally:
        shared.users -= 1
        if shared.users == 0:
            if of_loop.get(key) is shared:
                del of_loop[key]
            await _close(shared)


def _of_this_loop() -> dict[_Key, _Shared]:
    for loop in list(_pollers):
        if loop.is_closed():  # and took its borrowers with it before they could give back what they had
            _pollers.pop(loop, None)
    return _pollers.setdefault(asyncio.get_running_loop(), {})


def _key(account: Account) -> _Key:
    # The key's hash, so that nothing that shows this dictionary shows the key.
    return account.base_url, sha256(account.api_key.encode()).hexdigest(), account.workspace_id


async def _open(account: Account) -> Poller:
    async def client() -> AsyncDashScopeClient:
        # In a thread, because opening a client reads the certificate bundle.
        return await asyncio.to_thread(AsyncDashScopeClient, account)

    return Poller(await client(), qps=account.status_qps, durations=_durations, reopen=client)


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
        poller = await shared.poller
        await poller.aclose()
