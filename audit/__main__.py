"""`python -m audit`, as `make audit` calls it. Exit code: 0 nothing found, 1 something, 2 not run.

Where the advisories can't be reached, some tools find nothing and look content. So a version with a known hole is
asked for first: only who finds that one is believed about the rest.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
KNOWN = "jinja2==2.4.1"
"""Has had advisories since 2014."""
_LIMIT = 900.0


def advisories(
    requirements: Path, command: Sequence[str] = (sys.executable, "-m", "pip_audit")
) -> list[dict[str, Any]] | str:
    """Return the packages with known holes among what is pinned; a text says why that can't be told."""
    options = [
        "--requirement",
        str(requirements),
        "--no-deps",
        "--disable-pip",
        "--format",
        "json",
        "--progress-spinner",
        "off",
    ]
    try:
        done = subprocess.run(
            [*command, *options], capture_output=True, text=True, timeout=_LIMIT, check=False
        )
        told = json.loads(done.stdout)["dependencies"]
    except subprocess.TimeoutExpired:
        return f"no answer came within {_LIMIT:.0f} s"
    except (ValueError, KeyError, TypeError):
        return (done.stderr.strip().splitlines() or ["it said nothing"])[-1][:300]
    return [one for one in told if one.get("vulns")]


def main(command: Sequence[str] = (sys.executable, "-m", "pip_audit")) -> int:
    """Audit, and print what came of it."""
    with tempfile.TemporaryDirectory() as folder:
        known = Path(folder) / "known.txt"
        known.write_text(f"{KNOWN}\n")
        probe = advisories(known, command)
        found = advisories(ROOT / "constraints.txt", command) if isinstance(probe, list) and probe else probe
    code = 0
    if isinstance(found, str) or not probe:
        why = (
            found
            if isinstance(found, str)
            else f"no hole is known in {KNOWN}, so these aren't the advisories"
        )
        print(f"Dependencies: not run. The advisories can't be had: {why}")
        code = 2
    else:
        print(f"Dependencies: {len(found)} pinned packages with known holes.")
        for one in found:
            print(f"  {one['name']} {one['version']}: {', '.join(hole['id'] for hole in one['vulns'])}")
        code = int(bool(found))
    wrong, passed = _linted("--select", "S"), _linted("--select", "S", "--ignore-noqa")
    print(
        f"Code: {len(wrong)} findings of the rules on security (S). Passed over, each with its reason in the line:"
    )
    for rule, times in sorted(Counter(one["code"] for one in passed).items()):
        places = ", ".join(sorted({Path(one["filename"]).name for one in passed if one["code"] == rule}))
        print(f"  {rule} {times}x: {places}")
    return 1 if wrong else code


def _linted(*options: str) -> list[dict[str, Any]]:
    command = [
        sys.executable,
        "-m",
        "ruff",
        "check",
        *options,
        "--output-format",
        "json",
        "airflow_provider_wan",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    sys.exit(main())
