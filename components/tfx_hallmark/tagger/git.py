"""Which commit the code of a pipeline is at."""

import subprocess
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import msgspec


class GitState(msgspec.Struct, frozen=True):
    """The working tree that a file belongs to.

    Attributes:
        commit: The commit checked out.
        dirty: Whether tracked files differ from it.
        remote: URL of `origin` without credentials; None if there is none.
        top: The working tree's directory.
    """

    commit: str
    dirty: bool
    remote: str | None
    top: str = ""


def git_state(folder: Path) -> GitState | None:
    """Return the state of the working tree around a folder; None outside one or without git."""
    commit = _git(folder, "rev-parse", "HEAD")
    if commit is None:
        return None
    top = _git(folder, "rev-parse", "--show-toplevel") or str(folder)
    changes = _git(folder, "status", "--porcelain", "--untracked-files=no")
    remote = _git(folder, "config", "--get", "remote.origin.url")
    return GitState(commit, bool(changes), without_credentials(remote) if remote else None, top)


def without_credentials(url: str) -> str:
    """Take user names, passwords and query strings out of a URL; `git@host:path` stays as it is."""
    parts = urlsplit(url)
    if not parts.netloc:
        return url
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(  # noqa: S603
            ["git", "-C", str(folder), *arguments],  # noqa: S607
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
