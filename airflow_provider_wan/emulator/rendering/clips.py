"""Looks into input files and reads them frame by frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import Literal, TypeAlias

import av
import numpy as np
from av.container import InputContainer
from av.stream import Disposition
from av.video.reformatter import ColorRange
from av.video.stream import VideoStream
from PIL import Image, ImageOps, UnidentifiedImageError

from airflow_provider_wan.emulator.rendering.frames import Box, Frame, Size, crop, even, turned
from airflow_provider_wan.emulator.service_errors import ServiceRefusal

DATA_INSPECTION = "InvalidParameter.DataInspection"
IMAGE_FORMATS = ("JPEG", "PNG", "BMP", "TIFF", "WEBP")
Colours: TypeAlias = tuple[int, int, int]
UNSPECIFIED: Colours = (2, 2, 2)
MISSING_SECONDS = 0.5
"""A clip whose pictures end this much before its stated length is cut short."""


@dataclass(frozen=True, slots=True)
class Probe:
    """What a media file is.

    Attributes:
        kind: What the file holds. A sound file with a cover picture is audio.
        width: Pixels as shown, after the turn that a phone stores with a clip or photo; 0 for audio.
        height: See `width`.
        fps: Frames per second on average; 0.0 for images and audio.
        duration: Seconds; 0.0 for images.
        has_audio: Whether there is a sound track.
        colours: How a video's numbers stand for colours: matrix, primaries and transfer as H.264 numbers
            them.
    """

    kind: Literal["video", "image", "audio"]
    width: int
    height: int
    fps: float
    duration: float
    has_audio: bool
    colours: Colours = UNSPECIFIED

    @property
    def size(self) -> Size:
        """Width and height."""
        return Size(self.width, self.height)


def undecodable_media() -> ServiceRefusal:
    """The service's answer to a clip or sound that it can't decode."""
    message = "The media format is not supported or incorrect for the data inspection."
    return ServiceRefusal(400, DATA_INSPECTION, message)


def undecodable_image() -> ServiceRefusal:
    """The service's answer to a picture that it can't decode."""
    return ServiceRefusal(400, DATA_INSPECTION, "Failed to decode the image during the data inspection.")


def probe(path: Path) -> Probe:
    """Say what the file is, having decoded its first picture.

    Raises:
        ServiceRefusal: It is no image, video or sound that can be decoded.
    """
    if _is_image(path):
        image = load_image(path)
        return Probe("image", image.width, image.height, 0.0, 0.0, has_audio=False)
    try:
        with av.open(path) as container:
            has_audio = bool(container.streams.audio)
            video = _moving_picture(container)
            if video is None and not has_audio:
                raise undecodable_media()
            if video is None:
                return Probe(
                    "audio", 0, 0, 0.0, _seconds(container, container.streams.audio[0]), has_audio=True
                )
            first = next(container.decode(video), None)
            if first is None:
                raise undecodable_media()
            width, height = first.width, first.height
            if first.rotation % 180:
                width, height = height, width
            fps = float(video.average_rate or video.guessed_rate or 0)
            codec = video.codec_context
            colours = (codec.colorspace, codec.color_primaries, codec.color_trc)
            return Probe("video", width, height, fps, _seconds(container, video), has_audio, colours)
    except (av.FFmpegError, OSError) as error:
        raise undecodable_media() from error


def load_image(path: Path) -> Image.Image:
    """The picture in the file, upright, with its transparency if it has any.

    Raises:
        ServiceRefusal: It can't be decoded.
    """
    try:
        with Image.open(path, formats=IMAGE_FORMATS) as image:
            upright = ImageOps.exif_transpose(image)
            return upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise undecodable_image() from error


def first_picture(path: Path) -> Image.Image:
    """The image in the file, or the first frame of the video in it."""
    if _is_image(path):
        return load_image(path)
    info = probe(path)
    if info.kind != "video":
        raise undecodable_media()
    try:
        with av.open(path) as container:
            return _still(next(container.decode(video=0)))
    except (av.FFmpegError, OSError, StopIteration) as error:
        raise undecodable_media() from error


def frames_of(path: Path, size: Size, fps: int, count: int) -> Iterator[Frame]:
    """`count` frames of a clip from its start at `fps`, scaled and cut around the centre to fill `size`.

    Frames are repeated or left out to meet `fps`; one decoded frame is held at a time.

    Raises:
        ServiceRefusal: It can't be decoded, or ends before its stated length.
    """
    produced, latest = 0, None
    try:
        with av.open(path) as container:
            video = _moving_picture(container)
            if video is None:
                raise undecodable_media()
            start: float | None = None
            for decoded in container.decode(video):
                moment = decoded.time if decoded.time is not None else 0.0
                start = moment if start is None else start
                # Half a frame of tolerance: time stamps are rounded to the container's clock.
                due = min(count, int((moment - start) * fps + 0.5))
                while latest is not None and produced < due:
                    yield latest
                    produced += 1
                if produced >= count:
                    return
                latest = _fitted(decoded, size)
    except (av.FFmpegError, OSError) as error:
        raise undecodable_media() from error
    if latest is None or count - produced > MISSING_SECONDS * fps + 1:
        raise undecodable_media()
    yield from repeat(latest, count - produced)


def _fitted(decoded: av.VideoFrame, size: Size) -> Frame:
    turns = decoded.rotation // 90 % 4
    shown = Size(size.height, size.width) if turns % 2 else size
    scale = max(shown.width / decoded.width, shown.height / decoded.height)
    scaled = Size(
        max(shown.width, even(decoded.width * scale)), max(shown.height, even(decoded.height * scale))
    )
    picture = decoded.reformat(
        scaled.width,
        scaled.height,
        "yuv420p",
        interpolation="BICUBIC",
        dst_color_range=ColorRange.MPEG,
    )
    frame = np.asarray(picture.to_ndarray(), np.uint8)
    if scaled != shown:
        left, top = (scaled.width - shown.width) // 4 * 2, (scaled.height - shown.height) // 4 * 2
        frame = crop(frame, Box(left, top, shown.width, shown.height))
    return turned(frame, turns) if turns else frame


def _still(decoded: av.VideoFrame) -> Image.Image:
    rgb = Image.fromarray(np.asarray(decoded.to_ndarray(format="rgb24"), np.uint8))
    return rgb.rotate(decoded.rotation, expand=True) if decoded.rotation else rgb


def _is_image(path: Path) -> bool:
    try:
        with Image.open(path, formats=IMAGE_FORMATS):
            return True
    except (UnidentifiedImageError, Image.DecompressionBombError):
        return False
    except OSError as error:
        raise undecodable_media() from error


def _moving_picture(container: InputContainer) -> VideoStream | None:
    covers = Disposition.attached_pic | Disposition.still_image
    return next((stream for stream in container.streams.video if not stream.disposition & covers), None)


def _seconds(container: InputContainer, stream: av.stream.Stream) -> float:
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    return (container.duration or 0) / av.time_base
