"""What a worker does for the edits of a batch: look at jobs, submit, land results."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException

from airflow_provider_wan import storage
from airflow_provider_wan.dashscope.client import DashScopeClient
from airflow_provider_wan.dashscope.errors import (
    AuthenticationError,
    DestinationError,
    PermissionDeniedError,
    ResultExpiredError,
    Retry,
    ServiceError,
    TaskCanceledError,
    ThrottledError,
    WanError,
)
from airflow_provider_wan.dashscope.results import TaskSnapshot, TaskStatus
from airflow_provider_wan.jobs import JOB_KEY, Job, cancelling, summary
from airflow_provider_wan.operators import batch_policy as policy
from airflow_provider_wan.operators.batch import WanBatchEditOperator
from airflow_provider_wan.operators.batch_edit import BatchEdit, Pace
from airflow_provider_wan.operators.batch_policy import TAKEN_UP, Verdict
from airflow_provider_wan.operators.batch_room import Rooms, submit_rps
from airflow_provider_wan.operators.endings import FailingAsAirflowDoes, unsuccessful
from airflow_provider_wan.operators.parts import stager_of
from airflow_provider_wan.operators.purse import Purse
from airflow_provider_wan.operators.waits import try_to_cancel
from airflow_provider_wan.trail import Trail

if TYPE_CHECKING:
    from airflow_provider_wan.dashscope.account import Account
    from airflow_provider_wan.staging import Stager

LANDING_AT_ONCE = 4
BELOW_LIMIT = 0.9
"""Of the submissions a second that the service takes: at its very limit one in six is refused, and costs a second."""
REFUSED_PAUSE = 60.0
"""Seconds to leave the service alone after it has taken no more submissions."""


class BatchWork:
    """The edits of a batch and what is done for them.

    Args:
        operator: What the author wanted, rendered.
        account: The account.
        client: Client of it.
        rooms: How many may be submitted.
        ti: Airflow's task instance, for XComs.
        failing: Told what there is to lose by a retry.
        purse: What the task may spend.
        trail: Told of the jobs, so that they count.

    Attributes:
        edits: The edits, in the order given.
        room_after: When it makes sense to submit again, in seconds since 1970.
    """

    def __init__(
        self,
        operator: WanBatchEditOperator,
        account: Account,
        client: DashScopeClient,
        rooms: Rooms,
        ti: Any,
        failing: FailingAsAirflowDoes,
        purse: Purse,
        trail: Trail,
    ) -> None:
        self.edits: list[BatchEdit] = []
        self.room_after = 0.0
        self._operator = operator
        self._account = account
        self._client = client
        self._rooms = rooms
        self._ti = ti
        self._failing = failing
        self._purse = purse
        self._trail = trail
        self._log = operator.log
        self._killed = False
        self._stopped = False
        self._announced: list[str] = []
        self._stagers: dict[str, Stager] = {}
        self._destinations: dict[str, DestinationError | None] = {}
        self._looks = Pace(account.status_qps, time.time, time.sleep)

    # -- looking -------------------------------------------------------------------------------------

    def look(self) -> None:
        """Look at jobs that have ended, or that an earlier attempt left."""
        for edit in self.edits:
            if edit.entry is None and edit.job is not None and edit.end is not None and edit.snapshot is None:
                self._looks.wait()
                self._look_at(edit, edit.job, edit.end)

    def _look_at(self, edit: BatchEdit, job: Job, end: str) -> None:
        try:
            snapshot = self._client.get(job.task_id)
        except (AuthenticationError, PermissionDeniedError):
            self._failing.job = job.task_id
            raise
        except ServiceError as error:
            edit.log.warning("Job %s can't be looked at now; the wait goes on. %s", job.task_id, error)
            edit.end = None
            return
        if not snapshot.status.active:
            self._trail.ended(job, snapshot)
        if snapshot.status is TaskStatus.UNKNOWN:
            snapshot = edit.kept(job) or snapshot
        cleared = edit.attempt.ledger.cleared and not edit.done_before
        wanted = self._operator.on_expired == "resubmit"
        now = time.time()
        match policy.judge(job, snapshot, end=end, now=now, cleared=cleared, resubmit_expired=wanted):
            case Verdict.LAND:
                edit.snapshot = snapshot
            case Verdict.WAIT:
                edit.end = None
                if end == TAKEN_UP:
                    self._take_over(edit, job, snapshot, now)
            case Verdict.AGAIN:
                self._again(edit, f"Job {job.task_id} of an earlier attempt is {snapshot.status}")
            case Verdict.FAILED:
                cancelled = snapshot.status.active and try_to_cancel(self._client, job) is None
                if cancelled:
                    self._trail.ended(job, TaskSnapshot(job.task_id, TaskStatus.CANCELED))
                remembers = self._failing.remembers
                reason = unsuccessful(job, snapshot, cancelled=cancelled, remembers=remembers)
                self._fail(edit, reason, status=str(snapshot.status))

    def _take_over(self, edit: BatchEdit, job: Job, snapshot: TaskSnapshot, now: float) -> None:
        if edit.attempt.ledger.cleared:
            patience = self._operator.timeout.total_seconds()
            job = edit.job = replace(job, deadline=now + patience, taken_over=True)
        edit.attempt.ledger.submitted(job)
        edit.log.info(
            "An earlier attempt submitted job %s %.0f s ago; it is %s. It is taken over.",
            *(job.task_id, now - job.submitted_at, snapshot.status),
        )

    def _again(self, edit: BatchEdit, why: str) -> None:
        edit.log.warning("%s, so a new one is submitted.", why)
        edit.attempt.ledger.withdraw()  # there may be a long wait for room before the submission
        edit.job = edit.end = edit.snapshot = None

    def _fail(self, edit: BatchEdit, error: WanError, *, status: str | None) -> None:
        latest, self._failing.job = self._failing.job, edit.job.task_id if edit.job else ""
        error.consequence = self._failing.consequence(error)
        self._failing.job = latest
        edit.entry = policy.failure(
            edit.item.index,
            edit.function,
            error,
            task_id=edit.job.task_id if edit.job else None,
            status=status,
        )
        edit.log.warning("Failed: %s", error)

    # -- submitting ----------------------------------------------------------------------------------

    def submit(self) -> None:
        """Submit what there is room for."""
        waiting = sorted(self.waiting, key=lambda edit: not edit.ask)  # those may be running already
        if not waiting or time.time() < self.room_after:
            return
        limit = self._operator.concurrency
        paces = {
            model: Pace(submit_rps(model) * BELOW_LIMIT, time.time, time.sleep)
            for model in {edit.model for edit in waiting}
        }
        self._rooms.forget()
        self._purse.refresh()
        for edit in waiting:
            if self.stopping or (limit is not None and len(self.open) >= limit):
                return
            if not self._rooms.take(edit.model, edit.function):
                continue
            paces[edit.model].wait()
            try:
                edit.submit()
            except ThrottledError as error:
                self._pause(error)
                return
            except WanError as error:
                if not (isinstance(error, ServiceError) and error.retry is Retry.LATER):
                    self._fail(edit, error, status=None)
                    continue
                if not self.open:
                    raise
                self._pause(error)  # the service's own trouble, and there is something to wait for meanwhile
                return

    def _pause(self, error: ServiceError) -> None:
        pause = max(REFUSED_PAUSE, min(error.retry_after or 0.0, 10 * REFUSED_PAUSE))
        self.room_after = time.time() + pause
        self._log.warning("Nothing more is submitted for %.0f s. %s", pause, error)

    def stage(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return a request with addresses that the service can fetch."""
        staged = self._stager(body).stage(body)
        self._alive()  # an upload may have taken minutes
        return staged

    def _stager(self, body: Mapping[str, Any]) -> Stager:
        """Return the stager for a request's model; uploads are bound to one."""
        model = str(body["model"])
        if model not in self._stagers:
            self._stagers[model] = stager_of(self._operator, self._client, model)
        return self._stagers[model]

    def before_submit(self, body: Mapping[str, Any], path: str | None) -> None:
        """Make sure that the task is still wanted, that its inputs will do, and that its result can be written."""
        self._alive()
        lengths = self._stager(body).check(body)
        self._trail.at_most = self._purse.allow(body, lengths)
        if path is None:
            return
        if path not in self._destinations:
            try:
                storage.check_destination(path)
                self._destinations[path] = None
            except DestinationError as error:
                self._destinations[path] = error
        refused = self._destinations[path]
        if refused is not None:
            raise refused

    def announce(self, job: Job, fresh: bool) -> None:
        """Tell of a job that was just submitted or found."""
        self._failing.job = job.task_id
        self._announced.append(job.task_id)
        self._trail.counts(job, fresh=fresh)
        if self._killed:  # while it was being submitted
            self._cancel([job])
            raise self._ended(f" while it submitted job {job.task_id}.")
        self.tell_jobs()

    def tell_jobs(self) -> None:
        """Tell other tasks, the trigger and people which jobs are this task's."""
        self._ti.xcom_push(key=JOB_KEY, value=list(dict.fromkeys([*self.jobs, *self._announced])))

    # -- landing -------------------------------------------------------------------------------------

    def land(self) -> bool:
        """Land results, a few at a time; return whether something is to be submitted again instead."""
        again = False
        ready = [(edit, edit.job, edit.snapshot) for edit in self.edits if edit.job and edit.snapshot]
        with ThreadPoolExecutor(LANDING_AT_ONCE, thread_name_prefix="landing") as pool:
            landings = {
                pool.submit(edit.land, self._client, job, snapshot): (edit, job, snapshot)
                for edit, job, snapshot in ready
            }
            for landing in as_completed(landings):
                edit, job, snapshot = landings[landing]
                edit.snapshot = None
                try:
                    entry, size = landing.result()
                except ResultExpiredError as error:
                    if self._operator.on_expired == "resubmit" or job.taken_over:
                        self._again(edit, str(error))
                        again = True
                    else:
                        self._fail(edit, error, status=str(snapshot.status))
                except WanError as error:
                    self._fail(edit, error, status=str(snapshot.status))
                else:
                    self._done(edit, job, snapshot, entry, size)
        return again

    def _done(
        self, edit: BatchEdit, job: Job, snapshot: TaskSnapshot, entry: dict[str, Any], size: int | None
    ) -> None:
        edit.entry = entry
        where = f" as {entry['output_path']} ({size} bytes)" if size is not None else ""
        if not edit.done_before:
            edit.attempt.ledger.done(job)
        edit.log.info("Job %s is done%s: %s", job.task_id, where, summary(snapshot, entry))

    # -- cancelling ----------------------------------------------------------------------------------

    def stop_if_wanted(self) -> None:
        """After a failure, cancel what isn't running yet, where the first failure is to stop everything."""
        if self._stopped or not self.stopping or self._operator.on_failure != "fail_fast":
            return
        self._stopped = True
        for edit in self.open:
            if edit.job is not None and try_to_cancel(self._client, edit.job) is None:
                self._trail.ended(edit.job, TaskSnapshot(edit.job.task_id, TaskStatus.CANCELED))
                error = TaskCanceledError(
                    "was cancelled while it was queued, because another edit of the batch has failed.",
                    task_id=edit.job.task_id,
                )
                self._fail(edit, error, status=str(TaskStatus.CANCELED))

    def end_by_force(self) -> None:
        """Cancel the jobs that are still queued. Called from a signal handler."""
        self._killed = True  # this process may live on for seconds; it shall not submit anything more
        self._cancel([edit.job for edit in self.open if edit.job])

    def _cancel(self, jobs: list[Job]) -> None:
        if not self._operator.cancel_on_kill or not jobs:
            return
        # A client of its own: the signal may have come in the middle of the other one's call.
        with DashScopeClient(self._account) as client:
            for job in jobs:
                refused = try_to_cancel(client, job)
                self._log.warning("%s", cancelling(job.task_id, refused))

    # -- what there is -------------------------------------------------------------------------------

    @property
    def stopping(self) -> bool:
        """Whether nothing more is submitted: after a failure, if so wanted, or where a person has to act first."""
        wrong = [edit.entry for edit in self.edits if edit.entry and policy.failed(edit.entry)]
        if self._operator.on_failure == "fail_fast" and wrong:
            return True
        return any(entry["retry"] == Retry.ACT for entry in wrong)

    def _alive(self) -> None:
        if self._killed:
            raise self._ended(", so nothing more is submitted.")

    def _ended(self, how: str) -> AirflowException:
        # A worker that is shut down leads here too. A retry may go on where it will know the jobs there are.
        kind = AirflowException if self._failing.remembers else AirflowFailException
        return kind(f"The task was ended from outside{how}")

    @property
    def open(self) -> list[BatchEdit]:
        """Edits whose job goes on, as far as is known."""
        return [edit for edit in self.edits if edit.open]

    @property
    def waiting(self) -> list[BatchEdit]:
        """Edits that are still to be submitted."""
        return [edit for edit in self.edits if edit.waiting]

    @property
    def jobs(self) -> list[str]:
        """Ids of the jobs, ended ones included."""
        return [edit.job.task_id for edit in self.edits if edit.job]

    @property
    def entries(self) -> list[dict[str, Any]]:
        """What the results say so far, in the order given."""
        return [edit.entry for edit in self.edits if edit.entry]

    def progress(self) -> str:
        """Say in one line how far the batch has come."""
        return policy.progress(
            len(self.edits), self.entries, open_jobs=len(self.open), waiting=len(self.waiting)
        )
