"""Synchronisation beside TFX itself: its types, and what its launcher recorded."""

import shutil

import pytest
from ml_metadata.metadata_store import metadata_store
from tfx.orchestration import metadata
from tfx.orchestration.portable.mlmd import common_utils
from tfx.types import standard_artifacts

from tests.lineage.history import assert_each_once, recorded, write_quarantines
from tfx_hallmark.artifacts import ModelVersion
from tfx_hallmark.lineage.connection.connection_text import parse_connection
from tfx_hallmark.lineage.connection.store import initialise_store, open_store
from tfx_hallmark.lineage.recording.drift import Drift
from tfx_hallmark.lineage.recording.sync import synchronise
from tfx_hallmark.registry.registry import Registry


def register(connection):
    """Registers the types of artifacts as TFX does, and gives their ids."""
    with metadata.Metadata(connection) as handle:
        return {
            kind.TYPE_NAME: common_utils.register_type_if_not_exist(handle, kind().artifact_type).id
            for kind in (standard_artifacts.PushedModel, ModelVersion)
        }


@pytest.mark.parametrize("first", ["tfx", "sync"])
def test_either_may_register_the_types_first(root, tmp_path, make_candidate, first):
    connection = parse_connection(str(tmp_path / "metadata.sqlite"))
    initialise_store(connection)
    before = register(connection) if first == "tfx" else None
    model = write_quarantines(root, make_candidate(1), 2)
    candidate = make_candidate(2)
    model.push_unchecked(candidate, model.tag(candidate).version, reason="a test")
    store = open_store(connection)
    synchronise(model, store)
    ours = {kind.name: kind for kind in store.get_artifact_types()}
    ids = register(connection)
    assert before in (None, ids)
    assert {name: kind.id for name, kind in ours.items()} == ids
    for kind in (standard_artifacts.PushedModel, ModelVersion):
        assert ours[kind.TYPE_NAME].base_type == kind().artifact_type.base_type
        assert dict(ours[kind.TYPE_NAME].properties) == dict(kind().artifact_type.properties)
    assert_each_once(model, store)


@pytest.fixture
def demo(demo_here, tmp_path):
    """The demo's registry, and its store of ML Metadata in a copy."""
    shutil.copy(demo_here / "metadata.sqlite", tmp_path)
    model = Registry.open(demo_here / "registry").model("penguin")
    return model, metadata_store.MetadataStore(parse_connection(str(tmp_path / "metadata.sqlite")))


def test_i11_what_the_pipeline_did_is_tied_to_its_own_artifacts(demo):
    model, store = demo
    there = {artifact.id for artifact in store.get_artifacts()}
    synchronise(model, store)
    assert_each_once(model, store)
    assert {artifact.id for artifact in store.get_artifacts()} == there
    publishes = [one for one in recorded(store).values() if one.type == "tfx_hallmark.Publish"]
    assert [one.properties["release"] for one in publishes] == [1, 2]
    for one in publishes:
        (release,), (version,) = (
            store.get_artifacts_by_id([number for part, _, number in one.ties if part == name])
            for name in ("release", "version")
        )
        assert "/RegistryPusher/pushed_model/" in release.uri
        assert "/VersionTagger/model_version/" in version.uri
        assert release.custom_properties["pushed_version"].string_value == str(one.properties["release"])
        assert release.custom_properties["hallmark_outcome"].string_value == "published"
        assert version.custom_properties["version"].string_value == one.properties["version"]


def test_registry_and_metadata_of_a_pipeline_agree(demo):
    model, store = demo
    synchronise(model, store)
    drift = Drift(Registry.open(model.path.parent), store)
    assert [*drift.of(model), *drift.of_others(["penguin"])] == []
