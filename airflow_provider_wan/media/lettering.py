"""Text on sheets and pictures, in the font that Pillow brings. Needs the `media` extra."""

from __future__ import annotations

import unicodedata

from PIL import ImageFont

GROUND, TEXT, DULL = (24, 26, 30), (244, 245, 247), (166, 172, 182)
_MOST = 400
"""Characters of a text that are looked at; no line holds so many."""
_ALIKE = {"\u00d7": "x", "\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"'}

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def font(size: int) -> Font:
    """Return the font at a size in pixels."""
    return ImageFont.load_default(size=size)


def line(text: str, face: Font, width: int) -> str:
    """Return a text as one line that is no wider than some pixels, shortened with an ellipsis where it must be.

    The font has Latin letters only: others become the letter without its accent, or a question mark.
    """
    text = " ".join("".join(_plain(char, face) for char in text[:_MOST]).split())
    if face.getlength(text) <= width:
        return text
    for end in range(len(text) - 1, 0, -1):
        shorter = f"{text[:end].rstrip()}…"
        if face.getlength(shorter) <= width:
            return shorter
    return ""


def step(size: int) -> int:
    """Return the height of a line of text of a size."""
    return round(size * 1.5)


def _plain(char: str, face: Font) -> str:
    """Return what the font can draw of a character."""
    if char.isspace():
        return " "
    kind = unicodedata.category(char)
    if kind.startswith(("C", "M")):
        return ""
    if kind == "Pd":
        return "-"
    missing = _drawn("\uffff", face)
    for one in (char, _ALIKE.get(char, ""), unicodedata.normalize("NFKD", char)[0]):
        if one and _drawn(one, face) != missing:
            return one
    return "?"


def _drawn(char: str, face: Font) -> tuple[tuple[int, int], bytes]:
    mask = face.getmask(char)
    return mask.size, bytes(mask)
