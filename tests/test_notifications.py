"""Messages about edits: what they say, how three services get it, and that nothing in them does anything."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_wan import records
from airflow_provider_wan.dashscope import codes, errors
from airflow_provider_wan.jobs import Job
from airflow_provider_wan.notifications import as_dingtalk, as_mail, as_slack, mail, posters
from airflow_provider_wan.notifications.entries import Entry, instance
from airflow_provider_wan.notifications.message import Message, Outcome, Tone, message
from airflow_provider_wan.notifications.words import money
from tests.conftest import DagRunner
from tests.notices import Chat, chat
from tests.test_examples import Mailbox, clip, mailbox, rendering  # noqa: F401 -- fixtures

if TYPE_CHECKING:
    from airflow_provider_wan.emulator import RunningEmulator

KEY = "sk-0123456789abcdef"
SIGNED = f"https://bucket.oss.example.com/a.mp4?Expires=1&Signature=c2VjcmV0c2lnbmF0dXJl&key={KEY}"
HOSTILE = (
    '<script>alert(1)</script><img src=x onerror="alert(1)"> <!channel> <https://evil.example|OK> '
    "[free](https://evil.example) ![](https://evil.example/a.png) **bold** `code` {{ conn.smtp_default }} "
    f"{SIGNED} \u202egpj.exe\u2066\x07"
)
LINK = "https://airflow.example.com/dags/d/runs/r/tasks/edit/plugin/video"
JOB = Job("job-1", "request-1", "wan2.1-vace-plus", "video_repainting", "cn-beijing", 1.7e9, 1.7e9 + 9000)
RESULT = {
    "task_id": "job-1",
    "function": "video_repainting",
    "model": "wanx2.1-vace-plus",
    "region": "cn-beijing",
    "video_url": SIGNED,
    "expires_at": "2026-11-27T14:05:00+00:00",
    "output_path": "s3://aws_default@media-team/edits/rabbit.mp4",
    "billed_seconds": 5.0,
    "cost": {"amount": "3.50", "currency": "CNY", "price_date": "2026-01-01"},
    "submitted_at": "2026-11-26T14:05:00+00:00",
    "finished_at": "2026-11-26T14:06:32+00:00",
    "orig_prompt": "A rabbit drawn in ink",
}
DONE = Outcome("d", "manual__2026", "edit", state="success", result=RESULT, attempt=1, attempts=3, link=LINK)
SPENT = {"paid": {"CNY": "7.00"}, "open": {"CNY": "1.75"}, "unknown": 0, "jobs": 3}


def failed(error: errors.WanError, **more: Any) -> Outcome:
    facts = {"state": "failed", "attempt": 1, "attempts": 3, "link": LINK, **more}
    return Outcome("d", "manual__2026", "edit", failure=records.failure(error, at=1.7e9, job=JOB), **facts)


def job_failed(code: str, text: str = "It went wrong") -> errors.ServiceError:
    return codes.failure(code, text, task_id="job-1", request_id="request-1")


def lines(outcome: Outcome) -> dict[str, str]:
    return dict(message(outcome).lines)


# -- what is said ----------------------------------------------------------------------------------------


def test_a_finished_edit_tells_cost_time_and_place() -> None:
    said = message(DONE)
    assert (said.tone, said.title) == (Tone.DONE, "Done: edit of d")
    assert said.lead == "Video repainting is done, in 1 min 32 s."
    assert lines(DONE)["Cost"] == "3.50 CNY for 5 billed seconds"
    assert lines(DONE)["Result"] == "s3://aws_default@media-team/edits/rabbit.mp4"
    assert said.link == LINK


def test_what_earlier_attempts_cost_is_told_too() -> None:
    told = lines(replace(DONE, cost=SPENT))["Cost"]
    assert told.startswith(
        "3.50 CNY for 5 billed seconds. 3 jobs in all: 7.00 CNY paid, at most 1.75 CNY more"
    )


def test_models_without_functions_are_named_in_words() -> None:
    told = [
        message(replace(DONE, result={**RESULT, "function": name})).lead for name in ("videoedit", "", "i2v")
    ]
    assert [one.partition(",")[0] for one in told] == [
        "Video edit is done",
        "It is done",
        "Image to video is done",
    ]


@pytest.mark.parametrize(
    ("amount", "told"),
    [
        ("4.697114", "4.70 CNY"),
        ("2.201772", "2.20 CNY"),
        ("3.5", "3.5 CNY"),
        ("0.000367", "0.000367 CNY"),
        ("0.005", "0.01 CNY"),
        ("1e-9999", "1e-9999 CNY"),
        ("NaN", "NaN CNY"),
    ],
)
def test_amounts_are_rounded_to_the_cent_unless_nothing_is_left(amount: str, told: str) -> None:
    assert money({"CNY": amount}) == told


def test_a_result_that_is_not_landed_says_until_when_it_lives() -> None:
    told = lines(replace(DONE, result={**RESULT, "output_path": None}))
    assert "before 27 November, 14:05 UTC" in told["Next"]
    assert "Result" not in told


@pytest.mark.parametrize(
    ("error", "state", "spent", "attempt", "next_step"),
    [
        pytest.param(
            job_failed("InternalError"),
            "up_for_retry",
            "A failed job isn't billed.",
            "1 of 3; Airflow tries again by itself.",
            "Nothing needs doing now. A retry submits a new job.",
            id="will-be-retried",
        ),
        pytest.param(
            job_failed("InternalError"),
            "failed",
            "A failed job isn't billed.",
            "1 of 3; Airflow doesn't try again.",
            "Clear the task to try again. A retry submits a new job.",
            id="retries-are-used-up",
        ),
        pytest.param(
            job_failed("DataInspectionFailed"),
            "failed",
            "A failed job isn't billed.",
            "1 of 3; Airflow doesn't try again.",
            "Change the prompt or the inputs; the same request will be rejected again.",
            id="rejected",
        ),
        pytest.param(
            errors.AuthenticationError("Invalid key", code="InvalidApiKey", http_status=401),
            "failed",
            "A refused call isn't billed.",
            "1 of 3; Airflow doesn't try again.",
            f"{errors.AuthenticationError.advice} It is not retried; run it again once that is settled.",
            id="wrong-key",
        ),
        pytest.param(
            errors.InvalidRequestError("prompt: '' is empty; write one."),
            "failed",
            "Nothing was sent or billed.",
            "1 of 3; Airflow doesn't try again.",
            "Once that is settled, clear the task.",
            id="refused-here",
        ),
    ],
)
def test_a_failure_tells_the_truth_about_money_and_retries(
    error: errors.WanError, state: str, spent: str, attempt: str, next_step: str
) -> None:
    told = lines(failed(error, state=state))
    assert (told["Spent"], told["Attempt"], told["Next"]) == (spent, attempt, next_step)
    assert message(failed(error, state=state)).tone is (Tone.FAILED if state == "failed" else Tone.AGAIN)


def test_what_the_service_says_of_retries_is_not_taken_for_ours() -> None:
    outcome = failed(job_failed("DataInspectionFailed", "A retry may help. It will not be billed."))
    told = lines(outcome)
    assert "A retry may help. It will not be billed (code" in message(outcome).lead
    assert told["Spent"] == "A failed job isn't billed."
    assert told["Next"] == "Change the prompt or the inputs; the same request will be rejected again."


def test_a_failure_tells_code_reason_and_job_once() -> None:
    outcome = failed(job_failed("DataInspectionFailed", "Inappropriate content."), cost=SPENT)
    said, told = message(outcome), lines(outcome)
    assert (
        said.lead
        == "Job job-1 failed: Inappropriate content (code DataInspectionFailed, request_id request-1)."
    )
    assert (told["Code"], told["Job"]) == ("DataInspectionFailed", "job-1")
    assert told["Spent"].endswith(
        "3 jobs in all: 7.00 CNY paid, at most 1.75 CNY more for what wasn't seen to end."
    )
    assert "Change the prompt" not in said.lead


def test_a_failure_that_is_not_ours_is_told_without_guesses() -> None:
    outcome = Outcome("d", "r", "edit", state="failed", error="KeyError: 'clip'", attempt=1, attempts=1)
    assert message(outcome).lead == "KeyError: 'clip'"
    assert lines(outcome) == {"Attempt": "1 of 1; Airflow doesn't try again.", "Next": "See the task's log."}


def test_a_task_that_left_nothing_is_not_called_done() -> None:
    said = message(Outcome("d", "r", "edit", state="skipped"))
    assert said.tone is Tone.NOTHING
    assert "skipped" in said.lead


def test_a_batch_counts_its_edits_and_names_failures_first() -> None:
    wrong = {"index": 1, "error": "Job j failed: no.", "code": "DataInspectionFailed"}
    outcome = replace(DONE, result=[{**RESULT, "index": 0}, wrong, {**RESULT, "index": 2}], cost=SPENT)
    said = message(outcome)
    assert said.lead == "2 of 3 edits are done, 1 failed."
    assert said.tone is Tone.PARTLY
    assert said.items[0] == "[1] DataInspectionFailed: Job j failed: no."
    assert said.items[1] == "[0] s3://aws_default@media-team/edits/rabbit.mp4, 3.50 CNY"
    assert lines(outcome)["Cost"].startswith("3 jobs in all: 7.00 CNY paid")


def test_a_long_batch_is_cut_and_says_so() -> None:
    wrong = [{"index": number, "error": "x" * 5000, "code": "InternalError"} for number in range(30)]
    said = message(replace(DONE, result=[*[RESULT] * 970, *wrong]))
    assert len(said.items) == 10
    assert all(item.startswith("[") and len(item) <= 240 for item in said.items)
    assert said.more == "and 990 more, 20 of them failed"


def test_a_batch_that_was_cut_short_does_not_call_itself_done() -> None:
    outcome = replace(
        DONE, state="failed", result=[RESULT], request={"parameters": {"edits": 5}}, error="Killed"
    )
    said = message(outcome)
    assert said.lead == "1 of 5 edits are done, 4 left no result, Killed."
    assert said.tone is Tone.PARTLY


def test_instances_of_a_mapped_task_are_counted_by_state() -> None:
    entries = [
        instance(0, "success", None),
        instance(1, "failed", {"code": "X", "message": "No."}),
        Entry("[2] removed"),
    ]
    said = message(Outcome("d", "r", "edit", instances=entries))
    assert said.lead == "1 of 3 edits are done, 1 failed, 1 left no result."
    assert said.items == ("[1] X: No.", "[0] success")


# -- that nothing in it does anything --------------------------------------------------------------------------


def everywhere() -> list[Outcome]:
    """Messages in which every part that others write is hostile."""
    result = {
        name: HOSTILE if isinstance(value, str) and name[-3:] not in ("_at", "url") else value
        for name, value in RESULT.items()
    }
    error = job_failed("DataInspectionFailed", HOSTILE)
    failure = dict.fromkeys(records.failure(error, at=1.7e9, job=JOB), HOSTILE)
    names = {"dag_id": "d", "run_id": HOSTILE, "task_id": "edit"}
    request = {"prompt": HOSTILE, "parameters": {"edits": HOSTILE}}
    wrong = {"index": HOSTILE, "error": HOSTILE, "code": HOSTILE}
    cost = {"paid": {HOSTILE: "1"}, "open": {"CNY": HOSTILE}, "unknown": HOSTILE, "jobs": 2}
    shared: dict[str, Any] = {**names, "request": request, "cost": cost, "link": LINK, "poster": SIGNED}
    return [
        Outcome(**shared, result=result),
        Outcome(
            **shared,
            result={**result, "cost": {"amount": HOSTILE, "currency": HOSTILE}, "output_path": SIGNED},
        ),
        Outcome(**shared, state="failed", failure=records.failure(error, at=1.7e9, job=JOB)),
        Outcome(**shared, state="failed", failure=failure),
        Outcome(**shared, state=HOSTILE, error=HOSTILE),
        Outcome(**shared, result=[wrong, result]),
        Outcome(**shared, instances=[instance(0, HOSTILE, failure)]),
    ]


class Tags(HTMLParser):
    """What a page is made of."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def renderings(said: Message) -> dict[str, str]:
    picture = posters.public(said.poster)
    return {
        "mail": as_mail.html(said, picture="cid:poster.png"),
        "subject": said.title,
        "slack": json.dumps(
            [as_slack.text(said), as_slack.blocks(said, picture=picture)], ensure_ascii=False
        ),
        "dingtalk": json.dumps(as_dingtalk.markdown(said, picture=picture), ensure_ascii=False),
    }


