"""Takes the sound of a video away, and puts it under other pictures. Needs the `media` extra."""

from __future__ import annotations

import logging
from fractions import Fraction
from pathlib import Path

import av

from airflow_provider_wan.dashscope.input_errors import InputUnfitError
from airflow_provider_wan.media.copying import Footage, PacketWriter, look_at
from airflow_provider_wan.media.fitting import Fit, even
from airflow_provider_wan.media.probe import NotMediaError, probe
from airflow_provider_wan.media.reading import Video, named
from airflow_provider_wan.media.sound import Sound
from airflow_provider_wan.media.writing import MovieWriter, Written

log = logging.getLogger(__name__)

_CARRIED = frozenset({"h264", "hevc", "av1", "mpeg4", "vp9"})
"""What an MP4 can hold, by FFmpeg's names."""


def strip_sound(source: Path, out: Path) -> Written:
    """Write the pictures of a video without its sound.

    They are copied as they are packed, without any loss, with their times and the turn that phones store. Only those
    that no MP4 can hold, or whose file doesn't say when each is shown, are packed anew, upright and at a constant rate.

    Args:
        source: The video, with sound or without.
        out: The MP4 to make.

    Raises:
        InputUnfitError: The source is no video, or is damaged.
    """
    footage = look_at(source)
    if footage.whole and footage.codec in _CARRIED:
        return _copied(footage, out, None)
    log.info(
        "%s: the pictures of %s (%s) can't be copied, and are packed anew",
        out.name,
        source.name,
        footage.codec,
    )
    return _packed(footage, out, None)


def restore_sound(pictures: Path, original: Path, out: Path, *, offset: float = 0.0) -> Written:
    """Put the sound of one file under the pictures of another, in sync.

    What is heard with the first picture of the original is heard with the first of the pictures. Where the sound ends
    early there is silence; where it is longer it ends with the pictures. H.264 of a constant rate is copied as it is
    packed, other pictures are packed anew.

    Args:
        pictures: The video whose pictures are shown; sound of its own is left out.
        original: The video or sound file whose sound is heard.
        out: The MP4 to make.
        offset: How many seconds of the original come before the pictures, e.g. 5 where they are made of a cut that
            begins there. Where it is negative the sound begins that much later.

    Raises:
        InputUnfitError: One of the files can't be decoded, or the original has no sound.
    """
    footage = look_at(pictures)
    sound = Sound(original, start=_beginning(original) + Fraction(offset))
    if footage.steady and footage.codec == "h264" and footage.pixels in ("yuv420p", "yuvj420p"):
        return _copied(footage, out, sound)
    log.info("%s: the pictures of %s (%s) are packed anew", out.name, pictures.name, footage.codec)
    return _packed(footage, out, sound)


def _copied(footage: Footage, out: Path, sound: Sound | None) -> Written:
    with PacketWriter(out, footage, sound=sound, expected=len(footage.ticks)) as writer:
        writer.write(footage)
    return writer.written


def _packed(footage: Footage, out: Path, sound: Sound | None) -> Written:
    size = even(footage.size)
    fit = Fit(size, footage.colours)
    with (
        Video(footage.path) as video,
        MovieWriter(out, size, footage.rate, colours=footage.colours, sound=sound) as writer,
    ):
        for picture in video.steady_frames():
            writer.write(fit(picture))
    return writer.written


def _beginning(original: Path) -> Fraction:
    """Return when a file begins, in seconds on its own clock: with its first picture, or else its first sample."""
    try:
        with original.open("rb") as file:
            kind = probe(file, name=original.name).kind
    except FileNotFoundError as error:
        raise InputUnfitError(f"{original} isn't there. Check the path.") from error
    except OSError as error:
        raise InputUnfitError(f"{original.name} can't be read ({error.strerror}). Check the path.") from error
    except NotMediaError as error:
        raise InputUnfitError(
            f"{original.name} {error} Give a video or a sound file that has sound."
        ) from error
    if kind == "image":
        raise InputUnfitError(f"{original.name} is an image. Give a video or a sound file.")
    if kind == "video":
        with Video(original) as video:
            return video.start
    with named(original), av.open(str(original), metadata_errors="ignore") as container:
        first = next(container.decode(audio=0), None) if container.streams.audio else None
        return (first.pts or 0) * (first.time_base or Fraction(0)) if first else Fraction(0)
