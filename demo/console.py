"""Talking to whoever started the demo."""

from __future__ import annotations

from contextlib import suppress


def say(text: str) -> None:
    """Print at once, also into a pipe. A reader who has gone must not keep us from cleaning up."""
    with suppress(OSError):
        print(text, flush=True)
