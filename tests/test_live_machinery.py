"""`pytest -m live` itself, against the emulator: what it says before, that it asks, and what it tells after."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

import pytest

from airflow_provider_wan.dashscope import Account, catalog
from airflow_provider_wan.dashscope.requests import VideoSynthesis, WanRequest
from airflow_provider_wan.dashscope.results import TaskSnapshot, TaskStatus
from airflow_provider_wan.emulator import EmulatorSettings, RegionSettings, RunningEmulator, running
from tests.live import surprises
from tests.live.cases import FUNCTIONS, Case, cheapest, together
from tests.live.conftest import agreed
from tests.live.consent import NoConsentError, Till, choose, decide
from tests.live.inputs import Files
from tests.live.run import Recording, run_job
from tests.live.table import Outcome
from tests.patience import HANGS

ROOT = Path(__file__).parents[1]
KEY = "sk-live-key-that-is-nobodys-business"
BEIJING = "cn-beijing"
Ran = tuple[int, str]
BY_LENGTH = ("video_repainting", "videoedit", "animate", "speech_to_video", "video_style")
"""Functions that are billed by how long an input is."""


@pytest.fixture
def service() -> Iterator[Callable[..., RunningEmulator]]:
    """Starts an emulator in real time whose jobs take a moment."""
    with ExitStack() as stack:

        def start(**settings: Any) -> RunningEmulator:
            usual = {
                "regions": (RegionSettings(BEIJING, keys={KEY: "acme"}),),
                "run_seconds": (0.05, 0.1),
                "submit_rps": 1000,
                "render": False,
            }
            return stack.enter_context(running(EmulatorSettings(**{**usual, **settings})))

        yield start


def environment(emulator: RunningEmulator | None, **more: str) -> dict[str, str]:
    ours = {
        name: text for name, text in os.environ.items() if not name.startswith(("WAN_LIVE_", "DASHSCOPE_"))
    }
    if emulator is not None:
        ours |= {"DASHSCOPE_API_KEY": KEY, "WAN_LIVE_REGION": BEIJING, "WAN_LIVE_HOST": emulator.base_url}
    return {**ours, "WAN_LIVE_POLL": "0.05", **more}


def command(*options: str, mark: str = "live") -> list[str]:
    # Without what the plugins of other tests take to start.
    quick = ["-p", "no:cacheprovider", "-p", "no:hypothesispytest", "--color=no"]
    return [sys.executable, "-m", "pytest", *(["-m", mark] if mark else []), "tests/live", *quick, *options]


def run(*options: str, mark: str = "live", emulator: RunningEmulator | None = None, **more: str) -> Ran:
    done = subprocess.run(
        command(*options, mark=mark),
        cwd=ROOT,
        env=environment(emulator, **more),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=HANGS,
        check=False,
    )
    assert KEY not in done.stdout + done.stderr
    return done.returncode, done.stdout + done.stderr


def rows(said: str) -> dict[str, str]:
    """The lines of the table at the end, by function."""
    table = said.partition("= live jobs =")[2]
    return {
        line.split()[0]: line
        for line in table.splitlines()
        if line.split()[:1] and line.split()[0] in FUNCTIONS
    }


# -- before anything is sent ------------------------------------------------------------------------


@pytest.mark.parametrize("mark", ["", "not browser"])
def test_live_jobs_are_deselected_unless_named(mark: str) -> None:
    code, said = run("--collect-only", mark=mark)
    assert code == pytest.ExitCode.NO_TESTS_COLLECTED
    assert f"({len(FUNCTIONS)} deselected)" in said


def test_without_a_key_each_function_is_skipped_by_name() -> None:
    code, said = run()
    assert code == 0
    assert f"{len(FUNCTIONS)} skipped" in said
    assert list(rows(said)) == list(FUNCTIONS)
    assert all("not run: DASHSCOPE_API_KEY isn't set" in line for line in rows(said).values())


def test_without_an_answer_it_says_what_it_would_cost_and_sends_nothing(
    service: Callable[..., RunningEmulator],
) -> None:
    emulator = service()
    code, said = run(emulator=emulator)
    assert code == 0
    assert f"{len(FUNCTIONS)} skipped" in said
    amount = re.search(r"Together at most (\S+) CNY, in \d+ to \d+ minutes", said)
    assert amount
    assert f"there is no terminal to ask on, and WAN_LIVE_YES={amount[1]} isn't set" in said
    each = re.findall(r"^  (\w+) +(\S+) +(\d+\.\d\d)(?: |$)", said, re.MULTILINE)
    assert [function for function, _, _ in each] == list(FUNCTIONS)
    assert sum(Decimal(most) for _, _, most in each) == Decimal(amount[1])
    assert ("video_outpainting", "wanx2.1-vace-plus", "3.50") in each
    assert emulator.requests.as_json()["endpoints"] == {}


def test_a_wrong_amount_is_a_failure_and_sends_nothing(service: Callable[..., RunningEmulator]) -> None:
    emulator = service()
    code, said = run("-k", "wan3_video", emulator=emulator, WAN_LIVE_YES="0.61")
    assert code == 1
    assert "WAN_LIVE_YES is '0.61', but the amount is 0.60. Nothing was sent" in said
    assert emulator.requests.as_json()["endpoints"] == {}


# -- the jobs ---------------------------------------------------------------------------------------


def test_with_the_amount_each_function_has_one_job_and_the_table_tells_of_it(
    service: Callable[..., RunningEmulator],
) -> None:
    emulator = service()
    # Without rendering, the emulator doesn't know how long inputs are, so those that are billed by it come below.
    functions = [function for function in FUNCTIONS if function not in BY_LENGTH]
    cases = choose(functions, environment(emulator)).cases
    assert [case.function for case in cases] == functions
    wanted = " and ".join(f"not {function}]" for function in BY_LENGTH)
    code, said = run("-k", wanted, emulator=emulator, WAN_LIVE_YES=together(cases))
    assert (code, f"{len(functions)} passed" in said) == (0, True), said
    sent = emulator.submits()
    assert [(submit.body["model"], submit.path) for submit in sent] == [
        (case.model_name, case.path) for case in cases
    ]
    assert "live.invalid" not in str([submit.body for submit in sent])
    bill = emulator.ledger()
    assert len(bill) == len({charge.task_id for charge in bill}) == len(sent)
    for case, charge in zip(cases, bill, strict=True):
        assert charge.cost is not None
        assert charge.cost <= case.most.amount, case.function
    told = rows(said)
    assert list(told) == functions
    for (function, line), task in zip(told.items(), emulator.tasks(), strict=True):
        assert f"  {task['model']}  " in line, function
        assert f"  {task['task_id'][:8]}...  SUCCEEDED  " in line
        assert task["task_id"] not in said
    assert told["wan3_video"].endswith("  0.60      none")
    assert told["reference_to_video"].endswith("the cost can't be told from usage")


def test_on_a_terminal_yes_runs_them_and_the_bill_is_no_more_than_was_said(
    service: Callable[..., RunningEmulator],
) -> None:
    """Rendered, so that the emulator bills by what it was really given."""
    emulator = service(render=True)
    wanted = "text_to_video or animate or speech_to_video"
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        command("-k", wanted),
        cwd=ROOT,
        env=environment(emulator),
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        os.write(ours, b"yes\n")
        said, _ = process.communicate(timeout=HANGS)
    finally:
        process.kill()
        os.close(ours)
        os.close(theirs)
    assert process.returncode == 0, said
    assert "Type 'yes' to pay up to 2.58 CNY, anything else to send nothing:" in said
    assert "3 passed" in said
    bill = {charge.model: charge.cost for charge in emulator.ledger()}
    assert bill == {
        "wan2.2-t2v-plus": Decimal("0.70"),
        "wan2.2-animate-move": Decimal("0.88"),
        "wan2.2-s2v": Decimal("1.00"),
    }
    assert "Together 2.58 CNY by the list prices." in said
    # The figure's picture and motion are made of the first job's result.
    fetched = [(one.model, one.role) for one in emulator.inputs()]
    assert fetched == [
        ("wan2.2-animate-move", "image_url"),
        ("wan2.2-animate-move", "video_url"),
        ("wan2.2-s2v", "image_url"),
        ("wan2.2-s2v", "audio_url"),
    ]
    assert all(line.rstrip().endswith("none") for line in rows(said).values())


def test_jobs_that_fail_or_are_lost_fail_their_test_and_are_not_sent_again(
    service: Callable[..., RunningEmulator],
) -> None:
    emulator = service()
    emulator.faults.order("submit", "drop", model="wan3.0-video", accepted=True)
    emulator.faults.order(
        "submit", "fail", model="wan2.2-t2v-plus", code="DataInspectionFailed", message=f"No. {KEY}"
    )
    wanted = ["text_to_video", "frames_to_video", "wan3_video", "animate"]
    amount = together([case for function in wanted if (case := cheapest(function, BEIJING))])
    code, said = run("-k", " or ".join(wanted), emulator=emulator, WAN_LIVE_YES=amount)
    assert code == 1
    assert "2 failed, 1 passed, 1 skipped" in said
    assert Counter(submit.body["model"] for submit in emulator.submits()) == Counter(
        ["wan2.2-t2v-plus", "wan2.2-kf2v-flash", "wan3.0-video"]
    )
    told = rows(said)
    assert re.search(r"FAILED +\d+ +- +- +none$", told["text_to_video"])
    assert "is FAILED: DataInspectionFailed" in said
    assert re.search(r"wan3.0-video +- +submitted", told["wan3_video"])
    assert "doesn't tell whether it was accepted" in said
    assert "not run: text_to_video, whose result it is to be made of, has given none" in told["animate"]


# -- decisions --------------------------------------------------------------------------------------


def test_a_job_that_was_not_agreed_to_is_prepared_and_not_submitted(
    service: Callable[..., RunningEmulator], tmp_path: Path
) -> None:
    emulator = service()
    (case,) = choose(["image_to_video"], environment(emulator)).cases
    account = Account.of(api_key=KEY, region=BEIJING, host=emulator.base_url)
    with Recording(account) as client, pytest.raises(NoConsentError):
        run_job(client, case, Files(tmp_path), Till(Decimal(0)), Outcome("x"), region=BEIJING, poll=0)
    assert emulator.requests.count("upload") == 1
    assert emulator.submits() == []


def test_beside_others_nothing_is_sent_because_nobody_could_be_asked() -> None:
    class Worker:
        workerinput: ClassVar[dict[str, Any]] = {}

    there = {"DASHSCOPE_API_KEY": KEY, "WAN_LIVE_REGION": BEIJING}
    no = agreed(Worker(), choose(["wan3_video"], there), "0.60")  # type: ignore[arg-type]
    assert no is not None
    assert (no.mistake, no.reason) == (True, "live jobs are run one after the other: leave out -n")


def test_there_is_a_job_for_every_function() -> None:
    def kinds(base: type[WanRequest]) -> Iterator[type[WanRequest]]:
        for kind in base.__subclasses__():
            if kind.__module__.startswith("airflow_provider_wan."):
                yield from (kind, *kinds(kind))

    ours = {kind.function for kind in kinds(WanRequest) if not kind.__name__.startswith("_")}
    assert set(FUNCTIONS) == ours - {VideoSynthesis.function}
    assert all(cheapest(function, BEIJING) for function in FUNCTIONS)


@pytest.mark.parametrize("region", sorted(catalog.REGIONS))
def test_what_a_region_lacks_is_skipped_with_the_reason(region: str) -> None:
    choice = choose(
        FUNCTIONS, {"DASHSCOPE_API_KEY": KEY, "WAN_LIVE_REGION": region, "WAN_LIVE_WORKSPACE": "llm-any"}
    )
    assert {case.function for case in choice.cases} | set(choice.no) == set(FUNCTIONS)
    assert all(
        "no model for it with a known price" in no.reason and not no.mistake for no in choice.no.values()
    )
    for case in choice.cases:
        assert case.model.spellings[region] == case.body["model"] == case.model_name
        assert 0 < case.most.amount < 5


def test_cheapest_job_of_text_to_video_is_the_cheapest_that_any_price_allows() -> None:
    case = cheapest("text_to_video", BEIJING)
    assert case is not None
    cheapest_second = min(
        price * min(seconds for seconds in model.durations if seconds > 0)
        for model in catalog.MODELS
        if model.family in ("t2v", "happyhorse_t2v") and BEIJING in model.spellings
        for price in model.prices["mainland"].values()
    )
    assert case.most.amount == cheapest_second


@pytest.mark.parametrize("region", sorted(catalog.REGIONS))
def test_amount_is_what_the_jobs_cost_rounded_up_to_the_cent(region: str) -> None:
    cases = [case for function in FUNCTIONS if (case := cheapest(function, region))]
    exactly = sum((case.most.amount for case in cases), Decimal(0))
    assert Decimal(0) <= Decimal(together(cases)) - exactly < Decimal("0.01")


def test_what_goes_in_is_counted_where_it_is_billed() -> None:
    case = cheapest("videoedit", BEIJING)
    assert case is not None
    assert case.body["parameters"] == {"resolution": "720P", "duration": 2}
    assert case.most.amount == (Decimal("2.2") + 2) * Decimal("0.6")


def test_figures_are_left_out_where_the_person_is_not_made() -> None:
    there = {"DASHSCOPE_API_KEY": KEY, "WAN_LIVE_REGION": BEIJING}
    choice = choose(["animate", "wan3_video"], there)
    assert [case.function for case in choice.cases] == ["wan3_video"]
    assert "text_to_video, which isn't selected" in choice.no["animate"].reason


def test_settings_that_cannot_be_used_are_a_mistake_without_a_job() -> None:
    choice = choose(FUNCTIONS, {"DASHSCOPE_API_KEY": KEY, "WAN_LIVE_REGION": "mars"})
    assert choice.cases == []
    assert all(no.mistake and "names region 'mars'" in no.reason for no in choice.no.values())


@pytest.mark.parametrize(
    ("given", "answer", "agreed", "mistake"),
    [
        ("24.75", None, True, False),
        (" 24.75 ", None, True, False),
        ("24.74", "yes", False, True),
        ("24.750", "yes", False, True),
        ("yes", "yes", False, True),
        ("", "yes", True, False),
        ("", " yes\n", True, False),
        ("", "y", False, False),
        ("", "YES", False, False),
        ("", "", False, False),
        ("", None, False, False),
    ],
)
def test_only_the_amount_or_yes_is_consent(
    given: str, answer: str | None, agreed: bool, mistake: bool
) -> None:
    no = decide("24.75", {"WAN_LIVE_YES": given}, None if answer is None else lambda _: answer)
    assert (no is None) is agreed
    assert no is None or no.mistake is mistake


def test_till_pays_for_each_function_once_and_never_more_than_was_agreed_to() -> None:
    first, second = (
        case for function in ("text_to_video", "wan3_video") if (case := cheapest(function, BEIJING))
    )
    till = Till(first.most.amount)
    till.pay(first)
    with pytest.raises(NoConsentError, match="text_to_video was submitted before"):
        till.pay(first)
    with pytest.raises(NoConsentError, match="wan3_video costs more than is left"):
        till.pay(second)


# -- surprises --------------------------------------------------------------------------------------


@pytest.fixture
def case() -> Case:
    found = cheapest("animate", BEIJING)
    assert found is not None
    return found


def test_fields_that_nobody_documented_are_named(case: Case) -> None:
    assert (
        surprises.of_submission({"request_id": "r", "output": {"task_id": "t", "task_status": "PENDING"}})
        == []
    )
    assert surprises.of_submission({"output": {"task_id": "t", "queue": 3}, "trace": "x"}) == [
        "submission has output.queue",
        "submission has trace",
    ]
    look = {"output": {"task_status": "SUCCEEDED", "results": {"video_url": "u"}}, "usage": {"new": 1}}
    assert surprises.of_looks(case, [look]) == []
    other = {"output": {"video_url": "u", "results": {"size": 1}}}
    assert surprises.of_looks(case, [look, other]) == [
        "job has output.results.size",
        "job has output.video_url",
    ]


def test_usage_is_held_against_what_the_emulator_would_say(case: Case) -> None:
    assert surprises.of_usage(case, {"video_duration": 2.2, "video_ratio": "standard"}) == []
    assert surprises.of_usage(case, {"video_duration": 2.2, "SR": 720}) == [
        "usage has SR",
        "usage lacks video_ratio",
    ]


def test_bill_that_cannot_be_told_or_is_too_high_is_named(case: Case) -> None:
    used = {"video_duration": 2.2, "video_ratio": "standard"}
    assert surprises.of_money(case, used, {"amount": "0.88", "currency": "CNY"}) == []
    assert surprises.of_money(case, used, {"amount": "0.89", "currency": "CNY"}) == [
        "costs more than 0.88 CNY, which was said before"
    ]
    assert surprises.of_money(case, used, None) == ["the cost can't be told from usage"]
    assert surprises.of_money(case, {}, None) == ["usage doesn't tell the billed seconds"]


def test_times_in_another_zone_and_another_life_of_results_are_named() -> None:
    submitted = datetime(2026, 11, 1, 12, tzinfo=UTC)
    end = submitted + timedelta(minutes=5)
    alive = f"https://x/a.mp4?Expires={int((end + timedelta(hours=24)).timestamp())}"

    def said(at: datetime | None, url: str) -> list[str]:
        snapshot = TaskSnapshot("t", TaskStatus.SUCCEEDED, submitted_at=at, finished_at=end, video_url=url)
        return surprises.of_times(snapshot, submitted=submitted.timestamp())

    assert said(submitted, alive) == []
    assert said(submitted - timedelta(hours=8), alive) == [
        "submit_time, read as UTC+8, is -8.00 h from this machine's clock"
    ]
    assert said(None, alive) == ["job lacks output.submit_time"]
    short = f"https://x/a.mp4?Expires={int((end + timedelta(hours=2)).timestamp())}"
    assert said(submitted, short) == ["the result's address lives 2.0 h after the job's end, not 24"]
