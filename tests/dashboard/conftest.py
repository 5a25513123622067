"""A registry, the page over it, and browsers that look at it."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.dashboard.browser import Browser
from tests.dashboard.registries import write_history
from tests.dashboard.running import Starter
from tfx_hallmark.dashboard.app import create_app
from tfx_hallmark.dashboard.settings import Settings

TOKEN = "a-token-that-nobody-guesses"


@pytest.fixture(scope="session")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of a registry; tests only read it."""
    root = tmp_path_factory.mktemp("registry")
    write_history(root, tmp_path_factory.mktemp("candidates"))
    return root


@pytest.fixture
def own_history(history: Path, tmp_path: Path) -> Path:
    """The root of a registry that the test may change."""
    return Path(shutil.copytree(history, tmp_path / "own-registry"))


@pytest.fixture(scope="session")
def client(history: Path) -> TestClient:
    """A reader of the page without actions."""
    return Browser(create_app(Settings(root=history))).client


@pytest.fixture
def acting_page(own_history: Path) -> Callable[..., Browser]:
    """Makes a browser, nobody signed in, on a page that allows actions; further settings as given."""

    def make(**settings: object) -> Browser:
        return Browser(create_app(Settings(root=own_history, token=TOKEN, **settings)))  # type: ignore[arg-type]

    return make


@pytest.fixture
def signed_in(acting_page: Callable[..., Browser]) -> Browser:
    """A browser in which Ada is signed in."""
    browser = acting_page()
    assert browser.sign_in(TOKEN).status_code == 303
    return browser


@pytest.fixture
def start(history: Path) -> Iterator[Starter]:
    """Starts `hallmark ui` over the registry that tests only read; ends it after the test."""
    starter = Starter(history)
    yield starter
    starter.end()
