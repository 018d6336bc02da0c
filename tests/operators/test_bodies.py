"""What the operators post equals what the vendor's guides show, nothing more and nothing less."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_wan import operators
from tests.conftest import run_operator

if TYPE_CHECKING:
    from airflow_provider_wan.emulator import RunningEmulator

SAMPLES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "dashscope" / "request_samples.json").read_text()
)["samples"]

OPERATORS: dict[str, Any] = {
    "image_reference": operators.WanImageReferenceOperator,
    "video_repainting": operators.WanVideoRepaintingOperator,
    "video_edit": operators.WanLocalEditOperator,
    "video_extension": operators.WanVideoExtensionOperator,
    "video_outpainting": operators.WanVideoOutpaintingOperator,
    "wan2.7-videoedit": operators.WanVideoEditOperator,
    "wan2.6-i2v-flash": operators.WanImageToVideoOperator,
}


def as_an_author_writes_it(body: dict[str, Any]) -> dict[str, Any]:
    """The documented body as an operator's arguments: the service's own names, `media` spelled out."""
    given = {**body["input"], **body["parameters"]}
    given.pop("function", None)
    for item in given.pop("media", []):
        assert item["type"] == "video"
        given["video_url"] = item["url"]
    return given


@pytest.mark.usefixtures("connection")
@pytest.mark.parametrize("sample", SAMPLES, ids=[sample["source"] for sample in SAMPLES])
def test_posted_body_equals_the_documented_one(service: RunningEmulator, sample: dict[str, Any]) -> None:
    body = sample["body"]
    operator = OPERATORS[body["input"].get("function", body["model"])]
    result = run_operator(operator(task_id="edit", **as_an_author_writes_it(body)))
    submit = service.submits()[-1]
    assert submit.body == body
    assert submit.path == "/services/aigc/video-generation/video-synthesis"
    assert submit.headers["x-dashscope-async"] == "enable"
    assert "x-dashscope-ossresourceresolve" not in submit.headers
    assert result["status"] == "SUCCEEDED"


def test_every_documented_sample_is_there() -> None:
    assert len(SAMPLES) == len(OPERATORS) == 7


@pytest.mark.usefixtures("connection")
def test_temporary_address_asks_the_service_to_resolve_it(service: RunningEmulator) -> None:
    from airflow_provider_wan.hooks import DashScopeHook

    client = DashScopeHook().get_conn()
    url = client.upload(io.BytesIO(b"not looked at here"), model="wan2.1-vace-plus", suffix=".mp4")
    run_operator(operators.WanVideoOutpaintingOperator(task_id="edit", prompt="x", video_url=url))
    assert service.submits()[-1].headers["x-dashscope-ossresourceresolve"] == "enable"
