"""Which part of a file is sent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_wan.ui.ranges import Part, part_of

TAG = '"abc"'
WHOLE = Part(200, 0, 1000)


@pytest.mark.parametrize(
    ("wanted", "part"),
    [
        ("bytes=0-", Part(206, 0, 1000, "bytes 0-999/1000")),
        ("bytes=0-0", Part(206, 0, 1, "bytes 0-0/1000")),
        ("bytes=990-5000", Part(206, 990, 10, "bytes 990-999/1000")),
        ("bytes=-10", Part(206, 990, 10, "bytes 990-999/1000")),
        ("bytes=-5000", Part(206, 0, 1000, "bytes 0-999/1000")),
        ("bytes=1000-", Part(416, content_range="bytes */1000")),
        ("bytes=-0", Part(416, content_range="bytes */1000")),
        ("bytes=5-2", WHOLE),
        ("bytes=0-1,5-6", WHOLE),
        ("bytes=" + "9" * 5000 + "-", WHOLE),
        ("lines=0-5", WHOLE),
        ("", WHOLE),
    ],
)
def test_a_part_is_what_the_header_says(wanted: str, part: Part) -> None:
    assert part_of(1000, wanted=wanted) == part


def test_of_a_file_whose_length_is_not_known_there_is_only_the_whole() -> None:
    assert part_of(None, wanted="bytes=5-9") == Part(200, 0, None)


def test_a_part_of_an_empty_file_does_not_exist() -> None:
    assert part_of(0, wanted="bytes=0-").status == 416
    assert part_of(0) == Part(200, 0, 0)


@pytest.mark.parametrize("header", [TAG, f'"x", W/{TAG}', "*"])
def test_who_has_the_file_is_not_sent_it_again(header: str) -> None:
    assert part_of(1000, wanted="bytes=0-5", tag=TAG, if_none_match=header).status == 304


def test_a_part_of_a_file_that_has_changed_is_not_sent() -> None:
    assert part_of(1000, wanted="bytes=0-5", tag=TAG, if_range='"old"') == WHOLE
    assert part_of(1000, wanted="bytes=0-5", tag=TAG, if_range=TAG).status == 206


@given(st.integers(1, 10_000), st.integers(0, 20_000), st.integers(0, 20_000))
def test_a_part_lies_within_the_file(size: int, first: int, last: int) -> None:
    part = part_of(size, wanted=f"bytes={first}-{last}")
    assert part.length is not None
    assert part.start >= 0
    assert part.start + part.length <= size
