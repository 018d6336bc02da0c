"""The command line: `wan-emulator`, or `python -m airflow_provider_wan.emulator`."""
# ruff: noqa: T201 (a command line program prints)

from __future__ import annotations

import argparse
import ipaddress
import json
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from airflow_provider_wan.dashscope.errors import WanInputError
from airflow_provider_wan.emulator.settings import (
    DEFAULT_ACCOUNT,
    DEFAULT_KEY,
    DEFAULT_REGION,
    EmulatorSettings,
    RegionSettings,
)

if TYPE_CHECKING:
    from airflow_provider_wan.emulator.server import RunningEmulator

_EPILOG = """\
What it serves: the routes of the service under /api/v1, files of --media-root under /media/, and control
routes under /emulator/: ledger, requests, tasks, inputs, faults, clock.

Prompts with a marker are rejected by moderation: [reject-input] soon after the start, [reject-output]
after the run time.
"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="wan-emulator",
        description="A local DashScope for video jobs: no key, no internet, no bill.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add(
        "--host",
        default="127.0.0.1",
        help="address to listen on (default: this machine only); any other opens it to whoever reaches that address",
    )
    add("--port", type=int, default=8765, help="port of the first region; 0: a free one (default: 8765)")
    add("--region", default=DEFAULT_REGION, metavar="ID", help=f"first region (default: {DEFAULT_REGION})")
    add(
        "--key",
        action="append",
        metavar="KEY[=ACCOUNT]",
        help=f"a key of the first region and its main account; repeatable (default: {DEFAULT_KEY})",
    )
    add(
        "--also",
        action="append",
        default=[],
        type=_also,
        metavar="REGION:PORT:KEY[=ACCOUNT]",
        help="another region; repeatable",
    )
    add("--speed", type=float, default=1.0, help="service seconds per real second (default: 1)")
    add("--media-root", type=Path, metavar="DIR", help="serve this folder under /media/, for inputs")
    add("--no-render", action="store_true", help="hand out one tiny video instead of rendering")
    add(
        "--fetch-inputs",
        action="store_true",
        help="with --no-render: fetch inputs all the same, and hash them",
    )
    add("--seed", type=int, default=0, help="seed of the run times (default: 0)")
    add("--access-log", action="store_true", help="print a line per request")
    switches = parser.add_argument_group("where the documentation doesn't say")
    add = switches.add_argument
    add("--parameter-errors", choices=("documented", "submit", "task"), default="documented",
        help="show parameter errors at submit, in a FAILED job, or each as documented")  # fmt: skip
    add("--input-errors", choices=("submit", "task"), default="task",
        help="show inputs that can't be fetched at submit or in a FAILED job (default: task)")  # fmt: skip
    add("--unknown-model", type=int, choices=(400, 404), default=400,
        help='400 "Model not exist." or 404 ModelNotFound (default: 400)')  # fmt: skip
    add("--lenient-spelling", action="store_true", help="take another region's spelling of a model")
    add("--async-header-first", action="store_true", help="check the async header before the key")
    add("--parameters-before-throttle", action="store_true", help="check parameters before limits")
    add("--shared-query-budget", action="store_true", help="one 20 QPS for query, list and cancel together")
    add("--failed-with-times", action="store_true", help="show times on FAILED jobs of all models")
    add("--overdue", action="append", default=[], metavar="ACCOUNT", help="an account that has to pay first")
    add(
        "--workspace",
        action="append",
        default=[],
        metavar="ID",
        help="a workspace that exists (default: any)",
    )
    return parser


def _key(text: str) -> tuple[str, str]:
    key, _, account = text.partition("=")
    return key, account or DEFAULT_ACCOUNT


def _also(text: str) -> RegionSettings:
    region, _, rest = text.partition(":")
    port, _, key = rest.partition(":")
    if not port.isdecimal() or not key:
        raise argparse.ArgumentTypeError(f"{text!r} is not REGION:PORT:KEY, e.g. cn-beijing:8766:sk-beijing")
    return RegionSettings(region, int(port), dict([_key(key)]))


def read_settings(arguments: Sequence[str] | None = None) -> EmulatorSettings:
    """Read the command line; ends the program for --help and for mistakes.

    Args:
        arguments: Without the program's name; None: those of this process.
    """
    given = _parser().parse_args(arguments)
    first = RegionSettings(given.region, given.port, dict(map(_key, given.key or [DEFAULT_KEY])))
    return EmulatorSettings(
        regions=(first, *given.also),
        host=given.host,
        speed=given.speed,
        media_root=given.media_root,
        render=not given.no_render,
        fetch_inputs=given.fetch_inputs or None,
        seed=given.seed,
        parameter_errors=given.parameter_errors,
        input_errors=given.input_errors,
        unknown_model=given.unknown_model,
        lenient_spelling=given.lenient_spelling,
        async_header_first=given.async_header_first,
        parameters_before_throttle=given.parameters_before_throttle,
        shared_query_budget=given.shared_query_budget,
        failed_with_times=given.failed_with_times,
        overdue_accounts=frozenset(given.overdue),
        workspaces=frozenset(given.workspace),
        access_log=given.access_log,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until interrupted.

    Returns:
        Exit status: 0, or 2 when it could not start.
    """
    settings = read_settings(arguments)
    stop = Event()
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signal_number, lambda *_: stop.set())
    try:
        from airflow_provider_wan.emulator.server import running

        with running(settings) as emulator:
            _introduce(emulator)
            _warn(settings.host)
            stop.wait()
    except ModuleNotFoundError as error:
        print(
            f"wan-emulator: {error.name} is missing. "
            "Install it with: pip install 'airflow-provider-wan[emulator]'",
            file=sys.stderr,
        )
        return 2
    except (OSError, RuntimeError, ValueError, WanInputError) as error:
        print(f"wan-emulator: {getattr(error, 'strerror', None) or error}", file=sys.stderr)
        return 2
    return 0


def _warn(host: str) -> None:
    """Say what it means to listen on an address that others reach."""
    try:
        alone = ipaddress.ip_address(host).is_loopback
    except ValueError:
        alone = host == "localhost"
    if not alone:
        print(
            f"wan-emulator: warning: it listens on {host}, so whoever reaches that address may use it: its control "
            "routes take no key, the default key is no secret, the media root is public, and an input's address "
            "makes this machine ask for it. Let it listen on 127.0.0.1, or keep others out by a firewall.",
            file=sys.stderr,
        )


def _introduce(emulator: RunningEmulator) -> None:
    settings = emulator.settings
    print("DashScope emulator. Nothing here is real or billed. Ctrl+C ends it.")
    for region in settings.regions:
        keys = ", ".join(f"{key} (account {account})" for key, account in region.keys.items())
        print(f"  {region.region:16} {emulator.base_urls[region.region]}   keys: {keys}")
    if settings.media_root is not None:
        print(f"  inputs           {emulator.media_url('')}   from {settings.media_root}")
    print(f"  control          {emulator.origin}/emulator/ledger, /requests, /tasks, /faults, /clock")
    print(f"  speed            {settings.speed:g}; rendering is {'on' if settings.render else 'off'}")
    first = settings.regions[0]
    connection = {
        "conn_type": "dashscope",
        "host": emulator.base_url,
        "password": emulator.key,
        "extra": {"region": first.region},
    }
    print(f"An Airflow connection to it:\n  export AIRFLOW_CONN_DASHSCOPE_DEFAULT='{json.dumps(connection)}'")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
