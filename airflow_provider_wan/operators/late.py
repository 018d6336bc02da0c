"""Which of an operator's arguments are known when the DAG is parsed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from airflow.providers.common.compat.sdk import ObjectStoragePath


def is_late(value: Any) -> bool:
    """Whether a value will only be known when the task runs: a template, an XComArg, or a part that is one."""
    if isinstance(value, str):
        return any(mark in value for mark in ("{{", "{%", "{#"))
    if isinstance(value, Mapping):
        return any(is_late(part) for part in value.values())
    if isinstance(value, list | tuple | set | frozenset):
        return any(is_late(part) for part in value)
    # XComArg, dag params, arguments of mapped task groups: all of them resolve themselves at run time.
    return callable(getattr(value, "resolve", None)) and callable(getattr(value, "iter_references", None))


def plain(value: Any) -> Any:
    """Turn paths (`ObjectStoragePath`, `pathlib`) into the strings that requests hold."""
    if isinstance(value, os.PathLike | ObjectStoragePath):
        return str(value)
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    return value
