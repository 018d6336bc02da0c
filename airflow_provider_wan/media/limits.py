"""Holds input files against what their model asks of them. Pure: no file is opened here, and no library needed.

The limits are the catalogue's. What concerns several inputs at once is in `together`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow_provider_wan.media.findings import MEGABYTE, TOLERANCE, Finding, Findings, Looked, about, seconds
from airflow_provider_wan.media.together import together

if TYPE_CHECKING:
    from airflow_provider_wan.dashscope.catalog import MediaLimits, Model
    from airflow_provider_wan.media.facts import MediaFacts

_SUFFIX = {"jpeg": "jpg", "tiff": "tif"}
_SMALLER = {
    "video": "Compress it more, e.g. ffmpeg -i in.mp4 -crf 28 out.mp4, or make it shorter.",
    "image": "Save it as JPEG, or scale it down, e.g. ffmpeg -i in.png -q:v 3 out.jpg.",
    "audio": "Save it as MP3, e.g. ffmpeg -i in.wav -b:a 128k out.mp3.",
    "file": "Split it, or leave out what isn't needed.",
}
_ASPECT_SLACK = 1.001
"""Sides are whole pixels, so a ratio may be off a little."""
_FPS_SLACK = 0.01


def check(model: Model, inputs: Sequence[Looked], body: Mapping[str, Any] | None = None) -> Findings:
    """Return all that doesn't fit about the inputs of one request.

    Args:
        model: The model that will read them.
        inputs: What was found, in the body's order.
        body: The request, for parameters that a limit depends on.
    """
    errors: list[Finding] = []
    warnings: list[Finding] = []
    for one in inputs:
        limits = _limits(model, one)
        if limits is not None:
            errors += _errors(one, limits)
            warnings += _cut(one, limits)
    more = together(model, inputs, body or {})
    return Findings((*errors, *more.errors), (*warnings, *more.warnings))


def _limits(model: Model, one: Looked) -> MediaLimits | None:
    """Return the limits of an input; a list that takes images and videos has some for each."""
    of_kind = model.media.get(f"{one.role}:{one.facts.kind}") if one.facts else None
    return of_kind or model.media.get(one.role)


def _errors(one: Looked, limits: MediaLimits) -> Iterator[Finding]:
    facts = one.facts
    if facts is None:
        yield from _size(one, one.size, limits)
        return
    if limits.kind not in (facts.kind, "file"):
        wanted = f"{_article(limits.kind)} is wanted here"
        yield about(one, "kind", f"is {_named(facts)}", wanted, _another(limits))
        return
    if limits.formats and facts.format not in limits.formats:
        yield about(
            one,
            "format",
            f"is {_named(facts)}",
            f"allowed: {', '.join(limits.formats)}",
            _convert(facts, limits),
        )
    yield from _size(one, facts.size, limits)
    if facts.kind != "audio" and facts.width and facts.height:
        yield from _picture(one, facts, limits)
    if facts.alpha and not limits.alpha:
        fix = f"Save it without, e.g. ffmpeg -i in.{facts.format} -pix_fmt rgb24 out.{facts.format}."
        yield about(one, "alpha", "has an alpha channel", "transparent images aren't taken", fix)
    if facts.seconds is not None:
        yield from _length(one, facts, facts.seconds, limits)
    if limits.min_fps is not None and facts.fps is not None and facts.fps < limits.min_fps - _FPS_SLACK:
        yield about(
            one,
            "fps",
            f"has {facts.fps:.4g} frames a second",
            f"at least {limits.min_fps:g} are required",
            f"Raise its frame rate, e.g. ffmpeg -i in.mp4 -r {max(limits.min_fps, 24):g} out.mp4.",
        )


def _size(one: Looked, size: int | None, limits: MediaLimits) -> Iterator[Finding]:
    if size is not None and limits.max_mb is not None and size > limits.max_mb * MEGABYTE:
        found, limit = f"has {size / MEGABYTE:.1f} MB", f"at most {limits.max_mb:g} MB are taken"
        yield about(one, "size", found, limit, _SMALLER[one.facts.kind if one.facts else "file"])


def _picture(one: Looked, facts: MediaFacts, limits: MediaLimits) -> Iterator[Finding]:
    short, long = sorted((facts.width, facts.height))
    least, most = limits.min_side, limits.max_side
    found = f"has {facts.width}x{facts.height} pixels"
    if (least is not None and short < least) or (most is not None and long > most):
        yield about(one, "sides", found, _sides(least, most), _scale(facts, least, most))
    if limits.max_aspect is not None and long > short * limits.max_aspect * _ASPECT_SLACK:
        limit = f"one side may be {limits.max_aspect:g} times the other at most"
        yield about(one, "aspect", found, limit, f"Cut it to that, e.g. {_crop(facts, limits.max_aspect)}.")


def _length(one: Looked, facts: MediaFacts, length: float, limits: MediaLimits) -> Iterator[Finding]:
    least, most = limits.min_seconds, limits.max_seconds
    if least is not None and length < least - TOLERANCE:
        command = f"ffmpeg -stream_loop -1 -i in.{_suffix(facts)} -t {least:g} out.{_suffix(facts)}"
        fix = f"Give a longer one, or repeat it, e.g. {command}."
        yield about(one, "seconds", f"lasts {seconds(length)}", f"at least {least:g} s are required", fix)
    if most is not None and length > most + TOLERANCE:
        limit = f"at most {most:g} s are taken"
        yield about(
            one, "seconds", f"lasts {seconds(length)}", limit, _trim(facts, limits.cut_seconds or most)
        )


def _cut(one: Looked, limits: MediaLimits) -> Iterator[Finding]:
    facts, most = one.facts, limits.cut_seconds
    if facts is None or facts.seconds is None or most is None or facts.kind != limits.kind:
        return
    if limits.max_seconds is not None and facts.seconds > limits.max_seconds + TOLERANCE:
        return  # an error already
    if facts.seconds > most + TOLERANCE:
        limit = f"the service uses the first {most:g} s and silently drops the rest"
        yield about(one, "seconds", f"lasts {seconds(facts.seconds)}", limit, _trim(facts, most))


def _trim(facts: MediaFacts, most: float) -> str:
    suffix = _suffix(facts)
    return (
        f"Trim it to the {most:g} s that matter, e.g. ffmpeg -ss 0 -i in.{suffix} -t {most:g} out.{suffix}."
    )


def _sides(least: int | None, most: int | None) -> str:
    if least is None:
        return f"no side may have more than {most}"
    return (
        f"each side must have at least {least}" if most is None else f"each side must have {least} to {most}"
    )


def _scale(facts: MediaFacts, least: int | None, most: int | None) -> str:
    short, long = sorted((facts.width, facts.height))
    down = most is not None and long > most
    factor = (most or 1) / long if down else (least or 1) / short
    if (most is not None and long * factor > most + 1) or (least is not None and short * factor < least - 1):
        return "No scaling helps at this aspect ratio: cut it, or pad it."
    width, height = (_even(side * factor, up=not down) for side in (facts.width, facts.height))
    suffix = _suffix(facts)
    which = f"its long side has {most}" if down else f"its short side has {least}"
    return f"Scale it so that {which}, e.g. ffmpeg -i in.{suffix} -vf scale={width}:{height} out.{suffix}."


def _even(side: float, *, up: bool) -> int:
    """Return an even number of pixels, as video needs it."""
    return -2 * int(-side // 2) if up else 2 * int(side // 2)


def _crop(facts: MediaFacts, most: float) -> str:
    short = min(facts.width, facts.height)
    long = _even(short * most, up=False)
    width, height = (long, short) if facts.width > facts.height else (short, long)
    return f"ffmpeg -i in.{_suffix(facts)} -vf crop={width}:{height} out.{_suffix(facts)}"


def _convert(facts: MediaFacts, limits: MediaLimits) -> str:
    to = limits.formats[0]
    keep = " -c copy" if {facts.format, to} <= {"mp4", "mov", "mkv"} else ""
    return f"Convert it, e.g. ffmpeg -i in.{_suffix(facts)}{keep} out.{_SUFFIX.get(to, to)}."


def _another(limits: MediaLimits) -> str:
    formats = f" ({', '.join(limits.formats)})" if limits.formats else ""
    return f"Give {_article(limits.kind)}{formats}, or put this one into its own field."


def _named(facts: MediaFacts) -> str:
    return f"{_article(facts.kind)} ({facts.format})"


def _article(kind: str) -> str:
    return {"audio": "a sound file", "image": "an image"}.get(kind, f"a {kind}")


def _suffix(facts: MediaFacts) -> str:
    return _SUFFIX.get(facts.format, facts.format)
