"""The pages in a real browser, with the server's answers laid down: they play, wipe, wait, fail and stay harmless."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from airflow_provider_wan import records
from airflow_provider_wan.dashscope import codes
from tests.patience import HANGS
from tests.ui.browser import states
from tests.ui.browser.clips import clip, picture
from tests.ui.browser.looking import FRAME, paused, ready, shown_colour, times, together_for_a_second, until
from tests.ui.browser.server import STATIC, Pages, serving

pytestmark = pytest.mark.browser
NASTY = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>'\"../"


@pytest.fixture(scope="module")
def site() -> Iterator[Pages]:
    media = {
        "before": ("video/mp4", clip((200, 30, 30), seconds=3.0, sound=True)),
        "after": ("video/mp4", clip((30, 30, 200), seconds=3.0)),
        "short": ("video/mp4", clip((30, 160, 30), seconds=1.0, size=(180, 320))),
        "reference": ("image/png", picture((200, 200, 30))),
        "broken": ("video/mp4", b"no film at all"),
    }
    with serving(Pages(media=media)) as pages:
        yield pages


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that fails the test if the browser complains about anything."""
    context = browser.new_context(viewport={"width": 1010, "height": 640}, reduced_motion="no-preference")
    opened = context.new_page()
    opened.set_default_timeout(HANGS * 1000)
    complaints: list[str] = []
    opened.on(
        "console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None
    )
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    context.close()
    # A refusal that a test lays down, and what Chromium says of the sandbox in which Airflow shows plugins.
    expected = ("Failed to load resource", "can escape its sandboxing")
    assert [one for one in complaints if not any(known in one for known in expected)] == []


def open_edit(page: Page, site: Pages, data: states.Data, *, name: str, videos: int = 2) -> None:
    page.goto(site.base + site.edit(name, data))
    ready(page, videos)


def test_both_play_as_one_and_stay_together(page: Page, site: Pages) -> None:
    open_edit(page, site, states.edit(), name="plays")
    page.get_by_role("button", name="Play", exact=True).click()
    until(lambda: min(times(page)) > 0.1, "both play")
    until(lambda: together_for_a_second(page), "a second in which they are never a frame apart")
    page.get_by_role("button", name="Pause").click()
    assert paused(page) == [True, True]
    until(lambda: abs(times(page)[0] - times(page)[1]) < 1e-3, "they stand at the same time")
    stood = times(page)
    page.wait_for_timeout(150)
    assert times(page) == stood


def test_one_that_runs_ahead_is_brought_back_while_both_play(page: Page, site: Pages) -> None:
    open_edit(page, site, states.edit(), name="ahead")
    page.get_by_role("button", name="Loop").click()
    page.get_by_role("button", name="Play", exact=True).click()
    until(lambda: min(times(page)) > 0.3, "both play")
    ahead = page.evaluate("""() => {
        const [before, after] = document.querySelectorAll(".stage video");
        after.currentTime += 0.6;
        return after.currentTime - before.currentTime;
    }""")
    assert ahead > 0.3
    until(lambda: abs(times(page)[0] - times(page)[1]) < FRAME, "it is brought back")
    assert max(times(page)) < 2.6  # not because both are at their end
    assert paused(page) == [False, False]


def test_scrubbing_moves_both_to_the_last_place_asked_for(page: Page, site: Pages) -> None:
    open_edit(page, site, states.edit(), name="scrubs")
    scrub = page.get_by_role("slider", name="Position")
    box = scrub.bounding_box()
    assert box
    page.mouse.move(box["x"] + 10, box["y"] + box["height"] / 2)
    page.mouse.down()
    for step in range(1, 11):
        page.mouse.move(box["x"] + box["width"] * step * 0.075, box["y"] + box["height"] / 2)
    page.mouse.up()
    until(lambda: all(abs(at - 2.25) < 0.1 for at in times(page)), "both are at three quarters")
    expect(page.locator("output.time")).to_contain_text("0:02.2")
    assert "of 3.0" in str(scrub.get_attribute("aria-valuetext"))


