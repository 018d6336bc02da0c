"""Where the parts of a longer video begin, and what is shown and heard where two of them meet.

Pictures and sound go by the same sections, so that they can't drift apart. Needs the `media` extra.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from airflow_provider_wan.media.rates import round_half_up
from airflow_provider_wan.media.sound import Samples, Sound

_BLOCK = 16_384
"""Samples that are mixed at a time."""


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch of the joined video.

    Attributes:
        part: Whose frames are shown, counted from 0.
        fades: Whether it fades into the next part here.
        frames: Its length.
        ends: Whether `part` ends here.
    """

    part: int
    fades: bool
    frames: int
    ends: bool


def sections(lengths: Sequence[int], overlaps: Sequence[int]) -> list[Section]:
    """Return what is shown one after the other.

    Args:
        lengths: Frames of each part.
        overlaps: Frames that each part shares with the next one, one fewer than parts.

    Raises:
        IndexError: A part is shorter than what it shares; the argument is its number.
    """
    found: list[Section] = []
    for part, length in enumerate(lengths):
        before = overlaps[part - 1] if part else 0
        after = overlaps[part] if part < len(overlaps) else 0
        if before + after > length:
            raise IndexError(part)
        alone = length - before - after
        found.append(Section(part, False, alone, not after))
        if after:
            found.append(Section(part, True, after, True))
    return found


def faded(one: av.VideoFrame, other: av.VideoFrame, share: float) -> av.VideoFrame:
    """Return a picture between two yuv420p ones of the same size.

    Args:
        one: The picture that goes.
        other: The one that comes.
        share: How much there is of the other one, from 0 to 1.
    """
    weight = round(share * 256)
    goes, comes = np.asarray(one.to_ndarray(), np.uint16), np.asarray(other.to_ndarray(), np.uint16)
    mixed = (goes * (256 - weight) + comes * weight + 128) >> 8
    return av.VideoFrame.from_ndarray(mixed.astype(np.uint8), format="yuv420p")


class JoinedSound(Sound):
    """The sound of parts one after the other, each exactly as long as its pictures; silence where one has none.

    Args:
        sources: For each part its file and when its first picture is shown on the clock of that file, in seconds; None
            for a part without sound. One of them at least has some.
        plan: The sections.
        rate: Frames a second.
    """

    def __init__(
        self, sources: Sequence[tuple[Path, Fraction] | None], plan: Sequence[Section], rate: Fraction
    ) -> None:
        self._sounds = [source and Sound(source[0], start=source[1]) for source in sources]
        heard = [sound for sound in self._sounds if sound]
        self.path = heard[0].path
        self.rate = max(sound.rate for sound in heard)
        self.layout = max(heard, key=lambda sound: sound.channels).layout
        for sound in heard:
            sound.rate = self.rate
            # FFmpeg would make one channel quieter as it spreads it over two; players don't.
            if (sound.layout, self.layout) != ("mono", "stereo"):
                sound.layout = self.layout
        self._plan, self._frames_a_second = plan, rate

    def blocks(self) -> Iterator[Samples]:
        """Yield the samples, some thousand at a time.

        Raises:
            InputUnfitError: A file is damaged.
        """
        streams = [_Stream(sound, self.channels) for sound in self._sounds]
        frames = given = 0
        for section in self._plan:
            frames += section.frames
            begin, end = given, round_half_up(frames / self._frames_a_second * self.rate)
            while given < end:
                count = min(_BLOCK, end - given)
                block = streams[section.part].take(count)
                if section.fades:
                    at = np.arange(given - begin, given - begin + count)
                    comes = ((at + 0.5) / (end - begin)).astype(np.float32)
                    block = block * (1 - comes) + streams[section.part + 1].take(count) * comes
                given += count
                yield block
            if section.ends:
                streams[section.part].close()


class _Stream:
    """Gives exactly as many samples as are asked for, silence once there are no more."""

    def __init__(self, sound: Sound | None, channels: int) -> None:
        self._blocks = iter(()) if sound is None else sound.blocks()
        self._rest: Samples = np.zeros((channels, 0), np.float32)

    def take(self, count: int) -> Samples:
        """Return the next samples."""
        got = [self._rest]
        missing = count - self._rest.shape[1]
        while missing > 0:
            block = next(self._blocks, None)
            if block is None:
                block = np.zeros((1, missing), np.float32)
            got.append(np.broadcast_to(block, (self._rest.shape[0], block.shape[1])))
            missing -= block.shape[1]
        all_of_it = np.concatenate(got, axis=1)
        self._rest = all_of_it[:, count:]
        return all_of_it[:, :count]

    def close(self) -> None:
        """Read no more, and close the file."""
        self._blocks = iter(())
