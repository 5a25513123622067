"""Looks a registry over: what its log says, and what lies on the disk."""

from collections.abc import Iterator

from tfx_hallmark.registry.errors import CorruptLogError
from tfx_hallmark.registry.finding import Finding
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.record_findings import foreign_entries, log_damaged, release_missing
from tfx_hallmark.registry.registry import Registry


def examine(registry: Registry, name: str) -> Iterator[Finding]:
    """Yield what is wrong with one model; reads its whole log, and no file of a release.

    Args:
        registry: The registry.
        name: The model's name.

    Raises:
        InvalidNameError: If the name cannot be a model's.
    """
    try:
        model = registry.model(name)
        for _ in model.events():
            pass
    except CorruptLogError as error:
        yield log_damaged(name, error)
        return
    yield from _missing_releases(model)
    yield from foreign_entries(model.name, model.foreign_entries)


def _missing_releases(model: Model) -> Iterator[Finding]:
    for version in model.versions():
        for release in version.releases:
            path = model.path / str(release)
            if release not in version.state.pruned and not path.is_dir():
                yield release_missing(str(version), release, path)
