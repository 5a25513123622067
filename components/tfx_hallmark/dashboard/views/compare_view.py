"""What the page of a comparison shows."""

import itertools
from collections.abc import Sequence

import msgspec

from tfx_hallmark.answers.comparison_text import Line, headline, lines_under, told
from tfx_hallmark.answers.listing import labels_by_version, status
from tfx_hallmark.registry.comparison import VersionComparison, compare
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.version import Version

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


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """What changed from the first version to another.

    Attributes:
        title: Which versions, and what kind of step it is.
        lines: The parts that changed, each with what changed there.
    """

    title: str
    lines: list[tuple[str, str]]


class CompareView(msgspec.Struct, frozen=True, kw_only=True):
    """Versions side by side.

    Attributes:
        model: The model's name.
        columns: The versions.
        comparison: What is known of them; None while there are fewer than two.
        changes: What changed, in words.
        under: What stands under each metric, by the title of its section and the name of its row.
        only_changed: Whether only what differs is shown.
        changed: How many rows differ.
        offered: Versions that can be added, newest first.
    """

    model: str
    columns: list[Compared]
    comparison: VersionComparison | None
    changes: list[Changed]
    under: dict[str, dict[str, list[Line]]]
    only_changed: bool
    changed: int
    offered: list[str]


def compare_view(model: Model, which: Sequence[str], *, only_changed: bool, code: bool) -> CompareView:
    """Collect what the page shows.

    Args:
        model: The model.
        which: What stands after the `@` of references; those past the sixth are left out.
        only_changed: Whether only what differs is shown.
        code: Whether the differences of the code are shown.

    Raises:
        NotFoundError: If there is no such version, or its manifest is missing.
        InvalidNameError: If one is no reference.
    """
    versions = [model.version(one) for one in dict.fromkeys(which)]
    # Two references may name one version.
    versions = list({version.version: version for version in versions}.values())[:MOST]
    comparison = compare(versions, code=code) if len(versions) > 1 else None
    return view_of(model, versions, comparison, only_changed=only_changed)


def view_of(
    model: Model, versions: Sequence[Version], comparison: VersionComparison | None, *, only_changed: bool
) -> CompareView:
    """Collect what is shown of a comparison.

    Args:
        model: The model.
        versions: Those that are compared, in the order of the comparison.
        comparison: What is known of them; None for fewer than two.
        only_changed: Whether only what differs is shown.
    """
    names = [version.version for version in versions]
    state = model.state
    labels = labels_by_version(state)
    rows = [row for section in comparison.sections for row in section.rows] if comparison else []
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
        changes=[
            Changed(title=headline(one, names[0]), lines=told(one))
            for one in (comparison.changes if comparison else ())
        ],
        under={
            section.title: {row.name: lines_under(row) for row in section.rows}
            for section in (comparison.sections if comparison else ())
        },
        only_changed=only_changed,
        changed=sum(row.changed for row in rows),
        offered=list(itertools.islice(newest, _OFFERED)),
    )
