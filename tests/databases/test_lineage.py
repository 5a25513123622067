"""Lineage read from every kind of store: the same answers, by the same calls."""

import pytest

from tests.databases.metadata_server import metadata_server
from tests.databases.stores import sqlite
from tests.lineage.registered import run_and_register
from tests.lineage.synthetic import PenguinPipeline
from tfx_hallmark.lineage.connection.store import initialise_store, open_store
from tfx_hallmark.lineage.errors import MetadataError
from tfx_hallmark.lineage.lineage import Lineage
from tfx_hallmark.registry.errors import NotFoundError
from tfx_hallmark.registry.registry import Registry


@pytest.fixture(params=["mysql", "postgresql", "grpc"])
def connected(request, database, tmp_path):
    """A connection to an initialised, empty store."""
    if request.param == "grpc":
        file = sqlite(tmp_path / "metadata.sqlite")
        initialise_store(file)
        with metadata_server(file) as connection:
            yield connection
    else:
        connection = request.getfixturevalue(f"{request.param}_server").connection(database)
        initialise_store(connection)
        yield connection


def without_times(graph):
    """What of a graph does not depend on when it was made; ids do not, for the stores were empty."""
    nodes = [
        (node.key, node.full_type, node.state, node.uri, dict(node.properties))
        for node in graph.nodes.values()
    ]
    edges = {(edge.source, edge.target, edge.role, edge.name) for edge in graph.edges}
    contexts = {(context.type, context.name.partition("T")[0]) for context in graph.contexts.values()}
    return nodes, edges, contexts


@pytest.mark.parametrize("uri", ["\\\\", "C:\\\\data", "\\\\'); DROP TABLE Artifact; --"])
def test_what_a_store_would_take_for_sql_never_reaches_it(connected, root, uri):
    with pytest.raises(NotFoundError, match="no such artifact"):
        Lineage.open(Registry.open(root), connected).impact(f"uri:{uri}")


def test_every_store_tells_the_same(connected, root, model, make_candidate, tmp_path):
    here = sqlite(tmp_path / "other.sqlite")
    initialise_store(here)
    told = []
    for connection in (here, connected):
        pipeline = PenguinPipeline(open_store(connection))
        lineage = Lineage.open(Registry.open(root), connection)
        _, first = run_and_register(pipeline, model, make_candidate(1))
        _, second = run_and_register(pipeline, model, make_candidate(2), settings={"x": 2})
        examples = pipeline.run("9.9.9", settings={"x": 3}).artifact("CsvExampleGen.examples")
        assert [found.version for found in lineage.impact(f"artifact:{examples}").versions] == [
            first.version, second.version, "9.9.9",
        ]  # fmt: skip
        told.append(
            (
                without_times(lineage.of(second)),
                without_times(lineage.of(first, direction="upstream", depth=2)),
                lineage.diff(first, second),
            )
        )
    assert told[0] == told[1]


def test_a_server_that_goes_away_is_told_in_one_line(root, tmp_path):
    file = sqlite(tmp_path / "metadata.sqlite")
    initialise_store(file)
    run = PenguinPipeline(open_store(file)).run("1.0.0")
    with metadata_server(file) as connection:
        lineage = Lineage.open(Registry.open(root), connection)
        assert lineage.around(run.artifact("Trainer.model")).nodes
    with pytest.raises(MetadataError, match="metadata server") as caught:
        lineage.around(run.artifact("Trainer.model"))
    assert "\n" not in str(caught.value)
