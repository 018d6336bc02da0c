"""Makes little clips whose colours and movement can be told apart on a screen."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import av
import numpy as np
from PIL import Image

Colour = tuple[int, int, int]


def clip(
    colour: Colour,
    *,
    size: tuple[int, int] = (320, 180),
    seconds: float = 2.0,
    fps: int = 15,
    sound: bool = False,
    noise: bool = False,
) -> bytes:
    """Return an MP4 of one colour, over which a white bar moves from left to right.

    With `noise` below it is large, so that a browser gets it in parts: about 8 MB for 5 seconds of 640x360.
    """
    frames = round(seconds * fps)
    random = np.random.default_rng(0)
    with TemporaryDirectory() as folder:
        file = Path(folder, "made.mp4")
        with av.open(file, "w", options={"movflags": "faststart"}) as container:
            options = {"preset": "ultrafast", "g": str(fps)} | ({"qp": "12"} if noise else {})
            video: Any = container.add_stream("libx264", rate=fps, options=options)
            video.width, video.height, video.pix_fmt = *size, "yuv420p"
            track: Any = container.add_stream("aac", rate=48_000) if sound else None
            for number in range(frames):
                picture = np.full((size[1], size[0], 3), colour, np.uint8)
                left = number * (size[0] - 20) // max(1, frames - 1)
                picture[size[1] // 3 : size[1] * 2 // 3, left : left + 20] = 255
                if noise:
                    below = picture[size[1] * 2 // 3 :]
                    below[:] = random.integers(0, 256, below.shape, np.uint8)
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
                frame.pts, frame.time_base = number, 1 / Fraction(fps)
                container.mux(video.encode(frame))
            container.mux(video.encode(None))
            if track is not None:
                _add_tone(container, track, seconds)
        return file.read_bytes()


def _add_tone(container: Any, track: Any, seconds: float) -> None:
    for start in range(0, round(seconds * 48_000), 1024):
        times = np.arange(start, start + 1024) / 48_000
        wave = np.sin(2 * np.pi * 440 * times).astype(np.float32) * 0.1
        block = av.AudioFrame.from_ndarray(np.stack([wave, wave]), format="fltp", layout="stereo")
        block.sample_rate, block.pts, block.time_base = 48_000, start, Fraction(1, 48_000)
        container.mux(track.encode(block))
    container.mux(track.encode(None))


def picture(colour: Colour, size: tuple[int, int] = (160, 90)) -> bytes:
    """Return a PNG of one colour."""
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "PNG")
    return file.getvalue()
