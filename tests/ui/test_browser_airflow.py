"""The pages in a real browser and a real Airflow: they play, keep to this server and to whom they are for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Browser, Frame, Route, expect

from airflow_provider_wan.ui.instance import Place
from tests.ui.auth import SECRET
from tests.ui.browser.clips import clip
from tests.ui.browser.looking import bar, paused, ready, shown_colour, times, together_for_a_second, until
from tests.ui.browser.watched import Watched, watched
from tests.ui.conftest import Laid
from tests.ui.laid import JOB, edited, failure, lay, lay_dag, lay_run, request
from tests.ui.serving import Served

pytestmark = pytest.mark.browser
SECONDS = 5.0


@pytest.fixture(scope="module")
def clips(served: Served) -> Path:
    """A folder of the media root with large clips, `before.mp4` in red and `after.mp4` in blue."""
    folder = served.roots / "browser"
    folder.mkdir()
    for name, colour in (("before", (200, 30, 30)), ("after", (30, 30, 200))):
        (folder / f"{name}.mp4").write_bytes(clip(colour, size=(640, 360), seconds=SECONDS, noise=True))
    return folder


@pytest.fixture
def seen(browser: Browser, served: Served) -> Iterator[Watched]:
    """A page of ann's, which fails the test if it complains, runs another's script or asks for anything elsewhere."""
    with watched(browser, served, "ann") as opened:
        yield opened
        assert opened.hacked() == []
    assert opened.complaints == []
    assert opened.elsewhere() == []


def records(clips: Path, **asked: object) -> dict[str, object]:
    """An edit of one landed clip into another."""
    inputs = [{"name": "video_url", "kind": "video", "uri": f"file://{clips}/before.mp4"}]
    return edited(f"file://{clips}/after.mp4") | {"wan_request": request(inputs=inputs, **asked)}


def path(place: Place, *, tab: str = "video") -> str:
    """Where Airflow's own page shows a tab of ours, below Airflow's address."""
    dag, run, task = (quote(one, safe="") for one in (place.dag_id, place.run_id, place.task_id))
    mapped = f"/mapped/{place.map_index}" if place.map_index >= 0 else ""
    return f"dags/{dag}/runs/{run}" + (f"/tasks/{task}{mapped}" if tab == "video" else "") + f"/plugin/{tab}"


@pytest.fixture
def place(laid: Laid, clips: Path) -> Place:
    """An edit that is over, in a DAG that Airflow's pages know."""
    lay_dag(laid.dag_id)
    return laid(records(clips))


@pytest.fixture
def tab(seen: Watched, place: Place) -> Frame:
    """That edit's tab in Airflow's page, with both clips."""
    frame = seen.in_airflow(path(place))
    ready(frame)
    return frame


def test_the_tab_plays_both_together(tab: Frame) -> None:
    tab.get_by_role("button", name="Play", exact=True).click()
    until(lambda: min(times(tab)) > 0.1, "both play")
    until(lambda: together_for_a_second(tab), "a second in which they are never a frame apart")
    tab.get_by_role("button", name="Pause").click()
    assert paused(tab) == [True, True]
    until(lambda: abs(times(tab)[0] - times(tab)[1]) < 1e-3, "they stand at the same time")


def test_scrubbing_gets_the_part_of_the_files_that_is_wanted(seen: Watched, tab: Frame, clips: Path) -> None:
    seen.parts.clear()
    scrub = tab.get_by_role("slider", name="Position").bounding_box()
    assert scrub
    seen.page.mouse.click(scrub["x"] + scrub["width"] * 0.8, scrub["y"] + scrub["height"] / 2)
    until(lambda: all(abs(at - 0.8 * SECONDS) < 0.1 for at in times(tab)), "both are at four fifths")

    def late() -> set[str]:
        tab.evaluate("0")  # Playwright hears of what was sent while it waits for an answer
        return {part.of for part in seen.parts if 0.6 * part.size < part.first < part.size}

    until(lambda: late() == {"result", "input:0"}, "parts from near that place were sent")
    sizes = {"input:0": "before.mp4", "result": "after.mp4"}
    assert all(part.size == (clips / sizes[part.of]).stat().st_size for part in seen.parts)
    for side in ("before", "after"):
        until(lambda side=side: abs(bar(tab.locator(f".{side} video")) - 0.8) < 0.03, f"{side} shows it")  # type: ignore[misc]


def test_the_wipe_follows_hand_and_keys(seen: Watched, tab: Frame) -> None:
    tab.get_by_role("button", name="Wipe").click()
    stage, wiper = tab.locator(".stage.wiping"), tab.get_by_role("slider", name="Wipe")

    def red(at: float) -> bool:
        colour = shown_colour(stage, at)
        assert (colour[0] > 150 > colour[2]) != (colour[2] > 150 > colour[0])
        return colour[0] > 150

    assert [red(0.3), red(0.7)] == [True, False]
    box = stage.bounding_box()
    assert box
    seen.page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5)
    seen.page.mouse.down()
    seen.page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + box["height"] * 0.5, steps=5)
    seen.page.mouse.up()
    assert float(wiper.input_value()) == pytest.approx(90, abs=2)
    assert red(0.7)
    wiper.press("Home")
    assert not red(0.3)
    wiper.press("End")
    assert red(0.9)


