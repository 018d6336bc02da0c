"""The parts of the script that takes the documentation's pictures, and what it took."""

from __future__ import annotations

import re
import runpy
import socket
from email.message import EmailMessage
from pathlib import Path

import pytest
from PIL import Image

from airflow_provider_wan.dashscope import Account, DashScopeClient, VideoEdit
from airflow_provider_wan.emulator import EmulatorSettings, RegionSettings, running
from demo.errors import DemoError
from demo.pictures.__main__ import IMAGES, LARGEST, main
from demo.pictures.camera import WIDTH, Shown
from demo.pictures.mail import markup
from demo.pictures.outside import CODE, REFUSED, REFUSED_AFTER, refuse
from demo.pictures.plot import EDITS
from demo.pictures.shots import SHOTS
from demo.pictures.stage import DAGS, Stage, free_ports, free_settings
from tests.ui.browser import chromium

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", [shot.name for shot in SHOTS])
def test_each_picture_is_there_light_and_shown_in_the_documentation(name: str) -> None:
    file = IMAGES / f"{name}.webp"
    assert file.stat().st_size <= LARGEST
    with Image.open(file) as image:
        assert image.width <= WIDTH
    assert [page for page in DOCS.glob("*.md") if f"(images/{file.name})" in page.read_text()]


def test_pictures_have_names_of_their_own_and_others_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert len({shot.name for shot in SHOTS}) == len(SHOTS)
    assert main(["tab-succeded"]) == 2
    assert "There is no picture tab-succeded. There are tab-waiting," in capsys.readouterr().err


def test_ports_are_free_and_a_running_demos_are_left_to_it(tmp_path: Path) -> None:
    ports = free_ports(5)
    assert len(set(ports)) == 5
    for port in ports:
        with socket.socket() as one:
            one.bind(("127.0.0.1", port))
    settings, beside = free_settings(tmp_path)
    stage = Stage(settings, beside)
    taken = [port.number for port in settings.ports] + [beside.slow, beside.storage]
    assert len(set(taken)) == 5
    assert stage.emulator()[2:] == [str(number) for number in (taken[1], beside.slow, beside.storage)]
    assert settings.home == tmp_path


def test_the_dag_has_the_edits_that_are_refused_and_as_many_as_are_waited_for() -> None:
    made = runpy.run_path(str(DAGS / "rabbit.py"))
    looks = [prompt for prompt, _ in made["LOOKS"]]
    assert len(looks) == EDITS
    source = (DAGS / "rabbit.py").read_text()
    prompts = re.findall(r'(?:prompt=|^    \()"([^"]+)"', source, re.MULTILINE)
    assert [sum(prompt.startswith(one) for prompt in prompts) for one in REFUSED] == [1] * len(REFUSED)
    assert sum(look.startswith(REFUSED) for look in looks) == 2


def test_only_what_is_to_be_refused_is_and_not_at_once() -> None:
    settings = EmulatorSettings(
        regions=(RegionSettings(keys={"sk-emulator-of-pictures": "acme"}),),
        render=False,
        run_seconds=(600.0, 600.0),
    )
    with running(settings) as emulator:
        with DashScopeClient(Account.of(api_key=emulator.key, host=emulator.base_url)) as client:
            bad, good = (
                client.submit(edit.path(), edit.body("ap-southeast-1")).task_id
                for edit in (
                    VideoEdit(prompt=prompt, video_url="https://example.com/clip.mp4")
                    for prompt in (f"{REFUSED[1]}, green light", "Sunset")
                )
            )
            client.get(bad)
            client.get(good)
            assert refuse(emulator, set()) == set()
            emulator.clock.advance(REFUSED_AFTER + 5)
            assert refuse(emulator, set()) == {bad}
            found = client.get(bad)
            assert (str(found.status), found.code) == ("FAILED", CODE)
            assert str(client.get(good).status) == "RUNNING"
        assert refuse(emulator, {bad}) == set()


def test_a_mails_pictures_stand_in_its_markup(tmp_path: Path) -> None:
    message = EmailMessage()
    message.set_content('<p>Done</p><img src="cid:poster.png">', subtype="html")
    message.add_related(b"pixels", "application", "octet-stream", cid="<poster.png>")
    file = tmp_path / "1.eml"
    file.write_bytes(message.as_bytes())
    assert '<img src="data:image/png;base64,cGl4ZWxz">' in markup(file)
    file.write_bytes(b"Subject: x\n\nplain")
    with pytest.raises(DemoError, match="has no HTML"):
        markup(file)


@pytest.mark.browser
@pytest.mark.skipif(bool(chromium.lacking()), reason=chromium.lacking() or "")
def test_a_picture_is_as_high_as_what_it_shows_and_none_is_taken_of_what_has_gone() -> None:
    with chromium.launched() as browser:
        page = browser.new_page(viewport={"width": 400, "height": 900})
        page.set_content(
            "<style>body{margin:0} div{height:1200px}</style><h1 style='margin:0'>x</h1><div></div>"
        )
        shown = Shown(page, page)
        shown.fit()
        heading = shown.waits_for("h1")
        whole = shown.take(heading)
        assert whole.width == 400
        assert 1200 < whole.height <= 1260
        assert shown.take(heading, last="h1").height < 100
        page.evaluate("document.querySelector('h1').hidden = true")
        with pytest.raises(DemoError, match="was gone before"):
            shown.take(heading)
