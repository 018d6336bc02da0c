"""Carries out to its end what Airflow's triggerer would break off."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

_under_way: set[asyncio.Task[None]] = set()
"""An event loop itself remembers its tasks only weakly."""


async def unbroken(work: Coroutine[Any, Any, None]) -> None:
    """Carry out what a trigger does when a person ends its task, whoever cancels it meanwhile.

    Until a trigger is over, Airflow 3.3.0 to 3.3.2 cancels it anew with every exchange between the triggerer and the
    process that holds the triggers (`cancelling_triggers` in `triggerer_job_runner.py`), about once a second, also in
    the midst of `on_kill`. What takes longer than that, as it may on a busy machine, would end silently: the queued
    job that should be cancelled would run, and be billed.

    Args:
        work: What to carry out. It has to end by itself, within `[triggerer] on_kill_timeout`.
    """
    task = asyncio.ensure_future(work)
    _under_way.add(task)
    task.add_done_callback(_under_way.discard)
    while not task.done():
        with suppress(asyncio.CancelledError):
            await asyncio.shield(task)
    task.result()
