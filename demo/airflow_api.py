"""The few calls of Airflow's REST API that the demo makes."""

from __future__ import annotations

from collections import Counter
from types import TracebackType
from typing import Any, Self

import httpx

from demo.errors import DemoError

COMPONENTS = ("metadatabase", "scheduler", "triggerer", "dag_processor")


class AirflowApi:
    """A session with one Airflow."""

    def __init__(self, url: str) -> None:
        # The user's proxy settings are for the world outside, not for this machine.
        self._client = httpx.Client(base_url=url, timeout=30, trust_env=False)

    def __enter__(self) -> Self:
        """Open the session."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the session."""
        self._client.close()

    def missing(self) -> list[str]:
        """Name the parts of Airflow that aren't healthy; only the API server while that doesn't answer."""
        try:
            answer = self._client.get("/api/v2/monitor/health")
            health = answer.json() if answer.is_success else {}
        except (httpx.TransportError, ValueError):
            health = {}
        if not health:
            return ["api_server"]
        return [name for name in COMPONENTS if (health.get(name) or {}).get("status") != "healthy"]

    def log_in(self, user: str, password: str) -> None:
        """Get a token and use it from here on."""
        answer = self._call("POST", "/auth/token", {"username": user, "password": password})
        self._client.headers["Authorization"] = f"Bearer {answer['access_token']}"

    def import_errors(self) -> list[str]:
        """Return what is wrong with the DAG files, one text each."""
        answer = self._call("GET", "/api/v2/importErrors")
        return [f"{error['filename']}\n{error['stack_trace']}" for error in answer["import_errors"]]

    def dag_ids(self) -> set[str]:
        """Name the DAGs that have been read."""
        return {dag["dag_id"] for dag in self._call("GET", "/api/v2/dags")["dags"]}

    def trigger(self, dag_id: str, run_id: str, conf: dict[str, Any]) -> None:
        """Start a run."""
        run = {"dag_run_id": run_id, "logical_date": None, "conf": conf}
        self._call("POST", f"/api/v2/dags/{dag_id}/dagRuns", run)

    def run_state(self, dag_id: str, run_id: str) -> str:
        """Return the state of a run, e.g. `running`."""
        return str(self._call("GET", f"/api/v2/dags/{dag_id}/dagRuns/{run_id}")["state"])

    def task_states(self, dag_id: str, run_id: str) -> dict[str, str | None]:
        """Return the state of each task of a run; None for one that isn't scheduled yet.

        Of a task with several instances, how many are in which: `3 success, 2 deferred`.
        """
        answer = self._call("GET", f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances?limit=100")
        counts: dict[str, Counter[str | None]] = {}
        for task in answer["task_instances"]:
            counts.setdefault(task["task_id"], Counter())[task["state"]] += 1
        return {
            task: next(iter(count))
            if count.total() == 1
            else ", ".join(f"{number} {state or 'waiting'}" for state, number in count.items())
            for task, count in counts.items()
        }

    def result(self, dag_id: str, run_id: str, task_id: str) -> Any:
        """Return what a task returned."""
        path = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/xcomEntries/return_value"
        return self._call("GET", path)["value"]

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        try:
            answer = self._client.request(method, path, json=body)
        except httpx.TransportError as error:
            raise DemoError(f"Airflow's API doesn't answer {method} {path}: {error}") from error
        if not answer.is_success:
            raise DemoError(
                f"Airflow's API refused {method} {path}: {answer.status_code} {answer.text[:500]}"
            )
        return answer.json()
