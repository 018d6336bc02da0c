"""`@task.wan_edit`: what a function asks for is done once and paid once, whatever it asks for the next time."""

from __future__ import annotations

import asyncio
import inspect
import json
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException, AirflowSkipException, TaskDeferred
from airflow.sdk import DAG, BaseOperator

from airflow_provider_wan import admission
from airflow_provider_wan.dashscope.errors import SubmitUnknownError, TaskCanceledError
from airflow_provider_wan.dashscope.requests import (
    TextToVideo,
    VideoOutpainting,
    VideoRepainting,
    VideoSynthesis,
)
from airflow_provider_wan.decorators import KEPT, wan_edit, wan_edit_task
from airflow_provider_wan.ledger import Ledger
from airflow_provider_wan.operators import WanOperator, WanParameterError, WanVideoOutpaintingOperator
from airflow_provider_wan.operators.siblings import jobs_of_run
from benchmarks.import_time import ASKED, run
from tests.conftest import DagRunner, context, first_event
from tests.operators.cases import CLIP, Case, dying, emulated, look_early, made_anew
from tests.patience import HANGS

if TYPE_CHECKING:
    from airflow_provider_wan.emulator import RunningEmulator


def widening(prompt: str = "A wider stage", clip: str = CLIP) -> VideoOutpainting:
    return VideoOutpainting(prompt=prompt, video_url=clip, left_scale=1.5)


class Decorated(Case):
    """A case whose task is a decorated function.

    Attributes:
        answers: What the function returns, call by call; the last one for good.
        calls: With what it was called.
    """

    def __init__(self, emulator: RunningEmulator, folder: Path) -> None:
        super().__init__(emulator, folder)
        self.arguments = {"output_path": f"file://{folder}/", "deferrable": False}
        self.answers: list[Any] = [widening()]
        self.calls: list[dict[str, Any]] = []

    def operator(self, **arguments: Any) -> Any:
        def widen(clip: str, *, ti: Any = None) -> Any:
            self.calls.append({"clip": clip, "ti": ti})
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            if isinstance(answer, Exception):
                raise answer
            return answer() if callable(answer) else answer

        return wan_edit_task(**self.arguments | arguments)(widen)(CLIP).operator

    def deferred(self, **arguments: Any) -> TaskDeferred:
        operator = self.operator(deferrable=True, **arguments)
        with pytest.raises(TaskDeferred) as deferred:
            operator.execute(context(self.task_instance(), self.store))
        return deferred.value

    def resumed(self, deferred: TaskDeferred, **arguments: Any) -> Any:
        """Wait as a triggerer does and go on as Airflow does, in a new process."""
        event = asyncio.run(first_event(made_anew(deferred.trigger)))
        kwargs = json.loads(json.dumps(deferred.kwargs or {})) | {"event": event}
        return self.operator(deferrable=True, **arguments).resume_execution(
            deferred.method_name, kwargs, context(self.task_instance(), self.store)
        )

    def prompts(self) -> list[str]:
        """What was submitted."""
        return [submit.body["input"]["prompt"] for submit in self.emulator.submits()]


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Decorated]:
    with emulated(tmp_path, monkeypatch) as case:
        yield Decorated(case.emulator, case.folder)


@pytest.fixture
def running_case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Decorated]:
    """Jobs run until they are forced to end."""
    look_early(monkeypatch)
    with emulated(tmp_path, monkeypatch, run_seconds=(3600, 3600)) as case:
        yield Decorated(case.emulator, case.folder)


# -- an edit -----------------------------------------------------------------------------------------------


def test_function_asks_and_its_edit_is_made_and_landed(case: Decorated) -> None:
    ti = case.task_instance()
    result = case.operator().execute(context(ti, case.store))
    assert (result["status"], result["function"]) == ("SUCCEEDED", "video_outpainting")
    assert [str(path) for path in case.landed] == [result["output_path"].removeprefix("file://")]
    assert case.emulator.submits()[0].body == widening().body("ap-southeast-1")
    assert case.calls == [{"clip": CLIP, "ti": ti}]


