"""Reads what records hold, whatever that is: a record may be anything that somebody's task has pushed. Pure.

XComs are read as the JSON that they are. What names a class is never imported, and what isn't of the expected form
counts as not there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from airflow_provider_wan.dashscope.redact import redacted, unsigned

_LONGEST = 20_000
"""Characters of a text that are shown."""
_DEEPEST = 6
_MOST = 200
"""Parts of a list or a mapping that are shown."""
_BEGINS = frozenset('{["')


def decoded(stored: str | None) -> Any:
    """Return an XCom's value from the text that its row holds: JSON, or, by some ways of pushing, JSON in a JSON text.

    What can't be read is None.
    """
    value = None if stored is None else _parsed(stored)
    return _parsed(value, otherwise=value) if isinstance(value, str) and value[:1] in _BEGINS else value


def _parsed(stored: str, otherwise: Any = None) -> Any:
    try:
        return json.loads(stored)
    except (ValueError, RecursionError):
        return otherwise


def mapping(value: Any) -> Mapping[str, Any]:
    """Return a mapping; an empty one where it is none."""
    return value if isinstance(value, Mapping) else {}


def text(value: Any) -> str | None:
    """Return a text; None where it is none, or empty."""
    return value[:_LONGEST] if isinstance(value, str) and value else None


def redacted_text(value: Any) -> str | None:
    """Return a text without keys and signatures; None where it is none."""
    found = text(value)
    return None if found is None else redacted(found)


def address(value: Any) -> str | None:
    """Return an address as it may be shown: without what signs it, and without a password."""
    found = text(value)
    if found is None:
        return None
    scheme, mark, rest = unsigned(found).partition("://")
    if not mark:
        return scheme
    place, slash, path = rest.partition("/")
    user, at, host = place.rpartition("@")
    return f"{scheme}://{user.partition(':')[0]}{at}{host}{slash}{path}"


def number(value: Any) -> float | None:
    """Return a number that isn't negative; None where it is none."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e12:
        return float(value)
    return None


def moment(value: Any) -> datetime | None:
    """Return a moment; None where it is none, or has no zone."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if found.tzinfo and 1970 <= found.year < 9999 else None


def iso(value: datetime | None) -> str | None:
    """Write a moment down."""
    return None if value is None else value.astimezone(UTC).isoformat(timespec="milliseconds")


def shown(value: Any, depth: int = 0) -> Any:
    """Return a value as it may be shown: plain JSON, of bounded size, without keys and signatures."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else None
    if isinstance(value, str):
        return redacted(value[:_LONGEST])
    if depth >= _DEEPEST:
        return "..."
    if isinstance(value, Mapping):
        return {str(name)[:200]: shown(part, depth + 1) for name, part in list(value.items())[:_MOST]}
    if isinstance(value, list | tuple):
        return [shown(part, depth + 1) for part in value[:_MOST]]
    return str(value)[:_LONGEST]
