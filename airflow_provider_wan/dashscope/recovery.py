"""A submission was about to be sent and nobody knows whether it was: what did the service create then?

The service has no idempotency key and its list shows neither prompt nor client tag. So a job can be ruled
out, but is recognised only by the id of the call that made it, which a lost answer rarely names. Attaching
to one that only looks alike could deliver someone else's video.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow_provider_wan.dashscope.results import TaskStatus

if TYPE_CHECKING:
    from airflow_provider_wan.dashscope.client import DashScopeClient

SETTLING = timedelta(seconds=15)
"""How long after an intent the list is believed to be complete."""
MARGIN = timedelta(seconds=5)
"""By how much a creation time may lie outside the window, for clocks that disagree."""
LONGEST_SUBMIT = timedelta(minutes=10)
"""How long after its intent a submission may still have been sent: all its tries and pauses together."""
PAGE_SIZE = 50
MOST_PAGES = 40


@dataclass(frozen=True, slots=True)
class Candidate:
    """A job that may be the one whose submission was lost.

    Attributes:
        task_id: Its id.
        created: When the service created it.
        status: Its state when we looked.
        request_id: Id of the call that submitted it.
    """

    task_id: str
    created: datetime
    status: str
    request_id: str = ""

    def __str__(self) -> str:
        return f"{self.task_id} (created {self.created.isoformat(timespec='seconds')}, {self.status})"


def candidates(
    rows: Iterable[Mapping[str, Any]], *, start: datetime, end: datetime, ours: Collection[str]
) -> Iterator[Candidate]:
    """Pick the jobs of a list that nothing rules out yet.

    Args:
        rows: Rows of the service's list.
        start: When the lost submission can have been sent at the earliest.
        end: And at the latest.
        ours: Jobs known to belong to other task instances.
    """
    for row in rows:
        task_id = row.get("task_id")
        if not isinstance(task_id, str) or task_id in ours:
            continue
        created = row.get("gmt_create")
        if isinstance(created, int | float) and not isinstance(created, bool):
            moment = datetime.fromtimestamp(created / 1000, UTC)
            if not start - MARGIN <= moment <= end + MARGIN:
                continue
        else:
            moment = start  # a row without a time can't be ruled out by it
        yield Candidate(task_id, moment, str(row.get("status") or "?"), str(row.get("request_id") or ""))


def look(
    client: DashScopeClient,
    *,
    model: str,
    prompt: str | None,
    intent_at: datetime,
    now: datetime,
    ours: Collection[str],
    sleep: Callable[[float], None],
) -> list[Candidate]:
    """Ask the service for the jobs that the lost submission may have made.

    Args:
        client: Client of the account it was sent with.
        model: Model as it was sent.
        prompt: The request's prompt; a finished job with another one is ruled out.
        intent_at: When the submission was about to be sent, on our clock.
        now: The present, on our clock.
        ours: Jobs that other task instances of this DAG run have submitted.
        sleep: Waits.
    """
    fresh = (SETTLING - (now - intent_at)).total_seconds()
    if fresh > 0:
        sleep(fresh)
    rows, ahead = _rows(client, model, intent_at)
    found = candidates(rows, start=intent_at + ahead, end=intent_at + ahead + LONGEST_SUBMIT, ours=ours)
    return [one for one in found if not _ruled_out(client, one, prompt)]


def _rows(
    client: DashScopeClient, model: str, intent_at: datetime
) -> tuple[list[Mapping[str, Any]], timedelta]:
    """List what was created since the intent, and say by how much the service's clock is ahead of ours."""
    client.list_tasks(page_size=1)  # only to learn the service's time
    ahead = client.clock_ahead
    since = intent_at + ahead - 2 * MARGIN
    rows: list[Mapping[str, Any]] = []
    for page in range(1, MOST_PAGES + 1):
        answer = client.list_tasks(
            model=model, since=since, until=since + timedelta(hours=23), page=page, page_size=PAGE_SIZE
        )
        some = answer.get("data") or answer.get("tasks") or []
        rows += [row for row in some if isinstance(row, Mapping)]
        total = answer.get("total")
        if not some or (isinstance(total, int) and len(rows) >= total):
            break
    return rows, ahead


def _ruled_out(client: DashScopeClient, one: Candidate, prompt: str | None) -> bool:
    if one.status in (TaskStatus.FAILED, TaskStatus.CANCELED):
        return True  # whosever it was, it gave nothing and cost nothing
    if one.status != TaskStatus.SUCCEEDED:
        return False
    said = client.get(one.task_id).orig_prompt
    return said is not None and prompt is not None and said != prompt
