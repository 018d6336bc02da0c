"""Brings pictures of any size and format into one, without stretching them. Needs the `media` extra."""

from __future__ import annotations

import av
import numpy as np
import numpy.typing as npt
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter

from airflow_provider_wan.media.reading import Colours

_BLACK, _GREY = 16, 128
_MATRICES = {
    1: Colorspace.ITU709,
    5: Colorspace.ITU601,
    6: Colorspace.ITU601,
    7: Colorspace.SMPTE240M,
    9: Colorspace.BT2020,
}
"""What swscale calls the matrices that ITU-T H.273 numbers."""


def even(size: tuple[int, int]) -> tuple[int, int]:
    """Return the size without the last pixel of odd sides; H.264 takes none. A side is 2 at least."""
    return max(2, size[0] // 2 * 2), max(2, size[1] // 2 * 2)


def inside(size: tuple[int, int], frame: tuple[int, int]) -> tuple[int, int]:
    """Return the size at which a picture fits into a frame, with the sides' proportion kept, rounded to even sides."""
    if even(size) == frame:
        return size  # at most one row and column too many: cut, not scaled
    scale = min(frame[0] / size[0], frame[1] / size[1])
    width, height = (max(2, 2 * round(side * scale / 2)) for side in size)
    return min(width, frame[0]), min(height, frame[1])


class Fit:
    """Scales pictures so that they fit into a frame, and fills up with black.

    Args:
        size: Width and height of the frame in pixels, both even.
        colours: The colours that are wanted; pictures whose numbers stand for others are converted, where both are
            known.
    """

    def __init__(self, size: tuple[int, int], colours: Colours) -> None:
        self._size, self._matrix = size, _MATRICES.get(colours.matrix)
        self._reformatter = VideoReformatter()

    def __call__(self, picture: av.VideoFrame) -> av.VideoFrame:
        """Return a picture in yuv420p, of limited range and the size of the frame."""
        size = inside((picture.width, picture.height), self._size)
        full = picture.color_range == ColorRange.JPEG or picture.format.name.startswith("yuvj")
        matrix = _MATRICES.get(int(picture.colorspace))
        converts = None not in (matrix, self._matrix) and matrix != self._matrix
        if picture.format.name != "yuv420p" or full or converts or size != (picture.width, picture.height):
            picture = self._reformatter.reformat(
                picture,
                *size,
                "yuv420p",
                src_colorspace=matrix if converts else None,
                dst_colorspace=self._matrix if converts else None,
                interpolation="BICUBIC",
                dst_color_range=ColorRange.MPEG,
            )
        return picture if size == self._size else self._placed(picture)

    def _placed(self, picture: av.VideoFrame) -> av.VideoFrame:
        width, height = self._size
        # Offsets are even, so that colours stay on the pixels that they belong to.
        left, top = max(0, width - picture.width) // 4 * 2, max(0, height - picture.height) // 4 * 2
        planes = []
        for number, plane in enumerate(picture.planes):
            by = 2 if number else 1
            whole = np.full((height // by, width // by), _GREY if number else _BLACK, np.uint8)
            pixels = _pixels(plane)[: height // by, : width // by]
            rows, columns = pixels.shape
            whole[top // by : top // by + rows, left // by : left // by + columns] = pixels
            planes.append(whole.ravel())
        return av.VideoFrame.from_ndarray(
            np.concatenate(planes).reshape(height * 3 // 2, width), format="yuv420p"
        )


def _pixels(plane: av.video.plane.VideoPlane) -> npt.NDArray[np.uint8]:
    lines = np.asarray(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return lines[: plane.height, : plane.width]
