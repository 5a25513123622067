"""What the open-source backend refuses, and in which words."""

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from tfx import v1 as tfx

from tests.kubeflow import probes
from tests.kubeflow.compiled import compiled, imported
from tests.kubeflow.interpreter.cluster import Cluster
from tests.kubeflow.interpreter.errors import NotPlayedError, RefusedError, TaskFailedError
from tests.kubeflow.interpreter.spec import read_spec

Document = dict[str, Any]
ROOT = "gs://bucket/artifacts"


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    return Cluster(tmp_path / "cluster", buckets={"gs://bucket": tmp_path / "bucket"})


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Document:
    """A package that the backend takes: an importer, and a container behind it."""
    data = imported()
    behind = probes.Behind(data=data.outputs["result"])
    return yaml.safe_load(compiled(tmp_path_factory.mktemp("good"), data, behind))


def test_a_good_package_is_taken(good: Document) -> None:
    spec = read_spec(yaml.safe_dump(good))
    assert sorted(spec.tasks) == ["Behind", "Data"]
    assert spec.dependencies("Behind") == {"Data"}


def rename(document: Document, new: str) -> None:
    document["root"]["dag"]["tasks"][new] = document["root"]["dag"]["tasks"].pop("Behind")


def behind(document: Document) -> Document:
    return document["root"]["dag"]["tasks"]["Behind"]


def set_schema_version(document: Document) -> None:
    document["schemaVersion"] = "2.0.0"


def make_resolver(document: Document) -> None:
    document["deploymentSpec"]["executors"]["Behind_executor"] = {"resolver": {"outputArtifactQueries": {}}}


def lose_executor(document: Document) -> None:
    del document["deploymentSpec"]["executors"]["Behind_executor"]


def lose_component(document: Document) -> None:
    del document["components"]["Behind"]


def lose_producer(document: Document) -> None:
    behind(document)["inputs"]["artifacts"]["data"]["taskOutputArtifact"]["producerTask"] = "Elsewhere"


def depend_on_nothing(document: Document) -> None:
    behind(document)["dependentTasks"].append("Elsewhere")


def put_condition_on_importer(document: Document) -> None:
    document["root"]["dag"]["tasks"]["Data"]["triggerPolicy"] = {"condition": "true"}


def ask_for_parameter(document: Document) -> None:
    document["root"]["inputDefinitions"] = {"parameters": {"rate": {"parameterType": "NUMBER_DOUBLE"}}}


def ask_for_bool(document: Document) -> None:
    document["components"]["Behind"]["inputDefinitions"]["parameters"] = {
        "flag": {"parameterType": "BOOLEAN"}
    }
    behind(document)["inputs"]["parameters"] = {"flag": {"runtimeValue": {"constant": 1.0}}}


def forget_parameter(document: Document) -> None:
    document["components"]["Behind"]["inputDefinitions"]["parameters"] = {"flag": {"parameterType": "STRING"}}


def ask_for_other_output(document: Document) -> None:
    behind(document)["inputs"]["artifacts"]["data"]["taskOutputArtifact"]["outputArtifactKey"] = "other"


def import_from_disk(document: Document) -> None:
    importer = document["deploymentSpec"]["executors"]["Data_executor"]["importer"]
    importer["artifactUri"]["constant"] = "/data"


def import_a_null(document: Document) -> None:
    document["deploymentSpec"]["executors"]["Data_executor"]["importer"]["metadata"]["nothing"] = None


def ask_for_missing_property(document: Document) -> None:
    condition = "inputs.artifacts['data'].artifacts[0].metadata['blessed'] == 1.0"
    behind(document)["triggerPolicy"] = {"condition": condition}


def ask_what_is_no_question(document: Document) -> None:
    behind(document)["triggerPolicy"] = {"condition": "inputs.artifacts['data'].artifacts[0].uri"}


REFUSED: list[tuple[Callable[[Document], None], str]] = [
    (
        set_schema_version,
        "KFP only supports schema version 2.1.0, but the pipeline spec has version 2.0.0",
    ),
    (
        make_resolver,
        'executor(label="Behind_executor"): non-container and non-importer executor not implemented',
    ),
    (lose_executor, 'executor(label="Behind_executor") not found in deployment config'),
    (lose_component, 'cannot find component ref name="Behind" for task name="Behind"'),
    (lose_producer, 'failed to add implicit deps: unknown producer task "Elsewhere" in DAG'),
    (depend_on_nothing, "templates.root.tasks.Behind-driver dependency 'Elsewhere' not defined"),
    (
        put_condition_on_importer,
        'compiling task "Data": triggerPolicy.condition on importer task is not supported',
    ),
    (
        lambda document: rename(document, "Behind.v1"),
        "templates.root.tasks[0].name: 'Behind.v1-driver' is invalid: name must consist of alpha-numeric characters",
    ),
    (lambda document: rename(document, "be_hind"), "'be_hind-driver' is invalid: name must consist of"),
    (
        lambda document: rename(document, "B" * 122),
        "-driver' is invalid: must be no more than 128 characters",
    ),
    (
        ask_for_parameter,
        "parameter rate is not optional, yet has neither default value nor user provided value",
    ),
    (ask_for_bool, 'input parameter "flag" type mismatch: expect BOOLEAN, got number'),
    (
        forget_parameter,
        'neither value nor default value provided for non-optional parameter "flag"',
    ),
    (ask_for_other_output, 'cannot find output artifact key "other" in producer task "Data"'),
    (import_from_disk, 'parse bucket config failed: unrecognized uri format: "/data"'),
    (
        import_a_null,
        "failed to convert RuntimeArtifact to MLMD artifact: unknown/unsupported value type *structpb.Value_NullValue",
    ),
    (ask_for_missing_property, "evaluation error: no such key"),
    (ask_what_is_no_question, "evaluation error: return type is not bool, got gs://bucket/data"),
]


