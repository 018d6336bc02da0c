"""The life of one edit in Airflow: check, submit, wait, land, tell. The operators beside it add only fields."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, TypeAlias

from airflow.providers.common.compat.sdk import AirflowFailException, BaseOperator, XComArg

from airflow_provider_wan.dashscope import codes
from airflow_provider_wan.dashscope.errors import (
    InvalidRequestError,
    Retry,
    ServiceError,
    TaskCanceledError,
    TaskTimeoutError,
    TaskUnknownError,
    WanError,
)
from airflow_provider_wan.dashscope.requests import WanRequest
from airflow_provider_wan.dashscope.results import TaskSnapshot, TaskStatus
from airflow_provider_wan.hooks import DEFAULT_CONN_ID, DashScopeHook
from airflow_provider_wan.jobs import Job, result
from airflow_provider_wan.operators.late import is_late, plain

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_provider_wan.dashscope.client import DashScopeClient

# What an author may write for a field: the value itself, a Jinja template, or another task's output.
Text: TypeAlias = str | XComArg
Texts: TypeAlias = Sequence[str | XComArg] | str | XComArg
Whole: TypeAlias = int | str | XComArg
Number: TypeAlias = float | int | str | XComArg
Flag: TypeAlias = bool | str | XComArg

BACKSTOP = timedelta(minutes=5)
"""How long after our own deadline Airflow's trigger timeout steps in, should the triggerer be gone."""


class WanParameterError(AirflowFailException, InvalidRequestError):
    """An edit's parameters break a rule. Fails the import of the DAG or, at run time, the task without retry."""


