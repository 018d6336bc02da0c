"""What is pictured, in the order in which it is taken where several are due."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import quote, urlencode

from PIL import Image
from playwright.sync_api import Locator

from demo.pictures.camera import Camera, Shown
from demo.pictures.mail import markup
from demo.pictures.outside import CODE
from demo.pictures.plot import APPROVAL, EDITS, RABBIT, Plot

AT = ("Shift+ArrowRight", "Shift+ArrowRight")
"""Keys that bring the clips to their third second, where the rabbit stretches."""
PLAYER = ".player"
"""The last of a tab that is pictured where what follows is in another picture."""
MAPPED = 1
"""The mapped edit that is pictured."""


Take: TypeAlias = Callable[[Camera, Plot], Image.Image]


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture to take.

    Attributes:
        name: Of its file, without the ending.
        ready: Whether what it shows is there.
        take: Takes it.
    """

    name: str
    ready: Callable[[Plot], bool]
    take: Take


def tab(
    task_id: str,
    act: Callable[[Shown], Locator],
    *,
    map_index: int = -1,
    dark: bool = False,
    whole: bool = False,
    last: str | None = None,
) -> Take:
    """Picture the tab of a task instance of the DAG `rabbit`.

    Args:
        task_id: The task.
        act: Waits until the tab shows what it should, does there what people do, and returns what is looked for.
        map_index: Which instance; -1 where it isn't mapped.
        dark: In dark mode.
        whole: With all of Airflow's page around it.
        last: What of the tab is pictured last; None: all of it is.
    """

    def take(camera: Camera, plot: Plot) -> Image.Image:
        mapped = f"/mapped/{map_index}" if map_index >= 0 else ""
        path = f"{_run(RABBIT, plot)}/tasks/{task_id}{mapped}/plugin/video"
        with camera.airflow(path, plugin="Video", dark=dark, whole=whole) as shown:
            still = act(shown)
            shown.fit()
            return shown.take(still, last=last)

    return take


def run(*, dark: bool = False) -> Take:
    """Picture the page of the run of the DAG `rabbit`."""

    def take(camera: Camera, plot: Plot) -> Image.Image:
        with camera.airflow(
            f"{_run(RABBIT, plot)}/plugin/edits", plugin="Edits", dark=dark, whole=False
        ) as shown:
            still = shown.waits_for(".tile .badge", "Running")
            shown.fit()
            shown.videos_stand(EDITS, ".tile video")
            return shown.take(still, last=".tiles")

    return take


def narrow(camera: Camera, plot: Plot) -> Image.Image:
    """Picture the tab's page as it is on a phone."""
    place = {"dag_id": RABBIT, "run_id": plot.run_id, "task_id": "print", "map_index": "-1"}
    with camera.alone(f"edit?{urlencode(place)}") as shown:
        still = succeeded(shown)
        shown.fit()
        return shown.take(still, last=".details .card")


def review(camera: Camera, plot: Plot) -> Image.Image:
    """Picture what a reviewer is asked."""
    with camera.airflow(f"{_run(APPROVAL, plot)}/tasks/review/required_actions", whole=False) as shown:
        picture = shown.waits_for("img[alt='Frames of the edit']")
        shown.until("the poster", lambda: picture.evaluate("one => one.complete && one.naturalWidth > 0"))
        return shown.take(shown.waits_for("button", "Approve"), last="button:text-is('Approve')")


def mail(camera: Camera, plot: Plot) -> Image.Image:
    """Picture the mail that was delivered."""
    found = plot.mail()
    assert found
    with camera.html(markup(found.file)) as shown:
        still = shown.waits_for("img")
        shown.fit()
        return shown.take(still)


def succeeded(shown: Shown) -> Locator:
    """Wait for both clips, and go to where much happens."""
    still = shown.waits_for(".head .badge", "Succeeded")
    shown.videos_stand(2)
    shown.press(*AT)
    shown.waits_for("output.time", "0:02.00")
    shown.videos_stand(2)
    return still


def wiped(shown: Shown) -> Locator:
    """Do the same, under the wipe."""
    succeeded(shown)
    shown.press("w")
    return shown.waits_for(".stage.wiping .knob")


def waiting(shown: Shown) -> Locator:
    """Wait until it says that the edit runs."""
    shown.videos_stand(1)
    return shown.waits_for(".notice h2", "The edit is running")


def failed(shown: Shown) -> Locator:
    """Wait until it says why."""
    shown.videos_stand(1)
    return shown.waits_for(".notice .code", CODE)


def expired(shown: Shown) -> Locator:
    """Wait until it says so."""
    shown.videos_stand(1)
    return shown.waits_for(".notice h2", "The result has expired")


def mapped(shown: Shown) -> Locator:
    """Do the same as with a single edit, with all others in a strip."""
    succeeded(shown)
    return shown.waits_for(".siblings .summary", "2 failed")


def printed(plot: Plot) -> bool:
    """Whether the edit that is mostly pictured has succeeded."""
    return plot.state(RABBIT, "print") == "success"


SHOTS = (
    Shot("tab-waiting", Plot.running, tab("rain", waiting, last=".details")),
    Shot("run-edits", Plot.others_ended, run()),
    Shot("run-edits-dark", Plot.others_ended, run(dark=True)),
    Shot("tab-succeeded", printed, tab("print", succeeded, whole=True)),
    Shot("tab-wipe", printed, tab("print", wiped, last=PLAYER)),
    Shot("tab-dark", printed, tab("print", succeeded, dark=True, whole=True)),
    Shot("tab-narrow", printed, narrow),
    Shot("tab-failed", Plot.refused, tab("night", failed, last=PLAYER)),
    Shot("tab-expired", Plot.aged, tab("snow", expired, last=PLAYER)),
    Shot("tab-mapped", Plot.mapped, tab("looks", mapped, map_index=MAPPED, last=PLAYER)),
    Shot("review", lambda plot: plot.state(APPROVAL, "review") in ("awaiting_input", "deferred"), review),
    Shot("mail", lambda plot: plot.mail() is not None, mail),
)


def _run(dag_id: str, plot: Plot) -> str:
    return f"/dags/{dag_id}/runs/{quote(plot.run_id, safe='')}"
