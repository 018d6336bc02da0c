"""How long jobs run, as far as this process has seen it. Pure memory, no clock."""

from __future__ import annotations

import random
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from airflow_provider_wan.dashscope import catalog

KEPT = 1000
"""Run times remembered for each model and function."""
KINDS = 64
"""Models and functions remembered; the one that was longest out of use makes room."""
LONGEST = 3 * 3600.0
"""Seconds after its submission at which the service fails a job. Source: Model Studio, error codes."""
_PRIOR = 5
_RECKON_EVERY = 0.1  # a new estimate when this share of what is kept is new: sorting at each end would add up


@dataclass(frozen=True, slots=True)
class Spread:
    """When jobs end, in seconds from the start of their work.

    Attributes:
        early: One in ten has ended by then.
        median: Half of them.
        late: Nine in ten.
    """

    early: float
    median: float
    late: float


def evenly(shortest: float, longest: float) -> Spread:
    """Return the spread of run times of which nothing but the ends is known."""
    length = longest - shortest
    return Spread(shortest + 0.1 * length, shortest + 0.5 * length, shortest + 0.9 * length)


ANY = evenly(60.0, 300.0)
"""What is expected of a job about which nothing is known. Source: Model Studio, most video models' pages."""


class _Seen:
    """The run times of one kind of job. A few expected ones stay among them and fade as others come."""

    def __init__(self, model: str) -> None:
        known = catalog.find(model)
        low, high = known.typical_seconds if known else (60, 300)
        step = (high - low) / (_PRIOR - 1)
        self._expected = [low + step * number for number in range(_PRIOR)]
        self._seconds: list[float] = []
        # Not the oldest one makes room but any: of jobs that start together the short ones end first, and a
        # memory of the newest alone would soon know nothing but long ones. No secret, so no matter how random.
        self._dice = random.Random(model)  # noqa: S311
        self._new = 0
        self.spread = evenly(low, high)

    def add(self, seconds: float) -> None:
        if len(self._seconds) < KEPT:
            self._seconds.append(seconds)
        else:
            self._seconds[self._dice.randrange(KEPT)] = seconds
        self._new += 1
        if self._new >= _RECKON_EVERY * len(self._seconds):
            self._new = 0
            ordered = sorted([*self._expected, *self._seconds])
            self.spread = Spread(_at(ordered, 0.1), _at(ordered, 0.5), _at(ordered, 0.9))


def _at(ordered: Sequence[float], share: float) -> float:
    """Read a quantile, between two values where it falls between them."""
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


class Durations:
    """What to expect of a job's run time: the catalogue's figures first, then more and more what was seen."""

    def __init__(self) -> None:
        self._kinds: OrderedDict[tuple[str, str], _Seen] = OrderedDict()

    def typical(self, model: str, function: str = "") -> Spread:
        """Return when jobs of a kind end.

        Args:
            model: Model as it was sent.
            function: Edit function, of which some take longer than others; empty where there is none.
        """
        return self._kind(model, function).spread

    def saw(self, model: str, function: str, seconds: float) -> None:
        """Learn from a job that has succeeded. One that failed early says nothing of the others.

        Args:
            model: As for `typical`.
            function: As for `typical`.
            seconds: From the start of its work to its end. Nonsense, which clocks that disagree can make, is ignored.
        """
        if 0 < seconds <= LONGEST:
            self._kind(model, function).add(seconds)

    def _kind(self, model: str, function: str) -> _Seen:
        key = (model, function)
        seen = self._kinds.get(key)
        if seen is None:
            seen = self._kinds[key] = _Seen(model)
            if len(self._kinds) > KINDS:
                self._kinds.popitem(last=False)
        else:
            self._kinds.move_to_end(key)
        return seen
