"""One attempt at an edit, aware of what earlier attempts did, so that none of them pays twice."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow_provider_wan.dashscope import recovery
from airflow_provider_wan.dashscope.errors import (
    SubmitUnknownError,
    ThrottledError,
    UnclearSubmitError,
    WanError,
)
from airflow_provider_wan.dashscope.results import RESULT_LIFE, TaskStatus
from airflow_provider_wan.jobs import Job
from airflow_provider_wan.ledger import Ledger, Step
from airflow_provider_wan.logs import Log, facts
from airflow_provider_wan.operators.base import OnUnknown
from airflow_provider_wan.traces import span

if TYPE_CHECKING:
    from airflow_provider_wan.dashscope.account import Account
    from airflow_provider_wan.dashscope.client import DashScopeClient
    from airflow_provider_wan.dashscope.results import Submission, TaskSnapshot


@dataclass(frozen=True, slots=True)
class Edit:
    """What is to be submitted, checked and final.

    Attributes:
        account: Whom to submit it to.
        path: Path to post to.
        body: The request's body, with the addresses that the author gave.
        function: The edit function, for people.
        prompt: The prompt, by which a finished job can be told from another's.
        patience: How long to wait for the job from its submission.
        on_unknown_submit: What to do when nobody can say whether an earlier attempt has submitted it.
        not_after: When Airflow ends the process that waits, whatever the patience; seconds since 1970.
    """

    account: Account
    path: str
    body: Mapping[str, Any]
    function: str
    prompt: str | None
    patience: timedelta
    on_unknown_submit: OnUnknown
    not_after: float = math.inf


class Attempt:
    """Begins an attempt: by submitting, or by taking up what an earlier one began.

    Args:
        edit: The edit.
        client: Client of its account.
        ledger: What earlier attempts of the task instance did.
        siblings: Returns the ids of jobs that other tasks of the DAG run have submitted.
        before_submit: Called when everything speaks for submitting; may raise instead.
        stage: Returns the body to send in the place of the edit's: with addresses that the service can fetch.
        announce: Told of the attempt's job, as soon as it has one, and whether this attempt has submitted it.
        ended: Told of an earlier attempt's job that has ended without a result.
        refused: Told that the service answered 429, so that no job was made. It may wait and return: then all is
            decided anew; or raise. None: the client tries again by itself, and what it can't outlast is raised.
        log: The task's log.
        clock: Seconds since 1970.
        sleep: Waits so many seconds.
    """

    def __init__(
        self,
        edit: Edit,
        client: DashScopeClient,
        ledger: Ledger,
        *,
        siblings: Callable[[], Collection[str]],
        before_submit: Callable[[], None],
        stage: Callable[[Mapping[str, Any]], Mapping[str, Any]],
        announce: Callable[[Job, bool], None],
        ended: Callable[[Job, TaskSnapshot], None] | None = None,
        refused: Callable[[ThrottledError], None] | None = None,
        log: Log,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.edit = edit
        self.client = client
        self.ledger = ledger
        self._siblings = siblings
        self._before_submit = before_submit
        self._stage = stage
        self._announce = announce
        self._ended = ended
        self._refused = refused
        self._log = log
        self._clock = clock
        self._sleep = sleep

    def begin(self) -> tuple[Job, bool]:
        """Return the job to wait for, and whether this attempt submitted it itself.

        Raises:
            WanError: There is none, and nothing was paid by this attempt, as far as the error doesn't say else.
        """
        entry, step = self.ledger.entry, self.ledger.first_step()
        if step is not Step.SUBMIT and not self.ledger.as_recorded:
            self._log.warning(
                "This attempt asks for another edit than the one on record. A retry never pays twice, so what the "
                "earlier attempt has begun comes first. To have the other one made, clear the task."
            )
        match step:
            case Step.COLLECT if entry and entry.job:
                self._log.info("An earlier attempt finished job %s. Nothing is submitted.", entry.job.task_id)
                self._announce(entry.job, False)
                return entry.job, False
            case Step.ATTACH if entry and entry.job:
                return self._attach(entry.job)
            case Step.ASK:
                found = self._ask()
                if found is not None:
                    return found, False
                return self.submit_instead(), True
        return self.submit(), True

    def submit_instead(self) -> Job:
        """Submit the edit in the place of what is on record, of which nothing is to be had any more.

        The record goes first: before the submission there may be a long wait for room, on whose other side
        the question isn't to be decided again.
        """
        self.ledger.withdraw()
        return self.submit()

    def submit(self) -> Job:
        """Submit the edit: stage its inputs, record the intent, send it, record the job."""
        while True:
            self._before_submit()
            body = self._stage(self.edit.body)
            self.ledger.intend(self._clock(), model=self.edit.body["model"], function=self.edit.function)
            try:
                submission = self._send(body)
            except SubmitUnknownError as error:
                self.ledger.unanswered(error.request_id)
                raise
            except WanError as error:
                self.ledger.withdraw()
                if self._refused is None or not isinstance(error, ThrottledError):
                    raise
                self._refused(error)
                continue
            return self._submitted(submission)

    def _send(self, body: Mapping[str, Any]) -> Submission:
        model, region = self.edit.body["model"], self.edit.account.region
        with span("submit", model=model, function=self.edit.function, region=region) as part:
            submission = self.client.submit(self.edit.path, body, insist=self._refused is None)
            part.tell(job_id=submission.task_id)
        return submission

    def _submitted(self, submission: Submission) -> Job:
        job = self._job(submission.task_id, submission.request_id, self._clock())
        # Told before it is recorded: should that fail, the log is the only place that knows the job.
        self._log.info(
            "Submitted job %s: %s with %s in %s, request_id %s",
            *(job.task_id, job.function, job.model, job.region, job.request_id),
            **facts(job),
        )
        self._record(job, fresh=True)
        return job

    def _record(self, job: Job, *, fresh: bool = False) -> None:
        try:
            self.ledger.submitted(job)
        finally:  # also where the record fails because the task was cleared meanwhile: the job is to be cancelled then
            self._announce(job, fresh)

    def _job(self, task_id: str, request_id: str, submitted_at: float) -> Job:
        return Job(
            task_id=task_id,
            request_id=request_id,
            model=self.edit.body["model"],
            function=self.edit.function,
            region=self.edit.account.region,
            submitted_at=submitted_at,
            deadline=min(submitted_at + self.edit.patience.total_seconds(), self.edit.not_after),
        )

    def _attach(self, job: Job) -> tuple[Job, bool]:
        snapshot = self.client.get(job.task_id)
        status, now = snapshot.status, self._clock()
        if status in (TaskStatus.FAILED, TaskStatus.CANCELED):
            if self._ended is not None:
                self._ended(job, snapshot)
            self._log.info(
                "Job %s of an earlier attempt is %s, so a new one is submitted.", job.task_id, status
            )
            return self.submit_instead(), True
        if self.ledger.cleared:
            # A person wants it to go on: the wait begins anew, for the same job.
            job = replace(job, deadline=now + self.edit.patience.total_seconds(), taken_over=True)
        self._record(job)
        self._log.info(
            "An earlier attempt submitted job %s %.0f s ago; it is %s. It is taken over, nothing is submitted.",
            *(job.task_id, now - job.submitted_at, status),
        )
        return job, False

    def _ask(self) -> Job | None:
        """Find out what came of an earlier attempt's submission; None if nothing did, or if that shall not matter.

        Raises:
            UnclearSubmitError: Something may have, and nobody can say whether it is ours.
        """
        entry = self.ledger.entry
        if entry is None:
            return None
        intent_at = datetime.fromtimestamp(entry.intent_at, UTC)
        self._log.info(
            "An earlier attempt was cut off while it submitted, at %s. Asking the service what was created since.",
            intent_at.isoformat(timespec="seconds"),
        )
        if self._clock() - entry.intent_at > RESULT_LIFE.total_seconds() and not (
            self.ledger.cleared or self.edit.on_unknown_submit == "resubmit"
        ):
            self.ledger.asked()
            raise UnclearSubmitError([])
        found = recovery.look(
            self.client,
            model=entry.model or self.edit.body["model"],
            # What an earlier attempt asked for may have been something else.
            prompt=self.edit.prompt if self.ledger.as_recorded else None,
            intent_at=intent_at,
            now=datetime.fromtimestamp(self._clock(), UTC),
            ours=self._siblings(),
            sleep=self._sleep,
        )
        if not found:
            self._log.info("Nothing that could be this edit's, so it is submitted.")
            return None
        for one in found:
            if entry.request_id and one.request_id == entry.request_id:
                job = self._job(one.task_id, one.request_id, entry.intent_at)
                job = replace(job, model=entry.model or job.model, function=entry.function or job.function)
                self._record(job)
                self._log.info("Job %s came of it, by its request_id. Nothing is submitted.", job.task_id)
                return job
        if self.edit.on_unknown_submit == "resubmit":
            self._log.warning(
                "Submitting once more, as on_unknown_submit says, though these may be this edit's: %s",
                "; ".join(map(str, found)),
            )
            return None
        self.ledger.asked()
        raise UnclearSubmitError([str(one) for one in found])
