"""Writes frames and sound to an MP4 that every player and every Wan model takes. Needs the `media` extra."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import numpy as np
from av.video.frame import PictureType
from av.video.reformatter import ColorRange, VideoReformatter

from airflow_provider_wan.media.progress import Progress
from airflow_provider_wan.media.reading import MOST_THREADS, Colours
from airflow_provider_wan.media.sound import Samples, Sound
from airflow_provider_wan.media.whole import part_of

_BITS_PER_CHANNEL = 96_000
_LARGE = 1280 * 720
_FRUGAL = {"rc-lookahead": "2", "bf": "1"}
"""For large pictures: each that x264 looks ahead at, or codes out of order, takes some 9 MB at 1080p."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """How pictures are packed into H.264.

    Attributes:
        crf: Quality: 0 is without loss, 18 can't be told from the original, 28 is visibly worse and much smaller.
        preset: Pace, as x264 names it: a slower one makes smaller files of the same quality.
    """

    crf: int = 18
    preset: str = "veryfast"


@dataclass(frozen=True, slots=True)
class Written:
    """A video that was written.

    Attributes:
        path: The file.
        frames: How many pictures it has.
        rate: Frames a second.
        width: Pixels.
        height: Pixels.
        sound: Whether there is sound.
    """

    path: Path
    frames: int
    rate: Fraction
    width: int
    height: int
    sound: bool = False

    @property
    def seconds(self) -> float:
        """Its length."""
        return float(self.frames / self.rate)


class Mp4Writer(ABC):
    """An MP4 that is being made, its index first: under another name, and moved into place once it is whole.

    Where something goes wrong nothing is left behind. Use it in a `with` block.

    Args:
        path: The file to make; one that is there is replaced.
        expected: How many frames will come, for the log.
    """

    def __init__(self, path: Path, expected: int | None) -> None:
        self._path, self._part = path, part_of(path)
        self._container = av.open(str(self._part), "w", format="mp4", options={"movflags": "+faststart"})
        self._track: Track | None = None
        self._progress = Progress(path.name, expected)

    def __enter__(self) -> Self:
        """Begin to write."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finish the file and move it into place, or remove it."""
        try:
            try:
                if error is None:
                    self._finish()
            finally:
                self._container.close()
            if error is None:
                os.replace(self._part, self._path)  # noqa: PTH105 -- the same on every system
        finally:
            self._part.unlink(missing_ok=True)

    @abstractmethod
    def _finish(self) -> None:
        """Write what is still to be written."""


class MovieWriter(Mp4Writer):
    """Writes an MP4 with H.264 (yuv420p, constant frame rate) and AAC.

    Args:
        path: The file to make; one that is there is replaced.
        size: Width and height in pixels, both even.
        rate: Frames a second.
        colours: How the numbers stand for colours. They are always written with the limited range.
        sound: Sound that is written in step with the pictures, and ends with them.
        encoding: How pictures are packed.
        expected: How many frames will come, for the log.

    Attributes:
        frames: How many pictures were written so far.
    """

    def __init__(
        self,
        path: Path,
        size: tuple[int, int],
        rate: Fraction,
        *,
        colours: Colours | None = None,
        sound: Sound | None = None,
        encoding: Encoding | None = None,
        expected: int | None = None,
    ) -> None:
        if size[0] % 2 or size[1] % 2 or min(size) < 2:
            raise ValueError(f"size={size}: H.264 wants even sides of at least 2 pixels")
        super().__init__(path, expected)
        self.frames = 0
        self._size, self._rate = size, rate
        encoding = encoding or Encoding()
        options = {"preset": encoding.preset, "crf": str(encoding.crf)}
        if size[0] * size[1] > _LARGE:
            options |= _FRUGAL
        self._stream = self._container.add_stream("libx264", rate=rate, options=options)
        self._stream.width, self._stream.height, self._stream.pix_fmt = *size, "yuv420p"
        self._stream.codec_context.time_base = 1 / rate
        self._stream.codec_context.thread_count = min(MOST_THREADS, os.cpu_count() or 1)
        if colours is not None:
            codec = self._stream.codec_context
            codec.colorspace, codec.color_primaries = colours.matrix, colours.primaries
            codec.color_trc = colours.transfer
        self._reformatter = VideoReformatter()
        if sound is not None:
            self._track = Track(self._container, sound)

    def write(self, picture: av.VideoFrame) -> None:
        """Write the next picture, scaled to the size of the video where it has another."""
        fitting = self._fitting(picture)
        fitting.pts, fitting.time_base = self.frames, 1 / self._rate
        fitting.pict_type = PictureType.NONE
        self._container.mux(self._stream.encode(fitting))
        self.frames += 1
        if self._track is not None:
            self._track.write_until(self.frames / self._rate)
        self._progress.at(self.frames)

    @property
    def written(self) -> Written:
        """What was written so far; after the `with` block, the file."""
        return Written(self._path, self.frames, self._rate, *self._size, sound=self._track is not None)

    def _fitting(self, picture: av.VideoFrame) -> av.VideoFrame:
        full = picture.color_range == ColorRange.JPEG or picture.format.name.startswith("yuvj")
        if picture.format.name == "yuv420p" and not full and (picture.width, picture.height) == self._size:
            return picture
        return self._reformatter.reformat(
            picture, *self._size, "yuv420p", interpolation="BICUBIC", dst_color_range=ColorRange.MPEG
        )

    def _finish(self) -> None:
        if not self.frames:
            raise ValueError(f"{self._path.name}: no picture was written")
        self._container.mux(self._stream.encode(None))
        if self._track is not None:
            self._track.finish(self.frames / self._rate)


class Track:
    """The sound of a video, written in step with its pictures.

    Args:
        container: The file that is being made.
        sound: Its sound.
    """

    def __init__(self, container: av.container.OutputContainer, sound: Sound) -> None:
        self._container = container
        self._sound = sound
        self._stream = container.add_stream("aac", rate=sound.rate, layout=sound.layout)
        self._stream.bit_rate = _BITS_PER_CHANNEL * sound.channels
        self._blocks: Iterator[Samples] = sound.blocks()
        self._rest: Samples = np.zeros((sound.channels, 0), np.float32)
        self._written = 0

    def write_until(self, time: Fraction) -> None:
        """Write sound up to a time, where there is so much."""
        wanted = int(time * self._sound.rate + Fraction(1, 2)) - self._written
        while wanted > 0:
            block = self._rest if self._rest.shape[1] else next(self._blocks, None)
            if block is None:
                return
            now, self._rest = block[:, :wanted], block[:, wanted:]
            wanted -= now.shape[1]
            frame = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(now), format="fltp", layout=self._sound.layout
            )
            frame.sample_rate, frame.pts, frame.time_base = (
                self._sound.rate,
                self._written,
                Fraction(1, self._sound.rate),
            )
            self._written += now.shape[1]
            self._container.mux(self._stream.encode(frame))

    def finish(self, time: Fraction) -> None:
        """Write what is left up to a time, and end the track."""
        self.write_until(time)
        self._container.mux(self._stream.encode(None))
