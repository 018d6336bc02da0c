"""The shared clients and pollers: one each, whoever asks, and nobody's trouble is another's."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import sys
import threading
import time

import httpx
import pytest

from airflow_provider_wan.dashscope import clients as clients_module
from airflow_provider_wan.dashscope import polling, tls
from airflow_provider_wan.dashscope.account import Account
from airflow_provider_wan.dashscope.client import AsyncDashScopeClient
from airflow_provider_wan.dashscope.clients import client_for, shared_poller
from airflow_provider_wan.dashscope.polling import End, Outcome
from airflow_provider_wan.dashscope.results import TaskStatus
from tests.dashscope.callers import KEY, account
from tests.dashscope.scripted_server import HANG, Answer, ScriptedServer, says
from tests.patience import HANGS

RUNNING = says({"output": {"task_status": "RUNNING", "task_id": "job-1"}, "request_id": "r"})


async def borrow(account: Account, release: asyncio.Event | None = None) -> AsyncDashScopeClient:
    async with shared_poller(account) as poller:
        if release is not None:
            await release.wait()
        return poller.client


def test_process_has_one_client_per_account() -> None:
    one, other = account("http://127.0.0.1:1"), account("http://127.0.0.1:2")
    same = account("http://127.0.0.1:1")
    assert client_for(one) is client_for(same)
    assert client_for(one) is not client_for(other)


FORKED = """
import os
from airflow_provider_wan.dashscope.account import Account
from airflow_provider_wan.dashscope.clients import client_for

