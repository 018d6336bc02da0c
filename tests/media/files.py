"""Makes media files in memory."""

from __future__ import annotations

import io
import struct
import tempfile
import zlib
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image

RATE = 48_000
_CODECS = {
    "mp4": ("libx264", "aac"),
    "mov": ("libx264", "aac"),
    "matroska": ("libx264", "aac"),
    "webm": ("libvpx", "libopus"),
    "avi": ("mpeg4", "mp2"),
    "flv": ("flv", "aac"),
    "mpegts": ("libx264", "aac"),
    "mpeg": ("mpeg2video", "mp2"),
    "mxf": ("mpeg2video", "pcm_s16le"),
}
_FAST = {
    "libx264": {"preset": "ultrafast", "bf": "0"},
    "libvpx": {"deadline": "realtime", "cpu-used": "16"},
}


def clip(
    kind: str = "mp4",
    size: tuple[int, int] = (320, 240),
    *,
    seconds: float = 2.0,
    fps: int | Fraction = 25,
    sound: bool = False,
    rotation: int = 0,
    options: dict[str, str] | None = None,
    noise: bool = False,
    times: list[int] | None = None,
) -> bytes:
    """Return a video; `times` are the frames' times in 1/fps, where they are uneven."""
    codecs = _CODECS[kind]
    random = np.random.default_rng(0)
    folder = tempfile.TemporaryDirectory()
    file = Path(folder.name, "made")  # to put an index first, FFmpeg reads the file while it writes it
    with folder:
        with av.open(file, "w", format=kind, options=options or {}) as container:
            video: Any = container.add_stream(codecs[0], rate=fps, options=_FAST.get(codecs[0], {}))
            video.width, video.height, video.pix_fmt = *size, "yuv420p"
            if rotation:
                video.set_display_rotation(rotation)
            track: Any = container.add_stream(codecs[1], rate=RATE) if sound else None
            picture = np.full((size[1], size[0], 3), 90, np.uint8)
            for number in times or range(round(seconds * fps)):
                if noise:
                    picture = random.integers(0, 255, picture.shape, np.uint8)
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
                frame.pts, frame.time_base = number, 1 / Fraction(fps)
                container.mux(video.encode(frame))
            container.mux(video.encode(None))
            if track is not None:
                _add_silence(container, track, seconds)
        return file.read_bytes()


def sound(kind: str, seconds: float) -> bytes:
    """Return a sound file, `wav` or `mp3` or another of FFmpeg's formats."""
    codec = {"wav": "pcm_s16le", "mp3": "libmp3lame", "ipod": "aac", "ogg": "libopus", "flac": "flac"}[kind]
    file = io.BytesIO()
    with av.open(file, "w", format=kind) as container:
        _add_silence(container, container.add_stream(codec, rate=RATE), seconds)
    return file.getvalue()


def _add_silence(container: Any, track: Any, seconds: float) -> None:
    resampler = av.AudioResampler(track.codec_context.format, track.codec_context.layout, RATE, 1024)
    for start in range(0, round(seconds * RATE), 1024):
        length = min(1024, round(seconds * RATE) - start)
        block = av.AudioFrame.from_ndarray(np.zeros((2, length), np.float32), format="fltp", layout="stereo")
        block.sample_rate, block.pts, block.time_base = RATE, start, Fraction(1, RATE)
        for part in resampler.resample(block):
            container.mux(track.encode(part))
    for part in resampler.resample(None):
        container.mux(track.encode(part))
    container.mux(track.encode(None))


def picture(kind: str, size: tuple[int, int] = (64, 48), mode: str = "RGB", **options: Any) -> bytes:
    """Return a picture as Pillow writes it."""
    file = io.BytesIO()
    Image.new(mode, size, 128 if mode in ("L", "P") else None).save(file, kind, **options)
    return file.getvalue()


def png_of(width: int, height: int, *, depth: int = 8, rows: int = 0) -> bytes:
    """Return a small PNG that claims to have any size, and has so many black rows."""
    head = struct.pack(">IIBBBBB", width, height, depth, 6, 0, 0, 0)
    packer = zlib.compressobj(1)
    row = bytes(1 + width * depth // 2) if rows else b""
    packed = b"".join(packer.compress(row) for _ in range(rows)) + packer.flush()
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in ((b"IHDR", head), (b"IDAT", packed), (b"IEND", b""))
    )


def box(kind: bytes, *content: bytes) -> bytes:
    """Return a box of an MP4."""
    inside = b"".join(content)
    return struct.pack(">I4s", 8 + len(inside), kind) + inside


def many_tracks(count: int) -> bytes:
    """Return an MP4 with many copies of one video track."""
    whole = clip(options={"movflags": "faststart"})
    at = whole.index(b"moov") - 4
    end = at + int.from_bytes(whole[at : at + 4])
    trak_at = whole.index(b"trak", at) - 4
    trak = whole[trak_at : trak_at + int.from_bytes(whole[trak_at : trak_at + 4])]
    return whole[:at] + box(b"moov", whole[at + 8 : trak_at], trak * count) + whole[end:]


class Counted(io.BytesIO):
    """A file that notes its reads, as places and lengths."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self.reads: list[tuple[int, int]] = []

    def read(self, size: int | None = -1, /) -> bytes:
        at = self.tell()
        content = super().read(size)
        self.reads.append((at, len(content)))
        return content

    @property
    def total(self) -> int:
        """Bytes that were read."""
        return sum(length for _, length in self.reads)
