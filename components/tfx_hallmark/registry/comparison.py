"""Versions of one model side by side: what they are, what they were made from, how they did, what changed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from tfx_hallmark.registry.comparing.changes import Changes, changes
from tfx_hallmark.registry.comparing.code_change import CodeDiff, code_diffs
from tfx_hallmark.registry.comparing.measures import EXAMPLE_COUNT, Measured, measured
from tfx_hallmark.registry.comparing.reading import Stored, stored
from tfx_hallmark.registry.errors import NotComparableError
from tfx_hallmark.registry.manifest import Manifest
from tfx_hallmark.registry.version_facts import (
    Fact,
    Unit,
    Value,
    judged_facts,
    metric_name,
    tagged_facts,
)

if TYPE_CHECKING:
    from tfx_hallmark.registry.version import Version

_LEAST = 2
_ENVIRONMENT, _METRICS = "Environment", "Metrics"


class Row(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that is known of the versions.

    Attributes:
        name: What it is, e.g. `learning_rate` or `accuracy on island:Biscoe`; unique in its section.
        values: One per version, in the order of the versions; None where a version has no such thing.
        changed: Whether they differ.
        unit: `bytes` for a number of bytes, `digest` for a content digest, `time` for a point in time (UTC,
            RFC 3339), `metric` for a measured number, `seconds` for a duration; empty for anything else.
        measured: Of a metric: by how much it differs from the first version, and which thresholds it meets.
    """

    name: str
    values: tuple[Value | None, ...]
    changed: bool
    unit: Unit = ""
    measured: Measured | None = None


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """Rows that belong together.

    Attributes:
        title: E.g. `Hyperparameters`.
        rows: At least one.
    """

    title: str
    rows: tuple[Row, ...]


class VersionComparison(msgspec.Struct, frozen=True, kw_only=True):
    """Versions of one model side by side. The first is what the others are held against.

    Attributes:
        model: The model's name.
        versions: Their semantic versions, in the order in which they were given.
        changes: What changed from the first version to each of the others, in words.
        sections: What is known of them, in the order in which people ask; none is empty.
        equal: How many rows are the same in all versions, shown or not.
        code: Diffs of the code from the first version to each of the others, if they were asked for.
        remarks: What a reader should know of the comparison itself, such as a record that cannot be read.
    """

    model: str
    versions: tuple[str, ...]
    changes: tuple[Changes, ...]
    sections: tuple[Section, ...]
    equal: int
    code: tuple[CodeDiff, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def metrics(self) -> tuple[Measured, ...]:
        """The metrics by slice as each version's own evaluation has them, with what each is held against."""
        rows = (row for section in self.sections if section.title == _METRICS for row in section.rows)
        return tuple(row.measured for row in rows if row.measured is not None)

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


def compare(versions: Sequence["Version"], *, code: bool = False) -> VersionComparison:
    """Set versions of one model side by side.

    What is not recorded of a version has an empty cell; a lost object beside its manifest is told in `remarks`.

    Args:
        versions: Two or more; they come out in this order, and the first is what the others are held against.
        code: Whether to make diffs of the stored code.

    Raises:
        NotComparableError: If there are fewer than two, or they are of several models.
        NotFoundError: If the manifest of one is missing.
    """
    if len(versions) < _LEAST:
        msg = f"a comparison takes two or more versions, not {len(versions)}: name another one"
        raise NotComparableError(msg)
    models = list(dict.fromkeys(version.model for version in versions))
    if len(models) > 1:
        msg = f"{' and '.join(models)} are different models: compare versions of one model"
        raise NotComparableError(msg)
    manifests = [version.manifest for version in versions]
    kept = [stored(version) for version in versions]
    told = [
        {**tagged_facts(version), **judged_facts(one.verdict, one.evidence)}
        for version, one in zip(versions, kept, strict=True)
    ]
    sections = {title: list(_rows([one[title] for one in told])) for title in told[0]}
    sections[_METRICS] = list(_with_readings(sections[_METRICS], measured(kept)))
    packages = list(_packages(manifests, kept))
    others = list(zip(manifests[1:], kept[1:], strict=True))
    return VersionComparison(
        model=models[0],
        versions=tuple(version.version for version in versions),
        changes=tuple(changes(manifests[0], manifest, kept[0], one) for manifest, one in others),
        sections=tuple(_sections(sections, packages)),
        equal=sum(not row.changed for rows in sections.values() for row in rows),
        code=tuple(diff for manifest, one in others for diff in _code(manifests[0], manifest, kept[0], one))
        if code
        else (),
        remarks=tuple(_remarks(manifests, kept)),
    )


def _sections(sections: Mapping[str, list[Row]], packages: list[Row]) -> Iterator[Section]:
    for title, rows in sections.items():
        if rows:
            yield Section(title=title, rows=tuple(rows))
        if title == _ENVIRONMENT and packages:
            yield Section(title="Other packages", rows=tuple(packages))


def _rows(versions: Sequence[Mapping[str, Fact | None]]) -> Iterator[Row]:
    """Line up one section of several versions; what none of them has is left out."""
    for name in dict.fromkeys(name for version in versions for name in version):
        found = [version.get(name) for version in versions]
        values = tuple(None if fact is None else fact.value for fact in found)
        unit = next((fact.unit for fact in found if fact is not None), None)
        if unit is not None:
            yield _row(name, values, unit)


def _row(name: str, values: tuple[Value | None, ...], unit: Unit = "") -> Row:
    changed = any(value != values[0] for value in values)
    return Row(name=name, values=values, changed=changed, unit=unit)


def _with_readings(rows: Sequence[Row], metrics: Sequence[Measured]) -> Iterator[Row]:
    """Put to each metric what it is held against; one that has a threshold and was not measured gets a row.

    The number of examples stands with the metrics of its slice, and is no row of its own there.
    """
    found = {metric_name(metric.metric, metric.slice): metric for metric in metrics}
    told = {metric_name(EXAMPLE_COUNT, metric.slice) for metric in metrics}
    for row in (row for row in rows if row.name not in told):
        yield msgspec.structs.replace(row, measured=found.pop(row.name, None))
    for name, metric in found.items():
        row = _row(name, tuple(reading.value for reading in metric.readings), "metric")
        yield msgspec.structs.replace(row, measured=metric)


def _packages(manifests: Sequence[Manifest], kept: Sequence[Stored]) -> Iterator[Row]:
    """Give the packages that differ, but for those that bear on the result and stand with the environment."""
    lists = [one.packages for one in kept]
    known = [one for one in lists if one is not None]
    environments = (manifest.provenance.environment for manifest in manifests)
    told = {name for environment in environments if environment for name in environment.packages}
    for name in sorted({name for one in known for name in one} - told):
        if len({one.get(name) for one in known}) > 1:
            yield _row(name, tuple(None if one is None else one.get(name) for one in lists))


def _code(before: Manifest, now: Manifest, stored_before: Stored, stored_now: Stored) -> Iterator[CodeDiff]:
    return code_diffs(
        before.provenance.code,
        now.provenance.code,
        stored_before,
        stored_now,
        first=before.version,
        version=now.version,
    )


def _remarks(manifests: Sequence[Manifest], kept: Sequence[Stored]) -> Iterator[str]:
    for one in kept:
        yield from one.unreadable
    measured_on = [
        (manifest.version, manifest.provenance.data.digest)
        for manifest, one in zip(manifests, kept, strict=True)
        if one.evidence is not None and manifest.provenance.data is not None
    ]
    if len({digest for _, digest in measured_on if digest}) > 1:
        yield "each version was measured on its own run's data, and these differ: so may a metric for that alone"
