"""What must not be shown: API keys, and what signs an address."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, unquote_plus

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
# Whole addresses, so that each letter of a text is looked at once: an address may be as long as its author likes.
_ADDRESS = re.compile(
    r"\b([a-z][a-z0-9+.-]{0,20}://)([^\s/?#\"'<>]*)([^\s?#\"'<>]*)([?#]?)[^\s\"'<>]*", re.IGNORECASE
)
_PLACE = re.compile(r"([^/?#]*)@")
_SHORTEST_PASSWORD = 5
"""Airflow masks no shorter one, as it would take half of a log away with it."""
_KEY = re.compile(r"\b(sk|st)-[\w-]{6,}")


def redacted(text: str) -> str:
    """Take API keys, and the queries and passwords of addresses, out of a text.

    The service quotes our inputs' addresses in its messages, and their queries are signatures.
    """
    return _KEY.sub(r"\1-***", _ADDRESS.sub(_bare, text))


def _bare(address: re.Match[str]) -> str:
    scheme, place, path, query = address.groups()
    user, at, machine = place.rpartition("@")
    if at and (":" in user or scheme[:4].lower() == "http"):  # else it is a connection's id
        place = f"***@{machine}"
    return f"{scheme}{place}{path}{'?***' if query else ''}"


def unsigned(url: str) -> str:
    """Return an address without what signs it, so that two signatures of one object look alike.

    Nor does it have a user and a password then, where it is the web's.
    """
    scheme, mark, rest = url.partition("://")
    if not mark:
        return url
    if scheme.lower() in ("http", "https"):
        place = _PLACE.match(rest)
        rest = rest[place.end() :] if place else rest
    address, asked, query = f"{scheme}{mark}{rest}".partition("?")
    if not asked:
        return address
    parts = [part for part in query.split("&") if not _SIGNING.fullmatch(part.partition("=")[0].lower())]
    return f"{address}?{'&'.join(parts)}" if parts else address


def secrets_in(value: Any) -> Iterator[str]:
    """Yield every signature, token and password in a value's addresses, as written and decoded, for a mask.

    A signature also comes with its name.
    """
    if isinstance(value, str):
        _, mark, rest = value.partition("://")
        if mark and (place := _PLACE.match(rest)):
            password = place[1].partition(":")[2]
            if len(password) >= _SHORTEST_PASSWORD:
                yield from dict.fromkeys((password, unquote(password)))
        if mark and "?" in value:
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