@pytest.mark.parametrize(("spoil", "message"), REFUSED)
def test_a_spoilt_package_is_refused(
    spoil: Callable[[Document], None], message: str, good: Document, cluster: Cluster, tmp_path: Path
) -> None:
    document = copy.deepcopy(good)
    spoil(document)
    with pytest.raises(RefusedError, match=re.escape(message)):
        cluster.run(yaml.safe_dump(document), pipeline_root=ROOT)
    assert not list(tmp_path.glob("cluster/runs/*/Behind*")), "no container was started"


@pytest.mark.parametrize(
    ("root", "message"),
    [
        ("/mnt/root", 'parse bucket config failed: unrecognized pipeline root format: "/mnt/root"'),
        ("hdfs://bucket/root", 'parse bucket config failed: unsupported Cloud bucket: "hdfs://bucket/root"'),
    ],
)
def test_the_root_must_be_in_an_object_store(
    root: str, message: str, good: Document, cluster: Cluster
) -> None:
    with pytest.raises(RefusedError, match=re.escape(message)):
        cluster.run(yaml.safe_dump(good), pipeline_root=root)


def test_a_parameter_that_the_pipeline_does_not_have_is_refused(good: Document, cluster: Cluster) -> None:
    with pytest.raises(RefusedError, match="parameter rate provided is not required by pipeline"):
        cluster.run(yaml.safe_dump(good), pipeline_root=ROOT, parameters={"rate": 0.5})


def test_a_claim_that_is_not_there_keeps_the_task_from_starting(good: Document, cluster: Cluster) -> None:
    mounts = {"Behind_executor": {"pvcMount": [{"constant": "models", "mountPath": "/srv/models"}]}}
    platform = {"platforms": {"kubernetes": {"deploymentSpec": {"executors": mounts}}}}
    with pytest.raises(TaskFailedError, match='task Behind persistentvolumeclaim "models" not found'):
        cluster.run(yaml.safe_dump_all([good, platform]), pipeline_root=ROOT)


@pytest.mark.parametrize("text", [json.dumps({"pipelineSpec": {}, "runtimeConfig": {}}), "", "[]"])
def test_what_holds_no_pipeline_spec_is_refused(text: str) -> None:
    with pytest.raises(RefusedError, match="no pipeline spec is provided"):
        read_spec(text)


def test_a_driver_hook_is_ignored(good: Document) -> None:
    document = copy.deepcopy(good)
    hook = {"preCacheCheck": {"command": ["python", "-m", "driver"]}}
    document["deploymentSpec"]["executors"]["Behind_executor"]["container"]["lifecycle"] = hook
    assert read_spec(yaml.safe_dump(document)).tasks == read_spec(yaml.safe_dump(good)).tasks


def test_a_loop_is_not_played(good: Document) -> None:
    document = copy.deepcopy(good)
    behind(document)["parameterIterator"] = {"items": {"raw": "[1]"}, "itemInput": "item"}
    with pytest.raises(NotPlayedError, match="a loop: Behind"):
        read_spec(yaml.safe_dump(document))


# What TFX itself compiles, and the backend then refuses.


def test_tfx_a_resolver(tmp_path: Path) -> None:
    resolver = tfx.dsl.Resolver(
        strategy_class=tfx.dsl.experimental.LatestArtifactStrategy,
        data=tfx.dsl.Channel(type=tfx.types.standard_artifacts.Examples),
    ).with_id("Latest")
    package = compiled(tmp_path, resolver, probes.Behind(data=resolver.outputs["data"]))
    with pytest.raises(RefusedError, match=r'label="Latest_executor".*executor not implemented'):
        read_spec(package)


def test_tfx_the_older_schema_that_it_compiles_by_default(tmp_path: Path) -> None:
    package = compiled(tmp_path, probes.Number(), pipeline_spec_2_1=False)
    with pytest.raises(RefusedError, match=r"only supports schema version 2\.1\.0"):
        read_spec(package)


def test_tfx_a_value_of_another_task_as_a_parameter(tmp_path: Path) -> None:
    number = probes.Number()
    path = probes.Looks(path=number.outputs["number"].future()[0].value)
    with pytest.raises(RefusedError, match='unknown producer task "Number_task" in DAG'):
        read_spec(compiled(tmp_path, number, path))


def test_tfx_a_runtime_parameter_loses_its_default(tmp_path: Path, cluster: Cluster) -> None:
    rate = tfx.dsl.experimental.RuntimeParameter(name="path", ptype=str, default="/srv/models")
    with pytest.raises(RefusedError, match="parameter path is not optional"):
        cluster.run(compiled(tmp_path, probes.Looks(path=rate)), pipeline_root=ROOT)


def test_tfx_a_condition_on_what_the_task_has_as_an_input(tmp_path: Path, cluster: Cluster) -> None:
    data = imported(rows=5)
    with tfx.dsl.Cond(data.outputs["result"].future()[0].custom_property("rows") == 5):
        behind_data = probes.Behind(data=data.outputs["result"])
    with pytest.raises(RefusedError, match="evaluation error"):
        cluster.run(compiled(tmp_path, data, behind_data), pipeline_root=ROOT)
