from __future__ import annotations

import io
import json
from email.message import EmailMessage
from pathlib import Path

import pytest

from demo.errors import DemoError
from demo.follow import Progress, describe, fit, follow
from demo.logs import render, task_log
from demo.mail import as_text, read_mails
from demo.report import Video, describe_edit, describe_mail, file_of, probe
from demo.settings import CLIP, MEDIA


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_names_each_task_in_the_order_of_the_chain() -> None:
    line = describe(("repaint", "widen", "check"), {"widen": "deferred", "repaint": "success"})
    assert line == "repaint done · widen at the service · check to do"


def test_a_pipe_gets_a_line_for_each_change_and_now_and_then_a_sign_of_life() -> None:
    pipe = io.StringIO()
    progress = Progress(pipe)
    for second, text in enumerate(["a", "a", "b", *["b"] * 30]):
        progress.show(text, float(second))
    progress.close()
    assert pipe.getvalue().splitlines() == ["  0 s  a", "  2 s  b", " 22 s  b"]


def test_a_terminal_gets_one_line_that_is_written_over() -> None:
    terminal = Terminal()
    progress = Progress(terminal)
    progress.show("a", 0.0)
    progress.show("b", 1.0)
    progress.close()
    assert terminal.getvalue() == "\r\x1b[K  0 s  a\r\x1b[K  1 s  b\n"


def test_the_live_line_never_wraps() -> None:
    assert fit("x" * 80, 80) == "x" * 78 + "…"
    assert fit("x" * 79, 80) == "x" * 79


def test_following_ends_with_the_run_and_reports_its_tasks() -> None:
    state, tasks = follow(lambda: ("failed", {"a": "failed"}), ("a",), Progress(io.StringIO()), 5.0)
    assert (state, tasks) == ("failed", {"a": "failed"})


def test_a_run_that_does_not_end_is_given_up() -> None:
    with pytest.raises(DemoError, match="did not end within 0 s"):
        follow(lambda: ("running", {}), (), Progress(io.StringIO()), 0.0)


def test_a_log_line_of_airflow_reads_as_time_level_and_message_with_the_error_below() -> None:
    line = json.dumps(
        {
            "timestamp": "2026-11-20T16:15:01.123456Z",
            "level": "error",
            "event": "Task failed",
            "error_detail": [{"exc_type": "ValueError", "exc_value": "no video\nin it"}],
        }
    )
    assert render(line) == [
        "16:15:01 ERROR   Task failed",
        "    ValueError: no video",
        "    ValueError: in it",
    ]
    assert render("plain text") == ["plain text"]
    assert render("42") == ["42"]


def test_the_log_shown_is_that_of_the_task_with_its_path(tmp_path: Path) -> None:
    folder = tmp_path / "logs" / "dag_id=d" / "run_id=r" / "task_id=t"
    folder.mkdir(parents=True)
    (folder / "attempt=1.log").write_text("\n".join(f"line {number}" for number in range(40)))
    text = task_log(tmp_path, "d", "r", "t", lines=2)
    assert text.splitlines() == [f"{folder / 'attempt=1.log'}:", "line 38", "line 39"]
    assert "no log in" in task_log(tmp_path, "d", "r", "other")


def test_a_delivered_mail_is_shown_as_its_reader_sees_it(tmp_path: Path) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.com", "b@example.com", "Fertig: für Sie"
    message.set_content("<p>Ready &amp; checked.</p>\n<ul><li>one,\n 1.00 CNY</li></ul>", subtype="html")
    (tmp_path / "0001.eml").write_bytes(bytes(message))
    (mail,) = read_mails(tmp_path)
    assert (mail.sender, mail.recipients, mail.subject) == (
        "a@example.com",
        "b@example.com",
        "Fertig: für Sie",
    )
    assert mail.lines == ("Ready & checked.", "- one, 1.00 CNY")
    assert "  Subject: Fertig: für Sie\n\n  Ready & checked." in describe_mail(mail)


def test_markup_becomes_one_line_for_each_paragraph() -> None:
    assert [line for line in as_text("<p>a\n b</p><p>c</p>").splitlines() if line] == ["a b", "c"]


def test_an_edit_is_told_with_place_size_length_and_price() -> None:
    result = {
        "function": "video_outpainting",
        "model": "wan2.1-vace-plus",
        "output_path": "file:///tmp/my clips/a.mp4",
        "billed_seconds": 3.2,
        "cost": {"amount": "2.34", "currency": "CNY"},
    }
    text = describe_edit("widen", result, Video(1600, 720, 3.2, 1_260_000))
    assert "  /tmp/my clips/a.mp4\n  1600x720, 3.2 s, 1.3 MB; 3.2 s billed, 2.34 CNY" in text
    assert "price unknown" in describe_edit("widen", {**result, "cost": None}, Video(1600, 720, 3.2, 1))


def test_the_sample_clip_is_what_the_examples_need() -> None:
    clip = probe(MEDIA / CLIP)
    assert (clip.width, clip.height) == (1280, 720)
    assert 2.0 <= clip.seconds <= 5.0
    assert clip.size < 1_000_000


def test_a_file_without_video_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"not a video")
    with pytest.raises(DemoError, match=r"a\.mp4 is not a video"):
        probe(tmp_path / "a.mp4")
    with pytest.raises(DemoError, match=r"b\.mp4 is not a video"):
        probe(tmp_path / "b.mp4")


def test_a_file_uri_becomes_its_path() -> None:
    assert file_of("file:///a/b c.mp4") == Path("/a/b c.mp4")
