"""Answers what waits for a person while `dag.test()` runs, through the function of Airflow's API that does so."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

LIMIT = 120.0
ROUTES = "airflow.api_fastapi.core_api.routes.public.hitl"


@contextmanager
def answering(dag_id: str, answers: Mapping[str, tuple[str, Mapping[str, Any]]]) -> Iterator[dict[str, str]]:
    """Answer each review once, as soon as it waits, while the block lasts.

    Args:
        dag_id: The DAG.
        answers: By task id: the option, and what is written into the form.

    Yields:
        By task id: what the reviewer was shown.
    """
    shown: dict[str, str] = {}
    over = threading.Event()
    left = dict(answers)

    def answer() -> None:
        while left and not over.wait(0.2):
            for run_id, task_id in _waiting(dag_id):
                if task_id in left:
                    option, form = left.pop(task_id)
                    shown[task_id] = _answer(dag_id, run_id, task_id, option, form)

    # Here and now: Airflow's models lock one another up where two threads import them at once.
    _waiting(dag_id)
    importlib.import_module(ROUTES)
    reviewer = threading.Thread(target=answer)
    reviewer.start()
    try:
        yield shown
    finally:
        over.set()
        reviewer.join(LIMIT)


def _waiting(dag_id: str) -> list[tuple[str, str]]:
    from airflow.models import TaskInstance
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        # Before Airflow 3.3 such tasks are deferred.
        states = "awaiting_input", "deferred"
        query = select(TaskInstance.run_id, TaskInstance.task_id).where(
            TaskInstance.dag_id == dag_id, TaskInstance.state.in_(states)
        )
        return [(run_id, task_id) for run_id, task_id in session.execute(query)]


def _answer(dag_id: str, run_id: str, task_id: str, option: str, form: Mapping[str, Any]) -> str:
    from airflow.api_fastapi.core_api.datamodels.hitl import UpdateHITLDetailPayload
    from airflow.api_fastapi.core_api.routes.public.hitl import get_hitl_detail, update_hitl_detail
    from airflow.utils.session import create_session

    user: Any = SimpleNamespace(get_id=lambda: "editor", get_name=lambda: "editor")
    with create_session() as session:
        detail = get_hitl_detail(dag_id, run_id, task_id, session, -1)
        body = str(detail.body)
        payload = UpdateHITLDetailPayload(chosen_options=[option], params_input=form)
        update_hitl_detail(dag_id, run_id, task_id, payload, user, session, -1)
    return body
