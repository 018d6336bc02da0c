"""Whether a file is a whole MP4, told from its boxes as they pass."""

from __future__ import annotations

import itertools
import struct
import tracemalloc
from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_wan.dashscope.mp4 import Mp4Check, NotWholeMp4
from tests.dashscope.properties import unhurried


def box(kind: bytes, content: bytes = b"", *, long: bool = False) -> bytes:
    if long:
        return struct.pack(">I4sQ", 1, kind, len(content) + 16) + content
    return struct.pack(">I4s", len(content) + 8, kind) + content


FTYP = box(b"ftyp", b"isom\x00\x00\x02\x00isomiso2")
MOOV = box(b"moov", box(b"mvhd", b"\x00" * 100))
MDAT = box(b"mdat", b"\x17" * 300)
WHOLE = FTYP + MOOV + MDAT


def verdict(chunks: Iterable[bytes]) -> str:
    check = Mp4Check()
    try:
        for chunk in chunks:
            check.feed(chunk)
        check.finish()
    except NotWholeMp4 as error:
        return str(error)
    return f"whole, {check.size} bytes"


@pytest.mark.parametrize(
    "content",
    [
        WHOLE,
        FTYP + MDAT + MOOV,
        FTYP + box(b"free") + MOOV + MDAT,
        FTYP + MOOV + box(b"mdat", b"\x17" * 300, long=True),
        FTYP + MOOV + struct.pack(">I4s", 0, b"mdat") + b"lasts until the end",
        FTYP + MOOV + struct.pack(">I4s", 0, b"mdat"),
        FTYP + box(b"moov") + box(b"mdat"),
        FTYP + MOOV + box(b"moof") + MDAT + box(b"moof") + MDAT,
    ],
    ids=[
        "index first",
        "index last",
        "empty box",
        "64-bit",
        "to the end",
        "to the end, empty",
        "bare",
        "fragments",
    ],
)
def test_whole_file_passes(content: bytes) -> None:
    assert verdict([content]) == f"whole, {len(content)} bytes"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"<!DOCTYPE html><html>expired</html>", "isn't an MP4: it begins with"),
        (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "isn't an MP4"),
        (b'{"code":"AccessDenied"}', "isn't an MP4"),
        (MOOV + MDAT, "isn't an MP4"),
        (b"short", "is cut short: it ends after 5 bytes, inside a box's header"),
        (FTYP, "has no mdat and no moov box"),
        (FTYP + MDAT, "has no moov box"),
        (FTYP + MOOV, "has no mdat box"),
        (FTYP + struct.pack(">I4s", 7, b"moov") + MDAT, "a 'moov' box claims 7 bytes"),
        (FTYP + struct.pack(">I4sQ", 1, b"mdat", 15) + MOOV, "a 'mdat' box claims 15 bytes"),
        (FTYP + MOOV + struct.pack(">I4sQ", 1, b"mdat", 2**63) + b"x", "inside its 'mdat' box"),
        (FTYP + MOOV + struct.pack(">I4s", 400, b"mdat") + b"x" * 391, "inside its 'mdat' box"),
    ],
)
def test_anything_else_is_named(content: bytes, said: str) -> None:
    assert said in verdict([content])


def test_file_of_nothing_but_headers_takes_no_memory() -> None:
    """A gigabyte of empty boxes must not become a list of 130 million names."""
    check = Mp4Check()
    check.feed(FTYP)
    tracemalloc.start()
    try:
        for _ in range(20):
            check.feed(box(b"free") * 5_000)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 500_000


def cut(content: bytes, places: Sequence[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(content) + 1) for place in places), len(content)]
    return [content[start:end] for start, end in itertools.pairwise(edges)]


KINDS = st.sampled_from([b"moov", b"mdat", b"free", b"uuid", b"moof"])
BOXES = st.builds(
    lambda kind, content, long: box(kind, content, long=long), KINDS, st.binary(max_size=40), st.booleans()
)
FILES = st.builds(
    lambda boxes, tail: FTYP + b"".join(boxes) + tail, st.lists(BOXES, max_size=6), st.binary(max_size=20)
)


@unhurried
@given(FILES | st.binary(max_size=60), st.lists(st.integers(0, 500), max_size=12))
def test_verdict_does_not_depend_on_the_chunks(content: bytes, places: list[int]) -> None:
    assert verdict(cut(content, places)) == verdict([content])
    assert verdict(bytes([byte]) for byte in content) == verdict([content])


@pytest.mark.parametrize(
    "whole", [WHOLE, FTYP + MDAT + MOOV, FTYP + MOOV + box(b"mdat", b"x" * 50, long=True)]
)
def test_file_cut_short_is_found_wherever_it_ends(whole: bytes) -> None:
    for length in range(len(whole)):
        assert not verdict([whole[:length]]).startswith("whole")


@unhurried
@given(st.lists(BOXES, max_size=6), st.integers(1, 47))
def test_file_cut_short_inside_its_last_box_is_found(boxes: list[bytes], missing: int) -> None:
    last = box(b"free", b"x" * 40)
    content = FTYP + box(b"moov") + box(b"mdat") + b"".join(boxes) + last
    assert "is cut short" in verdict([content[:-missing]])
