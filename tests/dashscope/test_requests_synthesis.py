from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_wan.dashscope.requests import VideoSynthesis
from tests.dashscope.arguments import accepted, refused


def test_anything_is_passed_on_as_it_is() -> None:
    body: dict[str, Any] = {
        "model": "wan4-x",
        "input": {"a": None, "b": [1, {"c": "s3://x"}]},
        "parameters": {"d": 0},
    }
    request = VideoSynthesis(**body)
    assert request.body("eu-central-1") == body


@pytest.mark.parametrize("parameters", [None, {}])
def test_empty_parameters_are_not_sent(parameters: Any) -> None:
    assert "parameters" not in accepted(VideoSynthesis, parameters=parameters)


@pytest.mark.parametrize(
    ("model", "path"),
    [
        ("wanx2.1-kf2v-plus", "/services/aigc/image2video/video-synthesis"),
        ("wan2.2-animate-mix", "/services/aigc/image2video/video-synthesis"),
        ("wan2.2-s2v", "/services/aigc/image2video/video-synthesis"),
        ("wan3.0-video", "/services/aigc/video-generation/video-synthesis"),
        ("wan4-anything", "/services/aigc/video-generation/video-synthesis"),
    ],
)
def test_path_is_the_models_own(model: str, path: str) -> None:
    assert VideoSynthesis(model=model, input={"a": 1}).path() == path


def test_name_is_sent_as_written_whatever_the_region() -> None:
    request = VideoSynthesis(model="wanx2.1-kf2v-plus", input={"a": 1})
    assert request.model_for("ap-southeast-1") == "wanx2.1-kf2v-plus"


def test_rendered_json_is_read() -> None:
    assert accepted(VideoSynthesis, input='{"prompt": "A cat"}')["input"] == {"prompt": "A cat"}


@pytest.mark.parametrize("value", ["{'a': 1}", [1], "text", {"a": float("nan")}, {"a": object()}, None])
def test_input_must_be_a_json_object(value: Any) -> None:
    assert refused(VideoSynthesis, input=value).startswith("input")


def test_model_is_required() -> None:
    assert refused(VideoSynthesis, model=None) == "model: is required. Give `model`."


def test_model_that_makes_no_job_is_refused() -> None:
    assert "makes no job" in refused(VideoSynthesis, model="wan2.2-s2v-detect")


def test_request_does_not_follow_changes_of_what_it_was_made_from() -> None:
    given = {"media": [{"url": "a"}]}
    request = VideoSynthesis(model="wan3.0-video", input=given)
    given["media"].clear()
    request.body("cn-beijing")["input"]["media"].clear()
    assert request.body("cn-beijing")["input"] == {"media": [{"url": "a"}]}
