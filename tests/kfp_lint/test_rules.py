"""Each rule finds what it is for, says where it is, and finds nothing in a spec without faults."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.kfp_lint.conftest import SPECS
from tfx_hallmark.kfp_lint.document import SpecFile
from tfx_hallmark.kfp_lint.finding import Finding
from tfx_hallmark.kfp_lint.rules import RULES, lint

Documents = list[dict[str, Any]]


def test_a_spec_without_faults(gated: Documents, check: Callable[..., list[Finding]]) -> None:
    assert check(gated) == []


class Fault(NamedTuple):
    """One change that breaks one rule.

    Attributes:
        rule: The rule.
        make: Changes the documents in place, and may return others.
        where: The place that the finding names.
        says: Words that the problem or the remedy must hold.
    """

    rule: str
    make: Callable[[Documents], Documents | None]
    where: str
    says: tuple[str, ...]


def tasks(documents: Documents) -> dict[str, Any]:
    return documents[0]["root"]["dag"]["tasks"]


def container(documents: Documents, node: str) -> dict[str, Any]:
    return documents[0]["deploymentSpec"]["executors"][f"{node}_executor"]["container"]


def constant(value: Any) -> dict[str, Any]:
    return {"runtimeValue": {"constant": value}}


def parameters(documents: Documents, node: str) -> dict[str, Any]:
    return tasks(documents)[node]["inputs"].setdefault("parameters", {})


def rename(documents: Documents, old: str, new: str) -> None:
    tasks(documents)[new] = tasks(documents).pop(old)


def give(documents: Documents, node: str, name: str, kind: str, value: Any) -> None:
    """Adds a parameter to a component and gives it a value."""
    inputs = documents[0]["components"][node].setdefault("inputDefinitions", {})
    inputs.setdefault("parameters", {})[name] = {"parameterType": kind}
    parameters(documents, node)[name] = constant(value)


def set_root(root: str) -> Callable[[Documents], None]:
    return lambda documents: documents[0].update(defaultPipelineRoot=root)


def as_resolver(documents: Documents) -> None:
    queries = {"model": {"filter": 'schema_title="tfx.Model"'}}
    documents[0]["deploymentSpec"]["executors"]["StableBaseline_executor"] = {
        "resolver": {"outputArtifactQueries": queries}
    }


def title(text: str) -> Callable[[Documents], None]:
    schema = {"artifactType": {"instanceSchema": f"title: {text}\ntype: object\n"}}
    return lambda documents: documents[0]["components"]["Trainer"]["outputDefinitions"]["artifacts"].update(
        model=schema
    )


def with_option(**changes: Any) -> Callable[[Documents], None]:
    return lambda documents: documents[0].update(changes)


FAULTS = [
    Fault(
        "schema-version",
        with_option(schemaVersion="2.0.0"),
        "schemaVersion",
        ("'2.0.0'", "use_pipeline_spec_2_1"),
    ),
    Fault(
        "pipeline-job",
        lambda docs: [{"pipelineSpec": docs[0], "runtimeConfig": {}}, docs[1]],
        "pipelineSpec",
        ("PipelineJob", ".yaml"),
    ),
    Fault(
        "pipeline-name", with_option(pipelineInfo={"name": "My_p"}), "pipelineInfo.name", ("'My_p'", "rename")
    ),
    Fault("local-root", set_root("/home/me/out"), "defaultPipelineRoot", ("/home/me/out", "gs://")),
    Fault("minio-root", set_root("minio://mlpipeline/v2"), "defaultPipelineRoot", ("TFX", "gs://")),
    Fault("s3-root", set_root("s3://bucket/x"), "defaultPipelineRoot", ("tensorflow-io",)),
    Fault(
        "default-root",
        lambda docs: docs[0].pop("defaultPipelineRoot") and None,
        "defaultPipelineRoot",
        ("cluster",),
    ),
    Fault(
        "parameter-value",
        lambda docs: docs[0]["root"].update(
            inputDefinitions={"parameters": {"n": {"parameterType": "STRING"}}}
        ),
        "root.inputDefinitions.parameters.n",
        ("refused", "defaultValue"),
    ),
    Fault(
        "resolver",
        as_resolver,
        "root.dag.tasks.StableBaseline",
        ("StableBaseline_executor", "StableBaseline"),
    ),
    Fault(
        "argo-name",
        lambda docs: rename(docs, "Trainer", "my.train_1"),
        "root.dag.tasks['my.train_1']",
        ("'.', '_'", ".with_id('my-train-1')"),
    ),
    Fault("argo-name", lambda docs: rename(docs, "Trainer", "-x"), "root.dag.tasks.-x", (".with_id('x')",)),
    Fault(
        "argo-name",
        lambda docs: rename(docs, "Trainer", "a" * 122),
        f"root.dag.tasks.{'a' * 122}",
        ("122", "121"),
    ),
    Fault(
        "span",
        lambda docs: give(docs, "CsvExampleGen", "input_config", "STRING", '{"pattern": "d-{YYYY}-{MM}/*"}'),
        "root.dag.tasks.CsvExampleGen.inputs.parameters.input_config",
        ("{YYYY}", "driver"),
    ),
    Fault(
        "span",
        lambda docs: give(docs, "CsvExampleGen", "range_config", "STRING", "{}"),
        "root.dag.tasks.CsvExampleGen.inputs.parameters.range_config",
        ("driver", "input_base"),
    ),
    Fault(
        "driver",
        lambda docs: container(docs, "CsvExampleGen").update(lifecycle={"preCacheCheck": {"command": ["x"]}}),
        "deploymentSpec.executors.CsvExampleGen_executor.container.lifecycle",
        ("CsvExampleGen", "ignored"),
    ),
    Fault(
        "unseen-data",
        lambda docs: tasks(docs)["CsvExampleGen"].update(cachingOptions={"enableCache": True}),
        "root.dag.tasks.CsvExampleGen.cachingOptions",
        ("new files",),
    ),
    Fault(
        "mutable-image",
        lambda docs: (
            tasks(docs)["Trainer"].update(cachingOptions={"enableCache": True})
            or container(docs, "Trainer").update(image="host:5000/team/image")
        ),
        "deploymentSpec.executors.Trainer_executor.container.image",
        ("host:5000/team/image", "tag"),
    ),
    Fault(
        "platform-executor",
        lambda docs: docs[1]["platforms"]["kubernetes"]["deploymentSpec"]["executors"].update(
            Ghost_executor={}
        ),
        "platforms.kubernetes.deploymentSpec.executors.Ghost_executor",
        ("no executor",),
    ),
    Fault(
        "main-module",
        lambda docs: container(docs, "Trainer").update(args=["--executor_class_path=__main__.Executor"]),
        "deploymentSpec.executors.Trainer_executor.container.args",
        ("'__main__.Executor'", "module"),
    ),
    *(
        Fault(
            "artifact-type",
            title(text),
            "components.Trainer.outputDefinitions.artifacts.model.artifactType.instanceSchema",
            (text, "TYPE_NAME"),
        )
        for text in (
            "ModelCard",
            "tfx.ModelCard",
            "my-pkg.ModelCard",
            "tfx_addons.components.ModelCard",
            "ab.Card",
        )
    ),
    Fault(
        "bool-property",
        lambda docs: docs[0]["components"]["Trainer"]["outputDefinitions"]["artifacts"]["model"].update(
            metadata={"ok": True}
        ),
        "components.Trainer.outputDefinitions.artifacts.model.metadata.ok",
        ("bool", "int or a str"),
    ),
    Fault(
        "bool-parameter",
        lambda docs: give(docs, "StableBaseline", "dry_run", "NUMBER_INTEGER", 1.0),
        "root.dag.tasks.StableBaseline.inputs.parameters.dry_run",
        ("is 1", "bool", "int or str"),
    ),
    Fault(
        "big-integer",
        lambda docs: give(docs, "Trainer", "build", "NUMBER_INTEGER", 2.0**60),
        "root.dag.tasks.Trainer.inputs.parameters.build",
        ("1152921504606846976", "str"),
    ),
    Fault(
        "big-integer",
        lambda docs: docs[0]["root"].update(
            inputDefinitions={
                "parameters": {"n": {"parameterType": "NUMBER_INTEGER", "defaultValue": -(2.0**53)}}
            }
        ),
        "root.inputDefinitions.parameters.n.defaultValue",
        ("-9007199254740992",),
    ),
    *(
        Fault(
            "cached-registry",
            lambda docs, node=node: tasks(docs)[node].update(cachingOptions={"enableCache": True}),
            f"root.dag.tasks.{node}.cachingOptions",
            (node, "turn it off"),
        )
        for node in ("StableBaseline", "RegistryPusher")
    ),
    *(
        Fault(
            "registry-volume",
            lambda docs, node=node: (
                docs[1]["platforms"]["kubernetes"]["deploymentSpec"]["executors"].pop(f"{node}_executor")
                and None
            ),
            f"deploymentSpec.executors.{node}_executor",
            (node, "PersistentVolumeClaim"),
        )
        for node in ("VersionTagger", "StableBaseline", "RegistryPusher")
    ),
    Fault(
        "registry-volume",
        lambda docs: parameters(docs, "VersionTagger").update(registry_root=constant("/srv/models-2")),
        "deploymentSpec.executors.VersionTagger_executor",
        ("/srv/models-2", "mount it at"),
    ),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.rule} {fault.where}"[:60])
def test_a_fault_is_found_where_it_is(
    gated: Documents, check: Callable[..., list[Finding]], fault: Fault
) -> None:
    documents = fault.make(gated) or gated

    [found] = [finding for finding in check(documents) if finding.rule == fault.rule]

    assert found.where == fault.where
    assert [word for word in fault.says if word not in f"{found.problem}; {found.remedy}"] == []


def test_a_fault_is_found_by_its_rule_alone(gated: Documents, check: Callable[..., list[Finding]]) -> None:
    rename(gated, "CsvExampleGen", "read_data")

    assert [finding.rule for finding in check(gated)] == ["argo-name"]


@pytest.mark.parametrize(
    ("rule", "root", "said"),
    [("vertex-root", "s3://bucket/x", True), ("vertex-root", "gs://bucket/x", False)],
)
def test_vertex_keeps_artifacts_in_cloud_storage(
    gated: Documents, check: Callable[..., list[Finding]], rule: str, root: str, said: bool
) -> None:
    job = [{"pipelineSpec": gated[0], "runtimeConfig": {"gcsOutputDirectory": root}}]

    findings = check(job, "vertex")

    assert (rule in {finding.rule for finding in findings}) is said
    assert {finding.rule for finding in findings} - {rule} == {"vertex-registry"}


def test_a_parameter_with_a_value_in_the_job_needs_no_default(
    gated: Documents, check: Callable[..., list[Finding]]
) -> None:
    gated[0]["root"]["inputDefinitions"] = {"parameters": {"n": {"parameterType": "STRING"}}}
    job = {"pipelineSpec": gated[0], "runtimeConfig": {"parameterValues": {"n": "x"}}}

    assert "parameter-value" not in {finding.rule for finding in check([job], "vertex")}


def test_tfx_own_switches_are_no_bools(gated: Documents, check: Callable[..., list[Finding]]) -> None:
    give(gated, "CsvExampleGen", "disable_statistics", "NUMBER_INTEGER", 1.0)

    assert check(gated) == []


def test_a_volume_above_the_registry_holds_it(gated: Documents, check: Callable[..., list[Finding]]) -> None:
    for executor in gated[1]["platforms"]["kubernetes"]["deploymentSpec"]["executors"].values():
        executor["pvcMount"][0]["mountPath"] = "/srv"

    assert check(gated) == []


def test_nested_dags_are_looked_into(gated: Documents, check: Callable[..., list[Finding]]) -> None:
    """With an exit handler TFX puts all tasks into a dag of their own (pipeline_builder.py)."""
    inner = gated[0]["root"]["dag"]
    rename(gated, "Trainer", "my.trainer")
    gated[0]["components"]["tfx-dag"] = {"dag": inner}
    gated[0]["root"] = {"dag": {"tasks": {"tfx-dag": {"componentRef": {"name": "tfx-dag"}}}}}

    assert [finding.where for finding in check(gated)] == ["components.tfx-dag.dag.tasks['my.trainer']"]


STOCK_2_1 = {
    ("error", "parameter-value", "root.inputDefinitions.parameters.data"),
    ("error", "resolver", "root.dag.tasks.latest-model-model-blessing-resolver"),
    ("error", "resolver", "root.dag.tasks.latest-model-model-resolver"),
    ("error", "argo-name", "root.dag.tasks['my.switch_1']"),
    ("error", "span", "root.dag.tasks.CsvExampleGen.inputs.parameters.input_config"),
    (
        "error",
        "bool-property",
        "deploymentSpec.executors.schema-importer_executor.importer.metadata.reviewed",
    ),
    (
        "error",
        "bool-property",
        "components.schema-importer.outputDefinitions.artifacts.result.metadata.reviewed",
    ),
    ("error", "big-integer", "root.dag.tasks['my.switch_1'].inputs.parameters.build"),
    ("warning", "default-root", "defaultPipelineRoot"),
    ("warning", "driver", "deploymentSpec.executors.CsvExampleGen_executor.container.lifecycle"),
    ("warning", "unseen-data", "root.dag.tasks.CsvExampleGen.cachingOptions"),
    ("warning", "bool-parameter", "root.dag.tasks['my.switch_1'].inputs.parameters.dry_run"),
}


def test_what_tfx_writes_for_a_pipeline_as_in_its_examples() -> None:
    findings = lint(SpecFile(SPECS / "stock-2.1.yaml").spec, "oss")

    assert {(found.severity, found.rule, found.where) for found in findings} == STOCK_2_1


def test_what_tfx_writes_by_default() -> None:
    """A PipelineJob with schema 2.0, where whole numbers are text and keep their digits."""
    findings = lint(SpecFile(SPECS / "stock-2.0.json").spec, "oss")

    expected = {
        (severity, rule, f"pipelineSpec.{where}")
        for severity, rule, where in STOCK_2_1
        if rule not in ("big-integer", "default-root")
    }
    expected |= {
        ("error", "pipeline-job", "pipelineSpec"),
        ("error", "schema-version", "pipelineSpec.schemaVersion"),
    }
    assert {(found.severity, found.rule, found.where) for found in findings} == expected


def test_vertex_runs_what_the_open_source_backend_does_not() -> None:
    """It has resolvers and ExampleGen's driver, and takes the default schema."""
    findings = lint(SpecFile(SPECS / "stock-2.0.json").spec, "vertex")

    assert {found.rule for found in findings} == {"parameter-value", "bool-property", "bool-parameter"}


def test_every_rule_has_a_fault() -> None:
    tested = {fault.rule for fault in FAULTS} | {"vertex-root", "vertex-registry"}

    assert tested == {rule.name for rule in RULES}
    assert len({rule.name for rule in RULES}) == len(RULES)


def test_the_documentation_has_every_rule() -> None:
    page = (Path(__file__).parents[2] / "docs" / "kubeflow.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`.*?`) \| (error|warning) \| (oss|vertex|both) \|", page, flags=re.MULTILINE)

    documented = {
        (name, severity, target) for names, severity, target in rows for name in re.findall("`(.*?)`", names)
    }

    assert documented == {
        (rule.name, rule.severity, "both" if len(rule.targets) == 2 else rule.targets[0]) for rule in RULES
    }
