"""Small pieces of text that messages are made of. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from airflow_provider_wan.dashscope.redact import redacted, unsigned

_CENT, _MUCH = Decimal("0.01"), Decimal(10**12)


def clean(value: Any, most: int) -> str:
    """Return a text that may be shown: without keys, signatures and invisible characters, and not too long.

    Characters that turn the direction of writing go too, because they make a text look like another one.

    Args:
        value: The text, or anything else that can be spelled.
        most: Characters at most; what is longer is cut.
    """
    kept = "".join(
        one
        for one in redacted(str(value))
        if one == "\n" or unicodedata.category(one) not in ("Cc", "Cf", "Cs")
    )
    return cut(re.sub(r"[^\S\n]+", " ", kept).strip(), most)


def line(value: Any, most: int) -> str:
    """Return a text as `clean` does, in one line."""
    return cut(" ".join(clean(str(value).replace("\r", "\n"), most * 2).split()), most)


def cut(text: str, most: int) -> str:
    """Cut a text to a number of characters, and show that it was."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def place(uri: Any, most: int) -> str:
    """Return where a file is, without what signs its address."""
    return line(unsigned(str(uri)), most)


def money(sums: Any) -> str:
    """Spell amounts by currency to the cent, as in `3.50 CNY + 1.00 USD`; empty where there are none."""
    if not isinstance(sums, Mapping):
        return ""
    found = []
    for currency, amount in sums.items():
        try:
            if exact := Decimal(str(amount)):
                found.append(f"{line(_to_the_cent(exact) or amount, 30)} {line(currency, 10)}")
        except InvalidOperation:
            continue
    return " + ".join(found)


def _to_the_cent(amount: Decimal) -> Decimal | None:
    """Round what is finer than a cent; None where nothing is, or nothing would be left."""
    if not amount.is_finite() or int(amount.as_tuple().exponent) >= -2 or abs(amount) >= _MUCH:
        return None
    return amount.quantize(_CENT, ROUND_HALF_UP) or None


def number(value: Any, one: str, many: str) -> str:
    """Spell a number of things."""
    return f"{value} {one if value == 1 else many}"


def span(begun: Any, ended: Any) -> str:
    """Spell the time between two moments in ISO 8601; empty where it isn't known."""
    start, end = moment(begun), moment(ended)
    if start is None or end is None or end < start:
        return ""
    seconds = round((end - start).total_seconds())
    hours, minutes = divmod(seconds // 60, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds % 60} s" if minutes else f"{seconds} s"


def moment(text: Any) -> datetime | None:
    """Read a moment in ISO 8601 with zone; None where it is none."""
    try:
        found = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return found.astimezone(UTC) if found.tzinfo else None


def at(when: datetime) -> str:
    """Spell a moment for people, as in `27 November, 14:05 UTC`."""
    return f"{when.day} {when:%B, %H:%M} UTC"
