"""What comes of looking at an edit's input files. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from airflow_provider_wan.media.facts import MediaFacts

TOLERANCE = 0.05
"""Seconds that a length may be off: encoders round to whole frames."""
MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Looked:
    """An input that was looked at.

    Attributes:
        role: The field of `input`, or the item's type in `input.media`.
        index: Which one of that role, from 0; None where there is only one.
        address: Where it is, fit for a log.
        facts: What was found; None for a file that isn't media, as a document.
        size: Bytes, where `facts` is None.
    """

    role: str
    index: int | None
    address: str
    facts: MediaFacts | None
    size: int | None = None

    @property
    def name(self) -> str:
        """The input as it is called in a message, e.g. `ref_images_url[0]`."""
        return self.role if self.index is None else f"{self.role}[{self.index}]"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about an input that doesn't fit.

    Attributes:
        name: The input: its role, and its number where there are several.
        address: Where it is, fit for a log; empty where several inputs are meant.
        rule: Which limit it is about: `kind`, `format`, `size`, `sides`, `aspect`, `seconds`, `fps`, `alpha`, `mask`,
            `together`, `media`.
        found: What was found, as the end of a sentence about the input.
        limit: What should have been, or what the service does, as a sentence without its full stop.
        fix: What to do, as a sentence.
    """

    name: str
    address: str
    rule: str
    found: str
    limit: str
    fix: str

    def __str__(self) -> str:
        what = f"{self.name}={self.address}" if self.address else self.name
        return f"{what}: {self.found.rstrip('.')}; {self.limit}. {self.fix}"


@dataclass(frozen=True, slots=True)
class Findings:
    """All that doesn't fit.

    Attributes:
        errors: What breaks a limit: the service refuses it, or it fails there.
        warnings: What the service takes and silently cuts, or uses only in part.
    """

    errors: tuple[Finding, ...] = ()
    warnings: tuple[Finding, ...] = ()


def about(one: Looked, rule: str, found: str, limit: str, fix: str) -> Finding:
    """Return a finding about one input."""
    return Finding(one.name, one.address, rule, found, limit, fix)


def seconds(value: float) -> str:
    """Return a length for people: `5 s`, `5.04 s`."""
    return f"{round(value, 2):g} s"
