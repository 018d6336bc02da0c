"""Who is let in, and in which order that is decided."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from airflow_provider_wan.emulator import RegionSettings, RunningEmulator
from tests.emulator.api import EDIT, IMAGE, IMAGE_TO_VIDEO, OUTPAINT, VIDEO_GENERATION, Api, error

Start = Callable[..., RunningEmulator]
NO_MODEL = (400, "InvalidParameter", "Model not exist.")
URL_ERROR = (400, "InvalidParameter", "url error, please check url！")  # noqa: RUF001


def test_accepted_job_is_answered_with_pending_and_two_ids(api: Api) -> None:
    answer = api.submit(OUTPAINT)
    assert answer.status_code == 200
    body = answer.json()
    assert body == {
        "output": {"task_status": "PENDING", "task_id": body["output"]["task_id"]},
        "request_id": body["request_id"],
    }
    assert body["request_id"] != body["output"]["task_id"]


@pytest.mark.parametrize(
    ("authorization", "message"),
    [
        (None, "No API-key provided."),
        ("sk-emulator", "No API-key provided."),
        ("Bearer sk-wrong", "Invalid API-key provided."),
    ],
)
def test_missing_and_wrong_keys_are_told_apart(
    emulator: RunningEmulator, authorization: str | None, message: str
) -> None:
    headers = {"Authorization": authorization} if authorization else {}
    answer = httpx.get(f"{emulator.base_url}/tasks/1", headers=headers)
    assert error(answer) == (401, "InvalidApiKey", message)


def test_each_check_comes_before_the_next_one(start: Start) -> None:
    emulator = start(overdue_accounts=frozenset({"poor"}), regions=(_region("sk-1", "emulator"),))
    url = f"{emulator.base_url}{VIDEO_GENERATION}"
    key = {"Authorization": "Bearer sk-1"}
    ready = {**key, "X-DashScope-Async": "enable"}

    def post(headers: dict[str, str], body: Any) -> tuple[int, str, str]:
        return error(httpx.post(url, headers=headers, json=body))

    assert post({}, "nonsense")[0] == 401
    assert post(key, "nonsense") == (
        403,
        "AccessDenied",
        "current user api does not support synchronous calls.",
    )
    assert post(ready, "nonsense")[1:] == (
        "InvalidParameter",
        "Required body invalid, please check the request body format.",
    )
    assert post(ready, {"input": {}})[1] == "BadRequest.EmptyModel"
    assert post(ready, {"model": "wan9"})[1] == "BadRequest.EmptyInput"
    assert post(ready, {"model": "wan9", "input": {"prompt": "x"}}) == NO_MODEL
    assert post(ready, {"model": "wan2.2-animate-move", "input": {"prompt": "x"}}) == URL_ERROR
    assert (
        post(ready, {"model": "wan2.1-vace-plus", "input": {"prompt": "x"}})[2] == "Field required: function"
    )


def test_overdue_account_is_told_before_limits_and_parameters(start: Start) -> None:
    emulator = start(overdue_accounts=frozenset({"emulator"}), submit_rps=0)
    assert error(Api(emulator.base_url, emulator.key).submit(OUTPAINT))[:2] == (400, "Arrearage")


def test_limits_come_before_parameters_unless_switched(start: Start) -> None:
    wrong = {"model": "wan2.1-vace-plus", "input": {"prompt": "x"}}
    usual = start(submit_rps=0)
    assert error(Api(usual.base_url, usual.key).submit(wrong))[0] == 429
    switched = start(submit_rps=0, parameters_before_throttle=True)
    assert error(Api(switched.base_url, switched.key).submit(wrong))[0] == 400


def test_async_header_can_be_checked_before_the_key(start: Start) -> None:
    emulator = start(async_header_first=True)
    assert error(httpx.post(f"{emulator.base_url}{VIDEO_GENERATION}", json=OUTPAINT))[0] == 403


def test_key_and_spelling_belong_to_their_region(start: Start) -> None:
    emulator = start(regions=(_region("sk-sg", "acme"), RegionSettings("cn-beijing", keys={"sk-bj": "acme"})))
    singapore, beijing = emulator.base_urls["ap-southeast-1"], emulator.base_urls["cn-beijing"]
    assert error(Api(singapore, "sk-bj").submit(OUTPAINT))[:2] == (401, "InvalidApiKey")
    assert error(Api(beijing, "sk-bj").submit(OUTPAINT)) == NO_MODEL
    assert Api(beijing, "sk-bj").submit({**OUTPAINT, "model": "wanx2.1-vace-plus"}).status_code == 200
    assert Api(singapore, "sk-sg").submit(OUTPAINT).status_code == 200
    assert [charge["region"] for charge in emulator.tasks()] == ["ap-southeast-1", "cn-beijing"]


def test_a_job_is_not_visible_in_another_region(start: Start) -> None:
    emulator = start(regions=(_region("sk-1", "acme"), RegionSettings("cn-beijing", keys={"sk-1": "acme"})))
    task_id = Api(emulator.base_urls["ap-southeast-1"], "sk-1").job()
    assert Api(emulator.base_urls["cn-beijing"], "sk-1").status(task_id) == "UNKNOWN"


def test_switches_for_unknown_models(start: Start) -> None:
    emulator = start(unknown_model=404)
    answer = Api(emulator.base_url, emulator.key).submit({**OUTPAINT, "model": "wan9"})
    assert error(answer)[:2] == (404, "ModelNotFound")
    lenient = start(lenient_spelling=True)
    body = {**OUTPAINT, "model": "wanx2.1-vace-plus"}
    assert Api(lenient.base_url, lenient.key).submit(body).status_code == 200


def test_dated_snapshot_is_a_model_of_its_region(api: Api) -> None:
    body = {"model": "wan2.7-i2v-2026-04-25", "input": {"media": [{"type": "first_frame", "url": IMAGE}]}}
    assert api.submit(body).status_code == 200


def test_image2video_models_have_their_own_path(api: Api) -> None:
    body = {"model": "wan2.1-kf2v-plus", "input": {"first_frame_url": IMAGE}}
    assert error(api.submit(body)) == URL_ERROR
    assert api.submit(body, f"{IMAGE_TO_VIDEO}/").status_code == 200
    assert error(api.submit(EDIT, "/services/aigc/text2video/video-synthesis")) == URL_ERROR


def test_unknown_workspace_is_refused_where_some_exist(start: Start) -> None:
    emulator = start(workspaces=frozenset({"llm-1"}))
    api = Api(emulator.base_url, emulator.key)
    assert error(api.submit(OUTPAINT, **{"X-DashScope-WorkSpace": "llm-2"}))[:2] == (401, "NOT AUTHORIZED")
    assert api.submit(OUTPAINT, **{"X-DashScope-WorkSpace": "llm-1"}).status_code == 200


def test_temporary_key_works_until_it_ends(emulator: RunningEmulator, api: Api) -> None:
    token = api.http.post("/tokens", params={"expire_in_seconds": 60}).json()["token"]
    temporary = Api(emulator.base_url, token)
    assert temporary.list()["total"] == 0
    emulator.clock.advance(61)
    assert error(temporary.http.get("/tasks"))[0] == 401
    assert error(api.http.post("/tokens", params={"expire_in_seconds": 1801}))[0] == 400


def test_other_paths_and_methods_have_the_services_errors(api: Api) -> None:
    assert error(api.http.get("/nothing"))[:2] == (404, "NotFound")
    assert error(api.http.get(VIDEO_GENERATION)) == (
        400,
        "InvalidParameter",
        "Request method 'GET' is not supported.",
    )


def test_model_list_and_limits_show_what_the_region_offers_in_pages(api: Api) -> None:
    first = api.http.get("/models").json()["output"]
    assert (first["page_no"], first["page_size"], len(first["models"])) == (1, 20, 20)
    rest = api.http.get("/models", params={"page_no": 2, "page_size": 20}).json()["output"]["models"]
    models = [row["model"] for row in (*first["models"], *rest)]
    assert len(set(models)) == len(models) == first["total"]
    assert "wan2.1-vace-plus" in models
    assert "wanx2.1-vace-plus" not in models
    exact = api.http.get("/models", params={"model": "wan2.7-t2v"}).json()["output"]["models"]
    assert [row["model"] for row in exact] == ["wan2.7-t2v"]
    assert error(api.http.get("/models", params={"page_no": 0}))[:2] == (400, "InvalidParameter")
    rows = api.http.get("/models/limits/", params={"name": "vace"}).json()["output"]["quotas"]
    assert [row["model"] for row in rows] == ["wan2.1-vace-plus"]
    limit = rows[0]["model_limit"]
    assert (limit["async_user_concurrency_limit"], limit["async_user_queue_limit"]) == (2, 500)
    assert (limit["request_limit"], limit["request_limit_period"]) == (2, 1)


def test_a_host_may_serve_neither_the_list_of_models_nor_limits(start: Start) -> None:
    emulator = start(model_lists=False)
    api = Api(emulator.base_url, emulator.key)
    assert error(api.http.get("/models"))[:2] == (404, "NotFound")
    assert error(api.http.get("/models/limits"))[:2] == (404, "NotFound")


def _region(key: str, account: str) -> RegionSettings:
    return RegionSettings("ap-southeast-1", keys={key: account})
