"""What came of a cell, and the table of all."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from matrix.cells import Cell

HEAD = "| Airflow | Python | Passed | Failed | Skipped by name | Minutes |\n| --- | --- | ---: | ---: | ---: | ---: |"


@dataclass
class Outcome:
    """What came of a cell.

    Attributes:
        cell: The cell.
        passed: How many tests passed.
        failed: The tests that failed, each with the first line of what it said.
        skipped: How many tests were skipped for each reason.
        trouble: Why no tests could be run, or why their end isn't to be trusted; empty if neither.
        absent: Whether the cell was passed over, for what `trouble` says.
        seconds: How long it took, with the installation.
    """

    cell: Cell
    passed: int = 0
    failed: list[str] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    trouble: str = ""
    absent: bool = False
    seconds: float = 0.0

    @property
    def good(self) -> bool:
        """Whether nothing failed."""
        return self.absent or not (self.failed or self.trouble)


def read(cell: Cell, file: Path) -> Outcome:
    """Read what pytest has written of a run. No file, or none that it finished, is trouble."""
    outcome = Outcome(cell)
    try:
        cases = list(ET.parse(file).getroot().iter("testcase"))
    except (OSError, ET.ParseError):
        outcome.trouble = "pytest left no report"
        return outcome
    for case in cases:
        name = f"{case.get('classname')}::{case.get('name')}"
        if (bad := next((one for one in case if one.tag in ("failure", "error")), None)) is not None:
            said = (bad.get("message") or "").strip().splitlines()
            outcome.failed.append(f"{name}: {said[0] if said else bad.tag}")
        elif (skip := case.find("skipped")) is not None:
            outcome.skipped[skip.get("message") or "no reason given"] += 1
        else:
            outcome.passed += 1
    if not cases:
        outcome.trouble = "pytest ran no test"
    return outcome


def table(outcomes: Sequence[Outcome]) -> str:
    """Write a table in Markdown; under it why tests were skipped, each reason once, and what failed."""
    lines = [HEAD, *map(_row, outcomes)]
    reasons: Counter[str] = Counter()
    for outcome in outcomes:
        reasons |= outcome.skipped  # a reason's number is the highest of any cell
    if reasons:
        lines += ["", "Skipped:", ""]
        lines += [f"- {reason}: {number} tests" for reason, number in sorted(reasons.items())]
    bad = [outcome for outcome in outcomes if not outcome.good]
    if bad:
        lines += ["", "Failed:", ""]
    for outcome in bad:
        where = f"Airflow {outcome.cell}, Python {outcome.cell.python}"
        lines += [
            f"- {where}: {one}" for one in ([outcome.trouble] if outcome.trouble else []) + outcome.failed
        ]
    return "\n".join(lines)


def _row(outcome: Outcome) -> str:
    cell, minutes = outcome.cell, f"{outcome.seconds / 60:.1f}"
    if outcome.absent:
        return f"| {cell} | {cell.python} | | | all: {outcome.trouble} | |"
    failed = f"{len(outcome.failed)}{'; see below' if outcome.trouble else ''}"
    return f"| {cell} | {cell.python} | {outcome.passed} | {failed} | {outcome.skipped.total()} | {minutes} |"
