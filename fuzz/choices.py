"""Makes structured values of bytes, so that whoever changes the bytes changes the value a little."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, TypeVar

T = TypeVar("T")

TEXTS = (
    *(
        "",
        " ",
        "a",
        "None",
        "true",
        "0",
        "-1",
        "1e999",
        "NaN",
        "²",
        "\0",
        "\ud800",
        "\u202e",
        "é" * 40,
        "a" * 3000,
    ),
    *(
        "1280*720",
        "720P",
        "2026-02-30 25:61:61",
        "2026-05-01 12:00:00",
        "9999-12-31 23:59:59",
        "0001-01-01T00:00:00+14:00",
    ),
    *(
        "https://a.example/x.mp4?Expires=99999999999&Signature=S3cr3tOfOne",
        "s3://c@b/k.mp4",
        "data:image/png;base64,AAAA",
    ),
    *(
        "http://user:secret@127.1/",
        "oss://dashscope-instant/a/b.png",
        "file:///etc/passwd",
        "simplecache::s3://b/k",
        "://",
    ),
    *(
        "wan2.7-videoedit",
        "wanx2.1-vace-plus",
        "cn-beijing",
        "SUCCEEDED",
        "CANCELLED",
        "UNKNOWN",
        "standard",
        "1" * 4000,
    ),
)
NUMBERS = (
    0,
    1,
    -1,
    2,
    5,
    100,
    2**31,
    2**63,
    -(2**63),
    10**400,
    0.5,
    1e308,
    -0.0,
    float("nan"),
    float("inf"),
    1e-320,
)


class Choices:
    """Choices that bytes make, one after the other; the first possible one where they have run out.

    Args:
        data: The bytes.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def byte(self) -> int:
        """Return the next byte."""
        if self._at >= len(self._data):
            return 0
        self._at += 1
        return self._data[self._at - 1]

    def below(self, end: int) -> int:
        """Return a number from 0 to before the end."""
        return (self.byte() if end <= 256 else self.byte() << 8 | self.byte()) % end

    def of(self, options: Sequence[T]) -> T:
        """Return one of several."""
        return options[self.below(len(options))]

    def rest(self, most: int = 64) -> bytes:
        """Return some of the next bytes as they are."""
        length = self.below(most)
        found = self._data[self._at : self._at + length]
        self._at += length
        return found

    def text(self) -> str:
        """Return a text: a notorious one, or any."""
        return self.rest().decode("utf-8", "surrogateescape") if self.byte() & 1 else self.of(TEXTS)

    def number(self) -> int | float:
        """Return a number."""
        return int.from_bytes(self.rest(12), "big", signed=True) if self.byte() & 1 else self.of(NUMBERS)

    def value(self, depth: int = 3) -> Any:
        """Return any value that JSON can hold."""
        match self.below(8 if depth else 6):
            case 0:
                return None
            case 1:
                return bool(self.byte() & 1)
            case 2 | 3:
                return self.number()
            case 4 | 5:
                return self.text()
            case 6:
                return [self.value(depth - 1) for _ in range(self.below(5))]
            case _:
                return {self.text(): self.value(depth - 1) for _ in range(self.below(5))}

    def changed(self, whole: Any) -> Any:
        """Return a copy of a value of which a few parts are left out or replaced."""
        whole = [json.loads(json.dumps(whole))]
        for _ in range(self.below(5)):
            places = list(_places(whole))
            holder, key = self.of(places)
            if self.byte() % 4 == 0 and holder is not whole:
                del holder[key]
            else:
                holder[key] = self.value()
        return whole[0]


def _places(holder: Any) -> Any:
    pairs = holder.items() if isinstance(holder, dict) else enumerate(holder)
    for key, part in pairs:
        yield holder, key
        if isinstance(part, dict | list):
            yield from _places(part)
