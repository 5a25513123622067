"""Makes the graph of a part of a store."""

from collections.abc import Collection

from ml_metadata.proto import metadata_store_pb2 as mlmd

from tfx_hallmark.lineage.graph import Context, Edge, LineageGraph, Node
from tfx_hallmark.lineage.reading.calls import Reader
from tfx_hallmark.lineage.reading.contexts import contexts_of
from tfx_hallmark.lineage.reading.nodes import (
    OUTPUTS,
    artifact_key,
    artifact_node,
    context,
    edge,
    execution_node,
)
from tfx_hallmark.lineage.reading.walk import Part


def assemble(reader: Reader, part: Part, about: Collection[int]) -> LineageGraph:
    """Return the graph with the contexts of its executions.

    Args:
        reader: The store.
        part: What was walked through.
        about: Ids of the artifacts that were asked about.
    """
    return draw(part, about, contexts_of(reader, part))


def draw(
    part: Part, about: Collection[int], contexts: dict[int, list[mlmd.Context]] | None = None
) -> LineageGraph:
    """Return the graph of what was walked through.

    Args:
        part: What was walked through.
        about: Ids of the artifacts that were asked about.
        contexts: Those of each execution; an artifact has its producer's.
    """
    by_execution = {
        number: tuple(f"c{one.id}" for one in found) for number, found in (contexts or {}).items()
    }
    made_in: dict[int, tuple[str, ...]] = {}
    edges: dict[tuple[str, str, str, str], Edge] = {}
    for event in part.inner_events():
        made = edge(event)
        edges.setdefault((made.source, made.target, made.role, made.name), made)
        if event.type in OUTPUTS:
            made_in.setdefault(event.artifact_id, by_execution.get(event.execution_id, ()))
    nodes: list[Node] = [
        artifact_node(part.artifacts[number], made_in.get(number, ())) for number in sorted(part.artifacts)
    ]
    nodes += [
        execution_node(part.executions[number], by_execution.get(number, ()))
        for number in sorted(part.executions)
    ]
    unique: dict[str, Context] = {
        f"c{one.id}": context(one) for found in (contexts or {}).values() for one in found
    }
    return LineageGraph(
        about=tuple(artifact_key(number) for number in sorted(about)),
        nodes={node.key: node for node in nodes},
        edges=tuple(edges.values()),
        contexts=unique,
        cut=tuple(part.cut),
    )
