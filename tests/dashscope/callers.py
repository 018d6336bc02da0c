"""Both clients behind one face, so that every promise is tested on both."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from airflow_provider_wan.dashscope.account import Account
from airflow_provider_wan.dashscope.client import AsyncDashScopeClient, DashScopeClient

KEY = "sk-0123456789abcdef"


def account(base_url: str, **settings: Any) -> Account:
    return Account.of(api_key=KEY, host=base_url, **settings)


class Caller:
    """Makes one call with a fresh client and notes the pauses it asks for instead of making them."""

    def __init__(
        self, base_url: str, *, on_pause: Callable[[], object] = lambda: None, **settings: Any
    ) -> None:
        self.account = account(base_url)
        self.settings: dict[str, Any] = {"patient": True, **settings}
        self.pauses: list[float] = []
        self._on_pause = on_pause

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self._on_pause()

    def __call__(self, name: str, *arguments: Any, **named: Any) -> Any:
        raise NotImplementedError


class SyncCaller(Caller):
    def __call__(self, name: str, *arguments: Any, **named: Any) -> Any:
        with DashScopeClient(self.account, sleep=self.pause, **self.settings) as client:
            return getattr(client, name)(*arguments, **named)


class AsyncCaller(Caller):
    def __call__(self, name: str, *arguments: Any, **named: Any) -> Any:
        return asyncio.run(self._call(name, *arguments, **named))

    async def _call(self, name: str, *arguments: Any, **named: Any) -> Any:
        async def note(seconds: float) -> None:
            self.pause(seconds)

        client = AsyncDashScopeClient(self.account, sleep=note, **self.settings)
        try:
            return await getattr(client, name)(*arguments, **named)
        finally:
            await client.aclose()


either_client = pytest.mark.parametrize("client", [SyncCaller, AsyncCaller], ids=["sync", "async"])
