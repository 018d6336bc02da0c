"""The service's own view of a request: what it takes, cuts silently, and refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from airflow_provider_wan.dashscope.catalog import MODELS, find
from airflow_provider_wan.emulator import RunningEmulator
from airflow_provider_wan.emulator.validation import BadParameter, check_request
from tests.emulator.api import IMAGE, OUTPAINT, VIDEO, Api, error

AUDIO = "https://example.com/voice.mp3"
JSON = dict[str, Any]


def _vace(function: str, **given: Any) -> JSON:
    return {"function": function, "prompt": "p", **given}


def _media(*types: str) -> JSON:
    return {"prompt": "p", "media": [{"type": kind, "url": IMAGE} for kind in types]}


def _checked(model: str, given: JSON, parameters: JSON | None = None) -> tuple[JSON, JSON]:
    row = find(model)
    assert row is not None
    return check_request(row, given, parameters or {})


GOOD: list[tuple[str, JSON, JSON]] = [
    ("wan2.1-vace-plus", _vace("image_reference", ref_images_url=[IMAGE]), {"size": "960*960"}),
    (
        "wan2.1-vace-plus",
        _vace("image_reference", ref_images_url=[IMAGE, IMAGE]),
        {"obj_or_bg": ["obj", "bg"], "duration": 5},
    ),
    (
        "wan2.1-vace-plus",
        _vace("video_repainting", video_url=VIDEO, ref_images_url=[IMAGE]),
        {"control_condition": "posebody", "strength": 0},
    ),
    (
        "wan2.1-vace-plus",
        _vace("video_edit", video_url=VIDEO, mask_image_url=IMAGE, mask_frame_id=81),
        {"mask_type": "tracking", "expand_ratio": 0.05, "expand_mode": "hull", "control_condition": ""},
    ),
    ("wan2.1-vace-plus", _vace("video_edit", video_url=VIDEO, mask_video_url=VIDEO), {"size": "1280*720"}),
    ("wan2.1-vace-plus", _vace("video_extension", last_clip_url=VIDEO), {}),
    (
        "wan2.1-vace-plus",
        _vace("video_extension", first_frame_url=IMAGE, video_url=VIDEO),
        {"control_condition": ""},
    ),
    ("wan2.1-vace-plus", _vace("video_outpainting", video_url=VIDEO), {"left_scale": 2, "right_scale": 1.0}),
    ("wan2.7-videoedit", _media("video", *["reference_image"] * 4), {"duration": 0, "ratio": "9:16"}),
    (
        "wan2.7-videoedit",
        {"media": _media("video")["media"]},
        {"audio_setting": "origin", "seed": 2147483647},
    ),
    ("wan2.7-i2v", _media("first_frame", "last_frame", "driving_audio"), {"duration": 15}),
    ("wan2.7-i2v", _media("first_clip", "last_frame"), {}),
    ("wan2.6-i2v-flash", {"img_url": IMAGE, "audio_url": AUDIO}, {"audio": False, "shot_type": "multi"}),
    ("wan2.5-i2v-preview", {"img_url": "data:image/png;base64,AAAA"}, {"resolution": "480P", "duration": 10}),
    ("wan2.2-i2v-plus", {"img_url": IMAGE}, {"resolution": "1080P"}),
    ("wan2.1-i2v-plus", {"img_url": IMAGE, "template": "mermaid"}, {}),
    ("wan2.2-kf2v-flash", {"first_frame_url": IMAGE, "last_frame_url": IMAGE}, {"resolution": "480P"}),
    ("wan2.7-t2v", {"prompt": "p"}, {"resolution": "720P", "ratio": "4:3"}),
    ("wan2.6-t2v", {"prompt": "p"}, {"size": "1632*1248", "duration": 15}),
    ("wan2.7-r2v", _media("reference_image", "reference_video"), {"duration": 10}),
    ("wan2.6-r2v", {"prompt": "p", "reference_urls": [IMAGE, VIDEO]}, {"size": "1280*720"}),
    ("wan3.0-video", {"prompt": "p"}, {"duration": -1, "ratio": "adaptive", "audio": False}),
    ("wan3.0-video", _media("reference_image", "link"), {}),
    ("wan2.2-animate-move", {"image_url": IMAGE, "video_url": VIDEO, "watermark": True}, {"mode": "wan-pro"}),
    ("wan2.2-s2v", {"image_url": IMAGE, "audio_url": AUDIO}, {"resolution": "720P", "style": "speech"}),
    ("video-style-transform", {"video_url": VIDEO}, {"style": 7, "video_fps": 25, "min_len": 540}),
    ("happyhorse-1.0-t2v", {"prompt": "p"}, {"ratio": "21:9", "duration": 3}),
    ("happyhorse-1.1-i2v", _media("first_frame"), {"resolution": "480P"}),
    ("happyhorse-1.0-r2v", _media(*["reference_image"] * 9), {}),
    ("happyhorse-1.0-video-edit", _media("video", "reference_image"), {"audio_setting": "auto"}),
]


@pytest.mark.parametrize(("model", "given", "parameters"), GOOD)
def test_documented_requests_are_taken_as_they_are(model: str, given: JSON, parameters: JSON) -> None:
    assert _checked(model, given, parameters) == (given, parameters)


def test_every_model_has_a_request_that_is_taken() -> None:
    families = {row.family for model, _, _ in GOOD if (row := find(model))}
    assert {row.family for row in MODELS if row.running} == families


SPECIFICATION = "the parameters must conform to the specification"
BAD: list[tuple[str, JSON, JSON, str]] = [
    ("wan2.1-vace-plus", {"prompt": "p"}, {}, "Field required: function"),
    ("wan2.1-vace-plus", _vace("video-synthesis"), {}, SPECIFICATION),
    ("wan2.1-vace-plus", {"function": "video_outpainting", "video_url": VIDEO}, {}, "Field required: prompt"),
    (
        "wan2.1-vace-plus",
        _vace("image_reference", ref_images_url=[IMAGE, IMAGE]),
        {"obj_or_bg": ["obj"]},
        "ref_images_url and obj_or_bg must be the same length.",
    ),
    (
        "wan2.1-vace-plus",
        _vace("image_reference", ref_images_url=[IMAGE, IMAGE]),
        {},
        "Field required: obj_or_bg",
    ),
    (
        "wan2.1-vace-plus",
        _vace("image_reference", ref_images_url=[IMAGE, IMAGE]),
        {"obj_or_bg": ["bg", "bg"]},
        "at most one bg",
    ),
    (
        "wan2.1-vace-plus",
        _vace("image_reference", ref_images_url=[IMAGE]),
        {"size": "1920*1080"},
        "The size is not match 1920*1080",
    ),
    (
        "wan2.1-vace-plus",
        _vace("video_repainting", video_url=VIDEO),
        {},
        "Field required: control_condition",
    ),
    (
        "wan2.1-vace-plus",
        _vace("video_repainting", video_url=VIDEO),
        {"control_condition": "depth", "strength": 1.1},
        "strength must be a number between 0.0 and 1.0",
    ),
    (
        "wan2.1-vace-plus",
        _vace("video_edit", video_url=VIDEO, mask_image_url=IMAGE),
        {"control_condition": "scribble"},
        "control_condition must be one of",
    ),
    ("wan2.1-vace-plus", _vace("video_edit", video_url=VIDEO), {}, "Field required: mask_image_url"),
    ("wan2.1-vace-plus", _vace("video_extension", video_url=VIDEO), {}, "Field required: first_frame_url"),
    (
        "wan2.1-vace-plus",
        _vace("video_extension", video_url=VIDEO, first_frame_url=IMAGE),
        {},
        "Field required: control_condition",
    ),
    ("wan2.1-vace-plus", _vace("video_outpainting", video_url=VIDEO), {"top_scale": 2.5}, "top_scale"),
    ("wan2.1-vace-plus", _vace("video_outpainting", video_url=VIDEO), {"duration": "5"}, "duration"),
    ("wan2.1-vace-plus", _vace("video_outpainting", video_url=VIDEO), {"seed": -1}, "seed"),
    ("wan2.1-vace-plus", _vace("video_outpainting", video_url=VIDEO), {"watermark": "no"}, "watermark"),
    ("wan2.1-vace-plus", _vace("video_outpainting", video_url="data:video/mp4;base64,A"), {}, "Required URL"),
    ("wan2.1-vace-plus", _vace("video_outpainting", video_url="clip.mp4"), {}, "Required URL"),
    ("wan2.1-vace-plus", _vace("video_outpainting", video_url="https://x/视频.mp4"), {}, "Chinese"),
    ("wan2.7-videoedit", {"prompt": "p"}, {}, "Field required: media"),
    ("wan2.7-videoedit", _media("reference_image"), {}, "Field required: media.video"),
    ("wan2.7-videoedit", _media("video", *["reference_image"] * 5), {}, "at most 4 reference_image"),
    ("wan2.7-videoedit", _media("video", "first_frame"), {}, "media.type must be one of"),
    ("wan2.7-videoedit", _media("video"), {"duration": 1}, "duration must be one of"),
    ("wan2.7-videoedit", _media("video"), {"resolution": "480P"}, "resolution must be one of"),
    ("wan2.7-i2v", _media("last_frame"), {}, "combination of media"),
    ("wan2.7-i2v", _media("first_clip", "driving_audio"), {}, "combination of media"),
    ("wan2.7-i2v", _media("first_frame", "first_frame"), {}, "at most 1 first_frame"),
    ("wan2.6-i2v", {"prompt": "p"}, {}, "Field required: img_url"),
    ("wan2.6-i2v", {"img_url": IMAGE}, {"duration": 16}, "duration"),
    ("wan2.6-i2v", {"img_url": IMAGE}, {"shot_type": "auto"}, "shot_type"),
    ("wan2.6-i2v", {"img_url": IMAGE, "template": "flying"}, {}, "template"),
    ("wan2.1-i2v-turbo", {"img_url": IMAGE, "template": "mermaid"}, {}, "template"),
    ("wan2.5-t2v-preview", {"prompt": "p"}, {"size": "1080P"}, "size must be one of"),
    ("wan2.6-t2v", {}, {}, "Field required: prompt"),
    ("wan2.7-r2v", _media("reference_image", "reference_video"), {"duration": 11}, "duration"),
    ("wan2.7-r2v", _media("first_frame"), {}, "1 to 5 references"),
    ("wan2.6-r2v", {"prompt": "p"}, {}, "Field required: reference_urls"),
    ("wan3.0-video", _media("first_frame", "reference_image"), {}, "The two modes are mutually exclusive."),
    ("wan3.0-video", {}, {}, "Field required: prompt"),
    ("wan2.2-animate-mix", {"image_url": IMAGE, "video_url": VIDEO}, {}, "Field required: mode"),
    ("video-style-transform", {"video_url": VIDEO}, {"style": 8}, "style"),
    ("happyhorse-1.0-t2v", {"prompt": "p"}, {"resolution": "480P"}, "The resolution is not valid 480P"),
]


@pytest.mark.parametrize(("model", "given", "parameters", "message"), BAD)
def test_other_requests_are_refused_in_the_services_words(
    model: str, given: JSON, parameters: JSON, message: str
) -> None:
    with pytest.raises(BadParameter) as refusal:
        _checked(model, given, parameters)
    assert message in refusal.value.message
    assert refusal.value.http_status == 400


def test_long_prompts_and_a_fourth_image_are_cut_silently() -> None:
    given, parameters = _checked(
        "wan2.1-vace-plus",
        {**_vace("image_reference", ref_images_url=[IMAGE] * 4), "prompt": "猫" * 900},
        {"obj_or_bg": ["obj"] * 4},
    )
    assert given["prompt"] == "猫" * 800
    assert given["ref_images_url"] == [IMAGE] * 3
    assert parameters["obj_or_bg"] == ["obj"] * 3
    edit, _ = _checked("wan2.7-videoedit", {**_media("video"), "negative_prompt": "n" * 501})
    assert len(edit["negative_prompt"]) == 500


def test_what_the_official_clients_add_is_tolerated() -> None:
    extras = {"extend_prompt": True, "function": "video-synthesis", "negative_prompt": None, "audio_url": 3}
    given, _ = _checked("wan2.2-i2v-flash", {"img_url": IMAGE, **extras}, {"with_audio": False, "n": 1})
    assert given["img_url"] == IMAGE


def test_parameter_errors_show_where_they_are_documented_or_where_set(
    start: Callable[..., RunningEmulator],
) -> None:
    wrong = {**OUTPAINT, "parameters": {"top_scale": 3}}
    size = {
        "model": "wan2.1-vace-plus",
        "input": _vace("image_reference", ref_images_url=[IMAGE]),
        "parameters": {"size": "1*1"},
    }
    seen = {}
    for when in ("documented", "submit", "task"):
        emulator = start(parameter_errors=when)
        api = Api(emulator.base_url, emulator.key)
        answers = [api.submit(body) for body in (wrong, size)]
        emulator.clock.advance(10)
        seen[when] = [answer.status_code for answer in answers]
        for answer in answers:
            if answer.status_code == 200:
                output = api.output(answer.json()["output"]["task_id"])
                assert (output["task_status"], output["code"]) == ("FAILED", "InvalidParameter")
            else:
                assert error(answer)[1] == "InvalidParameter"
    assert seen == {"documented": [400, 200], "submit": [400, 400], "task": [200, 200]}
