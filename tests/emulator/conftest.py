"""An emulator of its own for each test, as fast as they come, and a client of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from airflow_provider_wan.emulator import EmulatorSettings, RunningEmulator, running
from tests.emulator.api import Api


@pytest.fixture
def start() -> Iterator[Callable[..., RunningEmulator]]:
    """Starts an emulator with any settings; by default it doesn't render and jobs run 300 seconds."""
    with ExitStack() as stack:

        def start(**settings: Any) -> RunningEmulator:
            settings = {"render": False, "run_seconds": (300.0, 300.0), **settings}
            return stack.enter_context(running(EmulatorSettings(**settings)))

        yield start


@pytest.fixture
def emulator(start: Callable[..., RunningEmulator]) -> RunningEmulator:
    return start()


@pytest.fixture
def api(emulator: RunningEmulator) -> Api:
    return Api(emulator.base_url, emulator.key)
