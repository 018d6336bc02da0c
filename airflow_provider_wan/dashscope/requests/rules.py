"""Rules for one value: each reads what an author or a rendered template gave, or says what is wrong.

Templates render to text, so a rule for numbers also takes "5", one for flags "true", one for lists a JSON
array. A rule is attached to a field with `Annotated`; the fields that several requests share are in `fields`.
"""

from __future__ import annotations

import json
import math
import operator
import re
from collections.abc import Iterable
from typing import Any, NoReturn

from airflow_provider_wan.dashscope.requests.problem import Problem, shown

_NOTHING = frozenset({"", "None", "none", "null", "Undefined"})
_INTEGER = re.compile(r"[+-]?\d{1,30}(\.0+)?", re.ASCII)
_DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)


class Refused(Exception):  # noqa: N818  # caught where it is thrown to, never shown
    """A value breaks its rule; carries the problems."""

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems
        super().__init__(*map(str, problems))


def refuse(field: str, value: Any, rule: str, fix: str) -> NoReturn:
    """Refuse a value."""
    raise Refused(Problem(field, shown(value), rule, fix))


class Rule:
    """Reads one value."""

    wanted: str
    """What the value must be, e.g. "a whole number"."""

    def read(self, field: str, value: Any) -> Any:
        """Return the value to send.

        Raises:
            Refused: It breaks the rule.
        """
        if isinstance(value, str) and value.strip() in _NOTHING and not self.takes(value):
            found = f"the word {value.strip()}" if value.strip() else "empty"
            refuse(
                field,
                value,
                f"must be {self.wanted}, but is {found}, which is what a template without a value renders to",
                "Check what the template reads, or leave the field out.",
            )
        return self.parse(field, value)

    def takes(self, text: str) -> bool:  # noqa: ARG002  # for rules that know words
        """Return whether a text that looks like a failed template is a proper value."""
        return False

    def parse(self, field: str, value: Any) -> Any:
        """Return the value to send, or refuse it."""
        raise NotImplementedError


class Text(Rule):
    """Any text but an empty one. How long it may be depends on the model."""

    wanted = "a text"

    def parse(self, field: str, value: Any) -> str:
        """Take a string."""
        if not isinstance(value, str):
            refuse(field, value, "must be a text", "Put it in quotes.")
        return value


class Flag(Rule):
    """True or false."""

    wanted = "true or false"

    def parse(self, field: str, value: Any) -> bool:
        """Take a bool, or the word for one."""
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value.strip().lower() in ("true", "false"):
            return value.strip().lower() == "true"
        return refuse(field, value, "must be true or false", "Use True or False.")


class Whole(Rule):
    """A whole number, where given within a range that includes both ends."""

    def __init__(self, low: int | None = None, high: int | None = None) -> None:
        self.low = low
        self.high = high
        self.wanted = "a whole number" + _between(low, high)

    def parse(self, field: str, value: Any) -> int:
        """Take an int, or what is equal to one."""
        number = self._number(value)
        if number is None:
            refuse(
                field,
                value,
                f"must be {self.wanted}",
                f"Use one, e.g. {5 if self.low is None else self.low}.",
            )
        if (self.low is not None and number < self.low) or (self.high is not None and number > self.high):
            nearest = self.low if self.high is None or number < (self.low or 0) else self.high
            refuse(field, value, f"must be {self.wanted}", f"Use {nearest}, or leave the field out.")
        return number

    @staticmethod
    def _number(value: Any) -> int | None:
        if isinstance(value, str):
            return int(value.strip().partition(".")[0]) if _INTEGER.fullmatch(value.strip()) else None
        if isinstance(value, bool):
            return None
        if isinstance(value, float):
            return int(value) if value.is_integer() else None
        try:
            return operator.index(value)
        except TypeError:
            return None


class Number(Rule):
    """A number within a range that includes both ends."""

    def __init__(self, low: float, high: float) -> None:
        self.low = low
        self.high = high
        self.wanted = "a number" + _between(low, high)

    def parse(self, field: str, value: Any) -> float:
        """Take a float or an int, or the text of one."""
        if isinstance(value, str) and _DECIMAL.fullmatch(value.strip()):
            value = float(value)
        # Of a whole number of hundreds of digits Python makes no float, nor does it need one to compare it.
        number = isinstance(value, int) or (isinstance(value, float) and math.isfinite(value))
        if isinstance(value, bool) or not number:
            refuse(field, value, f"must be {self.wanted}", f"Use one, e.g. {self.high}.")
        if not self.low <= value <= self.high:
            nearest = self.low if value < self.low else self.high
            refuse(field, value, f"must be {self.wanted}", f"Use {nearest}, or leave the field out.")
        return float(value)


