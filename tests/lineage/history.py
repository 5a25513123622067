"""A model with every kind of event in its log, and what ML Metadata holds of it after a synchronisation."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from ml_metadata.metadata_store.metadata_store import MetadataStore
from ml_metadata.proto import metadata_store_pb2 as mlmd

from tfx_hallmark.registry import events
from tfx_hallmark.registry.ledger import Ledger
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.storage import LocalStorage

# As SQL, after the wrong quoting that a backslash sets off, it would empty a table.
HOSTILE = """ペンギン🐧 \x1b[2J 'quoted' "twice" %s $1 \\ ', 1); DELETE FROM "Event"; --"""
NAMES = {
    "tagged": "Tag",
    "published": "Publish",
    "refused": "Refuse",
    "promoted": "Promote",
    "rolled_back": "Rollback",
    "quarantined": "Quarantine",
    "unquarantined": "Unquarantine",
    "pruned": "Prune",
    "annotated": "Annotate",
    "adopted": "Adopt",
    "evaluated": "Evaluate",
    "withdrawn": "Withdraw",
    "held": "Hold",
    "unheld": "Unhold",
    "signed": "Sign",
    "imported": "Import",
    "reproduced": "Reproduce",
    "monitored": "Monitor",
}


def shown(text: str) -> str:
    """What ML Metadata is given of a text."""
    return text.replace("\\", "\u29f5")


def commit(root: Path, data: events.Data, name: str = "penguin") -> None:
    """Commits an event as it stands."""
    ledger = Ledger(LocalStorage(root / ".hallmark" / name), name)
    assert ledger.commit(lambda _: data, actor="a test", reason="for the test") is not None


def write_history(
    root: Path, make_candidate: Callable[[int], Path], make_evaluation: Callable[..., Any]
) -> Model:
    """Makes a model with at least one event of every kind; three versions, of which one is refused."""
    model = Registry.create(root).model("penguin")
    for number, accuracy in ((1, 0.7), (2, 0.2), (3, 0.8)):
        candidate = make_candidate(number)
        version = model.tag(candidate).version
        model.push(candidate, version, make_evaluation(accuracy, baseline=model.state.stable_at))
    first, _, last = model.state.versions
    model.rollback(to=first, reason=HOSTILE)
    model.promote(last, "canary", reason="a look at it")
    model.quarantine(last, reason="it was bad")
    model.unquarantine(last, reason="it was not")
    model.promote(last, "shadow", reason="a look without answers")
    model.withdraw("shadow", reason="seen enough")
    model.hold(first, reason=HOSTILE)
    model.unhold(first, reason="the audit is over")
    commit(root, events.Annotated(version=first, description="the first", notes={"ticket": "A-1"}))
    commit(root, events.Evaluated(version=first, evidence="b3:" + "0" * 64, summary="fine on June"))
    commit(root, events.Pruned(version=last, releases=(2,)))
    commit(root, events.Signed(version=first, signature="b3:" + "1" * 64, key="sha256:" + "2" * 64))
    told = "trained again on June, bit by bit the same"
    commit(root, events.Reproduced(version=first, report="b3:" + "3" * 64, outcome="bit_equal", summary=told))
    watched = {"report": "b3:" + "4" * 64, "outcome": "alert", "summary": "year drifted", "data": "/span-2"}
    commit(root, events.Monitored(version=first, **watched))
    manifest = model.version(first).state.manifest
    imported = events.Imported(
        version="8.0.0",
        digest="b3:" + "8" * 64,
        tag="penguin-8.0.0",
        manifest=manifest,
        size=1,
        origin="b3:" + "7" * 64,
    )
    commit(root, imported)
    adopted = events.Adopted(version="9.0.0", digest="b3:" + "9" * 64, release=90, manifest=manifest, size=1)
    commit(root, adopted)
    assert {event.kind for event in model.events()} == set(NAMES)
    return model


def write_quarantines(root: Path, candidate: Path, count: int, name: str = "penguin") -> Model:
    """Makes a model with one version and a long log, of which the version is put in quarantine and out again."""
    model = Registry.create(root).model(name)
    version = model.tag(candidate).version
    ledger = Ledger(LocalStorage(root / ".hallmark" / name), name)
    kinds = (events.Quarantined(version=version), events.Unquarantined(version=version))
    for number in range(count - 1):
        ledger.commit(lambda _, kind=kinds[number % 2]: kind, actor="a test", reason=f"number {number}")
    return model


class Recorded(msgspec.Struct, frozen=True):
    """An event as ML Metadata has it.

    Attributes:
        id: Of the execution.
        type: Its type.
        properties: Its properties.
        ties: What it read and wrote: part, `in` or `out`, and the artifact's id; sorted.
    """

    id: int
    type: str
    properties: dict[str, str | int]
    ties: list[tuple[str, str, int]]


def recorded(store: MetadataStore) -> dict[str, Recorded]:
    """Gives everything that sync has recorded, by name."""
    executions = [e for e in store.get_executions() if e.type.rpartition(".")[0] == "tfx_hallmark"]
    ties: dict[int, list[tuple[str, str, int]]] = {execution.id: [] for execution in executions}
    for event in store.get_events_by_execution_ids(list(ties)) if ties else []:
        direction = {mlmd.Event.INPUT: "in", mlmd.Event.OUTPUT: "out"}[event.type]
        ties[event.execution_id].append((event.path.steps[0].key, direction, event.artifact_id))
    found = {
        execution.name: Recorded(
            execution.id, execution.type, properties_of(execution), sorted(ties[execution.id])
        )
        for execution in executions
    }
    assert len(found) == len(executions)
    return found


def properties_of(node: Any) -> dict[str, str | int]:
    values = {key: value.WhichOneof("value") for key, value in node.custom_properties.items()}
    return {key: getattr(node.custom_properties[key], kind) for key, kind in values.items()}


def assert_each_once(model: Model, store: MetadataStore) -> None:
    """Checks that ML Metadata has exactly the events of the log, in one context, with what they concern."""
    names = {f"{event.model}/{event.seq}/{seal[:16]}": event for event, seal in model.sealed_events()}
    found = recorded(store)
    assert found.keys() == names.keys()
    for name, event in names.items():
        assert found[name].type == f"tfx_hallmark.{NAMES[event.kind]}"
        assert found[name].properties["seq"] == event.seq
        assert any(part == "version" for part, _, _ in found[name].ties)
    (context,) = store.get_contexts_by_type("tfx_hallmark.Registry")
    associated = store.get_executions_by_context(context.id)
    assert sorted(execution.name for execution in associated) == sorted(names)
    tied = {artifact for one in found.values() for _, _, artifact in one.ties}
    assert {artifact.id for artifact in store.get_artifacts_by_context(context.id)} == tied
    for kind in ("tfx_hallmark.ModelVersion", "PushedModel"):
        made = [artifact.name for artifact in store.get_artifacts_by_type(kind) if artifact.name]
        assert len(made) == len(set(made))
    for types in (store.get_execution_types(), store.get_artifact_types(), store.get_context_types()):
        names_of_types = [kind.name for kind in types]
        assert len(names_of_types) == len(set(names_of_types))
