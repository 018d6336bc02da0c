"""Makes a video what a model takes: its sides, frame rate, length, packing and size. Needs the `media` extra."""

from __future__ import annotations

import contextlib
import logging
import math
import os
import queue
import shutil
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import TracebackType

import av

from airflow_provider_wan.dashscope.input_errors import InputUnfitError
from airflow_provider_wan.media.copying import Footage, PacketWriter, look_at
from airflow_provider_wan.media.findings import MEGABYTE, Looked
from airflow_provider_wan.media.limits import check
from airflow_provider_wan.media.placing import Placing, is_rgb
from airflow_provider_wan.media.probe import probe
from airflow_provider_wan.media.reading import Colours, Video
from airflow_provider_wan.media.sound import Sound
from airflow_provider_wan.media.targets import Fitting, Size, Target, placed, target, video_role
from airflow_provider_wan.media.writing import Encoding, MovieWriter, Written

log = logging.getLogger(__name__)

_BT709 = 1
_POOREST = 40
"""The worst quality (x264's CRF) that is of any use."""
_HALVES = 6.0
"""A CRF that is higher by so much makes about half the size."""
_MARGINS = (0.9, 0.8)
"""Shares of the allowed size that are aimed at one after the other, as the size can't be foretold exactly."""
_AHEAD = 4
"""Pictures that wait to be packed; a large one takes some 10 MB."""
_SOUND_BYTES = 96_000 / 8
"""Of a second of one channel."""
_TAIL = Fraction(1, 10)
"""Seconds by which sound may outlast the pictures; its blocks have no even length."""


def conform(
    source: Path, out: Path, target: Target, *, sound: bool = True, encoding: Encoding | None = None
) -> Written:
    """Make a video what a target says: constant-rate H.264 in an MP4, upright, with the limited range of colours.

    One that is so already is copied as it is, and one whose pictures are gets a new container; both without loss. Else
    it is packed anew. A file that comes out too large is packed once or twice more, in poorer quality.

    Args:
        source: The video.
        out: The MP4 to make; it may be the source.
        target: What it shall become.
        sound: Whether to keep the sound; it ends with the pictures.
        encoding: How pictures are packed that can't be copied.

    Raises:
        InputUnfitError: The source can't be decoded, or can't be made small enough.
    """
    with _in_place(out) as part:
        made = _conformed(source, part, target, sound=sound, encoding=encoding or Encoding())
    return replace(made, path=out)


def conform_for(
    source: Path,
    out: Path,
    model_name: str,
    *,
    role: str | None = None,
    fit: Fitting = "pad",
    cut: bool = False,
    size: Size | None = None,
    rate: Fraction | float | None = None,
    sound: bool = True,
    encoding: Encoding | None = None,
) -> Written:
    """Bring a video within the limits of a model, by the smallest change that does it.

    Args:
        source: The video.
        out: The MP4 to make; it may be the source.
        model_name: The model, in any region's spelling.
        role: What the video will be to the model, e.g. `first_clip_url`; None: the video that is edited, or the only
            one that the model takes.
        fit: What is done with a shape that the model doesn't take: `pad` with black, `crop` or `stretch`.
        cut: Whether to cut what the service would silently leave out, too.
        size: Sides that are wanted in place of the video's own; they too are brought within the limits.
        rate: Frames a second that are wanted in place of the video's own.
        sound: Whether to keep the sound.
        encoding: How pictures are packed that can't be copied.

    Raises:
        InputUnfitError: The source can't be decoded, is too short, or can't be made small enough.
        ValueError: There is no such model or role, or what is wanted makes no sense.
    """
    from airflow_provider_wan.dashscope.catalog import find

    model = find(model_name)
    if model is None:
        raise ValueError(f"model_name={model_name!r}: no model of the catalogue has this id")
    field, limits = video_role(model, role)
    with Video(source) as video:
        facts = video.width, video.height, video.rate, video.seconds
    wanted = target(facts, limits, fit=fit, size=size, rate=rate, cut=cut, name=source.name)
    with _in_place(out) as part:
        made = _conformed(source, part, wanted, sound=sound, encoding=encoding or Encoding())
        with part.open("rb") as file:
            looked = Looked(field, None, source.name, probe(file, name=out.name))
        # What a file says of itself may be wrong; its pictures may end before its sound, say.
        if errors := check(model, [looked]).errors:
            raise InputUnfitError(f"For {model.name}, {' '.join(map(str, errors))}")
    return replace(made, path=out)


