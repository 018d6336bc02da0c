"""Connections as accounts, and the clients for them, without holding up the triggerer's event loop.

An account is asked for once, however many triggers want the same one: each look-up in a triggerer is a
question to Airflow's supervisor, and these are answered one after the other.
"""

from __future__ import annotations

import asyncio
import importlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

from airflow_provider_wan.dashscope.account import Account
from airflow_provider_wan.hooks import DashScopeHook

KEPT_FOR = 60.0
"""Seconds until a connection is looked up again, so that a change to it is noticed."""


@dataclass(frozen=True, slots=True)
class _Known:
    account: asyncio.Task[Account]
    until: float


_known: dict[asyncio.AbstractEventLoop, dict[str, _Known]] = {}


async def account_of(conn_id: str, *, clock: Callable[[], float] = time.monotonic) -> Account:
    """Return a connection's account, as found within the last minute on this event loop.

    Args:
        conn_id: The connection.
        clock: Counts seconds.

    Raises:
        ConnectionSettingsError: The connection is missing or wrong. That isn't remembered.
    """
    known = _of_this_loop()
    entry = known.get(conn_id)
    if entry is None or clock() >= entry.until or _failed(entry.account):
        looking_up = asyncio.ensure_future(DashScopeHook(conn_id).aget_account())
        looking_up.add_done_callback(_failed)  # so that nobody misses its error if all who asked are gone
        entry = known[conn_id] = _Known(looking_up, clock() + KEPT_FOR)
    # Shielded: one who is cancelled must not cancel the others' look-up.
    return await asyncio.shield(entry.account)


def forget(conn_id: str) -> None:
    """Look a connection up anew the next time, because the service has refused its key."""
    _of_this_loop().pop(conn_id, None)


def _of_this_loop() -> dict[str, _Known]:
    for loop in list(_known):
        if loop.is_closed():
            _known.pop(loop, None)
    return _known.setdefault(asyncio.get_running_loop(), {})


def _failed(looked_up: asyncio.Task[Account]) -> bool:
    return looked_up.done() and (looked_up.cancelled() or looked_up.exception() is not None)


_loaded: ModuleType | None = None


async def clients() -> ModuleType:
    """Return `dashscope.clients`: loaded in a thread, because it brings an HTTP library that takes its time."""
    global _loaded
    if _loaded is None:
        _loaded = await asyncio.to_thread(importlib.import_module, "airflow_provider_wan.dashscope.clients")
    return _loaded
