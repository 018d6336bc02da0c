from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_wan.dashscope.errors import InvalidRequestError
from airflow_provider_wan.dashscope.requests import ImageToVideo
from tests.dashscope.arguments import IMAGE, SOUND, VIDEO, accepted, refused

FRAME: dict[str, Any] = {"img_url": None, "first_frame_url": IMAGE}
CLIP: dict[str, Any] = {"img_url": None, "first_clip_url": VIDEO}
ONE_IMAGE = [
    "wan2.6-i2v-flash",
    "wan2.6-i2v",
    "wan2.6-i2v-us",
    "wan2.5-i2v-preview",
    "wan2.2-i2v-flash",
    "wan2.2-i2v-plus",
    "wan2.1-i2v-turbo",
    "wan2.1-i2v-plus",
]


def refuses(model: str, **changes: Any) -> str:
    return refused(ImageToVideo, model=model, **changes)


def takes(model: str, **changes: Any) -> None:
    assert ImageToVideo.problems({"model": model, "img_url": IMAGE, **changes}) == []


# -- the model -----------------------------------------------------------------------------------------


def test_one_image_means_2_6_flash() -> None:
    assert accepted(ImageToVideo) == {"model": "wan2.6-i2v-flash", "input": {"img_url": IMAGE}}


@pytest.mark.parametrize("fields", [FRAME, CLIP])
def test_media_field_means_2_7(fields: dict[str, Any]) -> None:
    assert accepted(ImageToVideo, **fields)["model"] == "wan2.7-i2v"


def test_image_or_frame_is_needed() -> None:
    line = refused(ImageToVideo, img_url=None)
    assert line.startswith("img_url: is required, or for wan2.7-i2v first_frame_url or first_clip_url")


@pytest.mark.parametrize("model", ONE_IMAGE)
def test_one_image_model_needs_its_image(model: str) -> None:
    assert refuses(model, img_url=None) == "img_url: is required. Give the image's URL."


@pytest.mark.parametrize(
    "field", ["first_frame_url", "last_frame_url", "first_clip_url", "driving_audio_url"]
)
@pytest.mark.parametrize("model", [None, *ONE_IMAGE])
def test_one_image_model_takes_no_media_field(model: str | None, field: str) -> None:
    takers = "wan2.7-i2v"
    if field == "first_frame_url":
        takers += ", happyhorse-1.0-i2v or happyhorse-1.1-i2v"
    assert refused(ImageToVideo, model=model, **{field: VIDEO}).endswith(f"Leave it out, or use {takers}.")


@pytest.mark.parametrize(
    ("field", "value"),
    [("img_url", IMAGE), ("audio_url", SOUND), ("template", "hug"), ("audio", True), ("shot_type", "multi")],
)
def test_2_7_takes_no_one_image_field(field: str, value: Any) -> None:
    line = refuses("wan2.7-i2v", **{**FRAME, field: value})
    assert "is not taken by wan2.7-i2v" in line


def test_named_model_is_sent_as_written() -> None:
    request = ImageToVideo(model="wan2.7-i2v-2026-04-25", first_frame_url=IMAGE)
    assert request.body("cn-beijing")["model"] == "wan2.7-i2v-2026-04-25"
    request = ImageToVideo(model="wanx2.1-i2v-turbo", img_url=IMAGE)
    assert request.body("cn-beijing")["model"] == "wanx2.1-i2v-turbo"
    with pytest.raises(InvalidRequestError, match=r"spelled wan2\.1-i2v-turbo in Singapore"):
        request.body("ap-southeast-1")


def test_region_without_the_default_model_names_those_it_has() -> None:
    with pytest.raises(InvalidRequestError, match=r"in Virginia: wan2\.6-i2v, wan2\.6-i2v-us\."):
        ImageToVideo(img_url=IMAGE).body("us-east-1")


def test_model_of_another_kind_is_refused_with_a_way_to_send_it() -> None:
    line = refuses("wan2.2-kf2v-flash")
    assert "is no model that ImageToVideo knows" in line
    assert "WanVideoSynthesisOperator" in line


# -- one image, per model ------------------------------------------------------------------------------

RESOLUTIONS = {
    "wan2.6-i2v-flash": ["720P", "1080P"],
    "wan2.6-i2v": ["720P", "1080P"],
    "wan2.6-i2v-us": ["720P", "1080P"],
    "wan2.5-i2v-preview": ["480P", "720P", "1080P"],
    "wan2.2-i2v-flash": ["480P", "720P", "1080P"],
    "wan2.2-i2v-plus": ["480P", "1080P"],
    "wan2.1-i2v-turbo": ["480P", "720P"],
    "wan2.1-i2v-plus": ["720P"],
}
DURATIONS = {
    "wan2.6-i2v-flash": range(2, 16),
    "wan2.6-i2v": range(2, 16),
    "wan2.6-i2v-us": [5, 10, 15],
    "wan2.5-i2v-preview": [5, 10],
    "wan2.2-i2v-flash": [5],
    "wan2.2-i2v-plus": [5],
    "wan2.1-i2v-turbo": [3, 4, 5],
    "wan2.1-i2v-plus": [5],
}


@pytest.mark.parametrize("model", ONE_IMAGE)
def test_resolution_is_one_that_the_model_has(model: str) -> None:
    for resolution in ("480P", "720P", "1080P", "4K"):
        if resolution in RESOLUTIONS[model]:
            takes(model, resolution=resolution)
        else:
            assert f"for {model}" in refuses(model, resolution=resolution)


