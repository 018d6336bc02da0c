"""One Airflow for the whole matrix, tests that run at once, and the table of outcomes at the end."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import astuple, fields
from typing import cast

import pytest

from tests.patience import HANGS
from tests.system.airflow import Airflow
from tests.system.edits import Outcome, Trial

OUTCOMES = pytest.StashKey[list[Outcome]]()
UNDER_WAY = pytest.StashKey[dict[str, "Future[None]"]]()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "at_once: runs beside all other tests so marked; it disturbs none of them."
    )
    config.stash[OUTCOMES] = []
    config.stash[UNDER_WAY] = {}


@pytest.fixture(scope="session")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Airflow]:
    """A real Airflow; half a minute to start."""
    started = Airflow(tmp_path_factory.mktemp("airflow") / "home")
    try:
        started.start()
        yield started
    finally:
        started.stop()


@pytest.fixture
def trial(airflow: Airflow, request: pytest.FixtureRequest) -> Iterator[Trial]:
    """What a test begins its edits with."""
    yield Trial(airflow, _promise(request.node.name), request.config.stash[OUTCOMES])
    for part in airflow.ended():
        airflow.begin(part)
    airflow.wait_until_healthy()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run the tests marked `at_once` in threads, all from when the first of them is due."""
    if pyfuncitem.get_closest_marker("at_once") is None:
        return None
    under_way = pyfuncitem.config.stash[UNDER_WAY]
    if not under_way:
        _start(pyfuncitem.session, cast("Airflow", pyfuncitem.funcargs["airflow"]), under_way)
    under_way[pyfuncitem.nodeid].result(timeout=2 * HANGS)
    return True


def _start(session: pytest.Session, airflow: Airflow, under_way: dict[str, Future[None]]) -> None:
    tests = [
        item
        for item in session.items
        if isinstance(item, pytest.Function) and item.get_closest_marker("at_once") is not None
    ]
    pool = ThreadPoolExecutor(min(20, len(tests)), thread_name_prefix="at-once")
    for test in tests:
        trial = Trial(airflow, _promise(test.name), session.config.stash[OUTCOMES])
        arguments = test.callspec.params if hasattr(test, "callspec") else {}
        under_way[test.nodeid] = pool.submit(test.obj, trial, **arguments)
    pool.shutdown(wait=False)


def _promise(name: str) -> str:
    return name.removeprefix("test_").replace("_", " ")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the table of outcomes, ready for the documentation."""
    outcomes = config.stash[OUTCOMES]
    if not outcomes:
        return
    terminalreporter.section("crash matrix")
    terminalreporter.line("| " + " | ".join(field.name for field in fields(Outcome)) + " |")
    terminalreporter.line("| --- | ---: | ---: | ---: | ---: | --- |")
    for outcome in sorted(outcomes, key=lambda one: one.name):
        terminalreporter.line("| " + " | ".join(map(str, astuple(outcome))) + " |")
