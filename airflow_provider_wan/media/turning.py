"""Turns pictures upright, as players do with what a phone has stored."""

from __future__ import annotations

import av
import av.filter

_FILTERS = {90: ("transpose", "cclock"), 180: ("rotate", "PI"), 270: ("transpose", "clock")}


class Turn:
    """Turns each picture of a video the same way.

    Args:
        rotation: Degrees counterclockwise, as the file says; what is no quarter turn is passed over.
    """

    def __init__(self, rotation: int) -> None:
        self._filter = _FILTERS.get(rotation % 360)
        self._graph: av.filter.Graph | None = None

    def __call__(self, picture: av.VideoFrame) -> av.VideoFrame:
        """Return a picture upright."""
        if self._filter is None:
            return picture
        if self._graph is None:
            self._graph = av.filter.Graph()
            source = self._graph.add_buffer(
                width=picture.width,
                height=picture.height,
                format=picture.format,
                time_base=picture.time_base,
            )
            turn, sink = self._graph.add(*self._filter), self._graph.add("buffersink")
            source.link_to(turn)
            turn.link_to(sink)
            self._graph.configure()
        self._graph.push(picture)
        turned = self._graph.pull()
        if not isinstance(turned, av.VideoFrame):
            raise TypeError("a filter of pictures gave something else")
        return turned
