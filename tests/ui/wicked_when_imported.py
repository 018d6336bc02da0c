"""Nothing must import this because a record names it."""

from __future__ import annotations

from tests.ui.wicked import MARK

MARK.touch()


class Wicked:
    """Never made."""
