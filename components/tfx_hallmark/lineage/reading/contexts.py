"""Finds the pipeline, the run and the node of executions, with as few searches as ML Metadata allows.

It has no index from an execution to its contexts: the call that tells them reads all associations of the store,
8 ms with 10,000 runs of ten nodes. So it is made once for each run; the rest is looked up.
"""

import posixpath

from ml_metadata.proto import metadata_store_pb2 as mlmd

from tfx_hallmark.lineage.reading.calls import Reader
from tfx_hallmark.lineage.reading.nodes import OUTPUTS
from tfx_hallmark.lineage.reading.walk import Part

# Types of tfx/orchestration/portable/mlmd/context_lib.py and node contexts of its compiler.
_PIPELINE, _RUN, _NODE = "pipeline", "pipeline_run", "node"
# A hash of settings and inputs, one for each execution: TFX's own business.
_CACHE = "execution_cache"


# More runs than that are in a graph only if something was asked about that all runs share.
MOST_SEARCHES = 50


def contexts_of(reader: Reader, part: Part) -> dict[int, list[mlmd.Context]]:
    """Return the contexts of each execution, by its id; of the newest MOST_SEARCHES runs if there are more.

    Args:
        reader: The store.
        part: What was walked through.
    """
    found: dict[int, list[mlmd.Context]] = {}
    nodes: dict[str, mlmd.Context | None] = {}
    searches = 0
    for number in sorted(part.executions, reverse=True):
        if number in found:
            continue
        if searches == MOST_SEARCHES:
            break
        searches += 1
        found[number] = [context for context in reader.contexts(number) if context.type != _CACHE]
        by_type = {context.type: context for context in found[number]}
        if by_type.keys() != {_PIPELINE, _RUN, _NODE}:
            continue
        pipeline, run = by_type[_PIPELINE], by_type[_RUN]
        for other in reader.executions_in(run.id) & part.executions.keys() - found.keys():
            name = f"{pipeline.name}.{_node_id(part, other)}"
            if name not in nodes:
                nodes[name] = reader.context_named(_NODE, name)
            node = nodes[name]
            # One that failed has no output to tell its node by, and is asked for itself.
            if node is not None or _wrote(part, other):
                found[other] = [pipeline, run, *([node] if node else [])]
    return found


def _wrote(part: Part, execution: int) -> bool:
    return any(event.type in OUTPUTS for event in part.events[execution])


def _node_id(part: Part, execution: int) -> str:
    """Return the node of an execution, which TFX has in the uri of each output: ROOT/NODE/KEY/EXECUTION."""
    for event in part.events[execution]:
        artifact = part.artifacts.get(event.artifact_id)
        if event.type in OUTPUTS and artifact is not None:
            folder, last = posixpath.split(artifact.uri.rstrip("/"))
            if last == str(execution):
                return str(posixpath.basename(posixpath.dirname(folder)))
    return ""
