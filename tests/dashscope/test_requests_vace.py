from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_wan.dashscope.errors import InvalidRequestError
from airflow_provider_wan.dashscope.requests import (
    ImageReference,
    LocalEdit,
    VideoExtension,
    VideoOutpainting,
    VideoRepainting,
    WanRequest,
)
from tests.dashscope.arguments import IMAGE, VACE, VIDEO, accepted, changed, refused


@pytest.mark.parametrize("request_", VACE)
def test_prompt_is_required_and_at_most_800_characters(request_: type[WanRequest]) -> None:
    assert refused(request_, prompt=None) == "prompt: is required. Give `prompt`."
    assert "has 801 characters" in refused(request_, prompt="字" * 801)
    accepted(request_, prompt="字" * 800)


@pytest.mark.parametrize("request_", [ImageReference, LocalEdit, VideoExtension, VideoOutpainting])
def test_duration_is_5(request_: type[WanRequest]) -> None:
    accepted(request_, duration=5)
    assert "must be 5 seconds" in refused(request_, duration=4)


def test_repainting_has_no_duration() -> None:
    assert refused(VideoRepainting, duration=5).startswith("duration: is no field of VideoRepainting.")


@pytest.mark.parametrize("request_", [ImageReference, LocalEdit])
def test_size_is_one_of_five(request_: type[WanRequest]) -> None:
    for size in ("1280*720", "720*1280", "960*960", "832*1088", "1088*832"):
        accepted(request_, size=size)
    assert refused(request_, size="1280x720").endswith("Write '1280*720'.")
    assert "must be 1280*720, " in refused(request_, size="1920*1080")


@pytest.mark.parametrize("request_", [VideoRepainting, LocalEdit, VideoOutpainting])
def test_video_is_required(request_: type[WanRequest]) -> None:
    assert refused(request_, video_url=None) == "video_url: is required. Give `video_url`."


@pytest.mark.parametrize("request_", [VideoRepainting, LocalEdit])
def test_second_reference_image_is_refused(request_: type[WanRequest]) -> None:
    accepted(request_, ref_images_url=[IMAGE])
    assert "must be a list of one item, but has 2" in refused(request_, ref_images_url=[IMAGE, IMAGE])


# -- image reference -----------------------------------------------------------------------------------


def test_fourth_reference_image_is_refused() -> None:
    line = refused(ImageReference, ref_images_url=[IMAGE] * 4, obj_or_bg=["obj"] * 3)
    assert "has 4; the service would silently drop the rest. Keep 3." in line


def test_reference_images_are_required() -> None:
    assert refused(ImageReference, ref_images_url=None).startswith("ref_images_url: is required")


@pytest.mark.parametrize("marks", [["obj"], ["obj", "bg", "obj"]])
def test_each_reference_image_has_one_mark(marks: list[str]) -> None:
    line = refused(ImageReference, ref_images_url=[IMAGE] * 2, obj_or_bg=marks)
    assert "must have one mark for each of the 2 pictures" in line


def test_marks_may_be_left_out_for_one_image_only() -> None:
    assert "parameters" not in accepted(ImageReference)
    assert refused(ImageReference, ref_images_url=[IMAGE] * 2).startswith("obj_or_bg: is required with 2")


def test_second_background_is_refused() -> None:
    marks = ["bg", "obj", "bg"]
    assert 'may have "bg" once' in refused(ImageReference, ref_images_url=[IMAGE] * 3, obj_or_bg=marks)


def test_mark_of_another_kind_is_refused() -> None:
    line = refused(ImageReference, obj_or_bg=["background"])
    assert line.startswith("obj_or_bg[0]=background: must be obj or bg.")


# -- repainting ----------------------------------------------------------------------------------------


def test_repainting_needs_a_control_condition() -> None:
    assert refused(VideoRepainting, control_condition=None).startswith("control_condition: is required")
    for condition in ("posebodyface", "posebody", "depth", "scribble"):
        accepted(VideoRepainting, control_condition=condition)
    for wrong in ("", "pose", "Depth"):
        assert "must be posebodyface, posebody, depth or scribble" in refused(
            VideoRepainting, control_condition=wrong
        )


@pytest.mark.parametrize("strength", [-0.1, 1.1])
def test_strength_is_a_share(strength: float) -> None:
    assert "between 0.0 and 1.0" in refused(VideoRepainting, strength=strength)


# -- local edit ----------------------------------------------------------------------------------------


