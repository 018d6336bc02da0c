"""Refuses files that are no video or no image, or too large a one, before a decoder is let at them."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from airflow_provider_wan.dashscope.input_errors import InputUnfitError
from airflow_provider_wan.media.probe import NotMediaError, probe

MOST_PIXELS = 8192 * 8192
"""No model takes more, and a decoder reserves memory for what a file says of itself."""


def of_kind(path: Path, kind: Literal["image", "video"]) -> None:
    """Make sure that a file is an image, or a video, of no more than 8192 x 8192 pixels, by its head.

    Raises:
        InputUnfitError: It isn't, isn't there, or can't be read.
    """
    wanted = "an image" if kind == "image" else "a video"
    try:
        with path.open("rb") as file:
            facts = probe(file, name=path.name)
    except FileNotFoundError as error:
        raise InputUnfitError(f"{path} isn't there. Check the path.") from error
    except OSError as error:
        raise InputUnfitError(f"{path.name} can't be read ({error.strerror}). Check the path.") from error
    except NotMediaError as error:
        raise InputUnfitError(f"{path.name} {error} Give {wanted}.") from error
    if facts.kind != kind:
        is_ = "a video" if facts.kind == "video" else f"an {facts.kind}"
        raise InputUnfitError(f"{path.name} is {is_} file ({facts.format}). Give {wanted}.")
    if facts.width * facts.height > MOST_PIXELS:
        raise InputUnfitError(
            f"{path.name} says that it has {facts.width}x{facts.height} pixels, which no model takes. "
            f"Give {wanted} of fewer."
        )
