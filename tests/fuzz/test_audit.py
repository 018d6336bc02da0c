"""`make audit` never takes silence for an answer. A program plays pip-audit, since tests ask nobody outside."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from audit.__main__ import main

HOLE = [{"id": "PYSEC-1"}]


def auditor(folder: Path, known: object, rest: object) -> list[str]:
    script = folder / "auditor.py"
    script.write_text(
        "import sys\n"
        f"known, rest = {known!r}, {rest!r}\n"
        "said = known if 'known.txt' in ' '.join(sys.argv) else rest\n"
        "print(said) if said.startswith('{') else print(said, file=sys.stderr)\n"
    )
    return [sys.executable, str(script)]


def told(**holes: object) -> str:
    return json.dumps(
        {"dependencies": [{"name": name, "version": "1", "vulns": v} for name, v in holes.items()]}
    )


@pytest.mark.parametrize(
    ("known", "rest", "code", "said"),
    [
        (told(jinja2=HOLE), told(a=[], b=[]), 0, "0 pinned packages with known holes"),
        (told(jinja2=HOLE), told(a=[], b=HOLE), 1, "b 1: PYSEC-1"),
        (told(jinja2=[]), told(a=[]), 2, "not run. The advisories can't be had: no hole is known"),
        (
            "ConnectionError: no route",
            told(a=[]),
            2,
            "not run. The advisories can't be had: ConnectionError: no route",
        ),
        (told(jinja2=HOLE), "HTTP 404", 2, "not run. The advisories can't be had: HTTP 404"),
    ],
    ids=["clean", "holes", "empty advisories", "no network", "breaks off"],
)
def test_audit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], known: str, rest: str, code: int, said: str
) -> None:
    assert main(auditor(tmp_path, known, rest)) == code
    printed = capsys.readouterr().out
    assert said in printed
    assert "Code: 0 findings" in printed
