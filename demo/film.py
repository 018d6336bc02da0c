"""Makes a film of any length from the demo's clip, and measures what became of its pictures and its sound.

Each picture carries its number in a strip of 16 dark and bright fields along its lower edge, so that it can be told
afterwards whether one is missing or came twice.
"""

from __future__ import annotations

import itertools
import wave
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt

from airflow_provider_wan.media.reading import Video
from airflow_provider_wan.media.sound import Sound
from airflow_provider_wan.media.stills import as_image
from airflow_provider_wan.media.writing import MovieWriter

Pixels = npt.NDArray[np.uint8]
FIELDS = 16
STRIP = 1 / 15
"""Height of the strip, as a share of the picture's."""
_DARK, _BRIGHT = 30, 225
_RATE = Fraction(25)


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured of an edited film.

    Attributes:
        frames: Its pictures.
        seconds: Its length.
        missing: Numbers of the film's pictures that are in none of its pictures.
        longest_stand: Most pictures in a row that show the same number.
        backward: How often a number is smaller than the one before it.
        late: By how many seconds its sound comes later than the film's; less than nought: earlier.
    """

    frames: int
    seconds: float
    missing: Sequence[int]
    longest_stand: int
    backward: int
    late: float


def make_film(clip: Path, out: Path, *, seconds: float, size: tuple[int, int] = (640, 360)) -> Path:
    """Make a film of 25 frames a second: the clip forward and backward, the camera moving over it, under its sound.

    Args:
        clip: The clip to make it of.
        out: The file to make.
        seconds: Its length.
        size: Pixels.
    """
    frames = round(seconds * _RATE)
    track = out.with_suffix(".wav")
    try:
        _write_sound(clip, track, seconds)
        with MovieWriter(out, size, _RATE, sound=Sound(track), expected=frames) as writer:
            for number, picture in enumerate(_pictures(clip, frames, size)):
                writer.write(av.VideoFrame.from_ndarray(_numbered(picture, number), format="rgb24"))
    finally:
        track.unlink(missing_ok=True)
    return out


def measure(film: Path, edited: Path, box: tuple[float, float, float, float] = (0, 0, 1, 1)) -> Measured:
    """Measure an edited film against the one that it was made from.

    Args:
        film: The film.
        edited: Its edit, in which the film's own picture can still be seen.
        box: Where in the edit the film's picture is, as shares of the sides: left, top, right, bottom.
    """
    with Video(film) as video:
        count = sum(1 for _ in video.frames())
    with Video(edited) as video:
        rate = video.rate
        shown = [_number(frame.picture, box) for frame in video.frames()]
    stands, longest = 1, 1
    for before, now in itertools.pairwise(shown):
        stands = stands + 1 if now == before else 1
        longest = max(longest, stands)
    return Measured(
        frames=len(shown),
        seconds=float(len(shown) / rate),
        missing=sorted(set(range(count)) - set(shown)),
        longest_stand=longest,
        backward=sum(now < before for before, now in itertools.pairwise(shown)),
        late=lateness(film, edited),
    )


def lateness(film: Path, edited: Path) -> float:
    """Return by how many seconds the sound of an edited film comes later than that of the film."""
    first, second = _mono(film), _mono(edited)
    rate, span = 48_000, 24_000
    found = []
    for share in (0.2, 0.5, 0.8):
        at = int(min(len(first), len(second)) * share)
        part = first[at : at + 2 * rate]
        room = second[max(0, at - span) : at + 2 * rate + span]
        if len(part) < rate or not part.any():
            continue
        size = 1 << (len(room) + len(part)).bit_length()
        match = np.fft.irfft(np.fft.rfft(room, size) * np.conj(np.fft.rfft(part, size)), size)
        found.append((int(np.argmax(match[: 2 * span])) - min(at, span)) / rate)
    return max(found, key=abs, default=float("nan"))


def _pictures(clip: Path, count: int, size: tuple[int, int]) -> Iterator[Pixels]:
    """Yield pictures of the clip as a camera sees it that wanders over it."""
    width, height = size
    with Video(clip) as video:
        stock = [
            as_image(picture).resize((width * 5 // 4, height * 5 // 4)) for picture in video.steady_frames()
        ]
    turn = [*range(len(stock)), *range(len(stock) - 2, 0, -1)]
    for number in range(count):
        x = (0.5 + 0.5 * np.sin(number / 90)) * (width // 4)
        y = (0.5 + 0.5 * np.cos(number / 70)) * (height // 4)
        picture = stock[turn[number % len(turn)]].crop((int(x), int(y), int(x) + width, int(y) + height))
        yield np.array(picture, np.uint8)


def _numbered(picture: Pixels, number: int) -> Pixels:
    height, width, _ = picture.shape
    fields = np.array([_BRIGHT if number >> bit & 1 else _DARK for bit in range(FIELDS)], np.uint8)
    picture[height - int(height * STRIP) :, :, :] = fields[np.arange(width) * FIELDS // width][None, :, None]
    return picture


def _number(picture: av.VideoFrame, box: tuple[float, float, float, float]) -> int:
    luma: npt.NDArray[Any] = np.asarray(picture.to_ndarray(format="gray"))
    height, width = luma.shape
    left, right = box[0] * width, box[2] * width
    row = int(height * (box[3] - (box[3] - box[1]) * STRIP / 2))
    columns = [int(left + (right - left) * (bit + 0.5) / FIELDS) for bit in range(FIELDS)]
    return sum(int(luma[row, column] > (_DARK + _BRIGHT) / 2) << bit for bit, column in enumerate(columns))


def _write_sound(clip: Path, track: Path, seconds: float) -> None:
    with Video(clip) as video:
        sound = Sound(clip, start=video.start)
    once = np.concatenate(list(sound.blocks()), axis=1).mean(axis=0)
    wanted = int(seconds * sound.rate)
    whole = np.tile(once, wanted // len(once) + 1)[:wanted]
    swell = 0.6 + 0.4 * np.sin(np.arange(wanted) / sound.rate * 0.7)  # so that no two passes sound the same
    with wave.open(str(track), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(sound.rate)
        file.writeframes((np.clip(whole * swell, -1, 1) * 32767).astype("<i2").tobytes())


def _mono(path: Path) -> npt.NDArray[np.float64]:
    with Video(path) as video:
        sound = Sound(path, start=video.start)
    if sound.rate != 48_000:
        raise ValueError(f"{path.name}: sound of {sound.rate} samples a second can't be compared")
    return np.asarray(np.concatenate(list(sound.blocks()), axis=1).mean(axis=0), np.float64)