def test_of_many_places_asked_for_at_once_the_last_counts(page: Page, site: Pages) -> None:
    open_edit(page, site, states.edit(), name="hasty")
    page.evaluate("""() => {
        const scrub = document.querySelector(".scrub");
        for (const place of [0.5, 1.9, 0.2, 2.6, 1.3]) {
            scrub.value = place;
            scrub.dispatchEvent(new Event("input"));
        }
        scrub.dispatchEvent(new Event("change"));
    }""")
    until(lambda: all(abs(at - 1.3) < 0.01 for at in times(page)), "both are at the last")


def test_keys_play_step_and_leave_controls_alone(page: Page, site: Pages) -> None:
    open_edit(page, site, states.edit(), name="keys")
    page.keyboard.press("Space")
    until(lambda: min(times(page)) > 0.6, "space plays")
    page.keyboard.press("Space")
    until(lambda: paused(page) == [True, True], "space pauses")
    before = times(page)[0]
    page.keyboard.press("ArrowRight")
    until(lambda: 0.2 * FRAME < times(page)[0] - before < 2 * FRAME, "an arrow goes on by a frame")
    here = times(page)
    page.keyboard.press("ArrowLeft")
    until(lambda: 0.5 * FRAME < here[0] - times(page)[0] < 1.5 * FRAME, "and back by one")
    until(lambda: abs(times(page)[0] - times(page)[1]) < 1e-3, "both do")
    page.keyboard.press("Shift+ArrowRight")
    until(lambda: times(page)[0] > here[0] + 0.8, "with shift by a second")
    page.get_by_role("button", name="Loop").focus()
    page.keyboard.press("Space")
    assert paused(page) == [True, True]
    expect(page.get_by_role("button", name="Loop")).to_have_attribute("aria-pressed", "false")


def test_wipe_shows_each_side_of_the_cut_and_follows_hand_and_keys(page: Page, site: Pages) -> None:
    open_edit(page, site, states.edit(), name="wipes")
    page.keyboard.press("w")
    stage = page.locator(".stage.wiping")
    wiper = page.get_by_role("slider", name="Wipe")
    box = stage.bounding_box()
    assert box
    left, right = shown_colour(stage, 0.3), shown_colour(stage, 0.7)
    assert left[0] > 150 > left[2]
    assert right[2] > 150 > right[0]
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + box["height"] * 0.5, steps=5)
    page.mouse.up()
    assert float(wiper.input_value()) == pytest.approx(90, abs=2)
    assert shown_colour(stage, 0.7)[0] > 150
    wiper.press("Home")
    assert shown_colour(stage, 0.3)[2] > 150
    page.get_by_role("button", name="Side by side").click()
    expect(wiper).to_be_hidden()


def test_the_shorter_holds_its_last_frame_and_a_loop_begins_both_anew(page: Page, site: Pages) -> None:
    data = states.edit()
    data["inputs"][0]["media"] = "media?of=short"
    open_edit(page, site, data, name="lengths")
    page.get_by_role("button", name="Loop").click()
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Play", exact=True).click()
    until(lambda: times(page)[1] > 1.6, "the longer goes on")
    assert times(page)[0] == pytest.approx(1.0, abs=0.06)
    until(lambda: paused(page) == [True, True] and times(page)[1] > 2.9, "both end")
    page.get_by_role("button", name="Loop").click()
    page.get_by_role("button", name="Play", exact=True).click()
    until(
        lambda: 0.2 < times(page)[1] < 0.9 and abs(times(page)[0] - times(page)[1]) < 0.1, "it begins again"
    )
    until(lambda: times(page)[1] > 2.5, "it plays on")
    until(lambda: 0.05 < times(page)[1] < 1.0 and not paused(page)[0], "it loops")


