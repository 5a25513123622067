"""The answers of `export` and `import`: what an archive holds, and what became of it."""

import msgspec

from tfx_hallmark.answers.paths import as_text
from tfx_hallmark.answers.text import counted, size
from tfx_hallmark.registry.archive.outcome import Exported, Imported
from tfx_hallmark.registry.examining.serving_faults import serving_faults
from tfx_hallmark.registry.registry import Registry


class ExportAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `export`.

    Attributes:
        path: The archive.
        kind: `history` or `version`.
        model: The model's name.
        version: The semantic version; null of a history.
        events: How many events are in it.
        objects: How many objects: manifests, verdicts, evidence and the like.
        files: How many files of releases, each content once.
        size: Bytes of the archive.
        sentence: What was written, in a sentence.
    """

    path: str
    kind: str
    model: str
    version: str | None
    events: int
    objects: int
    files: int
    size: int
    sentence: str


class ImportAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `import`, and of its dry run.

    Attributes:
        root: The registry root.
        path: The archive.
        dry_run: Whether nothing was done.
        already: Whether the registry held all of it, so that there was nothing to do.
        kind: `history` or `version`.
        model: The model's name.
        version: The semantic version; null of a history.
        events: How many events of the archive came in.
        releases: The releases that came to be.
        labels: The labels that point to them.
        size: Bytes of the files that were written.
        sentence: What was done, or would be, in a sentence.
        warnings: What TF Serving would make of it that nobody may want, with what to do.
    """

    root: str
    path: str
    dry_run: bool
    already: bool
    kind: str
    model: str
    version: str | None
    events: int
    releases: list[int]
    labels: list[str]
    size: int
    sentence: str
    warnings: list[str]


def exported(done: Exported) -> ExportAnswer:
    """Tell what an export wrote."""
    what = done.model if done.version is None else f"{done.model}@{done.version}"
    parts = (
        f"{counted(done.events, 'event')}, {counted(done.objects, 'record')}, {counted(done.files, 'file')}"
    )
    return ExportAnswer(
        path=as_text(done.path),
        kind=done.kind,
        model=done.model,
        version=done.version,
        events=done.events,
        objects=done.objects,
        files=done.files,
        size=done.size,
        sentence=f"{what}: {parts} written to {as_text(done.path)} ({size(done.size)})",
    )


def imported(done: Imported, registry: Registry, *, dry_run: bool) -> ImportAnswer:
    """Tell what an import did, or would do.

    Args:
        done: What came of it.
        registry: Where it came in.
        dry_run: Whether it was rehearsed.
    """
    faults = [] if dry_run else serving_faults(registry.look_at(done.model).state, registry.settings.read())
    return ImportAnswer(
        root=as_text(registry.root),
        path=as_text(done.path),
        dry_run=dry_run,
        already=done.already,
        kind=done.kind,
        model=done.model,
        version=done.version,
        events=done.events,
        releases=list(done.releases),
        labels=list(done.labels),
        size=done.size,
        sentence=_sentence(done, dry_run=dry_run),
        warnings=[f"{fault.finding.where}: {fault.finding.what}; {fault.finding.repair}" for fault in faults],
    )


def _sentence(done: Imported, *, dry_run: bool) -> str:
    what = f"the history of {done.model}" if done.version is None else f"{done.model}@{done.version}"
    if done.already:
        return f"{what} is here already, to the last byte; nothing was done"
    verb = "would be imported" if dry_run else "was imported"
    if done.version is None:
        return f"{what} {verb}: {counted(done.events, 'event')}, {counted(len(done.releases), 'release')}"
    number = f"release {done.releases[0]}"
    labels = f", now {' and '.join(done.labels)}" if done.labels else ", without a label"
    return f"{what} {verb} as {number}{labels}; the gate is passed over"
