"""Lays task instances and their records into Airflow's database, as if they had run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from airflow_provider_wan.ui.instance import Place
from tests.versions import HAS_TASK_STATE, NO_TASK_STATE

NOW = datetime.now(UTC).replace(microsecond=0)
JOB = "0385dc79-5ff8-4d82-bcb6-7f3c1a9e2b44"
SIGNATURE = "Zm9vYmFyc2lnbmF0dXJl"


def ago(seconds: float) -> str:
    return (NOW - timedelta(seconds=seconds)).isoformat()


def request(**changes: Any) -> dict[str, Any]:
    """What an edit asked for, see `records.request`."""
    return {
        "function": "video_repainting",
        "model": "wan2.1-vace-plus",
        "region": "ap-southeast-1",
        "conn_id": "dashscope_default",
        "output_path": "s3://media-team/edits/",
        "attempt": 1,
        "prompt": "A rabbit in ink",
        "negative_prompt": "text",
        "inputs": [{"name": "video_url", "kind": "video", "uri": "s3://media-team/raw/rabbit.mp4"}],
        "parameters": {"control_condition": "scribble", "prompt_extend": True, "seed": 7},
        **changes,
    }


def progress(status: str, **changes: Any) -> dict[str, Any]:
    """How far an edit is, see `records.progress`."""
    return {
        "status": status,
        "at": ago(60),
        "task_id": JOB,
        "submitted_at": ago(200),
        "deadline": ago(-3600),
        "queue": None,
        "since": None,
        **changes,
    }


def result(**changes: Any) -> dict[str, Any]:
    """What an edit returned, see `jobs.result`: a result that was not landed."""
    return {
        "task_id": JOB,
        "request_id": "4909100c-7b5a-9f92-bfe5-8d2e1c6f0a17",
        "model": "wan2.1-vace-plus",
        "function": "video_repainting",
        "region": "ap-southeast-1",
        "status": "SUCCEEDED",
        "video_url": f"https://dashscope-result.oss.aliyuncs.com/a.mp4?Expires=1&Signature={SIGNATURE}",
        "expires_at": ago(-80_000),
        "output_path": None,
        "usage": {"video_duration": 5, "video_ratio": "1280*720"},
        "billed_seconds": 5.0,
        "cost": {"amount": "3.50", "currency": "CNY"},
        "submitted_at": ago(200),
        "started_at": ago(150),
        "finished_at": ago(70),
        "orig_prompt": "A rabbit in ink",
        "actual_prompt": "A plump rabbit in flowing ink",
        **changes,
    }


def failure(**changes: Any) -> dict[str, Any]:
    """Why an edit failed, see `records.failure`."""
    return {
        "error": "ContentRejectedError",
        "code": "DataInspectionFailed",
        "message": "Job failed. See https://oss.aliyuncs.com/in.mp4?***",
        "request_id": "4909100c",
        "task_id": JOB,
        "advice": "Change the prompt.",
        "spent": "A failed job isn't billed.",
        "next": "It is not retried.",
        "retry": "never",
        "at": ago(50),
        **changes,
    }


def entry(index: int, **changes: Any) -> dict[str, Any]:
    """One of a batch's results."""
    return {"index": index, **result(task_id=f"job-{index}", **changes)}


def edited(path: str | None, **changes: Any) -> dict[str, Any]:
    """All records of an edit that succeeded."""
    whole = result(output_path=path, **changes)
    return {
        "wan_request": request(),
        "wan_task_id": JOB,
        "wan_progress": progress("LANDED"),
        "wan_cost": {"paid": {"CNY": "3.50"}, "open": {}, "unknown": 0, "jobs": 1},
        "return_value": whole,
        **{name: whole[name] for name in ("cost", "billed_seconds", "output_path", "video_url")},
    }