@pytest.mark.parametrize(
    ("asked", "given", "model"),
    [
        (TextToVideo(prompt="x"), "wan2.6-t2v", "wan2.6-t2v"),
        (TextToVideo(prompt="x"), None, "wan2.7-t2v"),
        (TextToVideo(prompt="x", model="wan2.5-t2v-preview"), "wan2.6-t2v", "wan2.5-t2v-preview"),
        ({"function": "text_to_video", "prompt": "x"}, "wan2.6-t2v", "wan2.6-t2v"),
    ],
)
def test_model_of_the_decorator_is_for_requests_that_name_none(
    case: Decorated, asked: Any, given: str | None, model: str
) -> None:
    case.answers = [asked]
    operator = case.operator(model=given)
    operator._seen = context()
    assert operator.make_request().body("ap-southeast-1")["model"] == model


def test_mapping_is_read_as_a_batch_reads_it(case: Decorated, tmp_path: Path) -> None:
    asked = {"function": "video_outpainting", "prompt": "Wide", "video_url": Path("/a.mp4"), "seed": None}
    case.answers = [{**asked, "video_url": CLIP, "left_scale": "1.5", "output_path": tmp_path / "own.mp4"}]
    result = case.attempt()
    assert result["output_path"] == f"{tmp_path}/own.mp4"
    assert case.emulator.submits()[0].body == widening("Wide").body("ap-southeast-1")


# -- attempts ----------------------------------------------------------------------------------------------


