"""`python -m at_scale`, as `make at-scale` calls it."""

from __future__ import annotations

import os
import sys

from at_scale.engine import Engine
from at_scale.facts import Run
from at_scale.memory import Sampler
from at_scale.report import describe
from at_scale.run import run
from at_scale.settings import Settings, read_settings
from demo.clock import listen_for_stop, ticks
from demo.console import say
from demo.errors import DemoError, InterruptedDemo, NotStartedError

DAGS = ("mapped", "batch")
PARSE_LIMIT = 90.0
"""Seconds in which Airflow has to read the DAGs."""


def trial(settings: Settings) -> tuple[list[Run], str]:
    """Run both DAGs, with losses on the way; return what came of them and the report.

    Raises:
        DemoError: Something ended early or took too long.
    """
    engine = Engine(settings)
    runs: list[Run] = []
    try:
        engine.start()
        wait_for_dags(engine)
        with Sampler(engine.sessions) as sampler:
            for dag_id in DAGS:
                engine.make_whole()
                runs.append(run(engine, dag_id))
    finally:
        engine.stop()
    return runs, describe(runs, sampler.peaks)


def wait_for_dags(engine: Engine) -> None:
    """Wait until Airflow has read the DAGs.

    Raises:
        DemoError: It can't.
    """
    for _ in ticks(PARSE_LIMIT):
        if errors := engine.api.import_errors():
            raise DemoError("Airflow can't read a DAG:\n" + "\n".join(errors))
        if engine.api.dag_ids() >= set(DAGS):
            return
    raise DemoError(f"Airflow did not read {' and '.join(DAGS)} within {PARSE_LIMIT:.0f} s.")


def main() -> int:
    """Run the trial and return the exit status: 0, 1 for a failure, 130 when interrupted."""
    listen_for_stop()
    try:
        settings = read_settings(os.environ)
        runs, report = trial(settings)
    except NotStartedError as error:
        print(error, file=sys.stderr)
        return 1
    except DemoError as error:
        print(
            f"\n{error}\n\nLogs: {settings.demo.logs}, {settings.demo.airflow_home / 'logs'}",
            file=sys.stderr,
        )
        return 1
    except InterruptedDemo:
        print("Interrupted; everything that was started has been ended.", file=sys.stderr)
        return 130
    say(f"\n{report}")
    faults = [fault for one in runs for fault in one.faults()]
    for fault in faults:
        print(f"Not as promised: {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
