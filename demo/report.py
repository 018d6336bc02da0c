"""What the demo tells at its end, as text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av

from demo.errors import DemoError
from demo.mail import Mail


@dataclass(frozen=True, slots=True)
class Video:
    """What a file is."""

    width: int
    height: int
    seconds: float
    size: int


def probe(path: Path) -> Video:
    """Read an MP4's size and length.

    Raises:
        DemoError: There is no such file, or no video in it.
    """
    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            seconds = (container.duration or 0) / av.time_base
            return Video(stream.width, stream.height, seconds, path.stat().st_size)
    except (OSError, IndexError, av.FFmpegError) as error:
        raise DemoError(f"{path} is not a video: {error}") from error


def file_of(uri: str) -> Path:
    """Return the path behind a `file://` URI as `ObjectStoragePath` writes it, without percent signs."""
    return Path(uri.removeprefix("file://"))


def describe_edit(task: str, result: Mapping[str, Any], video: Video) -> str:
    """Describe one edit: where its file is, what it is, what it cost."""
    cost = result.get("cost")
    price = f"{cost['amount']} {cost['currency']}" if cost else "price unknown"
    return (
        f"{task} ({result['function']}, {result['model']})\n"
        f"  {file_of(result['output_path'])}\n"
        f"  {video.width}x{video.height}, {video.seconds:.1f} s, {video.size / 1e6:.1f} MB; "
        f"{result['billed_seconds']} s billed, {price}"
    )


def describe_mail(mail: Mail, lines: int = 6) -> str:
    """Describe a delivered mail: to whom, about what, and how it begins."""
    head = (f"From:    {mail.sender}", f"To:      {mail.recipients}", f"Subject: {mail.subject}", "")
    shown = (f"  {line}".rstrip() for line in (*head, *mail.lines[:lines]))
    return "\n".join([f"Mail delivered ({mail.file})", *shown])


def describe_ledger(ledger: Mapping[str, Any]) -> str:
    """Describe what the emulator would have been paid."""
    return (
        f"The emulator's ledger: {ledger['paid_tasks']} jobs, {ledger['billed_seconds']} s, "
        f"{ledger['cost']} {ledger['currency']} in all (nobody pays it)"
    )
