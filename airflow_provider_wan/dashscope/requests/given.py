"""What is known of a request while it is checked."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any


class Given:
    """A request's fields. A template that isn't rendered yet is given, but its value isn't known."""

    def __init__(self, values: Mapping[str, Any], unclear: Collection[str]) -> None:
        self._values = values
        self._unclear = unclear

    def get(self, field: str) -> Any:
        """Return a field's value; None where it is left out, not known yet, or wrong by itself."""
        return self._values.get(field)

    def __contains__(self, field: str) -> bool:
        """Return whether the field is given, known or not."""
        return field in self._values or field in self._unclear

    def known(self) -> Iterator[str]:
        """Yield the fields whose value is known and right by itself, but for the model."""
        yield from (field for field in self._values if field != "model")
