"""Lineage of versions whose operations were recorded by sync."""

import networkx

from tests.lineage.history import NAMES, shown, write_history
from tests.lineage.registered import run_and_register
from tests.lineage.synthetic import PenguinPipeline
from tfx_hallmark.answers.sentences import sentence
from tfx_hallmark.lineage.recording.sync import synchronise


def types(graph):
    return [node.type for node in graph.nodes.values() if node.kind == "execution"]


def test_i11_operations_are_downstream_of_the_version_they_concern(lineage, store, model, make_candidate):
    pipeline = PenguinPipeline(store)
    _, first = run_and_register(pipeline, model, make_candidate(1))
    _, second = run_and_register(pipeline, model, make_candidate(2), settings={"x": 2})
    model.quarantine(second.version, reason="it fails on island Dream")
    synchronise(model, store)
    graph = lineage.of(second)
    assert types(graph).count("Quarantine") == 1
    quarantine = next(node for node in graph.nodes.values() if node.type == "Quarantine")
    assert quarantine.properties["reason"] == "it fails on island Dream"
    assert types(graph).count("Publish") == 1
    assert "Quarantine" not in types(lineage.of(first))
    assert networkx.is_directed_acyclic_graph(graph.to_networkx())
    # Recording does not change what it was made from, nor what was trained from that.
    upstream = types(lineage.of(second, direction="upstream"))
    assert upstream.count("VersionTagger") == 1
    assert "Tag" not in upstream
    assert [found.version for found in lineage.impact("artifact:1").versions] == [
        first.version,
        second.version,
    ]


def test_a_version_that_no_pipeline_recorded_is_known_once_it_is_synced(
    lineage, store, model, make_candidate
):
    version = model.tag(make_candidate(1))
    model.push_unchecked(make_candidate(1), version.version, reason="by hand")
    synchronise(model, store)
    graph = lineage.of(version)
    assert types(graph) == ["Tag", "Publish"]
    assert graph.nodes[graph.about[0]].version == str(version)


def test_i11_every_kind_is_in_the_lineage_of_the_version_it_is_about_and_of_no_other(
    lineage, root, store, make_candidate, make_evaluation
):
    penguin = write_history(root, make_candidate, make_evaluation)
    synchronise(penguin, store, sentence=sentence)
    seen = set()
    for version in penguin.versions():
        graph = lineage.of(version)
        told = {node.properties["seq"]: node for node in graph.nodes.values() if node.type in NAMES.values()}
        about = {event.seq: event for event in penguin.events() if event.data.version == version.version}
        # A rollback also concerns the version that it took the place of.
        replaced = {seq for seq, node in told.items() if node.properties["version"] != version.version}
        assert {told[seq].type for seq in replaced} <= {"Rollback", "Promote"}
        assert told.keys() - replaced == about.keys()
        for seq, event in about.items():
            assert told[seq].type == NAMES[event.kind]
            assert told[seq].properties["sentence"] == shown(sentence(event))
            seen.add(event.kind)
    assert seen == NAMES.keys()
