"""The life of one edit in Airflow: check, submit, wait, land, tell. The operators beside it add only fields."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, TypeAlias, cast

from airflow.providers.common.compat.sdk import AirflowFailException, BaseOperator, XComArg, conf, mask_secret

from airflow_provider_wan.dashscope.errors import InvalidRequestError, ResultExpiredError, WanError
from airflow_provider_wan.dashscope.redact import secrets_in
from airflow_provider_wan.dashscope.requests import WanRequest
from airflow_provider_wan.dashscope.results import TaskSnapshot, TaskStatus
from airflow_provider_wan.hooks import DEFAULT_CONN_ID, DashScopeHook
from airflow_provider_wan.jobs import JOB_KEY, Job, cancelling, result, summary
from airflow_provider_wan.ledger import Ledger, Store, fingerprint
from airflow_provider_wan.operators.attempt import Attempt, Edit, OnUnknown
from airflow_provider_wan.operators.endings import FailingAsAirflowDoes, unsuccessful
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
        durable: Remember the job in Airflow's task state store (3.3 and later), so that a later attempt takes it
            up instead of paying for another.
        on_unknown_submit: What an attempt does when an earlier one was cut off while it submitted and the service
            has jobs that may have come of it: `fail` without retry and name them, or `resubmit`, which may pay
            twice.
        on_expired: What an attempt does when the service has forgotten the job or the result of an earlier one,
            after 24 hours: `fail` without retry, or `resubmit`, which pays again.
        cancel_on_kill: Cancel the job when a person clears, fails or marks the waiting task, if it is still
            queued. A running job can't be cancelled.
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
        durable: bool = True,
        on_unknown_submit: OnUnknown = "fail",
        on_expired: OnUnknown = "fail",
        cancel_on_kill: bool = True,
        multiple_outputs: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(multiple_outputs=multiple_outputs, **kwargs)
        self.model = model
        self.output_path = output_path
        self.conn_id = conn_id
        self.deferrable = deferrable
        self.timeout = timeout if isinstance(timeout, timedelta) else timedelta(seconds=timeout)
        self.durable = durable
        self.on_unknown_submit = on_unknown_submit
        self.on_expired = on_expired
        self.cancel_on_kill = cancel_on_kill
        self._watched: Job | None = None

    @property
    def output(self) -> Any:
        """The result as an input for other tasks, whole or by field: `edit.output["video_url"]`.

        Typed as anything, because Airflow's own type can neither be indexed nor given to a TaskFlow function.
        """
        return super().output

    def _do_render_template_fields(self, parent: Any, *args: Any, **kwargs: Any) -> None:
        # Overridden at this depth because mapped tasks render through it too. Another task's result may be our
        # input, and its address is signed: Airflow shows rendered fields, so what signs it is masked first.
        super()._do_render_template_fields(parent, *args, **kwargs)
        for secret in secrets_in([getattr(self, name, None) for name in self.template_fields]):
            mask_secret(secret)

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
        return [
            f"output_path={path}: must be a path or URI. Give one, e.g. s3://conn@bucket/folder/, or leave it out."
        ]

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
            raise WanParameterError(
                f"{self._who()}: {error}\nNothing was sent. It is not retried."
            ) from error

    # -- running -------------------------------------------------------------------------------------

    def execute(self, context: Context) -> dict[str, Any]:
        """Submit the edit, or take up what an earlier attempt began, and see it to its end."""
        with FailingAsAirflowDoes() as failing:
            attempt = self._attempt(context)
            failing.remembers = attempt.ledger.remembers
            job, fresh = attempt.begin()
            failing.submitted = True
            context["ti"].xcom_push(key=JOB_KEY, value=job.task_id)
            return self._wait(attempt, job) if fresh else self._conclude(attempt, job, late=False)

    def resume(self, context: Context, event: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Go on after the wait in the triggerer. All it needs comes with the event."""
        try:
            job = Job.from_dict(event or {})
        except ValueError as error:
            raise AirflowFailException(
                f"{self._who()}: the trigger's event can't be used: {error}"
            ) from error
        with FailingAsAirflowDoes() as failing:
            failing.submitted = True
            attempt = self._attempt(context)
            failing.remembers = attempt.ledger.remembers
            return self._conclude(attempt, job, late=(event or {}).get("end") == "deadline")

    def _attempt(self, context: Context) -> Attempt:
        request = self._request()
        hook = DashScopeHook(self.conn_id)
        account = hook.get_account()
        edit = Edit(
            account=account,
            path=request.path(),
            body=request.body(account.region),
            function=request.function,
            prompt=getattr(request, "prompt", None),
            # Airflow doesn't count deferred time towards execution_timeout, so we do.
            patience=min(self.timeout, self.execution_timeout or self.timeout),
            on_unknown_submit=self.on_unknown_submit,
            on_expired=self.on_expired,
        )
        ledger = Ledger(
            self._store(context),
            fingerprint=fingerprint(edit.body, account.region),
            generation=getattr(context["ti"], "max_tries", 0),
        )
        return Attempt(
            edit,
            hook.get_conn(),
            ledger,
            siblings=lambda: self._jobs_of_siblings(context),
            before_submit=self._check_destination,
            log=self.log,
        )

    def _store(self, context: Context) -> Store | None:
        if not self.durable:
            return None
        store = cast("Store | None", context.get("task_state_store"))
        if store is None:
            self.log.warning(
                "This Airflow has no task state store (it came with 3.3), so an attempt can't take up the job of an "
                "earlier one: after a worker dies, a retry submits, and pays for, the edit again."
            )
        return store

    def _jobs_of_siblings(self, context: Context) -> Collection[str]:
        """Return the jobs that this DAG run's tasks have submitted; each pushes its job's id at once."""
        ti = context["ti"]
        tasks = [
            task.task_id for task in context["dag"].tasks if issubclass(task.operator_class, WanOperator)
        ]
        return {job for job in ti.xcom_pull(task_ids=tasks, key=JOB_KEY) or () if isinstance(job, str)}

    def _check_destination(self) -> None:
        from airflow_provider_wan import storage

        if self.output_path is not None:
            storage.check_destination(plain(self.output_path))

    def _wait(self, attempt: Attempt, job: Job) -> dict[str, Any]:
        if self.deferrable:
            self._wait_in_triggerer(job)
        return self._wait_here(attempt, job)

    def _wait_in_triggerer(self, job: Job) -> NoReturn:
        from airflow_provider_wan.triggers import WanTaskTrigger

        remaining = max(0.0, job.deadline - time.time())
        self.defer(
            trigger=WanTaskTrigger(
                task_id=job.task_id,
                conn_id=self.conn_id,
                deadline=job.deadline,
                not_before=time.time() + 2 * conf.getint("workers", "min_heartbeat_interval", fallback=5),
                cancel_on_kill=self.cancel_on_kill,
                facts=job.as_dict(),
            ),
            method_name="resume",
            timeout=timedelta(seconds=remaining) + BACKSTOP,
        )

    def _wait_here(self, attempt: Attempt, job: Job) -> dict[str, Any]:
        from airflow_provider_wan.dashscope import polling
        from airflow_provider_wan.dashscope.client import DashScopeClient

        self._watched = job
        # The watch has its own patience, so the client it looks with has none.
        with DashScopeClient(attempt.edit.account, patient=False) as client:
            outcome = polling.wait(
                lambda: client.get(job.task_id),
                polling.Watch(job.deadline),
                on_change=lambda snapshot: self._tell(job, snapshot),
                on_trouble=lambda error: self.log.warning(
                    "Job %s can't be looked at; the wait goes on. The last error: %s", job.task_id, error
                ),
            )
        self._watched = None
        return self._conclude(attempt, job, late=outcome.end is polling.End.DEADLINE)

    def _tell(self, job: Job, snapshot: TaskSnapshot) -> None:
        self.log.info(
            "Job %s is %s after %.0f s", job.task_id, snapshot.status, time.time() - job.submitted_at
        )

    def on_kill(self) -> None:
        """Cancel the job that this worker waits for, where it is still queued.

        Airflow calls this when someone ends the task, and also when the worker itself is told to go.
        """
        job = self._watched
        if job is None or not self.cancel_on_kill:
            return
        from airflow_provider_wan.dashscope.client import DashScopeClient

        # A client of its own: the signal may have come in the middle of the other one's call.
        with DashScopeClient(DashScopeHook(self.conn_id).get_account(), patient=False) as client:
            refused = try_to_cancel(client, job)
        self.log.warning("%s", cancelling(job.task_id, refused))

    # -- ending --------------------------------------------------------------------------------------

    def _conclude(self, attempt: Attempt, job: Job, *, late: bool) -> dict[str, Any]:
        """Turn the job's end into a result or an error; go on waiting if it hasn't ended."""
        snapshot = attempt.client.get(job.task_id)
        status = snapshot.status
        if status is TaskStatus.SUCCEEDED:
            return self._finish(attempt, job, snapshot)
        if status.active and not late:
            return self._wait(attempt, job)
        if job.taken_over and status in (TaskStatus.CANCELED, TaskStatus.UNKNOWN):
            self.log.info(
                "Job %s, which was taken over, is %s, so a new one is submitted.", job.task_id, status
            )
            return self._wait(attempt, attempt.submit())
        cancelled = status.active and try_to_cancel(attempt.client, job) is None
        raise unsuccessful(job, snapshot, cancelled=cancelled, remembers=attempt.ledger.remembers)

    def _finish(self, attempt: Attempt, job: Job, snapshot: TaskSnapshot) -> dict[str, Any]:
        from airflow_provider_wan import storage

        uri = None
        if self.output_path is not None:
            try:
                landed = storage.land(attempt.client, snapshot, plain(self.output_path))
            except ResultExpiredError as error:
                if self.on_expired != "resubmit":
                    raise
                self.log.warning("%s A new one is submitted, as on_expired says.", error)
                return self._wait(attempt, attempt.submit())
            uri = landed.uri
            self.log.info("Landed job %s: %s (%d bytes)", job.task_id, landed.uri, landed.size)
        outcome = result(job, snapshot, uri)
        attempt.ledger.done(job)
        self.log.info("Job %s is done: %s", job.task_id, summary(snapshot, outcome))
        return outcome


def try_to_cancel(client: DashScopeClient, job: Job) -> WanError | None:
    """Cancel a job if it is still queued; return what speaks against it, if anything does."""
    try:
        client.cancel(job.task_id)
    except WanError as error:
        return error
    return None
