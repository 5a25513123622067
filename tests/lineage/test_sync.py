"""What a synchronisation records, and that it does so once."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from ml_metadata.metadata_store.metadata_store import MetadataStore
from ml_metadata.proto import metadata_store_pb2 as mlmd

from tests.lineage.history import (
    HOSTILE,
    Recorded,
    assert_each_once,
    properties_of,
    recorded,
    shown,
    write_history,
    write_quarantines,
)
from tests.lineage.registered import run_and_register
from tests.lineage.synthetic import PenguinPipeline
from tfx_hallmark.answers.sentences import sentence
from tfx_hallmark.lineage.recording.sync import synchronise, unrecorded
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry

Make = Callable[[int], Path]
MakeStore = Callable[[], MetadataStore]


@pytest.fixture
def penguin(root: Path, make_candidate: Make, make_evaluation: Callable[..., Any]) -> Model:
    """Every kind of event, and nothing of it made by a pipeline."""
    return write_history(root, make_candidate, make_evaluation)


def by_kind(store: MetadataStore) -> dict[str, Recorded]:
    """What was recorded, by the type's last word; of several the last."""
    return {one.type.rpartition(".")[2]: one for one in recorded(store).values()}


def artifact(store: MetadataStore, one: Recorded, part: str) -> mlmd.Artifact:
    (number,) = [number for name, _, number in one.ties if name == part]
    (found,) = store.get_artifacts_by_id([number])
    return found


def test_i11_every_operation_appears_in_lineage_exactly_once(penguin: Model, make_store: MakeStore) -> None:
    store = make_store()
    events = list(penguin.events())
    done = synchronise(penguin, store)
    assert (done.events, done.recorded, done.waiting) == (len(events), len(events), ())
    assert_each_once(penguin, store)
    before = recorded(store)
    for from_first in (False, True):
        again = synchronise(penguin, store, from_first=from_first)
        assert (again.events, again.recorded, again.mended) == (len(events), 0, 0)
    assert recorded(store) == before


def test_who_when_and_why_stand_in_the_properties(penguin: Model, make_store: MakeStore) -> None:
    store = make_store()
    synchronise(penguin, store, sentence=sentence)
    for event, seal in penguin.sealed_events():
        told = recorded(store)[f"penguin/{event.seq}/{seal[:16]}"].properties
        assert told["time"] == event.time
        assert told["actor"] == event.actor
        assert told.get("reason", "") == shown(event.reason)
        assert (told["model"], told["version"], told["seal"]) == ("penguin", event.data.version, seal)
        assert told.get("release") == getattr(event.data, "release", None)
        assert told["sentence"] == shown(sentence(event))
    kinds = by_kind(store)
    assert kinds["Rollback"].properties["reason"] == shown(HOSTILE)
    assert kinds["Refuse"].properties["summary"]
    assert kinds["Promote"].properties["label"] == "shadow"
    executions = store.get_executions()
    assert {execution.last_known_state for execution in executions} == {mlmd.Execution.COMPLETE}


def test_a_rollback_reads_both_versions_and_gives_the_release(penguin: Model, make_store: MakeStore) -> None:
    store = make_store()
    synchronise(penguin, store)
    rollback = by_kind(store)["Rollback"]
    first, _, last, *_ = penguin.state.versions
    assert [(part, way) for part, way, _ in rollback.ties] == [
        ("release", "out"),
        ("replaced", "in"),
        ("version", "in"),
    ]
    replaced = properties_of(artifact(store, rollback, "replaced"))
    version = properties_of(artifact(store, rollback, "version"))
    release = artifact(store, rollback, "release")
    assert (replaced["version"], version["version"]) == (last, first)
    assert version["digest"] == penguin.version(first).digest
    assert release.type == "PushedModel"
    assert release.uri == str(penguin.path / str(rollback.properties["release"]))
    assert properties_of(release) == {
        "pushed": 1,
        "pushed_destination": release.uri,
        "pushed_version": str(rollback.properties["release"]),
        "hallmark_model": "penguin",
        "hallmark_version": first,
        "hallmark_digest": penguin.version(first).digest,
    }


