"""The commands that this provider adds to Airflow's command line (3.2 and later; 3.1 doesn't look for them).

Every `airflow` command reads this module, so it only says what there is. What a command does is imported when
it runs.
"""

from __future__ import annotations

from collections.abc import Callable

from airflow.cli.cli_config import (
    ARG_OUTPUT,
    ARG_VERBOSE,
    ActionCommand,
    Arg,
    CLICommand,
    GroupCommand,
    lazy_load_command,
)

_arg: Callable[..., Arg] = Arg  # whose own signature has no types

_CONN_ID = _arg(
    ("--conn-id",),
    help="Connection whose region says which models there are (default: dashscope_default)",
    default="dashscope_default",
)
_MODELS = _arg(
    ("--models",),
    help="Only these models, as the region spells them (default: all that it offers)",
    nargs="+",
    metavar="MODEL",
)
_PREFIX = _arg(
    ("--prefix",),
    help="What the pools' names begin with; give each account its own (default: wan)",
    default="wan",
)
_QUEUE_FACTOR = _arg(
    ("--queue-factor",),
    help="Edits that may wait at the service for each one that it runs, 0 to 10 (default: 1)",
    type=float,
    default=1.0,
)
_COST_DAG_ID = _arg(
    ("--dag-id",), help="The DAG; its file needn't exist any more", required=True, metavar="ID"
)
_COST_RUN_ID = _arg(("--run-id",), help="Only this run (default: all)", metavar="ID")
_SINCE = _arg(
    ("--since",),
    help="Only jobs submitted since then: 12h, 7d or 2w ago, or a date, e.g. 2026-10-01 (UTC)",
    metavar="WHEN",
)
_UNTIL = _arg(
    ("--until",),
    help="Only jobs submitted until then; a date means the end of that day",
    metavar="WHEN",
)
_BY = _arg(
    ("--by",),
    help="What a line is about: a run (the default), a task, a model, or a day (UTC)",
    choices=("run", "task", "model", "day"),
    default="run",
)
_DOCTOR_CONN_ID = _arg(
    ("--conn-id",),
    help="Connection to examine (default: dashscope_default)",
    default="dashscope_default",
)
_DOCTOR_OUTPUT = _arg(
    ("-o", "--output"),
    help="Form of the report: table for people (the default), plain for one finding a line, or json",
    choices=("table", "json", "plain"),
    default="table",
)
_TIMEOUT = _arg(
    ("--timeout",),
    help="Seconds that each answer may take, at most 60 (default: 10)",
    type=float,
    default=10.0,
    metavar="SECONDS",
)
_DRY_RUN = _arg(("--dry-run",), help="Show what would be done, and do nothing", action="store_true")


def get_wan_cli_commands() -> list[CLICommand]:
    """Return the command group `airflow wan`."""
    return [
        GroupCommand(
            name="wan",
            help="Manage what Alibaba's Wan models need in Airflow",
            subcommands=(
                ActionCommand(
                    name="pools",
                    help="Create or update one pool per model, sized by what an account may run",
                    description=(
                        "Create or update one pool per model of a connection's region. A pool counts deferred tasks "
                        "and holds as many edits as the service runs at a time, and a few that wait there."
                    ),
                    func=lazy_load_command("airflow_provider_wan.pools.set_pools"),
                    args=(_CONN_ID, _MODELS, _PREFIX, _QUEUE_FACTOR, _DRY_RUN, ARG_OUTPUT, ARG_VERBOSE),
                ),
                ActionCommand(
                    name="cost",
                    help="Show what the edits of a DAG have cost",
                    description=(
                        "Show what the edits of a DAG have cost, all attempts of all tasks, as far as Airflow's "
                        "database remembers them. Only jobs that ended well are billed."
                    ),
                    func=lazy_load_command("airflow_provider_wan.costs.command.show_costs"),
                    args=(
                        *(_COST_DAG_ID, _COST_RUN_ID, _SINCE, _UNTIL, _BY),
                        *(ARG_OUTPUT, ARG_VERBOSE),
                    ),
                ),
                ActionCommand(
                    name="doctor",
                    help="Find out whether a connection, its key and the service are as they should be",
                    description=(
                        "Find out whether a connection's key, region, workspace and host fit together, which models "
                        "answer, how full the queues are, how the clocks differ, and how the service does what its "
                        "pages leave open. All calls only read and are free; there are fewer than 60 of them, no more "
                        "a second than the connection's `status_qps`. The report may be pasted into a bug report: it "
                        "holds no secret. The exit code is 1 where there is trouble."
                    ),
                    func=lazy_load_command("airflow_provider_wan.doctor.command.see_doctor"),
                    args=(_DOCTOR_CONN_ID, _TIMEOUT, _DOCTOR_OUTPUT, ARG_VERBOSE),
                ),
            ),
        ),
    ]
