"""The life of a batch in Airflow: submit what there is room for, wait, land what has ended, and so on."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn, cast

from airflow_provider_wan.dashscope import clients
from airflow_provider_wan.dashscope.errors import ServiceError, WanError
from airflow_provider_wan.dashscope.results import TaskSnapshot, TaskStatus
from airflow_provider_wan.hooks import DashScopeHook
from airflow_provider_wan.jobs import Job
from airflow_provider_wan.ledger import Store
from airflow_provider_wan.logs import tell_state
from airflow_provider_wan.operators import batch_policy as policy
from airflow_provider_wan.operators.batch import WanBatchEditOperator
from airflow_provider_wan.operators.batch_edit import WithinAttempt
from airflow_provider_wan.operators.batch_policy import TAKEN_UP
from airflow_provider_wan.operators.batch_room import Rooms
from airflow_provider_wan.operators.batch_stock import Round, edits_of, take_stock
from airflow_provider_wan.operators.batch_work import BatchWork
from airflow_provider_wan.operators.endings import FailingAsAirflowDoes
from airflow_provider_wan.operators.late import plain
from airflow_provider_wan.operators.purse import Purse
from airflow_provider_wan.operators.siblings import jobs_of_run
from airflow_provider_wan.operators.waits import earliest_resume, patience
from airflow_provider_wan.outlets import tell_outlets
from airflow_provider_wan.trail import Trail
from airflow_provider_wan.triggers.batch import WanBatchTrigger
from airflow_provider_wan.triggers.batch_watch import (
    LAND_WITHIN,
    LAND_WITHIN_HERE,
    OpenJob,
    Plan,
    Reason,
    Report,
    watch,
)

if TYPE_CHECKING:
    from airflow.sdk import Context

RESULTS_KEY = "partial_results"
"""XCom of what has ended so far. It lasts as long as an attempt, and so tells what failed in this one."""


class BatchLife:
    """One worker's part of an attempt, from its beginning or a trigger's event to its end or the next wait.

    Args:
        operator: What the author wanted, rendered.
        context: Airflow's context.
        failing: Told what there is to lose by a retry.
    """

    def __init__(
        self, operator: WanBatchEditOperator, context: Context, failing: FailingAsAirflowDoes
    ) -> None:
        self._operator = operator
        self._context = context
        self._ti: Any = context["ti"]
        self._failing = failing
        self._log = operator.log
        self._generation = getattr(self._ti, "max_tries", 0)
        self._account = DashScopeHook(operator.conn_id).get_account()
        self._client = clients.client_for(self._account)
        store = cast("Store | None", context.get("task_state_store")) if operator.durable else None
        failing.remembers = store is not None
        store = store if store is not None else WithinAttempt(self._ti)
        self._rooms = Rooms(self._client, operator.max_queue_wait, self._log)
        max_cost = plain(operator.max_cost)
        purse = Purse(context, store, region=self._account.region, max_cost=max_cost, log=self._log)
        self._trail = Trail(self._ti, self._log, bulk=True)
        self._trail.spending = purse.spending
        self._work = BatchWork(
            operator, self._account, self._client, self._rooms, self._ti, failing, purse, self._trail
        )
        self._work.edits = edits_of(
            operator,
            self._account,
            self._client,
            store,
            self._generation,
            siblings=lambda: jobs_of_run(context) | set(self._work.jobs),
            before_submit=self._work.before_submit,
            stage=self._work.stage,
            announce=self._work.announce,
            log=self._log,
        )
        operator.note_requests(edit.attempt.edit for edit in self._work.edits)
        failing.tell = self._fails
        self._round = Round(store, self._generation)

    def _fails(self, error: WanError) -> None:
        self._trail.failed(error)
        self._operator.note_failure(error)

    # -- beginning and going on ----------------------------------------------------------------------

    def begin(self) -> list[dict[str, Any]]:
        """Submit the edits, or take up what an earlier attempt began."""
        if self._operator.durable and not self._failing.remembers:
            self._log.warning(
                "This Airflow has no task state store (it came with 3.3), so an attempt can't take up the jobs of "
                "an earlier one: after a worker dies, a retry submits, and pays for, all edits again."
            )
        self._trail.begun_batch(
            [edit.model for edit in self._work.edits],
            region=self._account.region,
            conn_id=self._operator.conn_id,
            path=plain(self._operator.output_path),
        )
        self._take_stock([], lambda _: TAKEN_UP)
        if jobs := self._work.jobs:
            self._work.tell_jobs()
            self._log.info(
                "Earlier attempts submitted jobs for %d of %d edits. Looking at what became of them.",
                *(len(jobs), len(self._work.edits)),
            )
        return self._go_round()

    def go_on(self, event: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Go on after a wait in the triggerer."""
        ends = event.get("ends")
        if isinstance(ends, Mapping):
            self._take_stock(self._told(), lambda job: ends.get(job.task_id, [None])[0])
        else:  # nothing useful came, so look for ourselves
            self._take_stock(self._told(), lambda _: "")
        if event.get("reason") == Reason.REFUSED:
            self._hear_refusal()
        self._rooms.learn(event.get("room", ""), event.get("seconds") or {})
        return self._go_round()

    def _take_stock(self, told: list[dict[str, Any]], end_of: Callable[[Job], str | None]) -> None:
        edits, began = self._work.edits, self._round.began
        take_stock(edits, told, generation=self._generation, began=began, end_of=end_of)
        self._failing.job = next(iter(self._work.jobs), "")

    def _told(self) -> list[dict[str, Any]]:
        found = self._ti.xcom_pull(key=RESULTS_KEY, map_indexes=self._ti.map_index)
        return list(found or ())

    def _hear_refusal(self) -> None:
        self._client.list_tasks(page_size=1)  # raises what the service has against the key, if it still has

    def _go_round(self) -> list[dict[str, Any]]:
        work = self._work
        while True:
            work.look()
            work.stop_if_wanted()
            work.submit()
            again = work.land()
            work.stop_if_wanted()
            self._trail.settle()
            self._ti.xcom_push(key=RESULTS_KEY, value=work.entries)
            self._operator.note_result(work.entries)
            self._log.info("%s", work.progress())
            if not work.open and (work.stopping or not work.waiting):
                return self._conclude()
            if not again:
                self._wait()

    # -- waiting -------------------------------------------------------------------------------------

    def _wait(self) -> None:
        if self._operator.deferrable:
            self._wait_in_triggerer()
        self._wait_here()

    def _plan(self, *, land_within: float, not_before: float = 0.0) -> Plan:
        waiting = [] if self._work.stopping else self._work.waiting
        jobs = tuple(
            OpenJob(job.task_id, job.model, job.function, job.submitted_at, job.deadline)
            for edit in self._work.open
            if (job := edit.job) is not None
        )
        lands = any(edit.item.output_path is not None for edit in self._work.edits)
        return Plan(
            jobs=jobs,
            waiting=dict(Counter(edit.model for edit in waiting)),
            functions={edit.model: edit.function for edit in waiting},
            concurrency=self._operator.concurrency,
            longest=self._rooms.longest,
            waiting_since=time.time(),
            room_after=self._work.room_after,
            fail_fast=self._operator.on_failure == "fail_fast" and not self._work.stopping,
            land_within=land_within if lands else None,
            not_before=not_before,
        )

    def _wait_in_triggerer(self) -> NoReturn:
        now = time.time()
        plan = self._plan(land_within=LAND_WITHIN, not_before=earliest_resume(now))
        last = max((job.deadline for job in plan.jobs), default=None)
        self._operator.defer(
            trigger=WanBatchTrigger(
                plan=plan.as_dict(),
                conn_id=self._operator.conn_id,
                cancel_on_kill=self._operator.cancel_on_kill,
            ),
            method_name="resume",
            timeout=None if last is None else patience(last, now),
        )

    def _wait_here(self) -> None:
        report = asyncio.run(self._watch(self._plan(land_within=LAND_WITHIN_HERE)))
        for edit in self._work.open:
            ended = report.ends.get(edit.job.task_id) if edit.job else None
            edit.end = str(ended.end) if ended else None
        self._rooms.learn(report.room, report.seconds)
        if report.reason is Reason.REFUSED:
            self._hear_refusal()

    async def _watch(self, plan: Plan) -> Report:
        async with clients.shared_poller(self._account) as poller:
            return await watch(poller, plan, tell=self._tell, tell_trouble=self._tell_trouble)

    def _tell(self, job: OpenJob, snapshot: TaskSnapshot) -> None:
        if snapshot.status is not TaskStatus.PENDING:
            tell_state(self._log, job.task_id, str(snapshot.status), submitted_at=job.submitted_at)

    def _tell_trouble(self, job: OpenJob, error: ServiceError) -> None:
        self._log.warning(
            "Job %s can't be looked at; the wait goes on. The last error: %s", job.task_id, error
        )

    # -- ending --------------------------------------------------------------------------------------

    def _conclude(self) -> list[dict[str, Any]]:
        entries = self._work.entries
        wrong = [entry for entry in entries if policy.failed(entry)]
        done = [entry for entry in entries if not policy.failed(entry)]
        tell_outlets(self._context, self._operator.outlets, done)
        if not wrong:
            self._round.complete()
            return entries
        if self._operator.on_failure == "skip" and not self._work.waiting:
            return entries
        fail_fast = self._operator.on_failure == "fail_fast"
        raise policy.batch_failed(
            entries,
            total=len(self._work.edits),
            fail_fast=fail_fast,
            remembers=self._failing.remembers,
        )

    def end_by_force(self) -> None:
        """Cancel the jobs that are still queued. Called from a signal handler."""
        self._work.end_by_force()
