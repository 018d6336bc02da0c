"""What a batch begins an attempt with: its edits, and what earlier attempts have left of each."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow_provider_wan.dashscope.errors import InvalidRequestError
from airflow_provider_wan.jobs import Job
from airflow_provider_wan.ledger import RETENTION, Ledger, Step, Store, fingerprint
from airflow_provider_wan.logs import Log
from airflow_provider_wan.operators import batch_policy as policy
from airflow_provider_wan.operators.attempt import Attempt, Edit
from airflow_provider_wan.operators.base import WanParameterError
from airflow_provider_wan.operators.batch import WanBatchEditOperator
from airflow_provider_wan.operators.batch_edit import BatchEdit, Numbered
from airflow_provider_wan.operators.batch_requests import listing

if TYPE_CHECKING:
    from airflow_provider_wan.dashscope.account import Account
    from airflow_provider_wan.dashscope.client import DashScopeClient

ROUND_KEY = "wan_batch"


class Round:
    """From which generation on an edit that is done counts as done.

    Args:
        store: Airflow's store.
        generation: This attempt's `ti.max_tries`.
    """

    def __init__(self, store: Store, generation: int) -> None:
        self._store = store
        self._generation = generation
        found = store.get(ROUND_KEY) or {}
        self.began = int(found.get("began", generation))
        if found.get("done") and found.get("generation") != generation:
            self.began = generation  # a person cleared a success, so everything is wanted again
        if self.began != found.get("began"):
            self._write(done=False)

    def complete(self) -> None:
        """Record that everything has succeeded."""
        self._write(done=True)

    def _write(self, *, done: bool) -> None:
        record = {"began": self.began, "generation": self._generation, "done": done}
        self._store.set(ROUND_KEY, record, retention=RETENTION)


def edits_of(
    operator: WanBatchEditOperator,
    account: Account,
    client: DashScopeClient,
    store: Store,
    generation: int,
    *,
    siblings: Callable[[], Collection[str]],
    before_submit: Callable[[Mapping[str, Any], str | None], None],
    stage: Callable[[Mapping[str, Any]], Mapping[str, Any]],
    announce: Callable[[Job, bool], None],
    log: Log,
) -> list[BatchEdit]:
    """Make the edits, all of them checked, also for the account's region; nothing is sent before that.

    Raises:
        WanParameterError: Naming every edit that is wrong.
    """
    plans, wrong = [], []
    for item in operator.make_items():
        request = item.request
        try:
            body = request.body(account.region)
        except InvalidRequestError as error:
            wrong.append(f"requests[{item.index}].{error}")
            continue
        edit = Edit(
            account=account,
            path=request.path(),
            body=body,
            function=request.function,
            prompt=getattr(request, "prompt", None),
            patience=operator.timeout,
            on_unknown_submit=operator.on_unknown_submit,
        )
        plans.append((item, edit, fingerprint(body, account.region)))
    if wrong:
        raise WanParameterError(
            f"{type(operator).__name__} {operator.task_id!r}: {listing(wrong)}\nNothing was sent. It is not retried."
        )
    edits: list[BatchEdit] = []
    names = policy.keys(mark for _, _, mark in plans)
    for (item, edit, mark), key in zip(plans, names, strict=True):
        told = Numbered(log, item.index)
        attempt = Attempt(
            edit,
            client,
            Ledger(store, fingerprint=mark, generation=generation, key=key),
            siblings=siblings,
            before_submit=functools.partial(before_submit, edit.body, item.output_path),
            stage=stage,
            announce=announce,
            log=told,
        )
        edits.append(BatchEdit(item, mark, attempt, told))
    return edits


def take_stock(
    edits: Sequence[BatchEdit],
    told: Sequence[Mapping[str, Any]],
    *,
    generation: int,
    began: int,
    end_of: Callable[[Job], str | None],
) -> None:
    """Find out where each edit stands.

    Args:
        edits: The edits, fresh.
        told: Entries of the results that this attempt has settled before it was deferred.
        generation: This attempt's `ti.max_tries`.
        began: The generation in which the batch's round began.
        end_of: Says why the wait for an unfinished job ended; None if it goes on.
    """
    by_job = {entry["task_id"]: entry for entry in told if entry["task_id"]}
    without_job = {entry["index"]: entry for entry in told if not entry["task_id"]}
    for edit in edits:
        entry = edit.attempt.ledger.entry
        step = policy.first_step(entry, fingerprint=edit.fingerprint, generation=generation, began=began)
        job = entry.job if entry else None
        edit.ask = step is Step.ASK
        if job is not None and step is not Step.SUBMIT:
            edit.job = job
            known = by_job.get(job.task_id)
            if known is not None:
                edit.entry = {**known, "index": edit.item.index}
            else:
                edit.end = policy.TAKEN_UP if step is Step.COLLECT else end_of(job)
        elif edit.item.index in without_job:
            edit.entry = dict(without_job[edit.item.index])