def test_retry_takes_up_the_job_although_the_function_asks_for_something_else(
    case: Decorated, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    case.answers = [widening("First"), widening("Second"), widening("Third")]
    with dying(monkeypatch, Ledger, "submitted", after=True):
        case.attempt()
    mark = case.record()["fingerprint"]
    result = case.attempt()
    assert (result["orig_prompt"], case.submitted, case.paid) == ("First", 1, 1)
    assert "asks for another edit than the one on record" in capsys.readouterr().out
    assert (len(case.calls), case.record()["fingerprint"]) == (2, mark)
    with dying(
        monkeypatch, Ledger, "done", after=True
    ):  # of this retry: the same result is collected once more
        case.attempt()
    assert (case.attempt()["task_id"], case.submitted) == (result["task_id"], 1)


def test_ordinary_operator_whose_request_differs_makes_another_edit(
    case: Decorated, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = Case(case.emulator, case.folder)
    with dying(monkeypatch, Ledger, "submitted", after=True):
        plain.attempt(prompt="First")
    assert plain.attempt(prompt="Second")["orig_prompt"] == "Second"
    assert case.prompts() == ["First", "Second"]


@pytest.mark.parametrize(
    "today", [widening("Second"), VideoSynthesis(model="wan9-edit", input={"prompt": "First"})]
)
def test_lost_submission_is_not_ruled_out_by_what_is_asked_for_today(
    running_case: Decorated, monkeypatch: pytest.MonkeyPatch, today: Any
) -> None:
    case = running_case
    case.answers = [widening("First"), today]
    with dying(monkeypatch, Ledger, "submitted"):
        case.attempt()
    case.emulator.force(case.job, "SUCCEEDED")
    with pytest.raises(AirflowFailException, match=r"1 job\(s\).*Nothing was submitted") as caught:
        case.attempt()
    assert case.job in str(caught.value)
    assert case.submitted == 1


def test_lost_submission_that_is_found_again_is_told_as_what_it_was(running_case: Decorated) -> None:
    case = running_case
    repaint = VideoRepainting(prompt="Clay", video_url=CLIP, control_condition="depth")
    case.answers = [widening(), VideoSynthesis(model="wan9-edit", input={"prompt": "Second"}), repaint]
    case.emulator.faults.order("submit", "status", status=502, accepted=True)
    with pytest.raises(SubmitUnknownError):
        case.attempt()
    case.rewrite(request_id=case.emulator.tasks()[0]["request_id"])
    facts = case.deferred().trigger.serialize()[1]["facts"]
    assert (facts["task_id"], facts["function"], facts["model"]) == (
        case.job,
        "video_outpainting",
        "wan2.1-vace-plus",
    )
    assert case.submitted == 1


@pytest.mark.parametrize(
    ("again", "submitted"), [("First", 1), ("Second", 2)], ids=["same request", "another one"]
)
def test_person_who_clears_gets_the_job_on_record_if_the_function_asks_for_the_same(
    case: Decorated, monkeypatch: pytest.MonkeyPatch, again: str, submitted: int
) -> None:
    case.answers = [widening("First"), widening("Other"), widening(again)]
    with dying(monkeypatch, Ledger, "submitted", after=True):
        case.attempt()
    with dying(
        monkeypatch, Ledger, "done"
    ):  # a retry takes it up, and what is on record stays the first request
        case.attempt()
    case.clear()
    assert case.attempt()["orig_prompt"] == again
    assert case.submitted == submitted


def test_retry_after_a_job_has_failed_submits_what_is_asked_for_now(running_case: Decorated) -> None:
    case = running_case
    case.answers = [widening("First"), widening("Second")]
    deferred = case.deferred()
    case.emulator.force(case.job, "FAILED")
    with pytest.raises(Exception, match="InternalError"):
        case.resumed(deferred)
    case.deferred()
    assert case.prompts() == ["First", "Second"]


# -- waits -------------------------------------------------------------------------------------------------


def test_function_is_not_called_again_after_a_wait(case: Decorated) -> None:
    case.answers = [widening("First"), widening("Second")]
    result = case.resumed(case.deferred())
    assert (result["orig_prompt"], len(case.calls), case.submitted) == ("First", 1, 1)
    assert case.record()["done"] is True


def test_request_and_its_destination_are_kept_over_a_wait_for_room(
    running_case: Decorated, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    case = running_case
    asked = {"function": "video_outpainting", "prompt": "First", "video_url": CLIP, "left_scale": 1.5}
    case.answers = [{**asked, "output_path": f"file://{tmp_path}/own.mp4"}, widening("Second")]
    case.emulator.faults.order("submit", "status", status=429, code="Throttling.RateQuota", times=50)
    monkeypatch.setattr(admission, "QUICK_PAUSE", 0.01)
    monkeypatch.setattr(admission, "REFUSED_PAUSE", 0.01)
    room = case.deferred()
    assert (case.record(), case.emulator.tasks()) == (None, [])
    case.emulator.faults.clear()
    with pytest.raises(TaskDeferred) as job:
        case.resumed(room)
    case.emulator.force(case.job, "SUCCEEDED")
    result = case.resumed(job.value)
    assert (result["orig_prompt"], len(case.calls)) == ("First", 1)
    assert result["output_path"] == f"file://{tmp_path}/own.mp4"


def test_request_with_a_signed_address_is_not_kept_and_asked_for_again(case: Decorated) -> None:
    secret = uuid.uuid4().hex
    case.answers = [widening(clip=f"{CLIP}?Expires=1761631066&Signature={secret}")]
    deferred = case.deferred()
    assert not deferred.kwargs
    assert secret not in json.dumps(deferred.trigger.serialize())
    assert case.resumed(deferred)["status"] == "SUCCEEDED"
    assert (len(case.calls), case.submitted) == (2, 1)


def test_request_that_is_too_long_for_the_database_is_not_kept(case: Decorated) -> None:
    long = {"prompt": "x", "video_url": CLIP, "notes": "x" * KEPT}
    case.answers = [VideoSynthesis(model="wan2.1-vace-plus", input=long)]
    operator = case.operator()
    operator._seen = context()
    operator.make_request()
    assert operator._kept is None


def test_second_answer_after_a_wait_changes_nothing(case: Decorated) -> None:
    """Where the request was lost, as in `dag.test()`."""
    case.answers = [widening("First"), widening("Second")]
    deferred = case.deferred()
    mark = case.record()["fingerprint"]
    deferred.kwargs = None
    assert case.resumed(deferred)["orig_prompt"] == "First"
    assert (len(case.calls), case.submitted, case.record()["fingerprint"]) == (2, 1, mark)


def test_job_that_is_still_queued_is_cancelled_where_a_person_ends_the_task(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_early(monkeypatch)
    with emulated(tmp_path, monkeypatch, running_slots=0) as queued:
        case = Decorated(queued.emulator, queued.folder)
        with case.attempting() as (operator, attempt):
            operator.on_kill()
            with pytest.raises(TaskCanceledError):
                attempt.result()
        assert (case.status, case.submitted, case.paid) == ("CANCELED", 1, 0)


# -- what goes wrong ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (None, "the function returned None, which is no request"),
        ("sk-12345678", "the function returned a value of type str"),
        ([widening()], "the function returned a value of type list"),
        (
            lambda: WanVideoOutpaintingOperator(task_id="x", prompt="x", video_url=CLIP, left_scale=1.5),
            "the function returned the operator WanVideoOutpaintingOperator",
        ),
        ({"prompt": "x"}, "function: must name the kind of edit"),
        ({"function": "widen"}, "function=widen: must name the kind of edit"),
        ({"function": ["widen"]}, "must name the kind of edit"),
    ],
)
def test_function_that_returns_no_request(case: Decorated, answer: Any, said: str) -> None:
    case.answers = [answer]
    with pytest.raises(WanParameterError) as caught:
        case.attempt()
    text = str(caught.value)
    assert text.startswith("@task.wan_edit 'widen': ")
    assert said in text
    assert "video_outpainting" in text  # what to return, or to write
    assert text.endswith("Nothing was sent. It is not retried.")
    assert "sk-12345678" not in text
    assert case.submitted == 0


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            lambda: VideoOutpainting(prompt="x", video_url=CLIP, left_scale=9),  # type: ignore[arg-type,unused-ignore]
            "left_scale=9",
        ),
        (
            {"function": "video_outpainting", "prompt": "x", "video_url": CLIP, "left_scal": 1.5},
            "left_scal: is no field of VideoOutpainting",
        ),
        ({"function": "video_outpainting", "output_path": ""}, "output_path=: must be a path or URI"),
        ({"function": "video_outpainting", "output_path": 3}, "output_path=3: must be a path or URI"),
    ],
)
def test_request_with_mistakes_fails_without_retry(case: Decorated, answer: Any, said: str) -> None:
    case.answers = [answer]
    with pytest.raises(WanParameterError) as caught:
        case.attempt()
    assert said in str(caught.value)
    assert "Nothing was sent. It is not retried." in str(caught.value)
    assert case.submitted == 0


