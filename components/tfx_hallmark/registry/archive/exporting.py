"""Exporting a model, or one version of it, into one file."""

from pathlib import Path

from tfx_hallmark.registry.archive.contents import history, one_version
from tfx_hallmark.registry.archive.outcome import Exported
from tfx_hallmark.registry.archive.writer import write_archive
from tfx_hallmark.registry.errors import ConfigError
from tfx_hallmark.registry.examining.hashing import Progress
from tfx_hallmark.registry.ledger import Ledger
from tfx_hallmark.registry.lookup import find_named
from tfx_hallmark.registry.release_storage import Releases
from tfx_hallmark.registry.releases import ReleaseDirectories


def export(
    ledger: Ledger,
    releases: Releases,
    destination: Path,
    which: str | None,
    *,
    overwrite: bool,
    progress: Progress,
) -> Exported:
    """Write an archive; see `Model.export`."""
    if not isinstance(releases, ReleaseDirectories):
        msg = f"{releases.location} is an object store, of which nothing is exported: copy the root to a disk first"
        raise ConfigError(msg)
    if which is None:
        contents = history(ledger, releases)
    else:
        version = find_named(ledger.refresh(), which)
        contents = one_version(ledger, releases, version)
    size = write_archive(contents, ledger, destination, overwrite=overwrite, progress=progress)
    return Exported(
        path=destination,
        kind=contents.header.kind,
        model=contents.header.model,
        version=contents.header.version,
        events=len(contents.events),
        objects=len(contents.objects),
        files=len(contents.files),
        size=size,
    )
