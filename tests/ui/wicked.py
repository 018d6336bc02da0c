"""Where the class that nobody must import leaves its mark."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

MARK = (
    Path(tempfile.gettempdir())
    / f"imported-by-a-record-{os.environ.get('AIRFLOW_HOME', '').rpartition('-')[2]}"
)
