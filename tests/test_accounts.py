"""Connections as accounts: one look-up for all who ask."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import pytest

from airflow_provider_wan.dashscope.account import Account
from airflow_provider_wan.dashscope.errors import ConnectionSettingsError
from airflow_provider_wan.hooks import DashScopeHook
from airflow_provider_wan.triggers import accounts
from airflow_provider_wan.triggers.accounts import KEPT_FOR, account_of, forget

NAME = "AIRFLOW_CONN_DASHSCOPE_DEFAULT"
CONNECTION = '{"conn_type": "dashscope", "password": "sk-one"}'
CHANGED = '{"conn_type": "dashscope", "password": "sk-other"}'
CONN_ID = "dashscope_default"


@pytest.fixture
def lookups(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The look-ups made, each as long as a question to Airflow's supervisor may take."""
    made: list[str] = []
    original: Callable[[DashScopeHook], object] = DashScopeHook.aget_account

    async def noting(hook: DashScopeHook) -> Account:
        made.append(hook.conn_id)
        await asyncio.sleep(0.01)
        account: Account = await original(hook)  # type: ignore[misc]
        return account

    monkeypatch.setenv(NAME, CONNECTION)
    monkeypatch.setattr(DashScopeHook, "aget_account", noting)
    yield made
    accounts._known.clear()


async def test_thousand_triggers_at_once_make_one_look_up(lookups: list[str]) -> None:
    found = await asyncio.gather(*(account_of(CONN_ID) for _ in range(1000)))
    assert {account.api_key for account in found} == {"sk-one"}
    assert lookups == [CONN_ID]


async def test_change_is_noticed_after_a_minute(lookups: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    assert (await account_of(CONN_ID, clock=lambda: now[0])).api_key == "sk-one"
    monkeypatch.setenv(NAME, CHANGED)
    now[0] = KEPT_FOR - 1
    assert (await account_of(CONN_ID, clock=lambda: now[0])).api_key == "sk-one"
    now[0] = KEPT_FOR
    assert (await account_of(CONN_ID, clock=lambda: now[0])).api_key == "sk-other"


async def test_change_is_noticed_at_once_where_the_old_key_was_refused(
    lookups: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    await account_of(CONN_ID)
    monkeypatch.setenv(NAME, CHANGED)
    forget(CONN_ID)
    assert (await account_of(CONN_ID)).api_key == "sk-other"
    forget("never_looked_up")


async def test_failure_is_everyone_s_but_is_not_remembered(
    lookups: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(NAME, '{"conn_type": "dashscope"}')
    found = await asyncio.gather(*(account_of(CONN_ID) for _ in range(3)), return_exceptions=True)
    assert [type(one) for one in found] == [ConnectionSettingsError] * 3
    assert len(lookups) == 1
    monkeypatch.setenv(NAME, CONNECTION)
    assert (await account_of(CONN_ID)).api_key == "sk-one"


async def test_one_who_is_cancelled_does_not_cancel_the_others_look_up(lookups: list[str]) -> None:
    asking = [asyncio.ensure_future(account_of(CONN_ID)) for _ in range(3)]
    await asyncio.sleep(0)
    asking[0].cancel()
    found = await asyncio.gather(*asking, return_exceptions=True)
    assert isinstance(found[0], asyncio.CancelledError)
    assert [one.api_key for one in found[1:] if isinstance(one, Account)] == ["sk-one"] * 2
    assert len(lookups) == 1


async def test_connections_are_kept_apart(lookups: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_OTHER", CHANGED)
    one, other = await asyncio.gather(account_of(CONN_ID), account_of("other"))
    assert (one.api_key, other.api_key) == ("sk-one", "sk-other")


def test_another_loop_looks_up_for_itself_and_closed_ones_are_forgotten(lookups: list[str]) -> None:
    for _ in range(3):
        assert asyncio.run(account_of(CONN_ID)).api_key == "sk-one"
    assert len(lookups) == 3
    assert len(accounts._known) == 1


async def test_nothing_that_is_kept_shows_the_key(lookups: list[str]) -> None:
    await account_of(CONN_ID)
    assert "sk-one" not in repr(accounts._known)
