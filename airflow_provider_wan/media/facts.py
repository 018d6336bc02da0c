"""What is known of a media file. Plain data, no library needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["image", "video", "audio"]


@dataclass(frozen=True, slots=True)
class MediaFacts:
    """A media file as it was found.

    Attributes:
        kind: What it is.
        format: Its format by the vendor's name, in lower case: `mp4`, `mov`, `avi`, `jpeg`, `png`, `wav`, ...
        size: Bytes; None where the source doesn't say.
        width: Pixels as shown, after rotation; 0 for audio.
        height: Likewise.
        seconds: Length of a video or sound; None where it has none or doesn't say.
        fps: Frames a second of a video, on average; None otherwise.
        alpha: Whether an image can be transparent.
        sound: Whether there is an audio track.
    """

    kind: Kind
    format: str
    size: int | None = None
    width: int = 0
    height: int = 0
    seconds: float | None = None
    fps: float | None = None
    alpha: bool = False
    sound: bool = False
