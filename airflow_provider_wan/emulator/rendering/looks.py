"""Other looks for a frame that keep its motion. All are pure and cost a few milliseconds at 1280x720."""

from __future__ import annotations

import colorsys
import math
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from airflow_provider_wan.emulator.rendering.frames import GREY, Frame, from_planes, planes

Look: TypeAlias = Callable[[Frame, float], Frame]
"""Takes a frame and a hue from 0.0 to 1.0; looks without colour ignore the hue."""
Table: TypeAlias = npt.NDArray[np.uint8]


def depth(frame: Frame, hue: float) -> Frame:
    """A soft grey relief: bright near the lower edge, dark far away, the subject standing out."""
    del hue
    luma = planes(frame)[0]
    height, width = luma.shape
    soft = Image.fromarray(luma).reduce(4).filter(ImageFilter.BoxBlur(3))
    nearness = np.linspace(30, 215, soft.height, dtype=np.float32)[:, None]
    relief = (0.55 * np.asarray(soft, np.float32) + 0.45 * nearness).astype(np.uint8)
    return _grey(Image.fromarray(relief).resize((width, height), Image.Resampling.BILINEAR))


def scribble(frame: Frame, hue: float) -> Frame:
    """Dark outlines on light paper."""
    del hue
    luma = planes(frame)[0]
    height, width = luma.shape
    edges = Image.fromarray(luma).reduce(2).filter(ImageFilter.BoxBlur(1)).filter(ImageFilter.FIND_EDGES)
    lines = _PENCIL.take(np.asarray(edges))
    # At its rim the filter has nothing to compare with and gives back the picture.
    lines[[0, -1]] = lines[:, [0, -1]] = _PENCIL[0]
    return _grey(Image.fromarray(lines).resize((width, height), Image.Resampling.BILINEAR))


def poster(frame: Frame, hue: float) -> Frame:
    """Five flat tones of a palette around `hue`, as a screen print has them."""
    tones, blues, reds = _palette(hue)
    luma = planes(frame)[0]
    height, width = luma.shape
    # Flat areas want fine detail gone before the tones are told apart.
    small = Image.fromarray(luma).reduce(2).filter(ImageFilter.BoxBlur(2))
    smooth = np.asarray(small.resize((width, height), Image.Resampling.BILINEAR))
    coarse = np.asarray(small)
    return from_planes(tones.take(smooth), blues.take(coarse), reds.take(coarse))


def painted(frame: Frame, hue: float) -> Frame:
    """Nearly the own colours, stronger, in eight tones of brightness."""
    return _turned(frame, 30 * hue - 15, hue, _EIGHT_TONES)


def recoloured(frame: Frame, hue: float) -> Frame:
    """All colours turned around the colour circle by 100 to 260 degrees and tinted, with more contrast."""
    return _turned(frame, 100 + 160 * hue, hue, _CONTRAST)


BY_CONDITION: dict[str, Look] = {
    "depth": depth,
    "scribble": scribble,
    "posebody": poster,
    "posebodyface": painted,
    "": recoloured,
}
"""Which look shows which `control_condition`; the empty one is for functions that allow none."""


def yuv(hue: float, lightness: float, saturation: float) -> tuple[int, int, int]:
    """A colour of the HLS model (each 0.0 to 1.0) as luma and chroma values of limited range."""
    red, green, blue = colorsys.hls_to_rgb(hue % 1.0, lightness, saturation)
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    return round(16 + 219 * luma), round(GREY + 126 * (blue - luma)), round(GREY + 160 * (red - luma))


def _turned(frame: Frame, degrees: float, tint: float, tones: Table) -> Frame:
    out = np.empty_like(frame)
    luma, blue, red = planes(frame)
    out_luma, out_blue, out_red = planes(out)
    tones.take(luma, out=out_luma, mode="clip")
    # The tint is for pictures without colour, which turning leaves as they are.
    tint_blue, tint_red = GREY + 22 * math.cos(math.tau * tint), GREY + 22 * math.sin(math.tau * tint)
    cos, sin = np.float32(math.cos(math.radians(degrees))), np.float32(math.sin(math.radians(degrees)))
    u, v = blue.astype(np.float32) - GREY, red.astype(np.float32) - GREY
    np.clip(cos * u - sin * v + tint_blue, 16, 240, out=out_blue, casting="unsafe")
    np.clip(sin * u + cos * v + tint_red, 16, 240, out=out_red, casting="unsafe")
    return out


def _grey(luma: Image.Image) -> Frame:
    height, width = luma.height, luma.width
    out = np.full((height * 3 // 2, width), GREY, np.uint8)
    out[:height] = np.asarray(luma)
    return out


def _palette(hue: float) -> npt.NDArray[np.uint8]:
    tones = [
        yuv(hue + 0.55, 0.16, 0.6),
        yuv(hue + 0.7, 0.32, 0.55),
        yuv(hue, 0.45, 0.7),
        yuv(hue + 0.1, 0.62, 0.75),
        yuv(hue + 0.15, 0.85, 0.7),
    ]
    steps = np.clip((np.arange(256) - 16) * len(tones) // 220, 0, len(tones) - 1)
    return np.ascontiguousarray(np.array(tones, np.uint8)[steps].T)


def _curve(values: npt.NDArray[np.float64]) -> Table:
    return np.clip(values, 16, 235).astype(np.uint8)


_LEVELS = np.arange(256, dtype=np.float64)
_CONTRAST = _curve(126 + (_LEVELS - 118) * 1.15)
_EIGHT_TONES = _curve(np.floor((_LEVELS - 16) / 27.5) * 27.5 + 30)
_PENCIL = _curve(228 - np.maximum(_LEVELS - 5, 0) * 7)
