from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_wan.dashscope.requests import VideoEdit
from tests.dashscope.arguments import IMAGE, VIDEO, accepted, refused


def test_video_comes_first_and_references_keep_their_order() -> None:
    assert accepted(VideoEdit, reference_image_urls=[IMAGE + "?1", IMAGE + "?2"])["input"] == {
        "media": [
            {"type": "video", "url": VIDEO},
            {"type": "reference_image", "url": IMAGE + "?1"},
            {"type": "reference_image", "url": IMAGE + "?2"},
        ]
    }


def test_video_is_required() -> None:
    assert refused(VideoEdit, video_url=None) == "video_url: is required. Give `video_url`."


def test_fifth_reference_image_is_refused() -> None:
    accepted(VideoEdit, reference_image_urls=[IMAGE] * 4)
    assert "has 5" in refused(VideoEdit, reference_image_urls=[IMAGE] * 5)


@pytest.mark.parametrize("duration", [0, 2, 10])
def test_duration_may_be(duration: int) -> None:
    assert accepted(VideoEdit, duration=duration)["parameters"] == {"duration": duration}


@pytest.mark.parametrize("duration", [-1, 1, 11])
def test_duration_may_not_be(duration: int) -> None:
    assert "must be 0 or 2 to 10 seconds for wan2.7-videoedit" in refused(VideoEdit, duration=duration)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("resolution", "480P"),
        ("resolution", "720p"),
        ("ratio", "21:9"),
        ("audio_setting", "none"),
        ("audio_setting", "NO_AUDIO"),
    ],
)
def test_value_that_the_model_does_not_know_is_refused(field: str, value: Any) -> None:
    assert refused(VideoEdit, **{field: value}).startswith(f"{field}={value}: must be ")


@pytest.mark.parametrize(("field", "most"), [("prompt", 5000), ("negative_prompt", 500)])
def test_text_that_would_be_cut_is_refused(field: str, most: int) -> None:
    accepted(VideoEdit, **{field: "a" * most})
    assert f"reads {most}" in refused(VideoEdit, **{field: "a" * (most + 1)})


@pytest.mark.parametrize("field", ["size", "shot_type"])
def test_field_of_other_models_is_refused(field: str) -> None:
    assert f"{field}: is no field of VideoEdit" in refused(VideoEdit, **{field: "x"})
