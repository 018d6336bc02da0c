"""The life of one edit in Airflow: submit or take up, wait, land, tell. Only running tasks need it."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NoReturn, cast

from airflow.providers.common.compat.sdk import AirflowFailException, conf

from airflow_provider_wan import storage
from airflow_provider_wan.dashscope import polling
from airflow_provider_wan.dashscope.client import DashScopeClient
from airflow_provider_wan.dashscope.errors import ResultExpiredError, ServiceError, WanError
from airflow_provider_wan.dashscope.results import RESULT_LIFE, TaskSnapshot, TaskStatus
from airflow_provider_wan.hooks import DashScopeHook
from airflow_provider_wan.jobs import JOB_KEY, Job, cancelling, result, summary
from airflow_provider_wan.ledger import Ledger, Store, fingerprint
from airflow_provider_wan.operators.attempt import Attempt, Edit
from airflow_provider_wan.operators.base import WanOperator
from airflow_provider_wan.operators.endings import FailingAsAirflowDoes, unsuccessful
from airflow_provider_wan.operators.late import plain
from airflow_provider_wan.triggers import WanTaskTrigger

if TYPE_CHECKING:
    from airflow.sdk import Context

TAKEN_UP = "taken up"
"""Stands where the end of a wait would: the job is an earlier attempt's and hasn't been waited for yet."""
BACKSTOP = timedelta(minutes=5)
"""How long after our own deadline Airflow's trigger timeout steps in, should the triggerer be gone."""


