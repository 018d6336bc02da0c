"""What an attempt works with, made as its operator says: the edit itself, the stager, the look at the queue."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from airflow_provider_wan.admission import Admission, Waiting
from airflow_provider_wan.operators.attempt import Edit
from airflow_provider_wan.operators.waits import ended_by_airflow, limit_of, patience_of
from airflow_provider_wan.staging import Stager

if TYPE_CHECKING:
    from airflow_provider_wan.dashscope.account import Account
    from airflow_provider_wan.dashscope.client import DashScopeClient
    from airflow_provider_wan.dashscope.requests import WanRequest
    from airflow_provider_wan.operators.base import WanOperator
    from airflow_provider_wan.operators.batch import WanBatchEditOperator


def edit_of(operator: WanOperator, request: WanRequest, account: Account, *, begun_at: float) -> Edit:
    """Make an operator's edit.

    Args:
        operator: What the author wanted.
        request: What it asks for, with everything rendered.
        account: Account to submit to.
        begun_at: When the attempt began, in seconds since 1970.
    """
    return Edit(
        account=account,
        path=request.path(),
        body=request.body(account.region),
        function=request.function,
        prompt=getattr(request, "prompt", None),
        patience=patience_of(operator),
        on_unknown_submit=operator.on_unknown_submit,
        not_after=ended_by_airflow(operator, begun_at),
    )


def stager_of(operator: WanOperator | WanBatchEditOperator, client: DashScopeClient, model: str) -> Stager:
    """Make a stager for inputs of a model; what it uploads is bound to that one."""
    return Stager(
        client,
        model,
        mode=operator.staging,
        look=operator.preflight,
        strict=operator.strict,
        log=operator.log,
    )


def admission_of(
    operator: WanOperator,
    client: DashScopeClient,
    model: str,
    *,
    begun_at: float,
    alive: Callable[[], None],
) -> Admission | None:
    """Make the look at the queue; None where the edit is submitted whatever is queued.

    Args:
        operator: What the author wanted.
        client: Client of the account.
        model: The edit's model.
        begun_at: Since when it waits, in seconds since 1970.
        alive: Called again and again while it waits; raises where the task isn't wanted any more.
    """
    if operator.max_queue_wait is None:
        return None
    limit = limit_of(operator)
    return Admission(
        client,
        model=model,
        longest=operator.max_queue_wait.total_seconds(),
        waiting=Waiting(since=begun_at),
        limit=None if limit is None else limit.total_seconds(),
        alive=alive,
        log=operator.log,
    )
