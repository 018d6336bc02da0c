"""`python -m demo run|long|up|down`, as `make demo`, `make demo-long`, `make up` and `make down` call it."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx

from demo import long, processes
from demo.airflow_api import AirflowApi
from demo.clock import listen_for_stop, ticks
from demo.console import say
from demo.errors import DemoError, InterruptedDemo, NotStartedError
from demo.mail import Mail, read_mails
from demo.report import describe_edit, describe_ledger, describe_mail, file_of, probe
from demo.runs import run_to_end
from demo.settings import EXAMPLE_FILM, PASSWORD, USER, Settings, read_settings
from demo.stack import Stack

DAG = "edit_chain"
TASKS = ("repaint", "widen", "check", "tell_the_team")
EDITS = ("repaint", "widen")
RECIPIENT = "team@example.com"
PARSE_LIMIT, MAIL_LIMIT = 240.0, 60.0
"""Seconds."""


def run(settings: Settings) -> None:
    """Start everything, run the chain once, tell what came out, end everything."""
    begun = time.monotonic()
    stack = Stack(settings)
    try:
        stack.start()
        say(f"Running {DAG} on {settings.clip_url}")
        with AirflowApi(settings.airflow_url) as api:
            get_ready(api)
            run_id = f"demo_{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
            edits = run_chain(stack, api, run_id)
        for task, result in edits.items():
            say("\n" + describe_edit(task, result, probe(file_of(result["output_path"]))))
        say("\n" + describe_mail(wait_for_mail(settings)))
        say("\n" + describe_ledger(read_ledger(settings, len(edits))))
        say(f"Done in {time.monotonic() - begun:.0f} s.")
    finally:
        stack.stop()


def run_long(settings: Settings) -> None:
    """Start everything, edit a film of a minute, measure it, end everything."""
    begun = time.monotonic()
    stack = Stack(settings)
    try:
        stack.start()
        film = long.film_of(settings, long.SECONDS)
        say(f"Running {long.DAG} on {film}")
        with AirflowApi(settings.airflow_url) as api:
            get_ready(api)
            result = long.edit(stack, api, film)
        say(describe_ledger(read_ledger(settings, len(result["pieces"]))))
        long.tell(film, result)
        say(f"Done in {time.monotonic() - begun:.0f} s.")
    finally:
        stack.stop()


def up(settings: Settings) -> None:
    """Start everything, say how to use it, and leave it running."""
    stack = Stack(settings)
    try:
        stack.start()
        long.film_of(settings, EXAMPLE_FILM)
        with AirflowApi(settings.airflow_url) as api:
            get_ready(api)
    except BaseException:
        stack.stop()
        raise
    say(
        f"""
Airflow:   {settings.airflow_url}  (log in as {USER}, password {PASSWORD})
Emulator:  {settings.emulator_url}/api/v1  (ledger at {settings.emulator_url}/emulator/ledger)
Clip:      {settings.clip_url}
Results:   {settings.results}
Mail:      {settings.mail}

Trigger one of the example DAGs; their parameters are set to the demo's own media and the folder above.
`make down` ends it all."""
    )


def down(settings: Settings) -> None:
    """End what an earlier `up`, or a demo that was killed, has left running."""
    records = processes.load(settings.records)
    if not records:
        say(f"Nothing is running from {settings.home}.")
        return
    processes.stop(records)
    processes.save([], settings.records)
    say(f"Ended {', '.join(record.name for record in records)}.")


def get_ready(api: AirflowApi) -> None:
    """Log in, and wait until Airflow has read the example DAGs."""
    api.log_in(USER, PASSWORD)
    for _ in ticks(PARSE_LIMIT):
        if errors := api.import_errors():
            raise DemoError("Airflow can't read an example DAG:\n" + "\n".join(errors))
        if DAG in api.dag_ids():
            return
    raise DemoError(f"Airflow did not read {DAG} within {PARSE_LIMIT:.0f} s.")


def run_chain(stack: Stack, api: AirflowApi, run_id: str) -> dict[str, Mapping[str, Any]]:
    """Run the chain to its end and return what each edit returned.

    Raises:
        DemoError: A task failed; with the end of its log.
    """
    settings = stack.settings
    conf = {
        "clip_url": settings.clip_url,
        "output_folder": settings.results_uri,
        "recipient": RECIPIENT,
    }
    run_to_end(stack, api, DAG, run_id, conf, tasks=TASKS, limit=run_limit(settings.speed))
    return {task: api.result(DAG, run_id, task) for task in EDITS}


def run_limit(speed: int) -> float:
    """Say how many seconds the chain may take: two edits of at most 10 minutes each, and Airflow's own time."""
    return 180.0 + 2 * 900.0 / speed


def wait_for_mail(settings: Settings) -> Mail:
    """Return the latest mail."""
    for _ in ticks(MAIL_LIMIT):
        if mails := read_mails(settings.mail):
            return mails[-1]
    raise DemoError(f"The task that sends the mail succeeded, but none was delivered to {settings.mail}.")


def read_ledger(settings: Settings, jobs: int) -> Mapping[str, Any]:
    """Return what the emulator has billed.

    Raises:
        DemoError: It isn't one bill for each edit.
    """
    answer = httpx.get(f"{settings.emulator_url}/emulator/ledger", timeout=10, trust_env=False)
    ledger: Mapping[str, Any] = answer.raise_for_status().json()
    if ledger["paid_tasks"] != jobs:
        raise DemoError(f"{jobs} edits were made, but the emulator billed {ledger['paid_tasks']}.")
    return ledger


def main(arguments: list[str]) -> int:
    """Run one of the commands and return the exit status: 0, 1 for a failure, 130 when interrupted."""
    commands = {"run": run, "long": run_long, "up": up, "down": down}
    if len(arguments) != 1 or arguments[0] not in commands:
        print(f"usage: python -m demo {'|'.join(commands)}", file=sys.stderr)
        return 2
    listen_for_stop()
    try:
        settings = read_settings(os.environ)
        commands[arguments[0]](settings)
    except NotStartedError as error:
        print(error, file=sys.stderr)
        return 1
    except DemoError as error:
        print(f"\n{error}\n\nLogs: {settings.logs}, {settings.airflow_home / 'logs'}", file=sys.stderr)
        return 1
    except InterruptedDemo:
        print("Interrupted; everything that was started has been ended.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
