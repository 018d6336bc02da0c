"""An auth manager that keeps one DAG, and another one's XComs, from one user."""

from __future__ import annotations

from typing import Any

from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager

SECRET, SEALED = "secret", "sealed"


class SomeHidden(SimpleAuthManager):
    """`bob` may see nothing of the DAG `secret`, and of `sealed` all but XComs."""

    def is_authorized_dag(self, **asked: Any) -> bool:
        details = asked.get("details")
        dag_id = None if details is None else details.id
        if asked["user"].username == "bob" and (
            dag_id in (None, SECRET)
            or (dag_id == SEALED and asked.get("access_entity") is DagAccessEntity.XCOM)
        ):
            return False
        return bool(super().is_authorized_dag(**asked))