def test_attempt_that_fails_so_names_the_job_that_goes_on(
    case: Decorated, monkeypatch: pytest.MonkeyPatch
) -> None:
    case.answers = [widening(), None]
    with dying(monkeypatch, Ledger, "submitted", after=True):
        case.attempt()
    with pytest.raises(WanParameterError, match=f"Job {case.job}, submitted earlier, is billed") as caught:
        case.attempt()
    assert "WanResultToObjectStorageOperator" in str(caught.value)


@pytest.mark.parametrize("error", [RuntimeError("no model answers"), AirflowSkipException("no clip today")])
def test_exception_of_the_function_is_the_task_s_own(case: Decorated, error: Exception) -> None:
    case.answers = [error, widening()]
    with pytest.raises(type(error)) as caught:
        case.attempt()
    assert caught.value is error
    assert (case.submitted, case.record()) == (0, None)
    assert case.attempt()["status"] == "SUCCEEDED"


def test_arguments_of_the_decorator_are_checked_when_the_dag_is_parsed(case: Decorated) -> None:
    with pytest.raises(WanParameterError, match="staging='by mail': must be one of"):
        case.operator(staging="by mail")
    with pytest.raises(WanParameterError, match="end_in_triggerer=True"):
        case.operator(end_in_triggerer=True)
    with pytest.raises(TypeError, match="output_pat"):
        case.operator(output_pat="x")


def test_function_that_could_not_return_a_request_is_refused_when_the_dag_is_parsed() -> None:
    async def later() -> VideoOutpainting:
        return widening()

    def some() -> Iterator[VideoOutpainting]:
        yield widening()

    for function in (later, some):
        with pytest.raises(WanParameterError, match="must be a plain function"):
            wan_edit_task(function)  # type: ignore[arg-type]


# -- whole DAGs --------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("connection")
def test_chain_passes_with_dag_test(service: RunningEmulator, run_dag: DagRunner, tmp_path: Path) -> None:
    run = run_dag("taskflow_chain", scale=1.25, folder=f"file://{tmp_path}/")
    assert run.states == dict.fromkeys(["plan", "repaint", "widen", "both"], "success")
    repaint, widen = run.xcom("both")
    body = service.submits()[-1].body
    assert body["input"]["video_url"] == repaint["video_url"]
    assert body["input"]["prompt"].startswith("A wider stage in manual__")
    assert body["parameters"] == {"left_scale": 1.25}
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        f"{result['task_id']}.mp4" for result in (repaint, widen)
    )


