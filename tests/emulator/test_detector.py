"""The detector of speech-to-video: it answers at once, and each answer is billed."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from airflow_provider_wan.dashscope import Account, DashScopeClient
from airflow_provider_wan.emulator import RegionSettings, RunningEmulator
from tests.emulator.api import IMAGE, Api, error

Start = Callable[..., RunningEmulator]
PATH = "/services/aigc/image2video/face-detect"
DETECTOR = "wan2.2-s2v-detect"


@pytest.fixture
def beijing(start: Start) -> Callable[..., tuple[RunningEmulator, Api]]:
    def begin(**settings: Any) -> tuple[RunningEmulator, Api]:
        emulator = start(regions=(RegionSettings("cn-beijing"),), **settings)
        api = Api(emulator.base_url, emulator.key)
        del api.http.headers["X-DashScope-Async"]
        return emulator, api

    return begin


Begin = Callable[..., tuple[RunningEmulator, Api]]


def ask(api: Api, url: str = IMAGE, model: str = DETECTOR, **headers: str) -> httpx.Response:
    return api.submit({"model": model, "input": {"image_url": url}}, PATH, **headers)


def test_image_that_is_passed_is_answered_and_billed_without_a_job(beijing: Begin) -> None:
    emulator, api = beijing()
    answer = ask(api).json()
    assert answer.pop("request_id")
    assert answer == {"output": {"check_pass": True, "humanoid": True}, "usage": {"image_count": 1}}
    (charge,) = emulator.ledger()
    assert (charge.task_id, charge.model, charge.tier, charge.seconds) == ("", DETECTOR, "image", 0)
    assert charge.cost == Decimal("0.004")
    assert (emulator.tasks(), emulator.submits()) == ([], [])
    ledger = httpx.get(f"{emulator.origin}/emulator/ledger").json()
    assert (ledger["paid_tasks"], ledger["cost"]) == (0, "0.004")
    requests = httpx.get(f"{emulator.origin}/emulator/requests").json()
    assert (requests["posts"], requests["endpoints"]) == (0, {"detect": {"200": 1}})
    assert requests["detections"][0]["body"]["input"] == {"image_url": IMAGE}


def test_image_that_is_not_passed_is_a_success_with_empty_words_and_billed_too(beijing: Begin) -> None:
    emulator, api = beijing()
    emulator.faults.order("detect", "not_passed")
    answer = ask(api)
    assert answer.status_code == 200
    assert answer.json()["output"] == {"check_pass": False, "code": "", "message": ""}
    assert answer.json()["usage"] == {"image_count": 1}
    assert len(emulator.ledger()) == 1
    assert ask(api).json()["output"]["check_pass"] is True


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"X-DashScope-Async": "enable"}, (403, "AccessDenied", "Current user api does not support")),
        ({"url": ""}, (400, "InvalidParameter", "Field required: image_url")),
        ({"url": "data:image/png;base64,AAAA"}, (400, "InvalidURL", "Required URL is missing or invalid")),
        ({"url": "oss://dashscope-instant/a/b.png"}, (400, "InvalidParameter.DataInspection", "The media")),
        ({"model": "wan9-detect"}, (400, "InvalidParameter", "Model not exist.")),
        ({"model": "wan2.2-s2v"}, (400, "InvalidParameter", "url error")),
        ({"Authorization": "Bearer sk-wrong"}, (401, "InvalidApiKey", "Invalid API-key provided.")),
    ],
)
def test_refused_question_is_not_billed(
    beijing: Begin, change: dict[str, Any], refusal: tuple[int, str, str]
) -> None:
    emulator, api = beijing()
    status, code, message = error(ask(api, **change))
    assert (status, code) == refusal[:2]
    assert message.startswith(refusal[2])
    assert emulator.ledger() == []


def test_singapore_has_no_detector(start: Start) -> None:
    emulator = start()
    assert (
        error(ask(Api(emulator.base_url, emulator.key), **{"X-DashScope-Async": ""}))[2] == "Model not exist."
    )


def test_overdue_account_and_too_many_questions_are_refused(beijing: Begin) -> None:
    _, poor = beijing(overdue_accounts=frozenset({"emulator"}))
    assert error(ask(poor))[1] == "Arrearage"
    _, api = beijing(speed=0.001)  # so that five questions come within one second of the service's
    answers = [ask(api) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]


def test_image_is_fetched_where_inputs_are(beijing: Begin, tmp_path: Path) -> None:
    (tmp_path / "face.png").write_bytes(b"a face")
    emulator, api = beijing(fetch_inputs=True, media_root=tmp_path)
    assert ask(api, emulator.media_url("face.png")).status_code == 200
    (proof,) = emulator.inputs()
    assert (proof.task_id, proof.model, proof.role, proof.size) == (None, DETECTOR, "image_url", 6)
    assert error(ask(api, emulator.media_url("none.png")))[1] == "InvalidParameter.DataInspection"
    assert len(emulator.ledger()) == 1


def test_upload_is_bound_to_the_detector_too(beijing: Begin, tmp_path: Path) -> None:
    emulator, api = beijing()
    resolve = {"X-DashScope-OssResourceResolve": "enable"}
    (tmp_path / "face.png").write_bytes(b"a face")
    urls = []
    with DashScopeClient(
        Account.of(api_key=emulator.key, host=emulator.base_url, region="cn-beijing")
    ) as client:
        for model in (DETECTOR, "wan2.2-s2v"):
            with (tmp_path / "face.png").open("rb") as file:
                urls.append(client.upload(file, model=model, suffix=".png"))
    assert ask(api, urls[0], **resolve).status_code == 200
    assert "authorization" in error(ask(api, urls[1], **resolve))[2]
