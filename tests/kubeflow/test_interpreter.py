"""Small TFX pipelines, compiled by TFX and run as containers: what reaches a component, and what comes of it."""

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from tfx import v1 as tfx

from tests.kubeflow import probes
from tests.kubeflow.compiled import compiled, imported
from tests.kubeflow.interpreter.cluster import Cluster
from tests.kubeflow.interpreter.errors import TaskFailedError
from tests.kubeflow.interpreter.run import Run

CLAIM = "models"
PLATFORM = {
    "platforms": {
        "kubernetes": {
            "deploymentSpec": {
                "executors": {
                    "Mounted_executor": {"pvcMount": [{"constant": CLAIM, "mountPath": "/srv/models"}]}
                }
            }
        }
    }
}


@dataclasses.dataclass
class Probed:
    """A cluster where one package was run twice."""

    folder: Path
    runs: list[Run]

    def report(self, task: str, number: int = 0) -> Any:
        """Gives what a task of a run has reported."""
        [artifact] = self.runs[number].outputs[task].artifacts.values()
        assert artifact.uri.startswith("gs://bucket/artifacts/")
        folder = artifact.uri.replace("gs://bucket", str(self.folder / "bucket"))
        return json.loads(Path(folder, "report.json").read_text())


@pytest.fixture(scope="module")
def probed(tmp_path_factory: pytest.TempPathFactory) -> Probed:
    folder = tmp_path_factory.mktemp("probed")
    number, data = probes.Number(), imported(rows=5)
    parameters = probes.Parameters(
        count=number.outputs["number"].future()[0].value,
        big=2**60 + 1,
        ratio=2.0,
        flag=True,
        items=[1, 2],
        table={"a": 1},
        run="{{$.pipeline_job_uuid}}",
        around="run {{$.pipeline_job_uuid}}",
    )
    artifacts = probes.Artifacts(made=parameters.outputs["report"], data=data.outputs["result"])
    count = parameters.outputs["report"].future()[0].custom_property("count")
    with tfx.dsl.Cond(count == 3):
        three = probes.Behind(data=data.outputs["result"]).with_id("WhenThree")
    with tfx.dsl.Cond(count == 4):
        four = probes.Behind(data=data.outputs["result"]).with_id("WhenFour")
    after_four = probes.Behind(data=four.outputs["report"]).with_id("AfterFour")
    mounted, unmounted = (probes.Looks(path="/srv/models").with_id(name) for name in ("Mounted", "Unmounted"))
    nodes = [number, data, parameters, artifacts, three, four, after_four, mounted, unmounted]
    package = compiled(folder, *nodes, enable_cache=True)
    # TFX names the producer of a parameter wrongly; test_refusals.py has what the backend says to that.
    package = package.replace("producerTask: Number_task", "producerTask: Number")
    package += "---\n" + yaml.safe_dump(PLATFORM)
    cluster = Cluster(
        folder / "cluster", buckets={"gs://bucket": folder / "bucket"}, claims={CLAIM: folder / "claim"}
    )
    return Probed(folder, [cluster.run(package, pipeline_root="gs://bucket/artifacts") for _ in range(2)])


def test_parameters_arrive_as_json_and_integers_through_a_double(probed: Probed) -> None:
    reported = probed.report("Parameters")
    # TFX declares what comes from another task as text, so the driver makes text of it.
    assert reported["count"] == ["str", "3"]
    assert reported["big"] == ["int", 2**60]
    assert reported["ratio"] == ["float", 2.0]
    assert reported["flag"] == ["int", 1]
    assert reported["items"] == ["str", "[1, 2]"]
    assert reported["table"] == ["str", '{"a": 1}']


def test_the_runs_id_replaces_a_parameter_that_is_nothing_but_its_placeholder(probed: Probed) -> None:
    reported = [probed.report("Parameters", number) for number in (0, 1)]
    assert [report["run"] for report in reported] == [["str", run.run_id] for run in probed.runs]
    assert reported[0]["around"] == ["str", "run {{$.pipeline_job_uuid}}"]


def test_properties_arrive_as_custom_ones_in_json(probed: Probed) -> None:
    reported = probed.report("Artifacts")
    assert reported["kinds"] == ["struct_value"]
    assert (reported["count"], reported["big"], reported["ratio"]) == (3, 2**60, 2.0)
    assert reported["text"] == "some text"
    # ML Metadata has no lists or bare objects: the driver wraps them.
    assert reported["items"] == {"list": [1.0, 2.0]}
    assert reported["table"] == {"struct": {"a": 1.0}}


