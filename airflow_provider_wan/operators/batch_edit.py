"""One edit of a batch while a worker deals with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from airflow_provider_wan import storage
from airflow_provider_wan.dashscope.client import DashScopeClient
from airflow_provider_wan.dashscope.results import TaskSnapshot, TaskStatus
from airflow_provider_wan.jobs import Job, result
from airflow_provider_wan.logs import Log
from airflow_provider_wan.operators.attempt import Attempt
from airflow_provider_wan.operators.batch_requests import Item


@dataclass(slots=True)
class BatchEdit:
    """An edit: waiting to be submitted, open, ended or settled.

    Attributes:
        item: What is wanted.
        fingerprint: Of its request.
        attempt: Submits it, and keeps its record.
        log: The task's log.
        job: Its job; None while it waits to be submitted.
        end: Why the wait for the job ended; None while it goes on.
        snapshot: A look at the job that has succeeded; its result is to be landed.
        entry: What the results say of it, in the end.
        ask: Whether it isn't known what came of an earlier submission.
    """

    item: Item
    fingerprint: str
    attempt: Attempt
    log: Log
    job: Job | None = None
    end: str | None = None
    snapshot: TaskSnapshot | None = None
    entry: dict[str, Any] | None = None
    ask: bool = False

    @property
    def waiting(self) -> bool:
        """Whether it is still to be submitted."""
        return self.entry is None and self.job is None

    @property
    def open(self) -> bool:
        """Whether its job hasn't ended, as far as is known."""
        return self.entry is None and self.job is not None and self.end is None and self.snapshot is None

    @property
    def model(self) -> str:
        """The model, as it is sent."""
        return str(self.attempt.edit.body["model"])

    @property
    def function(self) -> str:
        """The edit function."""
        return self.attempt.edit.function

    @property
    def done_before(self) -> bool:
        """Whether an earlier attempt saw it through."""
        return self.attempt.ledger.entry is not None and self.attempt.ledger.entry.done

    def submit(self) -> None:
        """Submit it, or find what came of an earlier submission. May raise what `Attempt.begin` raises."""
        if self.ask:
            self.job, fresh = self.attempt.begin()
            self.ask = False
            self.end = None if fresh else self.end
        else:
            self.job = self.attempt.submit()

    def land(
        self, client: DashScopeClient, job: Job, snapshot: TaskSnapshot
    ) -> tuple[dict[str, Any], int | None]:
        """Bring the result home; return it, and its size where it was brought now. Runs in a thread of its own."""
        path, size, uri = self.item.output_path, None, None
        if path is not None:
            landed = storage.landed_before(path, job.task_id)
            if landed is None:
                landed = storage.land(client, snapshot, path)
                size = landed.size
            uri = landed.uri
        return {"index": self.item.index, **result(job, snapshot, uri)}, size

    def kept(self, job: Job) -> TaskSnapshot | None:
        """Stand in for a look at a finished job that the service has forgotten, where its file was landed."""
        path = self.item.output_path
        if not self.done_before or path is None or storage.landed_before(path, job.task_id) is None:
            return None
        return TaskSnapshot(job.task_id, TaskStatus.SUCCEEDED)


@dataclass(frozen=True, slots=True)
class Numbered:
    """A log whose lines begin with the edit's place in the list."""

    log: Log
    index: int

    def info(self, message: Any, /, *args: Any, **fields: Any) -> None:
        """Tell what happens."""
        self.log.info("[%d] %s", self.index, message % args, wan_index=self.index, **fields)

    def warning(self, message: Any, /, *args: Any, **fields: Any) -> None:
        """Tell what someone may want to look at."""
        self.log.warning("[%d] %s", self.index, message % args, wan_index=self.index, **fields)


@dataclass(frozen=True, slots=True)
class WithinAttempt:
    """Stands in for the task state store where there is none: XComs, which last as long as an attempt."""

    ti: Any

    def get(self, key: str, default: Any = None) -> Any:
        """Return what is stored."""
        found = self.ti.xcom_pull(key=key, map_indexes=self.ti.map_index)
        return default if found is None else found

    def set(self, key: str, value: Any, *, retention: timedelta | None = None) -> None:  # noqa: ARG002
        """Store plain JSON."""
        self.ti.xcom_push(key=key, value=value)

    def delete(self, key: str) -> None:
        """Forget."""
        self.ti.xcom_push(key=key, value=None)


@dataclass(slots=True)
class Pace:
    """Keeps calls apart.

    Attributes:
        per_second: How many are allowed.
        clock: Seconds since 1970.
        sleep: Waits.
    """

    per_second: float
    clock: Callable[[], float]
    sleep: Callable[[float], None]
    _next: float = field(default=0.0, init=False)

    def wait(self) -> None:
        """Return when the next call may go."""
        now = self.clock()
        if self._next > now:
            self.sleep(self._next - now)
        self._next = max(now, self._next) + 1 / self.per_second
