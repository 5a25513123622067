"""Texts that PostgreSQL's indexes would not take, in real databases."""

import json
import random
import string

import pytest
from ml_metadata.proto import metadata_store_pb2 as mlmd
from tfx.types import standard_artifacts

from tests.lineage.history import assert_each_once, recorded
from tfx_hallmark.artifacts import ModelVersion
from tfx_hallmark.lineage.connection.store import initialise_store, open_store
from tfx_hallmark.lineage.property_text import LONGEST, safe_json, safe_text
from tfx_hallmark.lineage.recording.sync import synchronise
from tfx_hallmark.pusher.executor import Executor
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.verdict import Comparison, Evaluation, Evidence

REASONS = 200


@pytest.fixture
def store(connection):
    initialise_store(connection)
    return open_store(connection)


def noise(length):
    """Text that a database cannot compress: what it can, it takes in greater length."""
    return "".join(random.Random(length).choices(string.ascii_letters + string.digits, k=length))


def failing(number):
    return Comparison(
        metric="accuracy",
        slice=f"island:{number} {noise(2_000 + number)}",
        rule="value",
        lower=0.5,
        candidate=0.1,
    )


def keep(store, artifact):
    """Puts an artifact into a store as TFX does, and gives it back as it is there."""
    kind = mlmd.ArtifactType(name=artifact.type_name)
    artifact.mlmd_artifact.type_id = store.put_artifact_type(kind)
    [number] = store.put_artifacts([artifact.mlmd_artifact])
    [kept] = store.get_artifacts_by_id([number])
    return {name: value.string_value for name, value in kept.custom_properties.items()}


def test_a_refusal_for_many_long_reasons_is_recorded(store, root, make_candidate):
    model = Registry.create(root).model("penguin")
    version = model.tag(make_candidate(1))
    evidence = Evidence(validation_ok=False, comparisons=tuple(failing(number) for number in range(REASONS)))
    push = model.push(
        make_candidate(1),
        version.version,
        Evaluation(blessed=0, baseline=None, compared=False, evidence=evidence),
        reason=noise(10_000),
    )
    assert len(push.verdict.reasons) >= REASONS

    pushed = standard_artifacts.PushedModel()
    Executor()._describe(pushed, model, push)
    kept = keep(store, pushed)
    assert kept["hallmark_verdict"] == safe_text(push.verdict.sentence)
    assert kept["hallmark_verdict"].endswith("…")
    *codes, more = json.loads(kept["hallmark_reasons"])
    assert more == f"… and {len(push.verdict.reasons) - len(codes)} more"
    assert codes == [reason.code for reason in push.verdict.reasons[: len(codes)]]
    tagged = ModelVersion()
    tagged.describe(version, registry_root=str(root))
    assert keep(store, tagged)["reasons"] == safe_json(version.manifest.reasons)

    synchronise(model, store)
    assert_each_once(model, store)
    [refusal] = [one.properties for one in recorded(store).values() if one.type == "tfx_hallmark.Refuse"]
    assert refusal["reason"] == noise(10_000)[: LONGEST - 3] + "…"
    assert refusal["summary"].endswith("…")


@pytest.mark.parametrize("name", ["tag", "pushed_destination", "n" * 80])
def test_the_longest_text_fits_beside_the_name_of_its_property(store, name):
    artifact = ModelVersion()
    artifact.set_string_custom_property(name, safe_text(noise(LONGEST + 1)))
    assert len(keep(store, artifact)[name].encode()) == LONGEST
