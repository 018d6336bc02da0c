"""Many edits in one task: the promises hold for each of them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException
from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance
from airflow.sdk.execution_time.xcom import XCom

from airflow_provider_wan import storage
from airflow_provider_wan.dashscope import ImageReference, VideoOutpainting, VideoRepainting
from airflow_provider_wan.dashscope.client import DashScopeClient
from airflow_provider_wan.jobs import JOB_KEY
from airflow_provider_wan.ledger import Ledger
from airflow_provider_wan.operators import WanBatchEditOperator, WanParameterError
from airflow_provider_wan.operators.batch_policy import BatchFailedError
from tests.conftest import first_event
from tests.operators.batches import BatchCase, TaskInstance, batched, widen
from tests.operators.cases import CLIP, KEY_OF_CASE, Case, Died, kill_pestered, wait_until


@pytest.fixture
def batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[BatchCase]:
    with batched(tmp_path, monkeypatch) as case:
        yield case


def die_at(monkeypatch: pytest.MonkeyPatch, where: Any, name: str, *, call: int, after: bool = False) -> None:
    """Let the process end when a function is called for the so-manieth time, or right after."""
    original, calls = getattr(where, name), iter(range(1, 1000))

    def dying(*arguments: Any, **named: Any) -> Any:
        now = next(calls) == call
        if now and not after:
            raise Died
        answer = original(*arguments, **named)
        if now:
            raise Died
        return answer

    monkeypatch.setattr(where, name, dying)


# -- results and order -------------------------------------------------------------------------------------


@pytest.mark.parametrize("deferrable", [True, False])
def test_results_come_in_the_order_given_each_with_its_index_and_its_own_file(
    batch: BatchCase, deferrable: bool
) -> None:
    results = batch.attempt(deferrable=deferrable)
    assert [(one["index"], one["orig_prompt"]) for one in results] == [
        (number, f"Stage {number}") for number in range(3)
    ]
    assert {one["output_path"] for one in results} == {f"file://{path}" for path in batch.landed}
    assert (batch.submitted, batch.paid, len(batch.landed)) == (3, 3, 3)


def test_requests_may_be_objects_mappings_or_json_text(batch: BatchCase) -> None:
    objects = [
        VideoOutpainting(prompt="a", video_url=CLIP, left_scale=1.5),
        VideoRepainting(prompt="b", video_url=CLIP, control_condition="depth"),
        ImageReference(prompt="c", ref_images_url=[CLIP, CLIP], obj_or_bg=["obj", "bg"]),
    ]
    batch.attempt(requests=objects)
    first = [submit.body for submit in batch.emulator.submits()]
    batch.clear()
    given = batch.batch(requests=objects).requests
    assert all(isinstance(one, dict) for one in given)  # what Airflow can render and store
    batch.attempt(requests=json.dumps(given))
    assert [submit.body for submit in batch.emulator.submits()][3:] == first
    assert [body["input"]["function"] for body in first] == [
        "video_outpainting",
        "video_repainting",
        "image_reference",
    ]


def test_edit_may_have_a_destination_of_its_own(batch: BatchCase) -> None:
    special = f"file://{batch.folder}/special.mp4"
    results = batch.attempt(requests=[widen(0, output_path=special), widen(1)])
    assert results[0]["output_path"] == special
    assert results[1]["output_path"] == f"file://{batch.folder}/{results[1]['task_id']}.mp4"


def test_edits_that_are_alike_are_two_jobs(batch: BatchCase) -> None:
    results = batch.attempt(requests=[widen(0), widen(0)])
    assert len({one["task_id"] for one in results}) == 2
    assert batch.paid == 2


def test_no_edits_are_no_results(batch: BatchCase) -> None:
    assert batch.attempt(requests="[]") == []
    assert batch.submitted == 0


# -- bad input ---------------------------------------------------------------------------------------------


def test_wrong_literal_fails_the_import_and_names_place_field_value_rule_and_fix() -> None:
    requests = [widen(number) for number in range(9)]
    requests[7]["left_scale"] = 9
    with pytest.raises(
        WanParameterError, match=r"requests\[7\]\.left_scale=9: must be .* 1\.0 and 2\.0\. Use 2\.0"
    ):
        WanBatchEditOperator(task_id="a", requests=requests)


def test_wrong_value_behind_a_template_is_named_before_anything_is_sent(batch: BatchCase) -> None:
    requests = [widen(number) for number in range(9)]
    requests[7]["left_scale"] = 9
    requests[2]["function"] = "video_widening"
    operator = batch.batch(requests="{{ params.edits | tojson }}")
    operator.render_template_fields({"params": {"edits": requests}})
    with pytest.raises(WanParameterError) as caught:
        operator.execute(batch.context())
    assert "requests[7].left_scale=9: must be" in str(caught.value)
    assert "requests[2].function=video_widening: must name the kind of edit" in str(caught.value)
    assert batch.emulator.requests.as_json()["endpoints"] == {}


def test_model_of_another_region_is_named_before_anything_is_sent(batch: BatchCase) -> None:
    with pytest.raises(WanParameterError, match=r"requests\[1\]\.model=wanx2\.1-vace-plus"):
        batch.attempt(requests=[widen(0), widen(1, model="wanx2.1-vace-plus")])
    assert batch.submitted == 0


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"requests": "video"}, "text that is no JSON array"),
        ({"requests": widen(0)}, "must be a list"),
        ({"requests": [7]}, r"requests\[0\]: must be a request or a mapping, but is a int"),
        ({"requests": [{"prompt": "x"}]}, r"requests\[0\]\.function: must name the kind of edit"),
        ({"output_path": "s3://bucket/one.mp4"}, "is one file for 3 edits"),
        ({"concurrency": 0}, "concurrency=0: must be a whole number from 1 up"),
        ({"on_failure": "hope"}, "on_failure='hope': must be one of fail_fast"),
    ],
)
def test_wrong_setting_fails_the_import(wrong: dict[str, Any], message: str) -> None:
    usual: dict[str, Any] = {"requests": [widen(number) for number in range(3)]}
    with pytest.raises(WanParameterError, match=message):
        WanBatchEditOperator(task_id="a", **usual | wrong)


def test_template_in_a_request_object_is_rendered() -> None:
    request = VideoOutpainting(prompt="Stage {{ params.n }}", video_url=CLIP, left_scale=1.5)
    operator = WanBatchEditOperator(task_id="a", requests=[request])
    operator.render_template_fields({"params": {"n": 3}})
    assert operator.make_items()[0].request.prompt == "Stage 3"  # type: ignore[attr-defined]


# -- how many at once --------------------------------------------------------------------------------------


@pytest.mark.parametrize("deferrable", [True, False])
def test_never_more_jobs_are_open_than_concurrency_allows(batch: BatchCase, deferrable: bool) -> None:
    batch.attempt(requests=[widen(number) for number in range(5)], concurrency=2, deferrable=deferrable)
    assert (batch.most_open, batch.paid) == (2, 5)


def test_no_more_is_submitted_than_the_account_has_room_for(batch: BatchCase) -> None:
    # Two run at once for minutes each, so in a second of queueing there is room for two in the queue.
    batch.attempt(requests=[widen(number) for number in range(7)], max_queue_wait=1)
    assert batch.paid == 7
    assert batch.most_open <= 4


def test_jobs_of_others_count_when_room_is_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with batched(tmp_path, monkeypatch, running_slots=0) as batch:
        others = [_others_job(batch) for _ in range(2)]
        with batch.attempting_batch(max_queue_wait=1) as (_, attempt):
            wait_until(lambda: batch.emulator.requests.count("list") > 1)
            assert batch.submitted == 2
            for job in others:
                batch.emulator.force(job, "SUCCEEDED")
            batch.let_all_succeed(attempt)
        assert batch.submitted == 5


def test_without_admission_all_are_submitted_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with batched(tmp_path, monkeypatch, running_slots=0) as batch:
        plan = batch.deferred_plan(requests=[widen(number) for number in range(9)], max_queue_wait=None)
        assert len(plan["jobs"]) == 9
        assert batch.emulator.requests.count("list") == 0


def _others_job(batch: BatchCase) -> str:
    from airflow_provider_wan.hooks import DashScopeHook

    request = VideoOutpainting(prompt="theirs", video_url=CLIP, left_scale=1.5)
    client = DashScopeHook().get_conn()
    return client.submit(request.path(), request.body("ap-southeast-1")).task_id


# -- policies ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("deferrable", [True, False])
def test_by_default_all_are_run_and_then_the_task_fails_with_what_there_is(
    batch: BatchCase, deferrable: bool
) -> None:
    batch.emulator.faults.order("submit", "fail", code="InternalError", message="x")
    with pytest.raises(BatchFailedError) as caught:
        batch.attempt(deferrable=deferrable)
    said = str(caught.value)
    assert "1 of 3 edits failed, 2 are done" in said
    assert "[0] InternalError: " in said
    assert "A failed job isn't billed. A retry submits a new job." in said
    assert [("error" in one, one["index"]) for one in batch.partial] == [(True, 0), (False, 1), (False, 2)]
    assert (batch.submitted, batch.paid) == (3, 2)


def test_retry_submits_only_what_failed_and_gives_the_rest_again(batch: BatchCase) -> None:
    batch.emulator.faults.order("submit", "fail", code="InternalError", message="x")
    with pytest.raises(BatchFailedError):
        batch.attempt()
    files = batch.emulator.requests.count("result")
    before = batch.partial
    results = batch.attempt()
    assert [one["task_id"] for one in results[1:]] == [one["task_id"] for one in before[1:]]
    assert (batch.submitted, batch.paid, len(batch.landed)) == (4, 3, 3)
    assert batch.emulator.requests.count("result") == files + 1  # what has landed isn't brought again


def test_rejected_content_is_not_submitted_again_by_a_retry_for_anothers_sake(batch: BatchCase) -> None:
    requests = [widen(0), widen(1, prompt="[reject-output] x"), widen(2)]
    batch.emulator.faults.order("submit", "fail", code="InternalError", message="x")
    with pytest.raises(BatchFailedError, match="2 of 3 edits failed"):
        batch.attempt(requests=requests)
    with pytest.raises(AirflowFailException, match=r"1 of 3 edits failed, 2 are done.*not retried"):
        batch.attempt(requests=requests)
    assert (batch.submitted, batch.paid) == (4, 2)


def test_skip_succeeds_with_entries_that_say_what_failed(batch: BatchCase) -> None:
    results = batch.attempt(requests=[widen(0), widen(1, prompt="[reject-output] x")], on_failure="skip")
    assert results[0]["status"] == "SUCCEEDED"
    wrong = results[1]
    assert (wrong["index"], wrong["status"], wrong["code"]) == (1, "FAILED", "DataInspectionFailed")
    assert wrong["task_id"] in wrong["error"]


def test_request_that_the_service_refuses_fails_alone(batch: BatchCase) -> None:
    batch.emulator.faults.order("submit", "status", status=400, code="InvalidParameter", message="no")
    results = batch.attempt(on_failure="skip")
    assert [one["status"] for one in results] == [None, "SUCCEEDED", "SUCCEEDED"]
    assert results[0]["task_id"] is None


@pytest.mark.parametrize("deferrable", [True, False])
def test_fail_fast_cancels_what_is_queued_and_lands_what_runs_anyway(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, deferrable: bool
) -> None:
    with batched(tmp_path, monkeypatch, run_seconds=(3600, 3600)) as batch, ThreadPoolExecutor(1) as pool:
        happening = pool.submit(_first_fails_and_the_rest_succeeds_once_one_is_cancelled, batch)
        requests = [widen(number) for number in range(6)]
        with pytest.raises(
            AirflowFailException, match=r"2 of 6 edits failed, 2 are done.*2 were not submitted"
        ):
            batch.attempt(requests=requests, on_failure="fail_fast", concurrency=4, deferrable=deferrable)
        happening.result()
        assert [str(task["status"]) for task in batch.emulator.tasks()] == [
            *("FAILED", "SUCCEEDED", "SUCCEEDED", "CANCELED")
        ]
        assert len(batch.landed) == batch.paid == 2
        assert "because another edit of the batch has failed" in batch.partial[3]["error"]


def _first_fails_and_the_rest_succeeds_once_one_is_cancelled(batch: BatchCase) -> None:
    """Two run at once, so when the first fails two others run and one is queued."""
    wait_until(lambda: len(batch.emulator.tasks()) == 4)
    first, *rest = (str(task["task_id"]) for task in batch.emulator.tasks())
    batch.emulator.force(first, "FAILED", code="DataInspectionFailed")
    wait_until(lambda: batch.status == "CANCELED")
    for job in rest[:2]:
        batch.emulator.force(job, "SUCCEEDED")


def test_refused_key_stops_all_submissions(batch: BatchCase) -> None:
    batch.emulator.faults.order("submit", "status", status=400, code="Arrearage", message="Overdue")
    with pytest.raises(AirflowFailException, match=r"1 of 3 edits failed.*2 were not submitted"):
        batch.attempt(on_failure="skip")
    assert batch.submitted == 1


# -- attempts ----------------------------------------------------------------------------------------------

DEATHS = {
    "before the second post": (DashScopeClient, "submit", 2, False),
    "after the second was recorded": (Ledger, "submitted", 2, True),
    "before the first landing": (storage, "land", 1, False),
    "after the first landing": (storage, "land", 1, True),
    "after the second was done": (Ledger, "done", 2, True),
}


@pytest.mark.parametrize("death", DEATHS)
@pytest.mark.parametrize("deferrable", [True, False])
def test_worker_dies_and_the_retry_pays_once_for_each_edit(
    batch: BatchCase, monkeypatch: pytest.MonkeyPatch, death: str, deferrable: bool
) -> None:
    where, name, call, after = DEATHS[death]
    with monkeypatch.context() as patch:
        die_at(patch, where, name, call=call, after=after)
        with pytest.raises(Died):
            batch.attempt(deferrable=deferrable)
    results = batch.attempt(deferrable=deferrable)
    assert [one["status"] for one in results] == ["SUCCEEDED"] * 3
    assert (batch.submitted, batch.paid, len(batch.landed)) == (3, 3, 3)
    assert all(record["done"] for record in batch.records())


def test_list_in_another_order_still_finds_its_jobs(
    batch: BatchCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = [widen(0), widen(1), widen(1), widen(2)]
    with monkeypatch.context() as patch:
        die_at(patch, Ledger, "submitted", call=4, after=True)
        with pytest.raises(Died):
            batch.attempt(requests=requests)
    results = batch.attempt(requests=requests[::-1])
    assert [one["orig_prompt"] for one in results] == ["Stage 2", "Stage 1", "Stage 1", "Stage 0"]
    assert (batch.submitted, batch.paid) == (4, 4)


def test_lost_submission_is_asked_about_and_the_batchs_other_jobs_are_ruled_out(
    batch: BatchCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = [widen(number, prompt="the same for all") for number in range(3)]
    with monkeypatch.context() as patch:
        die_at(patch, DashScopeClient, "submit", call=2)
        with pytest.raises(Died):
            batch.attempt(requests=requests)
    batch.attempt(requests=requests)  # the first one's job was created in that window, too
    assert (batch.submitted, batch.paid) == (3, 3)


def test_job_that_nobody_can_account_for_fails_its_edit_alone(
    batch: BatchCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        die_at(patch, Ledger, "submitted", call=2)
        with pytest.raises(Died):
            batch.attempt()
    orphan = batch.job
    with pytest.raises(AirflowFailException, match=rf"1 of 3 edits failed, 2 are done(.|\n)*{orphan}"):
        batch.attempt()
    assert batch.submitted == 3
    batch.clear()  # a person has looked, and wants it all the same
    batch.attempt()
    assert (batch.submitted, batch.paid) == (4, 4)


def test_clear_after_a_failure_does_not_pay_again_for_what_is_done(batch: BatchCase) -> None:
    with pytest.raises(AirflowFailException):
        batch.attempt(requests=[widen(0), widen(1), widen(2, prompt="[reject-output] x")])
    batch.clear()
    batch.attempt()
    assert (batch.submitted, batch.paid) == (4, 3)


def test_clear_of_a_success_is_all_new_jobs_once(batch: BatchCase, monkeypatch: pytest.MonkeyPatch) -> None:
    batch.attempt()
    batch.clear()
    with monkeypatch.context() as patch:
        die_at(patch, Ledger, "done", call=2, after=True)
        with pytest.raises(Died):
            batch.attempt()
    batch.clear()  # the second round hadn't succeeded, so it goes on
    batch.attempt()
    assert (batch.submitted, batch.paid) == (6, 6)


def test_landing_fails_and_the_retry_lands_again(batch: BatchCase) -> None:
    batch.emulator.faults.order("result", "short_file", times=3)
    with pytest.raises(BatchFailedError, match="A retry lands the same result; nothing is paid again"):
        batch.attempt(requests=[widen(0)])
    assert batch.partial[0]["status"] == "SUCCEEDED"
    batch.attempt(requests=[widen(0)])
    assert (batch.submitted, batch.paid, len(batch.landed)) == (1, 1, 1)


def test_finished_edits_that_the_service_has_forgotten_are_given_again_from_their_files(
    batch: BatchCase,
) -> None:
    batch.emulator.faults.order("submit", "fail", code="InternalError", message="x")
    with pytest.raises(BatchFailedError):
        batch.attempt()
    done = batch.partial[1:]
    batch.emulator.clock.advance(25 * 3600)
    batch.age(hours=25)
    results = batch.attempt(on_expired="resubmit")
    assert [one["output_path"] for one in results[1:]] == [one["output_path"] for one in done]
    assert [one["video_url"] for one in results[1:]] == [None, None]
    assert batch.submitted == 4


def test_without_a_state_store_it_works_and_nothing_that_could_pay_twice_is_retried(batch: BatchCase) -> None:
    assert len(batch.attempt(durable=False, deferrable=True)) == 3
    batch.emulator.faults.order("submit", "fail", code="InternalError", message="x")
    with pytest.raises(AirflowFailException, match="would pay for the edit again"):
        batch.attempt(durable=False, deferrable=True)
    assert (batch.submitted, batch.paid) == (6, 5)


# -- what others may see -----------------------------------------------------------------------------------


def test_state_event_and_trigger_hold_no_address_prompt_or_key(batch: BatchCase) -> None:
    signed = f"{CLIP}?Expires=1&Signature=abcdefghijkl"
    batch.attempt(requests=[widen(0, prompt="A secret plan", video_url=signed)], deferrable=True)
    seen = json.dumps([batch.store.values, batch.events, batch.plans])
    assert len(batch.events) == len(batch.plans) == 1
    for secret in ("http", "secret plan", KEY_OF_CASE, "Signature", "abcdefghijkl"):
        assert secret not in seen


def test_log_tells_each_step_of_each_edit_and_how_far_the_batch_is(
    batch: BatchCase, capsys: pytest.CaptureFixture[str]
) -> None:
    batch.attempt(deferrable=True)
    log = capsys.readouterr().out
    for index in range(3):
        assert log.count(f"[{index}] Submitted job") == 1
        assert log.count(f"[{index}] Job ") == 1
    assert "0 of 3 done, 3 open, 0 failed, 0 to be submitted, cost so far nothing" in log
    assert "3 of 3 done, 0 open, 0 failed, 0 to be submitted, cost so far 11.00886 CNY" in log


def test_few_workers_are_started(batch: BatchCase) -> None:
    batch.attempt(requests=[widen(number) for number in range(12)], deferrable=True)
    assert batch.starts <= 3


# -- ending it ---------------------------------------------------------------------------------------------


def test_jobs_are_told_to_other_tasks_as_they_are_submitted(batch: BatchCase) -> None:
    results = batch.attempt()
    assert batch.ti.xcoms["wan_task_id"] == [one["task_id"] for one in results]


def of_task(trigger: Any) -> Any:
    trigger.task_instance = SimpleNamespace(dag_id="d", run_id="r", task_id="widen_all", map_index=-1)
    return trigger


def airflow_says(monkeypatch: pytest.MonkeyPatch, *, state: str, jobs: list[str]) -> None:
    """What Airflow tells a trigger: its task's state, and the jobs that the latest attempt has named."""
    monkeypatch.setattr(
        RuntimeTaskInstance, "get_task_states", lambda **_: {"r": {"widen_all": state}}, raising=True
    )
    monkeypatch.setattr(XCom, "get_one", lambda *, key, **_: jobs if key == JOB_KEY else None)


