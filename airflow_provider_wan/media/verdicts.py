"""What of a finished video is not as it should be. Pure decisions about measured values."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from airflow_provider_wan.dashscope.errors import WanError
from airflow_provider_wan.media.expectations import Expectations
from airflow_provider_wan.media.rates import usual_rate


class QualityError(WanError):
    """A finished video has faults. A retry would find the same ones.

    What to do: Look at the fault, then make the video anew (which is billed) or allow more in `expect`.

    Attributes:
        report: What was measured, and the faults.
    """

    spent = "What made the video is done and billed; checking it costs nothing."

    def __init__(self, report: Report) -> None:
        self.report = report
        count = len(report.faults)
        shown = f" {report.picture} shows the worst frame." if report.picture else ""
        super().__init__(
            f"{report.video} has {count} {'fault' if count == 1 else 'faults'}: "
            f"{' '.join(str(fault) for fault in report.faults)}{shown} {self.spent} "
            "It is not retried: the same file has the same faults. Make the video anew (an edit that is made anew is "
            "billed again), or allow more."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """How much that should have been left alone differs from the reference.

    Attributes:
        frames: How many frames were compared.
        change: Mean absolute difference of luma in the worst frame, 0 to 255.
        change_at: When that frame is shown, in seconds.
        block_change: Mean absolute difference in the worst block of all frames, of luma or chroma.
        block_at: When that is.
        psnr: Of the frame that is least alike, in decibels; 99 for equal ones.
        psnr_at: When that is.
    """

    frames: int
    change: float
    change_at: float
    block_change: float
    block_at: float
    psnr: float
    psnr_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a video is like.

    Attributes:
        broken: Why it can't be decoded to its last frame; None where it can. The rest is of what was decoded.
        frames: Steady frames at its rate: one that stands longer counts as often.
        rate: Frames a second.
        seconds: Length of its pictures.
        width: Pixels, as shown; 0 where nothing can be decoded.
        height: Likewise.
        sound: Whether there is a sound track.
        black_seconds: The longest stretch of black pictures, without what is black in the reference too.
        black_at: When it begins; None where there is none.
        frozen_seconds: The longest stretch in which the picture stands still, without what does so in the reference.
        frozen_at: When it begins.
        duplicate_share: Share of frames that repeat the one before.
        compared: How much differs from the reference; None where nothing was compared.
    """

    broken: str | None = None
    frames: int = 0
    rate: Fraction = Fraction(0)
    seconds: float = 0.0
    width: int = 0
    height: int = 0
    sound: bool = False
    black_seconds: float = 0.0
    black_at: float | None = None
    frozen_seconds: float = 0.0
    frozen_at: float | None = None
    duplicate_share: float = 0.0
    compared: Compared | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that a video should not be like.

    Attributes:
        name: Which; of `undecodable`, `cut-off`, `changed`, `black`, `frozen`, `size`, `rate`, `length`, `frames`,
            `sound` and `duplicates`.
        measured: What was found.
        allowed: What would have been right.
        at_seconds: When it is, in seconds from the first frame; None where it concerns the whole video.
        what: One sentence on it.
        fix: What to do.
    """

    name: str
    measured: float | str | bool | None
    allowed: float | str | bool | None
    at_seconds: float | None
    what: str
    fix: str

    def __str__(self) -> str:
        return f"{self.name}: {self.what} {self.fix}"


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found.

    Attributes:
        video: The file's name.
        measured: What was measured.
        faults: What is wrong with it, the gravest first.
        picture: A picture of the worst frame; None where none was made.
    """

    video: str
    measured: Measured
    faults: tuple[Fault, ...] = ()
    picture: Path | None = None

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        measured = dataclasses.asdict(self.measured)
        measured["rate"] = float(self.measured.rate)
        return {
            "video": self.video,
            "ok": self.ok,
            "measured": _rounded(measured),
            "faults": [_rounded(dataclasses.asdict(fault)) for fault in self.faults],
            "picture": None if self.picture is None else str(self.picture),
        }


def faults(measured: Measured, expect: Expectations) -> tuple[Fault, ...]:
    """Say what of a video is not as expected, the gravest first."""
    if measured.broken is not None and not measured.frames:
        fix = "Fetch the file again; where it is the same, make it anew."
        return (Fault("undecodable", "no frame", "every frame", None, measured.broken, fix),)
    return (
        *_whole(measured),
        *_left_alone(measured, expect),
        *_stretches(measured, expect),
        *_facts(measured, expect),
    )


