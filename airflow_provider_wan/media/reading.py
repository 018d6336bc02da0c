"""Reads a video frame by frame, upright, with times that begin at nought. Needs the `media` extra."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import av
import av.error
from av.stream import Disposition
from av.video.frame import PictureType

from airflow_provider_wan.dashscope.input_errors import InputUnfitError
from airflow_provider_wan.media.not_media import MOST_TRACKS
from airflow_provider_wan.media.opening import MOST_PIXELS, of_kind
from airflow_provider_wan.media.rates import round_half_up, usual_rate
from airflow_provider_wan.media.turning import Turn

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

MOST_THREADS = 4
"""Each holds pictures of its own, and a worker has other tasks to run."""
_LONGEST_PAUSE = Fraction(600)
"""Seconds that one picture may stand; a file whose times jump further is damaged, or means harm."""
MISSING = Fraction(1, 2)
"""A video whose pictures end this many seconds before its stated end is cut short."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture of a video.

    Attributes:
        time: When it is shown, in seconds from the first one.
        until: When it is no longer shown, as the file says; the next one may come earlier.
        picture: The picture, upright.
    """

    time: Fraction
    until: Fraction
    picture: av.VideoFrame


@dataclass(frozen=True, slots=True)
class Colours:
    """How a video's numbers stand for colours, as ITU-T H.273 numbers it; 2 is unspecified.

    Attributes:
        matrix: Matrix coefficients, e.g. 1 for BT.709.
        primaries: Colour primaries.
        transfer: Transfer characteristics.
        full: Whether the numbers use the full range.
    """

    matrix: int = 2
    primaries: int = 2
    transfer: int = 2
    full: bool = False


class Video:
    """A video that is open for reading: its first moving picture.

    Use it in a `with` block; it can be read once.

    Args:
        path: The file.

    Raises:
        InputUnfitError: It is no video, or one that can't be decoded.

    Attributes:
        path: The file.
        width: Pixels as shown, after the turn that phones store with a clip.
        height: Likewise.
        rate: Frames a second: the usual rate that is nearest to the average.
        rotation: Degrees counterclockwise by which its pictures are turned to be upright.
        seconds: Its length as the file says; None where it doesn't.
        colours: Its colours.
        start: When its first picture is shown on the clock of its file, in seconds; sound counts by that clock too.
        has_sound: Whether there is a sound track.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        of_kind(path, "video")  # before FFmpeg is let at it
        self._stack = contextlib.ExitStack()
        with named(path):
            self.container: InputContainer = self._stack.enter_context(
                av.open(str(path), metadata_errors="ignore")
            )
        try:
            if len(self.container.streams) > MOST_TRACKS:
                raise InputUnfitError(
                    f"{path.name} has {len(self.container.streams)} tracks. Give a video with at most {MOST_TRACKS}."
                )
            self.stream: VideoStream = _moving(self.container, path)
            self.stream.thread_type = "AUTO"
            self.stream.codec_context.thread_count = min(MOST_THREADS, os.cpu_count() or 1)
            self._start: Fraction | None = None
            self._turn: Turn | None = None
            self.rotation = 0
            first = self._open()
        except BaseException:
            self._stack.close()
            raise
        codec = self.stream.codec_context
        self.width, self.height = first.picture.width, first.picture.height
        self.rate = usual_rate(self.stream.average_rate or self.stream.guessed_rate or Fraction(25))
        self.seconds = _stated(self.container, self.stream)
        self.colours = Colours(
            codec.colorspace, codec.color_primaries, codec.color_trc, full=codec.color_range == 2
        )
        self.start = self._start or Fraction(0)
        self.has_sound = bool(self.container.streams.audio)

    def __enter__(self) -> Self:
        """Begin to read."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        # What decodes refers to this object: a decoder's pictures would be kept until the collector comes.
        self._decoded: Iterator[Frame] = iter(())
        self._stack.close()

    def frames(self) -> Iterator[Frame]:
        """Yield the frames as they are, in the order in which they are shown.

        Raises:
            InputUnfitError: The file is damaged or cut short.
        """
        until = Fraction(0)
        for frame in self._decoded:
            until = frame.until
            yield frame
        if self.seconds is not None and until + MISSING < self.seconds:
            raise InputUnfitError(
                f"{self.path.name} is cut short: its pictures end at {float(until):.2f} s of "
                f"{float(self.seconds):.2f} s. Give the whole file."
            )

    def steady_frames(
        self, rate: Fraction | None = None, *, first: int = 0, end: int | None = None
    ) -> Iterator[av.VideoFrame]:
        """Yield frames at a constant rate, each repeated or left out as that takes.

        Of a video whose frames come at that rate each comes once, though its times are rounded. Frames are counted
        from 0; frame n is the one that is shown at n / rate.

        Args:
            rate: Frames a second; None: the video's own.
            first: The first frame that is wanted.
            end: The frame before which to stop; None: go on to the video's end. A video that is shorter ends earlier.

        Raises:
            InputUnfitError: The file is damaged or cut short.
        """
        rate = rate or self.rate
        if first > 2 * rate:
            self._go_to(first / rate)
        latest: Frame | None = None
        given = 0
        for frame in self.frames():
            due = round_half_up(frame.time * rate)
            for number in range(given, due if end is None else min(due, end)):
                if latest is not None and number >= first:
                    yield latest.picture
            given = max(given, due)
            if end is not None and given >= end:
                return
            latest = frame
        if latest is None:
            return
        until = max(1, round_half_up(latest.until * rate))
        for _ in range(max(given, first), until if end is None else min(until, end)):
            yield latest.picture

    def _open(self) -> Frame:
        self._decoded = self._decode()
        first = next(self._decoded, None)
        if first is None:
            raise InputUnfitError(f"{self.path.name} has no picture that can be decoded. Give another file.")
        self._decoded = _with(first, self._decoded)
        return first

    def _go_to(self, time: Fraction) -> None:
        """Go on at the last picture from which decoding can begin, where the file can tell; else stay."""
        base = self.stream.time_base
        if base is None or self._start is None:
            return
        with contextlib.suppress(av.error.FFmpegError, OSError):
            self.container.seek(int((self._start + time) / base), stream=self.stream, backward=True)
            decoded = self._decode()
            first = next(decoded, None)
            if first is not None and first.time <= time:
                self._decoded = _with(first, decoded)
                return
        with named(self.path):
            self.container.seek(int(self._start / base), stream=self.stream, backward=True)
        self._decoded = self._decode()

    def _decode(self) -> Iterator[Frame]:
        latest: Fraction | None = None
        usual = 1 / (self.stream.average_rate or self.stream.guessed_rate or Fraction(25))
        with named(self.path):
            for picture in self.container.decode(self.stream):
                if picture.is_corrupt:
                    raise InputUnfitError(
                        f"{self.path.name} is damaged: a picture of it can't be decoded whole."
                    )
                moment, shown = _times(picture)
                if moment is None:
                    moment = Fraction(0) if latest is None else latest + usual
                if self._start is None:
                    self._start = moment
                if latest is not None and moment <= latest:
                    continue  # a time that was given before
                stands = max(shown or usual, moment - (moment if latest is None else latest))
                if stands > _LONGEST_PAUSE:
                    raise InputUnfitError(
                        f"{self.path.name} is damaged: a picture of it would stand for {float(stands):,.0f} seconds."
                    )
                latest = moment
                if self._turn is None:
                    self.rotation = picture.rotation
                    self._turn = Turn(picture.rotation)
                upright = self._turn(picture)
                upright.pict_type = (
                    PictureType.NONE
                )  # what it was in this file is nothing to the next encoder
                time = moment - self._start
                yield Frame(time, time + (shown or usual), upright)


def _with(first: Frame, rest: Iterator[Frame]) -> Iterator[Frame]:
    yield first
    del first
    yield from rest


def _times(picture: av.VideoFrame) -> tuple[Fraction | None, Fraction | None]:
    """Return when a picture is shown and for how long, as far as its file says so."""
    if picture.time_base is None:
        return None, None
    return (
        None if picture.pts is None else picture.pts * picture.time_base,
        picture.duration * picture.time_base if picture.duration > 0 else None,
    )


def _stated(container: InputContainer, stream: VideoStream) -> Fraction | None:
    if stream.duration is not None and stream.time_base is not None:
        return stream.duration * stream.time_base
    if container.duration is None or container.streams.audio:
        return None  # nothing is said, or it may be said of the sound
    return Fraction(container.duration, av.time_base)


def _moving(container: InputContainer, path: Path) -> VideoStream:
    covers = Disposition.attached_pic | Disposition.still_image
    found = next((stream for stream in container.streams.video if not stream.disposition & covers), None)
    if found is None:
        raise InputUnfitError(f"{path.name} has no moving picture. Give a video.")
    if found.codec_context.width * found.codec_context.height > MOST_PIXELS:
        raise InputUnfitError(f"{path.name} says that its pictures are larger than any model takes.")
    return found


@contextlib.contextmanager
def named(path: Path) -> Iterator[None]:
    """Give FFmpeg's errors about a file one shape, with the file's name.

    Raises:
        InputUnfitError: In the place of what FFmpeg raised.
    """
    try:
        yield
    except (av.error.FFmpegError, OSError) as error:
        raise InputUnfitError(
            f"{path.name} can't be decoded ({error.strerror or error}): it is damaged, cut short, or in a format that "
            "FFmpeg doesn't know. Give another file, or mend it first."
        ) from error
