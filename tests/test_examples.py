"""Every example DAG runs, with a real clip, a real edit and a mail that arrives."""

from __future__ import annotations

import email
import email.policy
import json
import shutil
import socket
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import pytest
from aiosmtpd.controller import Controller

from airflow_provider_wan.dashscope import Account, DashScopeClient, VideoOutpainting
from airflow_provider_wan.media.cutting import trim
from demo.film import make_film, measure
from tests.conftest import DagRunner
from tests.notices import chat
from tests.reviewer import answering

if TYPE_CHECKING:
    from airflow_provider_wan.emulator import RunningEmulator

EXAMPLES = Path(__file__).parents[1] / "example_dags"
MEDIA = Path(__file__).parents[1] / "demo" / "media"


class Mailbox:
    """An SMTP server's handler that keeps what is delivered."""

    def __init__(self) -> None:
        self.mails: list[email.message.EmailMessage] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 -- aiosmtpd's name
        self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 OK"


@pytest.fixture
def mailbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    box = Mailbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    connection = {
        "conn_type": "smtp",
        "host": "127.0.0.1",
        "port": port,
        "extra": {"from_email": "airflow@example.com", "disable_ssl": True, "disable_tls": True},
    }
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(connection))
    yield box
    controller.stop()


@pytest.fixture(scope="module")
def rendering(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEmulator]:
    from airflow_provider_wan.emulator import EmulatorSettings, running

    served = tmp_path_factory.mktemp("served")
    # As short as all models take it: less to render.
    trim(MEDIA / "big_buck_bunny.mp4", served / "big_buck_bunny.mp4", end=2)
    with running(EmulatorSettings(speed=120, media_root=served, run_seconds=(60, 90))) as emulator:
        yield emulator


