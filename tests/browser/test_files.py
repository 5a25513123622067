"""Files that commands write, as a browser shows them: on a phone and on a desk, in light and dark."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from playwright.sync_api import Page

from tests.browser.conftest import DESKTOP, PHONE
from tfx_hallmark.cli.main import app

GROUNDS = "[...document.querySelectorAll('body, .card')].map(one => getComputedStyle(one).backgroundColor)"
ROWS = "[...document.querySelectorAll('.card tbody tr')].map(one => one.offsetHeight)"
CHARTS = "[...document.querySelectorAll('svg.chart')].map(one => one.getBoundingClientRect().height)"


@pytest.fixture
def shown(demo_here: Path, tmp_path: Path, open_page: Callable[..., Page]) -> Callable[..., Page]:
    """Shows what a command writes; the test fails if its page complains or asks for anything."""

    def show(*command: str, **settings: object) -> Page:
        file = tmp_path / "file.html"
        arguments = [*command, "-o", str(file), "--root", str(demo_here / "registry")]
        assert CliRunner().invoke(app, arguments).exit_code == 0
        page = open_page(**settings)
        page.set_content(file.read_text(encoding="utf-8"))
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        return page

    return show


@pytest.mark.parametrize(
    "command",
    [("card", "penguin@stable"), ("compare", "penguin@1.0.0", "penguin@stable", "--all", "--code")],
    ids=["card", "comparison"],
)
def test_a_file_fits_its_screen_in_light_and_dark(
    shown: Callable[..., Page], command: tuple[str, ...]
) -> None:
    light, dark = (
        shown(*command, viewport=size, color_scheme=scheme).evaluate(GROUNDS)
        for scheme, size in (("light", DESKTOP), ("dark", PHONE))
    )
    assert len(light) == len(dark) > 1
    assert not set(light) & set(dark)


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desk", "phone"])
def test_the_tables_of_a_card_are_not_broken_into_a_word_a_line(
    shown: Callable[..., Page], size: dict[str, int]
) -> None:
    page = shown("card", "penguin@stable", viewport=size)
    rows, charts = page.evaluate(ROWS), page.evaluate(CHARTS)
    assert len(rows) > 5
    assert max(rows) < 60  # two lines at most
    assert len(charts) == 4  # of two metrics, and of how the training went
    assert min(charts) > 80
