"""`hallmark tag-git --push`: the tag goes to a remote, and nothing there is ever moved."""

import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.cli.git_clones import git, one_line, tags
from tests.conftest import listing
from tfx_hallmark.registry.model import Model

Run = Callable[..., Any]


def test_push_brings_the_tag_and_its_commit_to_the_remote_and_again_nothing(
    run: Run, of_commits: Model, clone: Path, hub: Path, commits: list[str]
) -> None:
    done = run("tag-git", "penguin@1.0.0", "--repo", clone, "--push", "hub")
    assert (done.exit_code, done.stdout.endswith("; pushed to hub\n")) == (0, True), done.output
    assert tags(hub) == {"penguin@v1.0.0": commits[0]}
    before = listing(hub)
    done = run("tag-git", "penguin@1.0.0", "--repo", clone, "--push", "hub")
    assert (done.exit_code, done.stdout.endswith(" already; hub has it too\n")) == (0, True), done.output
    assert listing(hub) == before


def test_a_tag_that_the_remote_has_from_another_clone_is_fetched(
    run: Run, of_commits: Model, clone: Path, hub: Path
) -> None:
    run("tag-git", "penguin@1.0.0", "--repo", clone, "--push", "hub")
    theirs = git(clone, "rev-parse", "refs/tags/penguin@v1.0.0")
    git(clone, "tag", "--delete", "penguin@v1.0.0")
    done = run("tag-git", "penguin@1.0.0", "--repo", clone, "--push", "hub")
    assert (done.exit_code, "of hub already, and was fetched" in done.stdout) == (0, True), done.output
    assert git(clone, "rev-parse", "refs/tags/penguin@v1.0.0") == theirs


def test_a_tag_on_another_commit_of_the_remote_stops_it_before_anything_is_written(
    run: Run, of_commits: Model, clone: Path, hub: Path, commits: list[str]
) -> None:
    git(clone, "push", "--quiet", "hub", f"{commits[1]}:refs/tags/penguin@v1.0.0")
    line = one_line(run("tag-git", "penguin@1.0.0", "--repo", clone, "--push", "hub"))
    assert f"tag penguin@v1.0.0 on hub is on commit {commits[1][:12]}" in line
    assert (tags(clone), tags(hub)) == ({}, {"penguin@v1.0.0": commits[1]})


def test_a_remote_that_there_is_not_is_one_line_and_nothing_is_written(
    run: Run, of_commits: Model, clone: Path
) -> None:
    line = one_line(run("tag-git", "penguin@1.0.0", "--repo", clone, "--push", "nowhere"))
    assert line.startswith("hallmark: nowhere cannot be asked for its tags: fatal: ")
    assert "--upload" in one_line(
        run("tag-git", "penguin@1.0.0", "--repo", clone, "--push=--upload-pack=false")
    )
    assert tags(clone) == {}


def test_a_remote_that_refuses_is_one_line_and_the_next_run_pushes_what_is_left(
    run: Run, of_commits: Model, clone: Path, hub: Path, commits: list[str]
) -> None:
    hook = hub / "hooks/update"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    line = one_line(run("tag-git", "penguin@1.0.0", "--repo", clone, "--push", "hub"))
    assert f"tags are in {clone}, but could not be pushed to hub: ! [remote rejected]" in line
    hook.unlink()
    assert run("tag-git", "penguin@1.0.0", "--repo", clone, "--push", "hub").exit_code == 0
    assert tags(hub) == {"penguin@v1.0.0": commits[0]}


def test_hooks_run_and_have_nobody_to_ask_even_on_a_terminal(
    process: Run, of_commits: Model, clone: Path, hub: Path, tmp_path: Path
) -> None:
    asked = tmp_path / "asked"
    hook = clone / ".git/hooks/pre-push"
    terminal = "(exec </dev/tty) 2>/dev/null && echo a terminal || echo no terminal"
    hook.write_text(
        f"#!/bin/sh\n{{ echo prompt $GIT_TERMINAL_PROMPT; {terminal}; }} > {shlex.quote(str(asked))}\n"
    )
    hook.chmod(0o755)
    on_a_terminal = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"
    command = [sys.executable, "-m", "tfx_hallmark.cli.main", "tag-git", "penguin@1.0.0"]
    options = ["--repo", str(clone), "--push", "hub", "--root", str(of_commits.root)]
    done = process("-c", on_a_terminal, *command, *options, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stdout
    assert asked.read_text() == "prompt 0\nno terminal\n"
