"""Tables and plots."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

IMAGES = Path(__file__).parents[1] / "docs" / "images"
OURS, AIRFLOW = "#1a7f5a", "#9a9a9a"
OTHERS = ("#d08c2f", "#b0413e")


def table(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return a Markdown table, with numbers to the right."""
    texts = [[_text(cell) for cell in row] for row in rows]
    widths = [max(len(line[column]) for line in [list(heads), *texts]) for column in range(len(heads))]
    rule = [f"{'-' * max(2, width - 1)}:" if column else "-" * width for column, width in enumerate(widths)]
    lines = [heads, rule, *texts]
    return "\n".join(
        "| "
        + " | ".join(
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        + " |"
        for line in lines
    )


def _text(cell: Any) -> str:
    if isinstance(cell, float):
        return "-" if math.isnan(cell) else f"{cell:,.1f}"
    return f"{cell:,}" if isinstance(cell, int) else str(cell)


def panels(many: int, title: str) -> tuple[Figure, Sequence[Any]]:
    """Return a figure with so many plots side by side."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4 * many, 3.6), dpi=110, layout="constrained")
    figure.suptitle(title, fontsize=11)
    axes = figure.subplots(1, many, squeeze=False)[0]
    for one in axes:
        one.spines[["top", "right"]].set_visible(False)
        one.tick_params(labelsize=8)
    return figure, axes


def bars(
    axes: Any,
    title: str,
    groups: Sequence[str],
    values: Mapping[str, Sequence[float]],
    colours: Sequence[str],
) -> None:
    """Draw groups of bars, one bar per contender in each, on a scale that shows small and large alike."""
    width = 0.8 / len(values)
    for number, (name, heights) in enumerate(values.items()):
        places = [group + (number - (len(values) - 1) / 2) * width for group in range(len(groups))]
        drawn = axes.bar(places, heights, width, label=name, color=colours[number])
        labels = ["-" if math.isnan(height) else f"{height:,.3g}" if height < 1000 else f"{height:,.0f}"
                  for height in heights]  # fmt: skip
        axes.bar_label(drawn, labels, fontsize=7, padding=1)
    axes.set_yscale("symlog", linthresh=1)
    highest = max((height for heights in values.values() for height in heights if height > 0), default=1.0)
    axes.set_ylim(0, 2 * highest)
    axes.set_xticks(range(len(groups)), groups)
    axes.set_title(title, fontsize=9)


def save(figure: Figure, name: str, folder: Path = IMAGES) -> Path:
    """Write a plot and return where it is."""
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / name, metadata={"Software": None})
    return folder / name
