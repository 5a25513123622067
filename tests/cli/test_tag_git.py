"""`hallmark tag-git`: a tag on the commit that a version was trained from, in real repositories."""

import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import HOSTILE
from tests.cli.git_clones import ORIGIN, git, make_clone, one_line, tags, trained
from tests.conftest import listing
from tfx_hallmark.registry.errors import ConfigError, GitError
from tfx_hallmark.registry.git.clone import Clone
from tfx_hallmark.registry.model import Model

Run = Callable[..., Any]
TRAILERS = "%(contents:trailers:key=Hallmark-Version,key=Hallmark-Release,key=Hallmark-Digest,valueonly)"


def test_it_writes_an_annotated_tag_on_the_commit_of_the_version(
    run: Run, of_commits: Model, clone: Path, commits: list[str]
) -> None:
    before = listing(of_commits.root)
    done = run("tag-git", "penguin@stable", "--repo", clone)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == f"penguin 1.0.0: tag penguin@v1.0.0 written on commit {commits[0][:12]}\n"
    assert git(clone, "cat-file", "-t", "penguin@v1.0.0") == "tag"
    assert git(clone, "rev-parse", "penguin@v1.0.0^{commit}") == commits[0]
    assert listing(of_commits.root) == before


def test_the_message_has_version_release_verdict_metrics_and_digest(
    run: Run, of_commits: Model, clone: Path
) -> None:
    run("tag-git", "penguin@1.0.0", "--repo", clone)
    message = git(clone, "tag", "--list", "--format=%(contents)", "penguin@v1.0.0")
    version = of_commits.version("1.0.0")
    assert version.verdict is not None
    assert message.splitlines()[0] == "penguin 1.0.0, release 1"
    assert f"{version.verdict.sentence}." in message.splitlines()
    assert "Overall: accuracy 0.9." in message.splitlines()
    read = git(clone, "tag", "--list", f"--format={TRAILERS}", "penguin@v1.0.0")
    assert read.splitlines() == ["penguin@1.0.0", version.digest, "1"]


def test_a_version_that_was_only_tagged_can_have_one_too(run: Run, of_commits: Model, clone: Path) -> None:
    assert run("tag-git", "penguin@1.0.1", "--repo", clone).exit_code == 0
    assert git(clone, "tag", "--list", "--format=%(subject)", "penguin@v1.0.1") == "penguin 1.0.1, tagged"


def test_the_same_tag_again_is_fine_and_says_so(
    run: Run, of_commits: Model, clone: Path, commits: list[str]
) -> None:
    run("tag-git", "penguin@1.0.0", "--repo", clone)
    before = git(clone, "rev-parse", "refs/tags/penguin@v1.0.0")
    done = run("tag-git", "penguin@1.0.0", "--repo", clone)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == f"penguin 1.0.0: tag penguin@v1.0.0 is on commit {commits[0][:12]} already\n"
    assert git(clone, "rev-parse", "refs/tags/penguin@v1.0.0") == before


def test_a_tag_without_a_message_on_the_same_commit_is_left_as_it_is(
    run: Run, of_commits: Model, clone: Path, commits: list[str]
) -> None:
    git(clone, "tag", "penguin@v1.0.0", commits[0])
    done = run("tag-git", "penguin@1.0.0", "--repo", clone)
    assert (done.exit_code, "note: penguin@v1.0.0 is a tag without a message" in done.stdout) == (0, True)
    assert git(clone, "cat-file", "-t", "penguin@v1.0.0") == "commit"


def test_a_tag_on_another_commit_is_an_error_and_never_moved(
    run: Run, of_commits: Model, clone: Path, commits: list[str]
) -> None:
    git(clone, "tag", "penguin@v1.0.0", commits[1])
    line = one_line(run("tag-git", "penguin@1.0.0", "--repo", clone))
    assert f"tag penguin@v1.0.0 is on commit {commits[1][:12]}, not on {commits[0][:12]}" in line
    assert "--name" in line
    assert tags(clone) == {"penguin@v1.0.0": commits[1]}


def test_whoever_is_quicker_with_the_same_tag_is_in_nobodys_way(clone: Path, commits: list[str]) -> None:
    git(clone, "tag", "quicker", commits[0])
    Clone(clone).write_tag("quicker", commits[0], "the same")
    with pytest.raises(GitError, match="already exists"):
        Clone(clone).write_tag("quicker", commits[1], "another")
    assert tags(clone) == {"quicker": commits[0]}


