"""Media files that PyAV is asked about, through the guard before it. Slower than the rest, so it runs less often."""

from __future__ import annotations

import io
from typing import Any

import av

from airflow_provider_wan.dashscope.errors import WanError
from airflow_provider_wan.media.probe import probe
from fuzz import media

NAME = "decoder"
SHARE = 50
"""One run for so many of the others."""


def _made(kind: str, codec: str) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format=kind) as opened:
        stream: Any = opened.add_stream(codec, rate=10)
        stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
        for _ in range(2):
            opened.mux(stream.encode(av.VideoFrame(32, 32, "yuv420p")))
        opened.mux(stream.encode(None))
    return file.getvalue()


SEEDS = (
    *media.SEEDS,
    _made("matroska", "mpeg4"),
    _made("avi", "mpeg4"),
    _made("mpegts", "mpeg2video"),
    b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0" + bytes(24),
    b"#EXTM3U\nfile:///etc/passwd\n",
    b"ffconcat version 1.0\nfile /etc/passwd\n",
)


def one(data: bytes) -> None:
    """Look at one file; whatever is no `WanError` is a fault."""
    try:
        probe(io.BytesIO(data), name="a.mp4", size=len(data))
    except WanError as error:
        str(error)
