"""What is asked, in which order, and when it is no use to go on. Decisions; `asking` sends."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from airflow_provider_wan.dashscope import calls
from airflow_provider_wan.dashscope.account import Account
from airflow_provider_wan.dashscope.calls import Call
from airflow_provider_wan.dashscope.errors import InvalidRequestError
from airflow_provider_wan.dashscope.results import SERVICE_ZONE
from airflow_provider_wan.doctor.access import refused
from airflow_provider_wan.doctor.answer import Answer, at, moment_of, whole
from airflow_provider_wan.doctor.asking import Asker
from airflow_provider_wan.doctor.jobs import STATES, Counts, seen_models
from airflow_provider_wan.doctor.lists import Page
from airflow_provider_wan.doctor.models import INVENTED, Asked, ids_here, model_rows, spelled_elsewhere
from airflow_provider_wan.doctor.zones import Window

PAGE_SIZES = (100, 200, 500)
_AROUND = timedelta(seconds=30)
_MOST_MODELS = 3
"""Models whose jobs are counted apart where a list doesn't show all."""
_MOST_PAGES = 3
_NAMES = ("wan", "happyhorse")
_SEEN = ("SUCCEEDED", "RUNNING", "PENDING")
"""States in which a job shows its times; a failed one needn't."""


@dataclass(slots=True)
class Heard:
    """What was asked and answered.

    Attributes:
        pages: The list of jobs, asked for with different page sizes.
        unknown: The query for a job that never was.
        counts: Jobs by state.
        row: The newest job of the list.
        single: The query for that job.
        windows: Lists of the time around its creation.
        models: What was asked of models.
        limits: Pages of the account's limits.
    """

    pages: list[Page] = field(default_factory=list)
    unknown: Answer | None = None
    counts: dict[str, Counts] = field(default_factory=lambda: {state: Counts() for state in STATES})
    row: Mapping[str, Any] | None = None
    single: Answer | None = None
    windows: list[Window] = field(default_factory=list)
    models: Asked = field(default_factory=Asked)
    limits: list[Answer] = field(default_factory=list)


def ask_all(account: Account, asker: Asker) -> Heard:
    """Ask everything that is worth asking.

    Args:
        account: Whose region's models are asked for.
        asker: Sends.
    """
    heard = Heard()
    if not _first(asker, heard):
        return heard
    for size in PAGE_SIZES[1:]:
        _page(asker, heard, size)
    _queues(asker, heard)
    _newest(asker, heard)
    _limits(asker, heard)
    _models(account, asker, heard)
    return heard


def _first(asker: Asker, heard: Heard) -> bool:
    """Find out whether anybody answers, and whether the key is let in. False: nothing more is worth asking."""
    first = _page(asker, heard, PAGE_SIZES[0])
    if refused(asker.answers):
        return False
    if not first.good:
        heard.pages.clear()
        first = _page(asker, heard, PAGE_SIZES[0])
    heard.unknown = asker.ask(calls.get(str(uuid.uuid4())))
    return first.good or (heard.unknown is not None and heard.unknown.good)


def _page(asker: Asker, heard: Heard, size: int) -> Answer:
    answer = asker.ask(calls.list_tasks(page_size=size))
    if answer is not None:
        heard.pages.append(Page(size, answer))
    return answer or asker.answers[-1]


def _queues(asker: Asker, heard: Heard) -> None:
    for state in STATES:
        heard.counts[state].answer = asker.ask(calls.list_tasks(status=state, page_size=PAGE_SIZES[0]))
    names = seen_models([heard.counts[state].answer for state in STATES], _MOST_MODELS)
    for state in STATES:
        counts = heard.counts[state]
        for name in names if counts.incomplete else ():
            answer = asker.ask(calls.list_tasks(model=name, status=state, page_size=1))
            total = whole(answer.body.get("total")) if answer else None
            if total is not None:
                counts.totals[name] = total


def _newest(asker: Asker, heard: Heard) -> None:
    """Look at the newest job, whose creation two kinds of answers tell: by that zones show."""
    rows = [
        row
        for page in heard.pages
        for row in page.rows
        if row.get("status") in _SEEN and _is_id(row.get("task_id"))
    ]
    row = max(rows, key=lambda one: moment_of(one) or 0.0, default=None)
    created = moment_of(row) if row else None
    if row is None or created is None:
        return
    heard.row = row
    heard.single = asker.ask(calls.get(row["task_id"]))
    name = row.get("model_name")
    eight_hours = SERVICE_ZONE.utcoffset(None)
    for zone, moment in (("UTC+8", at(created)), ("UTC", at(created) - eight_hours)):
        # The call writes times in UTC+8; eight hours less is how the same moment reads in UTC.
        answer = asker.ask(
            calls.list_tasks(
                model=name if isinstance(name, str) else None,
                since=moment - _AROUND,
                until=moment + _AROUND,
                page_size=PAGE_SIZES[0],
            )
        )
        if answer is not None:
            heard.windows.append(Window(zone, answer))


def _is_id(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(calls.get(value))
    except InvalidRequestError:  # it would lead the call elsewhere
        return False


def _limits(asker: Asker, heard: Heard) -> None:
    for name in _NAMES:
        answer = asker.ask(Call("GET", "/models/limits", params={"name": name, "page_size": "100"}))
        if answer is None:
            return
        heard.limits.append(answer)
        if not answer.good:
            return


def _models(account: Account, asker: Asker, heard: Heard) -> None:
    asked = heard.models
    seen = 0
    for number in range(1, _MOST_PAGES + 1):
        # VG: models that make videos.
        params = {"capabilities": "VG", "page_no": str(number), "page_size": "100"}
        answer = asker.ask(Call("GET", "/models", params=params))
        if answer is None:
            break
        asked.lists.append(answer)
        output = answer.body.get("output")
        total = whole(output.get("total")) if isinstance(output, Mapping) else None
        seen += len(model_rows(answer))
        if not model_rows(answer) or total is None or seen >= total:
            break
    asked.invented = asker.ask(calls.upload_policy(INVENTED))
    other = spelled_elsewhere(account)
    if other and (answer := asker.ask(calls.upload_policy(other))):
        asked.elsewhere = (other, answer)
    for id_ in ids_here(account):
        answer = asker.ask(calls.upload_policy(id_))
        if answer is None:
            asked.left_out.append(id_)
        else:
            asked.policies[id_] = answer
