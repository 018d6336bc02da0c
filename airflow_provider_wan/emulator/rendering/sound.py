"""Sound tracks: a tone of our own, or a given file cut or filled up with silence."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TypeAlias

import av
import numpy as np
import numpy.typing as npt

from airflow_provider_wan.emulator.rendering.clips import undecodable_media

Samples: TypeAlias = npt.NDArray[np.float32]
"""Stereo, shape (2, n), from -1.0 to 1.0."""
RATE = 44_100
"""Samples per second."""
BLOCK = 1024
"""Samples that an AAC packet holds."""


def tone(seconds: float, seed: int) -> Iterator[Samples]:
    """A quiet fifth that swells and fades every two seconds; the seed chooses its pitch."""
    pitch = 196.0 * 2 ** (seed % 12 / 12)
    for start in range(0, round(seconds * RATE), BLOCK):
        moment = np.arange(start, min(start + BLOCK, round(seconds * RATE))) / RATE
        swell = 0.06 * (1 - np.cos(np.pi * moment))
        left = swell * np.sin(2 * np.pi * pitch * moment)
        right = swell * np.sin(2 * np.pi * pitch * 1.5 * moment)
        yield np.stack([left, right]).astype(np.float32)


def from_file(path: Path, seconds: float) -> Iterator[Samples]:
    """The first `seconds` of the file's sound, followed by silence where it is shorter.

    Raises:
        ServiceRefusal: The sound can't be decoded.
    """
    left = round(seconds * RATE)
    try:
        with av.open(path) as container:
            resampler = av.AudioResampler("fltp", "stereo", RATE, frame_size=BLOCK)
            for decoded in chain(container.decode(audio=0), [None]):
                for block in resampler.resample(decoded):
                    samples = np.asarray(block.to_ndarray(), np.float32)[:, :left]
                    left -= samples.shape[1]
                    yield samples
                    if left <= 0:
                        return
    except (av.FFmpegError, OSError, IndexError) as error:
        raise undecodable_media() from error
    while left > 0:
        silence = np.zeros((2, min(BLOCK, left)), np.float32)
        left -= silence.shape[1]
        yield silence
