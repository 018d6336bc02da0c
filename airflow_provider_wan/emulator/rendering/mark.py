"""The mark that tells everybody that a video is emulated, and the watermark that a request may ask for.

Where the mark is: inside the new or edited area wherever it fits there, else in the top left corner of the
frame. The watermark is bottom right. Both are the same in every frame.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

from airflow_provider_wan.emulator.rendering.frames import Box, Frame, Size
from airflow_provider_wan.emulator.rendering.masks import Mask, room
from airflow_provider_wan.emulator.rendering.sprites import Sprite

NOTICE = "EMULATED - NOT A WAN MODEL"


@dataclass(frozen=True, slots=True)
class Stamp:
    """A sprite with its fixed place."""

    sprite: Sprite
    left: int
    top: int

    @property
    def box(self) -> Box:
        """The pixels it touches."""
        return Box(self.left, self.top, self.sprite.size.width, self.sprite.size.height)


def stamped(frame: Frame, stamps: Iterable[Stamp]) -> Frame:
    """A copy of `frame` with the stamps on it."""
    out = frame.copy()
    for stamp in stamps:
        stamp.sprite.lay_on(out, stamp.left, stamp.top)
    return out


def in_corner(name: str, size: Size) -> Stamp:
    """The mark in the top left corner of a frame of `size`."""
    gap = _gap(size)
    sprite = next((s for s in _labels(name, size) if _fits(s, size.width - gap, size.height - gap)), None)
    return Stamp(sprite or _label(name, 8, True), gap, gap)


def in_strips(name: str, size: Size, strips: Iterable[Box]) -> Stamp:
    """The mark in the first of `strips` (parts of a frame of `size`) that has room for it."""
    gap = _gap(size)
    strips = list(strips)
    for sprite in _labels(name, size):
        for strip in strips:
            if _fits(sprite, strip.width - 2 * gap, strip.height - 2 * gap):
                return Stamp(sprite, strip.left + gap, strip.top + gap)
    return in_corner(name, size)


def in_mask(name: str, size: Size, mask: Mask) -> Stamp:
    """The mark inside the edited area of a frame of `size`."""
    gap = _gap(size)
    for sprite in _labels(name, size):
        around = Size(sprite.size.width + 2 * gap, sprite.size.height + 2 * gap)
        place = room(mask, around)
        if place is not None:
            return Stamp(sprite, place[0] + gap, place[1] + gap)
    return in_corner(name, size)


def watermark(text: str, size: Size) -> Stamp:
    """The service's own watermark, bottom right. The font that comes with Pillow has Latin letters only."""
    gap = _gap(size)
    sprite = _text((text,), max(10, size.short_side // 34), ground=0)
    return Stamp(sprite, size.width - sprite.size.width - gap, size.height - sprite.size.height - gap)


def _gap(size: Size) -> int:
    return 2 * max(2, size.short_side // 120)


def _fits(sprite: Sprite, width: int, height: int) -> bool:
    return sprite.size.width <= width and sprite.size.height <= height


def _labels(name: str, size: Size) -> Iterator[Sprite]:
    """The label in the shapes to try, the most legible first."""
    points = min(40, max(11, size.short_side // 40))
    for smaller in (points, max(10, points * 3 // 4)):
        yield _label(name, smaller, False)
        yield _label(name, smaller, True)


@lru_cache(maxsize=32)
def _label(name: str, points: int, one_line: bool) -> Sprite:
    lines = (f"{NOTICE}   {name}",) if one_line else (NOTICE, name)
    return _text(lines, points, ground=190)


def _text(lines: tuple[str, ...], points: int, ground: int) -> Sprite:
    font = ImageFont.load_default(points)
    pad, step = points // 2, round(points * 1.3)
    width = round(max(font.getlength(line) for line in lines)) + 2 * pad
    image = Image.new("RGBA", (width, step * len(lines) + pad), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((0, 0, width - 1, image.height - 1), radius=points // 3, fill=(12, 12, 16, ground))
    for number, line in enumerate(lines):
        middle = pad / 2 + step * (number + 0.5)
        shade = (255, 255, 255, 255) if number == 0 else (255, 214, 120, 255)
        draw.text(
            (pad, middle),
            line,
            shade,
            font,
            anchor="lm",
            stroke_width=0 if ground else 1,
            stroke_fill=(0, 0, 0, 160),
        )
    return Sprite.of(image)
