"""What must not be shown: API keys, and what signs an address."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_plus

# Query parameters by which OSS, S3, Google Cloud Storage and Azure sign an address, in lower case.
_SIGNING = re.compile(
    r"(?:signature|ossaccesskeyid|expires|security-token|awsaccesskeyid|googleaccessid"
    r"|x-oss-[\w-]+|x-amz-[\w-]+|x-goog-[\w-]+|sig|se|st|skoid|sktid|ske|skt|sks|skv|sv|sp|sr)"
)
_SECRET = frozenset(
    {
        "signature",
        "sig",
        "security-token",
        "x-amz-signature",
        "x-amz-security-token",
        "x-goog-signature",
        "x-oss-signature",
        "x-oss-security-token",
    }
)
_QUERY = re.compile(r"(\b[a-z][a-z0-9+.-]{0,20}://[^\s?#\"'<>]*)[?#][^\s\"'<>]*", re.IGNORECASE)
_KEY = re.compile(r"\b(sk|st)-[\w-]{6,}")


def redacted(text: str) -> str:
    """Take API keys and the queries of addresses out of a text.

    The service quotes our inputs' addresses in its messages, and their queries are signatures.
    """
    return _KEY.sub(r"\1-***", _QUERY.sub(r"\1?***", text))


def unsigned(url: str) -> str:
    """Return an address without what signs it, so that two signatures of one object look alike."""
    if "://" not in url or "?" not in url:
        return url
    address, _, query = url.partition("?")
    parts = [part for part in query.split("&") if not _SIGNING.fullmatch(part.partition("=")[0].lower())]
    return f"{address}?{'&'.join(parts)}" if parts else address


def secrets_in(value: Any) -> Iterator[str]:
    """Yield every signature and token in a value's addresses, with its name, as written and decoded, for a mask."""
    if isinstance(value, str):
        if "://" in value and "?" in value:
            for part in value.partition("?")[2].partition("#")[0].split("&"):
                name, _, secret = part.partition("=")
                if name.lower() in _SECRET and len(secret) >= 8:
                    yield from dict.fromkeys((part, secret, unquote_plus(secret)))
    elif isinstance(value, dict):
        for part in value.values():
            yield from secrets_in(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from secrets_in(part)
