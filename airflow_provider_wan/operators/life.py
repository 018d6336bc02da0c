"""The life of one edit in Airflow: submit or take up, wait, land, tell. Only running tasks need it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn, cast

from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException

from airflow_provider_wan import storage
from airflow_provider_wan.admission import KIND, Admission, Waiting, no_room
from airflow_provider_wan.dashscope import polling
from airflow_provider_wan.dashscope.client import DashScopeClient
from airflow_provider_wan.dashscope.errors import ResultExpiredError, ServiceError, ThrottledError, WanError
from airflow_provider_wan.dashscope.results import RESULT_LIFE, TaskSnapshot, TaskStatus
from airflow_provider_wan.hooks import DashScopeHook
from airflow_provider_wan.jobs import Job, cancelling, summary
from airflow_provider_wan.ledger import Ledger, Store, fingerprint
from airflow_provider_wan.logs import facts, tell_state
from airflow_provider_wan.operators.attempt import Attempt
from airflow_provider_wan.operators.base import WanOperator
from airflow_provider_wan.operators.endings import FailingAsAirflowDoes, unsuccessful
from airflow_provider_wan.operators.landing import landed, landed_already
from airflow_provider_wan.operators.late import plain
from airflow_provider_wan.operators.parts import admission_of, edit_of, stager_of
from airflow_provider_wan.operators.purse import Purse
from airflow_provider_wan.operators.siblings import jobs_of_run
from airflow_provider_wan.operators.waits import (
    job_trigger,
    patience,
    room_trigger,
    try_to_cancel,
    wait_on_worker,
)
from airflow_provider_wan.records import LANDED
from airflow_provider_wan.traces import Facts, span
from airflow_provider_wan.trail import Trail

if TYPE_CHECKING:
    from airflow.sdk import Context

TAKEN_UP = "taken up"
"""Stands where the end of a wait would: the job is an earlier attempt's and hasn't been waited for yet."""


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
        self._begun_at = time.time()
        self._hook = DashScopeHook(operator.conn_id)
        self._trail = Trail(context["ti"], self._log)
        failing.tell = self._fails
        self._attempt = self._prepare()
        failing.remembers = self._attempt.ledger.remembers

    def _prepare(self) -> Attempt:
        operator, context = self._operator, self._context
        request = operator.make_request()
        account = self._hook.get_account()
        edit = edit_of(operator, request, account, begun_at=self._begun_at)
        operator.note_requests([edit])
        remembering = cast("Store | None", context.get("task_state_store"))
        self._purse = Purse(
            context, remembering, region=account.region, max_cost=plain(operator.max_cost), log=self._log
        )
        store = remembering if operator.durable else None
        self._trail.spending = self._purse.spending
        self._fingerprint = fingerprint(edit.body, account.region)
        ledger = Ledger(
            store,
            fingerprint=self._fingerprint,
            generation=getattr(context["ti"], "max_tries", 0),
            steady=operator.same_edit_within_generation,
        )
        client = self._hook.get_conn()
        model = edit.body["model"]
        self._stager = stager_of(operator, client, model)
        self._admission = admission_of(operator, client, model, begun_at=self._begun_at, alive=self._alive)
        return Attempt(
            edit,
            client,
            ledger,
            siblings=lambda: jobs_of_run(context),
            before_submit=self._before_submit,
            stage=self._stage,
            announce=self._announce,
            ended=self._trail.ended,
            refused=self._refused if self._admission else None,
            log=self._log,
        )

    def _before_submit(self) -> None:
        self._alive()
        if self._operator.before_submit is not None:
            self._operator.before_submit(self._context)
        waited = self._admission is not None and self._admission.waiting.waited
        edit = self._attempt.edit
        lengths = self._stager.check(edit.body, again=waited)
        if not waited:
            self._log.info(
                "Validated: %s with %s in %s", edit.function, edit.body["model"], edit.account.region
            )
        self._purse.refresh()
        self._trail.at_most = self._purse.allow(edit.body, lengths)
        self._purse.tell(edit.body, self._trail.at_most)
        if self._operator.output_path is not None:
            storage.check_destination(plain(self._operator.output_path))
        if self._admission is not None:
            self._find_room(self._admission)
        self._alive()

    def _stage(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        with span("stage", **self._traced()):
            staged = self._stager.stage(body)
            self._operator.check_with_service(self._attempt.client, staged)
        self._alive()  # an upload may have taken minutes
        return staged

    def _traced(self, job: Job | None = None) -> Facts:
        edit = self._attempt.edit
        return {
            "model": edit.body["model"],
            "function": edit.function,
            "region": edit.account.region,
            "job_id": job.task_id if job else None,
        }

    def _alive(self) -> None:
        if self._killed:
            # A worker that is shut down leads here too, and then a retry shall go on.
            raise AirflowException("The task was ended from outside, so nothing more is submitted.")

    def _fails(self, error: WanError) -> None:
        self._trail.failed(error)
        self._operator.note_failure(error, self._trail.job)

    def _announce(self, job: Job, fresh: bool) -> None:
        self._failing.job = job.task_id
        self._watched = job
        if self._killed:  # while it was being submitted
            safe = self._cancel(job) or self._attempt.ledger.remembers
            failure = AirflowException if safe else AirflowFailException
            raise failure(f"The task was ended from outside while it submitted job {job.task_id}.")
        self._trail.has_job(job, fresh=fresh)

    # -- beginning and going on ----------------------------------------------------------------------

    def begin(self) -> dict[str, Any]:
        """Submit, or take up what an earlier attempt began, and see it to its end."""
        if self._operator.durable and not self._attempt.ledger.remembers:
            self._log.warning(
                "This Airflow has no task state store (it came with 3.3), so an attempt can't take up the job of "
                "an earlier one: after a worker dies, a retry submits, and pays for, the edit again."
            )
        operator, edit = self._operator, self._attempt.edit
        self._trail.begun(
            edit.body,
            function=edit.function,
            region=edit.account.region,
            conn_id=operator.conn_id,
            path=plain(operator.output_path),
        )
        return landed_already(self._operator, self._context, self._fingerprint) or self._begin()

    def _begin(self) -> dict[str, Any]:
        job, fresh = self._attempt.begin()
        return self._wait(job) if fresh else self._conclude(job, TAKEN_UP)

    def go_on(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Go on after a trigger has waited for room, or for the job."""
        if event.get("kind") == KIND:
            return self._enter(Waiting.of(event))
        entry = self._attempt.ledger.entry
        ours = entry.job if entry else None
        try:
            job = Job.from_dict(event)
        except ValueError as error:
            if ours is None:
                raise AirflowFailException(f"The trigger's event can't be used: {error}") from error
            job = ours
        if self._attempt.ledger.remembers and (ours is None or ours.task_id != job.task_id):
            self._log.warning(
                "The trigger's event is about job %s, which isn't this task's; the wait goes on.", job.task_id
            )
            if ours is None:  # it was waiting for room
                return self._begin()
            job, event = ours, {}
        self._failing.job = job.task_id
        self._trail.goes_on(job)
        return self._conclude(job, str(event.get("end")))

    # -- waiting for room ----------------------------------------------------------------------------

    def _find_room(self, admission: Admission) -> None:
        """Return once the edit may be submitted; or wait in the triggerer, which ends this process's part."""
        if not self._operator.deferrable:
            admission.wait_here()
            return
        queue = admission.too_long()
        if queue is not None:
            admission.tell(queue)
            self._trail.waits_for_room(
                since=admission.waiting.since, queue={"pending": queue.pending, "running": queue.slots}
            )
            self._wait_for_room_in_triggerer(admission, pause=0.0)

    def _refused(self, error: ThrottledError) -> None:
        """The service takes no more now. Nothing was made, so the edit may go back to wait for room."""
        admission = self._admission
        if admission is None:
            raise error
        pause = admission.refused(error)
        if pause and self._operator.deferrable:
            self._wait_for_room_in_triggerer(admission, pause=pause)
        admission.pause_here(pause)

    def _wait_for_room_in_triggerer(self, admission: Admission, *, pause: float) -> NoReturn:
        now, edit = time.time(), self._attempt.edit
        self._operator.defer(
            trigger=room_trigger(
                admission,
                model=edit.body["model"],
                function=edit.function,
                conn_id=self._operator.conn_id,
                now=now,
                pause=pause,
            ),
            method_name="resume",
            timeout=None if admission.until is None else patience(admission.until, now),
        )

    def _enter(self, waiting: Waiting) -> dict[str, Any]:
        if waiting.end == "deadline":
            raise no_room(self._attempt.edit.body["model"], time.time() - waiting.since)
        if self._admission is not None:
            self._admission.waiting = waiting
        return self._begin()

    # -- waiting for the job -------------------------------------------------------------------------------------

    def _wait(self, job: Job) -> dict[str, Any]:
        if self._operator.deferrable:
            self._wait_in_triggerer(job)
        return self._wait_here(job)

    def _wait_in_triggerer(self, job: Job) -> NoReturn:
        now = time.time()
        self._operator.defer(
            trigger=job_trigger(self._operator, job, now=now),
            method_name="resume",
            timeout=patience(job.deadline, now),
        )

    def _wait_here(self, job: Job) -> dict[str, Any]:
        self._watched = job
        with span("wait", **self._traced(job)):
            outcome = wait_on_worker(
                self._attempt.edit.account,
                job,
                on_change=lambda snapshot: self._tell(job, snapshot),
                on_trouble=lambda error: self._tell_trouble(job, error),
            )
        self._watched = None
        return self._conclude(job, outcome.end)

    def _tell(self, job: Job, snapshot: TaskSnapshot) -> None:
        tell_state(self._log, job.task_id, str(snapshot.status), submitted_at=job.submitted_at)
        self._trail.became(str(snapshot.status))

    def _tell_trouble(self, job: Job, error: ServiceError) -> None:
        self._log.warning(
            "Job %s can't be looked at; the wait goes on. The last error: %s", job.task_id, error
        )

    def end_by_force(self) -> None:
        """Cancel the job that is waited for here, if it is still queued. Called from a signal handler."""
        self._killed = True  # this process may live on for seconds; it shall not submit anything more
        if self._watched is not None:
            self._cancel(self._watched)

    def _cancel(self, job: Job) -> bool:
        if not self._operator.cancel_on_kill:
            return False
        # A client of its own: the signal may have come in the middle of the other one's call.
        with DashScopeClient(self._attempt.edit.account) as client:
            refused = try_to_cancel(client, job)
        self._log.warning("%s", cancelling(job.task_id, refused))
        return refused is None

    # -- ending --------------------------------------------------------------------------------------

    def _conclude(self, job: Job, end: str) -> dict[str, Any]:
        """Turn the job's end into a result or an error; go on waiting if it hasn't ended.

        Args:
            job: The job.
            end: Why the wait is over, see `polling.End`; or that there was none yet.
        """
        snapshot = self._attempt.client.get(job.task_id)
        status = snapshot.status
        if not status.active:
            self._trail.ended(job, snapshot)
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
            return self._wait(self._attempt.submit_instead())
        cancelled = status.active and try_to_cancel(self._attempt.client, job) is None
        if cancelled:
            self._trail.ended(job, TaskSnapshot(job.task_id, TaskStatus.CANCELED))
        raise unsuccessful(job, snapshot, cancelled=cancelled, remembers=self._failing.remembers)

    def _finish(self, job: Job, snapshot: TaskSnapshot) -> dict[str, Any]:
        operator, client = self._operator, self._attempt.client
        try:
            with span("land", **self._traced(job)):
                outcome = landed(operator, self._context, client, job, snapshot, self._fingerprint)
        except ResultExpiredError as error:
            if operator.on_expired != "resubmit" and not job.taken_over:
                raise
            self._log.warning("%s So a new job is submitted.", error)
            return self._wait(self._attempt.submit_instead())
        self._attempt.ledger.done(job)
        if outcome["output_path"] is not None:
            self._trail.became(LANDED)
        self._log.info(
            "Job %s is done: %s", *(job.task_id, summary(snapshot, outcome)), **facts(job), wan_status="DONE"
        )
        return outcome
