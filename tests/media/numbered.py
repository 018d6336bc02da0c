"""Makes clips whose pictures carry their number, and reads it back after whatever was done to them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt

BITS = 16
ROWS = COLUMNS = 4
DARK, BRIGHT = 50, 200
SOUND_RATE = 48_000
CLICK = 480
"""Samples of a click, 10 ms."""


def picture(number: int, size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """A grey picture, yuv420p, of 16 fields that are bright where the number has a 1."""
    width, height = size
    grid = np.array([BRIGHT if number >> bit & 1 else DARK for bit in range(BITS)], np.uint8)
    rows = np.arange(height) * ROWS // height
    columns = np.arange(width) * COLUMNS // width
    luma = grid.reshape(ROWS, COLUMNS)[rows][:, columns]
    # A chroma that differs from frame to frame would only cost size, so it is grey.
    return np.concatenate(
        [luma.ravel(), np.full(2 * ((height + 1) // 2) * ((width + 1) // 2), 128, np.uint8)]
    )


def clip(
    path: Path,
    frames: int | Sequence[int],
    *,
    size: tuple[int, int] = (128, 96),
    rate: Fraction | int = 25,
    times: Sequence[int] | None = None,
    rotation: int = 0,
    sound: bool | float = False,
    sound_start: Fraction | float = 0,
    codec: str = "libx264",
    pixels: str = "yuv420p",
    kind: str | None = None,
    options: dict[str, str] | None = None,
) -> Path:
    """Write a clip of numbered pictures.

    Args:
        path: The file; its suffix chooses the container unless `kind` does.
        frames: How many, numbered from 0, or the numbers themselves.
        size: Pixels as coded; even ones, but for codecs and pixel formats that take others.
        rate: Frames a second.
        times: When each is shown, in 1/rate; None: one after the other.
        rotation: Degrees counterclockwise by which a player shall turn it.
        sound: Clicks at each whole second of the sound; a number is its length in seconds, True the video's.
        sound_start: When the sound begins, in seconds.
        codec: FFmpeg's name of the encoder.
        pixels: FFmpeg's name of the pixel format.
        kind: FFmpeg's name of the container.
        options: Options of the encoder.
    """
    rate = Fraction(rate)
    numbers = list(range(frames)) if isinstance(frames, int) else list(frames)
    fast = {"preset": "ultrafast", "crf": "18"} if codec == "libx264" else {}
    with av.open(str(path), "w", format=kind) as container:
        video: Any = container.add_stream(codec, rate=rate, options={**fast, **(options or {})})
        video.width, video.height, video.pix_fmt = *size, pixels
        video.codec_context.time_base = 1 / rate
        if rotation:
            video.set_display_rotation(rotation)
        length = len(numbers) / rate if sound is True else Fraction(sound)
        track: Any = container.add_stream("aac", rate=SOUND_RATE, layout="stereo") if sound else None
        for at, number in enumerate(numbers):
            frame = made(number, size)
            frame.pts, frame.time_base = (times[at] if times else at), 1 / rate
            container.mux(video.encode(frame.reformat(format=pixels) if pixels != "yuv420p" else frame))
        container.mux(video.encode(None))
        if track is not None:
            _write_clicks(container, track, float(length), Fraction(sound_start))
    # Where it may, as root, it makes the thread that encodes a real-time one, before all others on the machine.
    if codec == "libsvtav1":
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    return path


def made(number: int, size: tuple[int, int]) -> av.VideoFrame:
    """A numbered picture as a frame, for tests that write it themselves. Odd sides are allowed."""
    width, height = size
    frame = av.VideoFrame(width, height, "yuv420p")
    pixels = picture(number, size)
    sides = ((width, height), ((width + 1) // 2, (height + 1) // 2), ((width + 1) // 2, (height + 1) // 2))
    at = 0
    for plane, (columns, rows) in zip(frame.planes, sides, strict=True):
        lines = np.zeros((rows, plane.line_size), np.uint8)
        lines[:, :columns] = pixels[at : at + rows * columns].reshape(rows, columns)
        at += rows * columns
        plane.update(lines.tobytes())
    return frame


def numbers(path: Path, box: tuple[float, float, float, float] = (0, 0, 1, 1)) -> list[int]:
    """Read the number of every picture of a clip, upright.

    Args:
        path: The clip.
        box: The part of the picture that holds the fields, as shares of its sides: left, top, right, bottom.
    """
    with av.open(str(path)) as container:
        return [read(frame, box) for frame in container.decode(video=0)]


def read(frame: av.VideoFrame, box: tuple[float, float, float, float] = (0, 0, 1, 1)) -> int:
    """Read the number of one picture."""
    luma = np.asarray(frame.to_ndarray(format="gray"))
    luma = np.rot90(luma, frame.rotation // 90)
    height, width = luma.shape
    luma = luma[
        round(box[1] * height) : round(box[3] * height), round(box[0] * width) : round(box[2] * width)
    ]
    return number_in(luma)


def number_in(luma: npt.NDArray[Any]) -> int:
    """Read the number out of grey values."""
    height, width = luma.shape
    number = 0
    for bit in range(BITS):
        row, column = divmod(bit, COLUMNS)
        y, x = int((row + 0.5) * height / ROWS), int((column + 0.5) * width / COLUMNS)
        number |= int(luma[y, x] > (DARK + BRIGHT) / 2) << bit
    return number


def clicks(path: Path) -> list[float]:
    """When the clicks of a file are heard, in seconds from its first picture, or its first sample without one."""
    start = 0.0
    with av.open(str(path)) as container:
        if container.streams.video:
            first = next(container.decode(video=0))
            start = float(first.pts * first.time_base) if first.pts is not None and first.time_base else 0.0
    found: list[float] = []
    with av.open(str(path)) as container:
        resampler = av.AudioResampler("fltp", "mono", SOUND_RATE)
        for frame in container.decode(audio=0):
            begins = float(frame.pts * frame.time_base) if frame.pts is not None and frame.time_base else 0.0
            for block in resampler.resample(frame):
                loud = np.flatnonzero(np.abs(np.asarray(block.to_ndarray())[0]) > 0.3)
                for sample in loud[:1]:
                    time = begins + sample / SOUND_RATE - start
                    if not found or time - found[-1] > 0.5:
                        found.append(time)
    return found


def frame_times(path: Path) -> list[Fraction]:
    """When the pictures of a clip are shown, on its own clock."""
    with av.open(str(path)) as container:
        return [
            Fraction(frame.pts or 0) * Fraction(frame.time_base or 0) for frame in container.decode(video=0)
        ]


def _write_clicks(container: Any, track: Any, seconds: float, start: Fraction) -> None:
    wave = np.zeros(round(seconds * SOUND_RATE), np.float32)
    click = (0.9 * np.sin(np.arange(CLICK) * 2 * np.pi * 1000 / SOUND_RATE)).astype(np.float32)
    for second in range(int(seconds) + 1):
        at = second * SOUND_RATE
        wave[at : at + CLICK] = click[: max(0, len(wave) - at)]
    for at in range(0, len(wave), 1024):
        block = np.tile(wave[at : at + 1024], (2, 1))
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block), format="fltp", layout="stereo")
        frame.sample_rate, frame.time_base = SOUND_RATE, Fraction(1, SOUND_RATE)
        frame.pts = at + int(start * SOUND_RATE)
        container.mux(track.encode(frame))
    container.mux(track.encode(None))


def join(blocks: Iterable[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    """Put blocks of samples one after the other."""
    return np.concatenate(list(blocks), axis=1)
