"""Reading a request's `input` and `parameters` the way the service does."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import accumulate
from typing import Any

from airflow_provider_wan.emulator.service_errors import ServiceRefusal

MAX_SEED = 2147483647


class BadParameter(ServiceRefusal):
    """A parameter the service doesn't take.

    Attributes:
        late: The documentation shows this error inside a FAILED job and not as an answer to the submission.
    """

    def __init__(self, message: str, *, code: str = "InvalidParameter", late: bool = False) -> None:
        super().__init__(400, code, message)
        self.late = late


def nonconforming(what: str) -> BadParameter:
    """The service's general error for a value it doesn't take."""
    return BadParameter(f"the parameters must conform to the specification: {what}.")


class Fields:
    """One object of the body.

    A null counts as left out and unknown keys are left alone: the official clients send both. `values` is a copy
    in which over-long texts and lists are cut, as the service does without a word.

    Args:
        values: The object.
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values: dict[str, Any] = {name: value for name, value in values.items() if value is not None}

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def require(self, *names: str) -> None:
        """Refuse the request when one of these is missing or empty."""
        for name in names:
            if self.values.get(name) in (None, "", []):
                raise BadParameter(f"Field required: {name}")

    def text(self, name: str, longest: int) -> None:
        """A text, cut to `longest` characters."""
        if name in self.values:
            if not isinstance(self.values[name], str):
                raise nonconforming(f"{name} must be a string")
            self.values[name] = self.values[name][:longest]

    def weighed_text(self, name: str, longest: int) -> None:
        """A text, cut to `longest` where a Chinese character counts 2."""
        text = self.values.get(name, "")
        ends = accumulate(2 if "\u4e00" <= letter <= "\u9fff" else 1 for letter in text)
        if name in self.values:
            self.values[name] = text[: sum(end <= longest for end in ends)]

    def choice(self, name: str, allowed: Collection[Any], *, error: BadParameter | None = None) -> None:
        """One of some values. `True` is not 1, and "5" is not 5."""
        if name not in self.values:
            return
        value = self.values[name]
        if not any(value == one and type(value) is type(one) for one in allowed):
            shown = ", ".join(map(str, allowed))
            raise error or nonconforming(f"{name} must be one of {shown}, but is {value}")

    def number(self, name: str, lowest: float, highest: float, *, whole: bool = False) -> None:
        """A number within limits, both included."""
        if name not in self.values:
            return
        value = self.values[name]
        kinds = (int,) if whole else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds) or not lowest <= value <= highest:
            kind = "an integer" if whole else "a number"
            raise nonconforming(f"{name} must be {kind} between {lowest} and {highest}, but is {value}")

    def flag(self, *names: str) -> None:
        """Each is true or false."""
        for name in names:
            if not isinstance(self.values.get(name, False), bool):
                raise nonconforming(f"{name} must be true or false, but is {self.values[name]}")

    def url(self, *names: str, base64: bool = False) -> None:
        """Each is an address the service can fetch from.

        Args:
            names: The fields.
            base64: Whether `data:` is taken too.
        """
        for name in names:
            if name in self.values:
                check_url(name, self.values[name], base64=base64)

    def urls(self, name: str, *, most: int, cut: bool = False, base64: bool = False) -> None:
        """A list of addresses.

        Args:
            name: The field.
            most: How many are used.
            cut: Whether more than that are dropped silently; otherwise they are an error.
            base64: Whether `data:` is taken too.
        """
        if name not in self.values:
            return
        values = self.values[name]
        if not isinstance(values, list):
            raise nonconforming(f"{name} must be an array")
        if len(values) > most and not cut:
            raise nonconforming(f"{name} takes at most {most}, but has {len(values)}")
        self.values[name] = values[:most]
        for value in self.values[name]:
            check_url(name, value, base64=base64)

    def media(self, limits: Mapping[str, int], *, base64: Sequence[str] = ()) -> dict[str, int]:
        """The `media` array: `{type, url}` each, so many of a type at most.

        Args:
            limits: The types there are, and how many of each.
            base64: Types that take `data:` too.

        Returns:
            How many there are of each type.
        """
        items = self.values.get("media", [])
        if not isinstance(items, list):
            raise nonconforming("media must be an array")
        count = dict.fromkeys(limits, 0)
        for item in items:
            kind = item.get("type") if isinstance(item, dict) else None
            if kind not in count:
                raise nonconforming(f"media.type must be one of {', '.join(limits)}, but is {kind}")
            count[kind] += 1
            if count[kind] > limits[kind]:
                raise nonconforming(f"media takes at most {limits[kind]} {kind}")
            if not item.get("url"):
                raise BadParameter("Field required: media.url")
            if kind != "link":
                check_url("media.url", item["url"], base64=kind in base64)
            if "reference_voice" in item:
                check_url("media.reference_voice", item["reference_voice"])
        return count


def check_url(name: str, value: Any, *, base64: bool = False) -> None:
    """Refuse what isn't an address the service can fetch from."""
    schemes = ("http://", "https://", "oss://", *(("data:",) if base64 else ()))
    if not isinstance(value, str) or not value.startswith(schemes):
        raise BadParameter(
            "Required URL is missing or invalid, please check the request URL.", code="InvalidURL"
        )
    if any("\u4e00" <= letter <= "\u9fff" for letter in value):
        raise BadParameter(f"{name} must not contain Chinese characters.", code="InvalidURL")