def _whole(measured: Measured) -> Iterator[Fault]:
    if measured.broken is not None:
        fix = "Fetch the file again; where it is the same, make it anew."
        yield Fault(
            "cut-off", round(measured.seconds, 3), "every frame", measured.seconds, measured.broken, fix
        )


def _left_alone(measured: Measured, expect: Expectations) -> Iterator[Fault]:
    found = measured.compared
    if found is None:
        return
    fix = "Look whether the edit went astray, or whether the reference, mask or scales are others than the edit's."
    whole, block, least = expect.max_change, expect.max_block_change, expect.min_psnr
    if block is not None and found.block_change > block:
        what = (
            f"what should be left alone differs by {found.block_change:.1f} of 255 levels in one block at "
            f"{found.block_at:.2f} s; at most {block:g} are allowed."
        )
        yield Fault("changed", found.block_change, block, found.block_at, what, fix)
    if whole is not None and found.change > whole:
        what = (
            f"what should be left alone differs by {found.change:.1f} of 255 levels on average at "
            f"{found.change_at:.2f} s; at most {whole:g} are allowed."
        )
        yield Fault("changed", found.change, whole, found.change_at, what, fix)
    if least is not None and found.psnr < least:
        what = (
            f"what should be left alone has a PSNR of {found.psnr:.1f} dB at {found.psnr_at:.2f} s; "
            f"at least {least:g} are wanted."
        )
        yield Fault("changed", found.psnr, least, found.psnr_at, what, fix)


def _stretches(measured: Measured, expect: Expectations) -> Iterator[Fault]:
    for name, how, seconds, at, allowed in (
        ("black", "is black", measured.black_seconds, measured.black_at, expect.max_black_seconds),
        ("frozen", "stands still", measured.frozen_seconds, measured.frozen_at, expect.max_frozen_seconds),
    ):
        # A limit of a whole number of frames isn't broken by how a sum of them is rounded.
        if allowed is not None and seconds > allowed + 1e-6:
            what = f"the picture {how} for {seconds:.2f} s from {at:.2f} s on; at most {allowed:g} s are allowed."
            fix = f"Make it anew, or allow more with max_{name}_seconds if that is meant."
            yield Fault(name, seconds, allowed, at, what, fix)
    share, most = measured.duplicate_share, expect.max_duplicate_share
    if most is not None and share > most:
        what = (
            f"{100 * share:.1f} % of the frames repeat the one before; at most {100 * most:g} % are allowed."
        )
        yield Fault(
            "duplicates", share, most, None, what, "See whether its frame rate was raised on the way."
        )


def _facts(measured: Measured, expect: Expectations) -> Iterator[Fault]:
    size = (measured.width, measured.height)
    if expect.size is not None and size != expect.size:
        found, wanted = (f"{width}x{height}" for width, height in (size, expect.size))
        yield Fault(
            "size",
            found,
            wanted,
            None,
            f"it has {found} pixels instead of {wanted}.",
            "Conform it, or expect that.",
        )
    if expect.rate is not None and usual_rate(expect.rate) != measured.rate:
        rates = float(measured.rate), float(expect.rate)
        what = f"it has {rates[0]:.5g} frames a second instead of {rates[1]:.5g}."
        yield Fault("rate", *rates, None, what, "Conform it, or expect that.")
    least, most = expect.min_seconds, expect.max_seconds
    if expect.seconds is not None:
        least = max(expect.seconds - expect.tolerance, least or 0.0)
        most = min(expect.seconds + expect.tolerance, math.inf if most is None else most)
    seconds = measured.seconds
    for wrong, allowed, bound in (
        (least is not None and seconds < least - 1e-6, least, "at least"),
        (most is not None and seconds > most + 1e-6, most, "at most"),
    ):
        if wrong:
            what = f"it lasts {seconds:.2f} s; it should last {bound} {allowed:.5g} s."
            yield Fault(
                "length", seconds, allowed, None, what, "See what the edit was given, and what it was asked."
            )
    if expect.frames is not None and measured.frames != expect.frames:
        what = f"it has {measured.frames} frames instead of {expect.frames}."
        yield Fault(
            "frames", measured.frames, expect.frames, None, what, "See where frames were lost or doubled."
        )
    if expect.sound is not None and measured.sound != expect.sound:
        what = "it has no sound." if expect.sound else "it has sound, and should have none."
        fix = "Put the original's sound back." if expect.sound else "Strip it."
        yield Fault("sound", measured.sound, expect.sound, None, what, fix)


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {name: _rounded(each) for name, each in value.items()}
    return value