@pytest.mark.parametrize("model", ONE_IMAGE)
def test_duration_is_one_that_the_model_has(model: str) -> None:
    for seconds in range(-1, 18):
        if seconds in DURATIONS[model]:
            takes(model, duration=seconds)
        else:
            assert f"for {model}" in refuses(model, duration=seconds)


@pytest.mark.parametrize("model", ONE_IMAGE)
def test_prompt_is_as_long_as_the_model_reads(model: str) -> None:
    most = 1500 if model.startswith(("wan2.6", "wan2.5")) else 800
    takes(model, prompt="a" * most, negative_prompt="a" * 500)
    assert f"reads {most}" in refuses(model, prompt="a" * (most + 1))
    assert "reads 500" in refuses(model, negative_prompt="a" * 501)


@pytest.mark.parametrize("model", ONE_IMAGE)
def test_sound_and_shots_are_taken_where_the_model_has_them(model: str) -> None:
    has = {
        "audio": model == "wan2.6-i2v-flash",
        "audio_url": model.startswith(("wan2.6", "wan2.5")),
        "shot_type": model.startswith("wan2.6"),
    }
    for field, value in {"audio": False, "audio_url": SOUND, "shot_type": "single"}.items():
        if has[field]:
            takes(model, **{field: value})
        else:
            line = refuses(model, **{field: value})
            assert f"is not taken by {model}" in line
            assert "or use wan2.6-i2v-flash" in line


def test_sound_that_would_be_silenced_is_refused() -> None:
    takes("wan2.6-i2v-flash", audio=True, audio_url=SOUND)
    assert "since audio is false" in refuses("wan2.6-i2v-flash", audio=False, audio_url=SOUND)


def test_shot_type_needs_the_prompt_rewritten() -> None:
    takes("wan2.6-i2v", shot_type="multi", prompt_extend=True)
    assert "shot_type=multi: works only while" in refuses(
        "wan2.6-i2v", shot_type="multi", prompt_extend=False
    )
    assert "must be single or multi" in refuses("wan2.6-i2v", shot_type="auto")


# -- effects -------------------------------------------------------------------------------------------


def test_effects_differ_from_model_to_model() -> None:
    takes("wan2.1-i2v-turbo", template="squish")
    takes("wan2.1-i2v-plus", template="squish")
    takes("wan2.1-i2v-plus", template="dance5")
    assert refuses("wan2.1-i2v-turbo", template="dance5").endswith("Use wan2.1-i2v-plus.")
    assert refuses("wan2.1-i2v-plus", template="Squish").endswith("Write 'squish'.")


@pytest.mark.parametrize("model", ONE_IMAGE[:-2])
def test_only_2_1_has_effects(model: str) -> None:
    assert refuses(model, template="squish").endswith("use wan2.1-i2v-turbo or wan2.1-i2v-plus.")


def test_prompt_that_an_effect_would_drop_is_refused() -> None:
    line = refuses("wan2.1-i2v-plus", template="squish", prompt="A cat")
    assert "would be silently dropped, since a template is given" in line


# -- 2.7 -----------------------------------------------------------------------------------------------

MEDIA = {
    "first_frame_url": IMAGE,
    "last_frame_url": IMAGE,
    "driving_audio_url": SOUND,
    "first_clip_url": VIDEO,
}
COMBINATIONS = [
    {"first_frame_url"},
    {"first_frame_url", "driving_audio_url"},
    {"first_frame_url", "last_frame_url"},
    {"first_frame_url", "last_frame_url", "driving_audio_url"},
    {"first_clip_url"},
    {"first_clip_url", "last_frame_url"},
]


@pytest.mark.parametrize("number", range(16))
def test_only_the_documented_combinations_of_media_are_taken(number: int) -> None:
    fields = {field for bit, field in enumerate(MEDIA) if number >> bit & 1}
    problems = ImageToVideo.problems({"model": "wan2.7-i2v", **{field: MEDIA[field] for field in fields}})
    assert (problems == []) == (fields in COMBINATIONS)


def test_media_are_sent_with_their_types() -> None:
    body = accepted(
        ImageToVideo, img_url=None, last_frame_url=IMAGE, driving_audio_url=SOUND, first_frame_url=IMAGE
    )
    assert body["input"] == {
        "media": [
            {"type": "first_frame", "url": IMAGE},
            {"type": "last_frame", "url": IMAGE},
            {"type": "driving_audio", "url": SOUND},
        ]
    }


def test_limits_of_2_7() -> None:
    accepted(ImageToVideo, **CLIP, prompt="a" * 5000, duration=15, resolution="720P")
    assert "reads 5000" in refused(ImageToVideo, **CLIP, prompt="a" * 5001)
    assert "must be 2 to 15 seconds" in refused(ImageToVideo, **CLIP, duration=16)
    assert "must be 720P or 1080P" in refused(ImageToVideo, **CLIP, resolution="480P")


@pytest.mark.parametrize("field", ["size", "ratio"])
def test_shape_follows_the_image(field: str) -> None:
    assert f"{field}: is no field of ImageToVideo" in refused(ImageToVideo, **{field: "16:9"})


def test_a_model_is_not_guessed_while_both_kinds_may_be_meant() -> None:
    values = {"first_frame_url": IMAGE, "driving_audio_url": SOUND}
    assert ImageToVideo.problems(values, unknown=["img_url"]) == []


def test_effects_of_several_models_are_listed_once() -> None:
    (problem,) = ImageToVideo.problems({"img_url": IMAGE, "template": "no such effect"}, unknown=["model"])
    assert str(problem).count("squish") == 1
    assert len(str(problem)) < 500
