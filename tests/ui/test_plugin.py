"""The plugin itself: what it adds to Airflow's UI, and how little it costs those who only import it."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import entry_points
from typing import Any

from airflow_provider_wan import get_provider_info
from airflow_provider_wan.ui import instance
from airflow_provider_wan.ui.plugin import LazyApp, WanPlugin

_ADDED = """
import sys, json, time, airflow.plugins_manager
before, began = set(sys.modules), time.perf_counter()
import airflow_provider_wan.ui.plugin
print(json.dumps([sorted(set(sys.modules) - before), time.perf_counter() - began]))
"""


def test_importing_it_imports_nothing_else() -> None:
    ran = subprocess.run([sys.executable, "-c", _ADDED], check=True, capture_output=True, text=True)
    added, seconds = json.loads(ran.stdout.splitlines()[-1])
    ours = {"airflow_provider_wan", "airflow_provider_wan.ui", "airflow_provider_wan.ui.plugin"}
    assert set(added) <= {*ours, "asyncio"}
    assert seconds < 0.1


def test_airflow_finds_it_by_entry_point_and_by_the_providers_info() -> None:
    [found] = [one for one in entry_points(group="airflow.plugins") if one.name == "wan"]
    assert found.load() is WanPlugin
    [named] = get_provider_info()["plugins"]
    assert named["plugin-class"] == f"{WanPlugin.__module__}.{WanPlugin.__qualname__}"


def test_its_addresses_are_relative_and_its_routes_those_that_were_agreed_on() -> None:
    views = {view["destination"]: view for view in WanPlugin.external_views}
    assert views["task_instance"]["href"] == (
        "wan/edit?dag_id={DAG_ID}&run_id={RUN_ID}&task_id={TASK_ID}&map_index={MAP_INDEX}"
    )
    assert views["dag_run"]["href"] == "wan/run?dag_id={DAG_ID}&run_id={RUN_ID}"
    assert (views["task_instance"]["url_route"], views["dag_run"]["url_route"]) == ("video", "edits")
    assert [app["url_prefix"] for app in WanPlugin.fastapi_apps] == ["/wan"]


async def test_the_application_is_imported_by_the_first_request() -> None:
    asked: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        asked.append(scope)

    globals()["made_for_the_test"] = app
    lazy = LazyApp(__name__, "made_for_the_test")
    await lazy({"type": "http"}, None, None)  # type: ignore[arg-type]
    await lazy({"type": "http"}, None, None)  # type: ignore[arg-type]
    assert len(asked) == 2


def test_every_operator_of_ours_is_known_by_name() -> None:
    from airflow_provider_wan import decorators, operators, sensors, transfers
    from airflow_provider_wan.operators import video

    known = instance.EDITS | instance.BATCHES | instance.FOOTAGE
    ours = {name for name in operators.__all__ if name.endswith("Operator")} - {"WanCancelTaskOperator"}
    ours |= {name for name in video.__all__ if name != "VideoToolOperator"}
    assert ours <= known
    elsewhere = known - ours
    places = (decorators, sensors, transfers, operators.base)
    assert all(any(hasattr(place, name) for place in places) for name in elsewhere)


def test_the_keys_of_xcoms_are_those_that_operators_push() -> None:
    from airflow_provider_wan.operators.batch_life import RESULTS_KEY
    from airflow_provider_wan.operators.video.check import REPORT_KEY

    assert (instance.PARTIAL_KEY, instance.REPORT_KEY) == (RESULTS_KEY, REPORT_KEY)
