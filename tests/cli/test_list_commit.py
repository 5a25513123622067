"""`hallmark list --commit`: the versions that were trained from a git commit."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.git_clones import commit
from tfx_hallmark.registry.model import Model

Run = Callable[..., Any]


def test_versions_are_found_by_the_commit_they_were_trained_from(
    told: Run, of_commits: Model, clone: Path, commits: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def found(*arguments: str) -> list[str]:
        return [one["version"] for one in told("list", "penguin", *arguments)["versions"]]

    monkeypatch.chdir(clone)
    assert found("--commit", commits[0]) == found("--commit", commits[0][:7].upper()) == ["1.0.0"]
    assert (found("--commit", "HEAD"), found("--commit", "main~1")) == (["1.0.1"], ["1.0.0"])
    assert found("--commit", "HEAD", "--where", "label = 'stable' or label is null") == ["1.0.1"]
    assert found("--commit", commits[0], "--where", "label is null") == []
    assert found("--where", f"code.commit like '{commits[1][:8]}%'") == ["1.0.1"]
    assert found("--commit", commit(clone, "nothing trained from it")) == []


def test_a_commit_that_nobody_knows_is_one_line(
    wrong: Run, of_commits: Model, clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(clone)
    assert "'nonesuch' is neither" in wrong(1, "list", "penguin", "--commit", "nonesuch")
    assert "'--all' is neither" in wrong(1, "list", "penguin", "--commit=--all")
    monkeypatch.chdir(tmp_path)
    assert "is no git repository" in wrong(1, "list", "penguin", "--commit", "HEAD")
    assert "MODEL" in wrong(2, "list", "--commit", "HEAD")
    assert "column 1" in wrong(2, "list", "penguin", "--commit", "0123abc", "--where", "nonesuch = 1")
