"""The versions of a model as a table: searched, filtered, sorted, and one page of it at a time."""

import functools
from collections.abc import Callable
from typing import Any

import msgspec
import semver

from tfx_hallmark.answers.listing import STATUSES, ListedVersion, in_brief, labels_by_version, status
from tfx_hallmark.registry.errors import ConfigError
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.state import ModelState, VersionState

MAX_SIZE = 500  # rows of a page


@functools.lru_cache(maxsize=100_000)
def _precedence(version: str) -> semver.Version:
    return semver.Version.parse(version)


_KEYS: dict[str, Callable[[VersionState], Any]] = {
    "created": lambda version: version.created,
    "version": lambda version: _precedence(version.version),
    "status": lambda version: (STATUSES.index(status(version)), version.created),
    "release": lambda version: max(version.releases, default=0),
    "size": lambda version: version.size,
}
SORTS = tuple(_KEYS)


class VersionsTable(msgspec.Struct, frozen=True, kw_only=True):
    """One page of a model's versions.

    Attributes:
        model: The model's name.
        versions: The rows of this page.
        found: How many versions fit, on all pages.
        total: How many versions the model has.
        statuses: How many of all versions have each status; those that none has are left out.
        labels: The labels in use, sorted.
        query: The words that were searched for.
        status: The status that was asked for; empty for all.
        label: The label that was asked for; empty for all.
        sort: What it is sorted by; a `-` before it means downwards.
        page: Which page this is, from 1.
        pages: How many there are, at least 1.
        size: The most rows that a page has.
    """

    model: str
    versions: list[ListedVersion]
    found: int
    total: int
    statuses: dict[str, int]
    labels: list[str]
    query: str
    status: str
    label: str
    sort: str
    page: int
    pages: int
    size: int


def find_versions(
    model: Model,
    *,
    query: str = "",
    status: str = "",
    label: str = "",
    sort: str = "-created",
    page: int = 1,
    size: int = 50,
) -> VersionsTable:
    """Search, filter and sort the versions of a model, and return one page of them.

    Args:
        model: The model.
        query: Words; a version fits if each of them stands in its number, digest, tag, bump, notes or
            description, or in why it was refused, put in quarantine or held. Case does not matter.
        status: One of `listing.STATUSES`; empty for all.
        label: A label that points to the version; empty for all.
        sort: One of `SORTS`, with a `-` before it for downwards.
        page: From 1; a page past the last one gives the last one.
        size: Rows of a page, from 1 to `MAX_SIZE`.

    Raises:
        ConfigError: If there is no such status or sort order, or `page` or `size` is out of bounds.
    """
    _check(status, sort, page, size)
    state = model.state
    labels = labels_by_version(state)
    fitting = [
        version for version in state.versions.values() if _fits(version, status, query.lower().split())
    ]
    if label:
        fitting = [version for version in fitting if label in labels.get(version.version, [])]
    # Tagged later wins a tie when downwards, as the order of `versions` is that of tagging.
    fitting.sort(key=_KEYS[sort.removeprefix("-")])
    if sort.startswith("-"):
        fitting.reverse()
    pages = max(1, -(-len(fitting) // size))
    page = min(page, pages)
    shown = fitting[(page - 1) * size : page * size]
    return VersionsTable(
        model=model.name,
        versions=[in_brief(version, labels.get(version.version, [])) for version in shown],
        found=len(fitting),
        total=len(state.versions),
        statuses=_statuses(state),
        labels=sorted(state.labels),
        query=query,
        status=status,
        label=label,
        sort=sort,
        page=page,
        pages=pages,
        size=size,
    )


def _check(wanted: str, sort: str, page: int, size: int) -> None:
    if wanted and wanted not in STATUSES:
        msg = f"there is no status {wanted!r}: take one of {', '.join(STATUSES)}"
        raise ConfigError(msg)
    if sort.removeprefix("-") not in SORTS:
        msg = f"versions cannot be sorted by {sort!r}: take one of {', '.join(SORTS)}, with '-' before it for downwards"
        raise ConfigError(msg)
    if page < 1 or not 1 <= size <= MAX_SIZE:
        msg = f"page {page} of {size} rows cannot be: pages count from 1, and have from 1 to {MAX_SIZE} rows"
        raise ConfigError(msg)


def _fits(version: VersionState, wanted: str, words: list[str]) -> bool:
    if wanted and status(version) != wanted:
        return False
    if not words:
        return True
    notes = (f"{key}: {value}" for key, value in version.notes.items() if value)
    told = (
        version.version,
        version.digest,
        version.tag,
        version.bump,
        version.summary,
        version.quarantined or "",
        version.held or "",
        version.description,
        *notes,
    )
    text = "\n".join(told).lower()
    return all(word in text for word in words)


def _statuses(state: ModelState) -> dict[str, int]:
    found = [status(version) for version in state.versions.values()]
    return {one: found.count(one) for one in STATUSES if one in found}
