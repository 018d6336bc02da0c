"""Media files, as far as this package reads them itself: MP4, MOV, pictures; and their first bytes."""

from __future__ import annotations

import io
import struct
from pathlib import Path

from airflow_provider_wan.dashscope.errors import WanError
from airflow_provider_wan.dashscope.mp4 import Mp4Check
from airflow_provider_wan.media.movie import movie
from airflow_provider_wan.media.pictures import picture
from airflow_provider_wan.media.window import Window
from airflow_provider_wan.ui.sniffing import content_type

NAME = "media"


def _box(kind: bytes, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return struct.pack(">I4s", len(content) + 8, kind) + content


def _movie() -> bytes:
    matrix = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30)
    table = _box(b"stts", struct.pack(">IIII", 0, 1, 25, 1000))
    entry = _box(b"stsd", bytes(8), _box(b"avc1", bytes(24), struct.pack(">HH", 64, 64), bytes(50)))
    trak = _box(
        b"trak",
        _box(
            b"tkhd",
            struct.pack(">IIIIII", 1, 0, 0, 1, 0, 1000),
            bytes(16),
            matrix,
            struct.pack(">II", 64 << 16, 64 << 16),
        ),
        _box(
            b"mdia",
            _box(b"mdhd", struct.pack(">IIIII", 0, 0, 0, 25000, 25000), bytes(4)),
            _box(b"hdlr", bytes(8), b"vide", bytes(13)),
            _box(b"minf", _box(b"stbl", entry, table)),
        ),
    )
    header = _box(b"mvhd", struct.pack(">IIIII", 0, 0, 0, 1000, 1000), bytes(16), matrix, bytes(28))
    extends = _box(b"mvex", _box(b"trex", struct.pack(">IIIIII", 0, 1, 1, 1000, 0, 0)))
    run = _box(b"trun", struct.pack(">IIII", 0x100, 2, 1000, 1000))
    part = _box(b"moof", _box(b"traf", _box(b"tfhd", struct.pack(">II", 0, 1)), _box(b"tfdt", bytes(8)), run))
    return (
        _box(b"ftyp", b"isom", bytes(4))
        + _box(b"moov", header, trak, extends)
        + part
        + _box(b"mdat", bytes(16))
    )


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", len(content), kind) + content + bytes(4)


_EXIF = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0"
SEEDS = (
    b"",
    _movie(),
    (Path(__file__).parents[1] / "airflow_provider_wan/emulator/placeholder.mp4").read_bytes(),
    b"\x89PNG\r\n\x1a\n"
    + _chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 6, 0, 0, 0))
    + _chunk(b"IDAT", b"x")
    + _chunk(b"IEND", b"")[:8]
    + b"\xae\x42\x60\x82",
    b"\xff\xd8\xff\xe1"
    + struct.pack(">H", len(_EXIF) + 2)
    + _EXIF
    + b"\xff\xc0\0\x11\x08\0\x08\0\x08\x03"
    + bytes(9)
    + b"\xff\xd9",
    b"RIFF\x1a\0\0\0WEBPVP8X\x0a\0\0\0\x10\0\0\0\x07\0\0\x07\0\0",
    b"RIFF\x1a\0\0\0WEBPVP8L\x0a\0\0\0\x2f\x07\xc0\x01\0" + bytes(8),
    b"II*\0\x08\0\0\0\x02\0\0\x01\x03\0\x01\0\0\0\x08\0\0\0\x01\x01\x03\0\x01\0\0\0\x08\0\0\0",
    b"BM\x76\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x04\0\0\0\x04\0\0\0\x01\0\x20\0" + bytes(88),
    b"GIF89a\x08\0\x08\0" + bytes(8),
    b"ID3\x03\0\0\0\0\0\0\xff\xfb\x90\0",
)


def one(data: bytes) -> None:
    """Look at one file; whatever is no `WanError` is a fault."""
    content_type(data[:256])
    check = Mp4Check()
    step = 1 + len(data) % 29
    try:
        for at in range(0, len(data), step):
            check.feed(data[at : at + step])
        check.finish()
    except WanError as error:
        str(error)
    for size in (len(data), None):
        window = Window(io.BytesIO(data), size, measure=False)
        try:
            facts = picture(window) or movie(window)
        except WanError as error:
            str(error)
        else:
            if facts is not None and (facts.width < 0 or facts.height < 0 or (facts.seconds or 0) < 0):
                raise AssertionError(f"nonsense is believed: {facts}")
