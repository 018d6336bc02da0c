"""What came of one call."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any

from airflow_provider_wan.dashscope import calls
from airflow_provider_wan.dashscope.calls import Call
from airflow_provider_wan.dashscope.errors import ServiceError

_QUOTED = 160


@dataclass(frozen=True)
class Answer:
    """One call and its answer, or why none came.

    Attributes:
        call: The call.
        sent: When it was sent, in seconds since 1970 on this machine's clock.
        seconds: How long the answer took, to its last byte.
        status: HTTP status; None where no answer came.
        headers: The answer's headers, names in lower case.
        content: Its body.
        trouble: Why there is no answer; empty where there is one.
        reached: Whether a connection came about.
    """

    call: Call
    sent: float
    seconds: float
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = field(default=b"", repr=False)
    trouble: str = ""
    reached: bool = True

    @cached_property
    def _read(self) -> tuple[dict[str, Any], ServiceError | None]:
        if self.status is None:
            return {}, None
        try:
            return calls.read_answer(self.status, self.content, self.headers), None
        except ServiceError as error:
            return {}, error

    @property
    def body(self) -> dict[str, Any]:
        """The JSON object of an answer that is no refusal; empty otherwise."""
        return self._read[0]

    @property
    def error(self) -> ServiceError | None:
        """The refusal, or the answer that makes no sense, as this provider's client would raise it."""
        return self._read[1]

    @property
    def good(self) -> bool:
        """Whether the service answered what it was asked."""
        return self.status is not None and self.error is None

    @property
    def what(self) -> str:
        """What was asked, in a word."""
        return "upload policy" if self.call.path == "/uploads" else self.call.path.strip("/").split("/")[0]

    @property
    def dated(self) -> float | None:
        """The service's time by the `Date` header, in whole seconds since 1970."""
        try:
            moment = parsedate_to_datetime(self.headers.get("date", ""))
        except (TypeError, ValueError, OverflowError):
            return None
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()

    def refusal(self) -> str:
        """Say how the call failed: `HTTP 401 InvalidApiKey ("Invalid API-key provided.")`.

        Nothing is quoted of an answer that isn't the service's JSON, nor where one redirects to: nobody knows what
        that gives away.
        """
        if self.status is None:
            return f"no answer ({self.trouble})"
        if 300 <= self.status < 400:
            return f"HTTP {self.status}, a redirection"
        if not self._is_object:
            kind = (
                self.headers.get("content-type", "").partition(";")[0].strip() or "something without a type"
            )
            return f"HTTP {self.status}, not JSON as the service writes it but {len(self.content)} bytes of {kind}"
        code = f" {self.error.code}" if self.error and self.error.code else ""
        said = _beginning(self.error.reason) if self.error else ""
        return f"HTTP {self.status}{code}" + (f' ("{said}")' if said else "")

    @cached_property
    def _is_object(self) -> bool:
        try:
            return isinstance(json.loads(self.content), dict)
        except (ValueError, RecursionError):
            return False


def _beginning(text: str) -> str:
    """Cut a text short, between words: half of a secret wouldn't be known for one."""
    if len(text) <= _QUOTED:
        return text
    return f"{text[: _QUOTED + 1].rpartition(' ')[0]} ..."


def rows_of(answer: Answer) -> tuple[str | None, list[Mapping[str, Any]]]:
    """Return a list's rows and the name of their array, wherever it is; None and nothing where there is none."""
    inner = answer.body.get("output")
    places = [("", answer.body), ("output.", inner if isinstance(inner, Mapping) else {})]
    arrays = [
        (f"{prefix}{name}", value)
        for prefix, fields in places
        for name, value in fields.items()
        if isinstance(value, list) and all(isinstance(row, Mapping) for row in value)
    ]
    # One with rows before an empty one, and the names that are known first.
    arrays.sort(key=lambda found: (not found[1], found[0] not in ("data", "tasks")))
    return arrays[0] if arrays else (None, [])


def whole(value: object) -> int | None:
    """Return a number of things, or None where it is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def moment_of(row: Mapping[str, Any], name: str = "gmt_create") -> float | None:
    """Return a row's time in seconds since 1970, where it is milliseconds since then, as documented."""
    value = row.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1e12 < value < 1e14:
        return None
    return value / 1000


def at(seconds: float) -> datetime:
    """Return seconds since 1970 as a moment."""
    return datetime.fromtimestamp(seconds, UTC)
