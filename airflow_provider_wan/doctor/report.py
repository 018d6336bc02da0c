"""An examination's report: a head, a finding a line, a sum at the end. Pure. Nothing leaves it that wasn't hidden."""

from __future__ import annotations

import json
import textwrap
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

from airflow_provider_wan.doctor.finding import Finding, Level, counted

HARMLESS = (
    "This report holds no key, no signature and no account's number; ids of jobs, calls and workspaces are cut short. "
    "All calls only read and were free. It may be pasted into a bug report."
)
_NARROWEST = 72
_PLURALS = {Level.TROUBLE: "trouble", Level.WARNING: "warning", Level.NOTE: "note"}


class Report:
    """What an examination has to say.

    Args:
        about: What was examined, and with what.
        findings: What was found.
        hide: Takes out of a text what must not be shown.

    Attributes:
        about: As given, without what must not be shown.
        findings: Likewise.
    """

    def __init__(
        self, about: Mapping[str, str], findings: Sequence[Finding], hide: Callable[[str], str]
    ) -> None:
        self.about = {name: hide(text) for name, text in about.items()}
        self.findings = [
            Finding(one.level, one.about, hide(one.found), hide(one.expected), hide(one.advice))
            for one in findings
        ]

    @property
    def troubled(self) -> bool:
        """Whether something has to be done."""
        return any(finding.level is Level.TROUBLE for finding in self.findings)

    def as_json(self) -> str:
        """Return it for machines."""
        return json.dumps(
            {
                "note": HARMLESS,
                "about": self.about,
                "findings": [
                    {
                        "result": str(one.level),
                        "about": one.about,
                        "sentence": str(one),
                        "found": one.found,
                        "expected": one.expected,
                        "advice": one.advice,
                    }
                    for one in self.findings
                ],
                "sum": self.sum(),
            },
            indent=2,
            ensure_ascii=False,
        )

    def as_plain(self) -> str:
        """Return it with one finding a line, for mails and pipes."""
        lines = [f"{one.level}: {one.about}: {one}" for one in self.findings]
        return "\n".join([HARMLESS, *self._head(), *lines, self.sum()])

    def as_table(self, width: int = 100) -> str:
        """Return it for people, `width` characters wide."""
        width = max(_NARROWEST, width)
        indent = (
            max(len(one.level) for one in self.findings) + max(len(one.about) for one in self.findings) + 4
        )
        first = max(len(one.level) for one in self.findings)
        lines: list[str] = []
        for one in self.findings:
            head = f"{one.level:<{first}}  {one.about}"
            lines += textwrap.wrap(
                str(one),
                width,
                initial_indent=f"{head:<{indent}}",
                subsequent_indent=" " * indent,
                break_long_words=False,
                break_on_hyphens=False,
            )
        return "\n".join([*textwrap.wrap(HARMLESS, width), "", *self._head(), "", *lines, "", self.sum()])

    def sum(self) -> str:
        """Say how many findings of which kind there are."""
        number = Counter(one.level for one in self.findings)
        told = [counted(number[level], word) for level, word in _PLURALS.items() if number[level]]
        return f"{', '.join(told)}." if told else "All as expected."

    def _head(self) -> Iterator[str]:
        about = self.about
        yield (
            f"airflow-provider-wan {about['provider']}, Airflow {about['airflow']}, Python {about['python']} "
            f"({about['platform']}), catalogue of {about['catalogue']}"
        )
        yield f"{about['region']}, {about['host']}, workspace {about['workspace']}"
        yield f"{about['at']}, {about['calls']} calls"
