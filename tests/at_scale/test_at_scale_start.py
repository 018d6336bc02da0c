from __future__ import annotations

from pathlib import Path

import pytest

from at_scale.binaries import find_binaries, newest
from at_scale.parts import command
from at_scale.settings import TRIGGERERS, WORKERS, child_environment, read_settings
from demo.errors import NotStartedError


def program(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_the_newest_postgres_is_taken_by_number_and_not_by_spelling(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("9.6", "15", "17", "share")]
    assert newest(folders) == tmp_path / "17"
    assert newest([]) is None


def test_postgres_is_found_where_debian_puts_it(tmp_path: Path) -> None:
    for name in ("initdb", "postgres"):
        program(tmp_path / "postgresql" / "15" / "bin" / name)
    redis = program(tmp_path / "bin" / "redis-server")

    found = find_binaries(str(tmp_path / "bin"), tmp_path / "postgresql")

    assert found.redis == redis
    assert found.initdb == tmp_path / "postgresql" / "15" / "bin" / "initdb"


def test_what_is_missing_is_named_with_the_command_that_installs_it(tmp_path: Path) -> None:
    with pytest.raises(NotStartedError, match=r"apt-get install \S+ postgresql redis-server$"):
        find_binaries(str(tmp_path), tmp_path)


@pytest.mark.parametrize("text", ["many", "7", "501", "-3"])
def test_a_number_of_edits_out_of_range_is_refused(text: str) -> None:
    with pytest.raises(NotStartedError, match="AT_SCALE_EDITS"):
        read_settings({"AT_SCALE_EDITS": text})


def test_each_part_goes_by_its_own_name_and_all_share_one_database(tmp_path: Path) -> None:
    settings = read_settings({"AT_SCALE_HOME": str(tmp_path)})
    environments = [child_environment(settings, {"PATH": "/bin"}, part) for part in (*WORKERS, *TRIGGERERS)]

    assert [one["AT_SCALE_PART"] for one in environments] == [*WORKERS, *TRIGGERERS]
    assert {one["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] for one in environments} == {settings.database_url}
    assert {one["AIRFLOW__CORE__EXECUTOR"] for one in environments} == {"CeleryExecutor"}


def test_workers_are_told_apart_by_celery(tmp_path: Path) -> None:
    settings = read_settings({"AT_SCALE_HOME": str(tmp_path)})
    assert command("worker-2", settings)[-2:] == ("--celery-hostname", "worker-2")
    assert command("triggerer-1", settings) == ("airflow", "triggerer", "--skip-serve-logs")
