"""What all operators that work on footage have in common: they fetch, work on the worker's disk, and land."""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_provider_wan.dashscope.errors import WanInputError
from airflow_provider_wan.operators.base import WanParameterError
from airflow_provider_wan.operators.late import is_late, plain
from airflow_provider_wan.operators.signed import TakesSignedAddresses

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_provider_wan.media.writing import Written
    from airflow_provider_wan.workshop import Workshop

Rule = Callable[[Any], str | None]
"""Returns what is wrong with a value, as the end of a sentence about it, or None."""


class VideoToolOperator(TakesSignedAddresses):
    """Base of the operators that work on footage; use one of its subclasses.

    They run on the worker, with PyAV, and cost nothing at the service. Inputs are any `ObjectStoragePath` URI, a web
    address, or a local file below the deployment's media roots; they are copied to a temporary folder of the worker
    unless they are local. What is made is moved into place once it is whole, so a retry finds either all of it or
    nothing.

    Raises:
        WanParameterError: A parameter breaks a rule: when the DAG is parsed, or once it is rendered. Not retried.
        InputNotAllowedError: An input may not be read here. Not retried.
        InputUnreadableError: An input can't be read. A retry looks again.
        InputUnfitError: An input is no video, damaged or cut short. Not retried.
        DestinationError: The result can't be written.
    """

    ui_color = "#e0f2f1"
    rules: Sequence[tuple[str, Rule]] = ()
    """Parameters and what they have to be."""

    def check_literals(self) -> None:
        """Check what is known already. Subclasses call it last in their `__init__`.

        Raises:
            WanParameterError: Listing every parameter that is wrong.
        """
        self._check()

    def _check(self) -> None:
        found = []
        for name, rule in self.rules:
            value = plain(getattr(self, name))
            if not is_late(value) and (wrong := rule(value)):
                found.append(f"{name}={value!r}: {wrong}")
        if found:
            lines = [f"{type(self).__name__} {self.task_id!r}: nothing was made.", *found]
            raise WanParameterError("\n  ".join(lines))

    def execute(self, context: Context) -> Any:  # noqa: ARG002 -- Airflow's signature
        """Fetch, work, land."""
        from airflow_provider_wan import preflight
        from airflow_provider_wan.operators.endings import FailingAsAirflowDoes
        from airflow_provider_wan.workshop import Workshop

        with FailingAsAirflowDoes():
            self._check()
            if not preflight.available():
                raise WanInputError(
                    f"{type(self).__name__} needs PyAV on the worker: pip install 'airflow-provider-wan[media]'."
                )
            with Workshop(self.log) as shop:
                try:
                    return self.work(shop)
                except ValueError as error:
                    if isinstance(error, WanInputError):
                        raise
                    raise WanParameterError(f"{type(self).__name__} {self.task_id!r}: {error}") from error

    @abstractmethod
    def work(self, shop: Workshop) -> Any:
        """Do the work and return plain JSON.

        Args:
            shop: Fetches what goes in, and lands what comes out.
        """

    # -- for subclasses --------------------------------------------------------------------------------------------

    def text(self, name: str) -> str:
        """Return a parameter as a text."""
        return str(plain(getattr(self, name)))

    def number(self, name: str) -> float | None:
        """Return a parameter as a number, which a template renders as a text; None where it isn't given."""
        value = getattr(self, name)
        return None if value in (None, "", "None") else float(value)

    def flag(self, name: str) -> bool:
        """Return a parameter as yes or no."""
        return getattr(self, name) in (True, "True", "true", 1, "1")

    def landed(self, shop: Workshop, written: Written, source: str) -> dict[str, Any]:
        """Land a video at `output_path` and return where and what it is."""
        uri = named(self.text("output_path"), source, ".mp4")
        return {"output_path": shop.land(written.path, uri), **facts_of(written)}


def named(output_path: str, source: str, suffix: str) -> str:
    """Return where a result goes: a path that ends in a slash is a folder, and the input's name the name in it."""
    if not output_path.endswith("/"):
        return output_path
    return f"{output_path}{Path(os.path.basename(source.partition('?')[0])).stem or 'video'}{suffix}"  # noqa: PTH119


def facts_of(written: Written) -> dict[str, Any]:
    """Return what a video is, as plain JSON."""
    return {
        "frames": written.frames,
        "rate": str(written.rate),
        "seconds": round(written.seconds, 3),
        "width": written.width,
        "height": written.height,
        "sound": written.sound,
    }


def needed(value: Any) -> str | None:
    """Refuse an empty text."""
    return "is needed." if value in (None, "", "None", [], ()) else None


def a_folder(value: Any) -> str | None:
    """Refuse what is no folder's path."""
    if isinstance(value, str) and value.endswith("/"):
        return None
    return "must be a folder. End it with a slash, e.g. s3://conn@bucket/pieces/."


def within(least: float, most: float, *, whole: bool = False, optional: bool = False) -> Rule:
    """Return a rule for numbers."""

    def rule(value: Any) -> str | None:
        if optional and value in (None, "", "None"):
            return None
        wanted = f"must be {'a whole number' if whole else 'a number'} from {least:g} to {most:g}."
        try:
            number = float(value)
        except (TypeError, ValueError):
            return wanted
        return None if least <= number <= most and not (whole and number != int(number)) else wanted

    return rule


def one_of(*allowed: str) -> Rule:
    """Return a rule for words."""
    return lambda value: None if value in allowed else f"must be one of {', '.join(allowed)}."


def ends_in(*suffixes: str) -> Rule:
    """Return a rule for names of files."""
    return lambda value: (
        None
        if isinstance(value, str) and value.lower().endswith(suffixes)
        else f"must end in {' or '.join(suffixes)}, which says what is made."
    )


LONGEST = 86_400.0
"""Seconds; nobody works on more than a day of footage at once."""
VIDEO_IN: tuple[str, Rule] = ("video_url", needed)
FILE_OUT: tuple[str, Rule] = ("output_path", needed)
FOLDER_OUT: tuple[str, Rule] = ("output_path", a_folder)