class Choice(Rule):
    """One of a few words, spelled as the service spells them."""

    def __init__(self, *words: str) -> None:
        self.words = words
        self.wanted = alternatives(words)

    def takes(self, text: str) -> bool:
        """Return whether the text is one of the words; `""` is, for some fields."""
        return text in self.words

    def parse(self, field: str, value: Any) -> str:
        """Take one of the words."""
        if not isinstance(value, str) or value not in self.words:
            refuse(field, value, f"must be {self.wanted}", meant(value, self.words, "Use one of those."))
        return value


class ListOf(Rule):
    """A list, each item by a rule of its own.

    Args:
        item: The rule.
        most: How many items may be in it.
        cut: Whether more than that are dropped silently by the service.
    """

    def __init__(self, item: Rule, *, most: int, cut: bool = True) -> None:
        self.item = item
        self.most = most
        self.cut = cut
        self.wanted = f"a list of {'one item' if most == 1 else f'1 to {most} items'}"

    def parse(self, field: str, value: Any) -> tuple[Any, ...]:
        """Take a list or tuple, or a JSON array as text."""
        items = self._items(field, value)
        if not items:
            refuse(field, value, f"must be {self.wanted}", "Put one in, or leave the field out.")
        if len(items) > self.most:
            rule = f"must be {self.wanted}, but has {len(items)}"
            rule += "; the service would silently drop the rest" if self.cut else ""
            refuse(field, value, rule, f"Keep {self.most}.")
        taken: list[Any] = []
        problems: list[Problem] = []
        for index, item in enumerate(items):
            try:
                taken.append(self.item.read(f"{field}[{index}]", item))
            except Refused as refused:
                problems.extend(refused.problems)
        if problems:
            raise Refused(*problems)
        return tuple(taken)

    def _items(self, field: str, value: Any) -> list[Any] | tuple[Any, ...]:
        if isinstance(value, str) and value.strip().startswith("["):
            try:
                value = json.loads(value)
            except ValueError:
                fix = "Where a template makes it, add `| tojson`."
                refuse(field, value, "must be a list, but is text that is no JSON array", fix)
        if isinstance(value, str):
            refuse(field, value, "must be a list, but is a single text", "Put it in a list: [...].")
        if not isinstance(value, list | tuple):
            refuse(field, value, "must be a list", "Put it in a list: [...].")
        return value


class Json(Rule):
    """A JSON object, passed on as it is."""

    wanted = "a dict"

    def parse(self, field: str, value: Any) -> dict[str, Any]:
        """Take a dict of plain JSON, or the text of one."""
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except ValueError:
                fix = "Where a template makes it, add `| tojson`."
                refuse(field, value, "must be a dict, but is text that is no JSON", fix)
        if not isinstance(value, dict):
            refuse(field, value, "must be a dict", "Give the service's own fields as a dict.")
        try:  # a copy, so that the request stays what it was
            copy = json.loads(json.dumps(value, allow_nan=False))
        except (TypeError, ValueError) as error:
            refuse(field, value, f"must be plain JSON ({error})", "Use text, numbers, lists and dicts only.")
        return dict(copy)


def _between(low: float | None, high: float | None) -> str:
    if low is None:
        return ""
    if high is None:
        return f" from {low} up"
    return f" between {low} and {high}"


def alternatives(values: Iterable[object]) -> str:
    """Write values as "a, b or c"; the empty text is written `""`."""
    words = [str(value) or '""' for value in values]
    return " or ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def meant(value: object, words: Iterable[str], otherwise: str) -> str:
    """Say which of the words was probably meant; if none is close, say something else."""
    from difflib import get_close_matches  # only on the way to an error

    by_fold = {_fold(word): word for word in words}
    close = get_close_matches(_fold(str(value)), filter(None, by_fold), n=1, cutoff=0.75)
    return f"Write {by_fold[close[0]]!r}." if close else otherwise


def _fold(word: str) -> str:
    return word.casefold().replace("x", "*")  # 1280x720 is a slip for 1280*720
