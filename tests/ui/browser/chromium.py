"""The browser that the pages are tried in: Debian's package `chromium-headless-shell` or `chromium`, or another.

The first is the same browser without windows, and takes half of the processor. Another is named in `CHROMIUM`.

Run as a program, it ends with a sentence and a failure where there is none.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.patience import HANGS

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_DEBIANS = Path("/usr/bin/chromium-headless-shell"), Path("/usr/bin/chromium")
_QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium() -> Path:
    """Return where it should be."""
    if named := os.environ.get("CHROMIUM"):
        return Path(named)
    return next((place for place in _DEBIANS if place.exists()), _DEBIANS[0])


def lacking() -> str | None:
    """Say what to do where there is none; None where there is one."""
    place = chromium()
    if os.access(place, os.X_OK) and place.is_file():
        return None
    return (
        f"There is no Chromium at {place}. On Debian, `apt-get install chromium-headless-shell` brings it; "
        "one elsewhere can be named in the variable CHROMIUM."
    )


def required() -> bool:
    """Whether tests that need it must fail, not be skipped, where there is none: with `WAN_BROWSER=required`."""
    return os.environ.get("WAN_BROWSER") == "required"


@contextmanager
def launched() -> Iterator[Browser]:
    """Run it until the block ends."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=HANGS * 1000)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(), args=_QUIET)
        yield started
        started.close()


if __name__ == "__main__":
    sys.exit(lacking())
