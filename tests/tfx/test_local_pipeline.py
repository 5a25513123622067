"""Whole pipelines under LocalDagRunner: cached reruns, a baseline that moves, and the lineage in ML Metadata."""

import pytest
from ml_metadata.proto import metadata_store_pb2 as mlmd

from tests.tfx import tiny_model
from tests.tfx.pipelines import Pipelines, Rival
from tests.tfx.workbench import NAME, moved_to
from tfx_hallmark import Registry

OURS = ("VersionTagger", "StableBaseline", "BaselineEvaluator", "RegistryPusher")


def history(root):
    return [(event.kind, event.data.version) for event in Registry.open(root).model(NAME).events()]


def states(outcomes):
    return {name.removesuffix("_Executor"): outcome.state for name, outcome in outcomes.items()}


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    """One model three times in a row, then a better one: what each run did, and the log after it."""
    folder = tmp_path_factory.mktemp("story")
    pipelines = Pipelines(folder, folder / "root")
    told = []
    for errors in ((20, 20), (20, 20), (20, 20), (10, 10)):
        outcomes = pipelines.run(errors)
        told.append((outcomes, history(pipelines.root)))
    return pipelines, told


def test_cached_reruns_make_no_new_release_and_no_error(story):
    _, told = story
    first = [("tagged", "1.0.0"), ("published", "1.0.0")]
    assert [log for _, log in told[:3]] == [first] * 3
    assert set(states(told[0][0]).values()) == {"COMPLETE"}
    assert len(told[0][0]) == 6
    # Something is stable by now, so the second run asks again; the third finds everything as it was.
    assert states(told[1][0])["Trainer"] == "CACHED"
    assert states(told[1][0])["VersionTagger"] == "CACHED"
    assert states(told[1][0])["StableBaseline"] == "COMPLETE"
    assert states(told[1][0])["RegistryPusher"] == "COMPLETE"
    assert set(states(told[2][0]).values()) == {"CACHED"}


def test_rerun_that_is_not_cached_says_that_the_model_is_published(story):
    pipelines, told = story
    (pushed,) = told[1][0]["RegistryPusher"].outputs
    (artifact,) = pipelines.store.get_artifacts_by_id([pushed])
    assert artifact.custom_properties["pushed"].int_value == 1
    assert artifact.custom_properties["pushed_version"].string_value == "1"


def test_better_model_is_published_with_the_hyperparameter_that_changed_as_the_reason(story):
    pipelines, told = story
    assert told[3][1][2:] == [("tagged", "1.1.0"), ("published", "1.1.0")]
    stable = Registry.open(pipelines.root).model(NAME).version("stable")
    assert (stable.version, stable.releases) == ("1.1.0", (2,))
    assert any("errors" in reason for reason in stable.manifest.reasons)
    run = stable.manifest.provenance.run
    assert run.pipeline == "tiny-pipeline"
    assert run.run_id
    assert run.orchestrator == "local"
    assert stable.manifest.provenance.data.records == {"train": 200, "eval": 200}
    reason = list(Registry.open(pipelines.root).model(NAME).events())[-1].reason
    assert "tiny-pipeline" in reason


def test_rerun_after_the_baseline_moved_evaluates_anew(tmp_path, published):
    # The rival beats release 1 and is beaten by the candidate; it gets in between evaluation and push.
    bench, _ = moved_to(*published, tmp_path / "bench")
    pipelines = Pipelines(tmp_path, bench.root)
    rival = Rival(tiny_model.save(tmp_path / "rival", (15, 15)))
    refused = pipelines.run((10, 10), upstream_of_pusher=[rival])
    version = Registry.open(bench.root).model(NAME).version("1.1.0")
    assert [reason.text for reason in version.verdict.reasons] == [
        "baseline moved from release 1 to release 2"
    ]
    (pushed,) = pipelines.store.get_artifacts_by_id(refused["RegistryPusher"].outputs)
    assert pushed.custom_properties["pushed"].int_value == 0
    again = pipelines.run((10, 10), upstream_of_pusher=[rival])
    assert states(again)["Trainer"] == "CACHED"
    assert states(again)["VersionTagger"] == "CACHED"
    assert states(again)["StableBaseline"] == "COMPLETE"
    assert states(again)["BaselineEvaluator"] == "COMPLETE"
    version = Registry.open(bench.root).model(NAME).version("stable")
    assert (version.version, version.releases) == ("1.1.0", (3,))