def test_sound_is_of_one_side_at_a_time(page: Page, site: Pages) -> None:
    open_edit(page, site, states.edit(), name="sound")
    muted = "[...document.querySelectorAll('.stage video')].map(v => v.muted)"
    for expected in ([True, False], [False, True], [True, True]):
        page.get_by_role("button", name="Sound").click()
        assert page.evaluate(muted) == expected


def test_an_image_stands_left_of_the_video_it_became(page: Page, site: Pages) -> None:
    image = {
        "name": "img_url",
        "kind": "image",
        "uri": "s3://b/i.png",
        "media": "media?of=reference",
        "why_not": None,
    }
    open_edit(page, site, states.edit(inputs=[image]), name="image", videos=1)
    expect(page.locator(".before img")).to_be_visible()
    page.keyboard.press("Space")
    until(lambda: times(page)[0] > 0.3, "the video plays")
    expect(page.get_by_role("button", name="Wipe")).to_be_visible()


def test_a_file_that_does_not_play_says_so_and_the_other_still_plays(page: Page, site: Pages) -> None:
    data = states.edit()
    data["inputs"][0]["media"] = "media?of=broken"
    open_edit(page, site, data, name="broken", videos=1)
    expect(page.locator(".before .empty")).to_contain_text("can't get or play this file")
    page.keyboard.press("Space")
    until(lambda: times(page)[0] > 0.3, "the other plays")


def test_thumbnails_enlarge_in_the_page(page: Page, site: Pages) -> None:
    open_edit(page, site, states.edit(), name="thumbs")
    page.get_by_role("button", name="Enlarge ref_images_url").click()
    expect(page.get_by_role("dialog").locator("img")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator(".thumb .why")).to_contain_text("isn't ours to fetch")


def test_what_there_is_to_read(page: Page, site: Pages) -> None:
    open_edit(
        page,
        site,
        states.edit(spent={"paid": {"CNY": "5.25"}, "open": {}, "unknown": 0, "jobs": 2}),
        name="read",
    )
    expect(page.locator("mark").first).to_have_text("plump")
    text = page.locator("[data-slot=details]").inner_text()
    for said in (
        "photo, text, watermark",
        "control_condition",
        "Queued\n48 s",
        "2 min 33 s",
        "3.50 CNY",
        "5.25 CNY paid",
        "price of 2026-10-01",
        "s3://media-team/edits/rabbit-ink.mp4",
        "2026-11-20 14:55:02",
    ):
        assert said in text, said


def test_the_job_id_is_copied(browser: Browser, site: Pages) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(site.base + site.edit("copies", states.edit()))
    page.get_by_role("button", name="Copy the job id").click()
    expect(page.get_by_text("Copied")).to_have_count(1)
    assert page.evaluate("navigator.clipboard.readText()") == states.edit()["job"]["task_id"]
    expect(page.get_by_text("Copied")).to_have_count(0)
    page.evaluate("delete Navigator.prototype.clipboard")  # as on a page that came over plain http
    page.get_by_role("button", name="Copy the request id").click()
    expect(page.get_by_text("Copied")).to_have_count(1)
    context.close()


def test_a_wait_ticks_and_turns_into_the_result_by_itself(page: Page, site: Pages) -> None:
    waits = states.waiting(refresh_seconds=1.5)
    page.goto(site.base + site.edit("waits", [waits, waits, states.edit()]))
    expect(page.locator(".notice h2")).to_have_text("The edit is running")
    until(lambda: page.locator(".age").inner_text() in ("1 min 14 s", "1 min 15 s"), "the age ticks")
    page.get_by_role("button", name="Play", exact=True).focus()
    until(lambda: page.locator(".after video").count() == 1, "the result comes")
    expect(page.locator(".notice")).to_have_count(0)
    expect(page.locator(".head .badge")).to_have_text("Succeeded")
    asked = len(site.asked)
    page.wait_for_timeout(1800)
    assert not [one for one in site.asked[asked:] if "/data" in one]  # nothing is left to wait for


