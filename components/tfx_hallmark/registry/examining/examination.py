"""Looks a model over: what its records say, what lies on the disk, and what a killed process left.

Nothing is changed, nothing half-done is finished, and no file of a release is read: the bytes are for
`verification` and `auditing`.
"""

import contextlib
from collections.abc import Iterator

from tfx_hallmark.registry.errors import CorruptLogError, HallmarkError, NewerSchemaError
from tfx_hallmark.registry.examining import leftovers, unrecorded
from tfx_hallmark.registry.examining.checkpoint_faults import checkpoint_faults
from tfx_hallmark.registry.examining.fault import Cure, Fault
from tfx_hallmark.registry.examining.record_findings import log_damaged, log_newer, settings_unusable
from tfx_hallmark.registry.examining.release_faults import ReleaseExamination
from tfx_hallmark.registry.examining.serving_faults import serving_faults
from tfx_hallmark.registry.ledger import Ledger
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.serving.config_findings import config_faults
from tfx_hallmark.registry.serving.following import ConfigFollower
from tfx_hallmark.registry.settings import Settings


def examine(registry: Registry, name: str) -> Iterator[Fault]:
    """Yield what is wrong with one model; reads its whole log.

    Args:
        registry: The registry.
        name: The model's name.

    Raises:
        InvalidNameError: If the name cannot be a model's.
        StorageError: If its records cannot be listed.
    """
    records, releases = registry.places(name)
    opening = Cure("save it anew", lambda: registry.model(name))
    yield from checkpoint_faults(records, name, opening)
    try:
        ledger = Ledger(records, name)
        for _ in ledger.events():
            pass
    except CorruptLogError as error:
        yield Fault(finding=log_damaged(name, error))
        return
    except NewerSchemaError as error:
        yield Fault(finding=log_newer(name, error))
        return
    settings = _settings(registry)
    if settings is not None:
        yield from config_faults(registry.look_at(name).serving)
    # Damaged settings are a finding of their own, of the root.
    settings = settings or Settings()
    for fault in ReleaseExamination(ledger, releases, settings).faults():
        cure = None if fault.cure is None else _followed(fault.cure, registry.look_at(name).serving)
        yield Fault(finding=fault.finding, cure=cure)
    yield from leftovers.staging_left(ledger, releases)
    yield from leftovers.scratch_left(records, name)
    yield from serving_faults(ledger.refresh(), settings)
    for finding in unrecorded.unknown_entries(ledger, releases):
        yield Fault(finding=finding)


def examine_root(registry: Registry) -> Iterator[Fault]:
    """Yield what is wrong beside the models: settings, and base paths whose records are gone."""
    try:
        registry.settings.read()
    except HallmarkError as error:
        yield Fault(finding=settings_unusable(error))
    for finding in unrecorded.records_missing(registry):
        yield Fault(finding=finding)


def _followed(cure: Cure, serving: ConfigFollower) -> Cure:
    """Return a cure after which `models.config` lists what may be listed then."""

    def apply() -> None:
        cure.apply()
        with contextlib.suppress(HallmarkError):  # which is a finding of its own
            serving.finish_others()

    return Cure(cure.will, apply)


def _settings(registry: Registry) -> Settings | None:
    try:
        return registry.settings.read()
    except HallmarkError:
        return None
