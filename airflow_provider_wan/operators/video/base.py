"""What all operators that work on footage have in common: they fetch, work on the worker's disk, and land."""

from __future__ import annotations

import os
import time
from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, ParamSpec, TypeVar

from airflow_provider_wan.dashscope.errors import WanError, WanInputError
from airflow_provider_wan.lineage import TellsLineage
from airflow_provider_wan.links import WanResultLink
from airflow_provider_wan.operators.base import WanParameterError
from airflow_provider_wan.operators.late import is_late, plain
from airflow_provider_wan.operators.signed import TakesSignedAddresses
from airflow_provider_wan.operators.video.rules import Rule, is_none, unpacked, yes

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_provider_wan.media.writing import Written
    from airflow_provider_wan.workshop import Workshop

P = ParamSpec("P")
T = TypeVar("T")


class VideoToolOperator(TellsLineage, TakesSignedAddresses):
    """Base of the operators that work on footage; use one of its subclasses.

    They run on the worker, with PyAV, and cost nothing at the service. Inputs are any `ObjectStoragePath` URI, a web
    address, or a local file below the deployment's media roots; they are copied to a temporary folder of the worker
    unless they are local. Each file that is made is moved into place once it is whole; a retry makes it anew.

    Args:
        multiple_outputs: Push each field of the result as an XCom of its own too, so that `trim.output["output_path"]`
            is an input for other tasks. None: where the result has fields.
        kwargs: As for any operator.

    Raises:
        WanParameterError: A parameter breaks a rule: when the DAG is parsed, or once it is rendered. Not retried.
        InputNotAllowedError: An input may not be read here. Not retried.
        InputUnreadableError: An input can't be read. A retry looks again.
        InputUnfitError: An input is no video, damaged or cut short. Not retried.
        DestinationError: The result can't be written. A retry makes it again.
    """

    operator_extra_links = (WanResultLink(),)
    ui_color = "#e0f2f1"
    rules: Sequence[tuple[str, Rule]] = ()
    """Parameters and what they have to be."""
    has_fields: ClassVar[bool] = True
    """Whether the result is a mapping."""

    def __init__(self, *, multiple_outputs: bool | None = None, **kwargs: Any) -> None:
        given = self.has_fields if multiple_outputs is None else multiple_outputs
        super().__init__(multiple_outputs=given, **kwargs)

    @property
    def output(self) -> Any:
        """The result as an input for other tasks, whole or by field, as `WanOperator.output`."""
        return super().output

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
        if found := found or list(self.mismatches()):
            raise WanParameterError("\n  ".join([f"{self._who()}: nothing was made.", *found]))

    def mismatches(self) -> Iterable[str]:
        """Say what is wrong with parameters that are right one by one. Any of them may be known only later."""
        return ()

    def _who(self) -> str:
        return f"{type(self).__name__} {self.task_id!r}"

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
                    return self.note_result(self.work(shop))
                except ValueError as error:
                    if isinstance(error, WanError):
                        raise
                    raise self._refusal(error) from error

    def _refusal(self, error: ValueError) -> WanError:
        from av.error import FFmpegError

        from airflow_provider_wan.dashscope.input_errors import InputUnfitError

        if isinstance(error, FFmpegError):  # what the functions of `media` didn't foresee
            return InputUnfitError(
                f"{self._who()}: an input is damaged ({error}). Give it whole. It is not retried."
            )
        return WanParameterError(
            f"{self._who()}: {str(error).rstrip('.')}. Nothing was landed. It is not retried."
        )

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

    def given(self, name: str) -> str | None:
        """Return a parameter as a text; None where it isn't given."""
        return None if is_none(plain(getattr(self, name))) else self.text(name)

    def number(self, name: str) -> float | None:
        """Return a parameter as a number, which a template renders as a text; None where it isn't given."""
        value = getattr(self, name)
        return None if is_none(value) else float(value)

    def whole(self, name: str) -> int:
        """Return a parameter as a whole number."""
        return int(float(getattr(self, name)))

    def flag(self, name: str) -> bool:
        """Return a parameter as yes or no."""
        return yes(getattr(self, name))

    def mapping(self, name: str) -> Mapping[str, Any]:
        """Return a parameter that is a mapping, which a template renders as JSON; empty where it isn't given."""
        value = getattr(self, name)
        return {} if is_none(value) else dict(unpacked(plain(value)))

    def make(self, tool: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function of `media`, and log what it made and how long that took."""
        began = time.monotonic()
        made = tool(*args, **kwargs)
        self.log.info("Made %s (%.1f s)", _described(made), time.monotonic() - began)
        return made

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
    """Return what a video is, as plain JSON: its rate as a number (`fps`), and exactly (`rate`, e.g. `30000/1001`)."""
    return {
        "frames": written.frames,
        "fps": round(float(written.rate), 6),
        "rate": str(written.rate),
        "seconds": round(written.seconds, 3),
        "width": written.width,
        "height": written.height,
        "sound": written.sound,
    }


def _described(made: Any) -> str:
    """Say what was made."""
    if isinstance(made, list):
        return (
            f"{len(made)} files: {'; '.join(_described(one) for one in made[:3])}{' ...' if made[3:] else ''}"
        )
    if isinstance(made, Path):
        return f"{made.name} of {_megabytes(made)}"
    sound = "with sound" if made.sound else "without sound"
    rate = f"{float(made.rate):.6g} frames a second"
    what = f"{made.frames} frames, {made.seconds:.3f} s of {made.width}x{made.height} at {rate}, {sound}"
    return f"{made.path.name}: {what}, {_megabytes(made.path)}"


def _megabytes(file: Path) -> str:
    return f"{file.stat().st_size / 1024 / 1024:.2f} MB"