class WanOperator(BaseOperator):
    """Base of all edit operators; use one of its subclasses.

    Literal parameters are checked when the DAG is parsed, templates and other tasks' outputs once they are
    rendered. Either way nothing is sent until all of them are right.

    Args:
        model: Model to use, as the connection's region spells it. None: the function's own model.
        output_path: Where the result is landed: any `ObjectStoragePath` URI, e.g. `s3://conn@bucket/a.mp4`.
            With a slash at its end it is a folder, and the file is named after the job. None: not landed;
            the result's address then dies 24 hours after submission.
        conn_id: Connection of type `dashscope`.
        deferrable: Wait in the triggerer (the default) or on the worker. Jobs take minutes.
        timeout: How long to wait for the job, counted from its submission in wall-clock time, queueing
            included. The service itself gives up after 3 hours.
        multiple_outputs: Push each field of the result as an XCom of its own too, so that another task can
            take `edit.output["video_url"]`.
        kwargs: As for any operator.

    Returns:
        The result as plain JSON (see `jobs.result`): ids, status, `video_url`, `output_path`, usage, cost, times.
    """

    request_class: ClassVar[type[WanRequest]]
    template_fields: Sequence[str] = ("model", "output_path", "conn_id")
    ui_color = "#ede7f6"

    def __init__(
        self,
        *,
        model: Text | None = None,
        output_path: Text | None = None,
        conn_id: str = DEFAULT_CONN_ID,
        deferrable: bool = True,
        timeout: timedelta | float = timedelta(hours=4),
        multiple_outputs: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(multiple_outputs=multiple_outputs, **kwargs)
        self.model = model
        self.output_path = output_path
        self.conn_id = conn_id
        self.deferrable = deferrable
        self.timeout = timeout if isinstance(timeout, timedelta) else timedelta(seconds=timeout)

    # -- checking ------------------------------------------------------------------------------------

    def check_literals(self) -> None:
        """Check what is known already. Subclasses call it last in their `__init__`.

        Raises:
            WanParameterError: Listing every field that is wrong, its value, the rule and the fix.
        """
        given = self._given()
        late = {name for name, value in given.items() if is_late(value)}
        known = {name: value for name, value in given.items() if name not in late}
        problems = [*map(str, self.request_class.problems(known, late)), *self._destination_problems()]
        if problems:
            raise WanParameterError("\n  ".join([f"{self._who()}: nothing was sent.", *problems]))

    def _destination_problems(self) -> list[str]:
        path = plain(self.output_path)
        if path is None or is_late(path) or (isinstance(path, str) and path not in ("", "None")):
            return []
        return [f"output_path={path}: must be a path or URI. Give one, e.g. s3://conn@bucket/folder/, or leave it out."]

    def _given(self) -> dict[str, Any]:
        """Return the edit's own fields as far as the author gave them."""
        values = {name: plain(getattr(self, name)) for name in self.request_class.model_fields}
        return {name: value for name, value in values.items() if value is not None}

    def _who(self) -> str:
        return f"{type(self).__name__} {self.task_id!r}"

    def _request(self) -> WanRequest:
        """Make the request, with everything rendered by now."""
        try:
            problems = self._destination_problems()
            if problems:
                raise InvalidRequestError(problems[0])
            return self.request_class(**self._given())
        except InvalidRequestError as error:
            raise WanParameterError(f"{self._who()}: {error}\nNothing was sent. It is not retried.") from error

    # -- running -------------------------------------------------------------------------------------

    def execute(self, context: Context) -> dict[str, Any]:
        """Submit the edit and wait for it."""
        with failing_as_airflow_does():
            return self._wait(self._submit(context))

    def _submit(self, context: Context) -> Job:
        from airflow_provider_wan import storage

        request = self._request()
        hook = DashScopeHook(self.conn_id)
        account = hook.get_account()
        body = request.body(account.region)
        if self.output_path is not None:
            storage.check_destination(plain(self.output_path))
        client = hook.get_conn()
        submission = client.submit(request.path(), body)
        now = time.time()
        job = Job(
            task_id=submission.task_id,
            request_id=submission.request_id,
            model=body["model"],
            function=request.function,
            region=account.region,
            submitted_at=now,
            deadline=now + self._patience().total_seconds(),
        )
        context["ti"].xcom_push(key="wan_task_id", value=job.task_id)
        self.log.info(
            "Submitted job %s: %s with %s in %s, request_id %s",
            *(job.task_id, job.function, job.model, job.region, job.request_id),
        )
        return job

    def _patience(self) -> timedelta:
        # Airflow doesn't count deferred time towards execution_timeout, so we do.
        return min(self.timeout, self.execution_timeout or self.timeout)

    def _wait(self, job: Job) -> dict[str, Any]:
        if self.deferrable:
            self._wait_in_triggerer(job)
        return self._wait_here(job)

    def _wait_in_triggerer(self, job: Job) -> NoReturn:
        from airflow_provider_wan.triggers import WanTaskTrigger

        remaining = max(0.0, job.deadline - time.time())
        self.defer(
            trigger=WanTaskTrigger(
                task_id=job.task_id, conn_id=self.conn_id, deadline=job.deadline, facts=job.as_dict()
            ),
            method_name="resume",
            timeout=timedelta(seconds=remaining) + BACKSTOP,
        )

    def _wait_here(self, job: Job) -> dict[str, Any]:
        from airflow_provider_wan.dashscope import polling
        from airflow_provider_wan.dashscope.client import DashScopeClient

        # The watch has its own patience, so the client it looks with has none.
        with DashScopeClient(DashScopeHook(self.conn_id).get_account(), patient=False) as client:
            outcome = polling.wait(
                lambda: client.get(job.task_id),
                polling.Watch(job.deadline),
                on_change=lambda snapshot: self._tell(job, snapshot),
            )
        return self._conclude(job, late=outcome.end is polling.End.DEADLINE)

    def _tell(self, job: Job, snapshot: TaskSnapshot) -> None:
        self.log.info(
            "Job %s is %s after %.0f s", job.task_id, snapshot.status, time.time() - job.submitted_at
        )

    def resume(self, context: Context, event: Mapping[str, Any] | None = None) -> dict[str, Any]:  # noqa: ARG002
        """Go on after the wait in the triggerer. All it needs comes with the event."""
        try:
            job = Job.from_dict(event or {})
        except ValueError as error:
            raise AirflowFailException(
                f"{self._who()}: the trigger's event can't be used: {error}"
            ) from error
        with failing_as_airflow_does():
            return self._conclude(job, late=(event or {}).get("end") == "deadline")

    def _conclude(self, job: Job, *, late: bool) -> dict[str, Any]:
        """Turn the job's end into a result or an error."""
        client = DashScopeHook(self.conn_id).get_conn()
        snapshot = client.get(job.task_id)
        if snapshot.status is TaskStatus.SUCCEEDED:
            return self._finish(client, job, snapshot)
        if snapshot.status.active and not late:  # the wait ended early, e.g. on a key that is right again
            return self._wait(job)
        raise unsuccessful(job, snapshot, cancelled=snapshot.status.active and _cancelled(client, job))

    def _finish(self, client: DashScopeClient, job: Job, snapshot: TaskSnapshot) -> dict[str, Any]:
        from airflow_provider_wan import storage

        uri = None
        if self.output_path is not None:
            landed = storage.land(client, snapshot, plain(self.output_path))
            uri = landed.uri
            self.log.info("Landed job %s: %s (%d bytes)", job.task_id, landed.uri, landed.size)
        outcome = result(job, snapshot, uri)
        price = outcome["cost"]
        self.log.info(
            "Job %s is done: %s s billed, %s",
            *(
                job.task_id,
                outcome["billed_seconds"],
                f"{price['amount']} {price['currency']}" if price else "price unknown",
            ),
        )
        return outcome


def unsuccessful(job: Job, snapshot: TaskSnapshot, *, cancelled: bool) -> WanError:
    """Name the end of a job that gave no result."""
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
    return TaskTimeoutError(
        f"was still {snapshot.status} after {waited:.0f} minutes. A running job can't be stopped. Its result can be "
        "fetched by its id until 24 hours after submission.",
        task_id=job.task_id,
    )


def _cancelled(client: DashScopeClient, job: Job) -> bool:
    with contextlib.suppress(ServiceError):
        client.cancel(job.task_id)
        return True
    return False


@contextlib.contextmanager
def failing_as_airflow_does() -> Iterator[None]:
    """Fail without retry where a retry is useless; let everything else go by Airflow's retries."""
    try:
        yield
    except WanError as error:
        if error.retry in (Retry.NEVER, Retry.ACT) and not isinstance(error, AirflowFailException):
            raise AirflowFailException(str(error)) from error
        raise