@pytest.fixture
def queued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[BatchCase]:
    with batched(tmp_path, monkeypatch, running_slots=0) as case:
        yield case


def states(batch: BatchCase) -> list[str]:
    return [str(task["status"]) for task in batch.emulator.tasks()]


def test_ending_a_waiting_batch_cancels_all_its_queued_jobs(
    queued: BatchCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    trigger = of_task(queued.defers_batch(max_queue_wait=None))
    airflow_says(monkeypatch, state="failed", jobs=queued.ti.xcoms[JOB_KEY])
    asyncio.run(trigger.on_kill())
    assert states(queued) == ["CANCELED"] * 3


def test_triggerer_that_cancels_again_and_again_breaks_nothing_off(
    queued: BatchCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    trigger = of_task(queued.defers_batch(max_queue_wait=None))
    airflow_says(monkeypatch, state="failed", jobs=[])
    queued.emulator.faults.order("cancel", "status", status=429, code="Throttling.RateQuota", times=3)

    async def pestered() -> None:
        await kill_pestered(trigger)
        await asyncio.to_thread(wait_until, lambda: states(queued) == ["CANCELED"] * 3)

    asyncio.run(pestered())


def test_triggerer_that_lost_its_work_to_another_cancels_nothing(
    queued: BatchCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    trigger = of_task(queued.defers_batch(max_queue_wait=None))
    airflow_says(monkeypatch, state="deferred", jobs=queued.ti.xcoms[JOB_KEY])
    asyncio.run(trigger.on_kill())
    assert states(queued) == ["PENDING"] * 3


def test_clear_whose_next_attempt_waits_for_some_of_the_jobs_cancels_the_others(
    queued: BatchCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    trigger = of_task(queued.defers_batch(max_queue_wait=None))
    airflow_says(monkeypatch, state="deferred", jobs=[queued.ti.xcoms[JOB_KEY][1], "another"])
    asyncio.run(trigger.on_kill())
    assert states(queued) == ["CANCELED", "PENDING", "CANCELED"]


def test_cancel_on_kill_off_leaves_the_jobs_to_themselves(
    queued: BatchCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    trigger = of_task(queued.defers_batch(max_queue_wait=None, cancel_on_kill=False))
    airflow_says(monkeypatch, state="failed", jobs=[])
    asyncio.run(trigger.on_kill())
    assert states(queued) == ["PENDING"] * 3


@pytest.mark.parametrize("durable", [True, False], ids=["remembered", "not remembered"])
def test_ending_a_batch_that_waits_on_its_worker_cancels_what_is_queued_and_submits_no_more(
    queued: BatchCase, durable: bool
) -> None:
    with queued.attempting_batch(concurrency=2, durable=durable) as (operator, attempt):
        wait_until(lambda: queued.emulator.requests.count("get") > 1)
        operator.on_kill()
        with pytest.raises(AirflowException, match="ended from outside") as ended:
            attempt.result()
    assert states(queued) == ["CANCELED"] * 2
    # A retry that knows of no jobs would pay for all edits again.
    assert isinstance(ended.value, AirflowFailException) is not durable


def test_jobs_cancelled_by_a_clear_are_submitted_once_more(queued: BatchCase) -> None:
    queued.defers_batch(max_queue_wait=None)
    for task in queued.emulator.tasks()[:2]:
        queued.emulator.force(task["task_id"], "CANCELED")
    queued.clear()
    queued.ti = TaskInstance()
    queued.ti.max_tries = queued.generation
    with queued.attempting_batch(max_queue_wait=None) as (_, attempt):
        wait_until(lambda: queued.submitted == 5)
        queued.let_all_succeed(attempt)
    assert (queued.submitted, queued.paid) == (5, 3)


def test_worker_stopped_between_two_waits_goes_on_where_it_was(queued: BatchCase) -> None:
    """The triggerer's event finds a new worker, which knows nothing but the records and the event."""
    trigger = queued.defers_batch(max_queue_wait=None)
    for task in queued.emulator.tasks():
        queued.emulator.force(task["task_id"], "SUCCEEDED")
    event = asyncio.run(first_event(trigger))
    results = queued.batch(deferrable=True, max_queue_wait=None).resume(queued.context(), event=event)
    assert [one["index"] for one in results] == [0, 1, 2]
    again = queued.batch(deferrable=True).resume(queued.context(), event={})  # an event that says nothing
    assert [one["task_id"] for one in again] == [one["task_id"] for one in results]
    assert (queued.submitted, queued.paid) == (3, 3)


def test_single_edit_and_batch_share_no_record(batch: BatchCase) -> None:
    single = Case(batch.emulator, batch.folder)
    single.store = batch.store
    single.attempt()
    batch.attempt()
    assert (batch.submitted, len(batch.records())) == (4, 3)
