"""A taxi pipeline with Transform, Tuner and a cache, which is given a new span of data from time to time."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.tfx.rolling_spans import RollingSpans, write_span
from tfx_hallmark import Registry


class Told(msgspec.Struct):
    """What there was to see after a run."""

    states: dict[str, str]
    events: list[tuple[str, str]]
    show: str
    show_json: dict[str, Any]


def hallmark(root: Path, *arguments: str) -> str:
    """Types a command as a user does."""
    command = [str(Path(sys.executable).with_name("hallmark")), *arguments, "--root", str(root)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    """Span 1, the same again, and span 2, when it is other trips that are tipped well."""
    spans = RollingSpans(tmp_path_factory.mktemp("spans"))
    told = []
    for comes in ({"span": 1, "generous_above_miles": 0}, {}, {"span": 2, "generous_above_miles": 10}):
        if comes:
            write_span(spans.data, **comes)
        states = spans.run()
        model = Registry.open(spans.root).model("taxi")
        told.append(
            Told(
                states,
                [(event.kind, event.data.version) for event in model.events()],
                hallmark(spans.root, "show", "taxi@stable"),
                json.loads(hallmark(spans.root, "show", "taxi@stable", "--json")),
            )
        )
    return spans, told


def facts(shown: str) -> dict[str, str]:
    """Gives what `hallmark show` says, by the word before the colon."""
    lines = (line.partition(":") for line in shown.splitlines())
    return {name: value.strip() for name, colon, value in lines if colon}


def test_the_first_span_is_the_data_of_version_1(story):
    _, (first, _, _) = story
    assert set(first.states.values()) == {"COMPLETE"}
    assert len(first.states) == 10
    assert first.events == [("tagged", "1.0.0"), ("published", "1.0.0")]
    assert facts(first.show)["span"] == "1"
    assert first.show_json["manifest"]["provenance"]["data"]["span"] == "1"


def test_the_same_span_again_is_cached_and_changes_nothing(story):
    _, (first, again, _) = story
    # What is stable has changed since, so these three look again.
    looking = {"StableBaseline", "BaselineEvaluator", "RegistryPusher"}
    assert {name for name, state in again.states.items() if state != "CACHED"} == looking
    assert again.events == first.events
    assert (again.show, again.show_json) == (first.show, first.show_json)


def test_the_next_span_gives_a_patch_whose_reason_is_the_data_alone(story):
    _, (_, _, second) = story
    assert set(second.states.values()) == {"COMPLETE"}
    assert second.events[2:] == [("tagged", "1.0.1"), ("published", "1.0.1")]
    shown = facts(second.show)
    assert shown["span"] == "2"
    assert shown["bump"] == "patch, compared with 1.0.0"
    assert shown["because"] == "training data changed (span 1 to 2)"
    manifest = second.show_json["manifest"]
    assert manifest["provenance"]["data"]["span"] == "2"
    assert (manifest["bump"], manifest["compared_with"]) == ("patch", "1.0.0")


def test_the_next_span_is_judged_against_what_is_stable(story):
    _, (first, _, second) = story
    verdict = second.show_json["verdict"]
    assert (verdict["outcome"], verdict["bootstrap"]) == ("published", False)
    assert (verdict["baseline"]["version"], verdict["baseline"]["release"]) == ("1.0.0", 1)
    assert verdict["baseline"]["digest"] == first.show_json["manifest"]["digest"]
    # Both on the rows of span 2, which the baseline has never seen.
    before = second.show_json["baseline_metrics"]["Overall"]
    now = second.show_json["metrics"]["Overall"]
    assert before["example_count"] == now["example_count"]
    assert before["binary_accuracy"] < 0.9 < now["binary_accuracy"]
    assert first.show_json["metrics"]["Overall"]["binary_accuracy"] > 0.9


def test_both_spans_stay_on_record(story):
    spans, _ = story
    model = Registry.open(spans.root).model("taxi")
    data = {str(version.version): version.manifest.provenance.data for version in model.versions()}
    assert {version: source.span for version, source in data.items()} == {"1.0.0": "1", "1.0.1": "2"}
    assert data["1.0.0"].digest != data["1.0.1"].digest
    assert {sum(source.records.values()) for source in data.values()} == {400}


def test_what_the_tuner_found_best_is_in_the_manifest(story):
    _, told = story
    for one in told:
        assert one.show_json["manifest"]["provenance"]["hyperparameters"] == {
            "learning_rate": 0.02,
            "units": 8,
        }
        assert facts(one.show)["learning_rate"] == "0.02"


def test_the_lineage_of_a_release_leads_to_the_span_it_was_made_from(story):
    spans, _ = story
    store = spans.store
    pushed = {
        artifact.custom_properties["hallmark_version"].string_value: artifact.id
        for artifact in store.get_artifacts_by_type("PushedModel")
    }
    for version, span in (("1.0.0", 1), ("1.0.1", 2)):
        found, todo = {}, [pushed[version]]
        while todo:
            for artifact in made_of(store, todo.pop()):
                if artifact.id not in found:
                    found[artifact.id] = artifact
                    todo.append(artifact.id)
        raw = [artifact for artifact in found.values() if "/CsvExampleGen/" in artifact.uri]
        assert {artifact.custom_properties["span"].int_value for artifact in raw} == {span}


def made_of(store, artifact_id):
    """Gives what went into the execution that made an artifact, but for the baseline, a model of its own story."""
    first = min(
        event.execution_id
        for event in store.get_events_by_artifact_ids([artifact_id])
        if event.type == event.OUTPUT
    )
    inputs = [
        event.artifact_id
        for event in store.get_events_by_execution_ids([first])
        if event.type == event.INPUT and event.path.steps[0].key != "baseline"
    ]
    return store.get_artifacts_by_id(inputs)
