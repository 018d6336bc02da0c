"""Records are read as the JSON they are, whatever that is."""

from __future__ import annotations

import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_wan.ui import values

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda parts: st.lists(parts) | st.dictionaries(st.text(), parts),
    max_leaves=20,
)


@given(JSON)
def test_any_json_comes_back_and_is_shown_as_json(value: object) -> None:
    if not isinstance(value, str):
        assert values.decoded(json.dumps(value)) == value
        assert values.decoded(json.dumps(json.dumps(value))) == (
            value if isinstance(value, dict | list) else json.dumps(value)
        )
    json.dumps(values.shown(value), allow_nan=False)


def test_a_value_that_names_a_class_stays_what_it_is() -> None:
    wicked = {"__classname__": "tests.ui.nowhere.Wicked", "__version__": 1, "__data__": {"a": 1}}
    assert values.decoded(json.dumps(wicked)) == wicked
    assert values.decoded(json.dumps(json.dumps(wicked))) == wicked
    assert "tests.ui.nowhere" not in sys.modules


@pytest.mark.parametrize("stored", ["{not json", "[" * 100_000, '"open', "plain", ""])
def test_what_is_no_json_is_nothing_and_within_json_a_text(stored: str) -> None:
    assert values.decoded(stored) is None
    assert values.decoded(json.dumps(stored)) == stored


def test_what_is_not_there_is_nothing() -> None:
    assert values.decoded(None) is None
    assert values.decoded("null") is None


def test_text_that_is_too_long_or_too_deep_is_cut() -> None:
    deep: object = "end"
    for _ in range(50):
        deep = [deep]
    assert "end" not in json.dumps(values.shown(deep))
    assert len(values.shown("x" * 100_000)) == 20_000
    assert len(values.shown(list(range(10_000)))) == 200


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("s3://conn@bucket/a.mp4", "s3://conn@bucket/a.mp4"),
        ("https://ann:pass@host/a.mp4", "https://host/a.mp4"),
        ("s3://key:pass@bucket/a.mp4", "s3://key@bucket/a.mp4"),
        ("https://host/a.mp4?Expires=1&Signature=abcdefgh&v=2", "https://host/a.mp4?v=2"),
        ("/srv/a.mp4", "/srv/a.mp4"),
        (7, None),
        ("", None),
    ],
)
def test_an_address_is_shown_without_what_opens_it(uri: object, shown: str | None) -> None:
    assert values.address(uri) == shown


@pytest.mark.parametrize(
    "value", ["2026-11-20", "yesterday", "x" * 1000, 5, None, "9999-12-31T00:00:00+00:00"]
)
def test_what_is_no_moment_is_none(value: object) -> None:
    assert values.moment(value) is None


@pytest.mark.parametrize("value", [True, -1, float("nan"), float("inf"), "5", None])
def test_what_is_no_sensible_number_is_none(value: object) -> None:
    assert values.number(value) is None
