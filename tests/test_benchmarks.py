"""The benchmarks still run, and count what they say. How good the figures are is not tested here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import night, polling
from benchmarks.contenders import CONTENDERS
from tests.patience import HANGS

ROOT = Path(__file__).parents[1]
TRIGGERER = """
import json, sys
from benchmarks.triggerer import main
print(json.dumps([[one.kind, one.started, one.throttled] for one in main(sys.argv[1:])]))
"""


def apart(*arguments: str) -> list[str]:
    """Run a benchmark in a process of its own, and return the lines that it prints."""
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False, timeout=HANGS
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.splitlines()


@pytest.mark.slow
def test_polling_benchmark_counts_each_contender(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--sizes", "4", "--speed", "300", "--check-size", "2", "--check-speed", "300"]
    measured = polling.main([*arguments, "--images", str(tmp_path)])
    assert [one.contender for one in measured] == list(CONTENDERS)
    for one in measured:
        assert (one.jobs, one.lost, len(one.lateness), one.throttled) == (4, 0, 4, 0)
        assert one.requests > 0
    assert (tmp_path / "polling.png").stat().st_size > 1000
    assert capsys.readouterr().out.count("| shared poller") == 2


@pytest.mark.slow
def test_night_benchmark_finishes_a_short_night(tmp_path: Path) -> None:
    arguments = ["--edits", "3", "--check-edits", "0", "--faster", "3"]
    nights = night.main([*arguments, "--images", str(tmp_path)])
    assert [one.contender for one in nights] == list(CONTENDERS)
    assert [(len(one.ends), one.timed_out, one.given_up) for one in nights] == [(3, 0, 0)] * 3
    assert (tmp_path / "night.png").stat().st_size > 1000


def test_longest_idle_time_of_a_slot_counts_until_the_last_edit_starts() -> None:
    def job(started: float | None, ended: float) -> dict[str, float | None]:
        return {"started": started, "ended": ended}

    jobs = [job(0, 10), job(1, 30), job(17, 20), job(24, 90), job(None, 95)]
    assert night.longest_idle(jobs, 2, 0) == 7


@pytest.mark.slow
def test_triggerer_benchmark_runs_all_triggers_in_airflows_triggerer(tmp_path: Path) -> None:
    arguments = ["--triggers", "3", "--first", "1", "--settle", "0.5", "--watched", "1"]
    few = ["--kinds", "WanTaskTrigger", "--images", str(tmp_path)]
    said = apart("-c", TRIGGERER, *arguments, *few)
    assert json.loads(said[-1]) == [["WanTaskTrigger", 4, 0]]
    assert (tmp_path / "triggerer.png").stat().st_size > 1000


@pytest.mark.slow
def test_worker_benchmark_counts_what_tasks_take() -> None:
    said = apart("-m", "benchmarks.worker_start", "--edits", "2", "--repeats", "1")
    times = [float(line.split("|")[2]) for line in said if line.startswith(("| as", "| with"))]
    assert [0.1 < one < 30 for one in times] == [True, True]


@pytest.mark.slow
def test_tab_benchmark_asks_a_real_server_and_counts_what_is_read() -> None:
    said = apart("-m", "benchmarks.video_tab", "--siblings", "20", "--repeats", "2")
    rows = {cells[0]: cells for line in said if (cells := line.strip("| ").split(" | "))}
    found = {name.strip(): cells for name, cells in rows.items()}
    statements, read = (int(found["edit/data"][at]) for at in (4, 5))
    assert 0 < statements < 10
    assert 20 < read < 50, "its own records, and a row for each of its siblings"