def test_the_page_of_a_run_leads_to_the_tab_of_an_edit(seen: Watched, place: Place, laid: Laid) -> None:
    laid({"wan_request": request(), "wan_failure": failure()}, "other", state="failed")
    run = seen.in_airflow(path(place, tab="edits"))
    expect(run.locator(".tile .badge")).to_have_text(["Failed", "Succeeded"])
    expect(run.locator(".totals")).to_contain_text("3.50 CNY")
    run.get_by_role("link", name="edit: Succeeded").click()
    edit = run  # the same frame, which goes on to it
    expect(edit.locator(".head h1")).to_have_text("Video repainting")
    ready(edit)
    assert edit.url == seen.served.url + place.link("edit")


def test_who_signs_in_gets_to_the_tab_that_was_asked_for(seen: Watched, laid: Laid, clips: Path) -> None:
    """Of a mapped task's second instance, by Airflow's own form and the cookie that it sets."""
    lay_dag(laid.dag_id)
    for index in range(2):
        laid(records(clips, prompt=f"Clip {index}"), "edit", index, label=f"clip {index}")
    seen.sign_in(None)
    seen.page.goto(f"{seen.served.airflow}/{path(laid.place('edit', 1))}")
    seen.page.locator("[name=username]").fill("ann")
    seen.page.locator("[name=password]").fill("ann")
    seen.page.get_by_role("button", name="Sign in").click()
    tab = seen.tab()
    expect(tab.locator(".siblings h2")).to_contain_text("clip 1")
    expect(tab.locator(".cell")).to_have_count(2)
    ready(tab)


PAGES = ("edit", "edit/data", "run", "run/data", "media")
FETCH = """async (paths) => await Promise.all(paths.map(async (path) => {
    const answer = await fetch(path, { cache: "no-store" });
    return [answer.status, await answer.text()];
}))"""


@pytest.fixture(scope="module")
def hidden(clips: Path) -> Place:
    """An edit that bob may not see."""
    place = Place(SECRET, "asked for by a browser", "edit")
    return lay(lay_run(place.dag_id, place.run_id), place, records(clips))


REFUSED = [("bob", 403, "may not see this DAG's edits"), (None, 401, "no longer signed in")]


@pytest.mark.parametrize(("user", "status", "sentence"), REFUSED)
def test_who_may_not_see_it_is_shown_and_sent_nothing(
    browser: Browser, served: Served, hidden: Place, user: str | None, status: int, sentence: str
) -> None:
    asked = [
        served.url + hidden.link(page, **({"of": "result"} if page == "media" else {})) for page in PAGES
    ]
    with watched(browser, served, user) as seen:
        for address in asked:
            answer = seen.page.goto(address)
            assert answer
            assert answer.status == status, address
            if address.partition("?")[0].endswith(("/edit", "/run")):
                expect(seen.page.get_by_role("alert")).to_contain_text(sentence)
            assert not told(seen.page.content()), address
        for got, text in seen.page.evaluate(FETCH, asked):
            assert got == status
            assert not told(text)
        # Whoever loses access, or is signed out, while the page is open.
        seen.sign_in("ann")
        seen.page.route("**/edit/data?*", lambda route: _as(seen, user, route))
        seen.page.goto(asked[0])
        expect(seen.page.get_by_role("alert")).to_contain_text(sentence)
        assert not told(seen.page.content())
        assert not seen.parts
        seen.page.unroute("**/edit/data?*")
        seen.sign_in("ann")
        seen.page.get_by_role("button", name="Try again").click()
        ready(seen.page)
        assert told(seen.page.content())


def told(text: str) -> bool:
    """Whether a text tells anything of the edit."""
    return any(word in text for word in ("rabbit", JOB, "after.mp4", "ftyp"))


def _as(seen: Watched, user: str | None, route: Route) -> None:
    seen.sign_in(user)
    route.continue_()


INJECT = """async (elsewhere) => {
    const refused = new Set();
    document.addEventListener("securitypolicyviolation", (event) => refused.add(event.effectiveDirective));
    const put = (name, given) => document.body.append(Object.assign(document.createElement(name), given));
    put("script", { textContent: "window.hacked = 1" });
    put("script", { src: `${elsewhere}/script.js` });
    put("img", { src: `${elsewhere}/image.png` });
    put("video", { src: `${elsewhere}/video.mp4` });
    put("iframe", { src: elsewhere });
    document.body.insertAdjacentHTML("beforeend", "<p onclick='window.hacked = 1'></p><style></style>");
    document.body.lastElementChild.previousElementSibling.click();
    await fetch(elsewhere).catch(() => {});
    for (let rounds = 0; refused.size < 7 && rounds < 100; rounds += 1) await new Promise((go) => setTimeout(go, 20));
    return [...refused].sort();
}"""


