"""Reads sound so that it fits the pictures of its file, sample by sample. Needs the `media` extra."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TypeAlias

import av
import av.error
import numpy as np
import numpy.typing as npt

from airflow_provider_wan.dashscope.input_errors import InputUnfitError

Samples: TypeAlias = npt.NDArray[np.float32]
"""A row for each channel; full swing is from -1 to 1."""

_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000)
_LAYOUTS = ("mono", "stereo", "5.1", "7.1")
_SLACK = Fraction(1, 500)
"""Blocks that are off by less than this many seconds follow each other; containers round times."""
_LONGEST_PAUSE = 600
"""Seconds of silence that a file may leave between two blocks."""


class Sound:
    """The first sound track of a file, as one unbroken stream of samples.

    Where the file leaves a gap there is silence; what it says twice is given once.

    Args:
        path: The file: a video or a sound.
        start: Where to begin, in seconds on the clock of the file; None: at the sound's own beginning.
        seconds: How much to give at most; None: all.

    Raises:
        InputUnfitError: There is no sound in it, or none that can be decoded.

    Attributes:
        rate: Samples a second, one that AAC takes.
        layout: `mono`, `stereo`, `5.1` or `7.1`; another arrangement of channels is mixed to `stereo`.
    """

    def __init__(self, path: Path, *, start: Fraction | None = None, seconds: Fraction | None = None) -> None:
        self.path = path
        self._start = start
        self._seconds = seconds
        with self._opened() as container:
            codec = container.streams.audio[0].codec_context
            self.rate = codec.sample_rate if codec.sample_rate in _RATES else 48_000
            self.layout = codec.layout.name if codec.layout.name in _LAYOUTS else "stereo"

    @property
    def channels(self) -> int:
        """How many channels there are."""
        return av.AudioLayout(self.layout).nb_channels

    def blocks(self) -> Iterator[Samples]:
        """Yield the samples, some thousand at a time.

        Raises:
            InputUnfitError: The file is damaged.
        """
        left = None if self._seconds is None else int(self._seconds * self.rate + Fraction(1, 2))
        for block in self._unbroken():
            if left is not None:
                block = block[:, :left]
                left -= block.shape[1]
            if block.shape[1]:
                yield block
            if left == 0:
                return

    def _unbroken(self) -> Iterator[Samples]:
        slack = int(_SLACK * self.rate)
        given = 0
        for at, samples in self._timed():
            off = at - given
            if off > _LONGEST_PAUSE * self.rate:
                raise InputUnfitError(
                    f"{self.path.name} is damaged: its sound pauses for {off / self.rate:,.0f} s."
                )
            while off > slack:
                pause = min(off, self.rate)
                yield np.zeros((samples.shape[0], pause), np.float32)
                off -= pause
                given += pause
            kept = samples[:, -off:] if off < -slack else samples
            if kept.shape[1]:
                yield kept
            given += kept.shape[1]

    def _timed(self) -> Iterator[tuple[int, Samples]]:
        """Yield blocks with the sample that they begin at, counted from where the sound shall start.

        A block that begins before that, or before what was given already, is cut by whoever takes it.
        """
        with self._opened() as container:
            stream = container.streams.audio[0]
            resampler = av.AudioResampler("fltp", self.layout, self.rate)
            start = self._start
            at: int | None = None
            clock: _Clock | None = None
            if start is not None and start > 2 and stream.time_base:
                with contextlib.suppress(av.error.FFmpegError):
                    container.seek(int((start - 1) / stream.time_base), stream=stream, backward=True)
            for frame in container.decode(stream):
                if frame.pts is not None and frame.time_base is not None:
                    if start is None:
                        start = frame.pts * frame.time_base
                    if clock is None:
                        clock = _Clock(frame.time_base * self.rate, start * self.rate)
                    stated = clock.sample(frame.pts)
                    at = stated if at is None or abs(stated - at) > int(_SLACK * self.rate) else at
                at = at or 0
                for block in resampler.resample(frame):
                    samples = np.asarray(block.to_ndarray(), np.float32)
                    if at + samples.shape[1] > 0:
                        yield at, samples
                    at += samples.shape[1]
            for block in resampler.resample(None):
                yield at or 0, np.asarray(block.to_ndarray(), np.float32)

    @contextlib.contextmanager
    def _opened(self) -> Iterator[av.container.InputContainer]:
        try:
            with av.open(str(self.path), metadata_errors="ignore") as container:
                if not container.streams.audio:
                    raise InputUnfitError(f"{self.path.name} has no sound. Give a file that has some.")
                yield container
        except (av.error.FFmpegError, OSError) as error:
            raise InputUnfitError(
                f"The sound of {self.path.name} can't be decoded ({error.strerror or error}). Give another file."
            ) from error


class _Clock:
    """Tells which sample a tick of a track falls on, in whole numbers: it is asked for each frame of hours of sound.

    Args:
        per_tick: Samples in a tick.
        start: The sample that counts as the first, from the clock's beginning.
    """

    def __init__(self, per_tick: Fraction, start: Fraction) -> None:
        self._slope = 2 * per_tick.numerator * start.denominator
        self._offset = (start.denominator - 2 * start.numerator) * per_tick.denominator
        self._whole = 2 * per_tick.denominator * start.denominator

    def sample(self, tick: int) -> int:
        """Return the nearest sample; a half goes up."""
        return (tick * self._slope + self._offset) // self._whole
