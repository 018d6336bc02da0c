"""`python -m matrix`, as `make test-matrix` calls it."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from matrix.cells import AIRFLOWS, FEW, PYTHONS, QUICK, ROOT, Cell, interpreter
from matrix.environment import InstallError, prepare
from matrix.outcome import Outcome, read, table

TEST_LIMIT, QUICK_LIMIT = 3600.0, 1800.0
"""Seconds that the tests of one cell may take."""
_FAST = ("--ignore", "tests/system", "-m", "not browser and not slow")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the chosen cells one after the other; return the exit code: 1 if anything failed or nothing was run."""
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was started is ended too
    cells = [Cell(airflow, python) for airflow in options.airflow for python in options.python]
    if options.lowest:
        cells = [Cell(AIRFLOWS[0], PYTHONS[0], lowest=True)]
    tests = options.tests or (FEW if options.few else QUICK if options.quick else _FAST)
    outcomes = [run(cell, tests, options) for cell in cells]
    print("\n" + table(outcomes))
    return int(not all(one.good for one in outcomes) or all(one.absent for one in outcomes))


def run(cell: Cell, tests: Sequence[str], options: argparse.Namespace) -> Outcome:
    """Make a cell's environment and run tests in it."""
    begun = time.monotonic()
    base = interpreter(cell.python)
    if base is None:
        return Outcome(cell, trouble=f"there is no Python {cell.python} on this machine", absent=True)
    _say(f"Airflow {cell}, Python {cell.python}: installing ...")
    try:
        python = prepare(cell, base)
    except InstallError as error:
        return Outcome(cell, trouble=f"can't be installed: {error}", seconds=time.monotonic() - begun)
    log = (cell.folder / "pytest.log").relative_to(ROOT)
    _say(f"Airflow {cell}, Python {cell.python}: testing, see {log} ...")
    outcome = test(cell, python, tests, options)
    outcome.seconds = time.monotonic() - begun
    _say(f"Airflow {cell}, Python {cell.python}: {outcome.passed} passed, {len(outcome.failed)} failed")
    return outcome


def test(cell: Cell, python: Path, tests: Sequence[str], options: argparse.Namespace) -> Outcome:
    """Run tests in an environment, within a limit of time."""
    report = cell.folder / "report.xml"
    report.unlink(missing_ok=True)
    command = [
        str(python),
        "-m",
        "pytest",
        "-n",
        str(options.workers),
        "--dist",
        "loadgroup",
        "-p",
        "no:cacheprovider",
    ]
    limit = QUICK_LIMIT if options.quick or options.few else TEST_LIMIT
    with (cell.folder / "pytest.log").open("w") as log:
        # A session of its own: what tests have started can be ended with them.
        process = subprocess.Popen(
            [*command, "--junit-xml", str(report), *tests],
            cwd=ROOT,
            env={**os.environ, "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}"},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            code = process.wait(limit)
        except subprocess.TimeoutExpired:
            return Outcome(cell, trouble=f"the tests weren't over within {limit / 60:.0f} minutes")
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    outcome = read(cell, report)
    if code not in (0, 1) and not outcome.trouble:
        outcome.trouble = f"pytest ended with {code}"
    return outcome


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="make test-matrix",
        description="Run the fast tests (without those that need a browser) with each Airflow and each Python.",
    )
    parser.add_argument(
        "--airflow", nargs="+", default=AIRFLOWS, metavar="VERSION", help="default: all of %(default)s"
    )
    parser.add_argument("--python", nargs="+", default=PYTHONS, choices=PYTHONS, help="default: all")
    parser.add_argument(
        "--lowest",
        action="store_true",
        help=f"one cell only: Airflow {AIRFLOWS[0]}, Python {PYTHONS[0]}, other dependencies at their lower bounds",
    )
    parser.add_argument("--quick", action="store_true", help=f"only {', '.join(QUICK)}")
    parser.add_argument("--few", action="store_true", help=f"only {', '.join(FEW)}")
    parser.add_argument(
        "--workers", type=int, default=4, metavar="N", help="test processes (default: %(default)s)"
    )
    parser.add_argument(
        "tests", nargs="*", help="arguments for pytest in place of the fast tests, after `--`"
    )
    return parser


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
