"""Chooses the jobs, asks before anything is sent, and tells in the end what came of them."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.live.cases import Case, together
from tests.live.consent import Choice, No, Till, announcement, choose, decide
from tests.live.inputs import Files
from tests.live.table import Outcome, table

if TYPE_CHECKING:
    from tests.live.run import Recording

HERE = Path(__file__).parent
POLL = "WAN_LIVE_POLL"
"""Seconds between two looks at a job; by default what the vendor advises."""


@dataclass
class Live:
    """What a session runs.

    Attributes:
        choice: What could be run.
        no: Why nothing is; None: somebody has agreed.
        till: What may be spent.
        outcomes: What came of it, by function.
        poll: Seconds between two looks.
    """

    choice: Choice
    no: No | None
    till: Till
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    poll: float = 15.0

    def case(self, function: str) -> Case:
        """Return a function's job, or end the test."""
        no = self.choice.no.get(function) or self.no
        if no is not None:
            self.outcomes[function] = Outcome(function, status=f"not run: {no.reason}")
            (pytest.fail if no.mistake else pytest.skip)(no.reason)
        return next(case for case in self.choice.cases if case.function == function)


_LIVE = pytest.StashKey[Live]()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect live jobs unless they are named: another `-m` than `live` must not select them by leaving them out."""
    if re.search(r"\blive\b", config.option.markexpr):
        return
    live = [item for item in items if item.path.is_relative_to(HERE)]
    if live:
        items[:] = [item for item in items if item not in live]
        config.hook.pytest_deselected(items=live)


@pytest.fixture(scope="session", autouse=True)
def supervisor() -> None:
    """In place of what other tests need of Airflow: a live job needs none of it."""


def pytest_collection_finish(session: pytest.Session) -> None:
    functions = [
        str(item.callspec.params["function"])
        for item in session.items
        if isinstance(item, pytest.Function) and item.path.is_relative_to(HERE)
    ]
    if not functions or session.config.option.collectonly:
        return
    choice = choose(functions, os.environ)
    amount = together(choice.cases)
    live = Live(choice, agreed(session.config, choice, amount), Till(Decimal(amount)))
    live.poll = float(os.environ.get(POLL) or live.poll)
    session.config.stash[_LIVE] = live


def agreed(config: pytest.Config, choice: Choice, amount: str) -> No | None:
    """Say what it costs, and ask whether that is agreed to."""
    if not choice.cases or choice.account is None:
        return No("there is nothing to run")
    if hasattr(config, "workerinput"):
        return No("live jobs are run one after the other: leave out -n", mistake=True)
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    capture = config.pluginmanager.get_plugin("capturemanager")
    if capture:
        capture.suspend_global_capture(in_=True)
    try:
        if reporter:
            reporter.write_line(f"\n{announcement(choice.account, choice.cases)}")
        ask: Callable[[str], str] | None = input if sys.stdin and sys.stdin.isatty() else None
        no = decide(amount, os.environ, ask)
        if no and reporter:
            reporter.write_line(f"Nothing is sent: {no.reason}. For machines: WAN_LIVE_YES={amount}")
        return no
    finally:
        if capture:
            capture.resume_global_capture()


@pytest.fixture
def live(request: pytest.FixtureRequest) -> Live:
    return request.config.stash[_LIVE]


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return Files(tmp_path_factory.mktemp("live"))


@pytest.fixture(scope="session")
def client(request: pytest.FixtureRequest) -> Iterator[Recording]:
    from tests.live.run import Recording  # which loads what most sessions don't need: they only skip

    account = request.config.stash[_LIVE].choice.account
    assert account is not None
    with Recording(account) as client:
        yield client


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    live = config.stash.get(_LIVE, None)
    if live is not None and live.outcomes:
        terminalreporter.section("live jobs")
        terminalreporter.write_line(table(list(live.outcomes.values())))
