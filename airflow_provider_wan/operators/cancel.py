"""Cancels jobs that are still queued."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from airflow_provider_wan.dashscope.errors import Retry, ServiceError, UnsupportedOperationError, WanError
from airflow_provider_wan.hooks import DEFAULT_CONN_ID
from airflow_provider_wan.operators.base import Texts, WanParameterError
from airflow_provider_wan.operators.ids import check_id
from airflow_provider_wan.operators.late import is_late
from airflow_provider_wan.operators.signed import TakesSignedAddresses

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_provider_wan.dashscope.client import DashScopeClient

OnRunning: TypeAlias = Literal["ignore", "fail"]


class NotCancelledError(WanError):
    """Some of the jobs could not be cancelled.

    What to do: Leave the jobs that run to their end, and see the message for the reason of each other one.
    """

    spent = "Jobs that run are billed if they end well."
    consequence = "It is not retried: a job that runs can't be stopped."


class WanCancelTaskOperator(TakesSignedAddresses):
    """Cancels jobs that are still queued at the service, whoever submitted them.

    A queued job that is cancelled isn't billed. One that runs already can't be stopped, and is billed if it ends well.
    Source: Model Studio, `manage-asynchronous-tasks` (2026-02-11).

    Args:
        wan_task_id: The service's id of the job, or a list of ids.
        on_running: What to do about jobs that can't be cancelled, because they run, have ended or aren't known:
            `ignore`, with a warning in the log, or `fail` without retry, once all others are cancelled.
        conn_id: Connection of type `dashscope` of the account that the jobs belong to.
        kwargs: As for any operator.

    Returns:
        `cancelled`, a list of ids, also of jobs that were cancelled before, and `not_cancelled`, which has the reason
        for each other id.

    Raises:
        WanParameterError: `on_running` or an id is wrong; the DAG fails to import.
        NotCancelledError: With `on_running="fail"`, naming the jobs that could not be cancelled.
        ServiceError: The key is refused, or the service doesn't answer or wants fewer calls. Of these the key's alone
            isn't retried; a retry goes on with the jobs that are left.
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
        if not is_late(wan_task_id) or isinstance(wan_task_id, list | tuple):
            self._jobs()

    def _jobs(self) -> list[str]:
        """Return the ids, each once; none is cancelled unless all of them can be ids."""
        given: Any = self.wan_task_id
        many = isinstance(given, Iterable) and not isinstance(given, str | Mapping)
        ids = list(given) if many else [given]
        for one in ids:
            check_id(one, f"{type(self).__name__} {self.task_id!r}")
        return list(dict.fromkeys(map(str, ids)))

    def execute(self, context: Context) -> dict[str, Any]:  # noqa: ARG002 -- the jobs are all there is to know
        """Cancel one after the other."""
        from airflow_provider_wan.hooks import DashScopeHook
        from airflow_provider_wan.operators.endings import FailingAsAirflowDoes

        with FailingAsAirflowDoes():
            jobs = self._jobs()
            client = DashScopeHook(self.conn_id).get_conn()
            cancelled: list[str] = []
            not_cancelled: dict[str, str] = {}
            for job in jobs:
                why = _cancel(client, job)
                if why:
                    not_cancelled[job] = why
                    self.log.warning("Job %s was not cancelled: %s.", job, why)
                else:
                    cancelled.append(job)
                    self.log.info("Job %s is cancelled. It isn't billed.", job)
            if not_cancelled and self.on_running == "fail":
                reasons = "; ".join(f"{job}: {why}" for job, why in not_cancelled.items())
                raise NotCancelledError(
                    f"{len(not_cancelled)} of {len(jobs)} jobs could not be cancelled ({reasons})."
                )
            return {"cancelled": cancelled, "not_cancelled": not_cancelled}


def _cancel(client: DashScopeClient, job: str) -> str:
    """Cancel a job; return why it isn't cancelled, empty where it is.

    Raises:
        ServiceError: Nothing is known of the job; someone has to act, or the same call is worth a retry.
    """
    try:
        client.cancel(job)
    except UnsupportedOperationError:
        return _state(client, job)
    except ServiceError as error:
        if error.retry is not Retry.NEVER:
            raise
        return error.reason
    return ""


def _state(client: DashScopeClient, job: str) -> str:
    """Say what became of a job that the service doesn't cancel, because it isn't queued; empty where it is cancelled.

    An earlier attempt of the task may have cancelled it, or an answer to the cancelling was lost.
    """
    from airflow_provider_wan.dashscope.results import TaskStatus

    status = client.get(job).status
    match status:
        case TaskStatus.CANCELED:
            return ""
        case TaskStatus.UNKNOWN:
            return "the service doesn't know it: it is older than 24 hours, or another account's"
        case TaskStatus.SUCCEEDED:
            return "it has ended, SUCCEEDED, and is billed"
        case TaskStatus.FAILED:
            return "it has ended, FAILED, and isn't billed"
    return f"it is {status} and can't be stopped; if it ends well, it is billed"
