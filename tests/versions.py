"""What the Airflow under test can do, found by looking for it, and a mark for each thing that not all of them can.

What a test asks of Airflow and not of this provider, such as where its DAG bag is, is here too.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

AIRFLOW = version("apache-airflow-core")


def has(module: str, name: str | None = None) -> bool:
    """Tell whether Airflow has a module and, in it, a name, which may be `Class.attribute`."""
    try:
        found: Any = importlib.import_module(module)
    except ModuleNotFoundError:
        return False
    for part in name.split(".") if name else ():
        if not hasattr(found, part):
            return False
        found = getattr(found, part)
    return True


def _source(module: str) -> str:
    return Path(str(importlib.import_module(module).__file__)).read_text()


def needs(there: bool, what: str, since: str) -> pytest.MarkDecorator:
    """Skip a test by name where Airflow lacks what it is about."""
    return pytest.mark.skipif(not there, reason=f"Airflow {AIRFLOW} has no {what} (since {since})")


HAS_TASK_STATE = has("airflow.models.task_state_store")
NO_TASK_STATE = f"Airflow {AIRFLOW} has no task state store (since 3.3)"
needs_on_kill = needs(has("airflow.triggers.base", "BaseTrigger.on_kill"), "`on_kill` of triggers", "3.3")
needs_retry_policies = needs(has("airflow.sdk.definitions.retry_policy"), "retry policies", "3.3")
needs_commands = needs(
    has("airflow.providers_manager", "ProvidersManager.cli_command_functions"), "commands of providers", "3.2"
)
FORM_BY_HOOK = not has("airflow.providers_manager", "ProvidersManager._to_api_format")
"""Whether Airflow asks the hook what the connection's form has; later versions read the provider's info."""
BRINGS_FORM_FIELDS = FORM_BY_HOOK and "MagicMock" in _source(
    "airflow.api_fastapi.core_api.services.ui.connections"
)
"""Whether it does so also where no form library is installed."""
needs_form_without_hook = needs(
    has("airflow.providers_manager", "ProvidersManager.iter_connection_type_hook_ui_metadata"),
    "connection form that is made without importing the hook",
    "3.3",
)
needs_spans_of_tasks = needs(
    has("airflow._shared.observability.traces"), "tracing that reaches tasks and triggers", "3.2"
)


_stored: set[str] = set()


def dag_bag(folder: str) -> Any:
    """Parse a folder's DAG files, as the DAG processor does.

    Before 3.2 what it finds is stored too, the first time, since `dag.test()` leaves that to others there.
    """
    if has("airflow.dag_processing.dagbag"):
        return importlib.import_module("airflow.dag_processing.dagbag").DagBag(folder)
    from airflow.dag_processing.bundles.manager import DagBundlesManager

    module = importlib.import_module("airflow.models.dagbag")
    bag = module.DagBag(folder)
    if folder not in _stored:
        _stored.add(folder)
        DagBundlesManager().sync_bundles_to_db()  # type: ignore[no-untyped-call]
        module.sync_bag_to_db(bag, "dags-folder", None)
    return bag


def share_execution_api() -> None:
    """Let the tasks of `dag.test()` share the API that they ask, as later versions do by themselves.

    Before, each task makes one of its own, which takes seconds: more than everything else in a task of a test.
    """
    supervisor: Any = importlib.import_module("airflow.sdk.execution_time.supervisor")
    if not hasattr(supervisor.in_process_api_server, "cache_info"):
        supervisor.in_process_api_server = functools.cache(supervisor.in_process_api_server)


class Supervisor:
    """Stands in for the process that a worker or a triggerer of Airflow asks, which knows no connection.

    Before 3.1.8 or so, looking up a connection fails without one, even where the environment has the connection.
    """

    def send(self, message: Any) -> Any:
        """Answer as a supervisor does about a connection that isn't there; pass over all else."""
        from airflow.sdk.exceptions import ErrorType
        from airflow.sdk.execution_time.comms import ErrorResponse, GetConnection

        return (
            ErrorResponse(error=ErrorType.CONNECTION_NOT_FOUND)
            if isinstance(message, GetConnection)
            else None
        )

    async def asend(self, message: Any) -> Any:
        """See `send`."""
        return self.send(message)


ASKS_A_SUPERVISOR = not has("airflow.sdk.execution_time.secrets")
"""Whether a connection can be looked up only where there is a supervisor."""