@contextlib.contextmanager
def _in_place(out: Path) -> Iterator[Path]:
    """Give a path at which to make a file that is moved into place if all goes well."""
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as folder:
        part = Path(folder, out.name)
        yield part
        os.replace(part, out)  # noqa: PTH105 -- the same on every system


def _conformed(source: Path, part: Path, target: Target, *, sound: bool, encoding: Encoding) -> Written:
    with Video(source) as video:
        made = _copied(video, part, target, sound=sound)
        if made is not None:
            return made
        size = target.width, target.height
        log.info(
            "%s: %dx%d at %.6g frames a second becomes %dx%d at %.6g%s",
            *(source.name, video.width, video.height, float(video.rate), *size, float(target.rate)),
            f" ({target.fit})" if placed((video.width, video.height), target).size != size else "",
        )
        made = _packed(video, part, target, sound=sound, encoding=encoding)
        told = video.seconds
    if told is not None and target.seconds is not None and told > target.seconds:
        log.warning("%s: only the first %.4g s of %.4g s are kept", source.name, made.seconds, float(told))
    return _shrunk(made, source, target, encoding)


def _copied(video: Video, part: Path, target: Target, *, sound: bool) -> Written | None:
    """Copy a video without loss; return None where that wouldn't make it what the target says."""
    stream = video.stream.codec_context
    alike = (stream.name, stream.pix_fmt, video.width, video.height, video.rate, video.colours.full) == (
        *("h264", "yuv420p", target.width, target.height, target.rate),
        False,
    )
    if not alike:
        return None
    footage = look_at(video.path)
    frames = len(footage.ticks)
    if not footage.steady or footage.turned or frames > (target.frames or frames):
        return None
    sound = sound and footage.has_sound
    if _stays(video, footage, sound=sound):
        shutil.copyfile(video.path, part)
        how = "is copied as it is"
    else:
        heard = Sound(video.path, start=footage.start) if sound else None
        with PacketWriter(part, footage, sound=heard, expected=frames) as writer:
            writer.write(footage)
        how = "its pictures are copied as they are"
    if target.max_bytes is not None and part.stat().st_size > target.max_bytes:
        return None
    log.info("%s fits already: %s", video.path.name, how)
    return Written(part, frames, footage.rate, *footage.size, sound=sound)


def _stays(video: Video, footage: Footage, *, sound: bool) -> bool:
    """Return whether the container is right, too: an MP4 of these pictures and at most one AAC track that fits."""
    with video.path.open("rb") as file:
        facts = probe(file, name=video.path.name)
    tracks = video.container.streams.audio
    if facts.format != "mp4" or len(video.container.streams) != 1 + sound or footage.start:
        return False
    until = footage.until * footage.base + _TAIL
    return all(
        track.codec_context.name == "aac"
        and track.duration is not None
        and track.time_base is not None
        and track.duration * track.time_base <= until
        for track in tracks
    )


def _packed(video: Video, part: Path, target: Target, *, sound: bool, encoding: Encoding) -> Written:
    frames = target.frames
    if video.seconds is not None:
        frames = min(math.ceil(video.seconds * target.rate), frames or math.inf)  # type: ignore[assignment]
    heard = Sound(video.path, start=video.start) if sound and video.has_sound else None
    pictures = map(Placing(target), video.steady_frames(target.rate, end=target.frames))
    colours = _written_as(video)
    size = target.width, target.height
    with (
        MovieWriter(
            part, size, target.rate, colours=colours, sound=heard, encoding=encoding, expected=frames
        ) as writer,
        _Ahead(pictures) as ready,
    ):
        for picture in ready:
            writer.write(picture)
    return writer.written


