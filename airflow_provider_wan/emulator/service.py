"""One region of the emulated service: what it remembers and what it answers."""

from __future__ import annotations

import math
import random
import uuid
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import RLock
from typing import Any

from airflow_provider_wan.dashscope import catalog
from airflow_provider_wan.emulator import presentation
from airflow_provider_wan.emulator.billing import Charge, cost
from airflow_provider_wan.emulator.checks import Caller, Keys, Submission, SubmitChecks
from airflow_provider_wan.emulator.clock import ServiceClock
from airflow_provider_wan.emulator.faults import Fault, Faults, Kind, Where
from airflow_provider_wan.emulator.inputs import Inputs
from airflow_provider_wan.emulator.limits import RateLimits
from airflow_provider_wan.emulator.listing import page, read_filter
from airflow_provider_wan.emulator.results import Results
from airflow_provider_wan.emulator.service_errors import ServiceRefusal
from airflow_provider_wan.emulator.settings import EmulatorSettings, LogNormal, RegionSettings
from airflow_provider_wan.emulator.tasks import LIFE, Failure, Queue, Status, Task, Work
from airflow_provider_wan.emulator.uploads import Owner, Uploads
from airflow_provider_wan.emulator.usage import bill, usage
from airflow_provider_wan.emulator.work import Workshop, placeholder

CANCEL_REFUSED = "Failed to cancel the task, please confirm if the task is in PENDING status."


@dataclass(frozen=True, slots=True)
class Parts:
    """What the regions of one emulator share."""

    settings: EmulatorSettings
    clock: ServiceClock
    faults: Faults
    uploads: Uploads
    results: Results
    inputs: Inputs
    workshop: Workshop
    charges: list[Charge]
    lock: RLock


