"""Copies packed pictures from file to file as they are, fast and without loss. Needs the `media` extra."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av

from airflow_provider_wan.media.rates import round_half_up
from airflow_provider_wan.media.reading import MISSING, Colours, Video, named
from airflow_provider_wan.media.sound import Sound
from airflow_provider_wan.media.writing import Mp4Writer, Track, Written

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream

_AFRESH = 5
"""The kind of unit of an H.264 stream that is a picture after which nothing earlier is needed (IDR)."""
_SETUP = frozenset({7, 8, 13, 15})
"""The kinds that set up a decoder: parameter sets and their extensions."""


@dataclass(frozen=True, slots=True)
class Footage:
    """A video and how it is packed.

    Attributes:
        path: The file.
        stream: The number of its pictures' stream in the file.
        size: Width and height in pixels as shown.
        rate: Frames a second.
        colours: Its colours.
        start: When its first picture is shown on the clock of the file, in seconds.
        has_sound: Whether there is a sound track.
        codec: FFmpeg's name of what the pictures are packed with.
        pixels: FFmpeg's name of the pixel format.
        turned: Degrees counterclockwise by which a player turns the pictures.
        setup: What the decoder is set up with, e.g. the parameter sets of H.264.
        base: Seconds of a tick.
        ticks: When the picture in each packet is shown, in ticks from the first picture on, in the order of the file.
        until: When the last picture is no longer shown, in ticks.
        whole: Whether each packet holds one picture that is shown, with a time of its own, and the first of them is
            where decoding begins.
        steady: Whether it is whole and frame n is shown at n / rate, as far as its clock can say, to the last one.
        apart: Whether it is H.264 whose packets can follow those of another video that has the same `setup`: it is set
            up by that alone, starts afresh at its first picture, and not again at its last.
    """

    path: Path
    stream: int
    size: tuple[int, int]
    rate: Fraction
    colours: Colours
    start: Fraction
    has_sound: bool
    codec: str
    pixels: str
    turned: int
    setup: bytes
    base: Fraction
    ticks: Sequence[int]
    until: int
    whole: bool
    steady: bool
    apart: bool

    def frames_at(self, rate: Fraction) -> int:
        """Return how many frames `Video.steady_frames` gives at a rate; decodes only what isn't whole."""
        if self.whole:
            return max(1, round_half_up(self.until * self.base * rate))
        with Video(self.path) as video:
            return sum(1 for _ in video.steady_frames(rate))

    @property
    def delay(self) -> int:
        """By how many frames packets must be decoded before they are shown, as they aren't in order."""
        return max(at - rank for at, rank in enumerate(_ranks(self.ticks)))


def look_at(path: Path) -> Footage:
    """Read all packets of a video, and decode its first picture.

    Raises:
        InputUnfitError: It is no video, or one that can't be decoded.
    """
    with Video(path) as video:
        stream, stated, turned = video.stream, video.seconds, video.rotation
        index = stream.index
        usual = 1 / (stream.average_rate or stream.guessed_rate or Fraction(25))
        base, frames = stream.time_base or Fraction(1, 90_000), stream.frames
        codec, pixels = stream.codec.canonical_name, stream.codec_context.pix_fmt or ""
        setup = stream.codec_context.extradata or b""
    begin = round_half_up(video.start / base)
    ticks: list[int] = []
    last = until = 0
    whole, apart = True, codec == "h264" and len(setup) > 6 and setup[0] == 1
    kinds: set[int] = set()
    for packet in _packets(path, index):
        if (
            packet.pts is None
            or packet.is_discard
            or packet.is_corrupt
            or packet.has_sidedata("new_extradata")
        ):
            whole = False
            continue
        tick = packet.pts - begin
        whole &= bool(ticks) or packet.is_keyframe
        if apart:
            kinds = set(_units(bytes(packet), (setup[4] & 3) + 1))
            apart = (bool(ticks) or _AFRESH in kinds) and not kinds & _SETUP
        ticks.append(tick)
        if tick >= last:
            last, until = tick, tick + (packet.duration or round_half_up(usual / base))
    order = sorted(ticks)
    whole &= bool(order) and ticks[0] == order[0] == 0
    whole &= len(set(order)) == len(order) and frames in (0, len(order))
    whole &= stated is None or until * base + MISSING >= stated
    steady = (
        whole
        and all(round_half_up(tick * base * video.rate) == number for number, tick in enumerate(order))
        and round_half_up(until * base * video.rate) == len(order)
    )
    return Footage(
        path=path,
        stream=index,
        size=(video.width, video.height),
        rate=video.rate,
        colours=video.colours,
        start=video.start,
        has_sound=video.has_sound,
        codec=codec,
        pixels=pixels,
        turned=turned % 360,
        setup=setup,
        base=base,
        ticks=ticks,
        until=until,
        whole=whole,
        steady=steady,
        apart=apart and _AFRESH not in kinds,
    )


