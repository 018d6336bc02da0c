"""Every trouble that can be ordered, as a client meets it."""

from __future__ import annotations

import time
from collections.abc import Callable
from urllib.parse import urlsplit

import httpx
import pytest

from airflow_provider_wan.emulator import RunningEmulator
from airflow_provider_wan.emulator.faults import Fault
from tests.emulator.api import EDIT, OUTPAINT, Api, error

Start = Callable[..., RunningEmulator]


def _finished(emulator: RunningEmulator, api: Api) -> str:
    job = api.job()
    emulator.clock.advance(301)
    return job


def test_connection_can_drop_after_the_job_was_accepted(emulator: RunningEmulator, api: Api) -> None:
    emulator.faults.order("submit", "drop")
    with pytest.raises(httpx.RemoteProtocolError):
        api.submit(OUTPAINT)
    assert len(emulator.tasks()) == 1
    assert emulator.requests.count("submit", 0) == 1
    assert api.submit(OUTPAINT).status_code == 200


def test_connection_can_drop_before_the_job_was_accepted(emulator: RunningEmulator, api: Api) -> None:
    emulator.faults.order("submit", "drop", accepted=False)
    with pytest.raises(httpx.RemoteProtocolError):
        api.submit(OUTPAINT)
    assert emulator.tasks() == []


@pytest.mark.parametrize("status", [500, 502, 504])
def test_gateway_error_can_hide_an_accepted_job(emulator: RunningEmulator, api: Api, status: int) -> None:
    emulator.faults.order("submit", "status", status=status)
    assert error(api.submit(OUTPAINT))[0] == status
    assert len(emulator.tasks()) == 1


