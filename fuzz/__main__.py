"""`python -m fuzz`, as `make fuzz` calls it: each target in a process of its own, then a table."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
SHARES = {"answers": 1, "requests": 1, "media": 1, "pages": 1, "addresses": 1, "decoder": 50}
"""Targets of Atheris, and for how many runs of the others each runs once."""
EMULATOR = "emulator"


@dataclass(slots=True)
class Outcome:
    """What came of a target.

    Attributes:
        name: The target.
        executions: How often it ran.
        seconds: How long that took.
        findings: What was found: `kind`, `said`, `input`.
    """

    name: str
    executions: int = 0
    seconds: float = 0.0
    findings: list[dict[str, Any]] = field(default_factory=list)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the chosen targets one after the other; return the exit code: 1 if anything was found, or didn't run."""
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument(
        "targets", nargs="*", metavar="TARGET", help=f"of {', '.join((*SHARES, EMULATOR))}; all"
    )
    parser.add_argument(
        "--runs", type=int, default=1_000_000, help="executions of a target (default: 1000000)"
    )
    parser.add_argument("--seed", type=int, default=1, help="other than 1: other inputs")
    given = parser.parse_args(arguments)
    unknown = set(given.targets) - {*SHARES, EMULATOR}
    if unknown or given.runs < 1:
        parser.error(
            f"no such target: {', '.join(sorted(unknown))}" if unknown else "--runs must be 1 or more"
        )
    outcomes = []
    for name in given.targets or [*SHARES, EMULATOR]:
        print(f"{name} ...", flush=True)
        outcomes.append(run(name, given.runs, given.seed))
    print(f"\n{table(outcomes)}")
    return int(any(one.findings for one in outcomes))


def run(name: str, runs: int, seed: int) -> Outcome:
    """Run one target in a process of its own."""
    folder = ROOT / ".build" / "fuzz"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        report = Path(temporary) / "report.json"
        wanted = max(1, runs // SHARES.get(name, 1))
        module = "fuzz.emulator" if name == EMULATOR else "fuzz.engine"
        command = [sys.executable, "-m", module, *([] if name == EMULATOR else [name]), "--runs", str(wanted)]
        command += ["--seed", str(seed), "--report", str(report), "--folder", str(folder)]
        begun = time.monotonic()
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, errors="replace", check=False
        )
        outcome = Outcome(name, seconds=time.monotonic() - begun)
        if report.exists():
            told = json.loads(report.read_text())
            outcome = Outcome(name, told["executions"], told["seconds"], told["findings"])
    if done.returncode or (outcome.executions < wanted and name != EMULATOR):
        log = folder / f"{name}.log"
        log.write_text(f"{done.stdout}\n{done.stderr}")
        ending = (done.stderr.strip().splitlines() or ["nothing was said"])[-1]
        said = f"it ended early, with exit code {done.returncode}: {ending[:200]}"
        outcome.findings.append({"kind": "crash", "said": said, "input": str(log)})
    return outcome


def table(outcomes: Sequence[Outcome]) -> str:
    """Lay out what came of the targets, each finding below its target."""
    lines = [f"{'target':<12}{'executions':>12}{'seconds':>10}{'findings':>10}"]
    for one in outcomes:
        lines.append(f"{one.name:<12}{one.executions:>12,}{one.seconds:>10.0f}{len(one.findings):>10}")
        lines += [f"  {found['kind']}: {found['said']}\n    {found['input']}" for found in one.findings]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