@pytest.mark.timeout(60)
def test_long_text_of_the_service_s_keeps_nobody_waiting() -> None:
    said = lines(failed(job_failed("InternalError", "billed " * 20_000)))
    assert "isn't billed" in said["Spent"]


@pytest.mark.parametrize("outcome", everywhere())
def test_hostile_texts_are_inert_in_a_mail(outcome: Outcome) -> None:
    page = Tags(as_mail.html(message(outcome), picture="cid:poster.png"))
    ordinary = "html head meta title style body div table tr td th span h1 p a img ul li br"
    assert {tag for tag, _ in page.found} <= set(ordinary.split())
    assert {values["href"] for tag, values in page.found if tag == "a"} == {LINK}
    assert {values["src"] for tag, values in page.found if tag == "img"} == {"cid:poster.png"}
    assert not [name for _, values in page.found for name in values if name.startswith("on")]
    assert "<script>alert(1)</script>" in page.text  # as a text


@pytest.mark.parametrize("outcome", everywhere())
def test_hostile_texts_are_inert_in_slack(outcome: Outcome) -> None:
    said = message(outcome)
    for part in marked_up(as_slack.blocks(said)):
        assert re.fullmatch(rf"\*[A-Z][a-z ]+\*|<{re.escape(LINK)}\|[A-Za-z ]+>", part), part
    assert "<" not in as_slack.text(said)


