"""How a long film is cut into pieces and put together again. Plain data and arithmetic."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from airflow_provider_wan.media.rates import round_half_up

PIECES, EDITED, MASKS, LINKS = "pieces", "edited", "masks", "links"
"""Folders of the work folder."""
PLAN_FILE = "plan.json"
"""The plan beside the pieces, written once they are all there."""
PLAN_KEY = "plan"
"""XCom of the task that cuts the film, by which the others know how."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the film that is edited by one job.

    Attributes:
        number: Its place, from 0.
        first: Its first frame in the film.
        end: The frame of the film before which it ends.
        shared: How many of its frames the piece before it has too.
        video_url: Where it is.
        edited_url: Where its edit is landed.
        mask_url: Where its mask is; None without one.
    """

    number: int
    first: int
    end: int
    shared: int
    video_url: str
    edited_url: str
    mask_url: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A film in pieces.

    Attributes:
        key: Tells it from other films and other ways to cut this one; the name of its work folder.
        source: The film as the author named it.
        folder: Where its pieces and their edits are.
        rate: Frames a second of the pieces, as `25` or `30000/1001`.
        frames: Frames of the whole at that rate.
        width: Pixels of the pieces.
        height: Likewise.
        has_sound: Whether the film has sound.
        pieces: The pieces, in order.
        dearest: What an edit costs at most, in CNY; None where no price is known.
    """

    key: str
    source: str
    folder: str
    rate: str
    frames: int
    width: int
    height: int
    has_sound: bool
    pieces: tuple[Piece, ...]
    dearest: str | None = None

    @property
    def seconds(self) -> float:
        """Length of the film."""
        return float(self.frames / Fraction(self.rate))

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON."""
        return {**asdict(self), "pieces": [asdict(piece) for piece in self.pieces]}

    def as_json(self) -> str:
        """Return the text of the file beside the pieces."""
        return json.dumps(self.as_dict(), sort_keys=True)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Plan:
        """Read what `as_dict` wrote.

        Raises:
            ValueError: It is no plan.
        """
        try:
            return cls(**{**data, "pieces": tuple(Piece(**piece) for piece in data["pieces"])})
        except (TypeError, KeyError) as error:
            raise ValueError(f"this is no plan of a long edit: {error}") from error

    def frames_at(self, rate: Fraction, *, linked: bool = False) -> tuple[list[int], list[int]]:
        """Return how many frames each piece has at a rate, and how many each shares with the one before it.

        Counted from the film's beginning, so that nothing adds up: a rate that doesn't fit the pieces makes some of
        them a frame longer than others.

        Args:
            rate: Frames a second of the edited pieces.
            linked: Whether each was made to begin with the last frame of the one before it, whatever the rate.
        """
        own = Fraction(self.rate)
        ends = [round_half_up(piece.end * rate / own) for piece in self.pieces]
        starts = [round_half_up(piece.first * rate / own) for piece in self.pieces]
        if linked:
            starts = [0, *(end - 1 for end in ends[:-1])]
        shared = [end - start for end, start in zip(ends, starts[1:], strict=False)]
        return [end - start for start, end in zip(starts, ends, strict=True)], shared


def spent(costs: Sequence[Mapping[str, Any] | None]) -> Decimal:
    """Add up the costs of finished edits, in CNY; one that isn't known counts nothing."""
    return sum((Decimal(cost["amount"]) for cost in costs if cost), Decimal(0))
