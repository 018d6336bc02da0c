"""Waits for jobs that were submitted elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from airflow.providers.common.compat.sdk import AirflowSkipException
from airflow.sdk import BaseSensorOperator
from airflow.sdk.exceptions import AirflowSensorTimeout

from airflow_provider_wan.hooks import DEFAULT_CONN_ID
from airflow_provider_wan.operators.base import Text, WanParameterError
from airflow_provider_wan.operators.late import is_late

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_provider_wan.dashscope.client import DashScopeClient
    from airflow_provider_wan.dashscope.results import TaskSnapshot
    from airflow_provider_wan.jobs import Job


class WanTaskSensor(BaseSensorOperator):
    """Waits for a job of the account, whoever submitted it, and returns its result. It pays and cancels nothing.

    Args:
        wan_task_id: The service's id of the job.
        conn_id: Connection of type `dashscope` of the account that the job belongs to.
        deferrable: Wait in the triggerer (the default) or on the worker.
        timeout: How long to wait from the start of the attempt, in wall-clock time: a `timedelta` or seconds. The
            service ends a job 3 hours after its submission.
        soft_fail: Skip the task, and with it what follows, where the job gives no result or the time is up. A wrong
            connection fails the task all the same.
        multiple_outputs: Push each field of the result as an XCom of its own too.
        kwargs: As for any sensor. `poke_interval` and `mode` have no meaning here: when to look is decided as for
            edits, by one stream of queries for all that wait.

    Returns:
        The result as an edit's (see `jobs.result`), not landed. `function` isn't known and null; `model`,
        `request_id` and `cost` are where the service's list doesn't have the job.

    Raises:
        JobWithoutResultError: It failed, was cancelled, or isn't known. Not retried.
        AirflowSensorTimeout: The time is up. Not retried; the job goes on.
    """

    template_fields: Sequence[str] = ("wan_task_id", "conn_id")
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
        if not is_late(self.wan_task_id) and self.wan_task_id in ("", "None", None):
            raise WanParameterError(
                f"{type(self).__name__} {self.task_id!r}: wan_task_id is empty. Give the `task_id` of a job. "
                "Nothing was sent."
            )

    def execute(self, context: Context) -> dict[str, Any]:  # noqa: ARG002 -- the job is all there is to know
        """Look at the job, and wait for it if it goes on."""
        from airflow_provider_wan import foreign
        from airflow_provider_wan.dashscope.results import TaskStatus
        from airflow_provider_wan.operators.endings import FailingAsAirflowDoes

        with FailingAsAirflowDoes():
            self._check()
            client = self._client()
            job, snapshot = foreign.find(
                client, str(self.wan_task_id), patience=timedelta(seconds=self.timeout)
            )
            # One look is not enough to believe that the service doesn't know a job: a new one shows late.
            if snapshot.status.active or snapshot.status is TaskStatus.UNKNOWN:
                if self.deferrable:
                    self._wait_in_triggerer(job)
                snapshot = self._wait_here(client, job)
            return self._conclude(job, snapshot)

    def resume(self, context: Context, event: Mapping[str, Any] | None = None) -> dict[str, Any]:  # noqa: ARG002
        """Go on after the wait in the triggerer."""
        from airflow_provider_wan.jobs import Job
        from airflow_provider_wan.operators.endings import FailingAsAirflowDoes

        with FailingAsAirflowDoes():
            job = Job.from_dict(event or {})
            return self._conclude(job, self._client().get(job.task_id))

    def _client(self) -> DashScopeClient:
        from airflow_provider_wan.hooks import DashScopeHook

        return DashScopeHook(self.conn_id).get_conn()

    def _wait_in_triggerer(self, job: Job) -> NoReturn:
        import time

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

    def _wait_here(self, client: DashScopeClient, job: Job) -> TaskSnapshot:
        from airflow_provider_wan.dashscope import polling
        from airflow_provider_wan.dashscope.client import DashScopeClient
        from airflow_provider_wan.dashscope.durations import Durations

        # The watch has its own patience, so the client it looks with has none.
        with DashScopeClient(client.account, patient=False) as looking:
            polling.wait(
                lambda: looking.get(job.task_id),
                polling.Watch(
                    job.deadline,
                    submitted_at=job.submitted_at,
                    typical=lambda: Durations().typical(job.model, job.function),
                ),
                on_change=lambda snapshot: self.log.info("Job %s is %s", job.task_id, snapshot.status),
                on_trouble=lambda error: self.log.warning(
                    "Job %s can't be looked at; the wait goes on. The last error: %s", job.task_id, error
                ),
            )
        return client.get(job.task_id)

    def _conclude(self, job: Job, snapshot: TaskSnapshot) -> dict[str, Any]:
        from airflow_provider_wan import foreign
        from airflow_provider_wan.jobs import result, summary

        try:
            foreign.require_success(job.task_id, snapshot)
        except foreign.JobUnfinishedError as error:
            said = (
                f"Job {job.task_id} was still {snapshot.status} after {self.timeout / 60:.0f} minutes of waiting. It "
                "goes on; its result can be landed by its id until 24 hours after its submission. Nothing was paid."
            )
            if self.soft_fail:
                raise AirflowSkipException(said) from error
            raise AirflowSensorTimeout(said) from error
        except foreign.JobWithoutResultError as error:
            if self.soft_fail:
                raise AirflowSkipException(str(error)) from error
            raise
        outcome = result(job, snapshot, None)
        self.log.info("Job %s is done: %s", job.task_id, summary(snapshot, outcome))
        return outcome
