"""What ML Metadata and the registry know of each other, with the synchronisation that mends it."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from tfx_hallmark.answers.sentences import sentence
from tfx_hallmark.lineage.connection.address import address_of
from tfx_hallmark.lineage.connection.store import open_store
from tfx_hallmark.lineage.recording.conflicts import explained
from tfx_hallmark.lineage.recording.drift import Drift
from tfx_hallmark.lineage.recording.sync import synchronise
from tfx_hallmark.registry.examining.fault import Cure, Fault

if TYPE_CHECKING:
    from ml_metadata.metadata_store.metadata_store import MetadataStore

    from tfx_hallmark.lineage.connection.address import Connection
    from tfx_hallmark.registry.model import Model
    from tfx_hallmark.registry.registry import Registry

_BY_SYNC = ("not-recorded", "artifact-lost")


def metadata_faults(
    registry: "Registry", connection: "Connection", readable: list[str], names: list[str]
) -> Iterator[Fault]:
    """Yield how a store differs from the models of a registry.

    Args:
        registry: The registry.
        connection: The store.
        readable: The models whose logs can be read.
        names: All models that have one.

    Raises:
        MetadataError: If the store cannot be opened or read.
    """
    store = open_store(connection)
    with explained(address_of(connection)):
        drift = Drift(registry, store)
        for name in readable:
            model = registry.look_at(name)
            for finding in drift.of(model):
                curable = finding.code in _BY_SYNC
                cure = Cure("record it in ML Metadata", partial(_record, model, store, connection))
                yield Fault(finding=finding, cure=cure if curable else None)
        for finding in drift.of_others(names):
            yield Fault(finding=finding)


def _record(model: "Model", store: "MetadataStore", connection: "Connection") -> None:
    with explained(address_of(connection)):
        # From the first event on, for what is missing may lie anywhere.
        synchronise(model, store, from_first=True, sentence=sentence)
