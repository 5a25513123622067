"""Which commit the code of a pipeline is at, and what differs from it."""

import os
import subprocess
from pathlib import Path

import msgspec

from tfx_hallmark.registry.redaction import without_credentials

# Whatever a person's own settings are, the diff is one that `git apply` takes.
_DIFF = ("-c", "core.quotePath=true", "diff", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames")
_PREFIXES = ("--src-prefix=a/", "--dst-prefix=b/")


class GitState(msgspec.Struct, frozen=True):
    """The working tree that a file belongs to.

    Attributes:
        commit: The commit checked out.
        dirty: Whether tracked files differ from it, or the module's own folder holds Python files that git
            does not know.
        remote: URL of `origin` without credentials; None if there is none, and where it is a path of this machine:
            nobody else can fetch from it, and it tells whose home directory it is in.
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
    remote = _git(folder, "config", "--get", "remote.origin.url")
    return GitState(
        commit,
        bool(changed or _unknown(folder)),
        None if not remote or _is_path(remote) else without_credentials(remote),
    )


def uncommitted_changes(folder: Path) -> str | None:
    """Return as a diff what makes a working tree dirty, see `GitState.dirty`.

    Args:
        folder: The module's; what differs in it comes first.

    Returns:
        Text that `git apply` takes, paths as seen from the top of the tree; of files that are no text it tells only
        that they differ. None if nothing differs, outside of a working tree, and where git cannot tell.
    """
    top = working_tree(folder)
    if top is None:
        return None
    here = folder.resolve().relative_to(top.resolve()).as_posix()
    found = [
        _git(top, *_DIFF, *_PREFIXES, "HEAD", "--", here),
        *(_new_file(top, name) for name in _unknown(folder)),
        _git(top, *_DIFF, *_PREFIXES, "HEAD", "--", ".", f":(exclude){here}") if here != "." else "",
    ]
    if None in found:
        return None
    return "".join(f"{part}\n" for part in found if part) or None


def working_tree(folder: Path) -> Path | None:
    """Return the top of the working tree around a folder; None outside one or without git."""
    top = _git(folder, "rev-parse", "--show-toplevel")
    return None if top is None else Path(top)


def _is_path(remote: str) -> bool:
    """Return whether a remote is on this machine: without a scheme and without a host before the first slash."""
    return remote.startswith("file://") or ("://" not in remote and ":" not in remote.partition("/")[0])


def _unknown(folder: Path) -> list[str]:
    """Return the Python files of a folder that git does not know, as seen from the top of the tree.

    Trainer packs every .py file of that folder; elsewhere, what git does not know is mostly output.
    """
    listed = _git(
        folder, "ls-files", "--others", "--exclude-standard", "--full-name", "-z", "--", ":(glob)*.py"
    )
    return sorted(name for name in (listed or "").split("\0") if name)


def _new_file(top: Path, name: str) -> str | None:
    # It ends with 1 where there is a difference, and there always is one.
    return _git(top, *_DIFF, *_PREFIXES, "--no-index", "--", os.devnull, name, right=1)


def _git(folder: Path, *arguments: str, right: int = 0) -> str | None:
    try:
        done = subprocess.run(  # noqa: S603
            ["git", "-C", str(folder), *arguments],  # noqa: S607
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
            timeout=30,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.rstrip("\n") if done.returncode == right else None
