"""A browser in Airflow's pages, logged in, that waits until a page is whole and takes a picture of it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import Self, TypeVar

from PIL import Image
from playwright.sync_api import BrowserContext, FloatRect, FrameLocator, Locator, Page

from demo.clock import ticks
from demo.errors import DemoError
from demo.settings import PASSWORD, USER
from tests.ui.browser.chromium import launched

WIDTH, NARROW, OF_MAIL = 1280, 390, 700
_FIRST_HEIGHT, _LEAST_HEIGHT, _MOST_HEIGHT = 900, 640, 1700
_EDGE = 14
"""Pixels, all of them. `_EDGE` is left around what is cut out; the handle beside a task reaches over it."""
_PATIENCE = 60.0
"""Seconds that a page may take on a busy machine."""

# How the window is shared out between the grid and what is beside it, in per cent: as Airflow does it, and with a grid
# as narrow as it will go.
_SHARED, _UNSHARED = (20, 80), (0, 100)
_BESIDE = "[data-panel-id=details-panel]"
_KEEP = """try {{
    localStorage.setItem("theme", {theme});
    localStorage.setItem("react-resizable-panels:grid-ltr", {panels});
}} catch {{}}"""
_STAND = "videos => videos.length > 0 && videos.every(one => one.readyState >= 2 && !one.seeking)"
_OVER = "() => document.documentElement.scrollHeight - window.innerHeight"
_LEFT = "body => window.innerHeight - body.getBoundingClientRect().height"

T = TypeVar("T")


class Camera:
    """Takes pictures of one Airflow.

    Args:
        url: Its address.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._stack = ExitStack()
        self._contexts: dict[bool, BrowserContext] = {}

    def __enter__(self) -> Self:
        """Start the browser and log in."""
        browser = self._stack.enter_context(launched())
        for dark in (False, True):
            context = browser.new_context(color_scheme="dark" if dark else "light")
            context.set_default_timeout(_PATIENCE * 1000)
            page = context.new_page()
            page.goto(f"{self._url}/auth/login")
            page.locator("input[name=username]").fill(USER)
            page.locator("input[name=password]").fill(PASSWORD)
            page.locator("button[type=submit]").click()
            page.wait_for_url(lambda url: "/auth/login" not in url)
            page.close()
            self._contexts[dark] = context
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the browser."""
        self._stack.close()

    @contextmanager
    def airflow(
        self, path: str, *, plugin: str | None = None, dark: bool = False, whole: bool = True
    ) -> Iterator[Shown]:
        """Open one of Airflow's pages while the block lasts.

        Args:
            path: Below Airflow's address.
            plugin: Title of the plugin's page in it; None: there is none.
            dark: In dark mode.
            whole: Picture all of the page; else only what is beside the grid, in all the room there is.
        """
        with self._page(dark, WIDTH, _SHARED if whole else _UNSHARED) as page:
            page.goto(f"{self._url}{path}")
            inside: Page | FrameLocator = page.frame_locator(f"iframe[title={plugin}]") if plugin else page
            yield Shown(page, inside, None if whole else page.locator(_BESIDE))

    @contextmanager
    def alone(self, path: str, *, width: int = NARROW) -> Iterator[Shown]:
        """Open a plugin's page without Airflow's around it, which isn't made for phones."""
        with self._page(False, width) as page:
            page.goto(f"{self._url}/wan/{path}")
            yield Shown(page, page)

    @contextmanager
    def html(self, markup: str, *, width: int = OF_MAIL) -> Iterator[Shown]:
        """Show a document."""
        with self._page(False, width) as page:
            page.set_content(markup)
            yield Shown(page, page)

    @contextmanager
    def _page(self, dark: bool, width: int, shares: Sequence[int] = _SHARED) -> Iterator[Page]:
        panels = {"details-panel,main-panel": {"expandToSizes": {}, "layout": list(shares)}}
        kept = {"theme": json.dumps("dark" if dark else "light"), "panels": json.dumps(json.dumps(panels))}
        page = self._contexts[dark].new_page()
        try:
            page.add_init_script(_KEEP.format(**kept))
            page.set_viewport_size({"width": width, "height": _FIRST_HEIGHT})
            yield page
        finally:
            page.close()


class Shown:
    """A page that is open.

    Attributes:
        page: The browser's page.
        inside: What is pictured: the page itself, or the plugin's within Airflow's.
        part: The part of the page that is pictured; None: all of it.
    """

    def __init__(self, page: Page, inside: Page | FrameLocator, part: Locator | None = None) -> None:
        self.page = page
        self.inside = inside
        self.part = part

    def waits_for(self, selector: str, text: str = "") -> Locator:
        """Wait until an element with a text can be seen, and return it."""
        found = self.inside.locator(selector).filter(has_text=text).first
        found.wait_for()
        return found

    def until(self, what: str, seen: Callable[[], T]) -> T:
        """Wait until something is so, and return it.

        Raises:
            DemoError: It isn't within a minute.
        """
        for _ in ticks(_PATIENCE, every=0.1):
            if found := seen():
                return found
        raise DemoError(f"The page never showed {what}.")

    def videos_stand(self, count: int, selector: str = ".stage video") -> None:
        """Wait until so many clips show a picture."""
        clips = self.inside.locator(selector)
        self.until(f"{count} clips", lambda: clips.count() >= count and bool(clips.evaluate_all(_STAND)))

    def press(self, *keys: str) -> None:
        """Press keys that are meant for the page, which a click on it makes sure of."""
        self.inside.locator("h1").first.click()
        for key in keys:
            self.page.keyboard.press(key)

    def fit(self) -> None:
        """Make the window as high as what it shows. Heights inside depend on it, hence more than once."""
        body = self.inside.locator("body")
        for _ in range(3):
            size = self.page.viewport_size
            assert size
            over = int(body.evaluate(_OVER))
            height = size["height"] + (over if over > 0 else -int(body.evaluate(_LEFT)))
            size["height"] = min(_MOST_HEIGHT, max(_LEAST_HEIGHT, height))
            self.page.set_viewport_size(size)
            body.evaluate(
                "() => new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))"
            )

    def take(self, still: Locator, *, last: str | None = None) -> Image.Image:
        """Return the picture, once nothing moves any more.

        Args:
            still: What has to be there before and after.
            last: The last that is pictured; None: all there is.

        Raises:
            DemoError: It was gone, or the page never came to rest.
        """
        self.page.mouse.move(1, 1)
        before = b""
        for _ in ticks(_PATIENCE, every=0.3):
            shot = self.page.screenshot(animations="disabled", caret="hide", clip=self._clip(last))
            if shot == before:
                if not still.is_visible():
                    raise DemoError("What it shows was gone before the picture was taken.")
                return Image.open(io.BytesIO(shot)).convert("RGB")
            before = shot
        raise DemoError("The page never came to rest.")

    def _clip(self, last: str | None) -> FloatRect:
        size = self.page.viewport_size
        assert size
        left, top, right, bottom = 0.0, 0.0, float(size["width"]), float(size["height"])
        if self.part is not None and (box := self.part.bounding_box()):
            left, top = box["x"] + _EDGE, box["y"]
        if last and (box := self.inside.locator(last).first.bounding_box()):
            bottom = min(bottom, box["y"] + box["height"] + _EDGE)
        return {"x": left, "y": top, "width": right - left, "height": bottom - top}
