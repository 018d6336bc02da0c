"""What a file is that isn't the media it should be."""

from __future__ import annotations

import re

from airflow_provider_wan.dashscope.input_errors import InputUnfitError

LARGEST_SIDE = 65_535
"""Pixels; no picture or video format in use has more, so a file that says so is damaged or means harm."""
MOST_TRACKS = 64

_MAGIC = (
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive or an Office document"),
    (b"\x1f\x8b", "compressed with gzip"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"\x7fELF", "a program"),
    (b"#EXTM3U", "an HLS playlist; the video itself is in the files that it names"),
    (b"version https://git-lfs", "a Git LFS pointer; the file itself is elsewhere"),
)
_MARKUP = (
    (b"<svg", "an SVG drawing"),
    (b"<html", "an HTML page, perhaps a login or an error page"),
    (b"<!doctype html", "an HTML page, perhaps a login or an error page"),
    (b"<mpd", "a DASH manifest; the video itself is in the files that it names"),
)
_CODE = re.compile(rb"<code>([A-Za-z0-9.]{1,60})</code>", re.IGNORECASE)
_TEXT = re.compile(rb"[\t\n\r\x20-\x7e\x80-\xff]+")


class NotMediaError(InputUnfitError):
    """A file isn't media, or isn't whole. The message is the end of a sentence about the file.

    What to do: Give a whole file of the format that the parameter asks for.
    """


def absurd_sides(width: int, height: int) -> NotMediaError | None:
    """Return an error for sides that no picture has."""
    if 0 < width <= LARGEST_SIDE and 0 < height <= LARGEST_SIDE:
        return None
    return NotMediaError(f"is damaged: it claims to have {width}x{height} pixels.")


def cut_short(size: int, needed: int, what: str) -> NotMediaError:
    """Return the error for a file that ends too early."""
    return NotMediaError(f"is cut short: {what} needs {needed:,} bytes, and the file has {size:,}.")


def what_is(head: bytes) -> str:
    """Tell what a file that isn't media is, by its first bytes, as the end of `is ...`."""
    if not head:
        return "an empty file"
    if not head.strip(b"\0"):
        return "nothing but zero bytes at its start"
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith(b"<"):
        for mark, name in _MARKUP:
            if mark in text[:1024]:
                return name
        code = _CODE.search(head)
        said = f", which says {code[1].decode('ascii')}" if code else ""
        return f"an XML document, perhaps a storage's error message{said}"
    if _is_text(head[:1024]):
        if text[:1] in (b"{", b"["):
            return "a JSON document, perhaps an error message"
        return f"a text; it begins with {_shown(head)}"
    return f"no media that this package knows, or is damaged; it begins with {head[:12].hex(' ')}"


def _is_text(head: bytes) -> bool:
    if not _TEXT.fullmatch(head):
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start >= len(head) - 3  # cut inside a character
    return True


def _shown(head: bytes) -> str:
    return repr(" ".join(head[:60].decode("utf-8", "ignore").split())[:40])
