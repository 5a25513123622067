"""What the page of a comparison shows."""

import itertools
from collections.abc import Sequence

import msgspec

from tfx_hallmark.answers.listing import labels_by_version, status
from tfx_hallmark.registry.comparison import VersionComparison, compare
from tfx_hallmark.registry.model import Model

_OFFERED = 200  # versions that can be picked from a list; any other is named in the address
MOST = 6  # versions side by side


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """One column.

    Attributes:
        version: Semantic version.
        status: What it is listed as.
        labels: The labels that point to it.
        others: The other versions, for a link that leaves this one out.
    """

    version: str
    status: str
    labels: list[str]
    others: list[str]


class CompareView(msgspec.Struct, frozen=True, kw_only=True):
    """Versions side by side.

    Attributes:
        model: The model's name.
        columns: The versions.
        comparison: What is known of them; None while there are fewer than two.
        only_changed: Whether only what differs is shown.
        changed: How many rows differ.
        offered: Versions that can be added, newest first.
    """

    model: str
    columns: list[Compared]
    comparison: VersionComparison | None
    only_changed: bool
    changed: int
    offered: list[str]


def compare_view(model: Model, which: Sequence[str], *, only_changed: bool) -> CompareView:
    """Collect what the page shows.

    Args:
        model: The model.
        which: What stands after the `@` of references; those past the sixth are left out.
        only_changed: Whether only what differs is shown.

    Raises:
        NotFoundError: If there is no such version, or a record of it is missing.
        InvalidNameError: If one is no reference.
    """
    versions = [model.version(one) for one in dict.fromkeys(which)]
    # Two references may name one version.
    versions = list({version.version: version for version in versions}.values())[:MOST]
    names = [version.version for version in versions]
    state = model.state
    labels = labels_by_version(state)
    comparison = compare(versions) if len(versions) > 1 else None
    newest = (version for version in reversed(state.versions) if version not in names)
    return CompareView(
        model=model.name,
        columns=[
            Compared(
                version=version.version,
                status=status(version.state),
                labels=labels.get(version.version, []),
                others=[name for name in names if name != version.version],
            )
            for version in versions
        ],
        comparison=comparison,
        only_changed=only_changed,
        changed=sum(row.changed for section in comparison.sections for row in section.rows)
        if comparison
        else 0,
        offered=list(itertools.islice(newest, _OFFERED)),
    )
