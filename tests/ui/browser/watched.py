"""A page of a signed-in user, of which everything is kept that a page should not do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Frame, Page, Response

from tests.patience import HANGS
from tests.ui.serving import Served

_SANDBOX = "can escape its sandboxing"
"""What Chromium says of the frame in which Airflow shows plugins."""


@dataclass(frozen=True)
class Part:
    """A part of a file that the server has sent.

    Attributes:
        of: Which file, as the page asks for it.
        first: Where the part begins, in bytes.
        size: Length of the whole file.
    """

    of: str
    first: int
    size: int


@dataclass
class Watched:
    """A page in a browser that knows nothing but, perhaps, who the user is.

    Attributes:
        served: The server.
        page: The page.
        asked: Addresses that the browser has asked for.
        parts: Parts of files that it was sent.
        complaints: What it said was wrong.
    """

    served: Served
    page: Page
    asked: list[str] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    @property
    def context(self) -> BrowserContext:
        return self.page.context

    def sign_in(self, user: str | None) -> None:
        """Be another user from now on, or none."""
        self.context.clear_cookies()
        if user is not None:
            token = self.served.tokens[user]
            self.context.add_cookies([{"name": "_token", "value": token, "url": self.served.airflow}])

    def in_airflow(self, path: str) -> Frame:
        """Open a tab of Airflow's own page, and return the frame with ours."""
        self.page.goto(f"{self.served.airflow}/{path}")
        return self.tab()

    def tab(self) -> Frame:
        """Return the frame with our page as soon as that shows something."""
        self.page.frame_locator("iframe").locator(".head").wait_for()
        [frame] = [one for one in self.page.frames if one.url.startswith(self.served.url)]
        return frame

    def elsewhere(self) -> list[str]:
        """Addresses asked for that aren't this Airflow's."""
        return [
            one for one in self.asked if not one.startswith((f"{self.served.airflow}/", "data:", "blob:"))
        ]

    def hacked(self) -> list[object]:
        """What scripts that aren't ours have left in each frame."""
        return [found for frame in self.page.frames if (found := frame.evaluate("window.hacked")) is not None]

    def heard(self, said: ConsoleMessage) -> None:
        # Airflow's own page asks for code and versions, which DAGs that were laid down don't have.
        of_airflow = not said.location["url"].startswith(self.served.url)
        if said.type not in ("error", "warning") or _SANDBOX in said.text:
            return
        if not (of_airflow and said.text.startswith("Failed to load resource")):
            self.complaints.append(f"{said.text} ({said.location['url']})")

    def interrupted(self, dialog: Dialog) -> None:
        self.complaints.append(f"a dialog: {dialog.message}")
        dialog.dismiss()

    def answered(self, response: Response) -> None:
        if response.status == 206 and response.url.startswith(f"{self.served.url}media?"):
            span, _, size = response.headers["content-range"].removeprefix("bytes ").partition("/")
            [of] = parse_qs(urlsplit(response.url).query)["of"]
            self.parts.append(Part(of, int(span.partition("-")[0]), int(size)))


@contextmanager
def watched(browser: Browser, served: Served, user: str | None = None) -> Iterator[Watched]:
    """Open an empty page."""
    context = browser.new_context(viewport={"width": 1300, "height": 900}, reduced_motion="no-preference")
    page = context.new_page()
    page.set_default_timeout(HANGS * 1000)
    seen = Watched(served, page)
    context.on("request", lambda request: seen.asked.append(request.url))
    page.on("response", seen.answered)
    page.on("console", seen.heard)
    page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    page.on("dialog", seen.interrupted)
    seen.sign_in(user)
    try:
        yield seen
    finally:
        context.close()
