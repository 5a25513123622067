"""The pipelines of docs/adopting.md: as TFX's tutorials have them, then with hallmark, on each runner."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ml_metadata.metadata_store import metadata_store
from tfx import v1 as tfx
from tfx.dsl.component.experimental.annotations import InputArtifact, OutputArtifact
from tfx.dsl.component.experimental.decorators import component
from tfx.types import standard_artifacts

from tests.markdown import applied, blocks, scripts
from tfx_hallmark import Registry
from tfx_hallmark.orchestration.compiled import read_compiled

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "adopting.md"
SCRIPTS = scripts(PAGE)
NODES = {
    "CsvExampleGen", "StatisticsGen", "SchemaGen", "Transform", "Trainer",
    "VersionTagger", "StableBaseline", "BaselineEvaluator", "RegistryPusher",
}  # fmt: skip


class Reader:
    """Somebody who follows the page in a folder.

    Args:
        folder: With nothing in it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            **os.environ,
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "PYTHONPATH": str(ROOT / "components"),
            "SERVING_DIR": str(folder / "serving" / "penguin"),
            "REGISTRY_ROOT": str(folder / "registry"),
            "SHARED": str(folder / "shared"),
            "AIRFLOW_HOME": str(folder / "airflow"),
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        }
        for name in ("modules", "data", "shared"):
            (folder / name).mkdir()
        shutil.copy(ROOT / "pipeline/modules/penguin.py", folder / "modules")
        shutil.copy(ROOT / "pipeline/data/penguins.csv", folder / "data")
        for name, code in SCRIPTS.items():
            (folder / name).write_text(code)

    def change_the_pipeline(self) -> None:
        [diff] = blocks(PAGE, "diff")
        (self.folder / "my_pipeline.py").write_text(applied(diff.code, SCRIPTS["my_pipeline.py"]))

    def types(self, commands: str, **environment: str) -> str:
        done = subprocess.run(
            ["bash", "-e", "-c", commands],
            cwd=self.folder,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-4000:]
        return done.stdout


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """One who has run the tutorial's pipeline once, followed the steps and run it again."""
    reader = Reader(tmp_path_factory.mktemp("adopting"))
    reader.types("python run_local.py 30")
    reader.change_the_pipeline()
    [served] = (reader.folder / "serving" / "penguin").iterdir()
    reader.said = reader.types(blocks(PAGE, "bash")[1].code, SERVED=str(served))
    return reader


@pytest.fixture(scope="module")
def model(reader: Reader) -> Any:
    return Registry.open(reader.folder / "registry").model("penguin")


def test_what_pusher_published_is_the_baseline_that_the_next_model_beats(reader, model):
    first, second = model.versions()
    assert (first.version, first.releases) == ("1.0.0", (1,))
    assert first.verdict.override
    assert (second.releases, second.verdict.outcome) == ((2,), "published")
    assert second.verdict.baseline.release == 1
    [compared] = [check for check in second.verdict.checks if check.rule == "change"]
    assert compared.candidate > compared.baseline > 0.6
    assert "published" in reader.said
    assert f"penguin@{second.version}" in reader.said or f"penguin {second.version}" in reader.said


def test_both_directories_are_as_tf_serving_wants_them(reader):
    [timestamp] = (reader.folder / "serving" / "penguin").iterdir()
    assert timestamp.name.isdigit()
    assert sorted(path.name for path in (reader.folder / "registry" / "penguin").iterdir()) == ["1", "2"]


@pytest.fixture(scope="module")
def store(reader: Reader) -> Any:
    """The ML Metadata of those two runs."""
    file = str(reader.folder / "metadata.sqlite")
    return metadata_store.MetadataStore(tfx.orchestration.metadata.sqlite_metadata_connection_config(file))


def test_pushed_models_of_both_kinds_say_the_same_things(store):
    old, new = (artifact.custom_properties for artifact in store.get_artifacts_by_type("PushedModel"))
    assert {name for name in old if "push" in name} == {name for name in new if "push" in name}
    assert {"pushed", "pushed_destination", "pushed_version"} <= set(old)
    assert (old["pushed"].int_value, new["pushed"].int_value) == (1, 1)
    assert new["pushed_version"].string_value == "2"
    assert {name for name in new if name.startswith("hallmark_")} == {
        "hallmark_model", "hallmark_version", "hallmark_digest",
        "hallmark_outcome", "hallmark_verdict", "hallmark_reasons", "hallmark_rollout",
    }  # fmt: skip


