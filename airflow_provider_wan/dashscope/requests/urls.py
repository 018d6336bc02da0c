"""Which inputs the service can fetch.

Sources: Model Studio, the API reference of each model for the forms it takes; `get-temporary-file-url`
(2026-02-11) for `oss://`.
"""

from __future__ import annotations

import re
from typing import Any

from airflow_provider_wan.dashscope.requests.rules import Rule, refuse

TEMPORARY = "oss://dashscope-instant/"
"""Start of a file in DashScope's temporary storage: 48 hours, bound to model and account."""

_INLINE = re.compile(r"data:image/(jpeg|png|bmp|webp);base64,([A-Za-z0-9+/]+)(={0,2})")
_WEB = re.compile(r"https?://([^/?#@]*@)?[^/?#@]+", re.IGNORECASE)


class Url(Rule):
    """An input: a URL that the service fetches from the public internet.

    Args:
        inline: Whether a `data:` URI is documented for it; images of 2.1 and later models, never VACE.
    """

    wanted = "a URL"

    def __init__(self, *, inline: bool = False) -> None:
        self.inline = inline

    def parse(self, field: str, value: Any) -> str:
        """Take a URL as it is; a signed one must not be changed."""
        if not isinstance(value, str):
            refuse(field, value, "must be a URL, as text", "Give a public https:// URL.")
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
            refuse(field, value, "may not be a data: URI here", "Give a public https:// URL.")
        match = _INLINE.fullmatch(value)
        if not match or (len(match[2]) + len(match[3])) % 4:
            rule = (
                "must be data:{type};base64,{data} with type image/jpeg, image/png, image/bmp or image/webp"
            )
            refuse(field, value, rule, "Correct it, or give a public https:// URL.")


def _check_fetchable(field: str, value: str) -> None:
    """Refuse what the service can't fetch by itself."""
    if _WEB.match(value) or value.startswith(TEMPORARY):
        return
    scheme, mark, _ = value.partition("://")
    if not mark or scheme.lower() in ("http", "https"):
        refuse(field, value, "must be a complete URL", "Give a public https:// URL.")
    refuse(
        field,
        value,
        f"must be a URL that the service can fetch, which {scheme}:// is not",
        "Give a public https:// URL.",
    )


def inline_bytes(value: str) -> int:
    """Return the size of the file inside a `data:` URI; 0 for any other URL."""
    match = _INLINE.fullmatch(value)
    return len(match[2]) * 3 // 4 if match else 0
