"""Showing the releases of a history that was imported: the records come first, in one rename, then these."""

import contextlib
import errno
from pathlib import Path

from tfx_hallmark.registry.errors import ForeignEntryError
from tfx_hallmark.registry.release_storage import foreign_entry
from tfx_hallmark.registry.releases import make_read_only
from tfx_hallmark.registry.storage import explain_os_errors, fsync_directory, make_directory

ARRIVED = "arrived"


def show_arrived(records: Path, base: Path) -> None:
    """Give the imported releases of a model their places, each by one rename; nothing if all have theirs.

    Any process may do this for any other, any number of times. The highest number goes first, so that TF Serving
    loads nothing that it would have to replace at once.

    Args:
        records: Where the model's records lie.
        base: Its base path.

    Raises:
        ForeignEntryError: If something else has taken a release's place.
        StorageError: If they cannot be moved.
    """
    arrived = records / ARRIVED
    if not arrived.is_dir():
        return
    with explain_os_errors(f"showing the imported releases in {base}"):
        make_directory(base)
        for number in sorted(_numbers(arrived), reverse=True):
            _show(arrived / str(number), base / str(number))
        fsync_directory(base)
        with contextlib.suppress(FileNotFoundError):
            arrived.rmdir()


def _numbers(arrived: Path) -> list[int]:
    try:
        return [int(path.name) for path in arrived.iterdir()]
    except FileNotFoundError:
        return []  # another process has shown them meanwhile


def _show(source: Path, target: Path) -> None:
    try:
        source.rename(target)
    except FileNotFoundError:
        return  # another process did it meanwhile
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
            raise _in_the_way(target) from error
        raise
    with contextlib.suppress(PermissionError):
        make_read_only(target)


def _in_the_way(target: Path) -> ForeignEntryError:
    return foreign_entry(target.name, str(target))
