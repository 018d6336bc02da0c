"""Airflow finds the provider and shows its connection as people expect."""

from __future__ import annotations

import json
import pkgutil
import subprocess
import sys
from importlib import resources
from typing import Any

import jsonschema
import pytest

import airflow_provider_wan
from airflow_provider_wan import get_provider_info
from airflow_provider_wan.dashscope.catalog import REGIONS
from tests.patience import HANGS
from tests.versions import (
    AIRFLOW,
    BRINGS_FORM_FIELDS,
    FORM_BY_HOOK,
    needs_form_without_hook,
    needs_retry_policies,
)

CONNECTION_TYPE: dict[str, Any] = get_provider_info()["connection-types"][0]


def test_provider_info_is_valid_against_airflows_own_schema() -> None:
    schema = json.loads((resources.files("airflow") / "provider_info.schema.json").read_text())
    jsonschema.validate(get_provider_info(), schema)


def test_airflow_without_commands_of_providers_passes_over_ours() -> None:
    schema = json.loads((resources.files("airflow") / "provider_info.schema.json").read_text())
    schema["properties"].pop("cli", None)  # as in Airflow 3.1
    jsonschema.validate(get_provider_info(), schema)


def test_airflow_discovers_the_provider_at_this_version() -> None:
    from airflow.providers_manager import ProvidersManager

    found = ProvidersManager().providers["airflow-provider-wan"]  # type: ignore[no-untyped-call]
    assert found.version == airflow_provider_wan.__version__


def test_every_module_the_provider_names_can_be_imported() -> None:
    info = get_provider_info()
    for kind in ("hooks", "operators", "triggers"):
        for entry in info[kind]:
            for module in entry["python-modules"]:
                __import__(module)


MODULES = sorted(
    found.name
    for found in pkgutil.walk_packages(airflow_provider_wan.__path__, "airflow_provider_wan.")
    if not found.name.endswith("__main__")
)


@pytest.mark.parametrize(
    "module",
    [pytest.param(name, marks=needs_retry_policies if name.endswith(".retries") else ()) for name in MODULES],
)
def test_airflow_and_its_providers_have_all_that_a_module_imports(module: str) -> None:
    __import__(module)


def test_connection_form_offers_exactly_the_regions_of_the_catalogue() -> None:
    offered = CONNECTION_TYPE["conn-fields"]["region"]["schema"]["enum"]
    assert sorted(offered) == sorted(REGIONS)


@needs_form_without_hook
def test_connection_form_needs_no_import_of_the_hook_or_of_a_form_library() -> None:
    code = (
        "import sys; from airflow.api_fastapi.core_api.services.ui.connections import HookMetaService as S\n"
        "form = next(f for f in S.hook_meta_data() if f.connection_type == 'dashscope')\n"
        "print(sorted(form.extra_fields), form.standard_fields.password.title)\n"
        "print([m for m in ('airflow_provider_wan.hooks', 'flask_appbuilder', 'wtforms') if m in sys.modules])"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=HANGS
    )
    assert out.stdout.splitlines()[-2:] == ["['region', 'status_qps', 'workspace_id'] API key", "[]"]


@pytest.mark.skipif(
    not FORM_BY_HOOK, reason=f"Airflow {AIRFLOW} doesn't ask the hook for the connection's form"
)
def test_connection_form_made_by_the_hook_is_that_of_the_providers_info() -> None:
    if not BRINGS_FORM_FIELDS:
        pytest.importorskip(
            "wtforms", reason=f"without a form library Airflow {AIRFLOW} shows the extra as JSON"
        )
    code = (
        "from airflow.api_fastapi.core_api.services.ui.connections import HookMetaService as S\n"
        "form = next(f for f in S.hook_meta_data() if f.connection_type == 'dashscope')\n"
        "print(form.extra_fields['region']['schema']['enum'], form.extra_fields['status_qps']['value'])\n"
        "print(sorted(form.extra_fields), form.standard_fields.password.title, form.standard_fields.login.hidden)"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=HANGS
    )
    assert out.stdout.splitlines()[-2:] == [
        f"{CONNECTION_TYPE['conn-fields']['region']['schema']['enum']} 8",
        "['region', 'status_qps', 'workspace_id'] API key True",
    ]


def test_hook_is_what_airflow_makes_of_a_dashscope_connection(monkeypatch: Any) -> None:
    from airflow.sdk import Connection

    from airflow_provider_wan.hooks import DashScopeHook

    monkeypatch.setenv("AIRFLOW_CONN_SOME_KEY", json.dumps({"conn_type": "dashscope", "password": "sk-x"}))
    assert isinstance(Connection.get("some_key").get_hook(), DashScopeHook)


def test_importing_the_operators_asks_for_no_heavy_module() -> None:
    from benchmarks.import_time import asked_for

    assert asked_for() == []
