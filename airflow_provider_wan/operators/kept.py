"""Remembers beside a landed result which request it came of, so that it need not be paid for again.

Airflow's own memory ends with the task: a person's clear asks for a new edit, and another DAG run knows nothing of
this one. Where a result shall be kept whatever is cleared, a small JSON file beside it says what it is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import ObjectStoragePath

from airflow_provider_wan import storage
from airflow_provider_wan.dashscope.errors import DestinationError
from airflow_provider_wan.dashscope.redact import redacted

if TYPE_CHECKING:
    from airflow_provider_wan.logs import Log

SUFFIX = ".wan.json"


def record_uri(uri: str) -> str:
    """Name the record that lies beside a landed file."""
    return f"{uri}{SUFFIX}"


def keep(uri: str, fingerprint: str, outcome: Mapping[str, Any]) -> None:
    """Write down what a landed file came of. Its signed address isn't written; it dies anyhow.

    Args:
        uri: The landed file.
        fingerprint: Of its request.
        outcome: The result of the edit, as XCom has it.

    Raises:
        DestinationError: The record can't be written; the file itself is landed.
    """
    size = int(ObjectStoragePath(uri).stat().st_size)
    record = {"fingerprint": fingerprint, "size": size, "result": {**outcome, "video_url": None}}
    money = f"The result itself is landed. {DestinationError.spent}"
    storage.put_text(json.dumps(record, ensure_ascii=False), record_uri(uri), money=money)


def kept(uri: str, fingerprint: str, *, log: Log) -> dict[str, Any] | None:
    """Return the result of an edit whose file is landed and came of this very request; None where there is none.

    Args:
        uri: Where the file would be landed.
        fingerprint: Of the request at hand.
        log: The task's log.
    """
    written = storage.text(record_uri(uri), log=log)
    if written is None:
        return None
    try:
        record = json.loads(written)
        size = int(ObjectStoragePath(uri).stat().st_size)
    except FileNotFoundError:
        return None
    except Exception as error:  # noqa: BLE001 -- each storage fails in its own way; the edit itself shall say so
        log.warning(
            "What is landed at %s can't be told (%s).", uri, redacted(f"{type(error).__name__}: {error}")
        )
        return None
    if not isinstance(record, dict) or record.get("fingerprint") != fingerprint or record.get("size") != size:
        log.info("What is landed at %s came of another request, or was changed since.", uri)
        return None
    result = record.get("result")
    return dict(result) if isinstance(result, dict) else None
