"""Versions of one model side by side: what they are, what they were made from, how they did."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from tfx_hallmark.registry.errors import NotComparableError
from tfx_hallmark.registry.version_facts import Fact, Unit, Value, facts

if TYPE_CHECKING:
    from tfx_hallmark.registry.version import Version

_LEAST = 2


class Row(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that is known of the versions.

    Attributes:
        name: What it is, e.g. `learning_rate` or `accuracy on island:Biscoe`; unique in its section.
        values: One per version, in the order of the versions; None where a version has no such thing.
        changed: Whether they differ.
        unit: `bytes` for a number of bytes, `digest` for a content digest, `time` for a point in time (UTC,
            RFC 3339), `metric` for a measured number; empty for anything else.
    """

    name: str
    values: tuple[Value | None, ...]
    changed: bool
    unit: Unit = ""


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """Rows that belong together.

    Attributes:
        title: E.g. `Hyperparameters`.
        rows: At least one.
    """

    title: str
    rows: tuple[Row, ...]


class VersionComparison(msgspec.Struct, frozen=True, kw_only=True):
    """Versions of one model side by side.

    Attributes:
        model: The model's name.
        versions: Their semantic versions, in the order in which they were given.
        sections: What is known of them, in the order in which people ask; none is empty.
        equal: How many rows are the same in all versions, shown or not.
    """

    model: str
    versions: tuple[str, ...]
    sections: tuple[Section, ...]
    equal: int

    def only_changed(self) -> "VersionComparison":
        """Return the comparison without the rows that are the same in all versions."""
        changed = [
            Section(title=section.title, rows=tuple(row for row in section.rows if row.changed))
            for section in self.sections
        ]
        return msgspec.structs.replace(self, sections=tuple(section for section in changed if section.rows))

    def _repr_html_(self) -> str:
        """Show it as a table in a notebook."""
        from tfx_hallmark.registry.notebook_html import comparison_html

        return comparison_html(self)


def compare(versions: Sequence["Version"]) -> VersionComparison:
    """Set versions of one model side by side.

    Args:
        versions: Two or more; they come out in this order.

    Raises:
        NotComparableError: If there are fewer than two, or they are of several models.
        NotFoundError: If a record of one is missing.
    """
    if len(versions) < _LEAST:
        msg = f"a comparison takes two or more versions, not {len(versions)}: name another one"
        raise NotComparableError(msg)
    models = list(dict.fromkeys(version.model for version in versions))
    if len(models) > 1:
        msg = f"{' and '.join(models)} are different models: compare versions of one model"
        raise NotComparableError(msg)
    told = [facts(version) for version in versions]
    sections = [Section(title=title, rows=tuple(_rows([one[title] for one in told]))) for title in told[0]]
    return VersionComparison(
        model=models[0],
        versions=tuple(version.version for version in versions),
        sections=tuple(section for section in sections if section.rows),
        equal=sum(not row.changed for section in sections for row in section.rows),
    )


def _rows(versions: Sequence[Mapping[str, Fact | None]]) -> Iterator[Row]:
    """Line up one section of several versions; what none of them has is left out."""
    for name in dict.fromkeys(name for version in versions for name in version):
        found = [version.get(name) for version in versions]
        values = tuple(None if fact is None else fact.value for fact in found)
        unit = next((fact.unit for fact in found if fact is not None), None)
        if unit is not None:
            changed = any(value != values[0] for value in values)
            yield Row(name=name, values=values, changed=changed, unit=unit)
