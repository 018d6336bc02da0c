"""The trail of an edit: what its life tells people while it goes on, beside the log.

XComs for those who look (see `records`), metrics for those who watch, an account of what is spent. None of it may
fail an edit: what can't be left is warned of, and the edit goes on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow_provider_wan import metrics, records
from airflow_provider_wan.dashscope.results import TaskStatus
from airflow_provider_wan.jobs import JOB_KEY, Job, result
from airflow_provider_wan.spending import COST_KEY

if TYPE_CHECKING:
    from airflow_provider_wan.dashscope.errors import WanError
    from airflow_provider_wan.dashscope.price_list import Money
    from airflow_provider_wan.dashscope.results import TaskSnapshot
    from airflow_provider_wan.logs import Log
    from airflow_provider_wan.spending import Spending


class Trail:
    """Leaves an edit's trail in its task instance.

    Args:
        ti: Airflow's task instance.
        log: The task's log.
        bulk: Whether there are many jobs, so that what they cost is written down by `settle` alone.
        clock: Seconds since 1970.

    Attributes:
        job: The job that the attempt has, if it has one.
        spending: What the task instance spends; None where that isn't known yet.
        at_most: What the next edit costs at most; None where nobody can tell.
    """

    def __init__(
        self, ti: Any, log: Log, *, bulk: bool = False, clock: Callable[[], float] = time.time
    ) -> None:
        self._ti = ti
        self._log = log
        self._bulk = bulk
        self._clock = clock
        self.job: Job | None = None
        self.spending: Spending | None = None
        self.at_most: Money | None = None

    def begun(
        self, body: Mapping[str, Any], *, function: str, region: str, conn_id: str, path: str | None
    ) -> None:
        """An attempt begins; this is what it asks for, with the author's addresses."""
        attempt = int(getattr(self._ti, "try_number", 1))
        self._leave(
            records.REQUEST_KEY,
            records.request(
                body, function=function, region=region, conn_id=conn_id, output_path=path, attempt=attempt
            ),
        )
        self.settle()

    def begun_batch(self, models: Sequence[str], *, region: str, conn_id: str, path: str | None) -> None:
        """An attempt at a batch begins: edits with these models, one for each."""
        self._leave(
            records.REQUEST_KEY,
            records.batch(
                models,
                region=region,
                conn_id=conn_id,
                output_path=path,
                attempt=getattr(self._ti, "try_number", 1),
            ),
        )
        self.settle()

    def waits_for_room(self, *, since: float, queue: Mapping[str, int] | None) -> None:
        """Nothing is submitted yet, because the account's queue is full."""
        self._progress(records.ROOM, since=since, queue=queue)

    def has_job(self, job: Job, *, fresh: bool) -> None:
        """The attempt has a job: a fresh one that it has submitted, or an earlier attempt's that it takes up.

        What tells the job's id is no mere trail: the triggerer and the other tasks go by it, so its failure counts.
        """
        self.job = job
        self._ti.xcom_push(key=JOB_KEY, value=job.task_id)
        self._progress("PENDING")
        self.counts(job, fresh=fresh)

    def counts(self, job: Job, *, fresh: bool) -> None:
        """The task has a job, and so counts it."""
        if fresh:
            metrics.submitted(job)
        self._spend(
            lambda spending: spending.submitted(job, self.at_most if fresh else None, flush=not self._bulk)
        )

    def goes_on(self, job: Job) -> None:
        """The attempt goes on, after a wait, with this job."""
        self.job = job

    def became(self, status: str) -> None:
        """The job has changed its state, or its result is in place."""
        self._progress(status)

    def ended(self, job: Job, snapshot: TaskSnapshot) -> None:
        """The job has ended, well or not. May be told again, by a later attempt; it counts once."""
        news = self._spend(lambda spending: spending.ended(job, snapshot, flush=not self._bulk))
        if news is not False:
            tell_end(job, snapshot)

    def failed(self, error: WanError) -> None:
        """The attempt fails."""
        metrics.failed(error)
        self._leave(records.FAILURE_KEY, records.failure(error, at=self._clock(), job=self.job))

    def settle(self) -> None:
        """Write down what the jobs of all attempts cost, as far as is known."""
        self._spend(lambda spending: spending.flush(), push=True)

    def _spend(self, tell: Callable[[Spending], bool | None], *, push: bool = False) -> bool | None:
        """Tell the account of something; None where it can't be told whether that is news."""
        if self.spending is None:
            return None
        try:
            news = tell(self.spending)
            known = self.spending.jobs and (push or not self._bulk)
            spent = self.spending.summary() if known else None
        except Exception as error:  # noqa: BLE001 -- whatever it is, the edit matters more
            self._log.warning("What is spent can't be written down, so reports will lack it: %s", error)
            return None
        if spent is not None:
            self._leave(COST_KEY, spent)
        return news

    def _progress(self, status: str, **more: Any) -> None:
        self._leave(records.PROGRESS_KEY, records.progress(status, at=self._clock(), job=self.job, **more))

    def _leave(self, key: str, value: Mapping[str, Any]) -> None:
        try:
            self._ti.xcom_push(key=key, value=dict(value))
        except Exception as error:  # noqa: BLE001 -- whatever it is, the edit matters more
            self._log.warning("The XCom %s can't be pushed, so pages will lack it: %s", key, error)


def tell_end(job: Job, snapshot: TaskSnapshot) -> None:
    """Count a job's end, and what it costs. Once per job."""
    metrics.ended(job, snapshot)
    if snapshot.status is TaskStatus.SUCCEEDED:
        metrics.paid(job, result(job, snapshot, None))