def test_a_refresh_leaves_a_clip_that_plays_alone(page: Page, site: Pages) -> None:
    waits = states.waiting(refresh_seconds=0.3)
    open_edit(page, site, waits, name="undisturbed", videos=1)
    page.keyboard.press("Space")
    until(lambda: times(page)[0] > 0.3, "it plays")
    count = len(site.asked)
    until(lambda: len([one for one in site.asked[count:] if "edit/data" in one]) >= 3, "it was refreshed")
    assert times(page)[0] > 0.5
    assert paused(page) == [False]


@pytest.mark.parametrize(
    ("phase", "title"),
    [
        ("waiting_for_room", "Waiting for room in the account's queue"),
        ("queued", "Queued at the service"),
        ("landing", "Landing"),
    ],
)
def test_each_wait_is_named(page: Page, site: Pages, phase: str, title: str) -> None:
    page.goto(site.base + site.edit("named-" + phase, states.waiting(phase)))
    expect(page.locator(".notice h2")).to_contain_text(title)
    if phase == "waiting_for_room":
        expect(page.locator(".notice")).to_contain_text("50 jobs queued, 5 running")


def test_a_failure_says_what_to_do_once(page: Page, site: Pages) -> None:
    page.goto(site.base + site.edit("fails", states.failed()))
    notice = page.locator(".notice")
    for said in (
        "failed on attempt 2",
        "DataInspectionFailed",
        "What to do",
        "isn't billed",
        "It is not retried",
        "4909100c",
    ):
        expect(notice).to_contain_text(said)
    assert notice.inner_text().count("moderation refused") == 1


def test_a_failure_as_it_is_recorded_names_its_ids_and_what_a_retry_does_once(
    page: Page, site: Pages
) -> None:
    error = codes.failure(
        "DataInspectionFailed",
        "Output data may contain inappropriate content.",
        task_id="job-1",
        request_id="request-1",
    )
    data = states.failed(failure=records.failure(error, at=1.7e9))
    page.goto(site.base + site.edit("recorded", data))
    message = page.locator(".notice .message")
    expect(message).to_have_text("Job job-1 failed: Output data may contain inappropriate content.")
    expect(page.locator(".notice .fact", has_text="A retry")).to_contain_text("It is not retried.")
    why = {"code": error.code, "message": str(error)}
    tile = states.tile(1, phase="failed", state="failed", failure=why, result=None)
    page.goto(site.base + site.run("recorded", states.run([tile])))
    brief = page.locator(".tile .brief")
    expect(brief).to_contain_text(
        "DataInspectionFailed: Output data may contain inappropriate content. Change"
    )
    expect(brief).not_to_contain_text("job-1")


def test_costs_are_shown_to_the_cent_and_exactly_on_pointing(page: Page, site: Pages) -> None:
    spent = {"paid": {"CNY": "9.394228"}, "open": {}, "unknown": 0, "jobs": 2}
    cost = {"amount": "4.697114", "currency": "CNY", "price_date": "2026-10"}
    page.goto(site.base + site.edit("cents", states.edit(cost=cost, spent=spent)))
    said = page.get_by_text("4.70 CNY")
    expect(said).to_have_attribute("title", "4.697114 CNY")
    expect(page.locator("[data-slot=details]")).to_contain_text("9.39 CNY paid")
    tiny = states.tile(1, cost={"amount": "0.000367", "currency": "CNY"})
    page.goto(site.base + site.run("cents", states.run([tiny])))
    expect(page.locator(".tile .foot b")).to_have_text("0.000367 CNY")  # not 0.00, which it isn't


