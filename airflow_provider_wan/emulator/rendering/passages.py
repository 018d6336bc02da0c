"""Videos that begin and end with something given, and invent the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from airflow_provider_wan.emulator.rendering.attachments import Attachment
from airflow_provider_wan.emulator.rendering.clips import frames_of, load_image
from airflow_provider_wan.emulator.rendering.frames import (
    Frame,
    Size,
    cover,
    crossfaded,
    eased,
    from_image,
    zoomed,
)


@dataclass(frozen=True, slots=True)
class Given:
    """Frames that appear as they are: a still has one."""

    count: int
    frames: Callable[[], Iterator[Frame]]


def given(item: Attachment, size: Size, fps: int, seconds: float) -> Given:
    """A clip's first `seconds`, or a picture as one frame, filling `size`."""
    if item.probe.kind == "image":
        return Given(1, lambda: iter([from_image(cover(load_image(item.path), size))]))
    count = max(1, round(seconds * fps))
    return Given(count, lambda: frames_of(item.path, size, fps, count))


def passage(
    count: int,
    head: Given | None,
    tail: Given | None,
    seed: int,
    touch: Callable[[Frame], Frame] = lambda frame: frame,
) -> Iterator[Frame]:
    """`count` frames that begin with `head`, end with `tail` and move from one to the other.

    Between them the camera drives slowly into the last given frame, or out of it towards `tail`; where
    there are both, one picture dissolves into the other. Given frames that exceed `count` are cut off, the
    tail's first.

    Args:
        count: Frames in total.
        head: What the video begins with.
        tail: What it ends with; one of the two has to be given.
        seed: Chooses the point that the camera drives at.
        touch: Applied to each invented frame.
    """
    head_count = min(count, head.count) if head else 0
    tail_count = min(count - head_count, tail.count) if tail else 0
    between = count - head_count - tail_count
    before: Frame | None = None
    if head:
        for frame in islice(head.frames(), head_count):
            before = frame
            yield frame
    ending: Iterator[Frame] = islice(tail.frames(), tail_count) if tail else iter(())
    arrival: Frame | None = next(ending, None)
    target = (0.35 + 0.3 * (seed % 7 / 6), 0.35 + 0.3 * (seed // 7 % 7 / 6))
    # The same speed whatever the length: 4 % a second.
    growth = 0.04 * between / 30
    for number in range(between):
        progress = (number + 1) / (between + 1)
        shown = [
            zoomed(frame, 1 + growth * way, target)
            for frame, way in ((before, progress), (arrival, 1 - progress))
            if frame is not None
        ]
        yield touch(crossfaded(shown[0], shown[-1], eased(progress)))
    if arrival is not None:
        yield arrival
        yield from ending
