"""Every object that the log refers to: there, as its digest says, and of what the event says it is of."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from tfx_hallmark.registry.errors import HallmarkError
from tfx_hallmark.registry.events import Adopted, Evaluated, Event, Published, Refused, Tagged
from tfx_hallmark.registry.finding import Finding
from tfx_hallmark.registry.manifest import Manifest
from tfx_hallmark.registry.objects import ObjectStore
from tfx_hallmark.registry.record_findings import RESTORE_LOG, object_unusable
from tfx_hallmark.registry.tree import combine
from tfx_hallmark.registry.verdict import Evidence, Verdict


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """A digest that a record names.

    Attributes:
        digest: Of the object.
        form: The type that it is read as.
        where: What it is, as `penguin@1.2.0 manifest`.
        claims: What the one who names it says of its attributes.
    """

    digest: str
    form: Any
    where: str
    claims: Mapping[str, object] = {}


def referred(event: Event) -> list[Reference]:
    """Return the objects that an event names."""
    data = event.data
    where = f"{event.model}@{data.version}"
    claims: dict[str, object] = {"model": event.model, "version": data.version}
    if isinstance(data, Tagged | Adopted):
        claims |= {"digest": data.digest, "size": data.size}
        if isinstance(data, Tagged):
            claims |= {"tag": data.tag, "bump": data.bump, "compared_with": data.compared_with}
        return [Reference(digest=data.manifest, form=Manifest, where=f"{where} manifest", claims=claims)]
    if isinstance(data, Published | Refused):
        claims |= {"digest": data.digest, "outcome": event.kind}
        said = f"{where} verdict (event {event.seq})"
        return [Reference(digest=data.verdict, form=Verdict, where=said, claims=claims)]
    if isinstance(data, Evaluated):
        said = f"{where} evidence (event {event.seq})"
        return [Reference(digest=data.evidence, form=Evidence, where=said)]
    return []


class ObjectAudit:
    """Checks objects, each once for each thing that is said of it.

    Attributes:
        objects: How many were looked at.

    Args:
        objects: The model's objects.
    """

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects
        self._seen: set[tuple[str, str]] = set()
        self.objects = 0

    def check(self, reference: Reference) -> Iterator[Finding]:
        """Yield what is wrong with an object and with those that it names in turn."""
        if (reference.digest, reference.where) in self._seen:
            return
        self._seen.add((reference.digest, reference.where))
        self.objects += 1
        try:
            found = self._objects.get(reference.digest, reference.form)
        except HallmarkError as error:
            yield object_unusable(reference.where, error)
            return
        yield from _contradictions(reference, found)
        for further in _named_by(found, reference.where):
            yield from self.check(further)


def _contradictions(reference: Reference, found: object) -> Iterator[Finding]:
    said = [(name, claim, getattr(found, name)) for name, claim in reference.claims.items()]
    if isinstance(found, Manifest):
        said.append(("digest over its files", found.digest, combine(found.files).digest))
    for name, claim, value in said:
        if value != claim:
            what = f"its {name} is {value!r}, but by the event it should be {claim!r}"
            yield Finding(code="object-contradicts", where=reference.where, what=what, repair=RESTORE_LOG)


def _named_by(found: object, where: str) -> list[Reference]:
    named: list[tuple[str | None, Any, str]] = []
    if isinstance(found, Verdict):
        named.append((found.evidence, Evidence, "evidence"))
    if isinstance(found, Manifest):
        if found.provenance.code is not None:
            named.append((found.provenance.code.module_source, str, "source of the module"))
        if found.provenance.environment is not None:
            named.append((found.provenance.environment.all_packages, dict[str, str], "list of packages"))
    return [
        Reference(digest=digest, form=form, where=f"{where}: {what}")
        for digest, form, what in named
        if digest
    ]
