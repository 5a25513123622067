"""Every object that the log refers to: there, as its digest says, and of what the event says it is of."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from tfx_hallmark.registry.archive.layout import Origin
from tfx_hallmark.registry.errors import HallmarkError
from tfx_hallmark.registry.event_kinds import (
    Adopted,
    Evaluated,
    Imported,
    Monitored,
    Published,
    Refused,
    Reproduced,
    Signed,
    Tagged,
)
from tfx_hallmark.registry.events import Event
from tfx_hallmark.registry.examining.finding import Finding
from tfx_hallmark.registry.examining.record_findings import RESTORE_LOG, object_unusable
from tfx_hallmark.registry.golden import GoldenPredictions
from tfx_hallmark.registry.manifest import Manifest
from tfx_hallmark.registry.monitoring.report import MonitoringReport
from tfx_hallmark.registry.objects import ObjectStore
from tfx_hallmark.registry.reproduction import ReproductionReport
from tfx_hallmark.registry.signing.bundle import SignatureBundle
from tfx_hallmark.registry.training_curve import TrainingCurve
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
    if isinstance(data, Imported):
        return _brought(event, data)
    if isinstance(data, Signed):
        said = f"{where} signature (event {event.seq})"
        return [Reference(digest=data.signature, form=SignatureBundle, where=said, claims={"key": data.key})]
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
    if isinstance(data, Reproduced):
        claims |= {"outcome": data.outcome, "summary": data.summary}
        said = f"{where} reproduction (event {event.seq})"
        return [Reference(digest=data.report, form=ReproductionReport, where=said, claims=claims)]
    if isinstance(data, Monitored):
        claims |= {"outcome": data.outcome, "summary": data.summary, "data": data.data}
        said = f"{where} monitoring (event {event.seq})"
        return [Reference(digest=data.report, form=MonitoringReport, where=said, claims=claims)]
    return []


def _brought(event: Event, data: Imported) -> list[Reference]:
    where = f"{event.model}@{data.version}"
    said = f"(event {event.seq})"
    claims = {"version": data.version, "digest": data.digest, "size": data.size, "tag": data.tag}
    found = [
        Reference(digest=data.manifest, form=Manifest, where=f"{where} manifest", claims=claims),
        Reference(
            digest=data.origin, form=Origin, where=f"{where} origin {said}", claims={"version": data.version}
        ),
    ]
    if data.verdict is not None:
        judged = {"version": data.version, "digest": data.digest}
        found.append(
            Reference(digest=data.verdict, form=Verdict, where=f"{where} verdict {said}", claims=judged)
        )
    return found


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
        for further in named_by(found, reference.where):
            yield from self.check(further)


def _contradictions(reference: Reference, found: object) -> Iterator[Finding]:
    said = [(name, claim, getattr(found, name)) for name, claim in reference.claims.items()]
    if isinstance(found, Manifest):
        said.append(("digest over its files", found.digest, combine(found.files).digest))
    for name, claim, value in said:
        if value != claim:
            what = f"its {name} is {value!r}, but by the event it should be {claim!r}"
            yield Finding(code="object-contradicts", where=reference.where, what=what, repair=RESTORE_LOG)


def named_by(found: object, where: str) -> list[Reference]:
    """Return the objects that an object names.

    Args:
        found: The object.
        where: What it is.
    """
    named: list[tuple[str | None, Any, str]] = []
    if isinstance(found, Verdict):
        named.append((found.evidence, Evidence, "evidence"))
    if isinstance(found, MonitoringReport):
        named += [(one.evidence, Evidence, f"evidence of {one.version}") for one in found.measured]
    if isinstance(found, Manifest):
        if found.provenance.data is not None:
            named.append((found.provenance.data.schema_text, str, "text of the schema"))
        if found.provenance.code is not None:
            code = found.provenance.code
            named.append((code.module_source, str, "source of the module"))
            named += [(file.source, str, f"source of {name}") for name, file in code.files.items()]
            named.append((code.diff, str, "uncommitted changes"))
        if found.provenance.environment is not None:
            named.append((found.provenance.environment.all_packages, dict[str, str], "list of packages"))
        named.append((found.provenance.training_curve, TrainingCurve, "training curve"))
        if found.golden is not None:
            named.append((found.golden.predictions, GoldenPredictions, "golden predictions"))
    return [
        Reference(digest=digest, form=form, where=f"{where}: {what}")
        for digest, form, what in named
        if digest
    ]
