"""A worker's part of moving one large file, as a process of its own: `python -m tests.transfers.worker WHAT FROM TO`.

It moves a small file first, so that what its libraries load isn't counted, and prints by how many bytes its memory
has grown at the most while it moved the large one.
"""

from __future__ import annotations

import logging
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from airflow_provider_wan import staging, storage
from airflow_provider_wan.dashscope.account import Account
from airflow_provider_wan.dashscope.client import DashScopeClient
from airflow_provider_wan.dashscope.results import TaskSnapshot, TaskStatus


def say(what: object) -> None:
    """Print a line that can be told from what is logged."""
    sys.stdout.write(f"= {what}\n")
    sys.stdout.flush()


def resident(name: str) -> int:
    """Bytes of memory that this process holds (`VmRSS`), or has held at the most (`VmHWM`)."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) * 1024


def move(client: DashScopeClient, what: str, source: str, target: str) -> None:
    if what == "land":
        now = datetime.now(UTC)
        snapshot = TaskSnapshot("job", TaskStatus.SUCCEEDED, submitted_at=now, video_url=source)
        say(storage.land(client, snapshot, target).size)
    else:
        say(staging.upload(client, source, target, log=logging.getLogger("worker")))


def main() -> None:
    what, small, source, target = sys.argv[1:]
    account = Account.of(api_key=os.environ["WORKER_KEY"], host=os.environ["WORKER_HOST"])
    with DashScopeClient(account) as client:
        move(client, what, small, f"{target}.small" if what == "land" else target)
        Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
        before = resident("VmRSS")
        say("moving")
        move(client, what, source, target)
        say(resident("VmHWM") - before)


if __name__ == "__main__":
    main()
