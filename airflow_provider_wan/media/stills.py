"""Single pictures: out of image files and video frames, and into PNG files. Needs the `media` extra."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from airflow_provider_wan.dashscope.input_errors import InputUnfitError
from airflow_provider_wan.media.opening import of_kind
from airflow_provider_wan.media.whole import in_place

FORMATS = ("JPEG", "PNG", "BMP", "TIFF", "WEBP")


def load_picture(path: Path) -> Image.Image:
    """Return the picture in a file, upright, as RGB, or RGBA where it can be transparent.

    Raises:
        InputUnfitError: It is no picture, is damaged, or has more than 8192 x 8192 pixels.
    """
    of_kind(path, "image")
    try:
        with Image.open(path, formats=FORMATS) as image:
            upright = ImageOps.exif_transpose(image)
            return upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise InputUnfitError(f"{path.name} can't be decoded ({error}). Give another image.") from error


def as_image(picture: av.VideoFrame) -> Image.Image:
    """Return a frame of a video as an RGB image."""
    return Image.fromarray(np.asarray(picture.to_ndarray(format="rgb24"), np.uint8))


def save_png(image: Image.Image, path: Path) -> None:
    """Write a PNG under another name and move it into place, so that one that is there is whole."""
    with in_place(path) as part:
        image.save(part, format="PNG")
