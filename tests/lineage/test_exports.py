"""Lineage graphs for other tools."""

import re

import msgspec
import networkx
import pytest

from tests.lineage.synthetic import PenguinPipeline
from tfx_hallmark.lineage.graph import Edge, LineageGraph, Node
from tfx_hallmark.lineage.lineage import Lineage
from tfx_hallmark.registry.registry import Registry


@pytest.fixture
def graph(root, make_store):
    store = make_store()
    run = PenguinPipeline(store).run("1.0.0")
    return Lineage(Registry.open(root), store).around(run.artifact("VersionTagger.model_version"))


def test_networkx_has_every_node_and_edge_with_its_fields(graph):
    made = graph.to_networkx()
    assert networkx.is_directed_acyclic_graph(made)
    assert set(made.nodes) == set(graph.nodes)
    assert made.number_of_edges() == len(graph.edges)
    version = graph.about[0]
    assert made.nodes[version]["version"] == "penguin@1.0.0"
    assert {key for key, node in made.nodes(data=True) if node["type"] == "Trainer"} < networkx.ancestors(
        made, version
    )
    names = {data["name"] for _, _, data in made.in_edges(version, data=True)}
    assert names == {"model_version"}
    assert made.graph["about"] == [version]


def test_json_comes_back_as_the_same_graph(graph):
    assert msgspec.json.decode(graph.to_json(), type=LineageGraph) == graph


def test_dot_has_a_line_for_every_node_and_edge(graph):
    lines = graph.to_dot().splitlines()
    assert (lines[0], lines[-1]) == ("digraph lineage {", "}")
    declared = [found[1] for line in lines if (found := re.match(r"  (\w+) \[label=", line))]
    assert declared == list(graph.nodes)
    drawn = [found.groups() for line in lines if (found := re.match(r"  (\w+) -> (\w+) \[label=", line))]
    assert drawn == [(edge.source, edge.target) for edge in graph.edges]


def test_dot_cannot_be_broken_out_of(graph):
    nasty = 'a"]; b -> c; //\\'
    node = Node(key="a1", kind="artifact", id=1, type=nasty, full_type=nasty, version='m@1\n"')
    edge = Edge(source="a1", target="a1", role="input", name=nasty)
    text = LineageGraph(about=("a1",), nodes={"a1": node}, edges=(edge,)).to_dot()
    strings = re.findall(r'"(?:[^"\\\n]|\\.)*"', text)
    # Nothing of it is left outside of the quotes.
    outside = re.sub(r'"(?:[^"\\\n]|\\.)*"', "TEXT", text)
    assert len(strings) == 3
    assert "//" not in outside
    assert outside.count("->") == 1
    assert outside.splitlines()[3:5] == [
        "  a1 [label=TEXT, shape=box, penwidth=2];",
        "  a1 -> a1 [label=TEXT];",
    ]
