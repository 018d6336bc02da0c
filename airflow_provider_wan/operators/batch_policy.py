"""What a batch decides about its edits. No I/O; times and answers come in as arguments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Any

from airflow_provider_wan.dashscope import codes, room
from airflow_provider_wan.dashscope.errors import Retry, WanError
from airflow_provider_wan.dashscope.polling import End
from airflow_provider_wan.dashscope.results import RESULT_LIFE, TaskSnapshot, TaskStatus
from airflow_provider_wan.jobs import Job
from airflow_provider_wan.ledger import KEY, Entry, Step, decide

TAKEN_UP = "taken up"
"""Stands where the end of a wait would: nobody has waited for the job in this attempt yet."""
SHOWN = 20
"""So many failures are told one by one; the XCom has them all."""


def keys(fingerprints: Iterable[str]) -> list[str]:
    """Return where each edit's record is kept.

    By what it is, and not by its place, so that a list in another order still finds its jobs. Edits that
    are alike are numbered.
    """
    times: Counter[str] = Counter()
    found = []
    for fingerprint in fingerprints:
        found.append(f"{KEY}.{fingerprint}.{times[fingerprint]}")
        times[fingerprint] += 1
    return found


def first_step(entry: Entry | None, *, fingerprint: str, generation: int, began: int) -> Step:
    """Decide how an attempt begins with one edit.

    Unlike a single edit's, a clear doesn't make what is done be done again, because what is cleared is a batch
    in which something else has failed. Only after the whole batch had succeeded a clear begins a new round.

    Args:
        entry: The edit's record.
        fingerprint: Of the request.
        generation: This attempt's `ti.max_tries`.
        began: The generation in which the batch's round began.
    """
    if entry is not None and entry.done:
        return Step.COLLECT if entry.generation >= began else Step.SUBMIT
    return decide(entry, fingerprint=fingerprint, generation=generation)


class Verdict(StrEnum):
    """What a look at a job means for its edit."""

    LAND = "land"
    WAIT = "wait"
    AGAIN = "again"
    """A new job takes its place; this one wasn't billed, or is wanted again at its price."""
    FAILED = "failed"


def judge(
    job: Job, snapshot: TaskSnapshot, *, end: str, now: float, cleared: bool, resubmit_expired: bool
) -> Verdict:
    """Decide what becomes of an edit, as it is decided for a single one.

    Args:
        job: Its job.
        snapshot: A look at it.
        end: Why the wait for it ended, see `polling.End`; or `TAKEN_UP`.
        now: Seconds since 1970.
        cleared: Whether a person has cleared the task since the job was submitted.
        resubmit_expired: Whether what the service has forgotten is to be paid for again.
    """
    status, taken_up = snapshot.status, end == TAKEN_UP
    if status is TaskStatus.SUCCEEDED:
        return Verdict.LAND
    if status.active:
        return Verdict.FAILED if end == End.DEADLINE else Verdict.WAIT
    if status is TaskStatus.UNKNOWN:
        forgotten = now - job.submitted_at > RESULT_LIFE.total_seconds()
        if taken_up and not forgotten:
            return Verdict.WAIT  # one look is not enough to believe that
        again = cleared or job.taken_over or (forgotten and resubmit_expired)
    elif status is TaskStatus.CANCELED:
        again = taken_up or job.taken_over
    else:
        again = taken_up and (
            cleared or codes.failure(snapshot.code, snapshot.message, task_id="").retry is Retry.NEW_JOB
        )
    return Verdict.AGAIN if again else Verdict.FAILED


