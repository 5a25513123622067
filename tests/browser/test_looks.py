"""How the pages look: readable by all, in the dark, and on a phone."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import DESKTOP, PHONE

PAGES = {
    "models": "/",
    "model": "/models/penguin",
    "nothing found": "/models/penguin?q=nowhere",
    "refused version": "/models/penguin/versions/1.1.0",
    "stable version": "/models/penguin/versions/1.2.0",
    "comparison": "/models/penguin/compare?version=1.0.0&version=1.1.0&version=1.2.0",
    "what changed": "/models/penguin/compare?version=1.0.0&version=1.2.0&changed=1",
    "no comparison": "/models/penguin/compare",
    "audit": "/audit?check=1",
    "deliveries": "/deliveries",
    "sign in": "/sign-in",
}
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light", "viewport": DESKTOP},
    "dark": {"color_scheme": "dark", "viewport": DESKTOP},
    "phone": {"color_scheme": "light", "viewport": PHONE, "has_touch": True},
}
every_page = pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)


@pytest.mark.parametrize("look", LOOKS)
@every_page
def test_axe_finds_nothing_serious(site: str, open_page: Callable[..., Page], path: str, look: str) -> None:
    page = open_page(**LOOKS[look])
    page.goto(site + path)
    unfold_all(page)
    found = Axe().run(page).response["violations"]
    grave = [
        f"{one['id']} at {node['target']}: {node['failureSummary']}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]
    assert grave == []


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
@every_page
def test_a_page_never_scrolls_sideways(
    site: str, open_page: Callable[..., Page], path: str, width: int
) -> None:
    page = open_page(viewport={"width": width, "height": 800})
    page.goto(site + path)
    unfold_all(page)
    needed, given = page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    assert needed <= given


def test_what_must_be_seen_is_marked_by_shape_too(site: str, page: Page) -> None:
    page.goto(f"{site}/models/penguin")
    shapes = {
        mark.get_attribute("class"): mark.locator(
            ":scope > :not(title):not(.reach):not(.ring)"
        ).first.evaluate("shape => shape.tagName")
        for mark in page.locator("svg.plot a").all()
    }
    assert shapes == {"mark published": "circle", "mark refused": "path"}


def unfold_all(page: Page) -> None:
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