account = Account.of(api_key="sk-0123456789abcdef")
parents = client_for(account)
child = os.fork()
if child == 0:
    os._exit(0 if client_for(account) is not parents and client_for(account) is client_for(account) else 1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert client_for(account) is parents
"""


def test_forked_worker_does_not_share_its_parent_s_connections() -> None:
    done = subprocess.run([sys.executable, "-c", FORKED], capture_output=True, text=True, timeout=HANGS)
    assert done.returncode == 0, done.stderr


async def test_event_loop_has_one_poller_per_account_while_anyone_uses_it() -> None:
    one, other = account("http://127.0.0.1:1"), account("http://127.0.0.1:2")
    release = asyncio.Event()
    borrowers = [asyncio.ensure_future(borrow(one, release)) for _ in range(50)]
    stranger = asyncio.ensure_future(borrow(other, release))
    await asyncio.sleep(0)
    release.set()
    clients = set(await asyncio.gather(*borrowers))
    assert len(clients) == 1
    assert await stranger not in clients


async def test_last_borrower_closes_the_connections_and_the_next_one_opens_new_ones() -> None:
    with ScriptedServer(always=RUNNING) as server:
        async with shared_poller(account(server.base_url)) as first:
            async with shared_poller(account(server.base_url)) as second:
                assert second is first
                await second.client.get("job-1")
            assert (await first.client.get("job-1")).status is TaskStatus.RUNNING  # not closed by the other
            assert server.open_connections == 1
        assert await asyncio.to_thread(server.wait_for, open_connections=0)
        async with shared_poller(account(server.base_url)) as third:
            assert third is not first
            assert (await third.client.get("job-1")).status is TaskStatus.RUNNING


async def test_borrower_cancelled_while_the_client_opens_harms_nobody() -> None:
    with ScriptedServer(always=RUNNING) as server:
        ours = account(server.base_url)

        async def look() -> TaskStatus:
            async with shared_poller(ours) as poller:
                return (await poller.client.get("job-1")).status

        looks = [asyncio.ensure_future(look()) for _ in range(3)]
        await asyncio.sleep(0)  # all of them wait for the opening now
        looks[0].cancel()
        results = await asyncio.gather(*looks, return_exceptions=True)
        assert isinstance(results[0], asyncio.CancelledError)
        assert results[1:] == [TaskStatus.RUNNING] * 2
        assert await asyncio.to_thread(server.wait_for, open_connections=0)


async def test_borrower_cancelled_during_its_call_harms_nobody() -> None:
    gate = threading.Event()
    slow = Answer(RUNNING.status, RUNNING.body, RUNNING.headers, gate=gate)
    with ScriptedServer(slow, always=RUNNING) as server:
        ours = account(server.base_url)

        async def look() -> TaskStatus:
            async with shared_poller(ours) as poller:
                return (await poller.client.get("job-1")).status

        async with shared_poller(ours) as poller:
            stuck = asyncio.ensure_future(look())
            assert await asyncio.to_thread(server.wait_for, requests=1)
            stuck.cancel()
            with pytest.raises(asyncio.CancelledError):
                await stuck
            assert (await poller.client.get("job-1")).status is TaskStatus.RUNNING
        gate.set()


async def test_sole_borrower_cancelled_twice_leaves_nothing_behind() -> None:
    with ScriptedServer(always=RUNNING) as server:
        ours = account(server.base_url)
        for cancellations in (1, 2):
            lone = asyncio.ensure_future(borrow(ours, asyncio.Event()))
            for _ in range(cancellations):
                await asyncio.sleep(0)
                lone.cancel()
            with pytest.raises(asyncio.CancelledError):
                await lone
        async with shared_poller(ours) as poller:
            assert (await poller.client.get("job-1")).status is TaskStatus.RUNNING


def test_poller_of_a_loop_that_was_closed_under_its_borrowers_is_not_lent_again() -> None:
    with ScriptedServer(always=RUNNING) as server:
        ours = account(server.base_url)
        clients: list[AsyncDashScopeClient] = []

        async def look() -> TaskStatus:
            async with shared_poller(ours) as poller:
                clients.append(poller.client)
                status = (await poller.client.get("job-1")).status
                if len(clients) == 1:
                    asyncio.get_running_loop().stop()
                    await asyncio.Event().wait()
                return status

        abandoned = asyncio.new_event_loop()
        task = abandoned.create_task(look())
        abandoned.run_forever()
        abandoned.close()
        assert asyncio.run(look()) is TaskStatus.RUNNING
        assert clients[0] is not clients[1]
        assert abandoned not in clients_module._pollers
        del task


async def ended(ours: Account, job: str, deadline: float) -> Outcome:
    async with shared_poller(ours) as poller:
        return await poller.wait(
            job,
            model="wan2.1-vace-plus",
            function="video_edit",
            submitted_at=time.time(),
            deadline=deadline,
            on_change=lambda _: None,
            on_trouble=lambda _: None,
        )


async def test_account_with_a_wrong_key_and_one_whose_host_hangs_do_not_touch_the_third(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(polling, "FIRST_LOOKS", (0.05,) * 50)
    done = says({"output": {"task_status": "SUCCEEDED", "task_id": "job-1"}, "request_id": "r"})
    wrong = says({"code": "InvalidApiKey", "message": "Invalid API-key provided."}, 401)
    with (
        ScriptedServer(always=wrong) as refusing,
        ScriptedServer(HANG, HANG, HANG) as hanging,
        ScriptedServer(*[RUNNING] * 5, always=done) as third,
    ):
        hung = [
            asyncio.ensure_future(ended(account(hanging.base_url), "job-1", time.time())) for _ in range(3)
        ]
        assert await asyncio.to_thread(hanging.wait_for, requests=1)
        soon = time.time() + 3600
        refused, fine = await asyncio.gather(
            ended(account(refusing.base_url), "job-1", soon), ended(account(third.base_url), "job-1", soon)
        )
        assert refused.end is End.REFUSED
        assert fine.end is End.ENDED
        assert not any(one.done() for one in hung)
        for one in hung:
            one.cancel()
        await asyncio.gather(*hung, return_exceptions=True)


async def test_client_closed_under_a_poller_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polling, "FIRST_LOOKS", (0.05,) * 50)
    monkeypatch.setattr(polling, "AFTER_ERROR_MIN", 0.05)
    done = says({"output": {"task_status": "SUCCEEDED", "task_id": "job-1"}, "request_id": "r"})
    with ScriptedServer(RUNNING, always=done) as server:
        ours = account(server.base_url)
        async with shared_poller(ours) as poller:
            first = poller.client
            await first.get("job-1")
            await first.aclose()
            outcome = await ended(ours, "job-1", time.time() + 3600)
            assert outcome.end is End.ENDED
            assert poller.client is not first


async def test_nothing_that_is_kept_shows_the_key() -> None:
    ours = account("http://127.0.0.1:1")
    async with shared_poller(ours) as poller:
        assert KEY not in repr(ours)
        assert KEY not in repr(clients_module._pollers)
        assert KEY not in repr(poller)


def test_another_event_loop_gets_a_client_of_its_own() -> None:
    both_have_one = threading.Barrier(2, timeout=HANGS)
    clients: list[AsyncDashScopeClient] = []

    with ScriptedServer(always=RUNNING) as server:
        ours = account(server.base_url)

        async def look() -> None:
            async with shared_poller(ours) as poller:
                clients.append(poller.client)
                await asyncio.to_thread(both_have_one.wait)
                assert (await poller.client.get("job-1")).status is TaskStatus.RUNNING

        threads = [threading.Thread(target=asyncio.run, args=(look(),)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
    assert len(server.requests) == 2
    assert len(set(clients)) == 2


async def test_certificates_are_not_read_on_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading them takes about 20 ms, which would hold up every other trigger."""
    readers: list[int] = []
    read = httpx.create_ssl_context

    def noting() -> ssl.SSLContext:
        readers.append(threading.get_ident())
        return read()

    monkeypatch.setattr(httpx, "create_ssl_context", noting)
    tls.ssl_context.cache_clear()
    await asyncio.gather(*(borrow(account(f"http://127.0.0.1:{port}")) for port in (1, 1, 2)))
    assert readers
    assert threading.get_ident() not in readers


async def test_certificates_are_read_once_for_all_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    await borrow(account("http://127.0.0.1:1"))
    monkeypatch.setattr(httpx, "create_ssl_context", lambda: pytest.fail("read again"))
    await borrow(account("http://127.0.0.1:1"))
    client_for(account("http://127.0.0.1:4"))
