"""One edit from its submission to its result, against the emulator, as Airflow would drive it."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException, TaskDeferred

from airflow_provider_wan.dashscope.errors import UnavailableError
from airflow_provider_wan.operators import (
    WanVideoEditOperator,
    WanVideoOutpaintingOperator,
    WanVideoRepaintingOperator,
    WanVideoSynthesisOperator,
)
from airflow_provider_wan.triggers import WanTaskTrigger
from tests.conftest import KEY, FakeTaskInstance, context, first_event, run_operator

if TYPE_CHECKING:
    from airflow_provider_wan.emulator import RunningEmulator

CLIP = "https://example.com/clip.mp4"

pytestmark = pytest.mark.usefixtures("connection")


def outpaint(**arguments: Any) -> WanVideoOutpaintingOperator:
    common: dict[str, Any] = {
        "task_id": "widen",
        "prompt": "A wider stage",
        "video_url": CLIP,
        "left_scale": 1.5,
    }
    return WanVideoOutpaintingOperator(**common | arguments)


@pytest.mark.parametrize("deferrable", [True, False])
def test_result_holds_what_the_contract_promises_as_plain_json(
    service: RunningEmulator, tmp_path: Path, deferrable: bool
) -> None:
    ti = FakeTaskInstance()
    result = run_operator(outpaint(output_path=f"file://{tmp_path}/", deferrable=deferrable), ti)

    assert json.loads(json.dumps(result)) == result
    assert list(result) == [
        *("task_id", "request_id", "model", "function", "region", "status", "video_url", "expires_at"),
        *("output_path", "usage", "billed_seconds", "cost", "submitted_at", "started_at", "finished_at"),
        *("orig_prompt", "actual_prompt"),
    ]
    submitted = service.submits()[-1]
    assert result["request_id"]
    assert (result["status"], result["function"]) == ("SUCCEEDED", "video_outpainting")
    assert (result["model"], result["region"]) == ("wan2.1-vace-plus", "ap-southeast-1")
    assert result["orig_prompt"] == submitted.body["input"]["prompt"]
    assert result["billed_seconds"] == 5.0
    assert result["cost"] == {"amount": "3.66962", "currency": "CNY"}
    moments = [datetime.fromisoformat(result[name]) for name in ("submitted_at", "started_at", "finished_at")]
    assert moments == sorted(moments)
    assert all(moment.tzinfo for moment in moments)
    life = datetime.fromisoformat(result["expires_at"]) - moments[2]
    assert abs(life - timedelta(hours=24)) < timedelta(minutes=2)

    landed = Path(result["output_path"].removeprefix("file://"))
    assert landed == tmp_path / f"{result['task_id']}.mp4"
    assert landed.read_bytes()[4:8] == b"ftyp"
    assert list(tmp_path.iterdir()) == [landed]
    assert ti.xcoms["wan_task_id"] == result["task_id"]


def test_one_edit_is_submitted_and_paid_once(service: RunningEmulator) -> None:
    before = service.requests.count("submit")
    result = run_operator(outpaint())
    assert service.requests.count("submit") == before + 1
    assert [charge.task_id for charge in service.ledger()].count(result["task_id"]) == 1


def test_model_is_spelled_as_the_connections_region_does(
    service: RunningEmulator, connection: Callable[..., None]
) -> None:
    from tests.conftest import KEY_BEIJING

    connection("dashscope_beijing", region="cn-beijing", password=KEY_BEIJING)
    result = run_operator(outpaint(conn_id="dashscope_beijing"))
    assert (result["model"], result["region"]) == ("wanx2.1-vace-plus", "cn-beijing")
    assert result["cost"] == {"amount": "3.50", "currency": "CNY"}


def test_result_of_one_edit_is_the_input_of_the_next(service: RunningEmulator) -> None:
    first = run_operator(
        WanVideoRepaintingOperator(task_id="a", prompt="Clay", video_url=CLIP, control_condition="depth")
    )
    second = run_operator(outpaint(video_url=first["video_url"]))
    assert service.submits()[-1].body["input"]["video_url"] == first["video_url"]
    assert second["task_id"] != first["task_id"]


def test_rendered_strings_are_taken_for_numbers_flags_and_lists(service: RunningEmulator) -> None:
    run_operator(outpaint(left_scale="1.25", seed="7", prompt_extend="False", duration="5"))
    assert service.submits()[-1].body["parameters"] == {
        "left_scale": 1.25,
        "seed": 7,
        "prompt_extend": False,
        "duration": 5,
    }


def test_any_other_model_is_sent_as_it_is(service: RunningEmulator) -> None:
    result = run_operator(
        WanVideoSynthesisOperator(
            task_id="any",
            model="wan2.7-t2v",
            input={"prompt": "A fox"},
            parameters={"resolution": "720P", "duration": 4},
        )
    )
    assert service.submits()[-1].body == {
        "model": "wan2.7-t2v",
        "input": {"prompt": "A fox"},
        "parameters": {"resolution": "720P", "duration": 4},
    }
    assert result["billed_seconds"] == 4
    assert result["cost"] == {"amount": "2.935696", "currency": "CNY"}


def test_event_and_trigger_hold_ids_and_a_status_and_no_address_prompt_or_key(
    service: RunningEmulator,
) -> None:
    with pytest.raises(TaskDeferred) as deferred:
        outpaint(prompt="A secret plan").execute(context())
    trigger = deferred.value.trigger
    event = asyncio.run(first_event(trigger))
    assert event["status"] == "SUCCEEDED"
    for stored in (json.dumps(trigger.serialize()), json.dumps(event)):
        for secret in ("http", "Signature", KEY, "secret plan"):
            assert secret not in stored


def test_triggerer_naming_the_airflow_task_does_not_change_which_job_is_watched() -> None:
    trigger = WanTaskTrigger(task_id="0385dc79", deadline=1.0)
    trigger.task_id = "widen"  # as the triggerer does
    assert trigger.serialize()[1]["task_id"] == "0385dc79"


def test_trigger_of_a_newer_version_can_be_made_by_an_older_one() -> None:
    WanTaskTrigger(task_id="0385dc79", deadline=1.0, something_new=1)


@pytest.mark.parametrize("deferrable", [True, False])
def test_status_faults_do_not_end_the_wait(service: RunningEmulator, deferrable: bool) -> None:
    service.faults.order("get", "status", status=503)
    service.faults.order("get", "html", status=502)
    service.faults.order("get", "drop")
    submitted = service.requests.count("submit")
    # Waiting for job after job is what many DAGs do, so the pauses after faults may not be long.
    result = run_operator(outpaint(deferrable=deferrable))
    assert result["status"] == "SUCCEEDED"
    assert service.requests.count("submit") == submitted + 1


def test_failed_job_tells_code_message_and_id(service: RunningEmulator) -> None:
    service.faults.order("submit", "fail", code="InternalError.Algo", message="Something broke")
    with pytest.raises(UnavailableError) as caught:
        run_operator(outpaint())
    message = str(caught.value)
    for part in (
        "InternalError.Algo",
        "Something broke",
        "request_id",
        "A retry submits a new job",
        "billed",
    ):
        assert part in message


def test_rejected_content_fails_without_a_retry(service: RunningEmulator) -> None:
    with pytest.raises(AirflowFailException, match=r"DataInspectionFailed.*not retried"):
        run_operator(outpaint(prompt="[reject-output] A scene"))


def test_wait_ends_at_its_deadline_and_a_queued_job_is_cancelled(
    service: RunningEmulator, connection: Callable[..., None]
) -> None:
    from airflow_provider_wan.emulator import EmulatorSettings, running

    with running(EmulatorSettings(render=False, running_slots=0)) as stuck:
        connection("dashscope_stuck", password=stuck.key, host=stuck.base_url)
        with pytest.raises(
            AirflowFailException, match=r"still queued after .* has been cancelled.*isn't billed"
        ):
            run_operator(outpaint(conn_id="dashscope_stuck", timeout=3))
        assert [task["status"] for task in stuck.tasks()] == ["CANCELED"]


def test_execution_timeout_shortens_the_deadline() -> None:
    operator = outpaint(execution_timeout=timedelta(minutes=10), timeout=timedelta(hours=2))
    with pytest.raises(TaskDeferred) as deferred:
        operator.execute(context())
    facts = deferred.value.trigger.facts
    assert facts["deadline"] - facts["submitted_at"] == pytest.approx(600)


def test_log_tells_the_story_without_a_signature(
    service: RunningEmulator,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with caplog.at_level(logging.DEBUG):
        run_operator(outpaint(output_path=f"file://{tmp_path}/a.mp4", deferrable=False))
    ours = capsys.readouterr().out  # Airflow's loggers print; those of libraries go through `logging`
    story = ["Submitted job", "is SUCCEEDED after", "Landed job", "5.0 s billed, 3.66962 CNY"]
    assert [line for line in story if line in ours] == story
    theirs = "".join(
        record.getMessage() for record in caplog.records if not record.name.startswith("uvicorn")
    )  # uvicorn is the emulator's
    for secret in (KEY, "Signature="):
        assert secret not in ours + theirs


def test_videoedit_sends_its_media_array(service: RunningEmulator) -> None:
    run_operator(
        WanVideoEditOperator(
            task_id="clay",
            video_url=CLIP,
            prompt="Claymation",
            reference_image_urls=["https://example.com/look.png"],
            resolution="720P",
        )
    )
    assert service.submits()[-1].body["input"]["media"] == [
        {"type": "video", "url": CLIP},
        {"type": "reference_image", "url": "https://example.com/look.png"},
    ]


def test_time_of_submission_is_now(service: RunningEmulator) -> None:
    with pytest.raises(TaskDeferred) as deferred:
        outpaint().execute(context())
    submitted = datetime.fromtimestamp(deferred.value.trigger.facts["submitted_at"], UTC)
    assert abs(datetime.now(UTC) - submitted) < timedelta(seconds=10)