@pytest.mark.parametrize("outcome", everywhere())
def test_hostile_texts_are_inert_in_dingtalk(outcome: Outcome) -> None:
    text = as_dingtalk.markdown(message(outcome))["text"]
    assert re.findall(r"\]\(([^)]*)\)", text) == [LINK]
    assert set(re.findall(r"<[^>]*>", text)) <= {
        f"<font color={colour}>" for colour in ("#1a7f37", "#cf222e", "#9a6700")
    } | {"</font>"}
    assert "**bold**" not in text
    assert "`" not in text


@pytest.mark.parametrize("outcome", everywhere())
def test_nothing_secret_and_nothing_invisible_is_in_any_of_them(outcome: Outcome) -> None:
    for name, text in renderings(message(outcome)).items():
        for secret in ("c2VjcmV0", "Signature=", "0123456789abcdef", "\u202e", "\u2066", "\x07"):
            assert secret not in text, name


def test_a_subject_is_one_line() -> None:
    said = message(replace(DONE, dag_id="d\r\nBcc: everyone@example.com"))
    assert said.title == "Done: edit of d Bcc: everyone@example.com"


@pytest.mark.parametrize("link", ["javascript:alert(1)", "dags/d/runs/r/tasks/edit/plugin/video", None])
def test_a_link_that_is_no_web_address_is_left_out(link: str | None) -> None:
    said = message(replace(DONE, link=link))
    assert said.link is None
    assert "<a " not in as_mail.html(said)


