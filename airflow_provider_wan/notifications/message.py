"""What a message about an edit says: one text for all who carry it. Pure.

It is built from what tasks leave behind (see `records`, `jobs` and `spending`), and says nothing that isn't known.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from airflow_provider_wan.functions import readable
from airflow_provider_wan.notifications.entries import Entry, entries_of
from airflow_provider_wan.notifications.words import at, clean, line, moment, money, number, place, span

ITEMS = 10
"""So many edits of a batch are told one by one."""
_TITLE, _LEAD, _TEXT, _PLACE, _PROMPT, _ITEM = 150, 1200, 600, 400, 300, 240

_RETRY = re.compile(r"(?:A retry|It is not retried)\b[^.]*\.")
_BILLED = re.compile(r"[^.:)\n]*\bbilled\b[^.\n]*\.")
_END = 2000
"""Characters at a text's end among which the sentences stand that are ours."""
_MAY_HELP = ("later", "new_job")
_FINAL = "It is not retried."
_UP_FOR_RETRY = "up_for_retry"


class Tone(StrEnum):
    """How things stand."""

    DONE = "Done"
    FAILED = "Failed"
    PARTLY = "Partly done"
    AGAIN = "Will be tried again"
    NOTHING = "No result"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What there is to tell of a task that has ended, as Airflow and the task itself left it.

    Attributes:
        dag_id: Its DAG.
        run_id: The run.
        task_id: The task.
        map_index: Which of its instances; -1 where it isn't mapped, or where it is about all of them.
        state: Its state, as Airflow spells it; None where that isn't known.
        result: What it returned.
        failure: Why the attempt failed, as `records.failure` lays it out.
        error: What it failed with, where it left no `failure`.
        attempt: Number of the attempt, from 1; None where that isn't known.
        attempts: How many there may be.
        cost: What all its attempts have cost, as the XCom `wan_cost` says.
        request: What it asked for, as the XCom `wan_request` says.
        instances: Of a mapped task, an entry for each of its instances.
        link: Address of its page in Airflow; None where Airflow has none to give.
        poster: Where its picture is; None where there is none.
    """

    dag_id: str
    run_id: str
    task_id: str
    map_index: int = -1
    state: str | None = None
    result: Any = None
    failure: Mapping[str, Any] | None = None
    error: str | None = None
    attempt: int | None = None
    attempts: int | None = None
    cost: Mapping[str, Any] | None = None
    request: Mapping[str, Any] | None = None
    instances: Sequence[Entry] | None = None
    link: str | None = None
    poster: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """A message, before it is put into anyone's markup. Nothing in it is markup, a key or a signature.

    Attributes:
        tone: How things stand.
        title: One line.
        lead: What happened; may have several lines.
        lines: Facts, each with its name.
        items: Edits of a batch, failures first, a line each.
        failures: How many of `items` have failed.
        more: What `items` leaves out; empty where that is nothing.
        link: Address of the page in Airflow; None where there is none.
        link_text: What the link leads to.
        poster: Where its picture is; None where there is none.
        place: Where in Airflow it belongs: DAG, run and task.
    """

    tone: Tone
    title: str
    lead: str
    lines: tuple[tuple[str, str], ...] = ()
    items: tuple[str, ...] = ()
    failures: int = 0
    more: str = ""
    link: str | None = None
    link_text: str = "Open in Airflow"
    poster: str | None = None
    place: tuple[tuple[str, str], ...] = ()


def message(outcome: Outcome) -> Message:
    """Say in a few lines what came of an edit, what it cost and what is to be done next."""
    entries = entries_of(outcome.result) if outcome.instances is None else outcome.instances
    if entries is not None:
        return _many(outcome, entries)
    if outcome.failure or outcome.error or outcome.state in ("failed", _UP_FOR_RETRY):
        return _failed(outcome)
    return _single(outcome)


def _single(outcome: Outcome) -> Message:
    result = outcome.result if isinstance(outcome.result, Mapping) else {}
    where = result.get("output_path") or (outcome.result if isinstance(outcome.result, str) else None)
    if not result and not where:
        state = f", it is {line(outcome.state, 30)}" if outcome.state else ""
        lead = f"The task has left neither a result nor a reason{state}. See its log."
        return _message(outcome, Tone.NOTHING, lead, [_cost(outcome, {}), _prompt(outcome)])
    function = line(readable(str(result.get("function") or "")), 60).replace("_", " ")
    took = span(result.get("submitted_at"), result.get("finished_at"))
    lead = f"{function[:1].upper()}{function[1:]} is done" if function else "It is done"
    lead += f", in {took}." if took else "."
    if where:
        lines = [("Result", place(where, _PLACE))]
    elif (until := moment(result.get("expires_at"))) is not None and result.get("video_url"):
        lines = [("Next", f"Land it before {at(until)}, when the service deletes it: it isn't landed yet.")]
    else:
        lines = []
    model = ", ".join(line(result[name], 60) for name in ("model", "region") if result.get(name))
    return _message(
        outcome, Tone.DONE, lead, [_cost(outcome, result), *lines, _prompt(outcome), ("Model", model)]
    )


def _failed(outcome: Outcome) -> Message:
    failure = outcome.failure or {}
    text = str(failure.get("message") or outcome.error or "It gave no reason; see its log.")
    told = _Told.of(text, failure)
    again = outcome.state == _UP_FOR_RETRY
    facts = [
        ("Code", line(failure.get("code") or failure.get("error") or "", 80)),
        ("Spent", clean(" ".join(part for part in (told.spent, _total(outcome)) if part), _TEXT)),
        ("Attempt", _attempt(outcome, again)),
        ("Next", clean(_next(told, again=again), _TEXT)),
        ("Job", line(failure.get("task_id") or "", 80)),
        ("Request id", line(failure.get("request_id") or "", 80)),
        _prompt(outcome),
    ]
    return _message(outcome, Tone.AGAIN if again else Tone.FAILED, clean(told.happened, _LEAD), facts)


def _many(outcome: Outcome, entries: Sequence[Entry]) -> Message:
    wrong = [entry for entry in entries if entry.failed]
    done = [entry for entry in entries if entry.done]
    asked = ((outcome.request or {}).get("parameters") or {}).get("edits")
    total = max(asked, len(entries)) if isinstance(asked, int) else len(entries)
    again = outcome.state == _UP_FOR_RETRY
    parts = [f"{len(done)} of {number(total, 'edit is', 'edits are')} done"]
    parts += [f"{len(wrong)} failed"] if wrong else []
    rest = total - len(done) - len(wrong)
    parts += [f"{rest} left no result"] if rest else []
    lines = [_cost(outcome, {})]
    if outcome.failure or outcome.error:
        text = str((outcome.failure or {}).get("message") or outcome.error)
        sentence = _RETRY.search(text.partition("\n")[0])
        told = _Told(text, "", "", sentence[0] if sentence else "", (outcome.failure or {}).get("retry"))
        lines += [
            ("Attempt", _attempt(outcome, again)),
            ("Next", clean(_next(told, again=again), _TEXT)),
        ]
        if not wrong:
            parts.append(clean(text.partition("\n")[0], _LEAD))
    shown = [*wrong, *done][:ITEMS]
    left = len(wrong) + len(done) - len(shown)
    more = f"and {left} more" + (f", {len(wrong) - ITEMS} of them failed" if len(wrong) > ITEMS else "")
    whole = Tone.DONE if len(done) == total else Tone.PARTLY if done else Tone.FAILED
    return _message(
        outcome,
        Tone.AGAIN if again else whole,
        f"{', '.join(parts)}.".replace("..", "."),
        lines,
        items=shown,
        more=more if left else "",
    )


@dataclass(frozen=True, slots=True)
class _Told:
    """An error's text, taken apart into what one wants to read separately."""

    happened: str
    advice: str
    spent: str
    retry: str
    kind: str | None

    @classmethod
    def of(cls, text: str, failure: Mapping[str, Any]) -> _Told:
        advice, after = str(failure.get("advice") or ""), str(failure.get("next") or "")
        rest = text.replace(after, "") if after else text
        # Ours come last; what the service says of retries and bills before them is not ours to promise.
        sentence = _last(_RETRY, rest)
        head, _, tail = rest.rpartition(sentence) if sentence else (rest, "", "")
        rest = (head + tail).replace(advice, "") if advice else head + tail
        # The text knows better than the class of the error whether it was a call or a job that failed.
        said = str(failure.get("spent") or "")
        spent = said if said in rest else _last(_BILLED, rest) or said
        happened = re.sub(r" {2,}", " ", rest.replace(spent, "") if spent else rest).strip()
        return cls(happened or text, advice, spent, after or sentence, failure.get("retry"))


