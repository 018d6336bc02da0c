"""Text, frames, references, wan3.0 and HappyHorse: bodies, refusals, and what differs from model to model."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_wan.dashscope import catalog
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
from tests.dashscope.arguments import IMAGE, SOUND, VIDEO
from tests.dashscope.generate_bodies import BEIJING, BODIES, CAT, FAMILIES, SINGAPORE, Body
from tests.dashscope.generate_refusals import REFUSED

CASES = [
    (model, request, {"model": model, **right}, change, begin, end)
    for model, (request, right, changes) in REFUSED.items()
    for change, begin, end in changes
]


@pytest.mark.parametrize("case", BODIES, ids=str)
def test_body_follows_the_documentation_field_by_field(case: Body) -> None:
    request = case.request(**case.fields)
    assert request.body(case.region) == case.body
    assert request.path() == case.path


@pytest.mark.parametrize("case", BODIES, ids=str)
def test_rendered_text_makes_the_same_body(case: Body) -> None:
    rendered = {name: value if isinstance(value, list) else str(value) for name, value in case.fields.items()}
    assert case.request(**rendered).body(case.region) == case.body


@pytest.mark.parametrize(("model", "request_class", "right", "change", "begin", "end"), CASES)
def test_mistake_is_named_with_field_value_rule_and_fix(
    model: str,
    request_class: type[WanRequest],
    right: dict[str, Any],
    change: dict[str, Any],
    begin: str,
    end: str,
) -> None:
    del model
    assert request_class.problems(right) == []
    with pytest.raises(InvalidRequestError) as caught:
        request_class(**right | change)
    heading, *lines = str(caught.value).split("\n  ")
    assert heading == f"{request_class.__name__} has 1 problem:"
    assert lines[0].startswith(begin)
    assert lines[0].endswith(end)


@pytest.mark.parametrize("name", [model.name for model in catalog.MODELS if model.family in FAMILIES])
def test_every_model_has_bodies_in_all_spellings_and_three_refusals(name: str) -> None:
    """That each body is run too, is seen to where they are run: tests/contract/test_every_model.py."""
    model = catalog.find(name)
    assert model is not None
    assert {*model.spellings.values(), *model.snapshots} <= {case.id for case in BODIES}
    assert len(REFUSED[name][2]) >= 3


# -- defaults and regions ------------------------------------------------------------------------------


def test_frames_in_singapore_are_told_which_model_to_name() -> None:
    request = FramesToVideo(first_frame_url=IMAGE)
    assert request.body(BEIJING)["model"] == "wan2.2-kf2v-flash"
    with pytest.raises(InvalidRequestError, match=r"in Singapore: wan2\.1-kf2v-plus\. Name one of those"):
        request.body(SINGAPORE)


def test_spelling_of_another_region_is_refused_with_the_right_one() -> None:
    request = TextToVideo(model="wanx2.1-t2v-plus", prompt="A cat")
    with pytest.raises(InvalidRequestError, match=r"is spelled wan2\.1-t2v-plus in Singapore"):
        request.body(SINGAPORE)


@pytest.mark.parametrize(
    ("request_class", "model", "owner"),
    [
        (TextToVideo, "wan2.7-r2v", "ReferenceToVideo"),
        (ReferenceToVideo, "wan3.0-video", "Wan3Video"),
        (VideoEdit, "happyhorse-1.1-i2v", "ImageToVideo"),
        (ImageToVideo, "wan2.1-kf2v-plus", "FramesToVideo"),
    ],
)
def test_model_of_another_kind_is_refused_with_the_request_it_goes_with(
    request_class: type[WanRequest], model: str, owner: str
) -> None:
    lines = [str(problem) for problem in request_class.problems({"model": model})]
    (line,) = (line for line in lines if line.startswith("model="))
    assert f"is no model that {request_class.__name__} knows" in line
    assert f"{model} goes with {owner}." in line


# -- while the model is a template ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_class", "fields"),
    [
        (TextToVideo, {"prompt": "字" * 2501, "ratio": "9:21", "duration": 2}),
        (TextToVideo, {"prompt": "A cat", "size": "832*480", "audio_url": SOUND, "shot_type": "multi"}),
        (FramesToVideo, {"first_frame_url": IMAGE, "template": "mech1", "resolution": "480P"}),
        (ReferenceToVideo, {"prompt": "x", "reference_image_urls": [CAT] * 9, "ratio": "21:9"}),
        (ReferenceToVideo, {"prompt": "x", "reference_video_urls": [VIDEO], "size": "960*960"}),
        (ImageToVideo, {"first_frame_url": IMAGE, "duration": 2, "resolution": "480P"}),
        (VideoEdit, {"video_url": VIDEO, "reference_image_urls": [IMAGE] * 5, "duration": 0}),
    ],
)
def test_what_some_model_of_the_kind_takes_passes(
    request_class: type[WanRequest], fields: dict[str, Any]
) -> None:
    assert request_class.problems(fields, unknown=["model"]) == []


@pytest.mark.parametrize(
    ("request_class", "fields", "line"),
    [
        (TextToVideo, {"prompt": "x", "ratio": "2:1"}, "ratio=2:1: must be "),
        (TextToVideo, {"prompt": "a" * 5001}, "but any model of this kind reads 5000 and"),
        (FramesToVideo, {"first_frame_url": IMAGE, "duration": 6}, "duration=6: must be 5 seconds"),
        (ReferenceToVideo, {"prompt": "x"}, "reference_image_urls: is required"),
        (Wan3Video, {"duration": 5}, "prompt: is required, or one of"),
    ],
)
def test_what_no_model_of_the_kind_takes_is_refused(
    request_class: type[WanRequest], fields: dict[str, Any], line: str
) -> None:
    (problem,) = request_class.problems(fields, unknown=["model"])
    assert line in str(problem)


# -- sizes, prompts, references ------------------------------------------------------------------------

TIERS = {
    "480P": ["832*480", "480*832", "624*624"],
    "720P": ["1280*720", "720*1280", "960*960", "1088*832", "832*1088"],
    "1080P": ["1920*1080", "1080*1920", "1440*1440", "1632*1248", "1248*1632"],
}


@pytest.mark.parametrize(
    ("model", "tiers"),
    [
        ("wan2.6-t2v", "720P 1080P"),
        ("wan2.6-t2v-us", "720P 1080P"),
        ("wan2.5-t2v-preview", "480P 720P 1080P"),
        ("wan2.2-t2v-plus", "480P 1080P"),
        ("wanx2.1-t2v-turbo", "480P 720P"),
        ("wan2.1-t2v-plus", "720P"),
        ("wan2.6-r2v", "720P 1080P"),
        ("wan2.6-r2v-flash", "720P 1080P"),
    ],
)
def test_size_is_one_of_the_models_tiers(model: str, tiers: str) -> None:
    request, fields = (
        (ReferenceToVideo, {"prompt": "x", "reference_image_urls": [CAT]})
        if "r2v" in model
        else (TextToVideo, {"prompt": "x"})
    )
    for tier, sizes in TIERS.items():
        for size in sizes:
            taken = request.problems({"model": model, **fields, "size": size}) == []
            assert taken == (tier in tiers.split())


@pytest.mark.parametrize("prompt", ["a" * 5000, "字" * 2500, "字" * 2000 + "a" * 1000])
def test_happyhorse_reads_so_much(prompt: str) -> None:
    assert TextToVideo.problems({"model": "happyhorse-1.0-t2v", "prompt": prompt}) == []


def test_references_fill_up_to_five_together() -> None:
    fields = {"prompt": "x", "reference_image_urls": [CAT] * 2, "reference_video_urls": [VIDEO] * 3}
    for model in ("wan2.7-r2v", "wan2.6-r2v"):
        assert ReferenceToVideo.problems({"model": model, **fields}) == []


def test_voices_are_counted_once_all_references_are_known() -> None:
    fields = {"prompt": "x", "reference_image_urls": [CAT], "reference_voice_urls": [SOUND, ""]}
    assert len(ReferenceToVideo.problems(fields)) == 1
    assert ReferenceToVideo.problems(fields, unknown=["reference_video_urls"]) == []


def test_voice_that_is_no_address_is_refused_by_its_place() -> None:
    fields = {"prompt": "x", "reference_image_urls": [CAT] * 2, "reference_voice_urls": ["", "voice.mp3"]}
    (problem,) = ReferenceToVideo.problems(fields)
    assert str(problem).startswith("reference_voice_urls[1]=voice.mp3: must be a")


def test_frames_exclude_every_kind_of_reference() -> None:
    references: dict[str, Any] = {
        "reference_image_urls": [CAT],
        "reference_video_urls": [VIDEO],
        "reference_audio_urls": [SOUND],
        "file_url": "https://example.com/a.pdf",
        "link_url": "https://example.com/",
    }
    for frames in (["first_frame_url"], ["last_frame_url"], ["first_frame_url", "last_frame_url"]):
        for field, value in references.items():
            found = Wan3Video.problems({field: value} | dict.fromkeys(frames, IMAGE))
            assert [problem.field for problem in found] == [field]


@pytest.mark.parametrize("name", ["happyhorse-1.0-t2v", "happyhorse-1.0-video-edit"])
def test_watermark_of_happyhorse_is_on_unless_the_author_says_no(name: str) -> None:
    model = catalog.find(name)
    assert model is not None
    assert model.watermark_default
    request = TextToVideo if name.endswith("t2v") else VideoEdit
    fields: dict[str, Any] = {"model": name, "prompt": "x"}
    fields |= {} if request is TextToVideo else {"video_url": VIDEO}
    assert "parameters" not in request(**fields).body(SINGAPORE)
    assert request(**fields, watermark=False).body(SINGAPORE)["parameters"] == {"watermark": False}