@pytest.mark.parametrize(
    ("uri", "used"),
    [
        ("https://media.example.com/poster.png", True),
        ("https://media.example.com/poster.png?v=2", False),
        (SIGNED, False),
        ("http://media.example.com/poster.png", False),
        ("s3://bucket/poster.png", False),
        ("https://media.example.com/a.png>|x", False),
        (f"https://media.example.com/{KEY}/a.png", False),
        (None, False),
    ],
)
def test_only_public_posters_are_named_to_a_chat(uri: str | None, used: bool) -> None:
    assert posters.public(uri) == (uri if used else None)


# -- limits and shapes ------------------------------------------------------------------------------------


def marked_up(blocks: Sequence[dict[str, Any]]) -> Iterator[str]:
    """All texts in which Slack reads markup."""
    for part in texts_of(blocks):
        if part["type"] == "mrkdwn":
            yield part["text"]


def texts_of(blocks: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for block in blocks:
        yield from [block["text"]] if "text" in block else []
        yield from block.get("fields", [])
        yield from block.get("elements", [])


def check_blocks(blocks: Sequence[dict[str, Any]]) -> None:
    """Hold blocks against https://docs.slack.dev/reference/block-kit/blocks."""
    assert 1 <= len(blocks) <= 50
    for block in blocks:
        assert block["type"] in ("header", "section", "image", "context")
        if block["type"] == "header":
            assert (block["text"]["type"], set(block)) == ("plain_text", {"type", "text"})
            assert len(block["text"]["text"]) <= 150
        if block["type"] == "section":
            assert set(block) in ({"type", "text"}, {"type", "fields"})
            assert len(block.get("text", {}).get("text", "x")) <= 3000
            assert 1 <= len(block.get("fields", [0])) <= 10
            assert all(len(field["text"]) <= 2000 for field in block.get("fields", []))
        if block["type"] == "image":
            assert len(block["image_url"]) <= 3000
            assert len(block["alt_text"]) <= 2000
        if block["type"] == "context":
            assert 1 <= len(block["elements"]) <= 10
    for part in texts_of(blocks):
        assert part["type"] in ("plain_text", "mrkdwn")
        assert part["text"]


def huge() -> Iterator[Outcome]:
    long = "长" * 20_000
    failure = {name: f"{long}{name}" for name in records.failure(job_failed("x"), at=0)}
    request = {"prompt": long}
    yield replace(DONE, result={**RESULT, "function": long, "output_path": f"s3://{long}"}, request=request)
    yield Outcome(long, long, long, state="failed", failure=failure, request=request, link=LINK)
    wrong = {"error": long, "code": long}
    yield Outcome(long, long, long, state="failed", failure=failure, result=[wrong] * 1000, link=LINK)


@pytest.mark.parametrize("outcome", [DONE, failed(job_failed("InternalError")), *huge(), *everywhere()])
def test_messages_keep_to_the_services_limits(outcome: Outcome) -> None:
    said = message(outcome)
    check_blocks(as_slack.blocks(said, picture="https://media.example.com/a.png"))
    assert len(as_slack.text(said)) <= 4000
    markdown = as_dingtalk.markdown(said)
    assert len(json.dumps({"msgtype": "markdown", "markdown": markdown})) <= 20_000
    assert LINK in markdown["text"]
    assert len(said.title) <= 150
    assert len(as_mail.html(said).encode()) < 100_000  # Gmail cuts what is longer


# -- as Airflow sees it -----------------------------------------------------------------------------------


def test_what_is_named_comes_first_and_a_dag_reads_the_same_each_time() -> None:
    from airflow.providers.smtp.operators.smtp import EmailOperator
    from airflow.sdk import DAG
    from airflow.serialization.serialized_objects import DagSerialization

    from airflow_provider_wan.operators import VideoContactSheetOperator, WanVideoEditOperator

    def written() -> str:
        with DAG("d") as dag:
            edit = WanVideoEditOperator(task_id="edit", video_url="https://example.com/a.mp4", prompt="x")
            sheet = VideoContactSheetOperator(
                task_id="sheet", video_url="s3://b/a.mp4", output_path="s3://b/a.png"
            )
            tell = EmailOperator(task_id="tell", to="a@example.com", **mail(edit, poster=sheet))
            assert tell.upstream_task_ids == {"edit", "sheet"}
        return json.dumps(DagSerialization.to_dict(dag), sort_keys=True, default=str)

    assert written() == written()


def test_what_cannot_be_read_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    from airflow_provider_wan.notifications.gather import gather

    class Broken(SimpleNamespace):
        def xcom_pull(self, **_: Any) -> Any:
            raise RuntimeError("no connection")

    ti = Broken(
        dag_id="d", run_id="r", task_id="edit", map_index=-1, try_number=1, max_tries=0, state="failed"
    )
    with caplog.at_level(logging.WARNING):
        said = message(gather({"ti": ti, "exception": ValueError("boom")}))  # type: ignore[typeddict-item]
    assert said.lead == "ValueError: boom"
    assert "no connection" in caplog.text


@pytest.mark.parametrize(
    "content", [b"no picture", b"\x89PNG\r\n\x1a\n" + bytes(posters.MOST)], ids=["text", "too large"]
)
def test_a_mail_goes_without_what_is_no_poster(
    content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__WAN__LOCAL_MEDIA_ROOTS", str(tmp_path))
    (tmp_path / "poster.png").write_bytes(content)
    assert posters.file(f"file://{tmp_path}/poster.png") is None
    assert posters.file(f"file://{tmp_path}/missing.png") is None


def test_a_poster_may_not_be_any_file_of_the_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__WAN__LOCAL_MEDIA_ROOTS", str(tmp_path / "elsewhere"))
    (tmp_path / "poster.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    assert posters.file(f"file://{tmp_path}/poster.png") is None


# -- delivered --------------------------------------------------------------------------------------------


def test_a_failed_edit_is_mailed_as_it_is_and_rendered_once(
    clip: str,  # noqa: F811 -- the fixture
    run_dag: DagRunner,
    mailbox: Mailbox,  # noqa: F811
) -> None:
    prompt = "[reject-input] {{ conn.dashscope_default.password }} <b>bold</b>"
    run = run_dag("edit_and_mail", prompt=prompt)
    assert run.states == {"edit": "failed", "sheet": "upstream_failed", "tell": "upstream_failed"}
    (sent,) = mailbox.mails
    assert sent["subject"] == "Failed: edit of edit_and_mail"
    page = Tags(sent.get_body(("html",)).get_content())  # type: ignore[union-attr]
    assert "DataInspectionFailed" in page.text
    assert "A failed job isn't billed." in page.text
    assert prompt in page.text
    assert "1 of 1; Airflow doesn't try again." in page.text
    assert not [tag for tag, _ in page.found if tag in ("b", "img")]


def test_an_edit_is_told_of_before_its_retry_and_at_its_end(
    connection: Callable[..., None],
    service: RunningEmulator,
    run_dag: DagRunner,
    mailbox: Mailbox,  # noqa: F811
) -> None:
    service.faults.order("submit", "fail", code="InternalError.Algo", message="Out of memory.")
    run = run_dag("told_of_each_end")
    assert run.states == {"edit": "success"}
    first, second = mailbox.mails
    assert first["subject"] == "Will be tried again: edit of told_of_each_end"
    page = Tags(first.get_body(("html",)).get_content())  # type: ignore[union-attr]
    assert "1 of 2; Airflow tries again by itself." in page.text
    assert "A retry submits a new job." in page.text
    assert second["subject"] == "Done: edit of told_of_each_end"
    cost = run.xcom("edit")["cost"]
    end = Tags(second.get_body(("html",)).get_content())  # type: ignore[union-attr]
    assert f"2 jobs in all: {money({cost['currency']: cost['amount']})} paid." in end.text


@pytest.fixture
def service_of_chat(monkeypatch: pytest.MonkeyPatch) -> Iterator[Chat]:
    with chat() as found:
        slack = {"conn_type": "slack", "password": "xoxb-1", "extra": {"base_url": f"{found.url}/api/"}}
        monkeypatch.setenv("AIRFLOW_CONN_SLACK_API_DEFAULT", json.dumps(slack))
        dingtalk = {"conn_type": "dingding", "host": found.url, "password": "secret"}
        monkeypatch.setenv("AIRFLOW_CONN_DINGDING_DEFAULT", json.dumps(dingtalk))
        yield found


def test_many_instances_are_one_message_to_dingtalk(
    connection: Callable[..., None], run_dag: DagRunner, service_of_chat: Chat
) -> None:
    run = run_dag("told_of_many")
    assert [run.states[f"edit[{number}]"] for number in range(3)] == ["success", "failed", "success"]
    ((path, body),) = service_of_chat.got
    assert path == "/robot/send?access_token=secret"
    assert (body["msgtype"], set(body["markdown"])) == ("markdown", {"title", "text"})
    assert body["markdown"]["title"] == "Partly done: edit of told_of_many"
    text = body["markdown"]["text"]
    assert "2 of 3 edits are done, 1 failed." in text
    assert re.search(r"^- .1. DataInspectionFailed: ", text, re.MULTILINE)
    assert re.search(r"\*\*Cost\*\* 3 jobs in all: [0-9.]+ [A-Z]{3} paid\.", text)


def test_a_batch_that_failed_in_part_is_told_to_slack_by_callback_and_by_task(
    connection: Callable[..., None], run_dag: DagRunner, service_of_chat: Chat
) -> None:
    run = run_dag("told_of_batch")
    assert run.states == {"edit": "failed", "tell": "success"}
    assert [path for path, _ in service_of_chat.got] == ["/api/chat.postMessage"] * 2
    for body in service_of_chat.messages:
        blocks = json.loads(body["blocks"])
        check_blocks(blocks)
        assert body["channel"] == "#edits"
        assert body["text"].startswith("Partly done: edit of told_of_batch. 2 of 3 edits are done, 1 failed.")
        assert "[1] DataInspectionFailed: " in json.dumps(blocks)
