from __future__ import annotations

import json
from pathlib import Path

import pytest

from demo.errors import DemoError
from demo.settings import child_environment, read_settings


def test_ports_and_folder_come_from_the_environment(tmp_path: Path) -> None:
    settings = read_settings({"DEMO_HOME": str(tmp_path), "DEMO_AIRFLOW_PORT": "20001", "DEMO_SPEED": "120"})
    assert settings.home == tmp_path
    assert settings.airflow_url == "http://127.0.0.1:20001"
    assert settings.clip_url == "http://127.0.0.1:18765/media/big_buck_bunny.mp4"
    assert settings.speed == 120


@pytest.mark.parametrize("value", ["eighty", "80", "70000", "-1"])
def test_a_port_that_is_none_is_refused_with_its_variable_and_range(value: str) -> None:
    with pytest.raises(DemoError, match=f"DEMO_SMTP_PORT is '{value}'.*1024 to 65535"):
        read_settings({"DEMO_SMTP_PORT": value})


def test_two_programs_on_one_port_are_refused() -> None:
    with pytest.raises(DemoError, match="three different ports"):
        read_settings({"DEMO_AIRFLOW_PORT": "20001", "DEMO_SMTP_PORT": "20001"})


def test_the_users_own_airflow_settings_never_reach_the_demo(tmp_path: Path) -> None:
    users = {
        "PATH": "/bin",
        "AIRFLOW_HOME": "/home/user/airflow",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "postgresql://production",
        "AIRFLOW_CONN_DASHSCOPE_DEFAULT": "dashscope://:sk-real@",
        "HTTP_PROXY": "http://proxy:3128",
        "NO_PROXY": "intranet",
    }
    environment = child_environment(read_settings({"DEMO_HOME": str(tmp_path)}), users)
    assert environment["AIRFLOW_HOME"] == str(tmp_path / "airflow")
    assert environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] == f"sqlite:///{tmp_path}/airflow/airflow.db"
    connection = json.loads(environment["AIRFLOW_CONN_DASHSCOPE_DEFAULT"])
    assert connection["password"] == "sk-emulator"
    assert connection["host"] == "http://127.0.0.1:18765/api/v1"
    assert environment["PATH"] == "/bin"
    assert environment["NO_PROXY"] == "127.0.0.1,localhost,intranet"
