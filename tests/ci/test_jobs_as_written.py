"""The jobs of a scaffolded project, run as they are written: from a first training to a second release."""

import copy
import itertools
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.ci.forge import GITHUB, GITLAB, TOKEN, Forge
from tests.ci.jobs import COMPONENTS, NO_GIT_SETTINGS, Ran, github_job, gitlab_job, run
from tests.conftest import listing
from tfx_hallmark import Registry
from tfx_hallmark.registry.events import Event

pytestmark = [pytest.mark.tfx, pytest.mark.slow]

MODEL = "fish"
BETTER = {"steps: 30 ": "steps: 300 ", "hidden_units: [8]": "hidden_units: [32]"}
# Whatever somebody types there is text.
REASON = 'a week without trouble; $(touch owned) `touch owned` "; touch owned; "'
WORSE = {"learning_rate: 0.01": "learning_rate: 0.00001"}


class Project:
    """A scaffolded project in a bare repository, which jobs check out, and the registry that they publish to.

    Args:
        folder: For everything.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.hub = folder / "hub.git"
        self.registry = folder / "models"
        self.work = folder / "work"
        self._jobs = itertools.count(1)
        made = [sys.executable, "-m", "tfx_hallmark.cli.main", "init-pipeline", "here", "--model", MODEL]
        self._run(made, folder)
        self.git("init", "--quiet", "--bare", "--initial-branch=main", str(self.hub), at=folder)
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("config", "user.name", "Ada")
        self.git("config", "user.email", "ada@example.org")
        self.git("remote", "add", "origin", str(self.hub))
        self.commit("Begin")

    def _run(self, command: list[str], at: Path) -> str:
        environment = {**os.environ, "PYTHONPATH": str(COMPONENTS), **NO_GIT_SETTINGS}
        done = subprocess.run(command, cwd=at, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def git(self, *arguments: str, at: Path | None = None) -> str:
        """Runs git in the clone in which the project is written."""
        return self._run(["git", *arguments], at or self.folder / "here")

    def commit(self, message: str, changes: dict[str, str] | None = None) -> str:
        """Commits settings to the branch that is checked out, pushes it, and gives the commit's id."""
        settings = self.folder / "here" / "configs" / "local.yaml"
        text = settings.read_text()
        for old, new in (changes or {}).items():
            assert text.count(old) == 1
            text = text.replace(old, new)
        settings.write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)
        self.git("push", "--quiet", "origin", "HEAD")
        return self.git("rev-parse", "HEAD")

    def branch(self, name: str, changes: dict[str, str]) -> str:
        """Commits settings to a branch that begins at main, and gives the commit's id."""
        self.git("checkout", "--quiet", "-b", name, "main")
        return self.commit(name, changes)

    def checkout(self, commit: str) -> Path:
        """Checks a commit out for one job."""
        path = self.folder / f"job-{next(self._jobs)}"
        self.git("clone", "--quiet", str(self.hub), str(path), at=self.folder)
        self.git("checkout", "--quiet", commit, at=path)
        return path

    def with_a_copy_of_the_registry(self, folder: Path) -> "Project":
        """Gives the same project with a registry that may be changed."""
        other = copy.copy(self)
        other.registry = shutil.copytree(self.registry, folder / "models", symlinks=True)
        other.work = shutil.copytree(self.work, folder / "work", symlinks=True)
        return other

    def github(self, workflow: str, job: str, checkout: Path, *, root: str | None = None, **more: str) -> Ran:
        """Runs a job of a GitHub workflow."""
        context = {
            "github.actor": "ada",
            "github.actor_id": "12",
            "github.event.pull_request.number": "7",
            "github.token": TOKEN,
            "vars.HALLMARK_ROOT": str(self.registry) if root is None else root,
            "vars.HALLMARK_WORK": str(self.work),
            "inputs.version": "canary",
            "inputs.reason": REASON,
        }
        file = checkout / ".github" / "workflows" / f"{workflow}.yml"
        return run(github_job(file, job, context), checkout, {"GITHUB_ACTIONS": "true", **more})

    def gitlab(self, job: str, checkout: Path, **more: str) -> Ran:
        """Runs a job of the GitLab pipeline."""
        given = {
            "CI_JOB_URL": "https://gitlab.example.org/ice/fish/-/jobs/9",
            "GITLAB_USER_LOGIN": "bob",
            "GITLAB_USER_NAME": "Bob",
            "GITLAB_USER_EMAIL": "bob@example.org",
            "HALLMARK_ROOT": str(self.registry),
            "HALLMARK_WORK": str(self.work),
            **more,
        }
        return run(gitlab_job(checkout / ".gitlab-ci.yml", job, given), checkout, {})

    @property
    def model(self) -> Any:
        return Registry.open(self.registry).model(MODEL)

    def labels(self) -> dict[str, str]:
        """Gives the versions that labels are on."""
        return {label: self.model.version(label).version for label in self.model.state.labels}

    def last_event(self) -> Event:
        """Gives the newest event of the registry's log."""
        return next(self.model.newest_first())

    def published(self) -> dict[str, Any]:
        """Gives all that there is in the registry, but for what a sync in the background may just be writing."""
        return {
            path: entry for path, entry in listing(self.registry).items() if not path.endswith("sync.log")
        }

    def tags(self) -> dict[str, str]:
        """Gives the commits that the tags of the bare repository stand on."""
        listed = self.git("tag", "--list", "--format=%(refname:strip=2) %(*objectname)", at=self.hub)
        return dict(line.split() for line in listed.splitlines())


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("ci"))
    Registry.create(project.registry)
    hallmark = [sys.executable, "-m", "tfx_hallmark.cli.main", "config", "--serving-policy", "labels"]
    project._run([*hallmark, "--reason", "canaries", "--root", str(project.registry)], project.folder)
    return project


