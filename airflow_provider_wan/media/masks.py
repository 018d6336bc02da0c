"""Draws masks for local edits: white is edited, black is kept. Needs the `media` extra.

The service wants a mask in exactly the video's size, and of a mask video the same rate and length.
"""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
from PIL import Image

from airflow_provider_wan.dashscope.input_errors import InputUnfitError
from airflow_provider_wan.media.frames import MOST_FRAMES
from airflow_provider_wan.media.measures import Where
from airflow_provider_wan.media.rates import round_half_up
from airflow_provider_wan.media.reading import Video
from airflow_provider_wan.media.shapes import Shape
from airflow_provider_wan.media.stills import as_image, save_png
from airflow_provider_wan.media.writing import Encoding, MovieWriter, Written

_MOST_BYTES = 10_000_000
"""The service takes mask images of at most 10 MB."""
_FINE = Encoding(crf=1)
"""Fine enough that each pixel comes out pure, yet not lossless, whose profile many decoders don't know. A drawn shape
packs so well that this costs next to nothing."""
_BLACK, _WHITE, _GREY = 1, 254, 128
"""Luma of a mask video, and its chroma. Black and white of the limited range are 16 and 235; what coding adds or takes
at an edge stays beyond them, so that both are still pure after decoding. 0 and 255 are reserved."""


def mask_image(source: Path, shape: Shape, out: Path, *, frame: int = 0, allow_empty: bool = False) -> Path:
    """Draw a mask for one frame of a video as a PNG: RGB, 255 is edited, 0 is kept, nothing between.

    Args:
        source: The video. The mask has its size, upright; odd sides too.
        shape: What is edited.
        out: The file to make; one that is there is replaced.
        frame: The frame that the mask is for, counted from 0. The service's `mask_frame_id` counts from 1.
        allow_empty: Whether a mask may be black or white all over.

    Raises:
        InputUnfitError: The video or a picture can't be used, there is no such frame, or nothing or everything would
            be edited.
        ValueError: `frame` is no number of a frame.
    """
    if not isinstance(frame, int) or isinstance(frame, bool) or not 0 <= frame < MOST_FRAMES:
        raise ValueError(f"frame={frame!r}: a frame is a whole number, counted from 0")
    with Video(source) as video:
        size = video.width, video.height
        picture = None
        # A stated length may be off by a little; where it leaves a doubt, the frame itself decides.
        if shape.keyed or video.seconds is None or frame >= int(video.seconds * video.rate):
            shown = next(video.steady_frames(first=frame, end=frame + 1), None)
            if shown is None:
                raise InputUnfitError(
                    f"{source.name} ends before frame {frame}. Give a frame of the video, counted from 0."
                )
            picture = as_image(shown) if shape.keyed else None
        where = shape.area(size, float(frame / video.rate), picture)
    if not allow_empty:
        _check(source, size, some=bool(where.any()), all_=bool(where.all()))
    save_png(Image.fromarray(where.astype(np.uint8) * 255).convert("RGB"), out)
    if (written := out.stat().st_size) > _MOST_BYTES:
        out.unlink()
        raise InputUnfitError(
            f"{out.name} would have {written / 1e6:.1f} MB; the service takes masks of at most 10 MB. Conform "
            f"{source.name} to smaller sides first, or choose a shape with fewer specks."
        )
    return out


def mask_video(
    source: Path, shape: Shape, out: Path, *, encoding: Encoding | None = None, allow_empty: bool = False
) -> Written:
    """Draw a mask for every frame of a video, as an MP4 of the same size, rate and number of frames.

    Of a video whose frames come unevenly it has as many as the video has at its own rate, evenly: conform such a video
    first, so that both have the same.

    Args:
        source: The video.
        shape: What is edited. A shape that moves is drawn where it is at each frame's time.
        out: The file to make; one that is there is replaced.
        encoding: How the mask is packed; None: so finely that each pixel decodes to pure black or white. With a crf
            above 20 edges turn grey, and single pixels may change sides.
        allow_empty: Whether the whole mask may be black or white all over. Single frames always may.

    Raises:
        InputUnfitError: The video or a picture can't be used, the video has odd sides, or nothing or everything would
            be edited.
    """
    with Video(source) as video:
        size = video.width, video.height
        if size[0] % 2 or size[1] % 2:
            raise InputUnfitError(
                f"{source.name} has {size[0]}x{size[1]} pixels, and a mask video must have the same, but H.264 wants "
                "even sides. Conform the clip first, or use a mask image."
            )
        expected = None if video.seconds is None else round_half_up(video.seconds * video.rate)
        some, all_ = False, True
        drawn: av.VideoFrame | None = None
        with MovieWriter(out, size, video.rate, encoding=encoding or _FINE, expected=expected) as writer:
            for picture in video.steady_frames():
                if drawn is None or shape.changes:
                    at = float(writer.frames / video.rate)
                    where = shape.area(size, at, as_image(picture) if shape.keyed else None)
                    some, all_ = some or bool(where.any()), all_ and bool(where.all())
                    if not (shape.changes or allow_empty):
                        _check(source, size, some=some, all_=all_)
                    drawn = _coded(where)
                writer.write(drawn)
            if not allow_empty:
                _check(source, size, some=some, all_=all_)
        return writer.written


def _check(source: Path, size: tuple[int, int], *, some: bool, all_: bool) -> None:
    """Refuse a mask that says nothing."""
    if some and not all_:
        return
    found = (
        "white all over: everything would be edited"
        if all_
        else "black all over: nothing would be edited, and the edit be paid for all the same"
    )
    raise InputUnfitError(
        f"The mask for {source.name} ({size[0]}x{size[1]} pixels) would be {found}. Change the shape: see that it lies "
        "within the picture, and look at its `unit`, `invert` and tolerance. Or say `allow_empty` if it is meant."
    )


def _coded(where: Where) -> av.VideoFrame:
    """Return a mask as a yuv420p picture."""
    height, width = where.shape
    frame = av.VideoFrame(width, height, "yuv420p")
    luma = np.where(where, np.uint8(_WHITE), np.uint8(_BLACK))
    for plane, values in zip(frame.planes, (luma, None, None), strict=True):
        lines = np.full((plane.height, plane.line_size), _GREY, np.uint8)
        if values is not None:
            lines[:, :width] = values
        plane.update(lines.tobytes())
    return frame