def test_pushers_own_directory_is_adopted_with_what_its_evaluation_measured(reader, tmp_path):
    """Moved elsewhere; at first without the evaluation, which is said and made good by adopting again."""
    base = shutil.copytree(reader.folder / "serving" / "penguin", tmp_path / "penguin")
    evaluations = reader.folder / "artifacts" / "Evaluator" / "evaluation"
    command = f"hallmark adopt {base} --metadata metadata.sqlite --json"
    hidden = evaluations.rename(evaluations.with_name("hidden"))
    try:
        without = json.loads(reader.types(command, HALLMARK_METADATA=""))
    finally:
        hidden.rename(evaluations)
    [release] = without["adopted"]
    number = release["number"]
    assert (release["version"], release["labels"], release["evidence"]) == ("1.0.0", ["stable"], False)
    assert (without["in_metadata"], list(without["unread"])) == ([number], [str(number)])
    assert str(evaluations) in without["unread"][str(number)]
    again, third = (json.loads(reader.types(command + more)) for more in (" 2>said", ""))
    for word in ("oneDNN", "tensorflow", "WARNING", "Traceback"):
        assert word not in (reader.folder / "said").read_text()
    assert (again["adopted"], again["evaluated"], again["unread"]) == ([], [number], {})
    assert [event["kind"] for event in again["events"]] == ["evaluated"]
    assert (third["events"], third["evaluated"]) == ([], [])
    adopted = Registry.open(tmp_path).model("penguin")
    source = adopted.version("stable").manifest.provenance
    assert (source.run.pipeline, source.data.span) == ("my-pipeline", "0")
    assert (source.train_args["num_steps"], source.hyperparameters["hidden_units"]) == (30, [8])
    evaluated = list(adopted.events())[-1]
    assert evaluated.data.summary.startswith("TFX's Evaluator blessed it in run ")
    first = Registry.open(reader.folder / "registry").model("penguin").versions()[0]
    assert adopted.version("stable").digest == first.digest
    told = json.loads(reader.types(f"hallmark history penguin --root {tmp_path} --json"))
    assert "sparse_categorical_accuracy" in json.dumps(told)
    assert adopted.verify() == ()


@component
def shown(
    model: InputArtifact[standard_artifacts.Model], uri: OutputArtifact[standard_artifacts.String]
) -> None:
    """Writes down which model it was given."""
    uri.value = model.uri


def test_a_warm_start_must_say_whose_model_it_means(reader, tmp_path):
    """The trap that the page warns of is there, and its way round it leads to Trainer's model."""
    defined: dict[str, Any] = {}
    exec(SCRIPTS["warm_start.py"], defined)
    careless = tfx.dsl.Resolver(
        strategy_class=tfx.dsl.experimental.LatestArtifactStrategy,
        model=tfx.dsl.Channel(type=standard_artifacts.Model),
    ).with_id("careless")
    file = str(shutil.copy(reader.folder / "metadata.sqlite", tmp_path))
    seen = [
        shown(model=resolver.outputs["model"]).with_id(f"shown_{resolver.id}")
        for resolver in (careless, defined["warm_start"])
    ]
    pipeline = tfx.dsl.Pipeline(
        pipeline_name="my-pipeline",
        pipeline_root=str(tmp_path / "artifacts"),
        metadata_connection_config=tfx.orchestration.metadata.sqlite_metadata_connection_config(file),
        components=[careless, defined["warm_start"], *seen],
    )
    tfx.orchestration.LocalDagRunner().run(pipeline)
    found = [
        next((tmp_path / "artifacts" / one.id / "uri").glob("*/value")).read_text().split("/")[-3:-1]
        for one in seen
    ]
    assert found == [["StableBaseline", "baseline"], ["Trainer", "model"]]


@pytest.fixture(scope="module")
def compiled(reader: Reader) -> dict[str, Any]:
    """What the scripts for the other runners make of the changed pipeline."""
    program = (
        "import json, airflow2_dag, compile_for_airflow3, compile_for_kubeflow, gate\n"
        "tasks = {task.task_id: task.retries for task in airflow2_dag.dag.tasks}\n"
        "print(json.dumps({'tasks': tasks, 'gate': len(gate.EVAL_CONFIG.slicing_specs)}))"
    )
    return json.loads(reader.types(f'python -c "{program}"').splitlines()[-1])


def test_airflow_2_has_a_task_per_component_that_may_be_retried(compiled):
    tasks = {name.rpartition(".")[2]: retries for name, retries in compiled["tasks"].items()}
    assert tasks == dict.fromkeys(NODES, 2)


def test_airflow_3_gets_a_compiled_pipeline(compiled, reader):
    found = read_compiled(reader.folder / "shared" / "my_pipeline.json")
    assert {node.id for node in found.nodes} == NODES


def test_kubeflow_and_vertex_get_specs_without_a_breach(compiled, reader):
    spec, mounts = yaml.safe_load_all((reader.folder / "my_pipeline.yaml").read_text())
    assert set(spec["root"]["dag"]["tasks"]) == NODES
    mounted = {
        mount["mountPath"]
        for executor in mounts["platforms"]["kubernetes"]["deploymentSpec"]["executors"].values()
        for mount in executor["pvcMount"]
    }
    assert mounted == {str(reader.folder / "registry")}
    job = json.loads((reader.folder / "my_pipeline.json").read_text())
    assert set(job["pipelineSpec"]["root"]["dag"]["tasks"]) == NODES


def test_the_gate_of_the_page_is_one_that_its_own_check_takes(compiled):
    assert compiled["gate"] == 2