def test_an_artifact_is_known_by_a_hash_of_its_name_on_record(probed: Probed) -> None:
    artifact = probed.runs[0].outputs["Parameters"].artifacts["report"]
    digest = int(hashlib.sha256(artifact.name.encode()).hexdigest(), 16)
    assert probed.report("Artifacts")["id"] == digest % 2**63
    names = [
        made.name
        for run in probed.runs
        for outputs in run.outputs.values()
        for made in outputs.artifacts.values()
    ]
    # What is imported or cached is the same artifact in both runs.
    assert len(set(names)) == len(names) - 4


def test_artifacts_lie_below_the_root_by_pipeline_run_and_task(probed: Probed) -> None:
    run = probed.runs[0]
    uri = run.outputs["Parameters"].artifacts["report"].uri
    assert uri.startswith(f"gs://bucket/artifacts/probes/{run.run_id}/Parameters/")
    assert uri.endswith("/report")
    # The container was given the folder that plays the bucket.
    assert probed.report("Artifacts")["uri"] == uri.replace("gs://bucket", str(probed.folder / "bucket"))


def test_an_importer_puts_an_artifact_on_record_once(probed: Probed) -> None:
    reported = probed.report("Artifacts")
    assert reported["data uri"] == str(probed.folder / "bucket" / "data")
    assert (reported["data span"], reported["data rows"]) == (4, 5)
    first, second = (run.outputs["Data"].artifacts["result"] for run in probed.runs)
    assert first == second


def test_a_condition_decides_and_what_depends_on_a_skipped_task_does_not_run(probed: Probed) -> None:
    states = probed.runs[0].states
    assert states["WhenThree"] == "succeeded"
    assert (states["WhenFour"], states["AfterFour"]) == ("skipped", "omitted")


def test_what_has_the_same_inputs_is_not_run_again(probed: Probed) -> None:
    first, second = probed.runs
    assert "cached" not in first.states.values()
    assert {task for task, state in second.states.items() if state == "cached"} == {
        "Number", "Mounted", "Unmounted",
    }  # fmt: skip
    # Its parameter is the run's id; the others have its output as an input.
    anew = ("Parameters", "Artifacts", "WhenThree")
    assert [second.states[task] for task in anew] == ["succeeded"] * 3
    assert first.outputs["Mounted"] == second.outputs["Mounted"]


def test_a_claim_is_seen_by_those_that_mount_it(probed: Probed) -> None:
    assert probed.report("Mounted") == []
    assert [file.name for file in (probed.folder / "claim").iterdir()] == ["left"]


def test_without_the_mount_there_is_nothing_and_what_is_written_there_is_lost(probed: Probed) -> None:
    assert probed.report("Unmounted") == "nothing"
    assert (probed.runs[0].folder / "Unmounted" / "unmounted" / "srv" / "models" / "left").exists()
    # Either says what it would say on a cluster.
    for task in ("Mounted", "Unmounted"):
        [artifact] = probed.runs[0].outputs[task].artifacts.values()
        assert artifact.metadata["left"] == "/srv/models/left"


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    return Cluster(tmp_path / "cluster", buckets={"gs://bucket": tmp_path / "bucket"})


def test_a_bool_property_fails_the_task_and_nothing_runs_after_it(cluster: Cluster, tmp_path: Path) -> None:
    flag = probes.BoolProperty()
    behind = probes.Behind(data=flag.outputs["report"])
    with pytest.raises(TaskFailedError, match=r"task BoolProperty ended with status 1; .*") as caught:
        cluster.run(compiled(tmp_path, flag, behind), pipeline_root="gs://bucket/artifacts")
    assert "TypeError: Get unknown type of value: bool_value: true" in caught.value.log
    assert [folder.name for folder in tmp_path.glob("cluster/runs/*/*")] == ["BoolProperty"]


def test_with_no_root_given_artifacts_go_where_tfx_cannot_write(cluster: Cluster, tmp_path: Path) -> None:
    number = probes.Number()
    with pytest.raises(TaskFailedError, match=r"File system scheme 'minio' not implemented"):
        cluster.run(compiled(tmp_path, number))
