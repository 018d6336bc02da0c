"""An emulator to examine, bent where a test wants it so, and the examination without the pauses between its calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from airflow_provider_wan.dashscope import Account
from airflow_provider_wan.doctor.examine import examine
from airflow_provider_wan.doctor.report import Report
from airflow_provider_wan.emulator import EmulatorSettings, RegionSettings, RunningEmulator, running
from tests.doctor.bending import Bend, bending

Start = Callable[..., RunningEmulator]
Examine = Callable[..., Report]
KEY = "sk-doctor-key-of-singapore"
ENOUGH = 14
"""Calls after which all but the models has been asked for."""


def seen_by(host: str, key: str = KEY, *, timeout: float = 5.0, most: int = 59, **account: Any) -> Report:
    """Examine what is at an address. The pauses are left out, so that an examination takes a moment."""
    return examine(
        Account.of(api_key=key, host=host, **account),
        airflow="3.3.2",
        environment={},
        timeout=timeout,
        most=most,
        sleep=lambda _: None,
    )


def told(report: Report, about: str) -> list[tuple[str, str]]:
    """What a report says of something, each with its level."""
    return [(str(one.level), str(one)) for one in report.findings if one.about == about]


def levels(report: Report, about: str) -> list[str]:
    return [level for level, _ in told(report, about)]


def sentence(report: Report, about: str, part: str) -> str:
    """The one sentence about something that has a part in it."""
    (found,) = (text for _, text in told(report, about) if part in text)
    return found


def worst(report: Report) -> set[str]:
    return {f"{one.level} {one.about}" for one in report.findings if one.level in ("warning", "trouble")}


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts an emulator with any settings. Queries aren't limited: they come without pauses here."""
    with ExitStack() as stack:

        def start(**settings: Any) -> RunningEmulator:
            usual = {
                "regions": (RegionSettings(keys={KEY: "acme"}),),
                "render": False,
                "run_seconds": (300.0, 300.0),
                "submit_rps": 1000,
                "query_qps": 1000,
                "policy_qps": 1000,
            }
            return stack.enter_context(running(EmulatorSettings(**{**usual, **settings})))

        yield start


@pytest.fixture
def bent(start: Start) -> Iterator[Callable[..., Report]]:
    """Examines an emulator through a server that bends its answers."""
    with ExitStack() as stack:

        def look(
            after: Bend | None = None,
            *,
            before: Bend | None = None,
            emulator: RunningEmulator | None = None,
            **account: Any,
        ) -> Report:
            origin = (emulator or start()).origin
            return seen_by(stack.enter_context(bending(origin, before=before, after=after)), **account)

        yield look
