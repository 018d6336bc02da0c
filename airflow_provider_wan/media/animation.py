"""Writes animated WebP, which mail programs and browsers show without a player. Needs the `media` extra."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path

import av

from airflow_provider_wan.media.reading import Colours
from airflow_provider_wan.media.whole import in_place
from airflow_provider_wan.media.writing import Written

log = logging.getLogger(__name__)

RATE = Fraction(10)
"""Frames a second."""
COLOURS = Colours(matrix=6)
"""How WebP takes its numbers: by BT.601, whatever the size (RFC 6386, section 9.2)."""
LONGEST = 8
"""Seconds."""
LARGEST = 2_000_000
"""Bytes that are aimed at: what mail servers and clients take without a murmur."""
_QUALITIES = (75, 50, 30, 12)


def write_webp(pictures: Callable[[], Iterable[av.VideoFrame]], out: Path) -> Written:
    """Write an animation that repeats for ever, with the best quality that keeps it small.

    Pictures that hardly differ from the one before make that stand longer instead, so that the file may have fewer.

    Args:
        pictures: Gives the pictures, ten for each second, all of one size with even sides; asked again for each
            quality that is tried. What exceeds 8 s is left out.
        out: The file; one that is there is replaced.
    """
    with in_place(out) as part:
        for quality in _QUALITIES:
            written = _write(pictures(), part, quality)
            size = part.stat().st_size
            if size <= LARGEST:
                break
        else:
            log.warning("%s has %.1f MB even at low quality; give a smaller width", out.name, size / 1e6)
    return Written(out, written.frames, RATE, written.width, written.height)


def _write(pictures: Iterable[av.VideoFrame], part: Path, quality: int) -> Written:
    frames = width = height = 0
    with av.open(str(part), "w", format="webp", options={"loop": "0"}) as container:
        stream = container.add_stream("libwebp_anim", rate=RATE, options={"quality": str(quality)})
        stream.pix_fmt = "yuv420p"
        for picture in pictures:
            if frames == LONGEST * RATE:
                break
            if not frames:
                width, height = stream.width, stream.height = picture.width, picture.height
                stream.codec_context.time_base = 1 / RATE
            picture.pts, picture.time_base = frames, 1 / RATE
            container.mux(stream.encode(picture))
            frames += 1
        if not frames:
            raise ValueError(f"{part.name}: no picture was given")
        container.mux(stream.encode(None))
    return Written(part, frames, RATE, width, height)
