"""Brings pictures into the frame of a target, scaled, cropped or padded by FFmpeg. Needs the `media` extra."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import av
import av.filter
from av.video.reformatter import ColorRange

from airflow_provider_wan.media.targets import Placement, Target, placed


def is_rgb(picture_format: av.VideoFormat) -> bool:
    """Return whether numbers stand for red, green and blue, which no yuv420p keeps."""
    return picture_format.is_rgb or picture_format.has_palette


class Placing:
    """Brings pictures into the frame of a target, and into yuv420p with the limited range.

    Args:
        target: What the video becomes.
    """

    def __init__(self, target: Target) -> None:
        self._target = target
        self._made_for: tuple[object, ...] = ()
        self._graph: av.filter.Graph | None = None
        self._last: tuple[av.VideoFrame, av.VideoFrame] | None = None

    def __call__(self, picture: av.VideoFrame) -> av.VideoFrame:
        """Return a picture as it is written."""
        if self._last is not None and self._last[0] is picture:
            return self._last[1]  # a higher frame rate shows some of them again
        kind = (picture.width, picture.height, picture.format.name, picture.colorspace, picture.color_range)
        if kind != self._made_for:
            self._made_for, self._graph = kind, self._graph_for(picture)
        made = picture
        if self._graph is not None:
            self._graph.vpush(picture)
            made = self._graph.vpull()
        self._last = picture, made
        return made

    def _graph_for(self, picture: av.VideoFrame) -> av.filter.Graph | None:
        """Make a chain of filters for pictures like this one; None where nothing is to be done."""
        steps = list(_steps(picture, self._target, placed((picture.width, picture.height), self._target)))
        if not steps:
            return None
        graph = av.filter.Graph()
        given = graph.add(
            "buffer",
            video_size=f"{picture.width}x{picture.height}",
            pix_fmt=picture.format.name,
            time_base=str(picture.time_base or Fraction(1, 90_000)),
            colorspace=str(int(picture.colorspace)),
            range=str(int(picture.color_range)),
        )
        chain = [graph.add(name, words) for name, words in steps]
        graph.link_nodes(given, *chain, graph.add("buffersink")).configure()
        return graph


def _steps(picture: av.VideoFrame, target: Target, how: Placement) -> Iterator[tuple[str, str]]:
    """Yield the filters that bring a picture into the frame, each with what it is told."""
    full = picture.color_range == ColorRange.JPEG or picture.format.name.startswith("yuvj")
    if how.part != (picture.width, picture.height):
        yield "crop", f"{how.part[0]}:{how.part[1]}:{how.corner[0]}:{how.corner[1]}"
    if how.part != how.size or picture.format.name != "yuv420p" or full:
        matrix = ":out_color_matrix=bt709" if is_rgb(picture.format) else ""
        yield "scale", f"{how.size[0]}:{how.size[1]}:flags=bicubic:out_range=limited{matrix}"
        yield "format", "yuv420p"
    if how.size != (target.width, target.height):
        yield "pad", f"{target.width}:{target.height}:{how.at[0]}:{how.at[1]}:black"
