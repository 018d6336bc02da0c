"""What is wrong with a request, and how a value is shown when we say so."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)
SHOWN = 80
"""Characters of a value that a message repeats."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a request.

    Attributes:
        field: The field, by the service's name; of a list's item, with its index.
        value: The value, fit for a log; None where there is none to show.
        rule: What should have been, as the end of a sentence about the field.
        fix: What to do, as a sentence.
    """

    field: str
    value: str | None
    rule: str
    fix: str

    def __str__(self) -> str:
        shown = self.field if self.value is None else f"{self.field}={self.value}"
        return f"{shown}: {self.rule}. {self.fix}"


def summary(name: str, problems: Sequence[Problem]) -> str:
    """Return one message for all problems of a request: a heading, then a line for each.

    Args:
        name: What the request is called.
        problems: What is wrong with it; at least one.
    """
    heading = f"{name} has {len(problems)} problem{'s' if len(problems) > 1 else ''}:"
    return "\n  ".join([heading, *map(str, problems)])


def shown(value: Any) -> str:
    """Return a value fit for a log: short, and without what signs a URL or is inside a `data:` URI."""
    if isinstance(value, str):
        return _shortened(_without_secrets(value)) or '""'
    if isinstance(value, list | tuple):
        return _shortened("[" + ", ".join(_items(value)) + "]")
    if isinstance(value, bool | int | float):
        return _shortened(str(value))
    return f"({type(value).__name__})"


def _items(values: Iterable[Any]) -> Iterable[str]:
    return (shown(value) for value in values)


def _without_secrets(text: str) -> str:
    if text.lstrip()[:5].lower() == "data:":
        return f"{text.lstrip()[:30].partition(',')[0]},... ({len(text)} characters)"
    before_query, mark, query = text.partition("?")
    if mark and ("://" in text or "=" in query):  # a signed URL's secret is in its query
        text = f"{before_query}?..."
    scheme, mark, rest = text.partition("://")
    host, slash, path = rest.partition("/")
    user, at, machine = host.rpartition("@")
    if mark and at and (":" in user or scheme.lower() in ("http", "https")):  # else it is a connection's id
        text = f"{scheme}://...@{machine}{slash}{path}"
    return text


def _shortened(text: str) -> str:
    text = " ".join(text.split())
    if len(text) <= SHOWN:
        return text
    if _ADDRESS.match(text):  # which file it is says its end
        half = (SHOWN - 3) // 2
        return f"{text[:half]}...{text[-half:]}"
    return f"{text[: SHOWN - 3]}..."
