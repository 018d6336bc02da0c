"""Which addresses an input may have.

The service fetches http(s) and its own temporary storage by itself; addresses in any other storage are staged before
they are sent. Whether that storage exists, and may be read, shows when the task runs.

Sources: Model Studio, the API reference of each model for the forms it takes; `get-temporary-file-url`
(2026-02-11) for `oss://`.
"""

from __future__ import annotations

import re
from typing import Any

from airflow_provider_wan.dashscope.inputs import TEMPORARY
from airflow_provider_wan.dashscope.requests.rules import Rule, meant, refuse

_INLINE = re.compile(r"data:image/(jpeg|png|bmp|webp);base64,([A-Za-z0-9+/]+)(={0,2})")
_WEB = re.compile(r"https?://([^/?#@]*@)?[^/?#@]+", re.IGNORECASE)
_STORED = re.compile(r"[a-z][a-z0-9+.-]*://[^?#]*[^/?#]", re.IGNORECASE)
_KNOWN = ("http", "https", "s3", "gs", "oss", "file", "abfs")
_NO_STORAGE = frozenset(
    {"ftp", "ftps", "sftp", "ssh", "scp", "smb", "rtsp", "rtmp", "mms", "ws", "wss", "blob"}
)


_FIX = "Give a public https:// URL, or the URI of a file in storage, e.g. s3://conn@bucket/clip.mp4."


class Url(Rule):
    """An input: a URL that the service fetches from the public internet, or the URI of a file in storage.

    Args:
        inline: Whether a `data:` URI is documented for it; images of 2.1 and later models, never VACE.
    """

    wanted = "a URL"

    def __init__(self, *, inline: bool = False) -> None:
        self.inline = inline

    def parse(self, field: str, value: Any) -> str:
        """Take a URL as it is; a signed one must not be changed."""
        if not isinstance(value, str):
            refuse(field, value, "must be a URL, as text", _FIX)
        if _stored(value):
            _check_stored(field, value)
            return value
        if " " in value or (value.isascii() and not value.isprintable()):
            refuse(field, value, "must be a URL without spaces", "Write a space as %20.")
        if not value.isascii():
            rule = "must be a URL of ASCII characters only"
            refuse(field, value, rule, "Percent-encode the others, e.g. with urllib.parse.quote.")
        if value[:5].lower() == "data:":
            self._check_inline(field, value)
        else:
            _check_fetchable(field, value)
        return value

    def _check_inline(self, field: str, value: str) -> None:
        if not self.inline:
            refuse(field, value, "may not be a data: URI here", _FIX)
        match = _INLINE.fullmatch(value)
        if not match or (len(match[2]) + len(match[3])) % 4:
            rule = (
                "must be data:{type};base64,{data} with type image/jpeg, image/png, image/bmp or image/webp"
            )
            refuse(field, value, rule, f"Correct it. {_FIX}")


def _stored(value: str) -> bool:
    scheme, mark, _ = value.partition("://")
    return (
        bool(mark)
        and re.fullmatch(r"[a-z][a-z0-9+.-]*", scheme, re.IGNORECASE) is not None
        and not (scheme.lower() in ("http", "https") or value.startswith(TEMPORARY))
    )


def _check_stored(field: str, value: str) -> None:
    # Names in storage may hold any letter, and blanks: what the service gets is made from them.
    scheme = value.partition("://")[0]
    if scheme.lower() not in _KNOWN and (slip := meant(f"{scheme}", _KNOWN, "")):
        refuse(field, value, f"must be a URL, and {scheme}:// looks like a slip", slip)
    if scheme.lower() in _NO_STORAGE:
        refuse(field, value, f"must be a URL that the service can fetch, which {scheme}:// is not", _FIX)
    if ":" in value.partition("://")[2].partition("/")[0].rpartition("@")[0]:
        rule = "must be the URI of a file without a password in it"
        refuse(field, value, rule, "Keep the password in a connection and name that: s3://conn@bucket/...")
    if not value.replace(" ", "").isprintable() or not _STORED.fullmatch(value):
        refuse(field, value, "must be the URI of a file", "Give one, e.g. s3://conn@bucket/folder/clip.mp4.")


def _check_fetchable(field: str, value: str) -> None:
    if not _WEB.match(value) and not value.startswith(TEMPORARY):
        refuse(field, value, "must be a complete URL", _FIX)


def inline_bytes(value: str) -> int:
    """Return the size of the file inside a `data:` URI; 0 for any other URL."""
    match = _INLINE.fullmatch(value)
    return len(match[2]) * 3 // 4 if match else 0
