"""The calls of Airflow's REST API that tell how far the pictured edits are."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from demo.airflow_api import AirflowApi


class PicturedAirflow(AirflowApi):
    """A session with the pictured Airflow."""

    def states(self, dag_id: str, run_id: str) -> dict[tuple[str, int], str | None]:
        """Return the state of each task instance of a run, by task and map index (-1: not mapped)."""
        answer = self._call("GET", f"{_run(dag_id, run_id)}/taskInstances?limit=100")
        return {(one["task_id"], one["map_index"]): one["state"] for one in answer["task_instances"]}

    def record(self, dag_id: str, run_id: str, task_id: str, key: str) -> Any:
        """Return an XCom of a task that isn't mapped; None where there is none."""
        entries = f"{_run(dag_id, run_id)}/taskInstances/{task_id}/xcomEntries"
        keys = {one["key"] for one in self._call("GET", entries)["xcom_entries"]}
        return self._call("GET", f"{entries}/{key}")["value"] if key in keys else None

    def put_record(self, dag_id: str, run_id: str, task_id: str, key: str, value: Any) -> None:
        """Write an XCom of a task that isn't mapped anew."""
        address = f"{_run(dag_id, run_id)}/taskInstances/{task_id}/xcomEntries/{key}"
        self._call("PATCH", address, {"value": value, "map_index": -1})


def _run(dag_id: str, run_id: str) -> str:
    return f"/api/v2/dags/{dag_id}/dagRuns/{quote(run_id, safe='')}"