@pytest.mark.parametrize(
    ("kind", "parts"),
    [
        ("Tag", {("version", "out")}),
        ("Publish", {("version", "in"), ("release", "out")}),
        ("Refuse", {("version", "in")}),
        ("Promote", {("version", "in"), ("release", "out")}),
        ("Quarantine", {("version", "in")}),
        ("Unquarantine", {("version", "in")}),
        ("Annotate", {("version", "in")}),
        ("Evaluate", {("version", "in")}),
        ("Prune", {("version", "in"), ("release", "in")}),
        ("Adopt", {("version", "out"), ("release", "out")}),
    ],
)
def test_what_goes_in_and_what_comes_out(
    penguin: Model, make_store: MakeStore, kind: str, parts: set[tuple[str, str]]
) -> None:
    store = make_store()
    synchronise(penguin, store)
    assert {(part, way) for part, way, _ in by_kind(store)[kind].ties} == parts


def test_a_version_that_no_pipeline_recorded_gets_one_artifact_with_its_identity(
    penguin: Model, make_store: MakeStore
) -> None:
    store = make_store()
    synchronise(penguin, store)
    artifacts = {
        properties_of(one)["version"]: one for one in store.get_artifacts_by_type("tfx_hallmark.ModelVersion")
    }
    assert artifacts.keys() == penguin.state.versions.keys()
    for name, made in artifacts.items():
        version = penguin.version(str(name))
        told = properties_of(made)
        assert (told["model"], told["digest"], told["manifest"]) == (
            "penguin",
            version.digest,
            version.state.manifest,
        )
        assert told["registry_root"] == str(penguin.path.parent)
        assert made.name.startswith(f"penguin@{name} {version.digest[3:19]}")
        assert Path(made.uri).is_file()


def test_the_pipelines_own_artifacts_are_used(
    root: Path, make_candidate: Make, make_evaluation: Callable[..., Any], make_store: MakeStore
) -> None:
    store = make_store()
    pipeline = PenguinPipeline(store, registry_root=str(root))
    model = Registry.open(root).model("penguin")
    first, _ = run_and_register(pipeline, model, make_candidate(1), make_evaluation(0.7))
    baseline = model.state.stable_at
    run_and_register(
        pipeline, model, make_candidate(2), make_evaluation(0.9, baseline=baseline), settings={"number": 2}
    )
    number_of_artifacts = len(store.get_artifacts())
    synchronise(model, store)
    assert_each_once(model, store)
    assert len(store.get_artifacts()) == number_of_artifacts
    _, publish, *_ = recorded(store).values()
    assert publish.ties == [
        ("release", "out", first.artifact("RegistryPusher.pushed_model")),
        ("version", "in", first.artifact("VersionTagger.model_version")),
    ]
    model.rollback(reason="the new one is worse")
    synchronise(model, store)
    rollback = by_kind(store)["Rollback"]
    assert artifact(store, rollback, "version").id == first.artifact("VersionTagger.model_version")
    # The rollback's release is a new directory, which no pipeline pushed.
    assert artifact(store, rollback, "release").uri == str(root / "penguin" / "3")
    assert len(store.get_artifacts()) == number_of_artifacts + 1


def test_an_artifact_with_another_digest_is_not_the_versions(
    root: Path, make_candidate: Make, make_store: MakeStore
) -> None:
    store = make_store()
    pipeline = PenguinPipeline(store, registry_root=str(root))
    model = Registry.open(root).model("penguin")
    run = pipeline.train()
    version = model.tag(make_candidate(1), provenance=lambda _: pipeline.provenance(run))
    pipeline.tag(run, version.version, "b3:" + "0" * 64)
    synchronise(model, store)
    (tag,) = recorded(store).values()
    assert artifact(store, tag, "version").id != run.artifact("VersionTagger.model_version")
    assert properties_of(artifact(store, tag, "version"))["digest"] == version.digest


@pytest.mark.parametrize("model_id", [None, "1", "999999"])
def test_without_an_id_that_holds_the_models_uri_is_followed(
    root: Path, make_candidate: Make, make_store: MakeStore, model_id: str | None
) -> None:
    store = make_store()
    pipeline = PenguinPipeline(store, registry_root=str(root))
    model = Registry.open(root).model("penguin")
    run = pipeline.train()
    provenance = pipeline.provenance(run)
    assert provenance.run is not None
    moved = msgspec.structs.replace(
        provenance, run=msgspec.structs.replace(provenance.run, model_id=model_id)
    )
    version = model.tag(make_candidate(1), provenance=lambda _: moved)
    pipeline.tag(run, version.version, version.digest)
    synchronise(model, store)
    (tag,) = recorded(store).values()
    assert artifact(store, tag, "version").id == run.artifact("VersionTagger.model_version")