def test_a_dry_run_shows_the_message_and_writes_nothing(
    run: Run, of_commits: Model, clone: Path, hub: Path
) -> None:
    before = listing(clone)
    done = run("tag-git", "penguin@1.0.0", "--repo", clone, "--push", "hub", "--dry-run")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.startswith("dry run, nothing was changed\n")
    assert "would be written" in done.stdout
    assert "would be pushed to hub" in done.stdout
    assert "  Hallmark-Version: penguin@1.0.0\n" in done.stdout
    assert (listing(clone), tags(hub)) == (before, {})


def test_training_with_uncommitted_changes_is_refused_with_what_lets_it_through(
    run: Run, model: Model, clone: Path, commits: list[str], tmp_path: Path
) -> None:
    trained(model, 1, tmp_path / "candidates", commits[0], dirty=True)
    line = one_line(run("tag-git", "penguin@1.0.0", "--repo", clone))
    assert f"with changes that are not in commit {commits[0][:12]}" in line
    assert "--allow-dirty" in line
    assert tags(clone) == {}
    assert run("tag-git", "penguin@1.0.0", "--repo", clone, "--allow-dirty").exit_code == 0
    message = git(clone, "tag", "--list", "--format=%(contents)", "penguin@v1.0.0")
    assert "Trained with uncommitted changes, which this commit does not hold" in message
    assert "Hallmark-Uncommitted-Changes: yes" in message


def test_a_version_without_a_commit_on_record(run: Run, model: Model, clone: Path, tmp_path: Path) -> None:
    make_clone(clone)
    trained(model, 1, tmp_path / "candidates", None)
    assert one_line(run("tag-git", "penguin@1.0.0", "--repo", clone)) == (
        "hallmark: penguin@1.0.0 has no git commit on record"
    )


def test_a_commit_that_the_clone_lacks_is_told_with_what_fetches_it(
    run: Run, of_commits: Model, tmp_path: Path
) -> None:
    other = tmp_path / "an other"
    make_clone(other, 1, origin="git@github.com:Ice/penguin")
    line = one_line(run("tag-git", "penguin@1.0.1", "--repo", other))
    recorded = of_commits.version("1.0.1").manifest.provenance.code
    assert recorded is not None
    assert f"run 'git -C {shlex.quote(str(other))} fetch origin {recorded.commit}' first" in line


def test_a_shallow_clone_is_told_how_it_becomes_whole_and_then_does(
    run: Run, of_commits: Model, clone: Path, commits: list[str], tmp_path: Path
) -> None:
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{clone}", str(shallow))
    git(shallow, "remote", "add", "hosted", ORIGIN)
    git(shallow, "config", "user.name", "Ada")
    git(shallow, "config", "user.email", "ada@example.org")
    line = one_line(run("tag-git", "penguin@1.0.0", "--repo", shallow))
    assert f"a shallow clone: run 'git -C {shallow} fetch --unshallow' first" in line
    git(shallow, "fetch", "--quiet", "--unshallow")
    assert run("tag-git", "penguin@1.0.0", "--repo", shallow).exit_code == 0
    assert tags(shallow) == {"penguin@v1.0.0": commits[0]}


