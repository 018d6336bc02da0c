"""`airflow wan cost`: what the edits of a DAG have cost."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from airflow.cli.simple_table import AirflowConsole
from airflow.providers.common.compat.sdk import conf
from airflow.utils.cli import action_cli, suppress_logs_and_warning
from airflow.utils.providers_configuration_loader import providers_configuration_loaded
from airflow.utils.session import create_session

from airflow_provider_wan.costs.gather import Found, Period, dags_with_edits, gather, has_run, runs_of
from airflow_provider_wan.costs.report import TOTAL, day_of, lines, moment
from airflow_provider_wan.dashscope.errors import InvalidRequestError, WanError

if TYPE_CHECKING:
    from argparse import Namespace

    from sqlalchemy.orm import Session

_FOR_PEOPLE = ("table", "plain")


@action_cli  # type: ignore[untyped-decorator]
@suppress_logs_and_warning
@providers_configuration_loaded
def show_costs(args: Namespace) -> None:
    """Run the command. Rows go to standard output, all else to standard error.

    Raises:
        SystemExit: With a message, and exit code 1, when an option is wrong.
    """
    try:
        now = datetime.now(UTC)
        period = Period(
            moment(args.since, "--since", now=now), moment(args.until, "--until", now=now, ends=True)
        )
        if period.since and period.until and period.since >= period.until:
            raise InvalidRequestError("--until isn't after --since, so nothing can be between them.")
        with create_session() as session:
            _check_exists(session, args.dag_id, args.run_id)
            found = gather(session, args.dag_id, run_id=args.run_id, period=period)
    except WanError as error:
        raise SystemExit(str(error)) from None
    each, total = lines(found.jobs, args.by)
    spoken = args.output in _FOR_PEOPLE
    rows = [line.row(args.by, spoken=spoken) for line in each]
    if spoken and rows:
        rows.append(total.row(args.by, spoken=True))
    if rows or not spoken:
        AirflowConsole().print_as(data=rows, output=args.output)
    if not spoken:
        _say(f"{TOTAL.capitalize()}: {total}")
    for sentence in _seen(found, args.dag_id):
        _say(sentence)


def _check_exists(session: Session, dag_id: str, run_id: str | None) -> None:
    runs = runs_of(session, dag_id, latest=3)
    if not runs:
        others = ", ".join(dags_with_edits(session, most=10)) or "none"
        raise InvalidRequestError(
            f"--dag-id is {dag_id!r}, of which Airflow's database has no run. DAGs with edits: {others}."
        )
    if run_id is not None and not has_run(session, dag_id, run_id):
        raise InvalidRequestError(
            f"--run-id is {run_id!r}, which {dag_id} doesn't have. Its latest runs: {', '.join(runs)}."
        )


def _seen(found: Found, dag_id: str) -> list[str]:
    """Say what the figures rest on."""
    said = []
    if found.jobs:
        days = [day_of(found.jobs[0].spent.submitted_at), day_of(found.jobs[-1].spent.submitted_at)]
        runs = len({one.instance.run_id for one in found.jobs})
        said.append(
            f"Seen: jobs of {runs} run{'s' if runs != 1 else ''} of {dag_id}, submitted from {days[0]} to {days[1]} "
            "(UTC). Costs are by the prices that were configured when each job ended."
        )
    else:
        said.append(f"No job of {dag_id} is on record for what was asked.")
    if not found.attempts:
        said.append(
            "This Airflow has no task state store (it came with 3.3), so of each task only the last attempt is known."
        )
        return said
    days_kept = conf.getint("state_store", "default_retention_days", fallback=30)
    if days_kept:
        said.append(
            f"Airflow may clean records up {days_kept} days after they were last changed ([state_store] "
            "default_retention_days); of what is older, only results in XComs are counted."
        )
    if conf.getboolean("state_store", "clear_on_success", fallback=False):
        said.append(
            "[state_store] clear_on_success is on: of a task that succeeded, earlier attempts aren't known."
        )
    if found.elsewhere:
        said.append(
            f"{found.elsewhere} records are kept by [workers] state_store_backend and can't be read here; of those "
            "tasks only results in XComs are counted."
        )
    return said


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr)  # noqa: T201 -- this is a command
