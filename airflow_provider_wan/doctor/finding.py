"""What the doctor has to say, one thing at a time."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How much a finding matters."""

    OK = "ok"
    """As expected."""
    NOTE = "note"
    """Good to know, or couldn't be seen."""
    WARNING = "warning"
    """Edits work, but worse than they could, or not all of them."""
    TROUBLE = "trouble"
    """Edits fail, or something is read wrongly."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        level: How much it matters.
        about: What was looked at, in a word or two.
        found: What was found.
        expected: What was expected; empty where that goes without saying.
        advice: What to do; empty where there is nothing to do.
    """

    level: Level
    about: str
    found: str
    expected: str = ""
    advice: str = ""

    def __str__(self) -> str:
        """Put it into one sentence."""
        expected = f"expected: {self.expected}" if self.expected else ""
        return "; ".join(part.rstrip(". ") for part in (self.found, expected, self.advice) if part) + "."


def ok(about: str, found: str) -> Finding:
    """All is well."""
    return Finding(Level.OK, about, found)


def note(about: str, found: str, expected: str = "", advice: str = "") -> Finding:
    """Good to know."""
    return Finding(Level.NOTE, about, found, expected, advice)


def warning(about: str, found: str, expected: str = "", advice: str = "") -> Finding:
    """Not as it should be."""
    return Finding(Level.WARNING, about, found, expected, advice)


def trouble(about: str, found: str, expected: str = "", advice: str = "") -> Finding:
    """Something has to be done."""
    return Finding(Level.TROUBLE, about, found, expected, advice)


def counted(number: int, what: str) -> str:
    """Say how many: `1 job`, `2 jobs`."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def some(names: list[str], most: int = 8) -> str:
    """List names, at most so many."""
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")
