"""The demo as a new user runs it: what it prints, what it leaves in the registry and in ML Metadata."""

import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tfx_hallmark.registry.registry import Registry

pytestmark = pytest.mark.tfx


@pytest.fixture(scope="module")
def demo(demo_here: Path) -> tuple[Path, str]:
    """The folder of the demo, and what it printed."""
    return demo_here, demo_here.with_name("demo.printed").read_text()


def hallmark(out: Path, *arguments: str) -> Any:
    """Answers a command as JSON."""
    done = subprocess.run(
        [sys.executable, "-m", "tfx_hallmark.cli.main", *arguments, "--json"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "HALLMARK_ROOT": str(out / "registry")},
    )
    return json.loads(done.stdout)


def test_tf_serving_finds_numbered_directories_and_nothing_else(demo):
    out, _ = demo
    assert sorted(path.name for path in (out / "registry" / "penguin").iterdir()) == ["1", "2"]


def test_both_releases_load_and_answer(demo):
    import tensorflow as tf

    out, _ = demo
    example = tf.train.Example()
    example.features.feature["bill_length_mm"].float_list.value.append(39.1)
    example.features.feature["island"].bytes_list.value.append(b"Torgersen")
    for release in ("1", "2"):
        serve = tf.saved_model.load(str(out / "registry" / "penguin" / release)).signatures["serving_default"]
        [answer] = serve(tf.constant([example.SerializeToString()])).values()
        assert answer.shape == (1, 3)
        assert float(tf.reduce_sum(answer)) == pytest.approx(1)


def test_the_refused_candidate_is_listed_with_its_reason(demo):
    out, _ = demo
    versions = {entry["version"]: entry for entry in hallmark(out, "list", "penguin")["versions"]}
    assert {name: entry["status"] for name, entry in versions.items()} == {
        "1.0.0": "published",
        "1.1.0": "refused",
        "1.2.0": "published",
    }
    assert "required: >= 0.8" in versions["1.1.0"]["refusal"]


def test_why_names_each_threshold_on_each_slice(demo):
    out, _ = demo
    answer = hallmark(out, "why", "penguin@1.1.0")
    slices = ("Overall", "island:Biscoe", "island:Dream", "island:Torgersen")
    assert {(check["slice"], check["rule"]) for check in answer["checks"]} == {
        (name, rule) for name in slices for rule in ("value", "change")
    }
    [overall] = [
        check for check in answer["checks"] if (check["slice"], check["rule"]) == ("Overall", "change")
    ]
    assert overall["margin"] == pytest.approx(overall["candidate"] - overall["baseline"])
    assert not overall["passed"]
    assert answer["baseline"]["version"] == "1.0.0"


def test_the_better_model_has_its_version_inferred_and_explained(demo):
    out, _ = demo
    shown = hallmark(out, "show", "penguin@stable")
    assert shown["version"] == "1.2.0"
    assert "hidden_units changed from [8] to [32]" in json.dumps(shown)
    assert "train_args.num_steps changed from 30 to 300" in json.dumps(shown)
    assert hallmark(out, "live", "penguin")["release"] == 2


def test_versions_of_one_data_set_have_its_digest_and_its_preprocessing_in_common(demo):
    out, _ = demo
    model = Registry.open(out / "registry").model("penguin")
    made_from = [version.manifest.provenance for version in model.versions()]
    assert [sum(origin.data.records.values()) for origin in made_from] == [344, 344, 344]
    assert len({origin.data.digest for origin in made_from}) == 1
    assert len({origin.preprocessing for origin in made_from}) == 1
    assert len(made_from[0].preprocessing) == 64


def test_the_same_again_publishes_nothing(demo):
    out, printed = demo
    kinds = [event["kind"] for event in hallmark(out, "log", "penguin")["events"]]
    assert kinds == ["published", "tagged", "refused", "tagged", "published", "tagged"]
    assert "penguin@1.2.0 was published as release 2 before" in printed


def test_what_is_printed_is_free_of_noise(demo):
    _, printed = demo
    lines = printed.splitlines()
    assert not [
        line
        for line in lines
        if "WARNING" in line or "Traceback" in line or line.startswith(("I0", "E0", "W0"))
    ]
    assert [line[4:6] for line in lines if line.startswith("=== ")][:4] == ["1.", "2.", "3.", "4."]


def test_lineage_leads_by_events_from_each_push_back_to_the_examples(demo):
    out, _ = demo
    graph = Lineage(out / "metadata.sqlite")
    pushes = graph.artifacts("PushedModel")
    outcomes = [push.custom_properties["hallmark_outcome"].string_value for push in pushes]
    assert outcomes == ["published", "refused", "published", "already published"]
    for push in pushes:
        found = {graph.type_of(artifact): artifact for artifact in graph.ancestors(push)}
        assert {
            "Examples",
            "Model",
            "tfx_hallmark.ModelVersion",
            "ModelBlessing",
            "ModelEvaluation",
        } <= found.keys()
        version = found["tfx_hallmark.ModelVersion"].custom_properties
        blessing = found["ModelBlessing"].custom_properties
        for key in ("version", "digest"):
            value = version[key].string_value
            assert value == blessing[f"hallmark_{key}"].string_value
            assert value == push.custom_properties[f"hallmark_{key}"].string_value
        # The blessing itself descends from the version, not only the push.
        assert "tfx_hallmark.ModelVersion" in map(graph.type_of, graph.ancestors(found["ModelBlessing"]))


class Lineage:
    """ML Metadata, walked by events alone."""

    def __init__(self, file: Path) -> None:
        from ml_metadata.metadata_store import metadata_store
        from ml_metadata.proto import metadata_store_pb2 as mlmd

        self._store = metadata_store.MetadataStore(
            mlmd.ConnectionConfig(sqlite=mlmd.SqliteMetadataSourceConfig(filename_uri=str(file)))
        )
        self._by_id = {artifact.id: artifact for artifact in self._store.get_artifacts()}
        self._types = {kind.id: kind.name for kind in self._store.get_artifact_types()}
        self._inputs = defaultdict(list)  # by execution
        self._makers = defaultdict(list)  # by artifact; a cached execution gives an artifact a further one
        for event in self._store.get_events_by_artifact_ids(list(self._by_id)):
            if event.type == mlmd.Event.OUTPUT:
                self._makers[event.artifact_id].append(event.execution_id)
            elif event.type == mlmd.Event.INPUT:
                self._inputs[event.execution_id].append(event.artifact_id)

    def type_of(self, artifact: Any) -> str:
        return self._types[artifact.type_id]

    def artifacts(self, kind: str) -> list[Any]:
        return [artifact for artifact in self._by_id.values() if self.type_of(artifact) == kind]

    def ancestors(self, artifact: Any) -> Iterator[Any]:
        seen, pending = {artifact.id}, [artifact.id]
        while pending:
            for execution in self._makers[pending.pop()]:
                for source in self._inputs[execution]:
                    if source not in seen:
                        seen.add(source)
                        pending.append(source)
                        yield self._by_id[source]
