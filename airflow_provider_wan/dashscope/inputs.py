"""Where the addresses of input files stand in a request's body. Pure.

The service takes them as fields of `input` (`video_url`, `ref_images_url`), or as items of `input.media`. Found by
their shape and not by a list of fields, so that models unknown to this package are served too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_TEXTS = frozenset({"prompt", "negative_prompt", "function", "template"})
"""Fields of `input` that are never an address, whatever they begin with."""
_ADDRESS = re.compile(r"data:|[a-z][a-z0-9+.-]*:(//|:)", re.IGNORECASE)
_WEB = re.compile(r"https?://", re.IGNORECASE)

TEMPORARY = "oss://dashscope-instant/"
"""Start of a file in DashScope's temporary storage: 48 hours, bound to model and account."""


@dataclass(frozen=True, slots=True)
class Input:
    """An input of a request.

    Attributes:
        role: What it is to the model: the field of `input`, or the item's type in `input.media`.
        url: Its address as the author wrote it.
    """

    role: str
    url: str

    @property
    def web(self) -> bool:
        """Whether it is an http(s) address."""
        return _WEB.match(self.url) is not None

    @property
    def inline(self) -> bool:
        """Whether it is a `data:` URI."""
        return self.url[:5].lower() == "data:"

    @property
    def temporary(self) -> bool:
        """Whether it is in DashScope's temporary storage already."""
        return self.url.startswith(TEMPORARY)

    @property
    def stored(self) -> bool:
        """Whether it is in a storage that the service can't read by itself."""
        return not (self.web or self.inline or self.temporary)


def inputs_of(body: Mapping[str, Any]) -> Iterator[Input]:
    """Yield the inputs of a request's body, in their order."""
    found: list[Input] = []

    def note(one: Input) -> str:
        found.append(one)
        return one.url

    with_addresses(body, note)
    yield from found


def with_addresses(body: Mapping[str, Any], change: Callable[[Input], str]) -> dict[str, Any]:
    """Return a copy of a body in which each input has the address that `change` gives it."""
    return {**body, "input": _changed(body.get("input"), "", change)}


def _changed(value: Any, role: str, change: Callable[[Input], str]) -> Any:
    if isinstance(value, str):
        return change(Input(role, value)) if role and _ADDRESS.match(value) else value
    if isinstance(value, list | tuple):
        return [_changed(part, role, change) for part in value]
    if isinstance(value, Mapping):
        kind = value.get("type")
        return {
            name: part
            if name in _TEXTS
            else _changed(part, kind if name == "url" and isinstance(kind, str) else name, change)
            for name, part in value.items()
        }
    return value
