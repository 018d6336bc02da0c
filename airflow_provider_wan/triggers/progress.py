"""Leaves in a waiting task's XComs how far its edit is, for the pages that show it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from airflow_provider_wan.records import PROGRESS_KEY

PUSHED_WITHIN = 5.0
"""Seconds that the end of a wait may be held up by a push that is still under way."""

log = logging.getLogger(__name__)


class Progress:
    """Pushes progress without holding up the wait; what can't be pushed is passed over."""

    def __init__(self) -> None:
        self._pushes: set[asyncio.Task[None]] = set()

    def leave(self, ti: Any, value: Mapping[str, Any]) -> None:
        """Push, some time soon.

        Args:
            ti: The waiting task instance; None where the trigger runs without one.
            value: See `records.progress`.
        """
        if ti is None:
            return
        push = asyncio.ensure_future(_push(ti, dict(value)))
        self._pushes.add(push)
        push.add_done_callback(self._pushes.discard)

    async def settled(self) -> None:
        """Return when all is pushed: what comes later could overwrite what the worker leaves."""
        if self._pushes:
            await asyncio.wait(self._pushes, timeout=PUSHED_WITHIN)


async def _push(ti: Any, value: dict[str, Any]) -> None:
    # Only a running triggerer has it. In a thread, because Airflow offers no asynchronous way to push.
    from airflow.sdk.execution_time.xcom import XCom

    try:
        await asyncio.to_thread(
            XCom.set,
            PROGRESS_KEY,
            value,
            dag_id=ti.dag_id,
            task_id=ti.task_id,
            run_id=ti.run_id,
            map_index=ti.map_index,
        )
    except Exception:
        log.debug("Progress can't be pushed", exc_info=True)
