"""The gate between an edit and its publication: measures a finished video. Needs the `media` extra."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import av

from airflow_provider_wan.dashscope.input_errors import InputUnfitError
from airflow_provider_wan.media.beside import Scaler, Shown, fitting, planes
from airflow_provider_wan.media.evidence import Evidence, draw
from airflow_provider_wan.media.expectations import Expectations
from airflow_provider_wan.media.measures import (
    BlackStretches,
    Change,
    Longest,
    Plane,
    StillStretches,
    black_share,
    change,
    distance,
    movement,
)
from airflow_provider_wan.media.progress import Progress
from airflow_provider_wan.media.reading import Video
from airflow_provider_wan.media.reference import LOOKED_AT, Beheld, Reference
from airflow_provider_wan.media.stills import as_image
from airflow_provider_wan.media.untouched import Untouched
from airflow_provider_wan.media.verdicts import Compared, Fault, Measured, QualityError, Report, faults

__all__ = ["Expectations", "Fault", "Measured", "QualityError", "Report", "Untouched", "check_video"]

log = logging.getLogger(__name__)


def check_video(
    video: Path,
    expect: Expectations | Mapping[str, Any] | None = None,
    *,
    reference: Path | None = None,
    untouched: Untouched | Path | Literal["middle", "start", "end"] | None = None,
    picture: Path | None = None,
    raise_on_fault: bool = True,
) -> Report:
    """Measure a video from its first frame to its last, and say what of it is not as it should be.

    Two pictures of it and three of the reference are held at a time.

    Args:
        video: The file to check.
        expect: What it has to be like; None: no black and no frozen stretch, and everything can be decoded.
        reference: What it was made from. Stretches that are black or still there may be so here.
        untouched: What should be as in the reference.
        picture: Where to write a PNG of the worst frame, if there is a fault; one that is there is replaced.
        raise_on_fault: Raise the faults, instead of leaving it to the caller to look at the report.

    Raises:
        QualityError: It has a fault. The error holds the report, and the message says each fault.
        InputUnfitError: The video isn't there, or the reference or the mask can't be used.
        ValueError: An expectation makes no sense, or `untouched` is given without a reference.
    """
    expect = expect if isinstance(expect, Expectations) else Expectations.of(expect or {})
    if untouched is not None and not isinstance(untouched, Untouched):
        untouched = Untouched(part=untouched)
    if untouched is not None and reference is None:
        raise ValueError("untouched says what should be as in the reference, but no reference is given")
    if not video.is_file():
        raise InputUnfitError(f"{video} isn't there. Check the path.")
    with contextlib.ExitStack() as stack:
        check = _Check(video, expect)
        try:
            opened = stack.enter_context(Video(video))
        except InputUnfitError as error:
            check.broken = str(error)
        else:
            check.run(opened, Reference.opened(stack, opened, reference, untouched))
    report = Report(video.name, check.measured, faults(check.measured, expect))
    if report.faults and picture is not None:
        draw(check.evidence(report.faults[0]), _caption(report), picture)
        report = replace(report, picture=picture)
    log.info("%s: %s", video.name, ", ".join(fault.name for fault in report.faults) or "no fault")
    if report.faults and raise_on_fault:
        raise QualityError(report)
    return report


@dataclass(slots=True)
class _Kept:
    """A frame that may have to be shown."""

    time: Fraction
    frame: av.VideoFrame
    reference: av.VideoFrame | None = None
    change: Change | None = None


class _Check:
    """One pass over a video."""

    def __init__(self, path: Path, expect: Expectations) -> None:
        self.broken: str | None = None
        self._path, self._expect = path, expect
        self._black = BlackStretches(Longest())
        self._still = StillStretches(Longest(), expect.still_change)
        self._compared: Compared | None = None
        self._kept: dict[str, _Kept] = {}
        self._frames = self._duplicates = 0
        self._facts: dict[str, Any] = {}
        self._box: tuple[int, int, int, int] | None = None

    def run(self, video: Video, reference: Reference | None) -> None:
        """Look at every frame."""
        size = video.width, video.height
        self._facts = {
            "rate": video.rate,
            "width": video.width,
            "height": video.height,
            "sound": video.has_sound,
        }
        self._box = None if reference is None else reference.box
        small = Scaler(fitting(size, LOOKED_AT), video.colours)
        step = 1 / video.rate
        expected = None if video.seconds is None else int(video.seconds * video.rate)
        progress = Progress(f"checking {self._path.name}", expected)
        before: tuple[av.VideoFrame, Plane] | None = None
        for frame in self._to_the_end(video):
            time = self._frames * step
            self._frames += 1
            repeated = before is not None and frame is before[0]
            luma = before[1] if before is not None and repeated else planes(small(frame))[0]
            if before is not None and (repeated or movement(luma, before[1]) <= self._expect.still_change):
                self._duplicates += 1
            before = frame, luma
            shown = [] if reference is None else reference.beside.at(time, step)
            self._stretches(frame, luma, shown[0] if shown else None, time, time + step)
            if reference is not None and reference.untouched is not None and shown:
                self._compare(reference, frame, shown, time, step)
            self._keep("first", _Kept(time, frame), once=True)
            self._keep("last", _Kept(time, frame))
            progress.at(self._frames)

    @property
    def measured(self) -> Measured:
        """What was found."""
        rate = self._facts.get("rate", Fraction(25))
        black, still = self._black.longest, self._still.longest
        return Measured(
            broken=self.broken,
            frames=self._frames,
            seconds=float(self._frames / rate),
            black_seconds=black.seconds,
            black_at=black.at,
            frozen_seconds=still.seconds,
            frozen_at=still.at,
            duplicate_share=self._duplicates / max(1, self._frames - 1),
            compared=self._compared,
            **self._facts,
        )

    def evidence(self, fault: Fault) -> Evidence:
        """Return what shows a fault."""
        name = {"cut-off": "last"}.get(fault.name, fault.name)
        if fault.name == "changed":
            found = self._compared
            name = next(
                (
                    kind
                    for kind, at in (
                        ("block", found and found.block_at),
                        ("whole", found and found.change_at),
                        ("psnr", found and found.psnr_at),
                    )
                    if at == fault.at_seconds
                ),
                "block",
            )
        kept = self._kept.get(name) or self._kept.get("first")
        if kept is None:
            return Evidence(0.0)
        limit = self._expect.max_block_change
        over = None
        if kept.change is not None:
            blocks = kept.change.blocks
            over = blocks > (limit if limit is not None and blocks.max() > limit else blocks.max() / 2)
        return Evidence(
            float(kept.time),
            as_image(kept.frame),
            None if kept.reference is None else as_image(kept.reference),
            self._box,
            over,
        )

    def _to_the_end(self, video: Video) -> Iterator[av.VideoFrame]:
        """Yield the frames; where they break off, note why."""
        frames = video.steady_frames()
        while True:
            try:
                frame = next(frames, None)
            except InputUnfitError as error:
                self.broken = str(error)
                return
            if frame is None:
                return
            yield frame

    def _stretches(
        self,
        frame: av.VideoFrame,
        luma: Plane,
        beside: Shown[Beheld] | None,
        time: Fraction,
        until: Fraction,
    ) -> None:
        expect = self._expect
        shown = None if beside is None else beside.made.luma
        reference = None if beside is None else beside.picture
        dark = black_share(luma, expect.black_level) >= expect.black_share
        meant = dark and shown is not None and black_share(shown, expect.black_level) >= expect.black_share
        if self._black.add(dark and not meant, float(time), float(until)):
            self._keep("black", _Kept(time, frame, reference))
        if dark:
            self._still.interrupt()
        elif self._still.add(luma, shown, float(time), float(until)):
            self._keep("frozen", _Kept(time, frame, reference))

    def _compare(
        self,
        reference: Reference,
        frame: av.VideoFrame,
        shown: list[Shown[Beheld]],
        time: Fraction,
        step: Fraction,
    ) -> None:
        where = reference.where(time, step)
        mine = reference.part(frame)
        chosen = min(shown, key=lambda each: distance(mine[0], each.made.planes[0], where))
        found = change(mine, chosen.made.planes, where)
        kept = _Kept(time, frame, chosen.picture, found)
        at = float(time)
        old = self._compared or Compared(
            frames=0, change=-1, change_at=at, block_change=-1, block_at=at, psnr=float("inf"), psnr_at=at
        )
        new = replace(old, frames=old.frames + 1)
        if found.mean > old.change:
            new = replace(new, change=found.mean, change_at=at)
            self._keep("whole", kept)
        if found.worst > old.block_change:
            new = replace(new, block_change=found.worst, block_at=at)
            self._keep("block", kept)
        if found.psnr < old.psnr:
            new = replace(new, psnr=found.psnr, psnr_at=at)
            self._keep("psnr", kept)
        self._compared = new

    def _keep(self, name: str, kept: _Kept, *, once: bool = False) -> None:
        if not (once and name in self._kept):
            self._kept[name] = kept


def _caption(report: Report) -> list[str]:
    first = report.faults[0]
    at = "" if first.at_seconds is None else f" at {first.at_seconds:.2f} s"
    return [
        f"{report.video}{at}: {', '.join(dict.fromkeys(fault.name for fault in report.faults))}",
        *(f"{fault.name}: {fault.what}" for fault in report.faults),
    ]
