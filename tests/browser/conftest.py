"""A real browser before a real server."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request, sync_playwright

from tests.browser.site import copied, running

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="session")
def site(demo_here: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server over the demo; tests only look at it."""
    with copied(demo_here, tmp_path_factory.mktemp("site")) as place, running(place) as address:
        yield address


@pytest.fixture
def own_site(demo_here: Path, tmp_path: Path) -> Iterator[str]:
    """The address of a server over a copy of the demo that the test may change."""
    with copied(demo_here, tmp_path) as place, running(place) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium without a screen, as the system has it."""
    chromium = shutil.which("chromium")
    assert chromium, "these tests need Chromium: apt-get install chromium"
    with sync_playwright() as playwright:
        # In a container there is no user namespace for Chromium's sandbox; only pages of ours are opened.
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens an empty page, with Playwright's settings for a context; see `page` for what it does not suffer."""
    opened: list[Page] = []
    complaints: list[str] = []

    def make(**settings: Any) -> Page:
        page = browser.new_context(**{"viewport": DESKTOP, **settings}).new_page()
        page.on(
            "console",
            lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None,
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: complaints.extend(_foreign(request.url)))
        page.on("requestfailed", lambda request: complaints.extend(_failed(request)))
        opened.append(page)
        return page

    yield make
    for page in opened:
        page.context.close()
    assert complaints == []


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    """An empty page; the test fails if anything goes wrong in it or it asks another host for something."""
    return open_page()


def _failed(request: Request) -> list[str]:
    # Leaving a page ends what it was still loading.
    return [] if request.failure == "net::ERR_ABORTED" else [f"failed: {request.url}: {request.failure}"]


def _foreign(url: str) -> list[str]:
    parts = urlsplit(url)
    local = parts.scheme in ("data", "blob") or parts.hostname == "127.0.0.1"
    return [] if local else [f"asked another host: {url}"]