@pytest.fixture
def clip(rendering: RunningEmulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """Point the examples at the emulator and at a folder; return the clip's address."""
    connection = {"conn_type": "dashscope", "password": rendering.key, "host": rendering.base_url}
    monkeypatch.setenv("AIRFLOW_CONN_DASHSCOPE_DEFAULT", json.dumps(connection))
    url = rendering.media_url("big_buck_bunny.mp4")
    monkeypatch.setenv("WAN_EXAMPLE_CLIP_URL", url)
    monkeypatch.setenv("WAN_EXAMPLE_OUTPUT_FOLDER", f"file://{tmp_path}")
    monkeypatch.setenv("AIRFLOW__WAN__LOCAL_MEDIA_ROOTS", f"{MEDIA},{tmp_path}")
    monkeypatch.setenv("AIRFLOW__WAN__PREFLIGHT", "True")
    monkeypatch.delenv("AIRFLOW__WAN__ALLOW_PRIVATE_URLS")  # the examples do without
    return url


def size_of(uri: str) -> tuple[int, int]:
    with av.open(uri.removeprefix("file://")) as video:
        stream = video.streams.video[0]
        assert sum(1 for _ in video.decode(stream)) > 1  # to the last frame
        return stream.width, stream.height


def test_edit_one_clip(clip: str, run_dag: DagRunner, tmp_path: Path) -> None:
    run = run_dag("edit_one_clip")
    assert run.states == {"edit": "success"}
    assert size_of(f"{tmp_path}/watercolour.mp4") == (1280, 720)


def test_edit_chain(rendering: RunningEmulator, clip: str, run_dag: DagRunner, mailbox: Mailbox) -> None:
    paid = len(rendering.ledger())
    run = run_dag("edit_chain", recipient="editors@example.com")
    assert run.states == dict.fromkeys(["repaint", "widen", "check", "tell_the_team"], "success")
    repaint, widen = run.xcom("repaint"), run.xcom("widen")
    assert size_of(repaint["output_path"]) == (1280, 720)
    assert size_of(widen["output_path"]) == (1920, 720)  # a quarter more on each side of 1280, as emulated
    (mail,) = mailbox.mails
    text = mail.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert mail["to"] == "editors@example.com"
    for result in (repaint, widen):
        assert result["output_path"] in text
        assert f"{result['cost']['amount']} CNY" in text
    assert "Signature=" not in text
    assert len(rendering.ledger()) == paid + 2


def test_edit_many_clips(rendering: RunningEmulator, clip: str, run_dag: DagRunner) -> None:
    paid = len(rendering.ledger())
    run = run_dag("edit_many_clips", clip_urls=[clip] * 2)
    assert run.states == dict.fromkeys(["list_clips", "edit[0]", "edit[1]", "add_up"], "success")
    assert run.xcom("add_up").startswith("2 clips, ")
    assert len(rendering.ledger()) == paid + 2


def test_edit_batch(rendering: RunningEmulator, clip: str, run_dag: DagRunner, tmp_path: Path) -> None:
    paid = len(rendering.ledger())
    run = run_dag("edit_batch", clip_urls=[clip] * 2)
    assert run.states == dict.fromkeys(["plan_edits", "edit", "add_up"], "success")
    assert run.xcom("add_up").startswith("2 of 2 clips, ")
    assert [size_of(result["output_path"]) for result in run.xcom("edit")] == [(1920, 720)] * 2
    assert len(rendering.ledger()) == paid + 2


def test_edit_bucket_to_bucket(
    rendering: RunningEmulator, clip: str, run_dag: DagRunner, tmp_path: Path
) -> None:
    run = run_dag("edit_bucket_to_bucket", source=f"file://{MEDIA}/big_buck_bunny.mp4")
    assert run.states == {"ink": "success"}
    result = run.xcom("ink")
    assert size_of(result["output_path"]) == (1280, 720)
    (fetched,) = rendering.inputs(result["task_id"])
    assert fetched.size == (MEDIA / "big_buck_bunny.mp4").stat().st_size
    assert rendering.submits()[-1].body["input"]["video_url"].startswith("oss://dashscope-instant/")


def test_edit_when_landed(rendering: RunningEmulator, clip: str, run_dag: DagRunner, tmp_path: Path) -> None:
    run = run_dag("edit_when_landed", clip=f"file://{MEDIA}/big_buck_bunny.mp4")
    assert run.states == {"landed_clips": "success", "portrait[0]": "success"}
    assert size_of(run.xcom("portrait", 0)["output_path"]) == (1280, 1440)


def test_edit_photo_with_sound(
    rendering: RunningEmulator, clip: str, run_dag: DagRunner, tmp_path: Path
) -> None:
    run = run_dag(
        "edit_photo_with_sound",
        photo=f"file://{MEDIA}/big_buck_bunny.jpg",
        sound=f"file://{MEDIA}/big_buck_bunny.mp3",
    )
    assert run.states == {"move": "success", "snow": "success"}
    for task_id in ("move", "snow"):
        path = run.xcom(task_id)["output_path"]
        assert size_of(path)[1] in (720, 1280)
        with av.open(path.removeprefix("file://")) as video:
            assert video.streams.audio
    assert {one.role for one in rendering.inputs(run.xcom("move")["task_id"])} == {"img_url", "audio_url"}


def test_edit_foreign_job(rendering: RunningEmulator, clip: str, run_dag: DagRunner, tmp_path: Path) -> None:
    request = VideoOutpainting(prompt="Wider", video_url=clip, left_scale=1.5)
    with DashScopeClient(Account.of(api_key=rendering.key, host=rendering.base_url)) as elsewhere:
        job = elsewhere.submit(request.path(), request.body("ap-southeast-1")).task_id
    paid = len(rendering.ledger())
    run = run_dag("edit_foreign_job", job=job)
    assert run.states == {"wait": "success", "land": "success"}
    assert size_of(f"{tmp_path}/elsewhere/{job}.mp4") == (1920, 720)
    assert len(rendering.ledger()) <= paid + 1


def test_edit_taskflow(rendering: RunningEmulator, clip: str, run_dag: DagRunner) -> None:
    paid = len(rendering.ledger())
    run = run_dag("edit_taskflow", style="clay")
    assert run.states == dict.fromkeys(["plan", "repaint", "widen", "report"], "success")
    repaint, widen = run.xcom("repaint"), run.xcom("widen")
    assert repaint["orig_prompt"].endswith("made of modelling clay")
    assert size_of(repaint["output_path"]) == (1280, 720)
    assert size_of(widen["output_path"]) == (1920, 720)
    cost = Decimal(repaint["cost"]["amount"]) + Decimal(widen["cost"]["amount"])
    assert run.xcom("report") == f"{widen['output_path']}: {cost} CNY"
    assert len(rendering.ledger()) == paid + 2


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_film(
        MEDIA / "big_buck_bunny.mp4",
        tmp_path_factory.mktemp("film") / "film.mp4",
        seconds=6.0,
        size=(320, 180),
    )


def test_edit_long_film(
    rendering: RunningEmulator, clip: str, film: Path, run_dag: DagRunner, tmp_path: Path
) -> None:
    paid = len(rendering.ledger())
    run = run_dag("edit_long_film", film=placed(film, tmp_path))
    names = ["portrait.prepare", "portrait.edit[0]", "portrait.edit[1]", "portrait.join", "sheet"]
    assert run.states == dict.fromkeys(names, "success")
    result = run.xcom("portrait.join")
    assert (result["width"], result["height"], result["frames"]) == (320, 540, 180)
    found = measure(film, Path(result["output_path"].removeprefix("file://")), (0, 1 / 3, 1, 2 / 3))
    assert (found.missing, abs(found.late) < 0.04) == ([], True)
    assert Path(run.xcom("sheet").removeprefix("file://")).read_bytes().startswith(b"\x89PNG")
    assert len(rendering.ledger()) == paid + 2


def test_edit_replace_object(
    rendering: RunningEmulator, clip: str, film: Path, run_dag: DagRunner, tmp_path: Path
) -> None:
    run = run_dag("edit_replace_object", film=placed(film, tmp_path))
    assert set(run.states.values()) == {"success"}
    assert run.xcom("check")["faults"] == []
    width, height = size_of(run.xcom("compare"))
    assert width > height


def test_edit_weekly_folder(
    rendering: RunningEmulator, clip: str, run_dag: DagRunner, tmp_path: Path, mailbox: Mailbox
) -> None:
    clips = tmp_path / "clips"
    clips.mkdir()
    for name in ("one.mp4", "two.mp4"):
        shutil.copy(MEDIA / "big_buck_bunny.mp4", clips / name)
    (clips / "notes.txt").write_text("not a clip")
    paid = len(rendering.ledger())
    for _ in range(2):  # the second week there is nothing new
        run = run_dag("edit_weekly_folder", clips=f"file://{clips}/", recipient="editors@example.com")
        assert set(run.states.values()) == {"success"}
    assert len(rendering.ledger()) == paid + 2
    mail = mailbox.mails[-1]
    assert mail["to"] == "editors@example.com"
    text = mail.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert "2 clips, 4.40" in text
    assert 'src="cid:sheet.png"' in text
    (picture,) = [part for part in mail.walk() if part.get_content_maintype() in ("image", "application")]
    assert picture["Content-ID"] == "<sheet.png>"
    assert picture.get_payload(decode=True).startswith(b"\x89PNG")  # type: ignore[union-attr]


@pytest.fixture
def loopback(clip: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let posters be made of results that only the emulator has, which stands on this machine."""
    monkeypatch.setenv("AIRFLOW__WAN__ALLOW_PRIVATE_URLS", "True")


@pytest.mark.usefixtures("loopback")
def test_edit_with_approval(rendering: RunningEmulator, run_dag: DagRunner, tmp_path: Path) -> None:
    paid = len(rendering.ledger())
    with answering("edit_with_approval", {"review": ("Approve", {})}) as shown:
        run = run_dag("edit_with_approval")
    assert run.states == dict.fromkeys(["edit", "poster", "review", "publish"], "success")
    cost = run.xcom("edit")["cost"]
    assert f"**{float(cost['amount']):.2f} {cost['currency']}**" in shown["review"]
    assert size_of(run.xcom("publish")["output_path"])[1] == 720
    assert len(rendering.ledger()) == paid + 1


@pytest.mark.usefixtures("loopback")
def test_edit_best_of(rendering: RunningEmulator, run_dag: DagRunner, tmp_path: Path) -> None:
    paid = len(rendering.ledger())
    with answering("edit_best_of", {"review": ("Seed 22", {})}) as shown:
        run = run_dag("edit_best_of")
    assert set(run.states.values()) == {"success"}
    assert "### Seed 33" in shown["review"]
    assert run.xcom("publish")["task_id"] == run.xcom("candidate.edit", 1)["task_id"]
    assert [file.name for file in tmp_path.rglob("*.mp4")] == ["published.mp4"]
    assert len(rendering.ledger()) == paid + 3


@pytest.mark.usefixtures("loopback")
def test_edit_until_approved(rendering: RunningEmulator, run_dag: DagRunner, tmp_path: Path) -> None:
    paid = len(rendering.ledger())
    answers: dict[str, tuple[str, dict[str, Any]]] = {
        "review_1": ("Edit again", {"new_prompt": "A blue scarf"}),
        "review_2": ("Publish", {"new_prompt": None}),
    }
    with answering("edit_until_approved", answers) as shown:
        run = run_dag("edit_until_approved")
    assert "A blue scarf" in shown["review_2"]
    assert {name for name, state in run.states.items() if state == "skipped"} == {
        *("edit_3", "poster_3", "review_3", "decide_3"),
    }
    assert run.xcom("publish")["task_id"] == run.xcom("edit_2")["task_id"]
    assert [file.name for file in tmp_path.rglob("*.mp4")] == ["published.mp4"]
    assert len(rendering.ledger()) == paid + 2


def test_edit_and_mail(clip: str, run_dag: DagRunner, mailbox: Mailbox) -> None:
    run = run_dag("edit_and_mail", recipient="editors@example.com")
    assert run.states == dict.fromkeys(["edit", "sheet", "tell"], "success")
    (mail,) = mailbox.mails
    text = mail.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert (mail["to"], mail["subject"]) == ("editors@example.com", "Done: edit of edit_and_mail")
    cost = run.xcom("edit")["cost"]
    assert f"{float(cost['amount']):.2f} {cost['currency']} for" in text
    assert 'src="cid:poster.png"' in text
    assert [part["Content-ID"] for part in mail.walk() if part["Content-ID"]] == ["<poster.png>"]


def test_edit_and_tell_slack(clip: str, run_dag: DagRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    with chat() as slack:
        connection = {
            "conn_type": "slackwebhook",
            "host": f"{slack.url}/services",
            "password": "T0/B0/secret",
        }
        monkeypatch.setenv("AIRFLOW_CONN_SLACK_DEFAULT", json.dumps(connection))
        assert run_dag("edit_and_tell_slack").states == {"edit": "success"}
    (message,) = slack.messages
    assert message["blocks"][0]["text"]["text"] == "Done: edit of edit_and_tell_slack"


def test_edit_and_tell_dingtalk(clip: str, run_dag: DagRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    with chat() as dingtalk:
        connection = {"conn_type": "dingding", "host": dingtalk.url, "password": "secret"}
        monkeypatch.setenv("AIRFLOW_CONN_DINGDING_DEFAULT", json.dumps(connection))
        assert run_dag("edit_and_tell_dingtalk").states == dict.fromkeys(
            ["edit[0]", "edit[1]", "tell"], "success"
        )
    (message,) = dingtalk.messages
    assert "2 of 2 edits are done." in message["markdown"]["text"]


def placed(film: Path, folder: Path) -> str:
    """A film where the example may read it."""
    shutil.copy(film, folder / "film.mp4")
    return f"file://{folder}/film.mp4"


def test_every_example_is_run_by_a_test_here() -> None:
    tested = {name.removeprefix("test_") for name in globals() if name.startswith("test_edit_")}
    assert tested == {file.stem for file in EXAMPLES.glob("*.py")}
