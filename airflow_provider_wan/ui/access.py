"""Who may see what, and which task instance is asked for.

The answer is Airflow's own: whoever its API gives a DAG's XComs to sees that DAG's edits.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.core_api.security import get_user, requires_access_dag
from fastapi import Depends, HTTPException, Request

from airflow_provider_wan.ui.instance import Place

_LONGEST = 250
"""Characters of an id in Airflow's database."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_INDEX = re.compile(r"-?[0-9]{1,9}")


def sensible(request: Request) -> None:
    """Refuse what names no DAG, or more than one, before anything is looked up by it.

    Raises:
        HTTPException: With status 422.
    """
    for name in ("dag_id", "run_id", "task_id", "map_index", "of", "offset"):
        given = request.query_params.getlist(name)
        if len(given) > 1:
            raise HTTPException(422, f"{name} is given {len(given)} times. Give it once.")
        if given and (len(given[0]) > _LONGEST or _CONTROL.search(given[0])):
            raise HTTPException(422, f"{name} is too long, or has a control character in it.")
    _named(request, "dag_id")


GUARDS: list[Any] = [
    # In this order: who doesn't say who they are learns nothing else.
    Depends(get_user),
    Depends(sensible),
    Depends(requires_access_dag("GET", DagAccessEntity.XCOM)),
]
"""What every route about a DAG stands behind."""


def which_run(request: Request) -> tuple[str, str]:
    """Return which DAG run is asked for: its DAG's id and its own."""
    return _named(request, "dag_id"), _named(request, "run_id")


def which_instance(request: Request) -> Place:
    """Return which task instance is asked for.

    Where a task isn't mapped, Airflow's UI leaves its placeholder as the map index. It means none.
    """
    index = request.query_params.get("map_index", "")
    mapped = int(index) if _INDEX.fullmatch(index) else -1
    dag_id, run_id = which_run(request)
    return Place(dag_id, run_id, _named(request, "task_id"), max(-1, mapped))


def offset(request: Request) -> int:
    """Return how many edits of a run to pass over."""
    given = request.query_params.get("offset", "")
    return int(given) if re.fullmatch(r"[0-9]{1,7}", given) else 0


def _named(request: Request, name: str) -> str:
    # As `requires_access_dag` reads it, so that what is checked is what is shown.
    given = request.query_params.get(name)
    if not given:
        raise HTTPException(422, f"{name} is missing.")
    return given


WhichRun = Annotated[tuple[str, str], Depends(which_run)]
WhichInstance = Annotated[Place, Depends(which_instance)]
Offset = Annotated[int, Depends(offset)]
