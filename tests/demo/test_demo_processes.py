from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from demo import processes
from demo.clock import ticks
from demo.errors import DemoError
from demo.settings import Port, read_settings
from demo.stack import prepare
from tests.patience import HANGS

# A program that leaves a child in a process group of its own, as Airflow's task supervisor does.
PARENT = """
import os, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"], process_group=0)
print(child.pid, flush=True)
child.wait()
"""


@pytest.fixture
def child(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    started = processes.start(["-c", PARENT], environment=os.environ, log=tmp_path / "log", folder=tmp_path)
    record = processes.remember("child", started.pid)
    yield started
    processes.stop([record], grace=0)
    started.wait()


def grandchild(log: Path) -> psutil.Process:
    for _ in ticks(HANGS, every=0.02):
        if text := log.read_text().strip():
            return psutil.Process(int(text))
    raise AssertionError("the program did not start")


def ended(process: psutil.Process) -> bool:
    for _ in ticks(20, every=0.02):
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
    return False


def test_stopping_ends_the_whole_session(child: subprocess.Popen[bytes], tmp_path: Path) -> None:
    left_behind = grandchild(tmp_path / "log")
    record = processes.remember("child", child.pid)
    assert processes.alive(record)
    processes.stop([record], grace=1)
    assert not processes.alive(record)
    assert ended(left_behind)


def test_what_was_started_is_found_again_and_ended_also_after_its_leader_died(
    child: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    left_behind = grandchild(tmp_path / "log")
    processes.save([processes.remember("child", child.pid)], tmp_path / "processes.json")
    child.kill()
    child.wait()
    (record,) = processes.load(tmp_path / "processes.json")
    processes.stop([record], grace=0)
    assert ended(left_behind)
    assert processes.load(tmp_path / "processes.json") == []


def test_a_stranger_with_the_same_pid_is_left_alone(child: subprocess.Popen[bytes], tmp_path: Path) -> None:
    grandchild(tmp_path / "log")
    record = processes.remember("child", child.pid)
    earlier = replace(record, begun=record.begun - 3600)
    processes.stop([earlier], grace=0)
    assert processes.alive(record)
    assert not processes.alive(earlier)


def test_a_taken_port_is_named_with_its_purpose_and_the_way_out() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        number = other.getsockname()[1]
        with pytest.raises(DemoError, match=f"Port {number}, meant for the mail sink, .*DEMO_SMTP_PORT="):
            processes.check_ports([Port(number, "the mail sink", "DEMO_SMTP_PORT")])
    processes.check_ports([Port(number, "the mail sink", "DEMO_SMTP_PORT")])


def test_a_folder_of_someone_else_is_never_emptied(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "precious.log").write_text("keep")
    with pytest.raises(DemoError, match="was not made by the demo"):
        prepare(read_settings({"DEMO_HOME": str(tmp_path)}))
    assert (tmp_path / "logs" / "precious.log").read_text() == "keep"


def test_a_folder_left_from_an_earlier_demo_loses_its_airflow_and_keeps_its_results(tmp_path: Path) -> None:
    settings = read_settings({"DEMO_HOME": str(tmp_path / "demo")})
    prepare(settings)
    (settings.airflow_home / "airflow.db").touch()
    (settings.mail / "0001.eml").touch()
    (settings.results / "old").mkdir()
    prepare(settings)
    assert not (settings.airflow_home / "airflow.db").exists()
    assert list(settings.mail.iterdir()) == []
    assert (settings.results / "old").exists()