class Life:
    """One attempt of a task, from its beginning or from the trigger's event to its end.

    Args:
        operator: What the author wanted, rendered.
        context: Airflow's context.
        failing: Told what there is to lose by a retry.
    """

    def __init__(self, operator: WanOperator, context: Context, failing: FailingAsAirflowDoes) -> None:
        self._operator = operator
        self._context = context
        self._failing = failing
        self._log = operator.log
        self._watched: Job | None = None
        self._killed = False
        self._hook = DashScopeHook(operator.conn_id)
        self._attempt = self._prepare()
        failing.remembers = self._attempt.ledger.remembers

    def _prepare(self) -> Attempt:
        operator, context = self._operator, self._context
        request = operator.make_request()
        account = self._hook.get_account()
        edit = Edit(
            account=account,
            path=request.path(),
            body=request.body(account.region),
            function=request.function,
            prompt=getattr(request, "prompt", None),
            patience=self._patience(),
            on_unknown_submit=operator.on_unknown_submit,
        )
        store = cast("Store | None", context.get("task_state_store")) if operator.durable else None
        ledger = Ledger(
            store,
            fingerprint=fingerprint(edit.body, account.region),
            generation=getattr(context["ti"], "max_tries", 0),
        )
        return Attempt(
            edit,
            self._hook.get_conn(),
            ledger,
            siblings=self._jobs_of_siblings,
            before_submit=self._before_submit,
            announce=self._announce,
            log=self._log,
        )

    def _patience(self) -> timedelta:
        """How long to wait for a job: `timeout`, or `execution_timeout` if that is less.

        Airflow doesn't count deferred time towards it, so we do. On a worker it does count, from the start of
        the task, and ends the process; we come a little before that, to end the wait in good order.
        """
        timeout, limit = self._operator.timeout, self._operator.execution_timeout
        if limit is None:
            return timeout
        early = timedelta(0) if self._operator.deferrable else min(timedelta(seconds=30), limit / 2)
        return min(timeout, limit - early)

    def _jobs_of_siblings(self) -> Collection[str]:
        """Return the jobs that this DAG run's tasks have submitted; each announces its own at once."""
        tasks = [
            task.task_id
            for task in self._context["dag"].tasks
            if issubclass(task.operator_class, WanOperator)
        ]
        found = self._context["ti"].xcom_pull(task_ids=tasks, key=JOB_KEY) or ()
        return {job for job in found if isinstance(job, str)}

    def _before_submit(self) -> None:
        if self._killed:
            raise AirflowFailException("The task was ended from outside, so nothing more is submitted.")
        if self._operator.output_path is not None:
            storage.check_destination(plain(self._operator.output_path))

    def _announce(self, job: Job) -> None:
        self._failing.job = job.task_id
        self._watched = job
        if self._killed:  # while it was being submitted
            self._cancel(job)
            raise AirflowFailException(
                f"The task was ended from outside while it submitted job {job.task_id}."
            )
        self._context["ti"].xcom_push(key=JOB_KEY, value=job.task_id)

    # -- beginning and going on ----------------------------------------------------------------------

    def begin(self) -> dict[str, Any]:
        """Submit, or take up what an earlier attempt began, and see it to its end."""
        if self._operator.durable and not self._attempt.ledger.remembers:
            self._log.warning(
                "This Airflow has no task state store (it came with 3.3), so an attempt can't take up the job of "
                "an earlier one: after a worker dies, a retry submits, and pays for, the edit again."
            )
        job, fresh = self._attempt.begin()
        return self._wait(job) if fresh else self._conclude(job, TAKEN_UP)

    def go_on(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Go on with the job that a trigger has waited for."""
        try:
            job = Job.from_dict(event)
        except ValueError as error:
            raise AirflowFailException(f"The trigger's event can't be used: {error}") from error
        entry = self._attempt.ledger.entry
        if entry and entry.job and entry.job.task_id != job.task_id:
            self._log.warning(
                "The trigger's event is about job %s, which isn't this task's; the wait goes on.", job.task_id
            )
            job, event = entry.job, {}
        self._failing.job = job.task_id
        return self._conclude(job, str(event.get("end")))

    # -- waiting -------------------------------------------------------------------------------------

    def _wait(self, job: Job) -> dict[str, Any]:
        if self._operator.deferrable:
            self._wait_in_triggerer(job)
        return self._wait_here(job)

    def _wait_in_triggerer(self, job: Job) -> NoReturn:
        now = time.time()
        self._operator.defer(
            trigger=WanTaskTrigger(
                task_id=job.task_id,
                conn_id=self._operator.conn_id,
                deadline=job.deadline,
                not_before=now + 2 * conf.getint("workers", "min_heartbeat_interval", fallback=5),
                cancel_on_kill=self._operator.cancel_on_kill,
                facts=job.as_dict(),
            ),
            method_name="resume",
            timeout=timedelta(seconds=max(0.0, job.deadline - now)) + BACKSTOP,
        )

    def _wait_here(self, job: Job) -> dict[str, Any]:
        self._watched = job
        # The watch has its own patience, so the client it looks with has none.
        with DashScopeClient(self._attempt.edit.account, patient=False) as client:
            outcome = polling.wait(
                lambda: client.get(job.task_id),
                polling.Watch(job.deadline),
                on_change=lambda snapshot: self._tell(job, snapshot),
                on_trouble=lambda error: self._tell_trouble(job, error),
            )
        self._watched = None
        return self._conclude(job, outcome.end)

    def _tell(self, job: Job, snapshot: TaskSnapshot) -> None:
        age = time.time() - job.submitted_at
        self._log.info("Job %s is %s after %.0f s", job.task_id, snapshot.status, age)

    def _tell_trouble(self, job: Job, error: ServiceError) -> None:
        self._log.warning(
            "Job %s can't be looked at; the wait goes on. The last error: %s", job.task_id, error
        )

    def end_by_force(self) -> None:
        """Cancel the job that is waited for here, if it is still queued. Called from a signal handler."""
        self._killed = True  # this process may live on for seconds; it shall not submit anything more
        if self._watched is not None:
            self._cancel(self._watched)

    def _cancel(self, job: Job) -> None:
        if not self._operator.cancel_on_kill:
            return
        # A client of its own: the signal may have come in the middle of the other one's call.
        with DashScopeClient(self._attempt.edit.account) as client:
            refused = try_to_cancel(client, job)
        self._log.warning("%s", cancelling(job.task_id, refused))

    # -- ending --------------------------------------------------------------------------------------

    def _conclude(self, job: Job, end: str) -> dict[str, Any]:
        """Turn the job's end into a result or an error; go on waiting if it hasn't ended.

        Args:
            job: The job.
            end: Why the wait is over, see `polling.End`; or that there was none yet.
        """
        snapshot = self._attempt.client.get(job.task_id)
        status = snapshot.status
        if status is TaskStatus.SUCCEEDED:
            return self._finish(job, snapshot)
        if status.active and end != polling.End.DEADLINE:
            return self._wait(job)
        unknown = status is TaskStatus.UNKNOWN
        forgotten = unknown and time.time() - job.submitted_at > RESULT_LIFE.total_seconds()
        if unknown and end == TAKEN_UP and not forgotten:
            return self._wait(job)  # one look is not enough to believe that
        wanted = forgotten and self._operator.on_expired == "resubmit"
        lost = job.taken_over and (unknown or status is TaskStatus.CANCELED)
        if wanted or lost:
            self._log.warning(
                "Job %s of an earlier attempt is %s, so a new one is submitted.", job.task_id, status
            )
            return self._wait(self._attempt.submit())
        cancelled = status.active and try_to_cancel(self._attempt.client, job) is None
        raise unsuccessful(job, snapshot, cancelled=cancelled, remembers=self._failing.remembers)

    def _finish(self, job: Job, snapshot: TaskSnapshot) -> dict[str, Any]:
        uri = None
        if self._operator.output_path is not None:
            try:
                landed = storage.land(self._attempt.client, snapshot, plain(self._operator.output_path))
            except ResultExpiredError as error:
                if self._operator.on_expired != "resubmit" and not job.taken_over:
                    raise
                self._log.warning("%s So a new job is submitted.", error)
                return self._wait(self._attempt.submit())
            uri = landed.uri
            self._log.info("Landed job %s: %s (%d bytes)", job.task_id, landed.uri, landed.size)
        outcome = result(job, snapshot, uri)
        self._attempt.ledger.done(job)
        self._log.info("Job %s is done: %s", job.task_id, summary(snapshot, outcome))
        return outcome


def try_to_cancel(client: DashScopeClient, job: Job) -> WanError | None:
    """Cancel a job if it is still queued; return what speaks against it, if anything does."""
    try:
        client.cancel(job.task_id)
    except WanError as error:
        return error
    return None
