"""Names for the parts of an engine that share one machine. Airflow imports this, so nothing else is here."""

from __future__ import annotations

import os


def part() -> str:
    """Return the name of this part, which Airflow takes for the name of its machine."""
    return os.environ["AT_SCALE_PART"]
