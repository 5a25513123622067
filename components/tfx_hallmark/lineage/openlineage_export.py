"""Lineage graphs as OpenLineage events, for catalogs such as Marquez and DataHub.

Names follow https://openlineage.io/docs/spec/naming: a dataset is an artifact, by its uri; a job is a node of a
pipeline; a run is an execution, whose parent is the run of the pipeline.
"""

import json
import uuid
from collections import defaultdict
from urllib.parse import urlsplit

from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
from openlineage.client.facet_v2 import (
    DatasetFacet,
    RunFacet,
    dataset_type_dataset,
    dataset_version_dataset,
    execution_parameters_run,
    job_type_job,
    parent_run,
)
from openlineage.client.serde import Serde

from tfx_hallmark import __version__
from tfx_hallmark.lineage.graph import Edge, LineageGraph, Node

PRODUCER = f"pkg:pypi/tfx-hallmark@{__version__}"
# Of executions that belong to no pipeline, and of artifacts that have no uri.
NAMESPACE = "ml-metadata"

# Made up once. Ids are derived from it, so that an export made again adds nothing to a catalog.
_IDS = uuid.UUID("8f9a5a0e-7f0c-4b7e-9a53-0d6b1c6e2f41")
# Where a name is what stands behind the bucket's, without the slash.
_BUCKETS = {"gs", "s3", "s3a"}
_ENDS = {
    "COMPLETE": RunState.COMPLETE,
    "CACHED": RunState.COMPLETE,
    "FAILED": RunState.FAIL,
    "CANCELED": RunState.ABORT,
}


def to_openlineage(graph: LineageGraph) -> list[RunEvent]:
    """Return the events that an integration would have sent: for each execution its start and its end.

    The end tells inputs and outputs. An execution that still runs has no end.

    Args:
        graph: A lineage graph, with contexts, which name pipelines, nodes and runs.

    Raises:
        ImportError: If openlineage-python is not installed.
    """
    read: dict[str, list[Edge]] = defaultdict(list)
    written: dict[str, list[Edge]] = defaultdict(list)
    for edge in graph.edges:
        if edge.role == "input":
            read[edge.target].append(edge)
        else:
            written[edge.source].append(edge)
    events = []
    for node in graph.nodes.values():
        if node.kind == "execution":
            events += _events(graph, node, read[node.key], written[node.key])
    return events


def to_openlineage_json(graph: LineageGraph) -> str:
    """Return those events as JSON, one on a line, as `POST /api/v1/lineage` takes each."""
    return "".join(f"{Serde.to_json(event)}\n" for event in to_openlineage(graph))


def _events(graph: LineageGraph, node: Node, read: list[Edge], written: list[Edge]) -> list[RunEvent]:
    contexts = {
        graph.contexts[key].type: graph.contexts[key].name for key in node.contexts if key in graph.contexts
    }
    pipeline = contexts.get("pipeline", "")
    namespace = pipeline or str(node.properties.get("model", NAMESPACE))
    name = contexts.get("node", "").removeprefix(f"{pipeline}.") or node.type
    facets: dict[str, RunFacet] = {"executionParameters": _parameters(node)}
    if "pipeline_run" in contexts:
        facets["parent"] = parent_run.ParentRunFacet(
            run=parent_run.Run(runId=_id(namespace, contexts["pipeline_run"])),
            job=parent_run.Job(namespace=namespace, name=pipeline),
            producer=PRODUCER,
        )
    # Ids of ML Metadata are small numbers that every store has; with the moment they are this one's.
    run = Run(_id(namespace, name, str(node.id), node.created), facets)
    kind = job_type_job.JobTypeJobFacet(
        processingType="BATCH", integration="TFX", jobType="COMPONENT", producer=PRODUCER
    )
    job = Job(namespace, name, {"jobType": kind})
    started = RunEvent(eventType=RunState.START, eventTime=node.created, run=run, job=job, producer=PRODUCER)
    end = _ENDS.get(node.state)
    if end is None:
        return [started]
    inputs = _unique(graph, [edge.source for edge in read])
    outputs = _unique(graph, [edge.target for edge in written])
    ended = RunEvent(
        eventType=end,
        eventTime=node.updated,
        run=run,
        job=job,
        producer=PRODUCER,
        inputs=[InputDataset(*_place(one), facets=_facets(one)) for one in inputs],
        outputs=[OutputDataset(*_place(one), facets=_facets(one)) for one in outputs],
    )
    return [started, ended]


def _unique(graph: LineageGraph, keys: list[str]) -> list[Node]:
    """Return artifacts each once, also one that was read under several names."""
    return [graph.nodes[key] for key in dict.fromkeys(keys)]


def _id(*parts: str) -> str:
    return str(uuid.uuid5(_IDS, json.dumps(parts)))


def _parameters(node: Node) -> execution_parameters_run.ExecutionParametersRunFacet:
    parameters = [
        execution_parameters_run.ExecutionParameter(key=name, value=str(value))
        for name, value in node.properties.items()
    ]
    return execution_parameters_run.ExecutionParametersRunFacet(parameters=parameters, producer=PRODUCER)


def _place(artifact: Node) -> tuple[str, str]:
    """Return the namespace and name of an artifact as a dataset."""
    if not artifact.uri:
        return NAMESPACE, f"artifact/{artifact.id}"
    url = urlsplit(artifact.uri)
    if not url.scheme or url.scheme == "file":
        return "file", url.path
    if not url.netloc:
        return url.scheme, url.path
    name = url.path.removeprefix("/") if url.scheme in _BUCKETS else url.path
    return f"{url.scheme}://{url.netloc}", name or "/"


def _facets(artifact: Node) -> dict[str, DatasetFacet]:
    kind = "MODEL" if artifact.type in ("Model", "ModelVersion", "PushedModel") else "FILE"
    facets: dict[str, DatasetFacet] = {
        "datasetType": dataset_type_dataset.DatasetTypeDatasetFacet(kind, artifact.type, producer=PRODUCER)
    }
    if artifact.version is not None:
        facets["version"] = dataset_version_dataset.DatasetVersionDatasetFacet(
            artifact.version, producer=PRODUCER
        )
    return facets