def may_submit(
    pending: int, slots: int, seconds: float, longest: float | None, *, let_in: bool
) -> int | None:
    """Return how many edits of a model may be submitted now; None: any number.

    A quarter of the room is left to others that wait: a batch could take all of it for hours.

    Args:
        pending: Jobs of the model that are queued.
        slots: Jobs that run at once.
        seconds: How long one runs.
        longest: For how many seconds a job may be queued; None: nobody cares.
        let_in: Whether the batch was just told that there is room.
    """
    if longest is None:
        return None
    most = max(slots, room.room(slots, seconds, longest) * 3 // 4)
    return max(1 if let_in else 0, most - pending)


def failure(
    index: int,
    function: str,
    error: WanError,
    *,
    task_id: str | None = None,
    status: str | None = None,
) -> dict[str, Any]:
    """Lay out an edit that failed, in the place of its result.

    Args:
        index: Its place in the list.
        function: The edit function.
        error: What went wrong.
        task_id: Its job, if it had one.
        status: The job's state, as the service spells it. SUCCEEDED where only the landing failed.
    """
    return {
        "index": index,
        "function": function,
        "status": status,
        "error": str(error),
        "code": getattr(error, "code", "") or type(error).__name__,
        "task_id": task_id,
        "retry": str(error.retry),
    }


def failed(entry: Mapping[str, Any]) -> bool:
    """Whether an entry of the results tells of a failure."""
    return "error" in entry


def cost(entries: Iterable[Mapping[str, Any]]) -> str:
    """Add up what finished edits cost, in words."""
    sums: Counter[str] = Counter()
    unknown = 0
    for entry in entries:
        if failed(entry):
            continue
        price = entry["cost"]
        if price:
            sums[price["currency"]] += Decimal(price["amount"])  # type: ignore[assignment]
        else:
            unknown += 1
    parts = [f"{amount} {currency}" for currency, amount in sums.items()] or ["nothing"]
    return " + ".join(parts) + (f" and {unknown} of unknown price" if unknown else "")


def progress(total: int, entries: Sequence[Mapping[str, Any]], *, open_jobs: int, waiting: int) -> str:
    """Say in one line how far a batch has come."""
    wrong = sum(map(failed, entries))
    return (
        f"{len(entries) - wrong} of {total} done, {open_jobs} open, {wrong} failed, {waiting} to be submitted, "
        f"cost so far {cost(entries)}"
    )


class BatchFailedError(WanError):
    """Some edits of a batch have failed.

    What to do: Read in the message why each edit failed, and clear the task: what is done is not paid for again.

    Attributes:
        failures: An entry for each, see `failure`.
    """

    spent = "What is done is billed; a failed job isn't."

    def __init__(self, message: str, failures: Sequence[Mapping[str, Any]], retry: Retry) -> None:
        self.failures = tuple(failures)
        self.retry = retry
        super().__init__(message)


def batch_failed(
    entries: Sequence[Mapping[str, Any]], *, total: int, fail_fast: bool, remembers: bool
) -> BatchFailedError:
    """Sum up a batch that has failed, and say what a retry does.

    Args:
        entries: What the results say.
        total: How many edits there are.
        fail_fast: Whether the first failure was to stop everything.
        remembers: Whether a later attempt will know what was done.
    """
    wrong = [entry for entry in entries if failed(entry)]
    done, missing = len(entries) - len(wrong), total - len(entries)
    lines = [f"[{entry['index']}] {entry['code']}: {entry['error']}" for entry in wrong[:SHOWN]]
    if len(wrong) > SHOWN:
        lines.append(f"and {len(wrong) - SHOWN} more, in the XCom `partial_results`")
    again = retry_of(wrong, fail_fast=fail_fast)
    unsent = f", {missing} were not submitted" if missing else ""
    if not remembers:
        says = ""
    elif again is Retry.NEW_JOB:
        says = (
            " A retry gives the results of what is done without paying again, and submits only what failed and may "
            "be retried, and what was not submitted."
        )
    else:
        says = " It is not retried. After a clear, what is done is not paid for again."
    heading = f"{len(wrong)} of {total} edits failed, {done} are done (cost {cost(entries)}){unsent}.{says}"
    return BatchFailedError("\n  ".join([heading, *lines]), wrong, again)


def retry_of(wrong: Sequence[Mapping[str, Any]], *, fail_fast: bool) -> Retry:
    """Say whether a retry can get any further.

    Where the first failure stops everything, one that no retry can mend would stop the retry too.
    """
    can = [entry["retry"] in (Retry.LATER, Retry.NEW_JOB) for entry in wrong]
    if any(entry["retry"] == Retry.ACT for entry in wrong):
        return Retry.ACT
    return Retry.NEW_JOB if (all(can) if fail_fast else any(can)) else Retry.NEVER
