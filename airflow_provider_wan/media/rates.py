"""Frame rates and the frames that times fall on. Pure arithmetic."""

from __future__ import annotations

from fractions import Fraction

USUAL_RATES = tuple(Fraction(rate) for rate in (15, 16, 20, 24, 25, 30, 48, 50, 60)) + tuple(
    Fraction(rate * 1000, 1001) for rate in (24, 30, 60)
)
_NEAR = Fraction(1, 2500)
"""A rate within this share of a usual one is that one: containers round the times of frames.

Less than what lies between 30 and 29.97, which is a thousandth.
"""


def round_half_up(value: Fraction) -> int:
    """Round to the nearest whole number; a half goes up."""
    return (value + Fraction(1, 2)).__floor__()


def usual_rate(average: Fraction) -> Fraction:
    """Return the usual frame rate that an average is nearest to, or the average where none is near."""
    nearest = min(USUAL_RATES, key=lambda rate: abs(rate - average))
    return nearest if abs(nearest - average) <= nearest * _NEAR else average.limit_denominator(1001)


def frame_at(seconds: float | Fraction, rate: Fraction) -> int:
    """Return the frame that begins nearest to a time, counted from 0."""
    return round_half_up(Fraction(seconds) * rate)
