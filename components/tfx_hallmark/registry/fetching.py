"""Brings the files of a release to this machine."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tfx_hallmark.registry.errors import DigestMismatchError, LocalRootError, NotFoundError
from tfx_hallmark.registry.ledger import Ledger
from tfx_hallmark.registry.release_storage import Releases
from tfx_hallmark.registry.storage import explain_os_errors


def fetch(ledger: Ledger, releases: Releases, release: int, destination: Path) -> None:
    """Put a release's files into a directory; see `Model.fetch`."""
    require(ledger, releases, release)
    state, location = ledger.refresh(), releases.location_of(release)
    with explain_os_errors(f"fetching {location} to {destination}"):
        digest = releases.fetch(release, destination)
    version = state.versions[state.releases[release].version]
    if digest is not None and digest != version.digest:
        msg = (
            f"{location} no longer holds {ledger.model}@{version.version}: what was downloaded has the digest "
            f"{digest[:15]}…, the published one is {version.digest[:15]}…; see 'hallmark verify {ledger.model}'"
        )
        raise DigestMismatchError(msg)


def require(ledger: Ledger, releases: Releases, release: int) -> None:
    """Make sure that a release is there.

    Raises:
        NotFoundError: If it is not.
    """
    if release not in ledger.refresh().releases or not releases.is_there(release):
        where = releases.location_of(release)
        msg = f"release {release} of {ledger.model} is gone from {where}: push its model again to restore it"
        raise NotFoundError(msg)


@contextlib.contextmanager
def directory_of(ledger: Ledger, releases: Releases, release: int) -> Iterator[Path]:
    """Give a directory with a release's files: its own, or a temporary one."""
    require(ledger, releases, release)
    try:
        path = releases.path(release)
    except LocalRootError:
        with tempfile.TemporaryDirectory(prefix="hallmark-") as scratch:
            path = Path(scratch) / str(release)
            fetch(ledger, releases, release, path)
            yield path
    else:
        yield path
