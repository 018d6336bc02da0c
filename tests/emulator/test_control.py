"""The control routes, for programs that can't reach inside."""

from __future__ import annotations

import httpx

from airflow_provider_wan.emulator import RunningEmulator
from tests.emulator.api import OUTPAINT, VACE, Api


def test_ledger_requests_and_tasks_tell_what_happened(emulator: RunningEmulator, api: Api) -> None:
    job = api.job()
    emulator.clock.advance(301)
    control = f"{emulator.origin}/emulator"
    ledger = httpx.get(f"{control}/ledger").json()
    assert (ledger["paid_tasks"], ledger["billed_seconds"], ledger["cost"]) == (1, 5, "3.669620")
    assert ledger["charges"][0]["task_id"] == job
    requests = httpx.get(f"{control}/requests").json()
    assert (requests["posts"], requests["endpoints"]) == (1, {"submit": {"200": 1}})
    assert requests["submits"][0]["body"] == OUTPAINT
    assert "authorization" not in requests["submits"][0]["headers"]
    (task,) = httpx.get(f"{control}/tasks").json()["tasks"]
    assert (task["task_id"], task["status"], task["model"]) == (job, "SUCCEEDED", VACE)
    httpx.delete(f"{control}/requests")
    assert httpx.get(f"{control}/requests").json()["posts"] == 0


def test_faults_clock_and_states_can_be_set(emulator: RunningEmulator, api: Api) -> None:
    control = f"{emulator.origin}/emulator"
    job = api.job()
    order = {"where": "get", "kind": "status", "status": 500}
    assert httpx.post(f"{control}/faults", json=order).status_code == 201
    assert len(httpx.get(f"{control}/faults").json()["faults"]) == 1
    httpx.delete(f"{control}/faults")
    assert api.status(job) == "RUNNING"
    before = httpx.get(f"{control}/clock").json()["now"]
    assert httpx.post(f"{control}/clock", json={"advance": 100}).json()["now"] >= before + 100
    forced = httpx.post(f"{control}/tasks/{job}", json={"status": "FAILED", "code": "X"})
    assert forced.json() == {"task_id": job, "status": "FAILED"}
    assert api.output(job)["code"] == "X"


def test_mistakes_are_answered_with_what_is_wrong(emulator: RunningEmulator, api: Api) -> None:
    control = f"{emulator.origin}/emulator"
    for path, body in (
        ("faults", {"where": "get", "kind": "nonsense"}),
        ("faults", {}),
        ("clock", {"advance": -1}),
        ("clock", {}),
        ("clock", {"advance": "nan"}),
        ("clock", {"advance": 1e300}),
        (f"tasks/{api.job()}", {"status": "DONE"}),
        (f"tasks/{api.job()}", {"status": "CANCELED"}),
    ):
        answer = httpx.post(f"{control}/{path}", json=body)
        assert (answer.status_code, bool(answer.json()["error"])) == (400, True), path
    assert httpx.post(f"{control}/tasks/none", json={"status": "FAILED"}).status_code == 404


def test_text_that_is_half_a_letter_or_too_deep_is_an_answer_and_no_failure(
    emulator: RunningEmulator, api: Api
) -> None:
    control = f"{emulator.origin}/emulator"
    deep = b'{"model": ' + b"[" * 100_000
    half = b'{"model": "\\ud800", "input": {"prompt": "\\udfff"}}'
    for body in (deep, half):
        headers = {"Authorization": f"Bearer {emulator.key}", "X-DashScope-Async": "enable"}
        path = "/services/aigc/video-generation/video-synthesis"
        assert httpx.post(emulator.base_url + path, content=body, headers=headers).status_code == 400
        assert httpx.post(f"{control}/faults", content=body).status_code == 400
    assert len(httpx.get(f"{control}/requests").json()["submits"]) == 2


def test_number_of_thousands_of_digits_is_refused(emulator: RunningEmulator) -> None:
    headers = {"Authorization": f"Bearer {emulator.key}"}
    for path in ("/tasks?page_no=", "/models?page_no="):
        answer = httpx.get(f"{emulator.base_url}{path}{'9' * 5000}", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "InvalidParameter")
    answer = httpx.post(f"{emulator.base_url}/tokens?expire_in_seconds={'9' * 5000}", headers=headers)
    assert answer.status_code == 400
