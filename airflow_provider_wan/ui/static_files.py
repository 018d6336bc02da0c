"""The files that the pages are made of. They hold nothing of any edit."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "static"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,60}\.[a-z0-9]{2,5}")


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One of the files.

    Attributes:
        content: All of it.
        media_type: Its content type.
        tag: Its entity tag, in quotes.
    """

    content: bytes
    media_type: str
    tag: str


def read(name: str) -> StaticFile | None:
    """Return a file of the folder by its bare name; None where there is no such one, or it is no part of a page."""
    if not _NAME.fullmatch(name):
        return None
    path = FOLDER / name
    media_type = _TYPES.get(path.suffix)
    if media_type is None or not path.is_file():
        return None
    content = path.read_bytes()
    return StaticFile(content, media_type, f'"{hashlib.sha256(content).hexdigest()[:24]}"')
