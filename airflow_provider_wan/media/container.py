"""Asks FFmpeg, through PyAV, what a video or sound file is that isn't an MP4 or MOV.

FFmpeg would follow playlists to other files and addresses, and unpack what is embedded. So it is told which formats
to know, to open nothing else, and what it may decode in order to find a video's sides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import av
import av.error

from airflow_provider_wan.media.facts import MediaFacts
from airflow_provider_wan.media.not_media import MOST_TRACKS, NotMediaError, absurd_sides, cut_short, what_is

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.stream import Stream

    from airflow_provider_wan.media.window import Window

_FORMATS = (
    *(
        "avi",
        "matroska,webm",
        "flv",
        "mpegts",
        "mpeg",
        "mpegvideo",
        "mxf",
        "asf",
        "ivf",
        "dv",
        "rm",
        "gxf",
        "nut",
    ),
    *("wav", "w64", "mp3", "aac", "ac3", "eac3", "flac", "ogg", "aiff", "caf", "amr", "au", "ape", "wv"),
)
_DECODERS = (
    *(
        "h264",
        "hevc",
        "mpeg1video",
        "mpeg2video",
        "mpeg4",
        "msmpeg4v3",
        "flv",
        "vp6f",
        "vp8",
        "wmv3",
        "dvvideo",
    ),
    *(
        "aac",
        "mp1float",
        "mp2",
        "mp2float",
        "mp3",
        "mp3float",
        "ac3",
        "eac3",
        "flac",
        "vorbis",
        "opus",
        "libopus",
    ),
    *("amrnb", "amrwb", "wmav2", "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_u8", "pcm_f32le"),
)
_OPTIONS = {
    "format_whitelist": ",".join(_FORMATS),
    "protocol_whitelist": "none",
    "codec_whitelist": ",".join(_DECODERS),
    "max_streams": str(MOST_TRACKS),
    "max_pixels": str(4096 * 4096),  # no model takes more, and a decoder reserves memory for it
    "threads": "1",
    "probesize": str(1 << 19),
    "analyzeduration": "2000000",
}
_SECONDS = 20.0
_NAMES = {"mpegts": "ts", "mpeg": "mpg", "mpegvideo": "mpg", "matroska,webm": "mkv"}
_NO_LENGTH = (0, 0xFFFF_FFFF)
_RIFF_SLACK = 64
"""Bytes that a RIFF file's own length may be off; some writers forget a header."""


def container(window: Window) -> MediaFacts:
    """Return what is known of a video or sound file.

    Raises:
        NotMediaError: It isn't one, is cut short, or has nothing to show or to hear.
        InputUnreadableError: It can't be read.
    """
    head = window.at(0, 1024)
    _check_riff(window, head)
    try:
        with av.open(
            window, "r", options=_OPTIONS, metadata_errors="ignore", buffer_size=32 << 10, timeout=_SECONDS
        ) as opened:
            facts = _facts(opened, head, window.size)
    except av.error.FFmpegError as error:
        if window.trouble is not None:
            raise window.trouble from error
        raise NotMediaError(f"is {what_is(head)}.") from error
    if window.trouble is not None:
        raise window.trouble
    return facts


def _check_riff(window: Window, head: bytes) -> None:
    if head[:4] != b"RIFF" or head[8:12] not in (b"WAVE", b"AVI "):
        return
    length = int.from_bytes(head[4:8], "little")
    if length not in _NO_LENGTH and window.size is not None and window.size + _RIFF_SLACK < length + 8:
        raise cut_short(window.size, length + 8, "its content")


def _facts(opened: InputContainer, head: bytes, size: int | None) -> MediaFacts:
    name = opened.format.name
    name = "webm" if name == "matroska,webm" and b"webm" in head[:64] else _NAMES.get(name, name)
    if len(opened.streams) > MOST_TRACKS:
        raise NotMediaError(f"has {len(opened.streams)} tracks, and no clip needs more than {MOST_TRACKS}.")
    video = next((track for track in opened.streams.video if not _is_cover(track)), None)
    sound = next(iter(opened.streams.audio), None)
    main: Stream | None = video or sound
    if main is None:
        raise NotMediaError("has neither pictures nor sound.")
    seconds = _seconds(main, opened)
    if video is None:
        return MediaFacts("audio", name, size, seconds=seconds, sound=True)
    # PyAV gives no sides to a codec that it doesn't know
    width, height = getattr(video, "width", 0), getattr(video, "height", 0)
    if width and (absurd := absurd_sides(width, height)):
        raise absurd
    rate = video.average_rate or video.guessed_rate
    fps = float(rate) if rate else None
    return MediaFacts("video", name, size, width, height, seconds, fps, sound=sound is not None)


def _is_cover(track: Any) -> bool:
    return bool(track.disposition & av.stream.Disposition.attached_pic)


def _seconds(track: Stream, opened: InputContainer) -> float | None:
    if track.duration and track.time_base:
        return float(track.duration * track.time_base)
    return opened.duration / av.time_base if opened.duration else None