def _last(pattern: re.Pattern[str], text: str) -> str:
    """Return the last part of a text that a pattern finds; empty where there is none."""
    # Of a long one only the end, as the patterns may look at each letter as often as there are letters before it.
    found = pattern.findall(text[-_END:])
    return str(found[-1]).strip() if found else ""


def _attempt(outcome: Outcome, again: bool) -> str:
    if outcome.attempt is None:
        return "It has failed for good: Airflow doesn't try again." if outcome.state == "failed" else ""
    which = f"{outcome.attempt} of {max(outcome.attempt, outcome.attempts or 1)}"
    if again:
        return f"{which}; Airflow tries again by itself."
    return f"{which}; Airflow doesn't try again." if outcome.state == "failed" else which


def _next(told: _Told, *, again: bool) -> str:
    """Say what is to be done, and by whom. What a retry does is only said where there may be one."""
    if again:
        return " ".join(part for part in ("Nothing needs doing now.", told.retry) if part)
    if told.kind in _MAY_HELP and told.retry.startswith("A retry"):
        return f"Clear the task to try again. {told.retry}"
    # That Airflow doesn't try again is said by the attempt's line already.
    rest = "" if told.retry.startswith("A retry") or told.retry == _FINAL else told.retry
    if told.advice or rest:
        return " ".join(part for part in (told.advice, rest) if part)
    return "Once that is settled, clear the task." if told.kind else "See the task's log."


