"""`airflow wan pools`: Airflow pools sized by what an account may run of each model."""

from __future__ import annotations

import math
import os
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow.cli.simple_table import AirflowConsole
from airflow.models.pool import Pool
from airflow.utils.cli import action_cli, suppress_logs_and_warning
from airflow.utils.providers_configuration_loader import providers_configuration_loaded
from airflow.utils.session import create_session

from airflow_provider_wan.dashscope import catalog
from airflow_provider_wan.dashscope.errors import InvalidRequestError, WanError
from airflow_provider_wan.hooks import DashScopeHook

if TYPE_CHECKING:
    from argparse import Namespace

MOST_QUEUED = 10
"""Largest queue factor. With the slowest model's 12 minutes a job, the last in the queue then waits for two hours of
the three after which the service gives up."""


@dataclass(frozen=True, slots=True)
class ModelPool:
    """A pool for one model.

    Attributes:
        name: Name of the pool, e.g. `wan_wan2_1_vace_plus`.
        model: The model's id, as the region spells it.
        running: How many of its jobs the service runs at a time.
        slots: How many edits Airflow lets in.
    """

    name: str
    model: str
    running: int
    slots: int


@action_cli  # type: ignore[untyped-decorator]
@suppress_logs_and_warning
@providers_configuration_loaded
def set_pools(args: Namespace) -> None:
    """Run the command: all pools are set in one transaction, or none is.

    Raises:
        SystemExit: With a message, and exit code 1, when the connection, a model or an option is wrong.
    """
    # A command line is nobody's task, so it may read connections from the database; Airflow's own commands say so
    # in the same way.
    os.environ["_AIRFLOW_PROCESS_CONTEXT"] = "server"
    try:
        region = DashScopeHook(args.conn_id).get_account().region
        wanted = pools_for(region, args.models, prefix=args.prefix, queue_factor=args.queue_factor)
    except WanError as error:
        raise SystemExit(f"{error}\nNo pool was changed.") from None
    changes = _store(wanted, dry_run=args.dry_run)
    AirflowConsole().print_as(
        data=[
            {
                "pool": pool.name,
                "model": pool.model,
                "running": pool.running,
                "slots": pool.slots,
                "change": change,
            }
            for pool, change in zip(wanted, changes, strict=True)
        ],
        output=args.output,
    )
    if args.dry_run:
        print("Dry run: no pool was changed.", file=sys.stderr)  # noqa: T201 -- this is a command


def pools_for(
    region: str, models: Sequence[str] | None = None, *, prefix: str = "wan", queue_factor: float = 1.0
) -> list[ModelPool]:
    """Return the pools that a region's models need, in the catalogue's order.

    Args:
        region: Region id, e.g. `cn-beijing`.
        models: Ids of models as the region spells them; None for all that it offers. A dated snapshot stands for its
            model, with which it shares the account's limit.
        prefix: What the names begin with.
        queue_factor: How many edits may wait at the service for each one it runs, 0 to 10. Without any the
            account idles while Airflow lands one result and starts the next edit.

    Raises:
        InvalidRequestError: A model that is unknown, not offered in the region, spelled otherwise there, or makes no
            jobs; a prefix or a factor that can't be used.
    """
    if not 0 <= queue_factor <= MOST_QUEUED:
        raise InvalidRequestError(
            f"--queue-factor is {queue_factor:g}. It must be from 0 to {MOST_QUEUED}: the service fails a job that "
            "hasn't finished 3 hours after its submission, so only a few may wait there."
        )
    # What Airflow can use as the name of a metric too; its own limit of 256 characters leaves enough for the model.
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,100}", prefix):
        raise InvalidRequestError(
            f"--prefix is {prefix!r}. Write 1 to 100 letters, digits, underscores, hyphens or dots."
        )
    chosen = _offered(region) if models is None else [_named(name, region) for name in models]
    return [
        ModelPool(
            name=f"{prefix}_{re.sub(r'[^A-Za-z0-9]', '_', model.spellings[region])}",
            model=model.spellings[region],
            running=model.running,
            slots=model.running + math.ceil(model.running * queue_factor),
        )
        for model in _once(chosen)
    ]


def _offered(region: str) -> list[catalog.Model]:
    return [model for model in catalog.in_region(region).values() if model.running]


def _named(name: str, region: str) -> catalog.Model:
    model = catalog.find(name)
    if model is None:
        known = ", ".join(model.spellings[region] for model in _offered(region))
        raise InvalidRequestError(f"--models names {name!r}, which isn't known. Models of {region}: {known}.")
    catalog.spelling(model, region, name)  # only for what it refuses
    if not model.running:
        raise InvalidRequestError(
            f"--models names {name!r}, which answers at once and runs no jobs. It needs no pool."
        )
    return model


def _once(models: Iterable[catalog.Model]) -> Iterable[catalog.Model]:
    return {model.name: model for model in models}.values()


def _store(wanted: Sequence[ModelPool], *, dry_run: bool) -> list[str]:
    """Bring the database to what is wanted and say for each pool what that changed."""
    with create_session() as session:
        found = {str(pool.pool): pool for pool in Pool.get_pools(session=session)}
        changes = [_change(found.get(pool.name), pool) for pool in wanted]
        if not dry_run:
            for pool in wanted:
                # Not `Pool.create_or_update_pool`: it would take the description and the team off a pool that has them.
                row = found.get(pool.name)
                if row is None:
                    session.add(row := Pool(pool=pool.name, description=f"Edits with {pool.model}"))
                row.slots = pool.slots
                row.include_deferred = True
    return changes


def _change(found: Pool | None, wanted: ModelPool) -> str:
    if found is None:
        return "new"
    changes = []
    if found.slots != wanted.slots:
        changes.append(f"slots {found.slots} -> {wanted.slots}")
    if not found.include_deferred:
        changes.append("include_deferred False -> True")
    return ", ".join(changes) or "none"
