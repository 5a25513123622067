"""`hallmark tag-git --all`: every published version of a model."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.git_clones import tags, trained
from tfx_hallmark.registry.model import Model

Run = Callable[..., Any]


@pytest.fixture
def several(of_commits: Model, clone: Path, commits: list[str], tmp_path: Path) -> Model:
    """1.0.0 can be tagged, 1.0.2 is dirty, 1.0.3 has no commit, that of 1.0.4 is gone; 1.0.1 was never published."""
    candidates = tmp_path / "candidates"
    made = [
        trained(of_commits, 3, candidates, commits[1], dirty=True),
        trained(of_commits, 4, candidates, None),
        trained(of_commits, 5, candidates, "f" * 40),
    ]
    for path, version in zip(made, ("1.0.2", "1.0.3", "1.0.4"), strict=True):
        of_commits.push_unchecked(path, version, reason="a test")
    return of_commits


def test_all_tags_each_published_version_and_tells_of_those_it_cannot(
    run: Run, several: Model, clone: Path, commits: list[str], hub: Path
) -> None:
    done = run("tag-git", "penguin", "--all", "--repo", clone, "--push", "hub", "--json")
    answer = json.loads(done.stdout)
    assert (done.exit_code, done.stderr, answer["dry_run"]) == (1, "", False)
    outcomes = {tag["version"]: tag["outcome"] for tag in answer["tags"]}
    assert outcomes == {"1.0.0": "written", "1.0.2": "left_out", "1.0.3": "left_out", "1.0.4": "failed"}
    assert answer["tags"][0]["pushed"] is True
    assert tags(clone) == tags(hub) == {"penguin@v1.0.0": commits[0]}
    page = run("tag-git", "penguin", "--all", "--repo", clone).stdout
    assert page.splitlines()[-1] == "4 versions: 1 tagged before, 2 left out, 1 failed"


def test_all_is_done_where_nothing_but_what_has_no_commit_is_left_out(
    run: Run, of_commits: Model, clone: Path, commits: list[str], tmp_path: Path
) -> None:
    path = trained(of_commits, 3, tmp_path / "candidates", None)
    of_commits.push_unchecked(path, "1.0.2", reason="a test")
    assert run("tag-git", "penguin", "--all", "--repo", clone).exit_code == 0
    assert tags(clone) == {"penguin@v1.0.0": commits[0]}


def test_all_wants_a_model_and_a_name_that_tells_versions_apart(
    wrong: Run, of_commits: Model, clone: Path
) -> None:
    assert "'penguin@stable'" in wrong(2, "tag-git", "penguin@stable", "--all", "--repo", clone)
    assert "names no version" in wrong(2, "tag-git", "penguin", "--repo", clone)
    told = wrong(1, "tag-git", "penguin", "--all", "--repo", clone, "--name", "{model}")
    assert "write {version} into it" in told
