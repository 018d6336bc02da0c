"""What ends the demo early."""

from __future__ import annotations


class DemoError(Exception):
    """The demo can't go on; the message says why and what to do."""


class NotStartedError(DemoError):
    """Nothing was started: a setting is wrong, or something stands in the way."""


class InterruptedDemo(Exception):  # noqa: N818 - a wish, not an error
    """Someone pressed Ctrl-C, closed the terminal or ended the process."""
