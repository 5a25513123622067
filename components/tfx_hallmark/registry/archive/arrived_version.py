"""A version as an archive brings it: its records checked, its files still to be read."""

from collections.abc import Iterator
from typing import TypeAlias

import msgspec

from tfx_hallmark.registry import event_kinds
from tfx_hallmark.registry.archive.layout import Origin
from tfx_hallmark.registry.archive.reader import Archive, Entry
from tfx_hallmark.registry.archive.records import MemoryRecords, check_objects, damaged, take_records
from tfx_hallmark.registry.archive.restoring import Places, places_of
from tfx_hallmark.registry.errors import ArchiveError, CorruptLogError
from tfx_hallmark.registry.events import Event, unseal
from tfx_hallmark.registry.log import event_key
from tfx_hallmark.registry.manifest import Manifest
from tfx_hallmark.registry.objects import ObjectStore
from tfx_hallmark.registry.state import VersionState
from tfx_hallmark.registry.verdict import Verdict

Fact: TypeAlias = event_kinds.Evaluated | event_kinds.Signed | event_kinds.Reproduced | event_kinds.Monitored


class ArrivedVersion(msgspec.Struct):
    """A version as an archive has it, checked but for its files.

    Attributes:
        data: The event that brings it here.
        told: The events about it there.
        judged: The evidence that its verdict there rests on, as an event; None if there is none.
        records: Its objects.
        places: Where its files go.
    """

    data: event_kinds.Imported
    told: list[Event]
    judged: event_kinds.Evaluated | None
    records: MemoryRecords
    places: Places

    @property
    def facts(self) -> list[Fact]:
        """What is to be recorded of it besides: evaluations, signatures, reproductions and monitoring, oldest first."""
        told = [event.data for event in self.told if isinstance(event.data, Fact)]
        return told if self.judged is None else [self.judged, *told]

    @property
    def state(self) -> VersionState:
        """The version as it will be when it is recorded."""
        signed = [event.data.signature for event in self.told if isinstance(event.data, event_kinds.Signed)]
        return VersionState(
            version=self.data.version,
            digest=self.data.digest,
            manifest=self.data.manifest,
            size=self.data.size,
            created="",
            tag=self.data.tag,
            signature=signed[-1] if signed else None,
        )


def read_version(archive: Archive) -> tuple[ArrivedVersion, Iterator[Entry]]:
    """Read and check the records of a version; return it with the files, which follow.

    Raises:
        ArchiveError: If anything in it is missing, damaged or contradicts the rest.
        NewerSchemaError: If a newer hallmark wrote an event.
    """
    records = MemoryRecords(archive.path)
    files = take_records(archive, records.create)
    told = list(_events(archive, records))
    objects = ObjectStore(records)
    check_objects(archive, told, objects)
    data = _brought(archive, told, records, objects)
    manifest = objects.get(data.manifest, Manifest)
    places = places_of(archive, "", manifest.files)
    return ArrivedVersion(data, told, _judged(data, objects), records, places), files


def _events(archive: Archive, records: MemoryRecords) -> Iterator[Event]:
    header = archive.header
    names = records.keys("log")
    last = ""
    for name in names:
        try:
            event, last = unseal(records.read(f"log/{name}") or b"", name)
        except CorruptLogError as error:
            raise damaged(archive, error) from error
        if (event.model, event.data.version, event_key(event.seq)) != (
            header.model,
            header.version,
            f"log/{name}",
        ):
            msg = f"{archive.path} is damaged: {name} is about something else; export it anew"
            raise ArchiveError(msg)
        yield event
    if (len(names), last) != (header.events, header.seal):
        msg = f"{archive.path} is damaged: its events are not those that its header names; export it anew"
        raise ArchiveError(msg)


def _brought(
    archive: Archive, told: list[Event], records: MemoryRecords, objects: ObjectStore
) -> event_kinds.Imported:
    first = told[0].data if told else None
    if not isinstance(first, event_kinds.Tagged | event_kinds.Adopted | event_kinds.Imported):
        msg = f"{archive.path} is damaged: it does not tell how its version came to be; export it anew"
        raise ArchiveError(msg)
    texts = tuple((records.read(event_key(event.seq)) or b"").decode() for event in told)
    judged = (event_kinds.Published, event_kinds.Refused, event_kinds.Imported)
    verdicts = [event.data.verdict for event in told if isinstance(event.data, judged)]
    return event_kinds.Imported(
        version=first.version,
        digest=first.digest,
        tag="" if isinstance(first, event_kinds.Adopted) else first.tag,
        manifest=first.manifest,
        size=first.size,
        origin=objects.put(Origin(model=archive.header.model, version=first.version, events=texts)),
        verdict=verdicts[-1] if verdicts else None,
    )


def _judged(data: event_kinds.Imported, objects: ObjectStore) -> event_kinds.Evaluated | None:
    verdict = None if data.verdict is None else objects.get(data.verdict, Verdict)
    if verdict is None or verdict.evidence is None:
        return None
    summary = f"by the registry it comes from, where it was {verdict.outcome}: {verdict.summary}"
    return event_kinds.Evaluated(version=data.version, evidence=verdict.evidence, summary=summary)
