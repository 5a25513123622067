"""OpenLineage events of a graph."""

import datetime
import json
import uuid

import msgspec
import pytest
from ml_metadata.proto import metadata_store_pb2 as mlmd

from tests.lineage.batch import Types
from tests.lineage.synthetic import PenguinPipeline
from tfx_hallmark.lineage.openlineage_export import to_openlineage, to_openlineage_json


@pytest.fixture
def graph(lineage, store):
    run = PenguinPipeline(store).run("1.0.0")
    return lineage.around(run.artifact("VersionTagger.model_version"))


def documents(graph):
    return [json.loads(line) for line in to_openlineage_json(graph).splitlines()]


def test_every_execution_starts_and_completes_once(graph):
    told = [(event["job"]["name"], event["eventType"]) for event in documents(graph)]
    executions = [node.type for node in graph.nodes.values() if node.kind == "execution"]
    assert told == [(name, kind) for name in executions for kind in ("START", "COMPLETE")]


def test_events_tell_job_run_parent_inputs_and_outputs(graph):
    trainer = next(
        e for e in documents(graph) if e["job"]["name"] == "Trainer" and e["eventType"] == "COMPLETE"
    )
    assert trainer["job"]["namespace"] == "penguin"
    node = next(node for node in graph.nodes.values() if node.type == "Trainer")
    assert trainer["eventTime"] == node.updated
    assert [(one["namespace"], one["name"]) for one in trainer["outputs"]] == [
        ("file", f"/data/pipeline/Trainer/model/{node.id}")
    ]
    assert len(trainer["inputs"]) == 3
    assert trainer["run"]["facets"]["parent"]["job"] == {
        "facets": {},
        "name": "penguin",
        "namespace": "penguin",
    }
    parameters = trainer["run"]["facets"]["executionParameters"]["parameters"]
    assert {"key": "train_args", "value": '{"num_steps": 30}'} in parameters
    pushed = next(
        e for e in documents(graph) if e["job"]["name"] == "VersionTagger" and "outputs" in e and e["outputs"]
    )
    assert pushed["outputs"][0]["facets"]["version"]["datasetVersion"] == "penguin@1.0.0"


def test_what_one_event_writes_is_by_the_same_name_what_another_reads(graph):
    events = documents(graph)
    written = {(one["namespace"], one["name"]) for event in events for one in event.get("outputs", [])}
    read = {(one["namespace"], one["name"]) for event in events for one in event.get("inputs", [])}
    assert read <= written


def test_ids_are_the_same_each_time_and_in_every_part_of_the_graph(graph, lineage):
    whole = {event["job"]["name"]: event["run"]["runId"] for event in documents(graph)}
    part = lineage.around(int(graph.about[0][1:]), direction="upstream")
    assert {event["job"]["name"]: event["run"]["runId"] for event in documents(part)}.items() <= whole.items()
    assert len(set(whole.values())) == len(whole)
    parents = {event["run"]["facets"]["parent"]["run"]["runId"] for event in documents(graph)}
    assert len(parents) == 1
    for number in {*whole.values(), *parents}:
        uuid.UUID(number)
    for event in documents(graph):
        datetime.datetime.fromisoformat(event["eventTime"].replace("Z", "+00:00"))


@pytest.mark.parametrize(
    ("state", "events"),
    [
        (mlmd.Execution.FAILED, ["START", "FAIL"]),
        (mlmd.Execution.CANCELED, ["START", "ABORT"]),
        (mlmd.Execution.RUNNING, ["START"]),
    ],
)
def test_executions_that_did_not_complete(lineage, store, state, events):
    types = Types(store)
    (thing,) = store.put_artifacts(
        [mlmd.Artifact(type_id=types.artifact("Thing"), uri="s3://bucket/a/thing")]
    )
    execution = mlmd.Execution(type_id=types.execution("package.Step"), last_known_state=state)
    (number,) = store.put_executions([execution])
    store.put_events([mlmd.Event(execution_id=number, artifact_id=thing, type=mlmd.Event.INPUT)])
    told = documents(lineage.around(thing))
    assert [event["eventType"] for event in told] == events
    assert {(event["job"]["namespace"], event["job"]["name"]) for event in told} == {("ml-metadata", "Step")}


@pytest.mark.parametrize(
    ("uri", "namespace", "name"),
    [
        ("/data/x/1", "file", "/data/x/1"),
        ("file:///data/x", "file", "/data/x"),
        ("s3://bucket/a/b", "s3://bucket", "a/b"),
        ("gs://bucket", "gs://bucket", "/"),
        ("hdfs://host:8020/a", "hdfs://host:8020", "/a"),
        ("", "ml-metadata", "artifact/9"),
    ],
)
def test_datasets_are_named_as_openlineage_names_them(graph, uri, namespace, name):
    version = graph.about[0]
    moved = msgspec.structs.replace(graph.nodes[version], uri=uri, id=9)
    tagger = next(node for node in graph.nodes.values() if node.type == "VersionTagger")
    edges = [edge for edge in graph.edges if edge.target == version]
    small = msgspec.structs.replace(graph, nodes={version: moved, tagger.key: tagger}, edges=tuple(edges))
    (written,) = to_openlineage(small)[1].outputs
    assert (written.namespace, written.name) == (namespace, name)
