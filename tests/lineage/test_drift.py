"""What ML Metadata and a registry's log know that the other does not."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ml_metadata.metadata_store.metadata_store import MetadataStore

from tests.lineage.history import write_history
from tests.lineage.registered import run_and_register
from tests.lineage.synthetic import PenguinPipeline
from tfx_hallmark.lineage.recording.drift import Drift
from tfx_hallmark.lineage.recording.sync import synchronise
from tfx_hallmark.registry.examining.finding import Finding
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry

Make = Callable[[int], Path]


def found(root: Path, store: MetadataStore, name: str = "penguin") -> list[tuple[str, str]]:
    registry = Registry.open(root)
    drift = Drift(registry, store)
    findings = [*drift.of(registry.model(name)), *drift.of_others(registry.models())]
    assert all(finding.what and finding.repair for finding in findings)
    return [(finding.code, finding.where) for finding in findings]


@pytest.fixture
def pipeline(store: MetadataStore, root: Path) -> PenguinPipeline:
    return PenguinPipeline(store, registry_root=str(root))


@pytest.fixture
def penguin(root: Path, pipeline: PenguinPipeline, make_candidate: Make) -> Model:
    """Two versions, each pushed by a pipeline, and synchronised."""
    model = Registry.open(root).model("penguin")
    for number in (1, 2):
        run_and_register(pipeline, model, make_candidate(number), settings={"number": number})
    synchronise(model, pipeline.store)
    return model


def test_where_nothing_differs_nothing_is_found(root: Path, penguin: Model, store: MetadataStore) -> None:
    assert found(root, store) == []


def test_a_store_that_knows_nothing_lacks_all_events(
    root: Path, make_candidate: Make, make_evaluation: Callable[..., Any], store: MetadataStore
) -> None:
    model = write_history(root, make_candidate, make_evaluation)
    (finding,) = Drift(Registry.open(root), store).of(model)
    assert finding == Finding(
        code="not-recorded",
        where="penguin",
        what=f"all events are not in ML Metadata: 1-{model.state.seq}",
        repair="hallmark sync penguin",
    )
    synchronise(model, store)
    assert found(root, store) == []


def test_events_since_the_last_sync_are_named(root: Path, penguin: Model, store: MetadataStore) -> None:
    penguin.rollback(reason="a test")
    (finding,) = Drift(Registry.open(root), store).of(penguin)
    assert finding.what == "1 of 5 events are not in ML Metadata: 5"


def test_a_log_from_an_older_backup_shows(
    root: Path, tmp_path: Path, pipeline: PenguinPipeline, make_candidate: Make, penguin: Model
) -> None:
    shutil.copytree(root, tmp_path / "backup")
    run_and_register(pipeline, penguin, make_candidate(3), settings={"number": 3})
    synchronise(penguin, pipeline.store)
    shutil.rmtree(root)
    (tmp_path / "backup").rename(root)
    assert found(root, pipeline.store) == [
        ("version-unknown", "penguin@1.2.0"),
        ("release-unknown", "penguin@3"),
    ]


def test_a_number_that_was_given_twice_after_such_a_restore_shows(
    root: Path, tmp_path: Path, pipeline: PenguinPipeline, make_candidate: Make, penguin: Model
) -> None:
    shutil.copytree(root, tmp_path / "backup")
    run_and_register(pipeline, penguin, make_candidate(3), settings={"number": 3})
    shutil.rmtree(root)
    (tmp_path / "backup").rename(root)
    again = Registry.open(root).model("penguin")
    run_and_register(pipeline, again, make_candidate(4), settings={"number": 4})
    synchronise(again, pipeline.store)
    assert found(root, pipeline.store) == [
        ("version-differs", "penguin@1.2.0"),
        ("release-differs", "penguin@3"),
    ]


def test_a_model_whose_log_is_gone_shows(root: Path, penguin: Model, store: MetadataStore) -> None:
    shutil.rmtree(root / ".hallmark" / "penguin")
    Registry.open(root).model("seal")
    drift = Drift(Registry.open(root), store)
    codes = [(finding.code, finding.where) for finding in drift.of_others([])]
    assert codes == [
        ("version-unknown", "penguin@1.0.0"),
        ("version-unknown", "penguin@1.1.0"),
        ("release-unknown", "penguin@1"),
        ("release-unknown", "penguin@2"),
    ]


def test_what_belongs_to_another_registry_is_none_of_ours(
    root: Path, penguin: Model, pipeline: PenguinPipeline
) -> None:
    for elsewhere in ("/srv/other", f"{root}/inner", "registry"):
        pipeline.registry_root = elsewhere
        pipeline.run("7.0.0", settings={"root": elsewhere})
    assert found(root, pipeline.store) == []
    pipeline.registry_root = str(root)
    pipeline.run("7.0.0", outcome="refused", settings={"root": "this one"})
    assert found(root, pipeline.store) == [("version-unknown", "penguin@7.0.0")]


def test_a_relative_root_is_known_by_its_end(root: Path, penguin: Model, pipeline: PenguinPipeline) -> None:
    pipeline.registry_root = f"{root.parent.name}/{root.name}"
    pipeline.run("7.0.0", settings={"number": 7})
    assert ("version-unknown", "penguin@7.0.0") in found(root, pipeline.store)
