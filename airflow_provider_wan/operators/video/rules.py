"""What the parameters of operators that work on footage have to be, as far as that can be told without the footage."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from airflow_provider_wan.dashscope.inputs import Input

Rule = Callable[[Any], str | None]
"""Returns what is wrong with a value, as the end of a sentence about it, or None."""

LONGEST = 86_400.0
"""Seconds; nobody works on more than a day of footage at once."""
_FASTEST = 240
_EXAMPLES = "e.g. s3://conn@bucket/clip.mp4, file:///srv/media/clip.mp4 or an https:// address."
_YES = (True, "True", "true", "1")
_NO = (False, None, "False", "false", "0", "None", "")


def is_none(value: Any) -> bool:
    """Whether a parameter isn't given; a template renders None as a text."""
    return value is None or value in ("", "None")


def unpacked(value: Any) -> Any:
    """Return the list or mapping that a template has rendered as JSON; anything else as it is."""
    if isinstance(value, str) and value.lstrip()[:1] in ("[", "{"):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def yes(value: Any) -> bool:
    """Return a parameter that is yes or no, which a template renders as a text."""
    return value in _YES


def needed(value: Any) -> str | None:
    """Refuse what isn't given."""
    return "is needed." if is_none(value) or value in ([], (), {}) else None


def an_address(value: Any) -> str | None:
    """Refuse what can't be the address of a file."""
    if wrong := needed(value):
        return wrong
    if not isinstance(value, str):
        return f"must be the address of a file, {_EXAMPLES}"
    if value.lstrip()[:1] in ("[", "{"):
        return "must be JSON where a template makes it. Add `| tojson` to the template."
    one = Input("input", value)
    if one.inline or one.temporary:
        return f"can't be read back by the worker. Give the file itself, {_EXAMPLES}"
    return None if ":" in value or value.startswith("/") else f"must be the address of a file, {_EXAMPLES}"


def addresses(value: Any) -> str | None:
    """Refuse what is neither an address nor a list of some."""
    found = unpacked(value)
    if not isinstance(found, list | tuple):
        return an_address(found)
    if not found:
        return "is needed."
    return next((f"its item {part!r} {wrong}" for part in found if (wrong := an_address(part))), None)


def optional(rule: Rule) -> Rule:
    """Return a rule for what may be left out."""
    return lambda value: None if is_none(value) else rule(value)


def a_folder(value: Any) -> str | None:
    """Refuse what is no folder's path."""
    if isinstance(value, str) and value.endswith("/"):
        return None
    return "must be a folder. End it with a slash, e.g. s3://conn@bucket/pieces/."


def a_path(value: Any) -> str | None:
    """Refuse what is no path or URI to write to."""
    return needed(value) or (None if isinstance(value, str) else "must be a path or URI.")


def ends_in(*suffixes: str) -> Rule:
    """Return a rule for names of files."""
    return lambda value: (
        None
        if isinstance(value, str) and value.lower().endswith(suffixes)
        else f"must end in {' or '.join(suffixes)}, which says what is made."
    )


def within(least: float, most: float, *, whole: bool = False) -> Rule:
    """Return a rule for numbers."""

    def rule(value: Any) -> str | None:
        wanted = f"must be {'a whole number' if whole else 'a number'} from {least:g} to {most:g}."
        try:
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            return wanted
        good = (
            not isinstance(value, bool) and least <= number <= most and not (whole and number != int(number))
        )
        return None if good else wanted

    return rule


def one_of(*allowed: str) -> Rule:
    """Return a rule for words."""
    return lambda value: None if value in allowed else f"must be one of {', '.join(allowed)}."


def yes_or_no(value: Any) -> str | None:
    """Refuse what is neither, so that a slip in a template isn't taken for no."""
    return None if value in (*_YES, *_NO) else "must be True or False."


def a_rate(value: Any) -> str | None:
    """Refuse what is no frame rate."""
    wanted = f"must be frames a second, above 0 and up to {_FASTEST}, e.g. 30 or 30000/1001."
    try:
        return None if 0 < Fraction(str(value)) <= _FASTEST else wanted
    except (ValueError, ZeroDivisionError):
        return wanted


def frames_of(value: Any) -> list[int | str]:
    """Return which frames are wanted, of a list or of a single one."""
    found = unpacked(value)
    wanted = list(found) if isinstance(found, list | tuple) else [found]
    return [int(frame) if isinstance(frame, str) and frame.isdecimal() else frame for frame in wanted]


def frames(value: Any) -> str | None:
    """Refuse what names no frames."""
    if wrong := needed(value):
        return wrong
    good = all(
        frame in ("first", "last") or (isinstance(frame, int) and not isinstance(frame, bool) and frame >= 0)
        for frame in frames_of(value)
    )
    return None if good else "must be first, last, a number counted from 0, or a list of those."


def a_mapping(value: Any) -> str | None:
    """Refuse what is no mapping of names to values."""
    return (
        None
        if isinstance(unpacked(value), Mapping)
        else "must be a mapping; add `| tojson` to a template of it."
    )


VIDEO_IN: tuple[str, Rule] = ("video_url", an_address)
FILE_OUT: tuple[str, Rule] = ("output_path", a_path)
FOLDER_OUT: tuple[str, Rule] = ("output_path", a_folder)
