"""Pipelines compiled for real: what comes out is what the backends take, and faults are found before a file is."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.protobuf import json_format
from kfp import components
from kfp.pipeline_spec import pipeline_spec_pb2
from tfx import v1 as tfx
from tfx.orchestration.data_types import RuntimeParameter
from tfx.types import standard_artifacts

from pipeline import kubeflow_runner
from tests.kfp_lint import pipelines
from tests.kfp_lint.conftest import SPECS
from tfx_hallmark.baseline.component import StableBaseline
from tfx_hallmark.kfp_lint.document import SpecFile, read_spec
from tfx_hallmark.kfp_lint.rules import lint
from tfx_hallmark.orchestration.kubeflow import CompiledSpec, compile_for_kubeflow, compile_for_vertex
from tfx_hallmark.pusher.component import RegistryPusher
from tfx_hallmark.registry.errors import ConfigError, StorageError
from tfx_hallmark.tagger.training_code import code_in, file_digest

ROOT = Path(__file__).parents[2]
REGISTRY_NODES = ("VersionTagger", "StableBaseline", "RegistryPusher")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What configs/kubeflow.yaml and configs/vertex.yaml ask for."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("HALLMARK_IMAGE", "example.test/penguin:1")
    monkeypatch.setenv("HALLMARK_BUCKET", "bucket")


@pytest.fixture
def compile_penguin(tmp_path: Path) -> Callable[..., list[dict[str, Any]]]:
    """Compiles the reference pipeline by the command line and gives the documents of the file."""

    def compiled(
        *settings: str, config: str = "configs/kubeflow.yaml", out: str = "penguin.yaml"
    ) -> list[dict[str, Any]]:
        overrides = [argument for setting in settings for argument in ("--set", setting)]
        path = tmp_path / out
        assert kubeflow_runner.main(["--config", config, "--out", str(path), *overrides]) == 0
        return list(yaml.safe_load_all(path.read_text(encoding="utf-8")))

    return compiled


def of_kubeflow(pipeline: tfx.dsl.Pipeline, **options: Any) -> list[dict[str, Any]]:
    """Compiles any pipeline and gives the documents."""
    options = {"image": pipelines.IMAGE, "source_root": ROOT, "registry_claim": pipelines.CLAIM} | options
    return list(yaml.safe_load_all(compile_for_kubeflow(pipeline, **options).text))


def of_one(component: Any, **options: Any) -> tfx.dsl.Pipeline:
    """Makes a pipeline of one component."""
    options = {"pipeline_name": "one", "pipeline_root": "gs://bucket/artifacts"} | options
    return tfx.dsl.Pipeline(components=[component], **options)


def tasks(spec: dict[str, Any]) -> dict[str, Any]:
    return spec["root"]["dag"]["tasks"]


def parameter(spec: dict[str, Any], node: str, name: str) -> Any:
    return tasks(spec)[node]["inputs"]["parameters"][name]["runtimeValue"]["constant"]


# The reference pipeline


def test_the_penguin_pipeline_for_kubeflow(compile_penguin: Callable[..., Any]) -> None:
    spec, platform = compile_penguin("pipeline.enable_cache=true")

    assert lint(read_spec([spec, platform]), "oss")[0].rule == "unseen-data"
    assert "error" not in {found.severity for found in lint(read_spec([spec, platform]), "oss")}
    assert (spec["schemaVersion"], spec["defaultPipelineRoot"]) == ("2.1.0", "gs://bucket/penguin")
    cached = {name for name, task in tasks(spec).items() if task.get("cachingOptions", {}).get("enableCache")}
    assert set(tasks(spec)) - cached == {"StableBaseline", "RegistryPusher"}
    assert parameter(spec, "VersionTagger", "pipeline_run_id") == "{{$.pipeline_job_uuid}}"
    assert parameter(spec, "RegistryPusher", "pipeline_run_id") == "{{$.pipeline_job_uuid}}"
    executors = spec["deploymentSpec"]["executors"].values()
    assert {executor["container"]["image"] for executor in executors} == {"example.test/penguin:1"}
    assert [executor for executor in executors if "lifecycle" in executor["container"]] == []


def test_the_registry_is_mounted_where_it_is_used(compile_penguin: Callable[..., Any]) -> None:
    _, platform = compile_penguin("registry.root=/mnt/registry", "runner.registry_claim=claim-7")

    executors = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    mount = {"pvcMount": [{"constant": "claim-7", "mountPath": "/mnt/registry"}]}
    assert executors == {f"{node}_executor": mount for node in REGISTRY_NODES}


def test_code_is_named_by_where_it_is_in_the_image(compile_penguin: Callable[..., Any]) -> None:
    """TFX would pack it into a wheel in the bucket, which there is none of here."""
    spec, _ = compile_penguin()

    for node in ("Transform", "Trainer"):
        assert parameter(spec, node, "module_file") == "pipeline/modules/penguin.py"
        assert "module_path" not in tasks(spec)[node]["inputs"]["parameters"]


def test_the_tagger_is_handed_the_code_itself(compile_penguin: Callable[..., Any]) -> None:
    """The image may hold another state of the module by the time that the pipeline runs."""
    spec, _ = compile_penguin()

    given = tasks(spec)["VersionTagger"]["inputs"]["parameters"]
    assert {"module_file", "module_path"}.isdisjoint(given)
    module = ROOT / "pipeline/modules/penguin.py"
    training = json.loads(parameter(spec, "VersionTagger", "training"))
    assert training["module"] == "pipeline/modules/penguin.py"
    assert training["module_digest"] == file_digest(module)
    code = code_in({name: parameter(spec, "VersionTagger", name) for name in given})
    assert code.sources["penguin.py"] == module.read_text(encoding="utf-8")


def test_the_tagger_reads_what_the_trainer_read(compile_penguin: Callable[..., Any]) -> None:
    spec, _ = compile_penguin()

    def sources(node: str) -> dict[str, tuple[str, str]]:
        inputs = tasks(spec)[node]["inputs"]["artifacts"]
        outputs = {name: given["taskOutputArtifact"] for name, given in inputs.items()}
        return {name: (given["producerTask"], given["outputArtifactKey"]) for name, given in outputs.items()}

    trainer, tagger = sources("Trainer"), sources("VersionTagger")
    assert tagger["model"] == ("Trainer", "model")
    assert tagger["examples"] == ("CsvExampleGen", "examples")
    assert tagger["trained_on"] == trainer["examples"] == ("Transform", "transformed_examples")
    assert {name: tagger[name] for name in trainer if name != "examples"} == {
        name: trainer[name] for name in trainer if name != "examples"
    }
    assert isinstance(parameter(spec, "VersionTagger", "golden_examples"), (int, float))


def test_kfps_own_sdk_reads_both_documents(compile_penguin: Callable[..., Any], tmp_path: Path) -> None:
    compile_penguin()

    component = components.load_component_from_file(str(tmp_path / "penguin.yaml"))

    assert component.pipeline_spec.pipeline_info.name == "penguin"
    assert component.pipeline_spec.default_pipeline_root == "gs://bucket/penguin"
    executors = component.platform_spec.platforms["kubernetes"].deployment_spec.executors
    assert sorted(executors) == sorted(f"{node}_executor" for node in REGISTRY_NODES)
    assert (
        json_format.MessageToDict(executors["RegistryPusher_executor"])["pvcMount"][0]["mountPath"]
        == "/srv/models"
    )


def test_the_same_text_every_time(compile_penguin: Callable[..., Any], tmp_path: Path) -> None:
    compile_penguin(out="a.yaml")
    compile_penguin(out="b.yaml")

    assert (tmp_path / "a.yaml").read_bytes() == (tmp_path / "b.yaml").read_bytes()


def test_the_penguin_pipeline_for_vertex(
    compile_penguin: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    [job] = compile_penguin("pipeline.enable_cache=true", config="configs/vertex.yaml", out="penguin.json")

    json_format.ParseDict(job, pipeline_spec_pb2.PipelineJob())
    assert job["runtimeConfig"]["gcsOutputDirectory"] == "gs://bucket/penguin"
    spec = job["pipelineSpec"]
    assert "cachingOptions" in tasks(spec)["Trainer"]
    assert "cachingOptions" not in tasks(spec)["RegistryPusher"]
    assert (
        "preCacheCheck"
        in spec["deploymentSpec"]["executors"]["CsvExampleGen_executor"]["container"]["lifecycle"]
    )
    assert parameter(spec, "VersionTagger", "registry_root") == "gs://bucket/models"
    assert capsys.readouterr().err == ""


def test_a_registry_on_a_file_system_is_warned_of_for_vertex(
    compile_penguin: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    compile_penguin("registry.root=/mnt/models", config="configs/vertex.yaml", out="penguin.json")

    assert "nothing in a spec for Vertex mounts one" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (
            ["--config", "configs/local.yaml"],
            "runner.kind: local compiles to no file; use kubeflow or vertex",
        ),
        (["--config", "configs/vertex.yaml"], "must end with .json"),
        (
            ["--config", "configs/kubeflow.yaml", "--set", "pipeline.name=My_p"],
            "pipeline 'My_p': on Kubeflow",
        ),
    ],
)
def test_wrong_settings_leave_no_file(
    arguments: list[str], complaint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert kubeflow_runner.main([*arguments, "--out", str(tmp_path / "p.yaml")]) == 2

    error = capsys.readouterr().err
    assert complaint in error
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


# Any pipeline


def test_components_are_known_whatever_their_ids_and_subclasses() -> None:
    class OwnBaseline(StableBaseline):
        pass

    class OwnPusher(RegistryPusher):
        pass

    pipeline = pipelines.gated_pipeline(components=(OwnBaseline, OwnPusher), ids="own")
    pipeline.enable_cache = True

    spec, platform = of_kubeflow(pipeline)

    assert "cachingOptions" in tasks(spec)["VersionTagger"]
    assert "cachingOptions" not in tasks(spec)["own-baseline"]
    assert "cachingOptions" not in tasks(spec)["own-pusher"]
    executors = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    assert sorted(executors) == ["VersionTagger_executor", "own-baseline_executor", "own-pusher_executor"]


def test_a_registry_without_a_claim_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"runs \w+ without a volume.*\(and 2 more\)"):
        of_kubeflow(pipelines.gated_pipeline(), registry_claim=None)


def test_a_pipeline_without_a_registry_needs_no_claim() -> None:
    [spec] = of_kubeflow(of_one(tfx.components.CsvExampleGen(input_base="gs://bucket/data")))

    assert list(tasks(spec)) == ["CsvExampleGen"]


@pytest.mark.parametrize(
    ("pipeline", "complaint"),
    [
        (
            lambda: pipelines.gated_pipeline(root="/home/me/out"),
            r"defaultPipelineRoot: is '/home/me/out'.*local-root",
        ),
        (
            lambda: pipelines.gated_pipeline(root="minio://b/x"),
            r"defaultPipelineRoot: is 'minio://b/x'.*minio-root",
        ),
        (
            lambda: pipelines.gated_pipeline(ids="own.one"),
            r"own\.one-baseline.*with_id\('own-one-baseline'\).*argo-name",
        ),
        (
            lambda: of_one(
                tfx.dsl.Resolver(
                    strategy_class=tfx.dsl.experimental.LatestArtifactStrategy,
                    model=tfx.dsl.Channel(type=standard_artifacts.Model),
                ).with_id("latest")
            ),
            r"root\.dag\.tasks\.latest: is a resolver.*\[resolver\]",
        ),
        (
            lambda: of_one(
                tfx.components.CsvExampleGen(
                    input_base="gs://bucket/data",
                    input_config=tfx.proto.Input(
                        splits=[tfx.proto.Input.Split(name="rows", pattern="span-{SPAN}/*")]
                    ),
                )
            ),
            r"input_config: holds \{SPAN\}.*\[span\]",
        ),
        (
            lambda: of_one(tfx.components.CsvExampleGen(input_base=RuntimeParameter("data", str))),
            "parameter-value",
        ),
    ],
    ids=["local", "minio", "dot", "resolver", "span", "parameter"],
)
def test_what_the_backend_refuses_is_refused_here(
    pipeline: Callable[[], tfx.dsl.Pipeline], complaint: str
) -> None:
    with pytest.raises(ConfigError, match=complaint) as refusal:
        of_kubeflow(pipeline())

    assert "\n" not in str(refusal.value)


def test_what_tfx_cannot_compile_is_one_line() -> None:
    class OwnStrategy(tfx.dsl.experimental.LatestArtifactStrategy):
        pass

    resolver = tfx.dsl.Resolver(
        strategy_class=OwnStrategy, model=tfx.dsl.Channel(type=standard_artifacts.Model)
    )

    with pytest.raises(
        ConfigError, match="TFX cannot compile pipeline 'one' for Kubeflow: Unexpected resolver"
    ):
        of_kubeflow(of_one(resolver))


def test_a_bool_parameter_is_warned_of() -> None:
    switch = pipelines.Switch(dry_run=True, attempts=3, build=7)

    compiled = compile_for_kubeflow(of_one(switch), image=pipelines.IMAGE, source_root=ROOT)

    assert [(found.rule, found.where) for found in compiled.warnings] == [
        ("bool-parameter", "root.dag.tasks.Switch.inputs.parameters.dry_run")
    ]


def test_runtime_parameters_have_their_values() -> None:
    data = RuntimeParameter("data", str, default="gs://bucket/data")

    def compiled(**options: Any) -> Any:
        [spec] = of_kubeflow(of_one(tfx.components.CsvExampleGen(input_base=data)), **options)
        return spec["root"]["inputDefinitions"]["parameters"]

    assert compiled() == {"data": {"parameterType": "STRING", "defaultValue": "gs://bucket/data"}}
    assert compiled(parameters={"data": "gs://other"})["data"]["defaultValue"] == "gs://other"
    with pytest.raises(ConfigError, match="no RuntimeParameter 'dta'; it has data"):
        compiled(parameters={"dta": "gs://other"})


def test_runtime_parameters_have_their_values_on_vertex() -> None:
    data = RuntimeParameter("data", str, default="gs://bucket/data")
    pipeline = of_one(tfx.components.CsvExampleGen(input_base=data))

    compiled = compile_for_vertex(pipeline, image=pipelines.IMAGE, source_root=ROOT)

    assert json.loads(compiled.text)["runtimeConfig"]["parameterValues"] == {"data": "gs://bucket/data"}


@pytest.mark.parametrize(("ptype", "value"), [(str, 7), (int, "7"), (int, 7.5), (int, True)])
def test_values_of_another_type_are_refused(ptype: type, value: Any) -> None:
    given = RuntimeParameter("given", ptype)
    component = (
        tfx.components.CsvExampleGen(input_base=given)
        if ptype is str
        else pipelines.Switch(dry_run=False, attempts=given, build=1)
    )

    with pytest.raises(
        ConfigError, match=r"RuntimeParameter 'given' is (STRING|NUMBER_INTEGER), and .* is not"
    ):
        of_kubeflow(of_one(component), parameters={"given": value})


def with_module(module_file: str) -> tfx.dsl.Pipeline:
    """A pipeline with a Trainer that has a module file."""
    example_gen = tfx.components.CsvExampleGen(input_base="gs://bucket/data")
    trainer = tfx.components.Trainer(examples=example_gen.outputs["examples"], module_file=module_file)
    return tfx.dsl.Pipeline("one", "gs://bucket/artifacts", components=[example_gen, trainer])


def test_module_files_outside_of_the_image_are_refused(tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    module = tmp_path / "model.py"
    module.write_text("")

    with pytest.raises(
        ConfigError, match=r"Trainer: module file .*model\.py is outside of .*code, so the image"
    ):
        of_kubeflow(with_module(str(module)), source_root=tmp_path / "code")
    module.unlink()
    with pytest.raises(ConfigError, match=r"Trainer: module file .*model\.py is not there"):
        of_kubeflow(with_module(str(module)), source_root=tmp_path)


def test_the_pipeline_itself_is_left_as_it_was(tmp_path: Path) -> None:
    """So that the same object can run locally after it was compiled."""
    module = tmp_path / "model.py"
    module.write_text("")
    pipeline = with_module(str(module))
    component = pipeline.components[1]
    before = (dict(component.spec.exec_properties), list(component._pip_dependencies))
    assert before[1]

    [spec] = of_kubeflow(pipeline, source_root=tmp_path)

    assert parameter(spec, "Trainer", "module_file") == "model.py"
    assert (dict(component.spec.exec_properties), component._pip_dependencies) == before


# YAML 1.2, core schema: what a plain scalar may be other than text. PyYAML reads and writes 1.1.
NOT_TEXT = re.compile(
    r"null|Null|NULL|~|true|True|TRUE|false|False|FALSE|[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"
    r"|[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?(\.inf|\.Inf|\.INF)|\.nan|\.NaN|\.NAN|"
)


@pytest.mark.parametrize(
    "text", ["1e-5", "0o17", "0x1F", "17", "1_000", "~", "null", "true", "no", ".inf", "12:30", ""]
)
def test_text_stays_text_for_a_reader_of_yaml_1_2(text: str) -> None:
    """The backend reads YAML 1.2, where an unquoted 1e-5 is a number, which it refuses for a STRING."""
    example_gen = tfx.components.CsvExampleGen(input_base=text)

    yaml_text = compile_for_kubeflow(of_one(example_gen), image=pipelines.IMAGE, source_root=ROOT).text

    node = yaml.compose(yaml_text)
    for key in (
        "root",
        "dag",
        "tasks",
        "CsvExampleGen",
        "inputs",
        "parameters",
        "input_base",
        "runtimeValue",
        "constant",
    ):
        [node] = [value for name, value in node.value if name.value == key]
    assert node.value == text
    assert node.style is not None or not NOT_TEXT.fullmatch(text)


def test_a_file_is_replaced_in_one_step(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text("old")
    (tmp_path / "folder").mkdir()
    compiled = CompiledSpec("new", ())

    compiled.write(path)
    with pytest.raises(StorageError, match="writing"):
        compiled.write(tmp_path / "folder")

    assert path.read_text() == "new"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["folder", "p.yaml"]


# The stored specs that the fast tests of the lint use


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The specs, compiled anew."""
    folder = tmp_path_factory.mktemp("specs")
    pipelines.write_specs(folder)
    return folder


@pytest.mark.parametrize("name", ["stock-2.0.json", "stock-2.1.yaml"])
def test_stored_specs_are_what_tfx_writes(name: str, written: Path) -> None:
    def comparable(folder: Path) -> Any:
        spec = SpecFile(folder / name).spec
        return {**spec.pipeline, "sdkVersion": None}, spec.runtime

    assert comparable(written) == comparable(SPECS)


def test_the_stored_spec_without_faults_is_like_what_is_compiled(written: Path) -> None:
    def comparable(folder: Path) -> Any:
        spec = SpecFile(folder / "gated.yaml").spec
        return {task.name: (task.executor_class, task.caches) for task in spec.tasks()}, spec.platform

    assert comparable(written) == comparable(SPECS)
    assert lint(SpecFile(written / "gated.yaml").spec, "oss") == []