def _cost(outcome: Outcome, result: Mapping[str, Any]) -> tuple[str, str]:
    price, seconds = result.get("cost"), result.get("billed_seconds")
    own = money({price["currency"]: price["amount"]}) if isinstance(price, Mapping) else ""
    length = f"{seconds:g} billed seconds" if isinstance(seconds, int | float) else ""
    if own:
        own += f" for {length}" if length else ""
    elif length:
        own = f"Price unknown; {length}"
    jobs = (outcome.cost or {}).get("jobs")
    total = _total(outcome) if not own or (isinstance(jobs, int) and jobs > 1) else ""
    return "Cost", f"{own}. {total}" if own and total else own or total


def _total(outcome: Outcome) -> str:
    """Say what all attempts have cost."""
    cost = outcome.cost or {}
    jobs, unknown = cost.get("jobs"), cost.get("unknown")
    if not isinstance(jobs, int) or not jobs:
        return ""
    parts = [f"{number(jobs, 'job', 'jobs')} in all: {money(cost.get('paid')) or 'nothing'} paid"]
    if may := money(cost.get("open")):
        parts.append(f"at most {may} more for what wasn't seen to end")
    if isinstance(unknown, int) and unknown:
        parts.append(f"{unknown} of unknown price")
    return f"{', '.join(parts)}."


def _prompt(outcome: Outcome) -> tuple[str, str]:
    result = outcome.result if isinstance(outcome.result, Mapping) else {}
    prompt = (outcome.request or {}).get("prompt") or result.get("orig_prompt")
    return "Prompt", clean(prompt, _PROMPT) if prompt else ""


def _message(
    outcome: Outcome,
    tone: Tone,
    lead: str,
    lines: Sequence[tuple[str, str]],
    *,
    items: Sequence[Entry] = (),
    more: str = "",
) -> Message:
    number = f"[{outcome.map_index}]" if outcome.map_index >= 0 else ""
    task = line(f"{outcome.task_id}{number}", 300)
    return Message(
        tone,
        line(f"{tone}: {task} of {outcome.dag_id}", _TITLE),
        lead,
        tuple((name, text) for name, text in lines if text),
        tuple(line(entry.text, _ITEM) for entry in items),
        sum(entry.failed for entry in items),
        more,
        outcome.link if outcome.link and re.match(r"https?://", outcome.link) else None,
        "Watch it in Airflow" if tone is Tone.DONE else "Open it in Airflow",
        outcome.poster,
        (("DAG", line(outcome.dag_id, 250)), ("Run", line(outcome.run_id, 250)), ("Task", task)),
    )
