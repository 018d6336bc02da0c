"""The service's own view of requests that make videos from text, frames and references: the finer rules."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_wan.dashscope.catalog import find
from airflow_provider_wan.emulator.validation import BadParameter, check_request
from tests.dashscope.arguments import SOUND, VIDEO
from tests.dashscope.generate_bodies import BODIES, CAT, Body

JSON = dict[str, Any]


def _checked(model: str, given: JSON, parameters: JSON | None = None) -> tuple[JSON, JSON]:
    row = find(model)
    assert row is not None
    return check_request(row, given, parameters or {})


def _media(*items: JSON) -> JSON:
    return {"prompt": "p", "media": list(items)}


IMAGE = {"type": "reference_image", "url": CAT}
FILM = {"type": "reference_video", "url": VIDEO}


@pytest.mark.parametrize("case", BODIES, ids=str)
def test_documented_bodies_are_taken_as_they_are(case: Body) -> None:
    given, parameters = case.body["input"], case.body.get("parameters", {})
    assert _checked(case.id, given, parameters) == (given, parameters)


@pytest.mark.parametrize("case", BODIES, ids=str)
def test_unknown_keys_are_tolerated(case: Body) -> None:
    given = {**case.body["input"], "extend_prompt": True, "function": "video-synthesis"}
    _checked(case.id, given, {**case.body.get("parameters", {}), "with_audio": False})


BAD: list[tuple[str, JSON, JSON, str]] = [
    ("wan2.7-t2v", {"prompt": ""}, {}, "Field required: prompt"),
    ("wan2.7-t2v", {"prompt": "p", "audio_url": "voice.mp3"}, {}, "Required URL"),
    ("wan2.7-t2v", {"prompt": "p"}, {"ratio": "9:21"}, "ratio must be one of"),
    ("wan2.6-t2v", {"prompt": "p"}, {"shot_type": "auto"}, "shot_type must be one of"),
    ("wan2.6-t2v-us", {"prompt": "p"}, {"duration": 15}, "duration must be one of 5, 10"),
    ("wan2.1-t2v-plus", {"prompt": "p"}, {"size": "832*480"}, "size must be one of"),
    ("wan2.2-kf2v-flash", {"last_frame_url": CAT}, {}, "Field required: first_frame_url"),
    ("wan2.2-kf2v-flash", {"first_frame_url": CAT, "template": "mech1"}, {}, "parameter(template)"),
    ("wan2.1-kf2v-plus", {"first_frame_url": CAT, "template": "squish"}, {}, "template must be one of"),
    ("wan2.1-kf2v-plus", {"first_frame_url": CAT}, {"resolution": "480P"}, "resolution must be one of"),
    ("wan2.7-r2v", _media(*[IMAGE] * 3, *[FILM] * 3), {}, "1 to 5 references"),
    ("wan2.7-r2v", _media({**IMAGE, "reference_voice": "voice.mp3"}), {}, "Required URL"),
    (
        "wan2.6-r2v",
        {"prompt": "p", "reference_urls": [VIDEO + "?a=1", VIDEO, VIDEO, "https://x.com/a.MOV"]},
        {},
        "at most 3 videos",
    ),
    ("wan2.6-r2v", {"prompt": "p", "reference_urls": [CAT] * 6}, {}, "at most 5"),
    ("wan2.6-r2v-flash", {"prompt": "p", "reference_urls": [CAT]}, {"audio": "no"}, "audio must be true"),
    ("wan3.0-video", _media(*[IMAGE] * 11), {}, "at most 10 reference_image"),
    ("wan3.0-video", _media({"type": "link", "url": "oss://dashscope-instant/a"}), {}, "Required URL"),
    ("wan3.0-video", _media({"type": "link", "url": 5}), {}, "Required URL"),
    (
        "wan3.0-video-prime",
        _media({"type": "link", "url": "https://x.com/"}, {"type": "file", "url": "https://x.com/a.pdf"}),
        {},
        "file or link, not both",
    ),
    ("wan3.0-video-prime", {"prompt": "p"}, {"duration": 1}, "duration must be one of"),
    ("happyhorse-1.1-t2v", {"prompt": "p"}, {"duration": 2}, "duration must be one of"),
    ("happyhorse-1.0-i2v", _media(IMAGE), {}, "media.type must be one of first_frame"),
    ("happyhorse-1.0-r2v", _media(*[IMAGE] * 10), {}, "at most 9 reference_image"),
    ("happyhorse-1.0-r2v", {"media": [IMAGE]}, {}, "Field required: prompt"),
    ("happyhorse-1.0-video-edit", _media(IMAGE), {}, "Field required: media.video"),
    ("happyhorse-1.0-video-edit", {"media": [{"type": "video", "url": VIDEO}]}, {}, "Field required: prompt"),
    (
        "happyhorse-1.0-video-edit",
        _media({"type": "video", "url": VIDEO}),
        {"audio_setting": "none"},
        "audio_setting must be one of",
    ),
]


@pytest.mark.parametrize(("model", "given", "parameters", "message"), BAD)
def test_other_requests_are_refused(model: str, given: JSON, parameters: JSON, message: str) -> None:
    with pytest.raises(BadParameter) as refusal:
        _checked(model, given, parameters)
    assert message in refusal.value.message


def test_three_videos_and_two_pictures_are_taken_by_2_6() -> None:
    given = {"prompt": "p", "reference_urls": [VIDEO] * 3 + [CAT] * 2}
    assert _checked("wan2.6-r2v", given)[0] == given


@pytest.mark.parametrize(
    ("prompt", "read"),
    [
        ("猫" * 2600, "猫" * 2500),
        ("a" * 5001, "a" * 5000),
        ("猫" * 2499 + "abc", "猫" * 2499 + "ab"),
        ("a" + "猫" * 2500, "a" + "猫" * 2499),
    ],
)
def test_prompt_of_happyhorse_is_cut_by_weight(prompt: str, read: str) -> None:
    assert _checked("happyhorse-1.0-t2v", {"prompt": prompt})[0]["prompt"] == read


def test_values_of_models_that_lack_a_field_are_not_looked_at() -> None:
    given, parameters = _checked(
        "happyhorse-1.0-t2v", {"prompt": "p", "audio_url": 3}, {"size": "1*1", "shot_type": "auto"}
    )
    assert (given["audio_url"], parameters["size"]) == (3, "1*1")
    assert _checked("wan2.7-t2v", {"prompt": "p", "audio_url": SOUND})[0]["audio_url"] == SOUND
