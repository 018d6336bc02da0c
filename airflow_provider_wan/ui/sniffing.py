"""Tells from a file's first bytes what it is, and lets nothing through that isn't a video, an image or a sound. Pure.

Sources: ISO/IEC 14496-12 (ftyp), the registered brands at mp4ra.org, the WebM container guidelines, RFC 2083 (PNG), the
layout of RIFF, and the frame header of ISO/IEC 11172-3.
"""

from __future__ import annotations

HEAD = 256
"""Bytes that are looked at."""
LARGEST_IMAGE = 32 << 20
"""Bytes of an image that are served; a browser holds it in memory whole."""

SERVED = "MP4, MOV and WebM videos, PNG, JPEG, WebP, GIF and BMP images, MP3 and WAV sound"

_PICTURE_BRANDS = (
    b"heic",
    b"heix",
    b"heim",
    b"heis",
    b"hevc",
    b"hevx",
    b"mif1",
    b"mif2",
    b"msf1",
    b"avif",
    b"avis",
)
_MOVIE_ATOMS = (b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
_BITMAP_HEADERS = (12, 40, 52, 56, 64, 108, 124)


def content_type(head: bytes) -> str | None:
    """Return the content type that a file's first bytes say; None where it is nothing that is served."""
    if head[:8] == b"\x89PNG\r\n\x1a\n":
        return "image/png"
    if head[:3] == b"\xff\xd8\xff":
        return "image/jpeg"
    if head[:6] in (b"GIF87a", b"GIF89a"):
        return "image/gif"
    if head[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(head[8:12])
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return "video/webm" if b"\x42\x82\x84webm" in head[:64] else None
    if head[:2] == b"BM":
        header = int.from_bytes(head[14:18], "little")
        return "image/bmp" if header in _BITMAP_HEADERS and head[6:10] == bytes(4) else None
    return _movie(head) or _sound(head)


def _movie(head: bytes) -> str | None:
    kind, brand = head[4:8], head[8:12]
    if kind == b"ftyp" and int.from_bytes(head[:4], "big") >= 16:
        if brand in _PICTURE_BRANDS:
            return None
        if brand == b"qt  ":
            return "video/quicktime"
        return "audio/mp4" if brand in (b"M4A ", b"M4B ") else "video/mp4"
    # Films of before `ftyp` was thought of begin with any of these.
    return "video/quicktime" if kind in _MOVIE_ATOMS and head[:1] == b"\0" and len(head) > 16 else None


def _sound(head: bytes) -> str | None:
    if head[:3] == b"ID3":
        return "audio/mpeg"
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:  # no frame of layer III
        return None
    rate, frequency = head[2] >> 4, head[2] >> 2 & 3
    return "audio/mpeg" if 0 < rate < 15 and frequency < 3 else None
