"""Which commit the code of a pipeline is at."""

import subprocess
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import msgspec


class GitState(msgspec.Struct, frozen=True):
    """The working tree that a file belongs to.

    Attributes:
        commit: The commit checked out.
        dirty: Whether tracked files differ from it, or the module's own folder holds Python files that git
            does not know.
        remote: URL of `origin` without credentials; None if there is none.
    """

    commit: str
    dirty: bool
    remote: str | None


def git_state(folder: Path) -> GitState | None:
    """Return the state of the working tree around a module's folder; None outside one or without git."""
    commit = _git(folder, "rev-parse", "HEAD")
    if commit is None:
        return None
    changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    # Trainer packs every .py file of that folder; elsewhere, what git does not know is mostly output.
    unknown = _git(folder, "status", "--porcelain", "--", "*.py")
    remote = _git(folder, "config", "--get", "remote.origin.url")
    return GitState(commit, bool(changed or unknown), without_credentials(remote) if remote else None)


def working_tree(folder: Path) -> Path | None:
    """Return the top of the working tree around a folder; None outside one or without git."""
    top = _git(folder, "rev-parse", "--show-toplevel")
    return None if top is None else Path(top)


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
