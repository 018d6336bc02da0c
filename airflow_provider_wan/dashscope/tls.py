"""The TLS settings that all of this package's HTTP clients share."""

from __future__ import annotations

import functools
import ssl

import httpx


@functools.cache
def ssl_context() -> ssl.SSLContext:
    """Return what a client verifies servers with. Made once per process, as it reads the certificate bundle: 25 ms."""
    return httpx.create_ssl_context()
