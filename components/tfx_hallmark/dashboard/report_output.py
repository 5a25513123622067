"""Putting a report in its place: written aside, then renamed, so that nobody opens half of one."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from tfx_hallmark.dashboard.report import ReportFile
from tfx_hallmark.registry.errors import ConfigError
from tfx_hallmark.registry.storage import explain_os_errors

MARK = ".hallmark-report"  # in a folder that a report made, and may replace
GENERATOR = '<meta name="generator" content="hallmark report">'
_HEAD = 4096  # bytes of a file in which the generator stands


def is_one_file(out: Path) -> bool:
    """Whether a report goes into one file: by the name, unless a folder has it."""
    return out.suffix.lower() in (".html", ".htm") and not out.is_dir()


def check_place(out: Path) -> None:
    """Check that nothing which no report made is in the way, before any work is done.

    Raises:
        ConfigError: If something is.
        StorageError: If it cannot be read.
    """
    with explain_os_errors(f"looking at {out}"):
        if is_one_file(out):
            free = not out.exists() or GENERATOR.encode() in out.open("rb").read(_HEAD)
        else:
            free = not out.exists() or (out.is_dir() and (_is_empty(out) or (out / MARK).exists()))
    if not free:
        msg = f"{out} is there already and was not made by a report: give another place by --out"
        raise ConfigError(msg)


def write_one_file(out: Path, content: bytes) -> None:
    """Write a report of one file.

    Raises:
        StorageError: If it cannot be written.
    """
    target = out.resolve()
    with explain_os_errors(f"writing the report {out}"), _aside(target) as aside:
        new = aside / target.name
        new.write_bytes(content)
        new.replace(target)


def write_folder(out: Path, files: Iterable[ReportFile]) -> None:
    """Write a report of several files, in place of an earlier one.

    Args:
        out: The folder.
        files: What is in it.

    Raises:
        StorageError: If it cannot be written.
    """
    target = out.resolve()
    with explain_os_errors(f"writing the report {out}"), _aside(target) as aside:
        new, old = aside / "new", aside / "old"
        for file in files:
            path = new / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.content)
        (new / MARK).touch()
        if target.exists() and not _is_empty(target):
            target.rename(old)
        try:
            new.rename(target)
        except OSError:
            if old.exists():
                old.rename(target)
            raise


@contextlib.contextmanager
def _aside(target: Path) -> Iterator[Path]:
    """Make a folder on the same file system, which is gone in the end whatever happens."""
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        yield aside
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _is_empty(folder: Path) -> bool:
    return next(folder.iterdir(), None) is None
