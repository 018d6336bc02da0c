"""Makes small media files and looks into rendered ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from PIL import Image

from airflow_provider_wan.emulator.render import Rendered, RenderJob

Pixels = npt.NDArray[np.uint8]
RATE = 44_100
SIZE = (640, 360)
"""Of the ordinary clip."""
BOX = (240, 60, 600, 320)
"""The mask's edited area: left, top, right, bottom."""
ALIKE = 32.0
"""Decibels from which pictures count as unchanged up to the codec."""
MakeJob = Callable[..., RenderJob]
"""What the `job` fixture is."""


def scenery(width: int, height: int, moment: float) -> Pixels:
    """A soft coloured ground with a bright square that moves to the right."""
    across, down = np.linspace(0, 1, width)[None, :], np.linspace(0, 1, height)[:, None]
    picture = np.empty((height, width, 3))
    picture[..., 0] = 60 + 120 * across
    picture[..., 1] = 50 + 100 * down
    picture[..., 2] = 130 - 90 * across * down
    side = height // 5
    left = int((0.1 + 0.5 * moment) * width) % (width - side)
    picture[height // 2 : height // 2 + side, left : left + side] = (235, 215, 120)
    return picture.astype(np.uint8)


def clip(
    path: Path,
    size: tuple[int, int] = (640, 360),
    *,
    seconds: float = 1.0,
    fps: int = 30,
    sound: bool = False,
    matrix: int = 2,
) -> Path:
    """Write an MP4 of the scenery, with a tone if asked; `matrix` is H.264's number for how colours are stored."""
    with av.open(path, "w", format="mp4") as container:
        video = container.add_stream("libx264", rate=fps, options={"preset": "ultrafast", "crf": "12"})
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        video.codec_context.colorspace = matrix
        track = container.add_stream("aac", rate=RATE, layout="stereo") if sound else None
        for number in range(round(seconds * fps)):
            rgb = av.VideoFrame.from_ndarray(scenery(*size, number / fps), format="rgb24")
            frame = rgb.reformat(format="yuv420p", dst_colorspace=None if matrix == 2 else matrix)
            frame.pts, frame.time_base = number, Fraction(1, fps)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        if track is not None:
            for block in _tone(seconds):
                container.mux(track.encode(block))
            container.mux(track.encode(None))
    return path


def tone(path: Path, seconds: float) -> Path:
    """Write a WAV file with a steady tone."""
    with av.open(path, "w", format="wav") as container:
        track = container.add_stream("pcm_s16le", rate=RATE, layout="stereo")
        resampler = av.AudioResampler("s16", "stereo", RATE)
        for block in _tone(seconds):
            for converted in resampler.resample(block):
                container.mux(track.encode(converted))
        container.mux(track.encode(None))
    return path


def picture(path: Path, size: tuple[int, int], colour: tuple[int, int, int] | None = None) -> Path:
    """Write a picture of the scenery or of one colour."""
    image = Image.fromarray(scenery(*size, 0.0)) if colour is None else Image.new("RGB", size, colour)
    image.save(path)
    return path


def mask(path: Path, size: tuple[int, int], box: tuple[int, int, int, int]) -> Path:
    """Write a mask that lets edit the box (left, top, right, bottom)."""
    image = Image.new("L", size, 0)
    image.paste(255, box)
    image.save(path)
    return path


def mask_clip(
    path: Path, size: tuple[int, int], box: tuple[int, int, int, int], count: int, fps: int = 30
) -> Path:
    """Write a mask video of `count` frames, all with the same box."""
    image = Image.new("RGB", size, "black")
    image.paste((255, 255, 255), box)
    with av.open(path, "w", format="mp4") as container:
        video = container.add_stream("libx264", rate=fps, options={"preset": "ultrafast", "crf": "1"})
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        for number in range(count):
            frame = av.VideoFrame.from_ndarray(np.asarray(image), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, fps)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
    return path


def frames(path: Path) -> list[Pixels]:
    """Every frame of a video as RGB."""
    with av.open(path) as container:
        return [np.asarray(frame.to_ndarray(format="rgb24"), np.uint8) for frame in container.decode(video=0)]


def frame(path: Path, number: int) -> Pixels:
    """One frame of a video as RGB, counted from 0."""
    with av.open(path) as container:
        decoded = next(islice(container.decode(video=0), number, None))
        return np.asarray(decoded.to_ndarray(format="rgb24"), np.uint8)


def samples(path: Path) -> npt.NDArray[np.float32]:
    """A file's whole sound track, one row per channel."""
    with av.open(path) as container:
        return np.concatenate([block.to_ndarray() for block in container.decode(audio=0)], axis=1)


def psnr(one: npt.NDArray[np.generic], other: npt.NDArray[np.generic]) -> float:
    """How alike two pictures are, in decibels; 99 for equal ones."""
    error = float(np.mean((one.astype(np.float64) - other.astype(np.float64)) ** 2))
    return 99.0 if error == 0 else 10 * float(np.log10(255**2 / error))


def alike(one: Pixels, other: Pixels, made: Rendered) -> float:
    """The likeness of two pictures outside the mark, with a margin around it for the codec's blocks."""
    box = made.mark
    rows = slice(max(0, box.top - 16), box.top + box.height + 16)
    columns = slice(max(0, box.left - 16), box.left + box.width + 16)
    seen = np.ones(one.shape[:2], bool)
    seen[rows, columns] = False
    return psnr(one[seen], other[seen])


def written(path: Path, content: bytes) -> Path:
    """Write a file and return its path."""
    path.write_bytes(content)
    return path


def _tone(seconds: float) -> Iterator[av.AudioFrame]:
    for start in range(0, round(seconds * RATE), 1024):
        moment = np.arange(start, start + 1024) / RATE
        wave = (0.3 * np.sin(2 * np.pi * 330 * moment)).astype(np.float32)
        block = av.AudioFrame.from_ndarray(np.stack([wave, wave]), format="fltp", layout="stereo")
        block.sample_rate, block.pts, block.time_base = RATE, start, Fraction(1, RATE)
        yield block
