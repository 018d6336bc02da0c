"""Bodies as the vendor documents them, and what holds for any request."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_wan.dashscope.errors import InvalidRequestError
from airflow_provider_wan.dashscope.requests import (
    FramesToVideo,
    ImageToVideo,
    ReferenceToVideo,
    TextToVideo,
    VideoEdit,
    Wan3Video,
    WanRequest,
)
from airflow_provider_wan.dashscope.requests.given import Given
from tests.dashscope.arguments import IMAGE, SOUND, VACE, VALID, VIDEO

SAMPLES = json.loads(Path(__file__).with_name("request_samples.json").read_text())["samples"]
OTHERS: list[type[WanRequest]] = [
    *(VideoEdit, ImageToVideo),
    *(TextToVideo, FramesToVideo, ReferenceToVideo, Wan3Video),
]
BY_FUNCTION = {request.function: request for request in VACE}
BY_MODEL: dict[str, type[WanRequest]] = {"wan2.7-videoedit": VideoEdit, "wan2.6-i2v-flash": ImageToVideo}


def arguments(body: dict[str, Any]) -> dict[str, Any]:
    """The arguments that a documented body stands for."""
    fields = {**body["input"], **body.get("parameters", {})}
    fields.pop("function", None)
    for item in fields.pop("media", []):
        assert item["type"] == "video"
        fields["video_url"] = item["url"]
    return fields


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample["source"])
def test_body_equals_the_documented_one(sample: dict[str, Any]) -> None:
    body = sample["body"]
    request = BY_FUNCTION.get(body["input"].get("function")) or BY_MODEL[body["model"]]
    assert request(**arguments(body)).body("ap-southeast-1") == body


# Values that a field takes, at least in some models, and values that it never takes.
GOOD: dict[str, list[Any]] = {
    "model": [
        *("wan2.1-vace-plus", "wan2.7-i2v", "wan2.2-i2v-plus", "wanx2.1-i2v-turbo", "happyhorse-1.0-i2v"),
        *("wan2.6-t2v", "wanx2.1-t2v-plus", "happyhorse-1.1-t2v", "wan2.1-kf2v-plus", "wan3.0-video-prime"),
        *("wan2.6-r2v", "wan2.6-r2v-flash", "happyhorse-1.0-r2v", "happyhorse-1.0-video-edit"),
    ],
    "prompt": ["A cat", "字" * 800],
    "negative_prompt": ["rain"],
    "ref_images_url": [[IMAGE], [IMAGE] * 2, (IMAGE,) * 3, f'["{IMAGE}"]'],
    "reference_image_urls": [[IMAGE], [IMAGE] * 4],
    "reference_video_urls": [[VIDEO], f'["{VIDEO}"]'],
    "reference_audio_urls": [[SOUND] * 5],
    "reference_voice_urls": [[SOUND], ["", SOUND]],
    "file_url": ["https://media.example.com/report.pdf"],
    "link_url": ["https://example.com/"],
    "obj_or_bg": [["obj"], ["obj", "bg"], '["bg"]'],
    "video_url": [VIDEO, "oss://dashscope-instant/x/clip.mp4"],
    "mask_image_url": [IMAGE],
    "mask_video_url": [VIDEO],
    "mask_frame_id": [1, "7"],
    "mask_type": ["tracking", "fixed"],
    "expand_ratio": [0.05, "1"],
    "expand_mode": ["hull"],
    "control_condition": ["depth", "posebodyface", "", "posebody"],
    "strength": [0, 1.0],
    "top_scale": [1, "1.5"],
    "bottom_scale": [2.0],
    "left_scale": [1.25],
    "right_scale": [1.0],
    "img_url": [IMAGE, "data:image/png;base64,AAAA"],
    "audio_url": [SOUND],
    "template": ["squish", "dragon", "mech1"],
    "audio": [True, "false"],
    "shot_type": ["single", "multi"],
    "first_frame_url": [IMAGE],
    "last_frame_url": [IMAGE],
    "first_clip_url": [VIDEO],
    "last_clip_url": [VIDEO],
    "driving_audio_url": [SOUND],
    "size": ["1280*720"],
    "resolution": ["720P", "1080P", "480P"],
    "ratio": ["16:9"],
    "duration": [5, "5", 10, 0],
    "audio_setting": ["auto"],
    "prompt_extend": [True, "False"],
    "watermark": [False, "true"],
    "seed": [0, "12345"],
}
BAD: list[Any] = [
    "",
    "None",
    "字" * 5001,
    -1,
    1.05,
    float("nan"),
    [],
    ["x"],
    {},
    "s3://b/v.mp4",
    "x.mp4",
    VIDEO + " ",
]

Made = tuple[type[WanRequest], dict[str, Any]]


@st.composite
def requests(draw: st.DrawFn, bad: bool) -> Made:
    """A request class with arguments: the least it takes, and some of its other fields."""
    request = draw(st.sampled_from([*VACE, *OTHERS]))
    values = dict(VALID[request])
    for field in draw(st.sets(st.sampled_from(sorted(request.model_fields)), max_size=4)):
        values[field] = draw(st.sampled_from([None, *GOOD[field], *(BAD if bad else [])]))
    return request, values


any_request = requests(bad=True)
valid_request = requests(bad=False).filter(lambda made: not made[0].problems(made[1]))
each_time_the_same = settings(deadline=None, database=None, derandomize=True, max_examples=500)


@each_time_the_same
@given(any_request)
def test_a_request_can_be_made_exactly_when_it_has_no_problems(made: Made) -> None:
    request, values = made
    problems = request.problems(values)
    if not problems:
        request(**values)
        return
    with pytest.raises(InvalidRequestError) as caught:
        request(**values)
    assert str(caught.value).split("\n  ")[1:] == [str(problem) for problem in problems]


def leaves(body: dict[str, Any]) -> set[str]:
    """The fields of a body; items of `media` by their type."""
    fields = {*body["input"], *body.get("parameters", {})} - {"function", "media"}
    items = body["input"].get("media", [])
    voices = {"reference_voice" for item in items if "reference_voice" in item}
    return fields | voices | {item["type"] for item in items}


def names(request: type[WanRequest], field: str, model: str) -> str:
    """What a field is called in a body."""
    if field in ("reference_image_urls", "reference_video_urls") and model.startswith("wan2.6"):
        return "reference_urls"
    return "reference_voice" if field == "reference_voice_urls" else request.media_types.get(field, field)


def in_its_region(request: WanRequest) -> dict[str, Any]:
    """The body in a region that spells the model so, or has it at all."""
    model = request.candidates(Given(request.model_dump(exclude_none=True), ()))[0]
    spelled = [region for region, id_ in model.spellings.items() if request.model in (None, id_)]
    return request.body(spelled[0])


@each_time_the_same
@given(valid_request)
def test_a_body_holds_what_was_given_and_nothing_else(made: Made) -> None:
    request, values = made
    body = in_its_region(request(**values))
    sent = {field for field, value in values.items() if value is not None and field != "model"}
    assert leaves(body) == {names(request, field, body["model"]) for field in sent}
    assert {"model", "input"} <= set(body) <= {"model", "input", "parameters"}
    assert body.get("parameters") != {}
    assert json.loads(json.dumps(body)) == body


@each_time_the_same
@given(valid_request, st.data())
def test_a_valid_request_stays_valid_while_fields_are_unknown(made: Made, data: st.DataObject) -> None:
    request, values = made
    unknown = data.draw(st.sets(st.sampled_from(sorted(values))))
    assert request.problems(values, unknown) == []


@each_time_the_same
@given(valid_request)
def test_reading_a_requests_own_values_again_changes_nothing(made: Made) -> None:
    request, values = made
    first = request(**values)
    assert request(**first.model_dump()) == first


@each_time_the_same
@given(any_request)
def test_no_message_is_long_or_of_several_lines(made: Made) -> None:
    request, values = made
    assert all(len(str(problem)) < 500 and "\n" not in str(problem) for problem in request.problems(values))
