"""Cancels jobs that are still queued."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from airflow.providers.common.compat.sdk import BaseOperator

from airflow_provider_wan.dashscope.errors import (
    AuthenticationError,
    PermissionDeniedError,
    ServiceError,
    UnavailableError,
    UnsupportedOperationError,
    WanError,
)
from airflow_provider_wan.hooks import DEFAULT_CONN_ID
from airflow_provider_wan.operators.base import Texts, WanParameterError
from airflow_provider_wan.operators.late import is_late

if TYPE_CHECKING:
    from airflow.sdk import Context

OnRunning: TypeAlias = Literal["ignore", "fail"]


class NotCancelledError(WanError):
    """Some of the jobs could not be cancelled."""

    consequence = "It is not retried: a job that runs can't be stopped."


class WanCancelTaskOperator(BaseOperator):
    """Cancels jobs that are still queued at the service, whoever submitted them.

    A queued job that is cancelled isn't billed. One that runs already can't be stopped, and is billed if it ends well.
    Source: Model Studio, `manage-asynchronous-tasks` (2026-02-11).

    Args:
        wan_task_id: The service's id of the job, or a list of ids.
        on_running: What to do about jobs that can't be cancelled, because they run or have ended: `ignore`, with a
            warning in the log, or `fail` without retry, once all others are cancelled.
        conn_id: Connection of type `dashscope` of the account that the jobs belong to.
        kwargs: As for any operator.

    Returns:
        `cancelled`, a list of ids, and `not_cancelled`, which has the reason for each other id.

    Raises:
        NotCancelledError: With `on_running="fail"`, naming the jobs that could not be cancelled.
        ServiceError: The key is refused, or the service doesn't answer; the latter may be retried.
    """

    template_fields: Sequence[str] = ("wan_task_id", "conn_id")
    ui_color = "#fbe9e7"

    def __init__(
        self,
        *,
        wan_task_id: Texts,
        on_running: OnRunning = "ignore",
        conn_id: str = DEFAULT_CONN_ID,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.wan_task_id = wan_task_id
        self.on_running = on_running
        self.conn_id = conn_id
        who = f"{type(self).__name__} {self.task_id!r}: nothing was sent."
        if on_running not in ("ignore", "fail"):
            raise WanParameterError(f"{who} on_running={on_running!r}: must be ignore or fail.")
        if not is_late(wan_task_id) and wan_task_id in ("", "None", None):
            raise WanParameterError(
                f"{who} wan_task_id is empty. Give the `task_id` of a job, or a list of them."
            )

    def execute(self, context: Context) -> dict[str, Any]:  # noqa: ARG002 -- the jobs are all there is to know
        """Cancel one after the other."""
        from airflow_provider_wan.hooks import DashScopeHook
        from airflow_provider_wan.jobs import cancelling
        from airflow_provider_wan.operators.endings import FailingAsAirflowDoes

        with FailingAsAirflowDoes():
            given = self.wan_task_id
            jobs = [given] if isinstance(given, str) else list(given)  # type: ignore[arg-type]
            client = DashScopeHook(self.conn_id).get_conn()
            cancelled: list[str] = []
            not_cancelled: dict[str, str] = {}
            for job in dict.fromkeys(map(str, jobs)):
                try:
                    client.cancel(job)
                except (AuthenticationError, PermissionDeniedError, UnavailableError):
                    raise
                except ServiceError as error:
                    running = isinstance(error, UnsupportedOperationError)
                    not_cancelled[job] = "it runs or has ended" if running else error.reason
                    self.log.warning("%s", cancelling(job, error))
                else:
                    cancelled.append(job)
                    self.log.info("%s", cancelling(job, None))
            if not_cancelled and self.on_running == "fail":
                reasons = "; ".join(f"{job}: {why}" for job, why in not_cancelled.items())
                raise NotCancelledError(
                    f"{len(not_cancelled)} of {len(cancelled) + len(not_cancelled)} jobs could not be cancelled "
                    f"({reasons}). Those that run are billed if they end well."
                )
            return {"cancelled": cancelled, "not_cancelled": not_cancelled}
