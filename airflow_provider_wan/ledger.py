"""What a task instance has submitted, so that no attempt of it pays for an edit twice.

One small record per edit in Airflow's task state store, which belongs to the task instance and outlives its
attempts: an intent before the money is spent, the job after it, `done` at the end. It holds ids, names, times
and a fingerprint; no address, no prompt, no key. What follows from a record is decided by `decide`,
which does no I/O.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any, Protocol

from airflow_provider_wan.dashscope.redact import unsigned
from airflow_provider_wan.jobs import Job

KEY = "wan_edit"
RETENTION = timedelta(days=7)
"""The service forgets a job after one day; the rest is for people who want to look."""

log = logging.getLogger(__name__)


class Store(Protocol):
    """The part of Airflow's task state store that is used here."""

    def get(self, key: str, default: Any = None) -> Any:
        """Return what is stored."""

    def set(self, key: str, value: Any, *, retention: timedelta | None = None) -> None:
        """Store plain JSON."""

    def delete(self, key: str) -> None:
        """Forget."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A record.

    Attributes:
        fingerprint: Of the request, see `fingerprint`.
        generation: `ti.max_tries` of the attempt that wrote it. A retry keeps that number, a clear by a
            person changes it.
        intent_at: When the submission was about to be sent, in seconds since 1970.
        job: What came of it; None while that isn't known.
        done: Whether the edit ended well and its result was landed.
        asked: Whether a person was told that it isn't known what became of the intent.
        request_id: Id that an answer without a job named; the service's list of jobs shows it.
        model: Model that the intent was for, as it was to be sent.
        function: Its edit function.
    """

    fingerprint: str
    generation: int
    intent_at: float
    job: Job | None = None
    done: bool = False
    asked: bool = False
    request_id: str = ""
    model: str = ""
    function: str = ""


class Step(StrEnum):
    """What an attempt does first."""

    SUBMIT = "submit"
    """Nothing to go by, or a person wants it done again."""
    COLLECT = "collect"
    """The edit is done; an earlier attempt failed after that. Its result once more, nothing paid."""
    ATTACH = "attach"
    """A job was submitted: find out what became of it."""
    ASK = "ask"
    """A submission was about to be sent, and nobody knows whether it was."""


def decide(entry: Entry | None, *, fingerprint: str, generation: int, steady: bool = False) -> Step:
    """Decide how an attempt begins.

    Args:
        entry: What earlier attempts left.
        fingerprint: Of the request this attempt would send.
        generation: This attempt's `ti.max_tries`.
        steady: Within one generation the record is this edit's, whatever the request says. For requests that come
            out of code and may differ from call to call (a drawn seed, a written prompt): a retry isn't a wish for
            another edit. A clear by a person may be one, so there the fingerprints are compared as ever.
    """
    if entry is None:
        return Step.SUBMIT
    same = entry.generation == generation
    if entry.fingerprint != fingerprint and not (steady and same):
        return Step.SUBMIT
    if entry.done:
        return Step.COLLECT if same else Step.SUBMIT
    if entry.job is not None:
        return Step.ATTACH
    # A person who clears the task after having been told has looked and decided.
    return Step.SUBMIT if entry.asked and not same else Step.ASK


def fingerprint(body: Mapping[str, Any], region: str) -> str:
    """Return a hash that tells one edit from another.

    A presigned address is signed anew each time it is rendered, so what signs it doesn't count.
    """
    text = json.dumps([region, _without_signatures(body)], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _without_signatures(value: Any) -> Any:
    if isinstance(value, str):
        return unsigned(value)
    if isinstance(value, Mapping):
        return {name: _without_signatures(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_without_signatures(part) for part in value]
    return value


class Ledger:
    """Reads and writes the record of one edit of a task instance.

    Args:
        store: Airflow's store; None where this Airflow has none (before 3.3) or durability is off: then
            nothing is remembered.
        fingerprint: Of the request at hand.
        generation: This attempt's `ti.max_tries`.
        key: Where the record is kept; a task with several edits gives each its own.
        steady: As for `decide`.
    """

    def __init__(
        self,
        store: Store | None,
        *,
        fingerprint: str,
        generation: int,
        key: str = KEY,
        steady: bool = False,
    ) -> None:
        self._store = store
        self._key = key
        self._fingerprint = fingerprint
        self._generation = generation
        self._steady = steady
        self.entry = self._read()

    @property
    def remembers(self) -> bool:
        """Whether a later attempt will know what this one did."""
        return self._store is not None

    def first_step(self) -> Step:
        """Decide how this attempt begins."""
        return decide(
            self.entry, fingerprint=self._fingerprint, generation=self._generation, steady=self._steady
        )

    @property
    def cleared(self) -> bool:
        """Whether a person cleared the task since the record was written."""
        return self.entry is not None and self.entry.generation != self._generation

    @property
    def as_recorded(self) -> bool:
        """Whether the request at hand is the one that the record is about; only a steady edit's may not be."""
        return self.entry is None or self.entry.fingerprint == self._fingerprint

    def intend(self, now: float, *, model: str = "", function: str = "") -> None:
        """Record that a submission is about to be sent. If this fails, nothing may be sent."""
        self._write(Entry(self._fingerprint, self._generation, intent_at=now, model=model, function=function))

    def withdraw(self) -> None:
        """Record that the submission was refused, so no job came of the intent."""
        if self._store is not None:
            self._store.delete(self._key)
        self.entry = None

    def submitted(self, job: Job) -> None:
        """Record the job, or that this attempt took it over."""
        intent_at = self.entry.intent_at if self.entry else job.submitted_at
        self._write(Entry(self._mark(), self._generation, intent_at=intent_at, job=job))

    def unanswered(self, request_id: str) -> None:
        """Keep the id that a useless answer to the submission named, if it named one."""
        if self.entry is not None and request_id:
            self._write(replace(self.entry, request_id=request_id))

    def asked(self) -> None:
        """Record that a person is told of a submission whose outcome isn't known."""
        if self.entry is not None:
            self._write(replace(self.entry, asked=True, generation=self._generation))

    def done(self, job: Job) -> None:
        """Record that the result is where it belongs."""
        intent_at = self.entry.intent_at if self.entry else job.submitted_at
        self._write(Entry(self._mark(), self._generation, intent_at=intent_at, job=job, done=True))

    def _mark(self) -> str:
        """Return the fingerprint of what the job was submitted for, which needn't be the request at hand."""
        return self.entry.fingerprint if self._steady and self.entry else self._fingerprint

    def _read(self) -> Entry | None:
        found = self._store.get(self._key) if self._store is not None else None
        return read_entry(found) if found is not None else None

    def _write(self, entry: Entry) -> None:
        if self._store is not None:
            self._store.set(self._key, asdict(entry), retention=RETENTION)
        self.entry = entry


def read_entry(found: Any) -> Entry | None:
    """Read a stored record; None, with a warning, where it isn't one of ours."""
    try:
        job = Job.from_dict(found["job"]) if found.get("job") else None
        return Entry(
            fingerprint=str(found["fingerprint"]),
            generation=int(found["generation"]),
            intent_at=float(found["intent_at"]),
            job=job,
            done=bool(found.get("done")),
            asked=bool(found.get("asked")),
            request_id=str(found.get("request_id") or ""),
            model=str(found.get("model") or ""),
            function=str(found.get("function") or ""),
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        log.warning("A task state isn't a record of an edit, as was expected, and is left out of account.")
        return None