def test_addresses_are_whole_and_broken_between_their_parts(page: Page, site: Pages) -> None:
    data = states.edit()
    data["result"]["uri"] = "s3://aws_default@media-team/edits/2026-11-20/campaign/rabbit-in-ink-on-paper.mp4"
    open_edit(page, site, data, name="addresses")
    place = page.locator("code", has_text="rabbit-in-ink-on-paper.mp4")
    expect(place).to_have_text(data["result"]["uri"])
    assert place.evaluate("one => one.scrollWidth <= one.clientWidth")
    gaps = place.locator("wbr").evaluate_all("gaps => gaps.map(gap => gap.previousSibling.data)")
    assert gaps == ["s3://aws_default@media-team/", "edits/", "2026-11-20/", "campaign/"]
    console = page.locator(".fact", has_text="Console").locator("wbr").first
    assert console.evaluate("gap => gap.previousSibling.data") == "https://modelstudio."


def test_expired_and_none_have_their_own_words(page: Page, site: Pages) -> None:
    page.goto(site.base + site.edit("gone", states.expired()))
    expect(page.locator(".notice")).to_contain_text("The result has expired")
    page.goto(site.base + site.edit("none", states.nothing()))
    expect(page.locator("#page")).to_contain_text(
        "This task isn't a Wan edit, or it has left nothing to show yet."
    )


@pytest.mark.parametrize(
    ("status", "said"),
    [(401, "no longer signed in"), (403, "may not see"), (404, "knows no such task"), (500, "(500)")],
)
def test_refusals_are_plain_and_can_be_tried_again(page: Page, site: Pages, status: int, said: str) -> None:
    page.goto(site.base + site.edit(f"refused{status}", status))
    expect(page.get_by_role("alert")).to_contain_text(said)
    site.edit(f"refused{status}", states.nothing())
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#page")).to_contain_text("This task isn't a Wan edit")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_trouble_while_refreshing_keeps_what_is_there_and_passes(page: Page, site: Pages) -> None:
    waits = states.waiting(refresh_seconds=0.4)
    page.goto(site.base + site.edit("troubled", [waits, 503, states.edit()]))
    expect(page.get_by_role("alert")).to_contain_text("(503)")
    expect(page.locator(".notice h2")).to_have_text("The edit is running")
    until(lambda: page.locator(".after video").count() == 1, "it goes on by itself")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_placeholder_for_the_map_index_is_minus_one(page: Page, site: Pages) -> None:
    page.goto(site.base + site.edit("placeholder", states.nothing(), map_index="{MAP_INDEX}"))
    expect(page.locator("#page")).to_contain_text("This task isn't")
    data = next(one for one in site.asked if "edit/data" in one and "dag_id=placeholder" in one)
    assert "map_index=-1" in data
    assert data.startswith("/af/wan/edit/data?")


def test_siblings_are_walked_with_keys_and_buttons(page: Page, site: Pages) -> None:
    page.goto(site.base + site.edit("mapped", states.mapped(40, 5), map_index="5"))
    expect(page.locator(".cell")).to_have_count(40)
    expect(page.locator(".cell[aria-current]")).to_have_attribute("aria-label", "clip 5 (5): success")
    expect(page.locator(".siblings")).to_contain_text("2 failed")
    page.locator(".cell[aria-current]").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_url("**map_index=7")
    page.goto(site.base + site.edit("mapped", states.mapped(40, 5), map_index="5"))
    page.get_by_role("link", name="Next: 6").click()
    page.wait_for_url("**map_index=6")


def test_a_thousand_siblings_are_quick(page: Page, site: Pages) -> None:
    page.goto(site.base + site.edit("thousand", states.mapped(1000, 412), map_index="412"))
    expect(page.locator(".cell")).to_have_count(1000)
    expect(page.locator(".cell[aria-current]")).to_be_in_viewport()
    took = page.evaluate("performance.now() - performance.getEntriesByName(performance.getEntriesByType('resource')"
                         ".find(one => one.name.includes('edit/data')).name)[0].responseEnd")  # fmt: skip
    assert took < 3000