@pytest.fixture(scope="module")
def released(project: Project) -> Project:
    """The project with its first release: trained by GitLab's job, promoted by GitHub's."""
    first = project.git("rev-parse", "main")
    checkout = project.checkout(first)
    trained = project.gitlab("train", checkout)
    assert trained.code == 0, trained.printed
    assert "fish@1.0.0 was published as release 1" in trained.printed
    assert "fish" in (checkout / "output" / "report.html").read_text()
    assert project.labels() == {"canary": "1.0.0"}

    promoted = project.github("promote", "promote", project.checkout(first))
    assert promoted.code == 0, promoted.printed
    assert "fish" in promoted.summary
    return project


def gate_failures(checkout: Path) -> list[str]:
    """Gives the test cases that the gate's JUnit file says failed."""
    cases = ElementTree.parse(checkout / "output" / "compare" / "gate.xml").iter("testcase")
    return [str(case.get("name")) for case in cases if case.find("failure") is not None]


def compared(project: Project, commit: str, job: Callable[[Path], Ran]) -> tuple[Ran, Path, str]:
    """Runs a comparison; gives how it went, its checkout and its text. The registry must be as it was."""
    before = project.published()
    checkout = project.checkout(commit)
    ran = job(checkout)
    assert project.published() == before
    return ran, checkout, (checkout / "output" / "compare" / "comparison.md").read_text()


def test_a_model_is_trained_as_canary_promoted_by_hand_and_its_commit_tagged(released):
    assert released.labels()["stable"] == "1.0.0"
    last = released.last_event()
    assert (last.kind, last.actor, last.reason) == ("promoted", "ada", REASON)
    assert released.tags()["fish@v1.0.0"] == released.git("rev-parse", "main")
    assert not list(released.folder.rglob("owned")), "an input was run"


def test_a_pull_request_that_makes_it_better_passes_and_is_commented(released):
    better = released.branch("better", BETTER)
    ran, checkout, text = compared(
        released, better, lambda checkout: released.github("pull-request", "compare", checkout)
    )
    assert ran.code == 0, ran.printed
    assert ran.summary == text
    assert text.startswith("### ✅ fish 1.1.0 against 1.0.0: passed\n")
    assert "hidden_units changed from" in text
    assert gate_failures(checkout) == []
    # The second job has the target branch, and of the first one's checkout nothing but its artifact.
    beside = released.checkout("main")
    (beside / "output" / "compare").mkdir(parents=True)
    (beside / "output" / "compare" / "comparison.md").write_text(text)
    with Forge(GITHUB).listening() as forge:
        commented = released.github("pull-request", "comment", beside, **forge.environment)
        assert commented.code == 0, commented.printed
    [comment] = forge.comments
    assert comment["body"] == f"<!-- hallmark -->\n{text}"


def test_a_merge_request_that_makes_it_worse_fails_and_is_commented(released):
    worse = released.branch("worse", WORSE)
    ran, checkout, text = compared(released, worse, lambda checkout: released.gitlab("compare", checkout))
    assert ran.code == 1, ran.printed
    assert text.startswith("### ❌ fish 1.1.0 against 1.0.0: failed\n")
    assert gate_failures(checkout)
    with Forge(GITLAB).listening() as forge:
        told = {"HALLMARK_COMMENT_TOKEN": TOKEN, **forge.environment}
        commented = released.gitlab("comment", checkout, **told)
        assert commented.code == 0, commented.printed
    [note] = forge.comments
    assert note["body"] == f"<!-- hallmark -->\n{text}"


def test_a_merge_request_whose_model_is_the_one_that_is_stable_passes(released):
    released.git("checkout", "--quiet", "-b", "same", "main")
    # Trains what is there already, in no time.
    (released.folder / "here" / "pipeline" / "local_runner.py").write_text("")
    ran, checkout, text = compared(
        released, released.commit("same"), lambda checkout: released.gitlab("compare", checkout)
    )
    assert ran.code == 0, ran.printed
    assert text == "### fish: the same model as 1.0.0, which is stable\n"
    assert gate_failures(checkout) == []


def test_without_a_registry_a_job_says_which_variable_is_missing(released):
    checkout = released.checkout("main")
    for ran in (
        released.gitlab("train", checkout, HALLMARK_ROOT=""),
        released.github("train", "train", checkout, root=""),
    ):
        assert ran.code != 0
        assert "HALLMARK_ROOT: is a " in ran.printed
        assert "variable" in ran.printed


def test_what_is_merged_is_trained_and_promoted_too(released, tmp_path):
    project = released.with_a_copy_of_the_registry(tmp_path)
    merged = project.branch("merged", BETTER)
    checkout = project.checkout(merged)
    trained = project.github("train", "train", checkout)
    assert trained.code == 0, trained.printed
    assert trained.summary.startswith("```\nfish 1.1.0  published\n")
    assert (checkout / "output" / "report.html").is_file()
    assert project.labels() == {"stable": "1.0.0", "canary": "1.1.0"}
    promoted = project.gitlab("promote", project.checkout(merged))
    assert promoted.code == 0, promoted.printed
    assert project.labels()["stable"] == "1.1.0"
    last = project.last_event()
    assert (last.kind, last.actor) == ("promoted", "bob")
    assert last.reason == "promoted in https://gitlab.example.org/ice/fish/-/jobs/9"
    assert project.tags()["fish@v1.1.0"] == merged
