"""Looks at an edit's inputs and holds them against the model's limits, before anything is uploaded or paid."""

from __future__ import annotations

import base64
import binascii
import importlib.util
import io
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from airflow_provider_wan.dashscope.errors import WanError
from airflow_provider_wan.dashscope.input_errors import InputUnfitError, InputUnreadableError
from airflow_provider_wan.dashscope.inputs import Input, inputs_of
from airflow_provider_wan.dashscope.redact import redacted
from airflow_provider_wan.dashscope.requests.problem import shown
from airflow_provider_wan.media.findings import Finding, Looked, about
from airflow_provider_wan.media.limits import check

if TYPE_CHECKING:
    from airflow_provider_wan.dashscope.catalog import MediaLimits, Model
    from airflow_provider_wan.media.facts import MediaFacts


class Opened(Protocol):
    """An input that is open for reading."""

    @property
    def file(self) -> BinaryIO:
        """Its content, seekable."""

    @property
    def size(self) -> int | None:
        """Its length in bytes; None where the source doesn't say."""


class Log(Protocol):
    """The part of a logger that is used here."""

    def info(self, message: Any, /, *args: Any) -> Any:
        """Tell what happens."""

    def warning(self, message: Any, /, *args: Any) -> Any:
        """Tell what someone may want to look at."""


OpenInput = Callable[[str], AbstractContextManager[Opened] | None]
"""Opens an input by its address; None for one that can't be looked at from here."""


def available() -> bool:
    """Tell whether what is needed for a look is installed: the `media` extra."""
    return importlib.util.find_spec("av") is not None


def preflight(
    body: Mapping[str, Any], model: Model | None, open_input: OpenInput, *, strict: bool, log: Log
) -> dict[str, float]:
    """Look at each input of a request once, and refuse the request where one breaks a limit of its model.

    What can't be read from here is left to the service, with a line in the log: it may be able to. So is what a
    fault of our own keeps us from understanding.

    Args:
        body: The request, with the author's addresses.
        model: The model's row of the catalogue; None for a model it doesn't know, whose limits nobody knows either.
        open_input: Opens an input by its address.
        strict: Whether what the service would silently cut is an error; otherwise it is a warning in the log.
        log: The task's log.

    Returns:
        How long inputs are, in seconds, by role; of several with one role all together. A role is left out where the
        length of any of its inputs isn't known.

    Raises:
        InputUnfitError: Names everything that doesn't fit, each with the fix.
        InputNotAllowedError: An input may not be read here, as `open_input` says.
    """
    looks = _Looks(model, open_input, log)
    inputs = list(inputs_of(body))
    often = Counter(one.role for one in inputs)
    seen: Counter[str] = Counter()
    for one in inputs:
        looks.look(one, seen[one.role] if often[one.role] > 1 else None)
        seen[one.role] += 1
    if model is None:
        return {}
    findings = check(model, looks.found, body)
    errors = [*looks.errors, *findings.errors]
    if strict:
        errors += findings.warnings
    else:
        for finding in findings.warnings:
            log.warning("Input %s", finding)
    if errors:
        videos = {one.name for one in looks.found if one.facts is not None and one.facts.kind == "video"}
        mendable = any(error.name in videos and error.rule in _CONFORMED for error in errors)
        raise InputUnfitError(_summary(model, errors, mendable=mendable))
    return _lengths(looks.found, often)


def _lengths(found: list[Looked], often: Mapping[str, int]) -> dict[str, float]:
    lengths: dict[str, list[float]] = {}
    for one in found:
        if one.facts is not None and one.facts.seconds is not None:
            lengths.setdefault(one.role, []).append(one.facts.seconds)
    return {role: sum(seconds) for role, seconds in lengths.items() if len(seconds) == often[role]}


_CONFORMED = frozenset({"format", "size", "sides", "aspect", "seconds", "fps"})
"""Limits that conforming a video mends; not where it is too short."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was found at an address: facts of media, or the size alone, or why it is no media; or nothing."""

    facts: MediaFacts | None = None
    size: int | None = None
    wrong: str = ""
    unseen: bool = False


_UNSEEN = _Seen(unseen=True)


