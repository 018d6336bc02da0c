"""What Airflow's own database says about a run."""

from __future__ import annotations

from collections import Counter
from typing import Any

import psycopg

TASK = "edit"


class Metadata:
    """Reads Airflow's database.

    Args:
        port: Port of Postgres.
    """

    def __init__(self, port: int) -> None:
        self._where = f"host=127.0.0.1 port={port} user=airflow dbname=airflow"

    def states(self, run_id: str) -> Counter[str]:
        """Count the edits of a run by state; `None` for those that nothing was done about yet."""
        query = "SELECT state, count(*) FROM task_instance WHERE run_id = %s AND task_id = %s GROUP BY state"
        return Counter({str(state): count for state, count in self._read(query, run_id, TASK)})

    def run_state(self, run_id: str) -> str:
        """Return the state of a run."""
        return str(self._read("SELECT state FROM dag_run WHERE run_id = %s", run_id)[0][0])

    def on_workers(self, run_id: str) -> Counter[str]:
        """Count the edits that run on each worker."""
        query = """SELECT hostname, count(*) FROM task_instance
                   WHERE run_id = %s AND task_id = %s AND state = 'running' GROUP BY hostname"""
        return Counter(dict(self._read(query, run_id, TASK)))

    def in_triggerers(self, run_id: str) -> Counter[str]:
        """Count the edits that wait in each triggerer."""
        query = """SELECT j.hostname, count(*) FROM trigger t
                   JOIN job j ON j.id = t.triggerer_id JOIN task_instance i ON i.trigger_id = t.id
                   WHERE i.run_id = %s GROUP BY j.hostname"""
        return Counter(dict(self._read(query, run_id)))

    def triggerers(self) -> set[str]:
        """Name the triggerers that have reported lately. One that was killed stays `running` in the table."""
        query = """SELECT hostname FROM job WHERE job_type = 'TriggererJob' AND state = 'running'
                   AND latest_heartbeat > now() - interval '10 seconds'"""
        return {name for (name,) in self._read(query)}

    def starts(self, run_id: str) -> int:
        """Count the times a worker started a process for an edit: at first, after each wait, at each retry."""
        query = "SELECT count(*) FROM log WHERE run_id = %s AND task_id = %s AND event = 'running'"
        return int(self._read(query, run_id, TASK)[0][0])

    def retried(self, run_id: str) -> int:
        """Count the edits that took more than one attempt."""
        query = "SELECT count(*) FROM task_instance WHERE run_id = %s AND task_id = %s AND try_number > 1"
        return int(self._read(query, run_id, TASK)[0][0])

    def seconds(self, run_id: str) -> tuple[float, float]:
        """Return beginning and end of a run, in seconds since 1970."""
        query = "SELECT extract(epoch FROM start_date), extract(epoch FROM end_date) FROM dag_run WHERE run_id = %s"
        begun, ended = self._read(query, run_id)[0]
        return float(begun), float(ended)

    def _read(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self._where) as connection:
            rows: list[tuple[Any, ...]] = connection.execute(query, values).fetchall()
            return rows