class Service:
    """One region. Every public method may be called from any thread.

    Args:
        region: The region.
        parts: What it shares with the others.
    """

    def __init__(self, region: RegionSettings, parts: Parts) -> None:
        self.region = region.region
        self.origin = ""
        """Scheme, host and port clients reach this region at; known once it listens."""
        self.keys = Keys(region.keys, parts.settings.workspaces)
        self._parts = parts
        self._settings = parts.settings
        self._limits = RateLimits()
        self._checks = SubmitChecks(region.region, parts.settings, self.keys, self._throttle)
        self._queues: dict[tuple[str, str], Queue] = {}
        self._tasks: dict[str, Task] = {}
        self._by_account: defaultdict[str, deque[Task]] = defaultdict(deque)
        self._number = count()

    # -- create ----------------------------------------------------------------------------------

    def check(self, headers: Mapping[str, str], path: str, raw: bytes) -> Submission:
        """Run the checks of a submission.

        Raises:
            ServiceRefusal: It isn't let in.
        """
        with self._parts.lock:
            submission = Submission(headers, path, raw, self._parts.clock.now())
            self._checks.run(submission)
            return submission

    def fetch_inputs(self, submission: Submission) -> None:
        """Fetch the inputs of a submission before it is accepted; takes as long as that takes.

        Raises:
            ServiceRefusal: One can't be fetched.
        """
        owner = Owner(self.region, submission.caller.account, submission.model_name)
        with TemporaryDirectory(prefix="wan-emulator-") as folder:
            self._parts.inputs.fetch(submission.input, owner, submission.now, Path(folder))

    def accept(self, submission: Submission) -> Task:
        """Store a checked submission as a job, and start it where a slot is free."""
        settings, model = self._settings, submission.model
        with self._parts.lock:
            number = next(self._number)
            usual = settings.run_seconds or model.typical_seconds
            order = self._parts.faults.take(Where.SUBMIT, (Kind.FAIL,), model=submission.model_name)
            task = Task(
                id=str(uuid.uuid4()),
                request_id=str(uuid.uuid4()),
                account=submission.caller.account,
                api_key_id=submission.caller.api_key_id,
                model=model,
                model_name=submission.model_name,
                path=submission.path,
                input=submission.input,
                parameters=submission.parameters,
                submitted=submission.now,
                run_seconds=_run_seconds(usual, f"{settings.seed}/{number}"),
                failed_with_times=settings.failed_with_times or model.family == "style",
                doom=submission.doom,
                late_doom=submission.late_doom,
            )
            if order is not None:
                _doom(task, order)
            queue = self._queue(task.account, model)
            self._tasks[task.id] = task
            self._by_account[task.account].append(task)
            queue.add(task)
            queue.settle(submission.now)
            return task

    # -- query, list, cancel ---------------------------------------------------------------------

    def get(self, caller: Caller, task_id: str) -> dict[str, Any]:
        """Answer a query for one job."""
        with self._parts.lock:
            now = self._parts.clock.now()
            self._count(caller, "get", now)
            task = self._visible(caller, task_id, now)
            if task is None:
                return presentation.unknown(task_id)
            shown = presentation.snapshot(task, self._result_url(task))
            if task.status is Status.RUNNING and self._parts.faults.take(
                Where.GET, (Kind.SUSPENDED,), model=task.model_name, task_id=task_id
            ):
                shown["output"]["task_status"] = "SUSPENDED"
            return shown

    def list_tasks(self, caller: Caller, query: Mapping[str, str]) -> dict[str, Any]:
        """Answer a query for a page of the account's jobs.

        Raises:
            ServiceRefusal: A filter can't be read.
        """
        with self._parts.lock:
            now = self._parts.clock.now()
            self._count(caller, "list", now)
            wanted = read_filter(query, now, self._settings.max_page_size)
            self._settle(caller.account, now)
            return page(
                self._by_account[caller.account],
                wanted,
                self.region,
                array=self._settings.list_array,
                oldest_first=self._settings.oldest_first,
            )

    def cancel(self, caller: Caller, task_id: str) -> None:
        """Cancel a waiting job.

        Raises:
            ServiceRefusal: It doesn't wait, or there is no such job.
        """
        with self._parts.lock:
            now = self._parts.clock.now()
            self._count(caller, "cancel", now)
            task = self._visible(caller, task_id, now)
            if task is None or not self._queue(task.account, task.model).cancel(task, now):
                raise ServiceRefusal(400, "UnsupportedOperation", CANCEL_REFUSED)

    # -- uploads ---------------------------------------------------------------------------------

    def policy(self, caller: Caller, query: Mapping[str, str]) -> dict[str, Any]:
        """Answer a request for leave to upload.

        Raises:
            ServiceRefusal: Another action, no model, one this region doesn't have, or too many calls.
        """
        if query.get("action") != "getPolicy":
            raise ServiceRefusal(400, "InvalidParameter", "Required parameter(action) missing or invalid, "
                                 "please check the request parameters.")  # fmt: skip
        name = query.get("model", "")
        model = catalog.find(name)
        ids = (model.spellings.get(self.region), *model.snapshots) if model else ()
        if not any(ids[:1]) or not (name in ids or self._settings.lenient_spelling):
            raise ServiceRefusal(400, "InvalidParameter", "Model not exist.")
        with self._parts.lock:
            now = self._parts.clock.now()
            self._limits.take(("policy", caller.account, name), self._settings.policy_qps, now)
            owner = Owner(self.region, caller.account, name)
            return self._parts.uploads.policy(owner, f"{self.origin}/temporary-storage", now)

    # -- for tests and the control routes --------------------------------------------------------

    def model_of(self, task_id: str) -> str | None:
        """Return the model of a job as it was sent; None for no such job."""
        task = self._tasks.get(task_id)
        return None if task is None else task.model_name

    def tasks(self) -> list[Task]:
        """Return all remembered jobs in the order of submission."""
        with self._parts.lock:
            for account in list(self._by_account):
                self._settle(account, self._parts.clock.now())
            return list(self._tasks.values())

    def force(self, task_id: str, status: Status, failure: Failure) -> Task | None:
        """Bring an open job into a state at once; UNKNOWN makes the service forget any job.

        Args:
            task_id: The job.
            status: RUNNING, SUCCEEDED (with the placeholder as its video), FAILED, CANCELED or UNKNOWN.
            failure: Code and message for FAILED.

        Returns:
            The job; None for no such job.

        Raises:
            ValueError: The job's state doesn't allow it.
        """
        with self._parts.lock:
            now = self._parts.clock.now()
            task = self._tasks.get(task_id)
            if task is None:
                return None
            queue = self._queue(task.account, task.model)
            queue.settle(now)
            if status is Status.UNKNOWN:
                self._by_account[task.account].remove(task)
                del self._tasks[task_id]
            elif status in (Status.SUCCEEDED, Status.FAILED) and task.status in (
                Status.PENDING,
                Status.RUNNING,
            ):
                queue.end_now(task, now, failure if status is Status.FAILED else placeholder(task))
            elif status is Status.RUNNING and task.status is Status.PENDING:
                queue.start_now(task, now)
            elif not (status is Status.CANCELED and queue.cancel(task, now)):
                raise ValueError(f"The job is {task.status}; it can't become {status}.")
            return task

    # -- inside ----------------------------------------------------------------------------------

    def _throttle(self, submission: Submission) -> None:
        model, account = submission.model, submission.caller.account
        rps, limit = self._settings.submit_rps, self._settings.queue_limit
        self._limits.take(
            ("submit", account, model.name), model.submit_rps if rps is None else rps, submission.now
        )
        queue = self._queue(account, model)
        queue.settle(submission.now)
        limit = model.queue if limit is None else limit
        if limit is not None and queue.waiting() >= limit:
            raise ServiceRefusal(429, "Throttling", "Too many requests in route. Please try again later.")

    def _count(self, caller: Caller, endpoint: str, now: float) -> None:
        budget = "query" if self._settings.shared_query_budget else endpoint
        self._limits.take((budget, caller.account), self._settings.query_qps, now)

    def _visible(self, caller: Caller, task_id: str, now: float) -> Task | None:
        task = self._tasks.get(task_id)
        if task is None or task.account != caller.account:
            return None
        self._queue(task.account, task.model).settle(now)
        return None if task.expired(now) else task

    def _settle(self, account: str, now: float) -> None:
        for (owner, _), queue in self._queues.items():
            if owner == account:
                queue.settle(now)
        tasks = self._by_account[account]
        while tasks and now >= tasks[0].submitted + LIFE:
            del self._tasks[tasks.popleft().id]

    def _queue(self, account: str, model: catalog.Model) -> Queue:
        key = (account, model.name)
        if key not in self._queues:
            slots = self._settings.running_slots
            self._queues[key] = Queue(
                model.running if slots is None else slots, begin=self._begin, finish=self._finish
            )
        return self._queues[key]

    def _begin(self, task: Task) -> Work:
        return self._parts.workshop.begin(task, Owner(self.region, task.account, task.model_name))

    def _finish(self, task: Task) -> None:
        if task.made is None or task.ended is None:
            return
        self._parts.results.keep(task.id, task.made.file)
        task.usage = usage(task.model, task.parameters, task.made.facts)
        due = bill(task.model, task.parameters, task.made.facts)
        price = catalog.price(task.model, self.region, due.tier)
        self._parts.charges.append(
            Charge(
                task_id=task.id,
                account=task.account,
                region=self.region,
                model=task.model_name,
                seconds=due.seconds,
                tier=due.tier,
                cost=cost(price, due.seconds),
                at=task.ended,
            )
        )

    def _result_url(self, task: Task) -> str | None:
        if task.status is not Status.SUCCEEDED or task.ended is None:
            return None
        order = self._parts.faults.take(
            Where.GET,
            (Kind.NO_VIDEO_URL, Kind.OTHER_HOST, Kind.REDIRECT),
            model=task.model_name,
            task_id=task.id,
        )
        kind = order.kind if order else None
        if kind is Kind.NO_VIDEO_URL:
            return None
        origin, path = self.origin, self._parts.results.path(task.id)
        if kind is Kind.OTHER_HOST:
            origin = origin.replace("127.0.0.1", "localhost")
        if kind is Kind.REDIRECT:
            path = f"/moved{path}"
        return f"{origin}{path}?{self._parts.results.query(task.id, task.ended + LIFE)}"


def _run_seconds(usual: tuple[float, float] | LogNormal, seed: str) -> float:
    dice = random.Random(seed)  # noqa: S311 (not for secrets: the same seed shall give the same run times)
    if isinstance(usual, LogNormal):
        return dice.lognormvariate(math.log(usual.median), usual.sigma)
    return dice.uniform(*usual)


def _doom(task: Task, order: Fault) -> None:
    code = "InternalError" if order.code is None else order.code
    message = (
        "An internal error has occured, please try again later or contact service support."
        if order.message is None
        else order.message
    )
    task.late_doom = Failure(code, message)
    if order.with_times is not None:
        task.failed_with_times = order.with_times