class _Looks:
    """Looks at inputs, at each address once."""

    def __init__(self, model: Model | None, open_input: OpenInput, log: Log) -> None:
        self._limits = model.media if model is not None else {}
        self._open = open_input
        self._log = log
        self._seen: dict[tuple[str, bool], _Seen] = {}
        self.found: list[Looked] = []
        self.errors: list[Finding] = []

    def look(self, one: Input, index: int | None) -> None:
        """Look at one input, and keep what was found."""
        limits = self._limits.get(one.role)
        media = limits is not None and limits.kind != "file"
        seen = self._seen.get((one.url, media))
        if seen is None:
            seen = self._seen[one.url, media] = self._looked_at(one, media=media)
        looked = Looked(one.role, index, shown(one.url), seen.facts, seen.size)
        if seen.wrong and limits is not None:
            self.errors.append(about(looked, "media", seen.wrong, _wanted(limits), "Give another file."))
        elif limits is not None and not seen.unseen:
            self.found.append(looked)

    def _looked_at(self, one: Input, *, media: bool) -> _Seen:
        try:
            with self._opened(one) as opened:
                return self._probed(one, opened) if media else _Seen(size=opened.size)
        except _NotToBeSeenError as error:
            self._log.info("Input %s=%s is left to the service unseen: %s.", one.role, shown(one.url), error)
        except InputUnreadableError as error:
            self._log.info("Input %s=%s is left to the service unseen. %s", one.role, shown(one.url), error)
        except WanError:
            raise
        except Exception as error:  # noqa: BLE001 -- whatever it is, the file may well be fit
            self._log.warning(
                "Input %s=%s is left to the service, as looking at it went wrong: %s.",
                *(one.role, shown(one.url), redacted(f"{type(error).__name__}: {error}")),
            )
        return _UNSEEN

    def _opened(self, one: Input) -> AbstractContextManager[Opened]:
        if one.inline:
            return _inline(one.url)
        opened = None if one.temporary else self._open(one.url)
        if opened is None:
            raise _NotToBeSeenError("it can't be read from here")
        return opened

    def _probed(self, one: Input, opened: Opened) -> _Seen:
        from airflow_provider_wan.media.probe import NotMediaError, probe

        try:
            name = "" if one.inline else one.url
            facts = probe(opened.file, name=name, size=opened.size, measure=False)
        except NotMediaError as error:
            return _Seen(wrong=str(error))
        self._log.info("Input %s=%s is %s.", one.role, shown(one.url), _told(facts))
        return _Seen(facts)


class _NotToBeSeenError(Exception):
    """There is no way to this input from here."""


@dataclass(frozen=True, slots=True)
class _Inline(AbstractContextManager["_Inline"]):
    """A file that is in the request itself."""

    file: BinaryIO
    size: int | None

    def __exit__(self, *_: object) -> None:
        self.file.close()


def _inline(url: str) -> _Inline:
    head, _, data = url.partition(",")
    if not head.lower().endswith(";base64"):
        raise _NotToBeSeenError("it isn't written in Base64")
    try:
        content = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _NotToBeSeenError(f"its Base64 is broken ({error})") from error
    return _Inline(io.BytesIO(content), len(content))


def _wanted(limits: MediaLimits) -> str:
    formats = f" ({', '.join(limits.formats)})" if limits.formats else ""
    kind = {"audio": "a sound file", "image": "an image"}.get(limits.kind, f"a {limits.kind}")
    return f"{kind}{formats} is wanted here"


def _told(facts: MediaFacts) -> str:
    return ", ".join(_parts(facts))


def _parts(facts: MediaFacts) -> Iterator[str]:
    yield facts.format
    if facts.width and facts.height:
        yield f"{facts.width}x{facts.height}"
    if facts.seconds is not None:
        yield f"{facts.seconds:.4g} s"
    if facts.fps is not None:
        yield f"{facts.fps:.4g} fps"
    if facts.kind == "video":
        yield "with sound" if facts.sound else "without sound"
    if facts.alpha:
        yield "with transparency"
    if facts.size is not None:
        yield f"{facts.size / 1024 / 1024:.2f} MB"


def _summary(model: Model, errors: list[Finding], *, mendable: bool) -> str:
    heading = f"The input of {model.name} has {len(errors)} problem{'s' if len(errors) > 1 else ''}:"
    end = (
        f"VideoConformOperator(model={model.name!r}) brings a video within all limits of a model. "
        if mendable
        else ""
    ) + (
        "Nothing was sent or billed, and it is not retried. Where you know better than this check, "
        "preflight=False leaves the judgement to the service."
    )
    return "\n  ".join([heading, *map(str, errors)]) + f"\n{end}"
