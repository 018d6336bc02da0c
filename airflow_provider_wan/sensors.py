"""Waits for jobs that were submitted elsewhere."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from airflow.providers.common.compat.sdk import AirflowSensorTimeout, AirflowSkipException
from airflow.sdk import BaseSensorOperator

from airflow_provider_wan.hooks import DEFAULT_CONN_ID
from airflow_provider_wan.links import WanResultLink
from airflow_provider_wan.operators.base import Text
from airflow_provider_wan.operators.ids import check_id
from airflow_provider_wan.operators.signed import TakesSignedAddresses

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_provider_wan.dashscope.client import DashScopeClient
    from airflow_provider_wan.dashscope.results import TaskSnapshot
    from airflow_provider_wan.jobs import Job


class WanTaskSensor(TakesSignedAddresses, BaseSensorOperator):
    """Waits for a job of the account, whoever submitted it, and returns its result. It pays and cancels nothing.

    Args:
        wan_task_id: The service's id of the job.
        conn_id: Connection of type `dashscope` of the account that the job belongs to.
        deferrable: Wait in the triggerer (the default) or on the worker.
        timeout: How long to wait from the start of the attempt, in wall-clock time: a `timedelta` or seconds. The
            service ends a job 3 hours after its submission.
        soft_fail: Skip the task, and with it what follows, where the job gives no result or the time is up. A wrong
            connection or trouble of the service fails the task all the same.
        multiple_outputs: Push each field of the result as an XCom of its own too.
        kwargs: As for any sensor; `never_fail=True` skips on any error. What says how to poke (`poke_interval`, `mode`,
            `silent_fail` and their like) has no meaning here: when to look is decided as for edits, by one stream of
            queries for all that wait.

    Returns:
        The result as an edit's (see `jobs.result`), not landed. `function` isn't known and null; `model`,
        `request_id` and `cost` are where the service's list doesn't have the job.

    Raises:
        JobWithoutResultError: It failed, was cancelled, or isn't known. Not retried.
        AirflowSensorTimeout: The time is up. Not retried; the job goes on.
    """

    template_fields: Sequence[str] = ("wan_task_id", "conn_id")
    operator_extra_links = (WanResultLink(),)
    ui_color = "#e0f2f1"

    def __init__(
        self,
        *,
        wan_task_id: Text,
        conn_id: str = DEFAULT_CONN_ID,
        deferrable: bool = True,
        timeout: timedelta | float = timedelta(hours=4),
        multiple_outputs: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(timeout=timeout, multiple_outputs=multiple_outputs, **kwargs)
        self.wan_task_id = wan_task_id
        self.conn_id = conn_id
        self.deferrable = deferrable
        self._check()

    @property
    def output(self) -> Any:
        """The result as an input for other tasks, as `WanOperator.output`."""
        return super().output

    def _check(self) -> None:
        check_id(self.wan_task_id, f"{type(self).__name__} {self.task_id!r}")

    def execute(self, context: Context) -> dict[str, Any]:  # noqa: ARG002 -- the job is all there is to know
        """Look at the job, and wait for it if it goes on."""
        try:
            return self._begin()
        except AirflowSkipException:
            raise
        except Exception as error:
            if self.never_fail:
                raise AirflowSkipException(str(error)) from error
            raise

    def _begin(self) -> dict[str, Any]:
        from airflow_provider_wan import foreign
        from airflow_provider_wan.operators.endings import FailingAsAirflowDoes

        with FailingAsAirflowDoes():
            self._check()
            job, snapshot = foreign.find(
                self._client(), str(self.wan_task_id), patience=timedelta(seconds=self.timeout)
            )
            return self._conclude(job, snapshot)

    def resume(self, context: Context, event: Mapping[str, Any] | None = None) -> dict[str, Any]:  # noqa: ARG002
        """Go on after the wait in the triggerer."""
        from airflow_provider_wan.jobs import Job
        from airflow_provider_wan.operators.endings import FailingAsAirflowDoes

        with FailingAsAirflowDoes():
            event = event or {}
            job = Job.from_dict(event)
            return self._conclude(job, self._client().get(job.task_id), str(event.get("end")))

    def resume_execution(
        self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context
    ) -> dict[str, Any]:
        """Go on after a deferral, as Airflow calls it.

        With `soft_fail` its sensors then skip on every error and hide the reason, unlike before a deferral.
        """
        try:
            outcome: dict[str, Any] = super().resume_execution(next_method, next_kwargs, context)
        except AirflowSkipException as skip:
            cause = skip.__cause__
            if isinstance(cause, AirflowSkipException):  # ours, which says why
                raise cause from cause.__cause__
            if cause is None or self.never_fail or isinstance(cause, AirflowSensorTimeout):
                raise
            raise cause from cause.__cause__
        except Exception as error:
            if self.never_fail:
                raise AirflowSkipException(str(error)) from error
            raise
        return outcome

    def _client(self) -> DashScopeClient:
        from airflow_provider_wan.hooks import DashScopeHook

        return DashScopeHook(self.conn_id).get_conn()

    def _wait_in_triggerer(self, job: Job) -> NoReturn:
        from airflow_provider_wan.operators.waits import earliest_resume, patience
        from airflow_provider_wan.triggers import WanTaskTrigger

        now = time.time()
        self.defer(
            trigger=WanTaskTrigger(
                task_id=job.task_id,
                conn_id=self.conn_id,
                deadline=job.deadline,
                not_before=earliest_resume(now),
                cancel_on_kill=False,  # it isn't ours
                facts=job.as_dict(),
            ),
            method_name="resume",
            timeout=patience(job.deadline, now),
        )

    def _wait_here(self, job: Job) -> dict[str, Any]:
        from airflow_provider_wan.operators.waits import wait_on_worker

        client = self._client()
        outcome = wait_on_worker(
            client.account,
            job,
            on_change=lambda snapshot: self.log.info("Job %s is %s", job.task_id, snapshot.status),
            on_trouble=lambda error: self.log.warning(
                "Job %s can't be looked at; the wait goes on. The last error: %s", job.task_id, error
            ),
        )
        return self._conclude(job, client.get(job.task_id), outcome.end)

    def _conclude(self, job: Job, snapshot: TaskSnapshot, end: str = "") -> dict[str, Any]:
        """Turn the job's end into a result or an error; wait where it hasn't ended and there is time.

        Args:
            job: The job.
            snapshot: The last look at it.
            end: Why a wait for it is over, see `polling.End`; empty where there was none yet.
        """
        from airflow_provider_wan import foreign
        from airflow_provider_wan.dashscope.polling import End
        from airflow_provider_wan.dashscope.results import TaskStatus
        from airflow_provider_wan.jobs import result, summary

        # One look is not enough to believe that the service doesn't know a job: a new one shows late.
        doubtful = snapshot.status is TaskStatus.UNKNOWN and end != End.ENDED
        # A triggerer may also end a wait early, because it can't use the connection.
        if (snapshot.status.active or doubtful) and end != End.DEADLINE and time.time() < job.deadline:
            if self.deferrable:
                self._wait_in_triggerer(job)
            return self._wait_here(job)
        try:
            foreign.require_success(job.task_id, snapshot)
        except foreign.JobUnfinishedError as error:
            said = (
                f"Job {job.task_id} was still {snapshot.status} after {self.timeout / 60:.0f} minutes of waiting. It "
                "goes on; its result can be landed by its id until 24 hours after its submission. Nothing was paid."
            )
            if self.soft_fail or self.never_fail:
                raise AirflowSkipException(said) from error
            raise AirflowSensorTimeout(said) from error
        except foreign.JobWithoutResultError as error:
            if self.soft_fail or self.never_fail:
                raise AirflowSkipException(str(error)) from error
            raise
        outcome = result(job, snapshot, None)
        self.log.info("Job %s is done: %s", job.task_id, summary(snapshot, outcome))
        return outcome
