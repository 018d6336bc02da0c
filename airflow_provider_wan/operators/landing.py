"""Brings a finished edit's result to where the author wants it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_wan import storage
from airflow_provider_wan.jobs import Job, result
from airflow_provider_wan.operators import kept
from airflow_provider_wan.operators.late import plain
from airflow_provider_wan.outlets import tell_outlets

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_provider_wan.dashscope.client import DashScopeClient
    from airflow_provider_wan.dashscope.results import TaskSnapshot
    from airflow_provider_wan.operators.base import WanOperator


def landed(
    operator: WanOperator,
    context: Context,
    client: DashScopeClient,
    job: Job,
    snapshot: TaskSnapshot,
    fingerprint: str,
) -> dict[str, Any]:
    """Land a job's result, if it shall be landed, tell who waits for it, and return it.

    Raises:
        ResultExpiredError: The service doesn't hand it out any more.
        WanError: It can't be landed.
    """
    uri = None
    if operator.output_path is not None:
        file = storage.land(client, snapshot, plain(operator.output_path))
        uri = file.uri
        operator.log.info(
            "Landed job %s: %s (%d bytes)",
            *(job.task_id, file.uri, file.size),
            wan_task_id=job.task_id,
            wan_output_path=file.uri,
            wan_bytes=file.size,
        )
    outcome = result(job, snapshot, uri)
    if operator.on_landed == "keep" and uri is not None:
        kept.keep(uri, fingerprint, outcome)
    tell_outlets(context, operator.outlets, [outcome])
    return outcome


def landed_already(operator: WanOperator, context: Context, fingerprint: str) -> dict[str, Any] | None:
    """Return the result of the very same request where it lies at its place and shall be kept."""
    if operator.on_landed != "keep":
        return None
    uri = plain(operator.output_path)
    outcome = kept.kept(uri, fingerprint, log=operator.log)
    if outcome is not None:
        operator.log.info(
            "The result of this very request is at %s already, from job %s. Nothing is submitted.",
            *(uri, outcome.get("task_id")),
        )
        tell_outlets(context, operator.outlets, [outcome])
    return outcome
