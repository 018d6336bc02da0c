"""What is asked of the renderer, and what it answers."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from airflow_provider_wan.dashscope.catalog import MODELS, Model, find
from airflow_provider_wan.emulator.rendering.clips import UNSPECIFIED, Colours
from airflow_provider_wan.emulator.rendering.frames import Box, Frame, Size
from airflow_provider_wan.emulator.rendering.mark import Stamp
from airflow_provider_wan.emulator.rendering.sound import Samples
from airflow_provider_wan.emulator.service_errors import ServiceRefusal


@dataclass(frozen=True, slots=True)
class RenderJob:
    """One request, with its inputs already fetched.

    Attributes:
        model_family: The catalogue's family, e.g. `vace`, `i2v`.
        function: The VACE function; None for other families.
        input: The request's `input`, as posted.
        parameters: The request's `parameters`, as posted; empty where there were none.
        media: For each URL in `input`, the local file with its content.
        out: Where the MP4 goes; an existing file is replaced.
        model: The model's id in any spelling. Defaults (resolution, sound) are that model's; without an id,
            those of the family's first model in the catalogue.
    """

    model_family: str
    function: str | None
    input: Mapping[str, Any]
    parameters: Mapping[str, Any]
    media: Mapping[str, Path]
    out: Path
    model: str = ""

    @property
    def facts(self) -> Model:
        """The catalogue's row."""
        model = find(self.model) if self.model else None
        return model or next(row for row in MODELS if row.family == self.model_family)

    @property
    def name(self) -> str:
        """What the mark calls the job: the function, or the model where it has none."""
        return self.function or self.model or self.facts.name

    @property
    def seed(self) -> int:
        """Decides about hues and movements: a number that follows from `seed` and the prompt."""
        return zlib.crc32(f"{self.parameters.get('seed', '')}|{self.input.get('prompt', '')}".encode())

    def number(self, name: str, default: float) -> float:
        """A number among the parameters or in the input; `default` where it is left out.

        Raises:
            ServiceRefusal: What stands there is no number.
        """
        value = self.parameters.get(name, self.input.get(name))
        if value is None:
            return default
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = math.nan
        if not math.isfinite(number):
            raise ServiceRefusal(
                400, "InvalidParameter", f"The {name} is not valid {value}: it must be a number."
            )
        return number

    @property
    def hue(self) -> float:
        """The seed as a place on the colour circle, 0.0 to 1.0."""
        return self.seed % 997 / 997


@dataclass(frozen=True, slots=True)
class Rendered:
    """The video that was made.

    Attributes:
        width: Pixels.
        height: Pixels.
        frames: Number of frames.
        fps: Frames per second.
        duration: Seconds of output, `frames / fps`.
        input_duration: Seconds of all videos in the input together, before anything was cut off; 0.0
            without any.
        has_audio: Whether there is a sound track.
        mark: Where the emulator's mark is, in every frame.
    """

    width: int
    height: int
    frames: int
    fps: int
    duration: float
    input_duration: float
    has_audio: bool
    mark: Box


@dataclass(frozen=True, slots=True)
class Scene:
    """A video before it is drawn: everything is known and checked, no frame has been made.

    Attributes:
        size: Of each frame.
        count: Number of frames.
        frames: Starts the drawing; yields `count` frames without the mark.
        mark: The emulator's mark with its place.
        input_duration: See `Rendered`.
        sound: Starts the sound track; None for a silent video.
        fps: Frames per second.
        colours: Those of the video it is made from, so that unchanged pixels keep their colour.
    """

    size: Size
    count: int
    frames: Callable[[], Iterator[Frame]]
    mark: Stamp
    input_duration: float = 0.0
    sound: Callable[[], Iterator[Samples]] | None = None
    fps: int = 30
    colours: Colours = UNSPECIFIED

    def outcome(self) -> Rendered:
        """What the finished video will be."""
        return Rendered(
            width=self.size.width,
            height=self.size.height,
            frames=self.count,
            fps=self.fps,
            duration=self.count / self.fps,
            input_duration=self.input_duration,
            has_audio=self.sound is not None,
            mark=self.mark.box,
        )
