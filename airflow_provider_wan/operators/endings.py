"""How an edit fails: what is raised, whether Airflow may retry, and what the message says a retry will do."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType

from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_wan.dashscope import codes
from airflow_provider_wan.dashscope.errors import (
    AuthenticationError,
    PermissionDeniedError,
    ResultError,
    Retry,
    ServiceError,
    SubmitUnknownError,
    TaskCanceledError,
    TaskTimeoutError,
    TaskUnknownError,
    UnclearSubmitError,
    WanError,
)
from airflow_provider_wan.dashscope.results import TaskSnapshot, TaskStatus
from airflow_provider_wan.jobs import Job


def unsuccessful(job: Job, snapshot: TaskSnapshot, *, cancelled: bool, remembers: bool) -> WanError:
    """Name the end of a job that gave no result.

    Args:
        job: The job.
        snapshot: Its last look; still active when our own deadline ended the wait.
        cancelled: Whether we have cancelled it at the deadline.
        remembers: Whether a later attempt will find this job again.
    """
    match snapshot.status:
        case TaskStatus.FAILED:
            return codes.failure(
                snapshot.code, snapshot.message, task_id=job.task_id, request_id=job.request_id
            )
        case TaskStatus.CANCELED:
            return TaskCanceledError("was cancelled while it was queued.", task_id=job.task_id)
        case TaskStatus.UNKNOWN:
            return TaskUnknownError(
                "isn't known to the service: it was submitted over 24 hours ago, or belongs to another account "
                f"than this connection's (region {job.region}).",
                task_id=job.task_id,
            )
    waited = (job.deadline - job.submitted_at) / 60
    if cancelled:
        return TaskTimeoutError(
            f"was still queued after {waited:.0f} minutes and has been cancelled. "
            "Give it more `timeout`, or submit fewer at a time.",
            task_id=job.task_id,
            spent="It isn't billed.",
        )
    later = "Clear the task to wait for the same job again, free of charge. " if remembers else ""
    return TaskTimeoutError(
        f"was still {snapshot.status} after {waited:.0f} minutes{_spent_queued(snapshot)}. A running job can't be "
        f"stopped. {later}Its result can be fetched by its id until 24 hours after submission.",
        task_id=job.task_id,
    )


def _spent_queued(snapshot: TaskSnapshot) -> str:
    if snapshot.submitted_at is None or snapshot.started_at is None:
        return ""
    return f", {(snapshot.started_at - snapshot.submitted_at).total_seconds() / 60:.0f} of them queued"


class FailingAsAirflowDoes:
    """Around an attempt: lets Airflow retry what a retry can mend, and nothing else.

    Attributes:
        remembers: Whether a later attempt will know what this one did.
        job: Id of the job that was submitted or taken over; empty while there is none.
        tell: Told of the error by which the attempt fails, once its message says all; None: nobody is.
    """

    def __init__(self) -> None:
        self.remembers = False
        self.job = ""
        self.tell: Callable[[WanError], None] | None = None

    def __enter__(self) -> FailingAsAirflowDoes:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not isinstance(error, WanError):
            return
        final = isinstance(error, AirflowFailException)
        if not final:
            error.consequence = self.consequence(error) or error.consequence
        if self.tell is not None:
            self.tell(error)
        if not final and not self.may_retry(error):
            raise AirflowFailException(str(error)) from error

    def may_retry(self, error: WanError) -> bool:
        """Whether Airflow's retries may go on: never where a retry could pay a second time."""
        if error.retry not in (Retry.LATER, Retry.NEW_JOB):
            return False
        if isinstance(error, SubmitUnknownError):
            return self.remembers
        ended = isinstance(error, TaskCanceledError) or (isinstance(error, ServiceError) and error.task_id)
        return self.remembers or not self.job or bool(ended)

    def consequence(self, error: WanError) -> str:
        """Say what a retry will do, where the error itself can't know."""
        if isinstance(error, UnclearSubmitError):
            return "It is not retried."
        if isinstance(error, SubmitUnknownError):
            if self.remembers:
                return "A retry, or clearing the task, first asks the service what was created."
            return "It is not retried, because nothing remembers it; clearing the task submits it again."
        if isinstance(error, ResultError) and error.retry is Retry.NEVER:
            return "It is not retried."
        if isinstance(error, ResultError):
            if not self.job:
                return "A retry looks at the destination again."
            if self.remembers:
                return "A retry lands the same result; nothing is paid again."
        if self.job and isinstance(error, AuthenticationError | PermissionDeniedError):
            return f"Job {self.job} goes on and will be billed; clearing the task later takes it up."
        if not self.may_retry(error) and error.retry in (Retry.LATER, Retry.NEW_JOB):
            return "It is not retried, because that would pay for the edit again."
        return ""
