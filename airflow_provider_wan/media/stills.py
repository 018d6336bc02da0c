"""Single pictures: out of image files and video frames, and into PNG files. Needs the `media` extra."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

import av
import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from airflow_provider_wan.dashscope.input_errors import InputUnfitError
from airflow_provider_wan.media.probe import NotMediaError, probe

FORMATS = ("JPEG", "PNG", "BMP", "TIFF", "WEBP")
_MOST_PIXELS = 8192 * 8192


def load_picture(path: Path) -> Image.Image:
    """Return the picture in a file, upright, as RGB, or RGBA where it can be transparent.

    Raises:
        InputUnfitError: It is no picture, is damaged, or has more than 8192 x 8192 pixels.
    """
    try:
        with path.open("rb") as file:
            facts = probe(file, name=path.name)
        if facts.kind != "image":
            raise InputUnfitError(f"{path.name} is {facts.kind} ({facts.format}). Give an image.")
        if facts.width * facts.height > _MOST_PIXELS:
            raise InputUnfitError(
                f"{path.name} has {facts.width}x{facts.height} pixels. Give a smaller image."
            )
        with Image.open(path, formats=FORMATS) as image:
            upright = ImageOps.exif_transpose(image)
            return upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    except FileNotFoundError as error:
        raise InputUnfitError(f"{path} isn't there. Check the path.") from error
    except NotMediaError as error:
        raise InputUnfitError(f"{path.name} {error} Give an image.") from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise InputUnfitError(f"{path.name} can't be decoded ({error}). Give another image.") from error


def as_image(picture: av.VideoFrame) -> Image.Image:
    """Return a frame of a video as an RGB image."""
    return Image.fromarray(np.asarray(picture.to_ndarray(format="rgb24"), np.uint8))


def save_png(image: Image.Image, path: Path) -> None:
    """Write a PNG under another name and move it into place, so that one that is there is whole."""
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        image.save(part, format="PNG")
        os.replace(part, path)  # noqa: PTH105 -- the same on every system
    finally:
        part.unlink(missing_ok=True)
