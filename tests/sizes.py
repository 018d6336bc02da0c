"""How large the files are that tests pass through the product to see that its memory stays flat."""

from __future__ import annotations

import os


def at_full_size() -> bool:
    """Whether to take what a studio would: a gibibyte, ten minutes of 1080p. `make test-large` asks for it.

    Otherwise a quarter, or a fifth, which is still far more than the memory that is allowed.
    """
    return os.environ.get("WAN_TEST_SIZES") == "full"
