"""Shapes of masks, and how they are written down as plain data. Needs the `media` extra.

A shape says which pixels of a picture an edit may change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

from airflow_provider_wan.media.keys import AlphaPicture, ChromaKey
from airflow_provider_wan.media.outlines import Moving, Polygon, Rectangle
from airflow_provider_wan.media.shape import Shape

__all__ = ["AlphaPicture", "ChromaKey", "Moving", "Polygon", "Rectangle", "Shape", "shape_from"]

_KINDS: dict[str, type[Shape]] = {
    "rectangle": Rectangle,
    "polygon": Polygon,
    "moving": Moving,
    "alpha_picture": AlphaPicture,
    "chroma_key": ChromaKey,
}
_OUTLINES = ("rectangle", "polygon")


def shape_from(form: Mapping[str, Any] | Shape) -> Shape:
    """Make a shape of plain data, as it comes from a template, from JSON or from another task.

    Examples of forms::

        {"kind": "rectangle", "left": 0.1, "top": 0.2, "width": 0.5, "height": 0.3, "unit": "share"}
        {"kind": "polygon", "points": [[10, 10], [200, 10], [100, 150]], "grow": 4}
        {"kind": "moving", "keys": {"0": {"kind": "rectangle", ...}, "2.5": {"kind": "rectangle", ...}}}
        {"kind": "alpha_picture", "path": "/data/logo.png", "inside": "opaque"}
        {"kind": "chroma_key", "colour": "#00ff00", "tolerance": 0.2, "invert": true}

    Args:
        form: Its `kind`, and the attributes of that shape. Numbers may be texts, as templates make them; so may
            `true` and `false`. A shape is given back.

    Raises:
        ValueError: Something is missing, unknown or wrong. The message names all that is.
    """
    if isinstance(form, Shape):
        return form
    problems: list[str] = []
    shape = _made(form, "", problems, tuple(_KINDS))
    if shape is None or problems:
        raise ValueError(f"The mask's shape is wrong: {'; '.join(problems)}.")
    return shape


def _made(form: object, where: str, problems: list[str], kinds: Sequence[str]) -> Shape | None:
    """Make a shape, or None and say what is wrong.

    Args:
        form: What should be a form.
        where: What to put before names in problems.
        problems: What is wrong is added here.
        kinds: Which kinds of shape may be here.
    """
    at = f"{where}: " if where else ""
    if not isinstance(form, Mapping):
        problems.append(f"{at}{form!r} is no mapping with a `kind`")
        return None
    kind = form.get("kind")
    if not isinstance(kind, str) or kind not in kinds:
        problems.append(f"{at}kind={kind!r}: it is one of {', '.join(kinds)}")
        return None
    made = _KINDS[kind]
    known = [each.name for each in fields(made)]
    begun = len(problems)
    problems += [
        f"{at}{name!r} is unknown; a {kind} has {', '.join(known)}"
        for name in form
        if name != "kind" and name not in known
    ]
    problems += [
        f"{at}{each.name} is missing"
        for each in fields(made)
        if each.default is MISSING and each.name not in form
    ]
    given: dict[str, Any] = {
        name: _READ.get(name, _as_it_is)(value) for name, value in form.items() if name in known
    }
    if "keys" in given:
        given["keys"] = _keys(given["keys"], at, problems)
    if len(problems) > begun:
        return None
    try:
        return made(**given)
    except ValueError as error:
        problems.append(f"{at}{error}")
        return None


def _keys(value: object, at: str, problems: list[str]) -> object:
    """Make the shapes of a movement; what is no mapping stays for the movement to refuse."""
    if not isinstance(value, Mapping):
        return value
    return {
        _number(time): _made(form, f"{at}keys[{time}]", problems, _OUTLINES) for time, form in value.items()
    }


def _as_it_is(value: object) -> object:
    return value


def _number(value: object) -> object:
    """Return a number that may be written as text; what is none stays for the shape to refuse."""
    if not isinstance(value, str):
        return value
    for read in (int, float):
        try:
            return read(value)
        except ValueError:
            continue
    return value


def _switch(value: object) -> object:
    return {"true": True, "false": False}.get(value.lower(), value) if isinstance(value, str) else value


def _points(value: object) -> object:
    if isinstance(value, str) or not isinstance(value, Sequence):
        return value
    return tuple(
        tuple(_number(part) for part in point)
        if isinstance(point, Sequence) and not isinstance(point, str)
        else point
        for point in value
    )


def _path(value: object) -> object:
    return Path(value) if isinstance(value, str) and value else value


_READ: dict[str, Callable[[object], object]] = {
    **dict.fromkeys(("left", "top", "width", "height", "grow", "tolerance"), _number),
    "points": _points,
    "invert": _switch,
    "path": _path,
}
