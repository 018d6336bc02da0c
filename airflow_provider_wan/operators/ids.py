"""The ids of jobs that operators are given from outside."""

from __future__ import annotations

import re
from typing import Any

from airflow_provider_wan.dashscope.requests.problem import shown
from airflow_provider_wan.operators.base import WanParameterError
from airflow_provider_wan.operators.late import is_late

_ID = re.compile(r"[A-Za-z0-9_.-]{1,128}")
"""Ids are UUIDs, which isn't promised. What could change a request's path is none in any case."""


def check_id(value: Any, who: str) -> None:
    """Refuse what can't be a job's id; what is only known when the task runs passes.

    A whole result, given by mistake, has a signed address in it, so the message never repeats more than `shown` does.

    Args:
        value: What was given as `wan_task_id`.
        who: The operator, for the message.

    Raises:
        WanParameterError: Saying what was given, and what to give.
    """
    if is_late(value):
        return
    if isinstance(value, str) and _ID.fullmatch(value) and value != "None" and set(value) != {"."}:
        return
    if value in (None, "", "None"):
        what = "wan_task_id is empty"
    else:
        what = f"wan_task_id={shown(value)}: must be the id of a DashScope job"
    raise WanParameterError(
        f'{who}: nothing was sent. {what}. Give the `task_id` of a job, e.g. `edit.output["task_id"]`.'
    )
