"""The picture that shows what a quality check found. Needs the `media` extra."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from airflow_provider_wan.media.stills import save_png

_LARGEST = 960
"""Longer side of each of the two pictures, in pixels."""
_GAP = 12
_HEADLINE, _SMALL = 22, 15
_GROUND, _TEXT, _DULL, _MARK = (24, 26, 30), (255, 255, 255), (150, 155, 165), (255, 48, 48)

Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Evidence:
    """A frame that shows a fault.

    Attributes:
        seconds: When it is shown.
        frame: The frame; None where none can be decoded.
        reference: What it was compared with; None without a reference.
        box: Where in the frame the reference is, in pixels of the frame: left, top, right, bottom.
        over: For each block of that box, whether it differs by more than is allowed; None where nothing does.
    """

    seconds: float
    frame: Image.Image | None = None
    reference: Image.Image | None = None
    box: Box | None = None
    over: npt.NDArray[np.bool_] | None = None


def draw(evidence: Evidence, lines: list[str], out: Path) -> None:
    """Write a PNG: the frame with what differs outlined, the reference beside it, and lines of text above.

    Args:
        evidence: What to show.
        lines: What is wrong, the headline first.
        out: The file; one that is there is replaced.
    """
    frame = evidence.frame or _blank()
    box = evidence.box or (0, 0, *frame.size)
    shown, scale = _fitted(frame)
    place = tuple(round(side * scale) for side in box)
    panels = [("checked", shown)]
    if evidence.over is not None:
        _outline(shown, (place[0], place[1], place[2], place[3]), evidence.over)
    if evidence.reference is not None:
        beside = Image.new("RGB", shown.size, _GROUND)
        sides = max(1, place[2] - place[0]), max(1, place[3] - place[1])
        beside.paste(
            evidence.reference.convert("RGB").resize(sides, Image.Resampling.LANCZOS), (place[0], place[1])
        )
        panels.append(("reference", beside))
    save_png(_sheet(panels, lines), out)


def _fitted(frame: Image.Image) -> tuple[Image.Image, float]:
    scale = min(1.0, _LARGEST / max(frame.size))
    size = max(1, round(frame.width * scale)), max(1, round(frame.height * scale))
    return frame.convert("RGB").resize(size, Image.Resampling.LANCZOS), scale


def _blank() -> Image.Image:
    return Image.new("RGB", (640, 360), (60, 62, 68))


def _outline(image: Image.Image, box: Box, over: npt.NDArray[np.bool_]) -> None:
    """Draw a line along each edge of a block that is over the limit, where the next one isn't."""
    draw = ImageDraw.Draw(image)
    rows, columns = over.shape
    across = np.linspace(box[0], box[2] - 1, columns + 1)
    down = np.linspace(box[1], box[3] - 1, rows + 1)
    around = np.pad(over, 1)
    for row, column in np.argwhere(over):
        left, right, top, bottom = across[column], across[column + 1], down[row], down[row + 1]
        for other, line in (
            (around[row, column + 1], (left, top, right, top)),
            (around[row + 2, column + 1], (left, bottom, right, bottom)),
            (around[row + 1, column], (left, top, left, bottom)),
            (around[row + 1, column + 2], (right, top, right, bottom)),
        ):
            if not other:
                draw.line(line, fill=_MARK, width=3)


def _sheet(panels: list[tuple[str, Image.Image]], lines: list[str]) -> Image.Image:
    width = max(480, sum(panel.width for _, panel in panels) + _GAP * (len(panels) + 1))
    text = [
        (part, size)
        for number, line in enumerate(lines)
        for size in (_HEADLINE if number == 0 else _SMALL,)
        for part in _wrapped(line, size, width - 2 * _GAP)
    ]
    head = sum(_step(size) for _, size in text) + 2 * _GAP
    height = head + _step(_SMALL) + max(panel.height for _, panel in panels) + _GAP
    sheet = Image.new("RGB", (width, height), _GROUND)
    draw = ImageDraw.Draw(sheet)
    at = _GAP
    for part, size in text:
        draw.text((_GAP, at), part, _TEXT, ImageFont.load_default(size))
        at += _step(size)
    left = _GAP
    for name, panel in panels:
        draw.text((left, head), name, _DULL, ImageFont.load_default(_SMALL))
        sheet.paste(panel, (left, head + _step(_SMALL)))
        left += panel.width + _GAP
    return sheet


def _wrapped(line: str, size: int, width: int) -> list[str]:
    font = ImageFont.load_default(size)
    out = [""]
    for word in line.split():
        longer = f"{out[-1]} {word}".strip()
        if out[-1] and font.getlength(longer) > width:
            out.append(word)
        else:
            out[-1] = longer
    return out


def _step(size: int) -> int:
    """Return the height of a line of text."""
    return round(size * 1.4)
