"""Task instances whose attempts can be followed, one account each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.operators.cases import Case, emulated, look_early


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Case]:
    """The service at its own speed, with short jobs, so that its clock and ours agree."""
    with emulated(tmp_path, monkeypatch) as case:
        yield case


@pytest.fixture
def queued_case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Case]:
    """As `case`, but jobs stay in the queue until they are forced out of it, and are looked at often."""
    look_early(monkeypatch)
    with emulated(tmp_path, monkeypatch, running_slots=0) as case:
        yield case


@pytest.fixture
def running_case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Case]:
    """As `queued_case`, but jobs run until they are forced to end."""
    look_early(monkeypatch)
    with emulated(tmp_path, monkeypatch, run_seconds=(3600, 3600)) as case:
        yield case
