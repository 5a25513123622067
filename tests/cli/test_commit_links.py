"""From a version to its commit: `show`, the version's page and the model card link to it where it has a page."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.git_clones import git, trained
from tests.dashboard.page_text import PageText
from tfx_hallmark.registry.model import Model

Run = Callable[..., Any]
SHA = "0123456789abcdef0123456789abcdef01234567"
PAGE = f"https://github.com/ice/penguin/commit/{SHA}"


@pytest.fixture
def linked(model: Model, tmp_path: Path) -> Model:
    """1.0.0 from a commit on GitHub, 1.0.1 from one of a host that nobody knows, 1.0.2 from none."""
    candidates = tmp_path / "candidates"
    trained(model, 1, candidates, SHA)
    trained(model, 2, candidates, SHA, remote="https://example.org/ice/penguin.git")
    trained(model, 3, candidates, None)
    return model


def test_show_has_the_page_of_the_commit(run: Run, told: Run, linked: Model) -> None:
    assert told("show", "penguin@1.0.0")["commit_page"] == PAGE
    assert re.search(rf"^page of the commit: +{PAGE}$", run("show", "penguin@1.0.0").stdout, re.M)
    for version in ("1.0.1", "1.0.2"):
        assert told("show", f"penguin@{version}")["commit_page"] is None
        assert "page of the commit" not in run("show", f"penguin@{version}").stdout


def test_the_page_of_a_version_links_to_it(linked: Model) -> None:
    from fastapi.testclient import TestClient

    from tfx_hallmark.dashboard.app import create_app
    from tfx_hallmark.dashboard.settings import Settings

    client = TestClient(create_app(Settings(root=linked.root)), base_url="http://127.0.0.1")
    pages = [client.get(f"/models/penguin/versions/1.0.{number}").text for number in range(3)]
    assert PageText(pages[0]).links[SHA] == PAGE
    assert SHA in pages[1]
    assert all("https://" not in link for page in pages[1:] for link in PageText(page).links.values())


def test_the_model_card_links_to_it(run: Run, linked: Model, tmp_path: Path) -> None:
    assert f"| git commit | [{SHA}]({PAGE}) |" in run("card", "penguin@1.0.0").stdout
    assert f"| git commit | {SHA} |" in run("card", "penguin@1.0.1").stdout
    out = tmp_path / "card.html"
    assert run("card", "penguin@1.0.0", "-o", out).exit_code == 0
    assert PageText(out.read_text()).links[SHA] == PAGE


def test_a_tag_leads_back_to_the_version_as_the_docs_have_it(
    run: Run, model: Model, clone: Path, commits: list[str], tmp_path: Path
) -> None:
    trained(model, 1, tmp_path / "candidates", commits[1])
    assert run("tag-git", "penguin@1.0.0", "--repo", clone).exit_code == 0
    docs = (Path(__file__).parents[2] / "docs/git.md").read_text()
    (form,) = re.findall(r"^git tag --list --points-at HEAD --format='(.*)'$", docs, re.M)
    assert git(clone, "tag", "--list", "--points-at", "HEAD", f"--format={form}") == "penguin@1.0.0"