def test_html_anywhere_is_text(page: Page, site: Pages) -> None:
    data = states.mapped(
        3,
        1,
        dag_id=NASTY,
        run_id=NASTY,
        task_id=NASTY,
        map_label=NASTY,
        function=NASTY,
        model=NASTY,
        region=NASTY,
    )
    data["prompt"] = {"sent": NASTY, "rewritten": NASTY + " more", "negative": NASTY}
    data["parameters"] = [[NASTY, NASTY]]
    data["usage"] = {NASTY: NASTY}
    data["job"] = {"task_id": NASTY, "request_id": NASTY, "console_url": "javascript:document.title='owned'"}
    data["inputs"][0] |= {"name": NASTY, "uri": NASTY}
    data["inputs"][1] |= {"name": NASTY, "uri": NASTY, "media": "https://elsewhere.example/x.png"}
    data["inputs"][2] |= {"name": NASTY, "why_not": NASTY}
    data["siblings"]["items"][1]["label"] = NASTY
    data["siblings"]["items"][2]["state"] = NASTY
    data["failure"] = {**states.failed()["failure"], "message": NASTY, "code": NASTY, "advice": NASTY}
    for phase in ("succeeded", "failed"):
        page.goto(site.base + site.edit("nasty", {**data, "phase": phase}, task_id="..%2F%22%3E%3Cscript%3E"))
        expect(page.locator(".prompt p").first).to_have_text(NASTY)
        found = (
            "document.querySelectorAll('#page script, [onerror], a[href^=\"java\"], [src*=elsewhere]').length"
        )
        assert page.evaluate(found) == 0
        assert page.title() != "owned"
    tile = states.tile(1, label=NASTY, prompt=NASTY, task_id=NASTY, page="javascript:document.title='owned'")
    page.goto(site.base + site.run("nasty", states.run([tile])))
    expect(page.locator(".tile .name")).to_have_text(NASTY)
    assert page.evaluate(found) == 0


def test_batch_tiles_enlarge_here(page: Page, site: Pages) -> None:
    edits = [
        {**one, "index": at, "map_index": -1, "page": None} for at, one in enumerate(states.some_edits())
    ]
    page.goto(site.base + site.edit("batch", states.edit(kind="batch", result=None, inputs=[], edits=edits)))
    expect(page.locator(".tile")).to_have_count(10)
    page.get_by_role("button", name="Edit 6: Succeeded. Enlarge").click()
    expect(page.get_by_role("dialog").locator("video")).to_be_visible()


def test_run_page_filters_adds_up_and_leads_on(page: Page, site: Pages) -> None:
    page.goto(site.base + site.run("run", states.run(states.some_edits())))
    expect(page.locator(".tile")).to_have_count(10)
    expect(page.locator(".tile .badge").first).to_have_text("Failed")
    expect(page.locator(".totals")).to_contain_text("17.50 CNY")
    page.get_by_role("button", name="Waiting 3").click()
    expect(page.locator(".tile")).to_have_count(3)
    expect(page.get_by_role("button", name="Waiting 3")).to_be_focused()
    page.get_by_role("button", name="All 10").click()
    page.get_by_role("link", name="repaint [1]: Succeeded").hover()
    playing = "[...document.querySelectorAll('.tile video')].filter(v => !v.paused).length"
    until(lambda: page.evaluate(playing) == 1, "the poster under the pointer plays")
    page.mouse.move(2, 2)
    until(lambda: page.evaluate(playing) == 0, "and stops")
    page.get_by_role("link", name="repaint [1]: Succeeded").click()
    page.wait_for_url("**/edit?dag_id=d&run_id=r1&task_id=repaint&map_index=1")


