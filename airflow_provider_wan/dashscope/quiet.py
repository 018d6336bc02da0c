"""Keeps our own calls out of the HTTP library's log, and leaves everyone else's in it.

httpx logs the address of every call at INFO: a line per poll, and the signature of every result's
address. At DEBUG, httpcore adds headers, with the same signatures where an answer redirects.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from contextvars import ContextVar

_ours: ContextVar[bool] = ContextVar("airflow_provider_wan_http_call", default=False)


class _LeaveOutOurs(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:  # noqa: ARG002
        return not _ours.get()


for _name in ("httpx", *(f"httpcore.{part}" for part in ("connection", "http11", "proxy", "socks"))):
    logging.getLogger(_name).addFilter(_LeaveOutOurs())


@contextlib.contextmanager
def unlogged() -> Iterator[None]:
    """Whatever this thread or task asks of the HTTP library in here isn't logged by it."""
    token = _ours.set(True)
    try:
        yield
    finally:
        _ours.reset(token)