def test_one_of_the_masks_is_needed() -> None:
    assert "mask_image_url: is required, or mask_video_url" in refused(LocalEdit, mask_image_url=None)
    accepted(LocalEdit, mask_image_url=None, mask_video_url=VIDEO)


def test_both_masks_are_refused() -> None:
    assert "may not be given together with mask_image_url" in refused(LocalEdit, mask_video_url=VIDEO)


@pytest.mark.parametrize(
    ("field", "value"),
    [("mask_frame_id", 1), ("mask_type", "tracking"), ("expand_ratio", 0.1), ("expand_mode", "hull")],
)
def test_what_belongs_to_a_mask_image_is_refused_with_a_mask_video(field: str, value: Any) -> None:
    accepted(LocalEdit, **{field: value})
    line = refused(LocalEdit, mask_image_url=None, mask_video_url=VIDEO, **{field: value})
    assert "has a meaning only with mask_image_url" in line


@pytest.mark.parametrize(("field", "value"), [("expand_ratio", 0.1), ("expand_mode", "bbox")])
def test_a_fixed_mask_does_not_expand(field: str, value: Any) -> None:
    accepted(LocalEdit, mask_type="tracking", **{field: value})
    assert "only with mask_type tracking" in refused(LocalEdit, mask_type="fixed", **{field: value})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("mask_frame_id", 0),
        ("mask_type", "moving"),
        ("expand_ratio", 1.5),
        ("expand_mode", "circle"),
        ("control_condition", "posebody"),
        ("control_condition", "scribble"),
    ],
)
def test_value_that_a_local_edit_does_not_know_is_refused(field: str, value: Any) -> None:
    assert refused(LocalEdit, **{field: value}).startswith(f"{field}={value}: must be ")


# -- extension -----------------------------------------------------------------------------------------

STARTS = ["first_frame_url", "last_frame_url", "first_clip_url", "last_clip_url"]


def test_extension_needs_something_to_extend() -> None:
    line = refused(VideoExtension, first_clip_url=None)
    assert all(field in line for field in STARTS)


@pytest.mark.parametrize("field", STARTS)
def test_any_frame_or_clip_can_be_extended(field: str) -> None:
    accepted(VideoExtension, **{"first_clip_url": None, field: VIDEO})


def test_motion_video_needs_a_control_condition() -> None:
    assert "control_condition: is required with video_url" in refused(VideoExtension, video_url=VIDEO)
    accepted(VideoExtension, video_url=VIDEO, control_condition="depth")
    assert "must be" in refused(VideoExtension, video_url=VIDEO, control_condition="scribble")


# -- outpainting ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("side", ["top_scale", "bottom_scale", "left_scale", "right_scale"])
def test_scale_is_between_1_and_2(side: str) -> None:
    for scale in (1, 2.0):
        accepted(VideoOutpainting, **{side: scale})
    for scale in (0.99, 2.01):
        assert "between 1.0 and 2.0" in refused(VideoOutpainting, **{side: scale})


# -- model ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("request_", VACE)
def test_vace_is_spelled_as_the_region_does(request_: type[WanRequest]) -> None:
    request = request_(**changed(request_))
    assert request.model_for("cn-beijing") == "wanx2.1-vace-plus"
    assert request.body("ap-southeast-1")["model"] == "wan2.1-vace-plus"
    assert request.body("ap-southeast-1")["input"]["function"] == request_.function
    assert request.path() == "/services/aigc/video-generation/video-synthesis"


def test_spelling_of_another_region_is_refused() -> None:
    request = VideoOutpainting(**changed(VideoOutpainting, model="wanx2.1-vace-plus"))
    assert request.model_for("cn-beijing") == "wanx2.1-vace-plus"
    with pytest.raises(InvalidRequestError, match=r"spelled wan2\.1-vace-plus in Singapore"):
        request.body("ap-southeast-1")


def test_region_without_the_model_is_refused_with_those_that_have_it() -> None:
    with pytest.raises(InvalidRequestError, match=r"in Beijing \(cn-beijing\), Singapore \(ap-southeast-1\)"):
        VideoOutpainting(**changed(VideoOutpainting)).body("us-east-1")


@pytest.mark.parametrize("model", ["wan2.7-videoedit", "wan2.2-vace"])
def test_model_of_another_kind_is_refused_with_a_way_to_send_it(model: str) -> None:
    line = refused(VideoOutpainting, model=model)
    assert line.startswith(f"model={model}: is no model that VideoOutpainting knows.")
    assert "WanVideoSynthesisOperator" in line
