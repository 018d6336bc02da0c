"""What the doctor finds of unknown jobs, errors, limits by the second, and speed."""

from __future__ import annotations

from airflow_provider_wan.dashscope import Account, calls
from airflow_provider_wan.doctor.answer import Answer
from airflow_provider_wan.doctor.clocks import check_speed
from airflow_provider_wan.doctor.examine import examine
from tests.doctor.bending import Bent
from tests.doctor.conftest import ENOUGH, KEY, Examine, Start, levels, seen_by, sentence, told


def test_unknown_job_that_is_answered_otherwise_is_trouble(start: Start, bent: Examine) -> None:
    assert levels(seen_by(start().base_url, most=ENOUGH), "unknown job") == ["ok"]
    emulator = start()
    emulator.faults.order("get", "status", status=404, times=None)
    ((level, said),) = told(seen_by(emulator.base_url, most=ENOUGH), "unknown job")
    assert level == "trouble"
    assert 'answered with HTTP 404 NotFound ("Not found!"); expected: HTTP 200 with the state UNKNOWN' in said

    def lost(call: Bent) -> None:
        if call.path.startswith("/tasks/") and len(call.path) > len("/tasks/"):
            call.says({"output": {"task_status": "EXPIRED"}, "request_id": "r"})

    assert sentence(bent(lost, most=ENOUGH), "unknown job", "with HTTP 200 and the state 'EXPIRED'")


def test_headers_of_errors_are_told(bent: Examine) -> None:
    def more(call: Bent) -> None:
        if call.status == 400:
            call.headers |= {"x-request-id": "abc", "x-acs-trace": "1"}

    said = sentence(bent(more), "errors", "refused call")
    assert (
        "the body names the call's id, Date comes with it, other headers are x-acs-trace, x-request-id"
        in said
    )


def test_error_without_the_calls_id_is_noted(bent: Examine) -> None:
    def anonymous(call: Bent) -> None:
        if call.status == 400:
            call.says({"code": "InvalidParameter", "message": "Model not exist."}, 400)
            del call.headers["date"]

    report = bent(anonymous)
    assert levels(report, "errors") == ["note"]
    assert "the body does not name the call's id, Date does not come with it" in sentence(
        report, "errors", "refused"
    )


def test_429_is_obeyed_asked_once_more_and_told(start: Start) -> None:
    emulator = start()
    emulator.faults.order("policy", "status", status=429, retry_after=2, times=1)
    emulator.faults.order("policy", "status", status=429, times=2)
    waits: list[float] = []

    account = Account.of(api_key=KEY, host=emulator.base_url)
    report = examine(account, airflow="3.3.2", environment={}, timeout=5, sleep=waits.append)
    said = sentence(report, "Retry-After", "answered 429")
    assert said.startswith("3 calls of ")
    assert "with Retry-After: 2, none" in said
    assert 2.0 in waits
    assert levels(report, "Retry-After") == ["warning"]


def test_calls_that_get_no_answer_are_told_and_the_rest_goes_on(start: Start) -> None:
    emulator = start()
    for model in ("wan2.7-t2v", "wan3.0-video"):
        emulator.faults.order("policy", "drop", model=model)
    report = seen_by(emulator.base_url)
    ((level, said),) = told(report, "speed")
    assert level == "warning"
    assert "2 calls had none (RemoteProtocolError" in said
    assert "of wan2.7-t2v, wan3.0-video: no answer" in sentence(report, "models", "No sense could be had")
    assert sentence(report, "models", "30 of 32 models asked for")


def test_slow_service_is_a_warning(start: Start) -> None:

    def answers(*seconds: float) -> list[Answer]:
        return [Answer(calls.get("x"), 0.0, one, 200) for one in seconds]

    assert str(check_speed(answers(0.1, 0.2, 0.3))) == (
        "3 answers, half of them within 200 ms, the slowest (tasks) after 300 ms."
    )
    for slow in (answers(3, 3, 3), answers(0.1, 0.1, 11)):
        finding = check_speed(slow)
        assert finding is not None
        assert finding.level == "warning"
    assert check_speed([]) is None
