"""Reference pictures on a moving background."""

from __future__ import annotations

import colorsys
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from airflow_provider_wan.emulator.rendering.frames import (
    Box,
    Frame,
    Size,
    cover,
    crop,
    eased,
    from_image,
    zoomed,
)
from airflow_provider_wan.emulator.rendering.sprites import Sprite, cut_out


def backdrop(image: Image.Image, size: Size, count: int) -> Iterator[Frame]:
    """`count` frames that fill `size` with a picture and drive slowly into it."""
    ground = from_image(cover(image, size))
    for number in range(count):
        yield zoomed(ground, 1 + 0.0012 * number)


def gradient(size: Size, count: int, seed: int) -> Iterator[Frame]:
    """`count` frames of soft colour fields that pass by; the seed chooses the colours."""
    margin = size.short_side // 4 // 2 * 2
    ground = _fields(Size(size.width + margin, size.height + margin), seed)
    for number in range(count):
        way = eased(number / max(1, count - 1))
        left, top = round(margin * way / 2) * 2, round(margin * (1 - way) / 2) * 2
        yield crop(ground, Box(min(left, margin), min(top, margin), size.width, size.height))


@dataclass(frozen=True, slots=True)
class Actor:
    """A reference picture with the place of its lower middle; it rises and sinks gently."""

    sprite: Sprite
    middle: float
    foot: float
    sway: float
    phase: float

    def appear(self, frame: Frame, number: int) -> None:
        """Draw onto frame `number` in place."""
        angle = 2 * math.pi * number / 120 + self.phase
        left = self.middle - self.sprite.size.width / 2 + self.sway * math.cos(angle / 2)
        self.sprite.lay_on(frame, left, self.foot - self.sprite.size.height + self.sway * math.sin(angle))


def troupe(images: Sequence[Image.Image], size: Size, share: float) -> list[Actor]:
    """Actors side by side in the lower part of a frame of `size`, each `share` of its height at most."""
    width = size.width / len(images) if images else size.width
    within = Size(round(width * 0.82), round(size.height * share))
    foot, sway = size.height * 0.93, size.height * 0.012
    return [
        Actor(cut_out(image, within), (place + 0.5) * width, foot, sway, place * 2.1)
        for place, image in enumerate(images)
    ]


def played(frames: Iterator[Frame], actors: Sequence[Actor]) -> Iterator[Frame]:
    """The frames with the actors in front."""
    for number, frame in enumerate(frames):
        out = frame.copy() if actors else frame
        for actor in actors:
            actor.appear(out, number)
        yield out


def _fields(size: Size, seed: int) -> Frame:
    random = np.random.default_rng(seed)
    hue = float(random.random())
    coarse = np.zeros((18, 32, 3), np.uint8)
    coarse[...] = _shade(hue, 0.3)
    for _ in range(7):
        row, column = int(random.integers(0, 16)), int(random.integers(0, 28))
        shade = _shade(hue + float(random.normal(0, 0.16)), float(random.uniform(0.16, 0.7)))
        coarse[row : row + 6, column : column + 9] = shade
    soft = Image.fromarray(coarse).filter(ImageFilter.GaussianBlur(2.2))
    return from_image(soft.resize((size.width, size.height), Image.Resampling.BICUBIC))


def _shade(hue: float, lightness: float) -> tuple[int, ...]:
    return tuple(round(255 * part) for part in colorsys.hls_to_rgb(hue % 1.0, lightness, 0.5))
