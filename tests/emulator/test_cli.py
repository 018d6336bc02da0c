"""The command line, and what importing the package costs."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import psutil
import pytest

from airflow_provider_wan.emulator.__main__ import read_settings
from tests.patience import HANGS

COMMAND = [sys.executable, "-m", "airflow_provider_wan.emulator"]


def test_importing_the_package_loads_no_web_framework() -> None:
    code = (
        "import sys, airflow_provider_wan.emulator as e; e.EmulatorSettings();"
        "print({'fastapi', 'starlette', 'uvicorn', 'av', 'httpx', 'numpy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_without_rendering_neither_pyav_nor_numpy_is_loaded() -> None:
    code = (
        "import sys; from airflow_provider_wan.emulator import *\n"
        "with running(EmulatorSettings(render=False)): print({'av', 'numpy', 'PIL'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_it_serves_says_where_and_ends_on_a_signal(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("media")
    process = subprocess.Popen(
        [*COMMAND, "--port=0", "--key=sk-1=acme", "--also=cn-beijing:0:sk-2", f"--media-root={tmp_path}"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(8)]
    url = lines[1].split()[1]
    answer = httpx.get(f"{url}/tasks", headers={"Authorization": "Bearer sk-1"})
    assert answer.status_code == 200
    assert httpx.get(url.replace("/api/v1", "/media/a.txt")).text == "media"
    assert "cn-beijing" in lines[2]
    assert any("AIRFLOW_CONN_DASHSCOPE_DEFAULT" in line for line in lines)
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0


def test_taken_port_ends_with_a_message_and_no_traceback() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run([*COMMAND, f"--port={port}"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"Can't listen on 127.0.0.1:{port}" in done.stderr
    assert "Traceback" not in done.stderr


def test_missing_extra_is_named_with_the_command_that_installs_it() -> None:
    code = (
        "import sys; sys.modules['av'] = None\n"
        "from airflow_provider_wan.emulator.__main__ import main; sys.exit(main(['--port=0']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "PyAV" in done.stderr
    assert "airflow-provider-wan[emulator]" in done.stderr


def test_settings_follow_the_command_line() -> None:
    settings = read_settings(
        ["--no-render", "--speed=60", "--unknown-model=404", "--overdue=poor", "--key=sk-a=a", "--key=sk-b"]
    )
    assert (settings.render, settings.speed, settings.unknown_model) == (False, 60, 404)
    assert settings.overdue_accounts == {"poor"}
    assert settings.regions[0].keys == {"sk-a": "a", "sk-b": "emulator"}
    assert not settings.fetches
    assert read_settings(["--no-render", "--fetch-inputs"]).fetches
    assert read_settings([]).fetches


def test_malformed_region_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        read_settings(["--also=beijing"])
    assert "REGION:PORT:KEY" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("host", "warned"), [(None, False), ("127.0.0.2", False), ("localhost", False), ("0.0.0.0", True)]
)
def test_only_an_address_that_others_reach_is_warned_of(host: str | None, warned: bool) -> None:
    process = subprocess.Popen(
        [*COMMAND, "--port=0", "--no-render", *([f"--host={host}"] if host else [])],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert any("AIRFLOW_CONN_DASHSCOPE_DEFAULT" in line for line in process.stdout)
    sockets = _listening(process.pid)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=HANGS)
    assert sockets == {"0.0.0.0" if warned else "127.0.0.2" if host == "127.0.0.2" else "127.0.0.1"}
    assert ("warning: it listens on 0.0.0.0" in said) is warned


def _listening(pid: int) -> set[str]:
    return {one.laddr.ip for one in psutil.Process(pid).net_connections("tcp") if one.status == "LISTEN"}
