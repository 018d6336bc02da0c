"""What a DAG author sees when the DAG is parsed: literals are checked, everything else waits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from airflow_provider_wan.operators import (
    Wan3VideoOperator,
    WanAnimateOperator,
    WanFramesToVideoOperator,
    WanImageReferenceOperator,
    WanImageToVideoOperator,
    WanLocalEditOperator,
    WanParameterError,
    WanReferenceToVideoOperator,
    WanSpeechToVideoOperator,
    WanTextToVideoOperator,
    WanVideoEditOperator,
    WanVideoExtensionOperator,
    WanVideoOutpaintingOperator,
    WanVideoRepaintingOperator,
    WanVideoStyleOperator,
    WanVideoSynthesisOperator,
)
from tests.versions import dag_bag

CLIP = "https://example.com/clip.mp4"
IMAGE = "https://example.com/image.png"

# One mistake of each kind: an operator's arguments, and what the message must say.
MISTAKES: list[tuple[type, dict[str, Any], list[str]]] = [
    (
        WanVideoOutpaintingOperator,
        {"prompt": "x", "video_url": CLIP, "top_scale": 2.5},
        ["top_scale=2.5", "1.0", "2.0"],
    ),
    (
        WanVideoRepaintingOperator,
        {"prompt": "x", "video_url": CLIP, "control_condition": "pose"},
        ["control_condition=pose", "posebodyface", "scribble"],
    ),
    (
        WanVideoRepaintingOperator,
        {"prompt": "x" * 801, "video_url": CLIP, "control_condition": "depth"},
        ["prompt=xxx", "801", "800"],
    ),
    (
        WanImageReferenceOperator,
        {"prompt": "x", "ref_images_url": [IMAGE] * 4, "obj_or_bg": ["obj"] * 4},
        ["ref_images_url", "4", "3"],
    ),
    (
        WanImageReferenceOperator,
        {"prompt": "x", "ref_images_url": [IMAGE] * 2},
        ["obj_or_bg"],
    ),
    (WanLocalEditOperator, {"prompt": "x", "video_url": CLIP}, ["mask_image_url", "mask_video_url"]),
    (
        WanVideoExtensionOperator,
        {"prompt": "x"},
        ["first_frame_url", "last_clip_url"],
    ),
    (
        WanVideoEditOperator,
        {"video_url": CLIP, "duration": 1},
        ["duration=1", "2", "10"],
    ),
    (WanVideoEditOperator, {"video_url": "clip.mp4"}, ["video_url=clip.mp4", "https://"]),
    (
        WanImageToVideoOperator,
        {"img_url": IMAGE, "model": "wan2.2-i2v-plus", "resolution": "720P"},
        ["resolution=720P", "480P", "1080P"],
    ),
    (WanImageToVideoOperator, {"prompt": "x"}, ["img_url", "first_frame_url"]),
    (
        WanVideoEditOperator,
        {"video_url": CLIP, "model": "wan2.7-t2v"},
        ["model=wan2.7-t2v", "goes with TextToVideo", "WanVideoSynthesisOperator"],
    ),
    (
        WanTextToVideoOperator,
        {"prompt": "x", "resolution": "720P", "model": "wan2.6-t2v"},
        ["resolution=720P", "not taken by wan2.6-t2v", "wan2.7-t2v"],
    ),
    (
        WanFramesToVideoOperator,
        {"first_frame_url": IMAGE, "template": "mech1"},
        ["template=mech1", "wan2.1-kf2v-plus"],
    ),
    (WanReferenceToVideoOperator, {"prompt": "x"}, ["reference_image_urls: is required"]),
    (Wan3VideoOperator, {"last_frame_url": IMAGE}, ["first_frame_url: is required with last_frame_url"]),
]


@pytest.mark.parametrize(("operator", "arguments", "words"), MISTAKES)
def test_literal_mistake_names_field_value_rule_and_fix(
    operator: Any, arguments: dict[str, Any], words: list[str]
) -> None:
    with pytest.raises(WanParameterError) as caught:
        operator(task_id="edit", **arguments)
    message = str(caught.value)
    assert f"{operator.__name__} 'edit'" in message
    for word in words:
        assert word in message


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(WanParameterError) as caught:
        WanVideoOutpaintingOperator(task_id="a", prompt="x", video_url="a.mp4", top_scale=3, seed=-1)
    for field in ("video_url", "top_scale", "seed"):
        assert f"\n  {field}=" in str(caught.value)


@pytest.mark.parametrize("late", ["{{ params.scale }}", "{% if x %}1{% endif %}"])
def test_template_is_not_judged_before_it_is_rendered(late: str) -> None:
    WanVideoOutpaintingOperator(
        task_id="a", prompt=late, video_url=late, top_scale=late, seed=late, duration=late
    )


def test_literal_beside_a_template_is_judged_all_the_same() -> None:
    with pytest.raises(WanParameterError, match=r"top_scale=9"):
        WanVideoOutpaintingOperator(task_id="a", prompt="x", video_url="{{ params.clip }}", top_scale=9)


def test_output_of_another_task_may_stand_for_any_field() -> None:
    from airflow.sdk import DAG

    with DAG("chain"):
        first = WanVideoRepaintingOperator(task_id="a", prompt="x", video_url=CLIP, control_condition="depth")
        second = WanImageReferenceOperator(
            task_id="b",
            prompt="x",
            ref_images_url=[first.output["video_url"], IMAGE],
            obj_or_bg=["obj", "bg"],
        )
    assert second.upstream_task_ids == {"a"}


def test_required_field_left_out_is_airflows_own_complaint() -> None:
    with pytest.raises(TypeError, match="control_condition"):
        WanVideoRepaintingOperator(task_id="a", prompt="x", video_url=CLIP)  # type: ignore[call-arg]


def test_every_field_of_a_request_is_an_argument_and_a_template_field() -> None:
    for operator in (
        WanImageReferenceOperator,
        WanVideoRepaintingOperator,
        WanLocalEditOperator,
        WanVideoExtensionOperator,
        WanVideoOutpaintingOperator,
        WanVideoEditOperator,
        WanImageToVideoOperator,
        WanTextToVideoOperator,
        WanFramesToVideoOperator,
        WanReferenceToVideoOperator,
        Wan3VideoOperator,
        WanAnimateOperator,
        WanSpeechToVideoOperator,
        WanVideoStyleOperator,
        WanVideoSynthesisOperator,
    ):
        fields = set(operator.request_class.model_fields)
        assert fields <= set(operator.template_fields), operator
        assert {"output_path", "conn_id", "model"} <= set(operator.template_fields)


def test_import_error_shows_the_message_and_sends_nothing(tmp_path: Path, airflow_db: Path) -> None:
    (tmp_path / "wrong.py").write_text(
        "from airflow.sdk import DAG\n"
        "from airflow_provider_wan.operators import WanVideoOutpaintingOperator\n"
        "with DAG('wrong'):\n"
        f"    WanVideoOutpaintingOperator(task_id='widen', prompt='x', video_url='{CLIP}', left_scale=0.5)\n"
    )
    (error,) = dag_bag(str(tmp_path)).import_errors.values()
    assert "left_scale=0.5: must be a number between 1.0 and 2.0" in error