def test_throttling_comes_n_times_with_or_without_retry_after(emulator: RunningEmulator, api: Api) -> None:
    emulator.faults.order("submit", "status", status=429, times=2, retry_after=7)
    answers = [api.submit(OUTPAINT) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [429, 429, 200]
    assert answers[0].headers["retry-after"] == "7"
    assert error(answers[0])[1] == "Throttling.RateQuota"
    assert len(emulator.tasks()) == 1
    emulator.faults.order("get", "status", status=429)
    assert "retry-after" not in api.http.get("/tasks/x").headers


def test_503_on_every_query_until_cleared(emulator: RunningEmulator, api: Api) -> None:
    job = api.job()
    emulator.faults.order("get", "status", status=503, times=None)
    assert [api.http.get(f"/tasks/{job}").status_code for _ in range(3)] == [503, 503, 503]
    emulator.faults.clear()
    assert api.status(job) == "RUNNING"


def test_code_and_message_of_an_error_can_be_chosen(emulator: RunningEmulator, api: Api) -> None:
    emulator.faults.order(
        "submit",
        "status",
        status=429,
        code="Throttling.AllocationQuota",
        message="Free allocated quota exceeded.",
    )
    assert error(api.submit(OUTPAINT))[1:] == (
        "Throttling.AllocationQuota",
        "Free allocated quota exceeded.",
    )


def test_html_broken_json_and_missing_output(emulator: RunningEmulator, api: Api) -> None:
    for kind in ("html", "broken_json", "no_output"):
        emulator.faults.order("get", kind)
    html, broken, empty = (api.http.get("/tasks/x") for _ in range(3))
    assert (html.status_code, html.headers["content-type"]) == (200, "text/html; charset=utf-8")
    with pytest.raises(ValueError):
        broken.json()
    assert list(empty.json()) == ["request_id"]


def test_refusal_can_come_with_status_200(emulator: RunningEmulator, api: Api) -> None:
    emulator.faults.order("submit", "business_error", code="Arrearage", message="unpaid")
    assert error(api.submit(OUTPAINT)) == (200, "Arrearage", "unpaid")
    assert emulator.tasks() == []


def test_answer_can_be_late_or_come_in_pieces(emulator: RunningEmulator, api: Api) -> None:
    for kind in ("slow", "slow_body"):
        emulator.faults.order("submit", kind, delay=0.3)
        begin = time.monotonic()
        assert api.submit(OUTPAINT).json()["output"]["task_status"] == "PENDING"
        assert time.monotonic() - begin >= 0.3


def test_hanging_answer_has_accepted_the_job_and_does_not_hold_up_the_end(start: Start) -> None:
    emulator = start()
    emulator.faults.order("submit", "slow", delay=60)
    api = Api(emulator.base_url, emulator.key)
    with pytest.raises(httpx.ReadTimeout):
        api.http.post("/services/aigc/video-generation/video-synthesis", json=OUTPAINT, timeout=0.2)
    assert len(emulator.tasks()) == 1


def test_answer_can_be_cut_in_the_middle(emulator: RunningEmulator, api: Api) -> None:
    emulator.faults.order("get", "cut")
    with pytest.raises(httpx.RemoteProtocolError):
        api.http.get("/tasks/x")


@pytest.mark.parametrize("with_times", [True, False])
def test_job_can_fail_with_any_code_and_with_or_without_times(
    emulator: RunningEmulator, api: Api, with_times: bool
) -> None:
    emulator.faults.order(
        "submit", "fail", code="InternalError.FileUpload", message="oss upload error.", with_times=with_times
    )
    output = api.output(_finished(emulator, api))
    assert (output["task_status"], output["code"]) == ("FAILED", "InternalError.FileUpload")
    assert ("submit_time" in output) is with_times
    assert emulator.ledger() == []


def test_job_can_fail_without_a_code(emulator: RunningEmulator, api: Api) -> None:
    emulator.faults.order("submit", "fail", code="", message="")
    job = _finished(emulator, api)
    assert api.output(job) == {"task_id": job, "task_status": "FAILED"}


def test_succeeded_job_can_lack_its_url(emulator: RunningEmulator, api: Api) -> None:
    job = _finished(emulator, api)
    emulator.faults.order("get", "no_video_url")
    output = api.output(job)
    assert (output["task_status"], "video_url" in output) == ("SUCCEEDED", False)
    assert "video_url" in api.output(job)


def test_running_job_can_show_as_suspended(emulator: RunningEmulator, api: Api) -> None:
    emulator.faults.order("get", "suspended")
    running = api.job()
    assert (api.status(running), api.status(running)) == ("SUSPENDED", "RUNNING")
    emulator.faults.order("get", "suspended")
    emulator.clock.advance(301)
    assert api.status(running) == "SUCCEEDED"
    with pytest.raises(ValueError, match="only possible with where=detect"):
        emulator.faults.order("get", "not_passed")


def test_result_can_move_to_another_host_or_redirect(emulator: RunningEmulator, api: Api) -> None:
    job = _finished(emulator, api)
    emulator.faults.order("get", "other_host")
    emulator.faults.order("get", "redirect")
    other, moved = (api.output(job)["video_url"] for _ in range(2))
    assert urlsplit(other).hostname == "localhost"
    assert httpx.get(moved).status_code == 302
    assert httpx.get(moved, follow_redirects=True).content == httpx.get(other).content


def test_result_can_be_cut_short_wrong_or_refused(emulator: RunningEmulator, api: Api) -> None:
    url = api.output(_finished(emulator, api))["video_url"]
    whole = httpx.get(url).content
    emulator.faults.order("result", "cut")
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(url)
    emulator.faults.order("result", "short_file")
    short = httpx.get(url)
    assert short.content == whole[: len(whole) // 2]
    assert int(short.headers["content-length"]) == len(short.content)
    emulator.faults.order("result", "not_mp4")
    assert httpx.get(url).text == "This is not a video."
    emulator.faults.order("result", "status", status=403)
    refused = httpx.get(url)
    assert (refused.status_code, "<Code>AccessDenied</Code>" in refused.text) == (403, True)
    assert httpx.get(url).content == whole


def test_list_cancel_policy_and_upload_can_fail_too(emulator: RunningEmulator, api: Api) -> None:
    for where in ("list", "cancel", "policy", "upload"):
        emulator.faults.order(where, "status", status=500)
    statuses = [
        api.http.get("/tasks").status_code,
        api.cancel("x").status_code,
        api.http.get("/uploads").status_code,
        httpx.post(f"{emulator.origin}/temporary-storage").status_code,
    ]
    assert statuses == [500, 500, 500, 500]


def test_fault_waits_for_its_model_and_its_job(emulator: RunningEmulator, api: Api) -> None:
    emulator.faults.order("submit", "status", status=500, accepted=False, model="wan2.7-videoedit")
    first, second = api.job(), api.job()
    assert api.submit(EDIT).status_code == 500
    emulator.faults.order("get", "status", status=500, task_id=second)
    assert api.http.get(f"/tasks/{first}").status_code == 200
    assert api.http.get(f"/tasks/{second}").status_code == 500


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ({"where": "get"}, "`where` and `kind`"),
        ({"where": "nowhere", "kind": "drop"}, "nowhere"),
        ({"where": "get", "kind": "drop", "chance": 1}, "chance"),
        ({"where": "get", "kind": "fail"}, "where=submit"),
        ({"where": "result", "kind": "no_output"}, "JSON"),
        ({"where": "get", "kind": "status"}, "needs a status"),
    ],
)
def test_impossible_order_says_what_is_wrong(order: dict[str, object], names: str) -> None:
    with pytest.raises(ValueError, match=names):
        Fault.parse(order)
