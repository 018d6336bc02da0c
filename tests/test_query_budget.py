"""What waiting for many jobs costs the account in status queries, by counting them at the service.

No time of ours is measured. The service counts its second on its own clock, which the poller goes by here, and
refuses the query that is one too many: so "none was refused" says how many came in any one second.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_wan.dashscope.account import Account
from airflow_provider_wan.dashscope.client import AsyncDashScopeClient, DashScopeClient
from airflow_provider_wan.dashscope.poller import Poller
from airflow_provider_wan.dashscope.polling import End, Outcome
from airflow_provider_wan.dashscope.requests import VideoOutpainting

if TYPE_CHECKING:
    from airflow_provider_wan.emulator import RunningEmulator

JOBS = 200
SPEED = 30
EDIT = VideoOutpainting(prompt="x", video_url="https://example.com/clip.mp4")
MODEL = "wan2.1-vace-plus"


@contextmanager
def service(**options: Any) -> Iterator[RunningEmulator]:
    """Runs all jobs at once, one to two minutes each, and takes 20 queries a second, get and list together."""
    from airflow_provider_wan.emulator import EmulatorSettings, running

    settings = EmulatorSettings(
        render=False,
        speed=SPEED,
        run_seconds=(60, 120),
        running_slots=JOBS,
        submit_rps=100_000,
        query_qps=20,
        shared_query_budget=True,
        **options,
    )
    with running(settings) as emulator:
        yield emulator


def refused(emulator: RunningEmulator) -> int:
    return emulator.requests.count("get", 429) + emulator.requests.count("list", 429)


async def all_ended(emulator: RunningEmulator, waiters: int) -> list[Outcome]:
    """Submit the jobs and wait for each, as so many triggers do, on the service's clock."""
    account = Account.of(api_key=emulator.key, host=emulator.base_url)

    def submit() -> list[str]:
        with DashScopeClient(account) as client:
            return [client.submit(EDIT.path(), EDIT.body(account.region)).task_id for _ in range(JOBS)]

    async def sleep(seconds: float) -> None:
        await asyncio.sleep(seconds / SPEED)

    jobs = await asyncio.to_thread(submit)
    poller = Poller(
        AsyncDashScopeClient(account), qps=account.status_qps, clock=emulator.clock.now, sleep=sleep
    )
    submitted_at = emulator.clock.now()
    try:
        return await asyncio.gather(
            *(
                poller.wait(
                    job,
                    model=MODEL,
                    function=EDIT.function,
                    submitted_at=submitted_at,
                    deadline=submitted_at + 4 * 3600,
                    on_change=lambda _: None,
                    on_trouble=lambda _: None,
                )
                for job in jobs
                for _ in range(waiters)
            )
        )
    finally:
        await poller.aclose()


def succeeded(outcomes: list[Outcome]) -> bool:
    return all(
        outcome.end is End.ENDED and outcome.snapshot is not None and outcome.snapshot.status == "SUCCEEDED"
        for outcome in outcomes
    )


@pytest.mark.parametrize("waiters", [1, 3])
async def test_hundreds_of_jobs_cost_about_one_query_each_however_many_wait_for_them(waiters: int) -> None:
    with service() as emulator:
        outcomes = await all_ended(emulator, waiters)
        assert len(outcomes) == JOBS * waiters
        assert succeeded(outcomes)
        queries = emulator.requests.count("get") + emulator.requests.count("list")
        assert queries <= 1.3 * JOBS
        assert refused(emulator) == 0


async def test_account_s_queries_are_not_used_up_even_where_each_job_is_looked_at_singly() -> None:
    with service(max_page_size=1) as emulator:  # a list that is of no use
        assert succeeded(await all_ended(emulator, waiters=1))
        # A page of one row is a look at one job too.
        assert emulator.requests.count("get") + emulator.requests.count("list") >= JOBS
        assert refused(emulator) == 0
