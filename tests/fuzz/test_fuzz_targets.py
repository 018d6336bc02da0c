"""A few hundred inputs for each of what `make fuzz` gives a million, the same ones each time; and its table."""

from __future__ import annotations

import importlib
import random
import sys
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fuzz.__main__ import SHARES, Outcome, main, table
from fuzz.choices import Choices
from fuzz.engine import Watched

EXAMPLES = {"answers": 1500, "requests": 1000, "addresses": 1000, "decoder": 60}


def target(name: str) -> ModuleType:
    return importlib.import_module(f"fuzz.{name}")


@pytest.mark.parametrize("name", SHARES)
def test_target_finds_nothing(name: str) -> None:
    tested = target(name)
    seeds = st.sampled_from(tested.SEEDS)
    changed = st.builds(
        lambda seed, at, put: seed[: at % (len(seed) + 1)] + put + seed[at % (len(seed) + 1) + len(put) :],
        seeds,
        st.integers(0, 5000),
        st.binary(max_size=40),
    )
    for seed in tested.SEEDS:
        tested.one(seed)
    # Hypothesis likes small things; evenly spread bytes go deeper.
    dice = random.Random(1)
    for _ in range(EXAMPLES.get(name, 300) * 2):
        tested.one(dice.randbytes(dice.randrange(300)))

    @settings(
        max_examples=EXAMPLES.get(name, 300),
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.binary(max_size=400) | changed)
    @example(b"\xff" * 300)
    def run(data: bytes) -> None:
        tested.one(data)

    run()


def test_fault_is_kept_once_of_each_kind_with_its_input(tmp_path: Path) -> None:
    tested = ModuleType("tested")
    tested.NAME = "tested"  # type: ignore[attr-defined]

    def one(data: bytes) -> None:
        if data[:1] == b"x":
            raise KeyError(data)
        if data[:1] == b"y":
            raise ValueError("y")

    tested.one = one  # type: ignore[attr-defined]
    watched = Watched(tested, tmp_path / "report.json", tmp_path / "kept")
    for data in (b"a", b"x1", b"x2", b"y"):
        watched(data)
    report = (tmp_path / "report.json").read_text()
    assert watched.executions == 4
    assert report.count("KeyError at ") == report.count("ValueError at ") == 1
    assert (tmp_path / "kept" / "tested-1.bin").read_bytes() == b"x1"


def test_table_names_what_was_found() -> None:
    found = {"kind": "KeyError at results.py:1", "said": "'x'", "input": "kept.bin"}
    lines = table([Outcome("answers", 1_000_000, 61.4), Outcome("pages", 5, 0.2, [found])]).splitlines()
    assert lines[1].split() == ["answers", "1,000,000", "61", "0"]
    assert lines[2].split() == ["pages", "5", "0", "1"]
    assert "KeyError at results.py:1" in lines[3]


def test_target_that_does_not_exist_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["nonsense"])
    assert "no such target: nonsense" in capsys.readouterr().err


def test_choices_are_the_first_ones_where_the_bytes_have_run_out() -> None:
    assert Choices(b"").changed({"a": [1, {"b": None}]}) == {"a": [1, {"b": None}]}
    assert Choices(b"").of("xyz") == "x"


def test_targets_need_nothing_that_the_tests_do_not_install() -> None:
    assert "atheris" not in sys.modules