def _shrunk(made: Written, source: Path, target: Target, encoding: Encoding) -> Written:
    """Pack again in poorer quality what is too large."""
    if target.max_bytes is None:
        return made
    fixed = _sound_bytes(made)
    halves = _HALVES
    before: tuple[int, float] | None = None
    for margin in _MARGINS:
        size = made.path.stat().st_size
        if size <= target.max_bytes:
            return made
        pictures = max(1.0, size - fixed)
        if before is not None and before[1] > pictures:
            # How much is won by a higher CRF depends on the pictures; now it is known for these.
            halves = (encoding.crf - before[0]) / math.log2(before[1] / pictures)
        if encoding.crf >= _POOREST:
            break
        before = encoding.crf, pictures
        aim = max(1.0, margin * target.max_bytes - fixed)
        more = max(1, math.ceil(halves * math.log2(max(1.0, pictures / aim))))
        encoding = replace(encoding, crf=min(_POOREST, encoding.crf + more))
        log.info(
            "%s has %.4g MB so far, and at most %.4g MB are taken; it is packed again in poorer quality (CRF %d)",
            *(source.name, size / MEGABYTE, target.max_bytes / MEGABYTE, encoding.crf),
        )
        with Video(source) as video:
            made = _packed(video, made.path, target, sound=made.sound, encoding=encoding)
    size = made.path.stat().st_size
    if size <= target.max_bytes:
        return made
    raise InputUnfitError(
        f"{source.name} can't be made small enough: {made.seconds:.4g} s of {made.width}x{made.height} pixels have "
        f"{size / MEGABYTE:.4g} MB even in poor quality, and at most {target.max_bytes / MEGABYTE:.4g} MB are taken. "
        "Make it shorter, or its sides smaller."
    )


def _sound_bytes(made: Written) -> float:
    if not made.sound:
        return 0.0
    with av.open(str(made.path)) as container:
        return container.streams.audio[0].codec_context.layout.nb_channels * _SOUND_BYTES * made.seconds


def _written_as(video: Video) -> Colours:
    """Return the colours to write: the video's own, where its numbers can be kept."""
    packed = video.stream.codec_context.format
    if packed is not None and is_rgb(packed):
        return replace(video.colours, matrix=_BT709)
    return video.colours


class _Ahead:
    """Has pictures made by a thread of its own, a few ahead of whoever takes them.

    Packing leaves a processor idle now and then, and so does decoding; together they take some 15 % less time.
    Use it in a `with` block: at its end nothing is made any more, whether all were taken or not.

    Args:
        pictures: Makes them.
    """

    def __init__(self, pictures: Iterator[av.VideoFrame]) -> None:
        self._pictures = pictures
        self._ready: queue.Queue[av.VideoFrame | BaseException | None] = queue.Queue(_AHEAD)
        self._over = False
        self._thread = threading.Thread(target=self._make, name="pictures", daemon=True)

    def __enter__(self) -> Iterator[av.VideoFrame]:
        """Begin to make."""
        self._thread.start()
        return self._taken()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self._over = True
        with contextlib.suppress(queue.Empty):
            while True:
                self._ready.get_nowait()  # whoever waits for room goes on, and sees that it is over
        self._thread.join()

    def _make(self) -> None:
        end: BaseException | None = None
        try:
            for picture in self._pictures:
                if self._over:
                    return
                self._ready.put(picture)
        except BaseException as error:  # noqa: BLE001 -- it is raised where pictures are taken
            end = error
        if not self._over:
            self._ready.put(end)

    def _taken(self) -> Iterator[av.VideoFrame]:
        while (found := self._ready.get()) is not None:
            if isinstance(found, BaseException):
                raise found
            yield found
