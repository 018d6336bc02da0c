"""One live job, from its inputs to its result."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import Any

from airflow_provider_wan.dashscope.calls import Call
from airflow_provider_wan.dashscope.client import DashScopeClient
from airflow_provider_wan.dashscope.errors import ServiceError, WanError
from airflow_provider_wan.dashscope.inputs import with_addresses
from airflow_provider_wan.dashscope.mp4 import Mp4Check
from airflow_provider_wan.dashscope.results import TaskSnapshot, TaskStatus, billed_seconds, cost
from tests.live import surprises
from tests.live.cases import MADE_BY, Case
from tests.live.consent import Till
from tests.live.inputs import Files
from tests.live.table import Outcome

LONGEST = 3 * 3600 + 600.0
"""Seconds after which a job isn't waited for any more; the service ends it after three hours."""


class Recording(DashScopeClient):
    """A client that keeps the JSON of its answers.

    Attributes:
        heard: Calls with their answers, in order.
    """

    heard: list[tuple[Call, dict[str, Any]]]

    def _send_once(self, call: Call) -> dict[str, Any]:
        answer = super()._send_once(call)
        self.__dict__.setdefault("heard", []).append((call, answer))
        return answer


def run_job(
    client: Recording, case: Case, files: Files, till: Till, outcome: Outcome, *, region: str, poll: float
) -> TaskSnapshot:
    """Upload the inputs, submit the job, wait for its end, and fetch its result.

    Args:
        client: The account's client.
        case: The job.
        files: Makes the inputs, and takes the result that others are made of.
        till: Is asked right before the job is submitted.
        outcome: Filled in as things happen, so that it tells of a job that breaks off too.
        region: The account's region.
        poll: Seconds between two looks.

    Raises:
        NoConsentError: The job wasn't agreed to.
        WanError: What the service said, or that a result is no whole video.
    """
    uploaded = {url: _upload(client, files.get(url), case.model_name) for url in case.inputs}
    body = with_addresses(case.body, lambda one: uploaded[one.url])
    client.heard = []
    till.pay(case)
    outcome.status = "submitted"
    began, submitted = time.monotonic(), surprises.now()
    job = client.submit(case.path, body)
    outcome.task_id = job.task_id
    try:
        end = _wait(client, job.task_id, outcome, began, poll)
    except BaseException:
        # Whoever ends the wait doesn't want the job. Only one that is still queued can be cancelled.
        with contextlib.suppress(WanError):
            client.cancel(job.task_id)
        raise
    (_, first), *looks = client.heard
    outcome.surprises += surprises.of_submission(first)
    outcome.surprises += surprises.of_looks(case, [answer for _, answer in looks])
    if end.status is TaskStatus.SUCCEEDED:
        outcome.surprises += surprises.of_times(end, submitted=submitted)
        _settle(case, end, outcome, region)
        _fetch(client, end, files, case)
    return end


def _upload(client: DashScopeClient, path: Path, model: str) -> str:
    with path.open("rb") as file:
        return client.upload(file, model=model, suffix=path.suffix)


def _wait(client: DashScopeClient, task_id: str, outcome: Outcome, began: float, poll: float) -> TaskSnapshot:
    while True:
        time.sleep(poll)
        with contextlib.suppress(ServiceError):  # says nothing of the job; the next look will tell
            look = client.get(task_id)
            outcome.status, outcome.seconds = look.status, time.monotonic() - began
            if not look.status.active:
                return look
        if time.monotonic() - began > LONGEST:
            raise TimeoutError(f"Job {task_id} had no end after {LONGEST / 3600:.1f} hours.")


def _settle(case: Case, end: TaskSnapshot, outcome: Outcome, region: str) -> None:
    outcome.billed = billed_seconds(end.usage, case.model_name)
    outcome.cost = cost(case.model_name, region, end.usage)
    outcome.surprises += [
        *surprises.of_usage(case, end.usage),
        *surprises.of_money(case, end.usage, outcome.cost),
    ]


def _fetch(client: DashScopeClient, end: TaskSnapshot, files: Files, case: Case) -> None:
    """Fetch the result, which is free, and see whether it is a whole MP4."""
    if end.video_url is None:
        raise AssertionError("The job succeeded, and no address of a result was found in its answer.")
    path, check = files.path(f"{case.function}.mp4"), Mp4Check()
    with client.download(end.video_url) as (_, chunks), path.open("wb") as file:
        for chunk in chunks:
            check.feed(chunk)
            file.write(chunk)
    check.finish()
    if case.function == MADE_BY:
        files.result = path
    else:
        path.unlink()
