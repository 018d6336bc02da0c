"""`airflow wan doctor` through Airflow's own command line."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_wan import __version__
from airflow_provider_wan.emulator import RegionSettings, RunningEmulator
from tests.doctor.conftest import KEY, Start
from tests.patience import HANGS
from tests.versions import needs_commands

pytestmark = needs_commands

Doctor = Callable[..., tuple[int, str]]


REGION = "cn-hongkong"
"""A region with few models, so that an examination with its pauses takes half a second."""


REGIONS = (RegionSettings(REGION, keys={KEY: "acme"}),)


def connection(emulator: RunningEmulator, password: str = KEY) -> str:
    extra = {"region": REGION, "status_qps": 20}
    return json.dumps(
        {"conn_type": "dashscope", "password": password, "host": emulator.base_url, "extra": extra}
    )


@pytest.fixture
def doctor(
    airflow_db: Path, start: Start, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Doctor:
    """Runs the command on an emulator, and returns its exit code and what it printed."""
    monkeypatch.setenv("_AIRFLOW_PROCESS_CONTEXT", "")  # the command sets it; this takes it back

    def run(*options: str, password: str = KEY, emulator: RunningEmulator | None = None) -> tuple[int, str]:
        from airflow.cli import cli_parser

        monkeypatch.setenv("AIRFLOW_CONN_AT_HOME", connection(emulator or start(regions=REGIONS), password))
        args = cli_parser.get_parser().parse_args(["wan", "doctor", "--conn-id", "at_home", *options])
        try:
            args.func(args)
        except SystemExit as end:
            if isinstance(end.code, str):
                return 1, end.code
            return int(end.code or 0), capsys.readouterr().out
        return 0, capsys.readouterr().out

    return run


def test_forms_of_the_report_hold_the_same_findings_with_versions_at_the_top(
    doctor: Doctor, start: Start
) -> None:
    emulator = start(regions=REGIONS)
    code, table = doctor(emulator=emulator)
    assert code == 0
    _, plain = doctor("--output", "plain", emulator=emulator)
    _, text = doctor("-o", "json", emulator=emulator)
    told = json.loads(text)
    assert told["about"]["provider"] == __version__
    versions = f"airflow-provider-wan {__version__}, Airflow {told['about']['airflow']}, Python "
    for report in (table, plain):
        assert report.startswith("This report holds no key, no signature and no account's number;")
        assert versions in report.replace("\n", " ")
        assert KEY not in report
    lines = plain.splitlines()
    assert [line.partition(": ")[0] for line in lines[4:-1]] == [one["result"] for one in told["findings"]]
    assert lines[-1] == told["sum"]
    assert all(len(line) <= 100 for line in table.splitlines())
    assert re.search(r"^ok +access +The key is let in, in cn-hongkong \(Hong Kong\)\.$", table, re.MULTILINE)
    parts = told["findings"][0]
    assert {*parts} == {"result", "about", "sentence", "found", "expected", "advice"}


def test_trouble_is_exit_code_1_with_the_report_all_the_same(doctor: Doctor) -> None:
    code, report = doctor("-o", "plain", password="sk-of-nobody-at-all")
    assert code == 1
    assert "trouble: access: The key is refused in cn-hongkong" in report
    assert report.rstrip().endswith("1 trouble, 1 note.")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--timeout", "0"), "--timeout is 0. Write seconds"),
        (("--timeout", "nan"), "--timeout is nan. Write seconds"),
        (("--conn-id", "nobody"), "There is no connection 'nobody'"),
    ],
)
def test_mistake_of_the_command_line_ends_with_a_message(
    doctor: Doctor, options: tuple[str, str], says: str
) -> None:
    code, said = doctor(*options)
    assert (code, says in said) == (1, True)


def test_command_works_from_a_shell_within_the_connections_rate(airflow_db: Path, start: Start) -> None:
    emulator = start(regions=REGIONS, query_qps=20)  # the service's own limit
    command = [sys.executable, "-m", "airflow", "wan", "doctor", "--conn-id", "at_home", "-o", "json"]
    began = time.monotonic()
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=HANGS,
        check=False,
        env={**os.environ, "AIRFLOW_CONN_AT_HOME": connection(emulator)},
    )
    assert (done.returncode, done.stderr) == (0, "")
    told: dict[str, Any] = json.loads(done.stdout)
    calls = int(told["about"]["calls"])
    assert 8 < calls < 20
    assert time.monotonic() - began > (calls - 1) / 20
    assert emulator.requests.count("list", 429) == emulator.requests.count("get", 429) == 0
    assert emulator.submits() == []


def test_help_says_that_it_is_free_and_how_many_calls_it_makes(
    airflow_db: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from airflow.cli import cli_parser

    with pytest.raises(SystemExit):
        cli_parser.get_parser().parse_args(["wan", "doctor", "--help"])
    shown = " ".join(capsys.readouterr().out.split())
    assert "All calls only read and are free; there are fewer than 60 of them" in shown
    assert "it holds no secret" in shown
