"""Looks at a page that plays: where its clips are, and what is really on the screen."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from typing import Any

from PIL import Image
from playwright.sync_api import Frame, Locator, Page

from tests.patience import HANGS

FRAME = 1 / 15
"""Seconds that a frame of the tests' clips lasts."""


def until(seen: Callable[[], Any], what: str) -> Any:
    """Wait until something is so. (Playwright's own way evaluates a string, which the pages' CSP forbids.)"""
    limit = time.monotonic() + HANGS
    while time.monotonic() < limit:
        if found := seen():
            return found
        time.sleep(0.03)
    raise AssertionError(f"not within {HANGS:.0f} s: {what}")


def ready(page: Page | Frame, videos: int = 2) -> None:
    """Wait until that many clips could be played."""
    found = "[...document.querySelectorAll('.stage video')].filter(v => v.readyState >= 2).length"
    until(lambda: page.evaluate(found) == videos, f"{videos} videos are there")


def times(page: Page | Frame) -> list[float]:
    found: list[float] = page.evaluate(
        "[...document.querySelectorAll('.stage video')].map(v => v.currentTime)"
    )
    return found


def paused(page: Page | Frame) -> list[bool]:
    found: list[bool] = page.evaluate("[...document.querySelectorAll('.stage video')].map(v => v.paused)")
    return found


def together_for_a_second(page: Page | Frame) -> bool:
    """Watch them play. A machine with too much to do may tear them apart for a moment, so one second must be good."""
    limit = time.monotonic() + 1.0
    seen = 0
    while time.monotonic() < limit:
        first, second = times(page)
        if abs(first - second) >= FRAME or any(paused(page)):
            return False
        seen += 1
    return seen > 5


def on_screen(where: Locator) -> Image.Image:
    """Return what is really on the screen."""
    return Image.open(io.BytesIO(where.screenshot())).convert("RGB")


def shown_colour(where: Locator, at: float) -> tuple[int, int, int]:
    """Return the colour that is really on the screen, a quarter from the top, at a share of an element's width."""
    shot = on_screen(where)
    found = shot.getpixel((round(shot.width * at), shot.height // 4))
    assert isinstance(found, tuple)
    return found  # type: ignore[return-value]


def bar(where: Locator) -> float:
    """Return where in a clip's picture the middle of the white bar is, as a share of its width."""
    shot = on_screen(where)
    row = [shot.getpixel((at, shot.height // 2)) for at in range(shot.width)]
    white = [at for at, colour in enumerate(row) if min(colour) > 220]  # type: ignore[arg-type]
    return sum(white) / len(white) / shot.width if white else -1.0