def test_the_browser_keeps_the_page_to_this_server(
    browser: Browser, served: Served, laid: Laid, clips: Path
) -> None:
    """Neither what records name nor what gets into the page by another's fault is asked for elsewhere."""
    other = served.other.url
    uris = {"video": f"file://{clips}/before.mp4", "image": f"{other}/mask.png"}
    inputs = [{"name": f"{kind}_url", "kind": kind, "uri": uri} for kind, uri in uris.items()]
    place = laid(edited(f"file://{clips}/after.mp4") | {"wan_request": request(inputs=inputs)})
    before = len(served.other.asked)
    with watched(browser, served, "ann") as seen:
        seen.page.goto(served.url + place.link("edit"))
        ready(seen.page)
        seen.page.locator(".thumb").scroll_into_view_if_needed()
        expect(seen.page.locator(".thumb .caption")).to_have_attribute("title", uris["image"])
        until(lambda: seen.page.evaluate("document.querySelector('.thumb img').complete"), "it was asked for")
        assert any("of=input%3A1" in one for one in seen.asked)
        # The server refuses to get it from an address in its own network.
        assert all("Failed to load" in one and "/wan/media?" in one for one in seen.complaints)
        assert seen.elsewhere() == []
        refused = seen.page.evaluate(INJECT, other)
        assert seen.hacked() == []
    assert refused == ["connect-src", "frame-src", "img-src", "media-src", "script-src-attr", "script-src-elem",
                       "style-src-elem"]  # fmt: skip
    assert len(served.other.asked) == before


HOSTILE = [
    '<img src=x onerror="window.hacked=1">',
    '"><script>window.hacked=1</script>',
    "' autofocus tabindex=1 onfocus=window.hacked=1 x='\"",
    "../../../api/v2/dags",
    "%2e%2e%2f%2e%2e%2fapi%2fv2",
    "a/b\\c?dag_id=other&of=input:0#d;e",
    "javascript:window.hacked=1",
    "{MAP_INDEX}${window.hacked=1}$&`",
    "\N{RIGHT-TO-LEFT OVERRIDE}\N{LATIN SMALL LETTER U WITH DIAERESIS}\N{CJK UNIFIED IDEOGRAPH-5154}\N{RABBIT}%00",
]
ROUTES = {f"/wan/{page}" for page in PAGES}


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_are_text_and_the_clips_still_play(seen: Watched, clips: Path, text: str) -> None:
    """In every id, in the label, and in all that an edit may say of itself."""
    said = f"{text}\n<b>{text}</b>"
    place = Place(text, text, text, 0)
    asked = records(clips, prompt=said, negative_prompt=said, parameters={text: said}, region=text)
    number = lay_run(place.dag_id, place.run_id)
    lay(number, place, asked | {"wan_task_id": text}, label=said)
    page = seen.page
    page.goto(seen.served.url + place.link("run"))
    tile = page.locator(".tile")
    assert tile.locator(".name").text_content() == said
    assert tile.locator(".beside").text_content() == f"{text} [0]"
    assert tile.locator(".brief").text_content() == said
    tile.click()
    ready(page)
    assert page.url == seen.served.url + place.link("edit")
    assert said in page.locator(".prompt p").all_text_contents()
    assert page.locator(".siblings h2").text_content() == f"{said}1 of 1"
    assert page.locator("table.pairs tr").first.locator("th, td").all_text_contents() == [text, said]
    assert page.locator("main b:not([class])", has_text=text).count() == 0
    assert page.locator("main script, main img, [onerror], [onfocus], [href^=java]").count() == 0
    page.keyboard.press("Space")
    until(lambda: min(times(page)) > 0.1, "both play")
    for address in seen.asked:
        route = urlsplit(address).path
        assert route in ROUTES or route.startswith("/wan/static/") or address.startswith("data:"), address


def test_hostile_names_in_airflows_own_page(seen: Watched, laid: Laid, clips: Path) -> None:
    """There they pass through Airflow's router and into the address of the frame."""
    task = "".join(HOSTILE)[:250]
    lay_dag(laid.dag_id)
    place = laid(records(clips, prompt=task), task, 0, label=task)
    tab = seen.in_airflow(path(place))
    ready(tab)
    assert tab.url == seen.served.url + place.link("edit")
    assert tab.title() == f"{task} [0] · Video"
    assert task in tab.locator(".prompt p").all_text_contents()


def test_an_id_with_a_line_break_is_refused_and_harms_nothing(seen: Watched, laid: Laid, clips: Path) -> None:
    task = "new\nline<img src=x onerror=window.hacked=1>"
    laid(records(clips), task)
    seen.page.goto(seen.served.url + laid.place().link("run"))
    assert seen.page.locator(".tile .name").text_content() == task
    seen.page.locator(".tile").click()
    seen.page.wait_for_url("**/edit?**")
    expect(seen.page.get_by_role("alert")).to_contain_text("The address of this page doesn't name a task")
    assert seen.page.locator("img").count() == 0
    assert all("status of 422" in one for one in seen.complaints)
    seen.complaints.clear()
