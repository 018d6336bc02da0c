"""Where pictures and captions stand on a sheet, and which frames it shows. Pure arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from airflow_provider_wan.media.rates import round_half_up

_TALLEST = Fraction(16, 9)
"""A cell is at most so many times as high as it is wide; a taller picture leaves room at its sides."""

Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Grid:
    """Cells of one size, in rows, with the same space between and around them and a caption below each.

    Attributes:
        count: How many cells there are.
        columns: How many stand in a row.
        cell: Width and height of a cell in pixels, without its caption.
        gap: Pixels between cells, and to the edges.
        left: Pixels before the first column: the gap, and half of what a division left over.
        head: Pixels above the first row.
        caption: Height of the line below each cell, in pixels.
        width: Width of the sheet in pixels.
    """

    count: int
    columns: int
    cell: Size
    gap: int
    left: int
    head: int
    caption: int
    width: int

    @property
    def height(self) -> int:
        """Height of the sheet in pixels."""
        rows = -(-self.count // self.columns)
        return self.head + rows * (self.cell[1] + self.caption) + (rows - 1) * self.gap + self.gap // 2

    def corner(self, number: int) -> tuple[int, int]:
        """Return the left and upper edge of a cell, counted from 0, row by row."""
        row, column = divmod(number, self.columns)
        return (
            self.left + column * (self.cell[0] + self.gap),
            self.head + row * (self.cell[1] + self.caption + self.gap),
        )


def grid(picture: Size, count: int, *, columns: int, width: int, head: int, caption: int) -> Grid:
    """Return a grid that fills a width with cells of a picture's proportions.

    Args:
        picture: Width and height of the pictures; the one that is the highest for its width.
        count: How many cells.
        columns: How many in a row at most.
        width: Width of the sheet in pixels.
        head: Pixels above the first row, without the gap to it.
        caption: Pixels below each cell.
    """
    columns = min(columns, count)
    gap = gap_of(width)
    across = (width - gap * (columns + 1)) // columns
    left = (width - columns * across - (columns - 1) * gap) // 2
    down = min(round_half_up(Fraction(across * picture[1], picture[0])), int(across * _TALLEST))
    return Grid(count, columns, (across, max(1, down)), gap, left, head + gap, caption, width)


@dataclass(frozen=True, slots=True)
class Halves:
    """Two pictures side by side below a line of text, all in even pixels.

    Attributes:
        size: Width and height of the whole.
        half: Width and height of what each picture has for itself.
        top: Upper edge of both.
        left: Left edge of each.
    """

    size: Size
    half: Size
    top: int
    left: tuple[int, int]


def halves(before: Size, after: Size, *, width: int, head: int) -> Halves:
    """Return how two pictures stand side by side, as high as the higher of them wants.

    Args:
        before: Width and height of the left one.
        after: Width and height of the right one.
        width: Width of the whole in pixels; of an odd one the last is left out.
        head: Pixels for the text above.
    """
    width -= width % 2
    gap = gap_of(width) // 2 * 2
    across = (width - 3 * gap) // 4 * 2
    wanted = max(round_half_up(Fraction(across * high, wide)) for wide, high in (before, after))
    down = max(2, min(wanted, int(across * _TALLEST)) // 2 * 2)
    head += head % 2
    left = (width - 2 * across - gap) // 4 * 2
    return Halves((width, head + down + gap), (across, down), head, (left, left + across + gap))


def gap_of(width: int) -> int:
    """Return the pixels between pictures on a sheet of some width."""
    return max(4, width // 80)


def fitted(size: Size, cell: Size) -> Size:
    """Return the size at which a picture fits into a cell, with the proportion of its sides kept."""
    scale = min(Fraction(cell[0], size[0]), Fraction(cell[1], size[1]))
    width, height = (max(1, round_half_up(side * scale)) for side in size)
    return width, height


def spread(frames: int, count: int) -> list[int]:
    """Return evenly spaced frames, the first and the last included; fewer where there are no more.

    Of one that is wanted it is the first.
    """
    count = min(frames, count)
    if count < 2:
        return [0][:count]
    return [round_half_up(Fraction(number * (frames - 1), count - 1)) for number in range(count)]


def clock(frame: int, rate: Fraction) -> str:
    """Return when a frame is shown, as minutes, seconds and tenths, e.g. 1:05.2."""
    minutes, tenths = divmod(round_half_up(10 * frame / rate), 600)
    return f"{minutes}:{tenths // 10:02d}.{tenths % 10}"