def lay_connection(host: str) -> None:
    """Add the DashScope connection to the database."""
    from airflow.models.connection import Connection
    from airflow.utils.session import create_session

    with create_session() as session:
        session.add(
            Connection(
                conn_id="dashscope_default", conn_type="dashscope", host=host, password="sk-of-the-tests"
            )
        )


def lay_dag(dag_id: str) -> None:
    """Add a DAG, which Airflow's own pages about its runs need."""
    from airflow.models.dag import DagModel
    from airflow.models.dagbundle import DagBundleModel
    from airflow.utils.session import create_session

    with create_session() as session:
        session.merge(DagBundleModel(name="laid"))
        session.flush()
        session.add(DagModel(dag_id=dag_id, bundle_name="laid"))  # type: ignore[no-untyped-call]


def lay_run(dag_id: str, run_id: str, *, state: str = "success", seconds: float = 512.0) -> int:
    """Add a DAG run and return its number."""
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import insert, select

    table = DagRun.__table__
    with create_session() as session:
        session.execute(
            insert(table).values(
                dag_id=dag_id,
                run_id=run_id,
                run_type="manual",
                state=state,
                logical_date=None,
                start_date=NOW - timedelta(seconds=seconds),
                end_date=NOW if state in ("success", "failed") else None,
                run_after=NOW,
            )
        )
        number = session.scalar(select(table.c.id).where(table.c.dag_id == dag_id, table.c.run_id == run_id))
    assert number is not None
    return int(number)


def lay(
    number: int,
    place: Place,
    xcoms: Mapping[str, Any] | None = None,
    *,
    state: str | None = "success",
    operator: str = "WanVideoRepaintingOperator",
    attempt: int = 1,
    label: str | None = None,
    begun: float | None = 210.0,
) -> Place:
    """Add a task instance of a run with its XComs, and return where it is."""
    lay_many(number, [(place, xcoms or {}, state, label)], operator=operator, attempt=attempt, begun=begun)
    return place


def lay_many(
    number: int,
    laid: Sequence[tuple[Place, Mapping[str, Any], str | None, str | None]],
    *,
    operator: str = "WanVideoRepaintingOperator",
    attempt: int = 1,
    begun: float | None = 210.0,
) -> None:
    """Add many at once: where, XComs, state and label of each."""
    from airflow.models.taskinstance import TaskInstance
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session
    from sqlalchemy import insert

    with create_session() as session:
        session.execute(
            insert(TaskInstance.__table__),
            [
                {
                    "dag_id": place.dag_id,
                    "run_id": place.run_id,
                    "task_id": place.task_id,
                    "map_index": place.map_index,
                    "state": state,
                    "try_number": attempt,
                    "operator": operator,
                    "pool": "default_pool",
                    "rendered_map_index": label,
                    "start_date": None if begun is None else NOW - timedelta(seconds=begun),
                    "end_date": NOW if state in ("success", "failed") else None,
                }
                for place, _, state, label in laid
            ],
        )
        xcoms = [
            {
                "dag_run_id": number,
                "dag_id": place.dag_id,
                "run_id": place.run_id,
                "task_id": place.task_id,
                "map_index": place.map_index,
                "key": key,
                "value": value,
            }
            for place, values, _, _ in laid
            for key, value in values.items()
        ]
        if xcoms:
            session.execute(insert(XComModel.__table__), xcoms)


def lay_spent(number: int, place: Place, value: Any) -> None:
    """Add what a task instance's attempts have spent to its task state; skip a test where Airflow has none."""
    if not HAS_TASK_STATE:
        pytest.skip(NO_TASK_STATE)
    from airflow.models.task_state_store import TaskStateStoreModel
    from airflow.utils.session import create_session
    from sqlalchemy import insert

    with create_session() as session:
        session.execute(
            insert(TaskStateStoreModel.__table__).values(
                dag_run_id=number,
                dag_id=place.dag_id,
                run_id=place.run_id,
                task_id=place.task_id,
                map_index=place.map_index,
                key="wan_spent",
                value=json.dumps(value),
            )
        )
