"""The audit of one model: everything that its records promise, checked to the last byte; nothing is changed."""

from collections.abc import Callable

import msgspec

from tfx_hallmark.registry.errors import HallmarkError
from tfx_hallmark.registry.examining.finding import Finding
from tfx_hallmark.registry.examining.hashing import Progress, untold
from tfx_hallmark.registry.examining.log_audit import LogAudit
from tfx_hallmark.registry.examining.object_audit import ObjectAudit, Reference, referred
from tfx_hallmark.registry.examining.record_findings import RESTORE_LOG
from tfx_hallmark.registry.examining.signature_findings import UNDEMANDING
from tfx_hallmark.registry.examining.verification import Verification, base_path_findings
from tfx_hallmark.registry.ledger import Ledger
from tfx_hallmark.registry.objects import ObjectStore
from tfx_hallmark.registry.release_storage import Releases
from tfx_hallmark.registry.settings import Settings
from tfx_hallmark.registry.state import ModelState, Release
from tfx_hallmark.registry.storage import Storage

Stages = Callable[[str], Progress]  # given what is counted from now on, says whom to tell


class AuditedModel(msgspec.Struct, frozen=True, kw_only=True):
    """What came of the audit of one model.

    Attributes:
        model: Its name.
        events: How many events could be read.
        objects: How many objects they refer to.
        releases: How many releases were held against their manifests.
        size: Bytes read of those.
        findings: What is wrong; empty if all is well.
    """

    model: str
    events: int
    objects: int
    releases: int
    size: int
    findings: tuple[Finding, ...]


def audit(
    storage: Storage,
    directories: Releases,
    model: str,
    *,
    settings: Settings = UNDEMANDING,
    stages: Stages = lambda _: untold,
) -> AuditedModel:
    """Check a model's log, the objects it refers to, its checkpoint, its releases and its base path.

    Goes on after a finding as far as it can. With events lost, a release that only they knew would look
    foreign: then the base path is not looked over.

    Args:
        storage: Where the model's records lie.
        directories: Its base path and staging area.
        model: Its name.
        settings: What holds in the root.
        stages: Told what is counted next: events, objects, bytes.

    Raises:
        StorageError: If the log cannot be listed.
    """
    log = LogAudit(storage, model)
    references = [reference for event in log.run(stages("events")) for reference in referred(event)]
    findings = list(log.findings)
    objects = ObjectStore(storage)
    examined = ObjectAudit(objects)
    findings += _check_objects(examined, references, stages("records"))
    # A checkpoint may know what damaged events said; one that contradicts whole ones misleads its readers.
    ledger = None if log.misled else _usable_ledger(storage, model)
    state = _always(log.state) if ledger is None else ledger.refresh
    verification = Verification(state, objects, directories, settings)
    numbers, orphans = _with_version(state())
    findings += [_unverifiable(model, number, release) for number, release in orphans.items()]
    verified = list(verification.run(numbers, progress=stages("bytes")))
    findings += [finding for release in verified for finding in release.findings]
    if ledger is not None:
        findings += base_path_findings(ledger, directories)
    return AuditedModel(
        model=model,
        events=log.events,
        objects=examined.objects,
        releases=len(verified),
        size=sum(release.size for release in verified),
        # A manifest that is damaged is met twice: as an object, and by its releases.
        findings=tuple(dict.fromkeys(findings)),
    )


def _check_objects(audit: ObjectAudit, references: list[Reference], progress: Progress) -> list[Finding]:
    findings: list[Finding] = []
    for done, reference in enumerate(references, 1):
        findings += audit.check(reference)
        progress(done, len(references))
    return findings


def _with_version(state: ModelState) -> tuple[list[int], dict[int, Release]]:
    """Part the releases into those of known versions, and those whose version's own event is lost."""
    orphans = {
        number: release for number, release in state.releases.items() if release.version not in state.versions
    }
    return sorted(state.releases.keys() - orphans.keys()), orphans


def _unverifiable(model: str, number: int, release: Release) -> Finding:
    return Finding(
        code="release-unverifiable",
        where=f"{model}@{release.version} release {number}",
        what=f"the event that made {release.version} a version is lost, and with it what its files should be",
        repair=RESTORE_LOG,
    )


def _always(state: ModelState) -> Callable[[], ModelState]:
    return lambda: state


def _usable_ledger(storage: Storage, model: str) -> Ledger | None:
    try:
        ledger = Ledger(storage, model)
        ledger.refresh()
    except HallmarkError:
        return None
    return ledger