@pytest.mark.usefixtures("connection")
def test_edit_is_mapped_over_clips(service: RunningEmulator, run_dag: DagRunner, tmp_path: Path) -> None:
    run = run_dag("taskflow_mapped", folder=f"file://{tmp_path}/")
    mapped = ["clips", "each[0]", "each[1]", "each[2]", "by_kwargs[0]"]
    assert run.states == dict.fromkeys(mapped, "success")
    posted = [submit.body["input"]["video_url"] for submit in service.submits()[-4:]]
    assert sorted(posted) == sorted([*(f"https://example.com/{number}.mp4" for number in range(3)), CLIP])
    assert len(list(tmp_path.iterdir())) == 4


@pytest.mark.usefixtures("connection")
def test_function_that_returns_nothing_fails_its_task_at_once(
    service: RunningEmulator, run_dag: DagRunner
) -> None:
    before = len(service.submits())
    run = run_dag("taskflow_mistake")
    assert (run.states, run.tries) == ({"nothing": "failed"}, {"nothing": 1})
    assert len(service.submits()) == before


# -- what the decorator is ---------------------------------------------------------------------------------


def test_decorator_names_every_argument_of_the_operators_for_editors() -> None:
    from typing import get_overloads

    def named(function: Callable[..., Any]) -> dict[str, Any]:
        return {
            name: part.default
            for name, part in inspect.signature(function).parameters.items()
            if part.kind is part.KEYWORD_ONLY
        }

    known = named(get_overloads(wan_edit_task)[1])
    wanted = named(WanOperator.__init__)
    assert set(wanted) <= set(known)
    assert {name: known[name] for name in wanted if known[name] is not ...} == {
        name: default for name, default in wanted.items() if known[name] is not ...
    }
    assert set(known) - set(wanted) <= set(inspect.signature(BaseOperator.__init__).parameters)


def test_task_is_an_edit_like_any_other(case: Decorated) -> None:
    operator = case.operator()
    assert isinstance(operator, WanOperator)
    assert operator.multiple_outputs
    assert wan_edit is wan_edit_task
    with DAG("x") as dag:

        @wan_edit
        def mapped(clip: str) -> VideoOutpainting:
            """Widen it."""
            return widening(clip=clip)

        mapped.expand(clip=["a", "b"])
        mapped("c")
    assert dag.get_task("mapped__1").doc_md == "Widen it."

    asked: list[str] = []

    class Instance:
        def xcom_pull(self, *, task_ids: list[str], key: str) -> list[str]:
            asked.extend(task_ids)
            return ["job"]

    seen: Any = {"dag": dag, "ti": Instance()}
    assert (jobs_of_run(seen), sorted(asked)) == ({"job"}, ["mapped", "mapped__1"])


def test_parsing_a_dag_asks_for_no_heavy_module_and_builds_no_model() -> None:
    assert run(ASKED.replace("airflow_provider_wan.operators", "airflow_provider_wan.decorators")) == ""
    code = (
        "from airflow.sdk import DAG, task\n"
        "from airflow_provider_wan.dashscope.requests import VideoOutpainting\n"
        "with DAG('x'):\n"
        "    @task.wan_edit(output_path='/x/')\n"
        "    def widen(clip): return VideoOutpainting(prompt='x', video_url=clip, left_scale=1.5)\n"
        "    widen(widen('{{ run_id }}')['video_url'])\n"
        "import sys\n"
        "print(VideoOutpainting.__pydantic_complete__, 'airflow_provider_wan.operators.life' in sys.modules)"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=HANGS
    )
    assert out.stdout.splitlines()[-1] == "False False"


if TYPE_CHECKING:  # what a type checker refuses, and what it knows

    @wan_edit_task(staging="by mail")  # type: ignore[call-overload, untyped-decorator]
    def wrong_argument() -> VideoOutpainting:
        return widening()

    @wan_edit_task  # type: ignore[arg-type]
    def wrong_return() -> int:
        return 1

    @wan_edit_task(output_path="s3://x/", retries=3)
    def right(clip: str, scale: float = 1.5) -> dict[str, Any]:
        return {"video_url": clip, "left_scale": scale}

    right(3)  # type: ignore[arg-type]
    right(right("x")["video_url"], scale=1.25)