# Lineage


def neighbours(store, artifact_id):
    """Gives the artifacts that the execution which made an artifact took in, by walking events alone."""
    # Runs that found it in the cache have an event of this kind too; the first is the one that made it.
    made_by = min(
        event.execution_id
        for event in store.get_events_by_artifact_ids([artifact_id])
        if event.type == mlmd.Event.OUTPUT
    )
    ids = [
        event.artifact_id
        for event in store.get_events_by_execution_ids([made_by])
        if event.type == mlmd.Event.INPUT
    ]
    return store.get_artifacts_by_id(ids)


def ancestors(store, artifact_id):
    """Gives every artifact behind one, by type."""
    found, todo = {}, [artifact_id]
    while todo:
        for artifact in neighbours(store, todo.pop()):
            if artifact.id not in found:
                found[artifact.id] = artifact
                todo.append(artifact.id)
    by_type = {}
    for artifact in found.values():
        by_type.setdefault(artifact.type, []).append(artifact)
    return by_type


def text(artifact, key):
    return artifact.custom_properties[key].string_value


def test_lineage_leads_from_pushed_model_to_examples_by_events_alone(story):
    pipelines, told = story
    store = pipelines.store
    (pushed,) = store.get_artifacts_by_id(told[3][0]["RegistryPusher"].outputs)
    digest = Registry.open(pipelines.root).model(NAME).version("1.1.0").digest
    assert pushed.type == "PushedModel"
    assert (text(pushed, "hallmark_version"), text(pushed, "hallmark_digest")) == ("1.1.0", digest)
    assert (text(pushed, "pushed_version"), pushed.custom_properties["pushed"].int_value) == ("2", 1)
    direct = {artifact.type: artifact for artifact in neighbours(store, pushed.id)}
    assert set(direct) >= {"Model", "ModelBlessing", "ModelEvaluation", "tfx_hallmark.ModelVersion"}
    blessing, version = direct["ModelBlessing"], direct["tfx_hallmark.ModelVersion"]
    assert (text(blessing, "hallmark_model"), text(blessing, "hallmark_version")) == (NAME, "1.1.0")
    assert text(blessing, "hallmark_digest") == digest
    assert (text(version, "model"), text(version, "version"), text(version, "digest")) == (
        NAME,
        "1.1.0",
        digest,
    )
    assert text(version, "registry_root") == str(pipelines.root)
    assert text(version, "bump") == "minor"
    behind_version = {artifact.type for artifact in neighbours(store, version.id)}
    assert behind_version == {"Model", "ModelRun", "Examples"}
    behind_blessing = {artifact.type for artifact in neighbours(store, blessing.id)}
    assert behind_blessing == {"Model", "Examples", "tfx_hallmark.ModelVersion"}
    everything = ancestors(store, pushed.id)
    assert len(everything["Examples"]) == 1
    baselines = [model for model in everything["Model"] if "exists" in model.custom_properties]
    assert [(text(model, "version"), text(model, "release")) for model in baselines] == [("1.0.0", "1")]
    trained = [model for model in everything["Model"] if "exists" not in model.custom_properties]
    assert [model.uri for model in trained] == [text(blessing, "current_model")]


def test_every_output_is_one_artifact_and_carries_nothing_but_texts_and_whole_numbers(story):
    pipelines, told = story
    store = pipelines.store
    expected = {"VersionTagger": 1, "StableBaseline": 1, "BaselineEvaluator": 2, "RegistryPusher": 1}
    for outcomes, _ in told:
        for name in OURS:
            assert len(outcomes[name].outputs) == expected[name]
            for artifact in store.get_artifacts_by_id(outcomes[name].outputs):
                assert not artifact.properties
                for key, value in artifact.custom_properties.items():
                    assert value.WhichOneof("value") in ("string_value", "int_value"), (artifact.type, key)