def test_what_a_running_pipeline_has_yet_to_record_is_left_for_later(
    root: Path, make_candidate: Make, make_store: MakeStore
) -> None:
    store = make_store()
    pipeline = PenguinPipeline(store, registry_root=str(root))
    model = Registry.open(root).model("penguin")
    run = pipeline.train()
    kind = store.put_execution_type(mlmd.ExecutionType(name="tfx_hallmark.tagger.component.VersionTagger"))
    tagger = mlmd.Execution(type_id=kind, last_known_state=mlmd.Execution.RUNNING)
    read = mlmd.Event(type=mlmd.Event.INPUT, artifact_id=run.artifact("Trainer.model"))
    tagger.id, _, _ = store.put_execution(tagger, [(None, read)], [])
    version = model.tag(make_candidate(1), provenance=lambda _: pipeline.provenance(run))
    done = synchronise(model, store)
    assert (done.recorded, done.waiting) == (0, (1,))
    tagger.last_known_state = mlmd.Execution.COMPLETE
    store.put_executions([tagger])
    pipeline.tag(run, version.version, version.digest)
    assert synchronise(model, store).recorded == 1
    (tag,) = recorded(store).values()
    assert artifact(store, tag, "version").id == run.artifact("VersionTagger.model_version")


def test_new_events_are_added_to_what_is_there(penguin: Model, make_store: MakeStore) -> None:
    store = make_store()
    for _ in range(3):
        synchronise(penguin, store)
        penguin.unquarantine("1.0.0", reason="once more") if penguin.version("1.0.0").state.quarantined else (
            penguin.quarantine("1.0.0", reason="once more")
        )
        before = len(recorded(store))
        assert unrecorded(penguin, store)
        assert synchronise(penguin, store).recorded == penguin.state.seq - before
        assert unrecorded(penguin, store) == []
    assert_each_once(penguin, store)


def test_a_store_that_is_lost_is_made_again_from_the_log(penguin: Model, make_store: MakeStore) -> None:
    lost, anew = make_store(), make_store()
    synchronise(penguin, lost)
    synchronise(penguin, anew)

    def told(store: MetadataStore) -> dict[str, Any]:
        return {name: (one.type, one.properties, len(one.ties)) for name, one in recorded(store).items()}

    assert told(anew) == told(lost)
    assert_each_once(penguin, anew)


def test_the_hint_alone_is_never_trusted_for_what_is_there(
    root: Path, make_candidate: Make, make_store: MakeStore
) -> None:
    store = make_store()
    model = write_quarantines(root, make_candidate(1), 250)
    seen = []
    synchronise(model, store, on_progress=lambda done, total: seen.append((done, total)))
    assert seen == [(100, 250), (200, 250), (250, 250)]
    (context,) = store.get_contexts_by_type("tfx_hallmark.Registry")
    assert context.custom_properties["synced"].int_value == 250
    context.custom_properties["synced"].int_value = 130
    store.put_contexts([context])
    assert synchronise(model, store).recorded == 0
    assert_each_once(model, store)


def test_two_models_of_one_name_keep_apart(
    tmp_path: Path, make_candidate: Make, make_store: MakeStore
) -> None:
    store = make_store()
    models = [
        write_quarantines(Registry.create(tmp_path / place).root, make_candidate(1), 4)
        for place in ("one", "two")
    ]
    for model in models:
        assert synchronise(model, store).recorded == 4
    assert len(recorded(store)) == 8
    roots = {properties_of(one)["registry_root"] for one in store.get_artifacts()}
    assert roots == {str(tmp_path / "one"), str(tmp_path / "two")}


def test_a_model_without_events_writes_nothing(root: Path, make_store: MakeStore) -> None:
    store = make_store()
    assert synchronise(Registry.open(root).model("penguin"), store).events == 0
    assert store.get_context_types() == []
