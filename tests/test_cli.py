"""`airflow wan pools`, through Airflow's own command line and against a real database of Airflow's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete

from airflow_provider_wan.dashscope import catalog
from tests.patience import HANGS
from tests.versions import needs_commands

AIRFLOW = [sys.executable, "-m", "airflow"]
Command = Callable[..., list[dict[str, str]]]

pytestmark = needs_commands


@pytest.fixture
def database(airflow_db: Path) -> Iterator[None]:
    """Airflow's database, without the pools of a test when that is over."""
    yield
    from airflow.models.pool import Pool
    from airflow.utils.session import create_session

    with create_session() as session:
        session.execute(delete(Pool).where(Pool.pool != Pool.DEFAULT_POOL_NAME))


@pytest.fixture
def wan_pools(database: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs `airflow wan pools` for a connection of a region, and returns what it prints as JSON."""
    monkeypatch.setenv("_AIRFLOW_PROCESS_CONTEXT", "")  # the command sets it; this takes it back

    def run(*options: str, region: str = "ap-southeast-1") -> list[dict[str, str]]:
        from airflow.cli import cli_parser

        connection = {
            "conn_type": "dashscope",
            "password": "sk-any",
            "extra": {"region": region, "workspace_id": "llm-any"},
        }
        monkeypatch.setenv("AIRFLOW_CONN_DASHSCOPE_DEFAULT", json.dumps(connection))
        args = cli_parser.get_parser().parse_args(["wan", "pools", "-o", "json", *options])
        args.func(args)
        rows: list[dict[str, str]] = json.loads(capsys.readouterr().out)
        return rows

    return run


def stored() -> dict[str, tuple[int, bool, str | None]]:
    from airflow.models.pool import Pool

    pools = [pool for pool in Pool.get_pools() if pool.pool != Pool.DEFAULT_POOL_NAME]
    return {str(pool.pool): (pool.slots, pool.include_deferred, pool.description) for pool in pools}


def refusal(run: Command, *options: str, **where: str) -> str:
    with pytest.raises(SystemExit) as refused:
        run(*options, **where)
    assert isinstance(refused.value.code, str)  # Python prints it to stderr and exits with 1
    assert refused.value.code.endswith("\nNo pool was changed.")
    return refused.value.code


def test_every_model_of_the_region_that_runs_jobs_gets_a_pool_that_counts_deferred_tasks(
    wan_pools: Command,
) -> None:
    rows = wan_pools()
    models = [model for model in catalog.MODELS if "ap-southeast-1" in model.spellings and model.running]
    assert [row["model"] for row in rows] == [model.spellings["ap-southeast-1"] for model in models]
    pools = stored()
    assert set(pools) == {row["pool"] for row in rows}
    assert len(pools) == len(models)
    assert all(include_deferred for _, include_deferred, _ in pools.values())
    assert pools["wan_wan2_1_vace_plus"] == (4, True, "Edits with wan2.1-vace-plus")
    assert pools["wan_wan2_7_videoedit"][0] == 10


def test_pool_is_named_after_the_spelling_of_the_region(wan_pools: Command) -> None:
    (row,) = wan_pools("--models", "wanx2.1-vace-plus", region="cn-beijing")
    assert (row["pool"], row["change"]) == ("wan_wanx2_1_vace_plus", "new")
    assert list(stored()) == ["wan_wanx2_1_vace_plus"]


@pytest.mark.parametrize("region", sorted(catalog.REGIONS))
def test_no_two_models_of_a_region_share_a_pool_and_airflow_takes_every_name(
    wan_pools: Command, region: str
) -> None:
    from airflow.models.pool import normalize_pool_name_for_stats

    names = [row["pool"] for row in wan_pools("--dry-run", region=region)]
    assert names
    assert len(set(names)) == len(names)
    assert [normalize_pool_name_for_stats(name) for name in names] == names


@pytest.mark.parametrize(("factor", "slots"), [("0", 2), ("0.5", 3), ("0.6", 4), ("10", 22)])
def test_queue_factor_says_how_many_edits_may_wait_for_each_that_runs(
    wan_pools: Command, factor: str, slots: int
) -> None:
    wan_pools("--models", "wan2.1-vace-plus", "--queue-factor", factor)
    assert stored()["wan_wan2_1_vace_plus"][0] == slots


def test_prefix_keeps_the_pools_of_two_accounts_apart(wan_pools: Command) -> None:
    for prefix in ("team_a", "team_b"):
        wan_pools("--models", "wan2.7-videoedit", "--prefix", prefix)
    assert set(stored()) == {"team_a_wan2_7_videoedit", "team_b_wan2_7_videoedit"}


def test_snapshot_and_its_model_share_one_pool_as_they_share_one_limit(wan_pools: Command) -> None:
    rows = wan_pools("--models", "wan2.7-i2v-2026-04-25", "wan2.7-i2v")
    assert [row["pool"] for row in rows] == ["wan_wan2_7_i2v"]


def test_second_run_says_what_it_changed_and_leaves_the_description_to_people(wan_pools: Command) -> None:
    from airflow.models.pool import Pool

    Pool.create_or_update_pool("wan_wan2_1_vace_plus", 128, "ask Mei first", include_deferred=False)
    models = ("--models", "wan2.1-vace-plus", "wan2.7-videoedit")
    assert [row["change"] for row in wan_pools(*models)] == [
        "slots 128 -> 4, include_deferred False -> True",
        "new",
    ]
    assert stored()["wan_wan2_1_vace_plus"] == (4, True, "ask Mei first")
    assert [row["change"] for row in wan_pools(*models)] == ["none", "none"]


def test_pools_of_others_are_left_alone(wan_pools: Command) -> None:
    from airflow.models.pool import Pool

    Pool.create_or_update_pool("render_farm", 7, "", include_deferred=False)
    wan_pools("--models", "wan2.7-videoedit")
    assert stored()["render_farm"] == (7, False, "")


def test_dry_run_shows_the_same_and_changes_nothing(wan_pools: Command) -> None:
    shown = wan_pools("--dry-run")
    assert stored() == {}
    assert wan_pools() == shown


@pytest.mark.parametrize(
    ("options", "region", "says"),
    [
        (
            ("--models", "wan2.7-videoedit", "wan9"),
            "cn-beijing",
            "names 'wan9', which isn't known. Models of",
        ),
        (
            ("--models", "wan2.7-t2v", "wan2.1-vace-plus"),
            "us-east-1",
            "wan2.7-t2v: is not offered in Virginia",
        ),
        (("--models", "wan2.1-vace-plus"), "cn-beijing", "is spelled wanx2.1-vace-plus in Beijing"),
        (("--models", "wan2.2-s2v-detect"), "cn-beijing", "answers at once and runs no jobs"),
        (("--queue-factor", "11"), "cn-beijing", "--queue-factor is 11. It must be from 0 to 10"),
        (("--queue-factor", "nan"), "cn-beijing", "--queue-factor is nan"),
        (("--queue-factor=-1",), "cn-beijing", "--queue-factor is -1"),
        (("--prefix", "my pools"), "cn-beijing", "--prefix is 'my pools'"),
        ((), "mars", "names region 'mars', which isn't known. Use one of: cn-beijing"),
    ],
)
def test_mistake_is_named_and_no_pool_is_changed(
    wan_pools: Command, options: tuple[str, ...], region: str, says: str
) -> None:
    assert says in refusal(wan_pools, *options, region=region)
    assert stored() == {}


def test_connection_of_another_type_is_refused(wan_pools: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_STORE", json.dumps({"conn_type": "aws", "password": "b"}))
    assert "'store' is of type 'aws'" in refusal(wan_pools, "--conn-id", "store")


def test_command_works_from_a_shell_with_a_connection_in_the_database(database: None) -> None:
    from airflow.models import Connection
    from airflow.utils.session import create_session

    def shell(conn_id: str) -> subprocess.CompletedProcess[str]:
        command = [*AIRFLOW, "wan", "pools", "--models", "wan2.1-vace-plus", "--conn-id", conn_id]
        return subprocess.run(command, capture_output=True, text=True, timeout=HANGS, check=False)

    missing = shell("nobody")
    assert missing.returncode == 1
    assert missing.stdout == ""
    assert "There is no connection 'nobody'. Create one of type `dashscope`" in missing.stderr
    assert "Traceback" not in missing.stderr
    with create_session() as session:
        session.add(Connection(conn_id="at_home", conn_type="dashscope", password="sk-any"))
    done = shell("at_home")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[2].split() == [
        *("wan_wan2_1_vace_plus", "|", "wan2.1-vace-plus", "|", "2", "|", "4", "|", "new")
    ]
    assert stored()["wan_wan2_1_vace_plus"][0] == 4


def test_other_commands_of_airflow_load_neither_the_command_nor_the_client(airflow_db: Path) -> None:
    code = (
        "import sys; from airflow.cli import cli_parser\n"
        "text = cli_parser.get_parser().format_help()\n"
        "ours = sorted(name for name in sys.modules if name.startswith('airflow_provider_wan'))\n"
        "print('Manage what Alibaba' in text, ours)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        timeout=HANGS,
        env={**os.environ},
    )
    assert done.stdout.splitlines()[-1] == "True ['airflow_provider_wan', 'airflow_provider_wan.cli']"


def test_providers_key_for_the_command_line_names_a_function_that_airflow_finds() -> None:
    from airflow.providers_manager import ProvidersManager

    from airflow_provider_wan.cli import get_wan_cli_commands

    found: Any = ProvidersManager().cli_command_functions  # type: ignore[no-untyped-call]
    assert get_wan_cli_commands in found