class PacketWriter(Mp4Writer):
    """Writes an MP4 of pictures as they are packed elsewhere, with AAC sound.

    Args:
        path: The file to make; one that is there is replaced.
        like: A whole video that is packed as this one shall be. Where it is steady frame n is shown at exactly
            n / rate; else it must be the only one that is written.
        sound: Sound that is written in step with the pictures, and ends with them.
        delay: By how many frames packets are decoded before they are shown: the largest delay of all the footage.
        expected: How many pictures will come, for the log.
    """

    def __init__(
        self,
        path: Path,
        like: Footage,
        *,
        sound: Sound | None = None,
        delay: int | None = None,
        expected: int | None = None,
    ) -> None:
        super().__init__(path, expected)
        self._like = like
        self._delay = like.delay if delay is None else delay
        self._base = 1 / like.rate if like.steady else like.base
        self._frames = self._end = 0
        try:
            with _opened(like.path, like.stream) as (_, stream):
                self._stream = self._container.add_stream_from_template(stream, opaque=True)
            self._stream.time_base = self._base
            if like.codec == "hevc" and like.setup[:1] == b"\1":
                self._stream.codec_tag = (
                    "hvc1"  # Apple's players want it where the parameter sets are in the head
                )
            if sound is not None:
                self._track = Track(self._container, sound)
        except BaseException:
            self._container.close()
            self._part.unlink(missing_ok=True)
            raise

    def _finish(self) -> None:
        if self._track is not None:
            self._track.finish(self._end * self._base)

    def write(self, footage: Footage) -> None:
        """Write all pictures of a video after those that are there."""
        steady = self._like.steady
        shown = _ranks(footage.ticks) if steady else footage.ticks
        decoded = _decoded(shown, self._delay)
        begin = self._end
        for at, packet in enumerate(_packets(footage.path, footage.stream)):
            packet.pts, packet.dts = begin + shown[at], begin + decoded[at]
            packet.duration = 1 if steady else packet.duration
            packet.time_base, packet.stream = self._base, self._stream
            self._container.mux(packet)
            self._frames += 1
            if self._track is not None:
                self._track.write_until(max(0, begin + decoded[at]) * self._base)
            self._progress.at(self._frames)
        self._end = begin + (len(shown) if steady else footage.until)

    @property
    def written(self) -> Written:
        """What was written so far; after the `with` block, the file."""
        like = self._like
        return Written(self._path, self._frames, like.rate, *like.size, sound=self._track is not None)


@contextlib.contextmanager
def _opened(path: Path, index: int) -> Iterator[tuple[InputContainer, VideoStream]]:
    """Open the pictures of a file."""
    with named(path), av.open(str(path), metadata_errors="ignore") as container:
        yield container, next(stream for stream in container.streams.video if stream.index == index)


def _packets(path: Path, index: int) -> Iterator[Packet[VideoStream]]:
    """Yield the packets of a stream, without the empty one that ends it."""
    # What goes wrong with whoever takes them, a full disk say, is not to be taken for a fault of this file.
    with _opened(path, index) as (container, stream):
        yield from (packet for packet in container.demux(stream) if packet.size)


def _ranks(ticks: Sequence[int]) -> Sequence[int]:
    """Return the place of each among all, counted from 0."""
    ranks = [0] * len(ticks)
    for rank, at in enumerate(sorted(range(len(ticks)), key=ticks.__getitem__)):
        ranks[at] = rank
    return ranks


def _decoded(shown: Sequence[int], delay: int) -> Sequence[int]:
    """Return when each packet is to be decoded: in the order in which they come, each before it is shown."""
    order = sorted(shown)
    return [order[at - delay] if at >= delay else at - delay for at in range(len(shown))]


def _units(packet: bytes, width: int) -> Iterator[int]:
    """Yield the kinds of the units in an H.264 packet, each of which begins with its length in so many bytes."""
    at = 0
    while at + width < len(packet):
        yield packet[at + width] & 0x1F
        at += width + int.from_bytes(packet[at : at + width], "big")
