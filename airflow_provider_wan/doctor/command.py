"""`airflow wan doctor`: the command itself."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

from airflow import __version__ as airflow_version
from airflow.utils.cli import action_cli, suppress_logs_and_warning
from airflow.utils.providers_configuration_loader import providers_configuration_loaded

from airflow_provider_wan.dashscope.errors import WanError
from airflow_provider_wan.doctor.examine import examine
from airflow_provider_wan.hooks import DashScopeHook

if TYPE_CHECKING:
    from argparse import Namespace

LONGEST_TIMEOUT = 60.0


@action_cli  # type: ignore[untyped-decorator]
@suppress_logs_and_warning
@providers_configuration_loaded
def see_doctor(args: Namespace) -> None:
    """Run the command. The report goes to standard output, whatever is found.

    Raises:
        SystemExit: With exit code 1 where there is trouble; with a message where the connection can't be used at all.
    """
    # A command line is nobody's task, so it may read connections from the database; Airflow's own commands say so
    # in the same way.
    os.environ["_AIRFLOW_PROCESS_CONTEXT"] = "server"
    if not 0 < args.timeout <= LONGEST_TIMEOUT:
        raise SystemExit(
            f"--timeout is {args.timeout:g}. Write seconds, more than 0 and at most {LONGEST_TIMEOUT:g}."
        )
    try:
        account = DashScopeHook(args.conn_id).get_account()
    except WanError as error:
        raise SystemExit(f"{error}\nNothing was asked.") from None
    report = examine(account, airflow=airflow_version, environment=os.environ, timeout=args.timeout)
    match args.output:
        case "json":
            shown = report.as_json()
        case "plain":
            shown = report.as_plain()
        case _:
            shown = report.as_table(
                shutil.get_terminal_size((100, 24)).columns if sys.stdout.isatty() else 100
            )
    print(shown)  # noqa: T201 -- this is a command
    if report.troubled:
        raise SystemExit(1)