def test_run_page_loads_posters_only_near_the_screen_and_more_on_request(page: Page, site: Pages) -> None:
    first = states.run([states.tile(n) for n in range(100)], total=150)
    second = states.run([states.tile(n) for n in range(100, 150)], total=150, offset=100)
    page.goto(site.base + site.run("long", [first, first, second]))
    expect(page.locator(".tile")).to_have_count(100)
    loaded = "[...document.querySelectorAll('.tile video')].filter(v => v.src).length"
    until(lambda: 0 < page.evaluate(loaded) < 40, "only some posters are loaded")
    expect(page.locator(".more")).to_contain_text("100 of 150 shown")
    page.get_by_role("button", name="Show more").click()
    expect(page.locator(".tile")).to_have_count(150)
    expect(page.locator(".more")).to_have_count(0)
    assert [one for one in site.asked if "dag_id=long" in one and "offset=100" in one]
    page.locator(".tile").last.scroll_into_view_if_needed()
    until(lambda: page.evaluate("document.querySelector('.tile video').src === ''"), "far ones are let go")


@pytest.mark.parametrize("name", ["edit", "waiting", "failed", "expired", "mapped", "batch", "run"])
def test_narrow_screens_scroll_one_way_only(page: Page, site: Pages, name: str) -> None:
    page.set_viewport_size({"width": 360, "height": 700})
    long = "s3://media-team/" + "a-very-long-name-without-any-blank" * 6 + ".mp4"
    data = {
        "edit": states.edit(),
        "waiting": states.waiting("waiting_for_room"),
        "failed": states.failed(),
        "expired": states.expired(),
        "mapped": states.mapped(300, 5, map_label=long),
        "batch": states.edit(kind="batch", edits=[states.tile(n, label=long) for n in range(3)]),
    }.get(name)
    if data:
        data["inputs"][0]["uri"] = long
        page.goto(site.base + site.edit("narrow" + name, data))
    else:
        page.goto(site.base + site.run("narrow", states.run(states.some_edits())))
    expect(page.locator(".head")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    if name == "edit":
        before, after = page.locator(".before").bounding_box(), page.locator(".after").bounding_box()
        assert before
        assert after
        assert after["y"] > before["y"] + before["height"] - 1


def test_airflows_dark_mode_is_followed_from_inside_its_frame(page: Page, site: Pages) -> None:
    address = site.edit("framed", states.edit())
    page.goto(site.base.removesuffix("wan/") + "frame?" + address)
    frame = until(
        lambda: next((one for one in page.frames if "/wan/edit" in one.url), None), "the frame is there"
    )
    expect(page.frame_locator("iframe").locator(".head")).to_be_visible()
    colour = "getComputedStyle(document.documentElement).backgroundColor"
    light = frame.evaluate(colour)
    page.evaluate("document.documentElement.className = 'dark'")
    until(lambda: frame.evaluate(colour) != light, "it turns dark")
    assert frame.evaluate("document.documentElement.dataset.theme") == "dark"
    page.evaluate("document.documentElement.className = 'light'")
    until(lambda: frame.evaluate(colour) == light, "and light again")
    page.frame_locator("iframe").get_by_role("button", name="Play", exact=True).click()
    until(lambda: min(times(frame)) > 0.3, "it plays in the frame")
    # A frame like that opens no windows, so the console's address is there to copy, not to follow.
    expect(
        page.frame_locator("iframe").get_by_role("button", name="Copy the console's address")
    ).to_be_visible()
    expect(page.frame_locator("iframe").locator("a[href^='https://modelstudio']")).to_have_count(0)


def test_without_a_frame_the_system_decides(browser: Browser, site: Pages) -> None:
    seen = []
    for scheme in ("light", "dark"):
        page = browser.new_page(color_scheme=scheme)
        page.goto(site.base + site.edit("system", states.nothing()))
        seen.append(page.evaluate("getComputedStyle(document.documentElement).backgroundColor"))
        page.close()
    assert seen[0] != seen[1]


def test_nothing_comes_from_elsewhere() -> None:
    for file in STATIC.iterdir():
        text = file.read_text()
        assert "innerHTML" not in text, file
        assert "style=" not in text, file
        assert len(text.splitlines()) < 350, file
        for line in text.splitlines():
            assert "https://" not in line or "/^https:" in line or "startsWith" in line, line
            assert "http://" not in line or "www.w3.org" in line, line
