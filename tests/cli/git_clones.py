"""Real git repositories, and versions that were trained from their commits."""

import subprocess
from pathlib import Path
from typing import Any

from tests.saved_models import change_weights, copy_saved_model
from tfx_hallmark.registry.manifest import Code, Provenance
from tfx_hallmark.registry.model import Model

ORIGIN = "https://github.com/ice/penguin.git"


def git(repo: Path, *arguments: str) -> str:
    """Runs git in a clone and gives what it prints."""
    done = subprocess.run(["git", "-C", str(repo), *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def make_clone(path: Path, commits: int = 2, *, origin: str | None = ORIGIN) -> list[str]:
    """Makes a repository with as many commits, and gives their ids, oldest first."""
    path.mkdir(parents=True)
    git(path, "init", "--quiet", "--initial-branch=main")
    git(path, "config", "user.name", "Ada")
    git(path, "config", "user.email", "ada@example.org")
    if origin is not None:
        git(path, "remote", "add", "origin", origin)
    return [commit(path, f"model {number}") for number in range(commits)]


def commit(path: Path, text: str) -> str:
    """Commits a change and gives the commit's id."""
    (path / "trainer.py").write_text(f"# {text}\n")
    git(path, "add", "trainer.py")
    git(path, "commit", "--quiet", "--message", text)
    return git(path, "rev-parse", "HEAD")


def trained(
    model: Model,
    number: int,
    candidates: Path,
    commit: str | None,
    *,
    dirty: bool | None = False,
    remote: str | None = ORIGIN,
) -> Path:
    """Tags a version that was trained from a commit, and gives its SavedModel."""
    path = change_weights(copy_saved_model("linear", candidates / str(number)), number)
    code = None if commit is None else Code(module="trainer.py", commit=commit, dirty=dirty, remote=remote)
    model.tag(path, provenance=lambda _: Provenance(code=code))
    return path


def tags(repo: Path) -> dict[str, str]:
    """Gives the commits that tags stand on, by name."""
    listed = git(repo, "tag", "--list", "--format=%(refname:strip=2) %(*objectname)%(objectname)")
    pairs = (line.split() for line in listed.splitlines())
    return {name: known[:40] for name, known in pairs}


def one_line(done: Any) -> str:
    """Expects a command to fail with one line, and gives that."""
    assert (done.exit_code, done.stdout) == (1, ""), done.output
    (line,) = done.stderr.splitlines()
    return str(line)
