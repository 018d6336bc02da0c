"""Three ways to wait for jobs: ours, the vendor's guide's and the vendor's SDK's.

Each is an async context manager over `wait(task_id, submitted_at)`, which returns when the wait is over
and says whether it was the job's end that ended it. All sleep by the service's clock.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from types import SimpleNamespace
from typing import TypeAlias
from unittest.mock import patch

import aiohttp

from airflow_provider_wan.dashscope.client import AsyncDashScopeClient
from airflow_provider_wan.dashscope.poller import Poller
from airflow_provider_wan.dashscope.polling import End
from benchmarks.served import FUNCTION, VACE, Served

GUIDE_EVERY = 15.0
"""Source: Model Studio, manage-asynchronous-tasks, 2026-02-11; its CLI does the same."""
ENDED = ("SUCCEEDED", "FAILED", "CANCELED", "UNKNOWN")
DAY = 24 * 3600.0

Wait: TypeAlias = Callable[[str, float], Awaitable[bool]]
Contender: TypeAlias = Callable[[Served], AbstractAsyncContextManager[Wait]]


@asynccontextmanager
async def poller_of(service: Served) -> AsyncIterator[Poller]:
    """Lend our poller, on the service's clock."""
    client = AsyncDashScopeClient(service.account)
    poller = Poller(client, qps=service.account.status_qps, clock=service.now, sleep=service.sleep)
    try:
        yield poller
    finally:
        await poller.aclose()
        await client.aclose()


@asynccontextmanager
async def ours(service: Served) -> AsyncIterator[Wait]:
    """The shared poller, as all waiting triggers of an account use it, with its usual 8 queries a second."""
    async with poller_of(service) as poller:

        async def wait(task_id: str, submitted_at: float) -> bool:
            outcome = await poller.wait(
                task_id,
                model=VACE,
                function=FUNCTION,
                submitted_at=submitted_at,
                deadline=submitted_at + DAY,
                on_change=lambda _: None,
                on_trouble=lambda _: None,
            )
            return outcome.end is End.ENDED

        yield wait


@asynccontextmanager
async def loop_per_job(service: Served) -> AsyncIterator[Wait]:
    """One loop per job that looks every 15 s.

    Kinder than the vendor's CLI in one point: it never gives up, where that one does after 600 s.
    """
    connector = aiohttp.TCPConnector(limit=0)
    headers = {"Authorization": f"Bearer {service.key}"}
    async with aiohttp.ClientSession(connector=connector, headers=headers) as session:

        async def wait(task_id: str, submitted_at: float) -> bool:
            del submitted_at
            while True:
                await service.sleep(GUIDE_EVERY)
                async with session.get(f"{service.base_url}/tasks/{task_id}") as answer:
                    body = await answer.json()
                if answer.status == 200 and body["output"]["task_status"] in ENDED:
                    return True

        yield wait


@asynccontextmanager
async def sdk(service: Served) -> AsyncIterator[Wait]:
    """`wait()` of the official SDK: the asyncio variant, since its threaded twin has the same schedule.

    Only the SDK's sleep is replaced, by one that goes by the service's clock.
    """
    import dashscope
    from dashscope.aigc.video_synthesis import AioVideoSynthesis
    from dashscope.api_entities.aio_session import get_shared_aio_session
    from dashscope.client import base_api

    clock = SimpleNamespace(**{**vars(asyncio), "sleep": service.sleep})
    with (
        patch.object(dashscope, "base_http_api_url", service.base_url),
        patch.object(base_api, "asyncio", clock),
    ):

        async def wait(task_id: str, submitted_at: float) -> bool:
            del submitted_at
            answer = await AioVideoSynthesis.wait(task_id, api_key=service.key)
            return bool(answer.status_code == 200 and answer.output.task_status in ENDED)

        try:
            yield wait
        finally:
            await (await get_shared_aio_session()).close()


CONTENDERS: dict[str, Contender] = {
    "shared poller": ours,
    "a loop per job, every 15 s": loop_per_job,
    "the SDK's wait()": sdk,
}
