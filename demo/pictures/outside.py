"""What lies outside Airflow, as one program: the emulated service in two regions, and a storage with the demo's clip.

`python -m demo.pictures.outside PORT SLOW_PORT STORAGE_PORT` runs it until it is told to end.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Collection
from threading import Event
from typing import TYPE_CHECKING

from demo.settings import API_KEY, CLIP, MEDIA, REGION

if TYPE_CHECKING:
    from airflow_provider_wan.emulator import EmulatorSettings, RunningEmulator

BUCKET = "media-team"
LOGIN = {"aws_access_key_id": "emulated", "aws_secret_access_key": "emulated", "region_name": "us-east-1"}
SLOW_REGION = "cn-beijing"
"""Where edits run for so long that each picture of one that runs is taken in time."""
RUN_SECONDS = {REGION: (20.0, 35.0), SLOW_REGION: (1800.0, 1800.0)}
"""By the clock on the wall, because pages show the service's times beside Airflow's."""
SLOTS = 20
"""Edits that run at once, so that nobody waits."""

REFUSED = ("The meadow at night", "Aurora", "Candlelight")
"""How the prompts begin that moderation refuses."""
REFUSED_AFTER = 12.0
"""Seconds that such an edit runs."""
CODE, WORDS = "DataInspectionFailed", "Output data may contain inappropriate content."


def fill(storage: str) -> None:
    """Make the bucket, with the clip in it."""
    import boto3

    client = boto3.client("s3", endpoint_url=storage, **LOGIN)
    client.create_bucket(Bucket=BUCKET)
    client.upload_file(str(MEDIA / CLIP), BUCKET, f"raw/{CLIP}")


def refuse(emulator: RunningEmulator, done: Collection[str]) -> set[str]:
    """Let the edits fail that are to be refused; return the ids of their jobs.

    Args:
        emulator: The service.
        done: Ids of jobs that have been refused already.
    """
    now = emulator.clock.now()
    due = {
        job["task_id"]
        for job in emulator.tasks()
        if job["status"] == "RUNNING"
        and now - job["started"] > REFUSED_AFTER
        and str(job["input"].get("prompt")).startswith(REFUSED)
    } - set(done)
    for task_id in due:
        emulator.force(task_id, "FAILED", code=CODE, message=WORDS)
    return due


def settings(region: str, port: int) -> EmulatorSettings:
    """Return how the service is in a region."""
    from airflow_provider_wan.emulator import EmulatorSettings, RegionSettings

    return EmulatorSettings(
        regions=(RegionSettings(region, port, {API_KEY: "account"}),),
        media_root=MEDIA,
        run_seconds=RUN_SECONDS[region],
        running_slots=SLOTS,
    )


def main(port: int, slow_port: int, storage_port: int) -> None:
    """Serve until told to end."""
    from moto.server import ThreadedMotoServer

    from airflow_provider_wan.emulator import running

    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    storage = ThreadedMotoServer(ip_address="127.0.0.1", port=storage_port, verbose=False)
    storage.start()
    fill(f"http://127.0.0.1:{storage_port}")
    refused: set[str] = set()
    with running(settings(REGION, port)) as emulator, running(settings(SLOW_REGION, slow_port)):
        while not stop.wait(0.5):
            refused |= refuse(emulator, refused)
    storage.stop()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
