"""Runs one target under Atheris in this process, and writes what came of it as JSON into a file."""

from __future__ import annotations

import argparse
import faulthandler
import json
import sys
import time
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

SLOW = 5.0
"""Seconds of processor time that no single input may take."""
_MOST_FINDINGS = 50


class Watched:
    """A target that goes on after a fault, and keeps one input of each kind of fault.

    Args:
        target: The target's module.
        report: File to write to.
        folder: Where inputs that led to a fault are kept.
    """

    def __init__(self, target: ModuleType, report: Path, folder: Path) -> None:
        self._target = target
        self._report = report
        self._folder = folder
        self._begun = time.monotonic()
        self._findings: dict[str, dict[str, Any]] = {}
        self.executions = 0

    def __call__(self, data: bytes) -> None:
        """Run the target once."""
        self.executions += 1
        begun = time.process_time()
        try:
            self._target.one(data)
        except Exception as error:  # noqa: BLE001 -- that is what is looked for
            frame = traceback.extract_tb(error.__traceback__)[-1]
            self._keep(
                f"{type(error).__name__} at {Path(frame.filename).name}:{frame.lineno}",
                ascii(str(error)),
                data,
            )
        if (took := time.process_time() - begun) > SLOW:
            self._keep("slow", f"one input took {took:.1f} s", data)
        if self.executions % 5000 == 0:
            self.write()

    def _keep(self, kind: str, said: str, data: bytes) -> None:
        if kind in self._findings or len(self._findings) >= _MOST_FINDINGS:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        kept = self._folder / f"{self._target.NAME}-{len(self._findings) + 1}.bin"
        kept.write_bytes(data)
        self._findings[kind] = {"kind": kind, "said": said[:400], "input": str(kept)}
        self.write()

    def write(self) -> None:
        """Write what has come so far."""
        told = {
            "executions": self.executions,
            "seconds": time.monotonic() - self._begun,
            "findings": list(self._findings.values()),
        }
        self._report.write_text(json.dumps(told))


def main() -> int:
    """Run a target; it does not return, as libFuzzer ends the process."""
    parser = argparse.ArgumentParser(prog="python -m fuzz.engine", description=__doc__)
    parser.add_argument("target")
    parser.add_argument("--runs", type=int, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--report", type=Path, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    given = parser.parse_args()
    faulthandler.enable()

    import importlib

    import atheris

    with atheris.instrument_imports(include=["airflow_provider_wan"]):
        target = importlib.import_module(f"fuzz.{given.target}")
    corpus = given.folder / f"corpus-{given.target}"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.SEEDS):
        (corpus / f"seed-{number}").write_bytes(seed)
    watched = Watched(target, given.report, given.folder)

    def counted(data: bytes) -> None:
        watched(data)
        if watched.executions >= given.runs:
            watched.write()

    options = [
        f"-runs={given.runs}",
        f"-seed={given.seed}",
        "-max_len=4096",
        "-timeout=120",
        "-rss_limit_mb=4096",
    ]
    atheris.Setup(
        [sys.argv[0], *options, "-print_final_stats=1", f"-artifact_prefix={given.folder}/", str(corpus)],
        counted,
    )
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