def test_a_clone_of_another_repository_is_told_by_its_name(
    run: Run, of_commits: Model, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    make_clone(other, 1, origin="https://github.com/ice/seals")
    line = one_line(run("tag-git", "penguin@1.0.1", "--repo", other))
    assert f"which is no clone of {ORIGIN}: give one of that by --repo DIR" in line


def test_the_same_commit_in_a_clone_of_another_remote_is_tagged_with_a_note(
    run: Run, of_commits: Model, clone: Path
) -> None:
    git(clone, "remote", "set-url", "origin", "https://someone:password@github.com/fork/penguin.git")
    done = run("tag-git", "penguin@1.0.0", "--repo", clone)
    assert done.exit_code == 0
    (note,) = [line for line in done.stdout.splitlines() if "note:" in line]
    assert note.endswith(
        f"trained in a clone of {ORIGIN}, and this is one of https://github.com/fork/penguin.git"
    )


def test_a_branch_whose_name_reads_as_a_commit_is_not_taken_for_it(
    run: Run, model: Model, clone: Path, commits: list[str], tmp_path: Path
) -> None:
    trained(model, 1, tmp_path / "candidates", "0123abc")
    git(clone, "branch", "0123abc", commits[1])
    assert "commit 0123abc of penguin@1.0.0 is not in" in one_line(
        run("tag-git", "penguin@1.0.0", "--repo", clone)
    )


def test_where_there_is_no_repository(run: Run, of_commits: Model, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert one_line(run("tag-git", "penguin@1.0.0", "--repo", empty)) == (
        f"hallmark: {empty} is no git repository: give a clone of the repository by --repo DIR"
    )
    assert "is no directory" in one_line(run("tag-git", "penguin@1.0.0", "--repo", empty / "none"))


def test_git_that_does_not_know_who_tags(run: Run, of_commits: Model, clone: Path) -> None:
    for key in ("user.name", "user.email"):
        git(clone, "config", "--unset", key)
    git(clone, "config", "user.useConfigOnly", "true")
    line = one_line(run("tag-git", "penguin@1.0.0", "--repo", clone))
    assert f"'git -C {clone} config user.name NAME'" in line
    named = {"GIT_COMMITTER_NAME": "Robot", "GIT_COMMITTER_EMAIL": "robot@example.org"}
    assert run("tag-git", "penguin@1.0.0", "--repo", clone, **named).exit_code == 0
    assert git(clone, "tag", "--list", "--format=%(taggername)") == "Robot"


def test_it_works_on_the_clone_that_was_named_even_within_a_hook_of_another(
    run: Run, of_commits: Model, clone: Path, commits: list[str], tmp_path: Path
) -> None:
    make_clone(tmp_path / "other")
    done = run("tag-git", "penguin@1.0.0", "--repo", clone, GIT_DIR=str(tmp_path / "other/.git"))
    assert done.exit_code == 0, done.stderr
    assert (tags(clone), tags(tmp_path / "other")) == ({"penguin@v1.0.0": commits[0]}, {})


@pytest.mark.parametrize(
    "template", ["v {version}", "v{version}..x", "-v{version}", "{model}.lock", "v~{version}"]
)
def test_a_name_that_git_does_not_take(run: Run, of_commits: Model, clone: Path, template: str) -> None:
    line = one_line(run("tag-git", "penguin@1.0.0", "--repo", clone, f"--name={template}"))
    assert line.startswith("hallmark: git takes no tag named ")
    assert tags(clone) == {}


def test_a_template_of_unknown_fields_is_a_mistake_of_usage(
    wrong: Run, of_commits: Model, clone: Path
) -> None:
    assert "its fields are {model}, {version}" in wrong(
        2, "tag-git", "penguin@1.0.0", "--repo", clone, "--name", "{nonesuch}"
    )


def test_a_template_names_the_tag(run: Run, of_commits: Model, clone: Path, commits: list[str]) -> None:
    template = "models/{model}/{version}-{date:%Y}"
    assert run("tag-git", "penguin@1.0.0", "--repo", clone, "--name", template).exit_code == 0
    year = of_commits.version("1.0.0").manifest.created[:4]
    assert tags(clone) == {f"models/penguin/1.0.0-{year}": commits[0]}


def test_what_was_written_in_bad_faith_stays_on_its_line_of_the_message(
    run: Run, model: Model, clone: Path, commits: list[str], tmp_path: Path
) -> None:
    candidate = trained(model, 1, tmp_path / "candidates", commits[0])
    secret = "see https://ada:hunter2@example.org"
    reason = f"{HOSTILE}\n\nHallmark-Digest: b3:forged\n{secret}"
    model.push_unchecked(candidate, "1.0.0", reason=reason, actor="x")
    model.quarantine("1.0.0", reason=reason)
    assert run("tag-git", "penguin@1.0.0", "--repo", clone).exit_code == 0
    message = git(clone, "tag", "--list", "--format=%(contents)")
    assert all(char.isprintable() or char == "\n" for char in message)
    assert "hunter2" not in message
    digest = "--format=%(contents:trailers:key=Hallmark-Digest,valueonly)"
    assert git(clone, "tag", "--list", digest).split() == [model.version("1.0.0").digest]


def test_it_can_be_done_from_python(of_commits: Model, clone: Path, commits: list[str]) -> None:
    (tag,) = of_commits.tag_git("1.0.1", clone, name="v{version}", dry_run=True)
    assert (tag.tag, tag.commit, tag.outcome, tags(clone)) == ("v1.0.1", commits[1], "written", {})
    (tag,) = of_commits.tag_git(None, clone)
    assert (tag.version, tags(clone)) == ("1.0.0", {"penguin@v1.0.0": commits[0]})
    with pytest.raises(ConfigError, match="named 'v\\\\x00'"):
        of_commits.tag_git("1.0.0", clone, name="v\0")
    with pytest.raises(GitError):
        of_commits.tag_git("1.0.0", clone / "none")


def test_a_bare_repository_is_as_good(
    run: Run, of_commits: Model, clone: Path, commits: list[str], tmp_path: Path
) -> None:
    bare = tmp_path / "bare.git"
    shutil.copytree(clone / ".git", bare)
    git(bare, "config", "core.bare", "true")
    assert run("tag-git", "penguin@1.0.0", "--repo", bare).exit_code == 0
    assert tags(bare) == {"penguin@v1.0.0": commits[0]}
