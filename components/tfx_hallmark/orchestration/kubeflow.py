"""Compiles TFX pipelines for Kubeflow Pipelines 2 and Vertex AI Pipelines, as these really take them.

KubeflowV2DagRunner writes a PipelineJob for Vertex. Open-source Kubeflow wants the pipelineSpec by itself,
with the root and every parameter in it, and leaves out or refuses some of what TFX writes; what it refuses
is found by tfx_hallmark.kfp_lint, which runs on everything compiled here.
"""

import contextlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
import yaml
from tfx.dsl.components.base import base_component
from tfx.orchestration import data_types
from tfx.orchestration import pipeline as tfx_pipeline
from tfx.orchestration.kubeflow.v2 import kubeflow_v2_dag_runner

from tfx_hallmark.baseline.component import StableBaseline
from tfx_hallmark.kfp_lint.backend_rules import PIPELINE_NAME
from tfx_hallmark.kfp_lint.document import read_spec
from tfx_hallmark.kfp_lint.finding import Finding, Target
from tfx_hallmark.kfp_lint.rules import lint
from tfx_hallmark.monitor.component import ServingMonitor
from tfx_hallmark.pusher.component import RegistryPusher
from tfx_hallmark.registry.errors import ConfigError
from tfx_hallmark.registry.storage import LocalStorage
from tfx_hallmark.tagger.component import VersionTagger

RUN_ID = "{{$.pipeline_job_uuid}}"
"""What Kubeflow and Vertex replace by the run's id in a parameter (backend/src/v2/driver/resolve.go)."""

Parameter: TypeAlias = str | int | float

# compiler_utils.py, build_parameter_type_spec.
_KINDS: dict[str, type | tuple[type, ...]] = {
    "STRING": str,
    "NUMBER_INTEGER": int,
    "NUMBER_DOUBLE": (int, float),
}
_REGISTRY_COMPONENTS = (VersionTagger, StableBaseline, RegistryPusher, ServingMonitor)
_UNCACHED_COMPONENTS = (StableBaseline, RegistryPusher, ServingMonitor)


class CompiledSpec(msgspec.Struct, frozen=True):
    """A pipeline that its backend accepts.

    Attributes:
        text: What goes into the file.
        warnings: What may still not do what it should.
    """

    text: str
    warnings: tuple[Finding, ...]

    def write(self, path: Path) -> None:
        """Write the file; where one is, it is replaced in one step.

        Raises:
            StorageError: If it cannot be written.
        """
        LocalStorage(path.absolute().parent).replace(path.name, self.text.encode())


def compile_for_kubeflow(
    pipeline: tfx_pipeline.Pipeline,
    *,
    image: str,
    source_root: Path,
    registry_claim: str | None = None,
    parameters: Mapping[str, Parameter] | None = None,
) -> CompiledSpec:
    """Compile a pipeline to the YAML that open-source Kubeflow Pipelines 2 takes.

    StableBaseline, RegistryPusher and ServingMonitor are never cached, and the registry's volume is mounted
    into these and VersionTagger.

    Args:
        pipeline: Any TFX pipeline, its root in `gs://` (or `s3://`, where the image can open that).
        image: The container image for every component.
        source_root: Folder whose content the image has in its working directory. Module files are looked
            up there: they are not packed at compile time, as TFX does, for that would need the bucket.
        registry_claim: PersistentVolumeClaim that holds the registry; needed with components of hallmark.
        parameters: Values of RuntimeParameters, by name; those not named have their defaults.

    Raises:
        ConfigError: If TFX cannot compile the pipeline, or the backend would refuse it.
    """
    job = _compile(pipeline, image=image, source_root=source_root)
    spec = job["pipelineSpec"]
    spec["defaultPipelineRoot"] = pipeline.pipeline_info.pipeline_root
    declared = spec["root"].get("inputDefinitions", {}).get("parameters", {})
    for name, value in _values(pipeline, declared, parameters or {}).items():
        declared[name]["defaultValue"] = value
    documents = [spec]
    if registry_claim is not None:
        mounts = _mounts(pipeline, spec, registry_claim)
        if mounts:
            documents.append({"platforms": {"kubernetes": {"deploymentSpec": {"executors": mounts}}}})
    # ExampleGen's driver, which the backend never runs; the lint sees to it that none is needed.
    for executor in spec["deploymentSpec"]["executors"].values():
        executor.get("container", {}).pop("lifecycle", None)
    warnings = _checked(documents, "oss")
    text = yaml.dump_all(documents, Dumper=_Dumper, width=2**16, allow_unicode=True)
    return CompiledSpec(text, warnings)


def compile_for_vertex(
    pipeline: tfx_pipeline.Pipeline,
    *,
    image: str,
    source_root: Path,
    parameters: Mapping[str, Parameter] | None = None,
) -> CompiledSpec:
    """Compile a pipeline to the PipelineJob, in JSON, that Vertex AI Pipelines takes.

    Nothing is mounted: a registry's root must be a file system that the containers see anyway.

    Args:
        pipeline: Any TFX pipeline, its root in `gs://`.
        image: The container image for every component.
        source_root: As for `compile_for_kubeflow`.
        parameters: As for `compile_for_kubeflow`.

    Raises:
        ConfigError: If TFX cannot compile the pipeline, or it could not run as it should.
    """
    job = _compile(pipeline, image=image, source_root=source_root)
    declared = job["pipelineSpec"]["root"].get("inputDefinitions", {}).get("parameters", {})
    values = _values(pipeline, declared, parameters or {})
    if values:
        job["runtimeConfig"]["parameterValues"] = values
    warnings = _checked([job], "vertex")
    return CompiledSpec(json.dumps(job, indent=2, sort_keys=True) + "\n", warnings)


def _compile(pipeline: tfx_pipeline.Pipeline, *, image: str, source_root: Path) -> dict[str, Any]:
    """Compile to a PipelineJob with caching off where it must be."""
    name = pipeline.pipeline_info.pipeline_name
    if not PIPELINE_NAME.fullmatch(name):
        msg = f"pipeline {name!r}: on Kubeflow a name holds lower-case letters, digits and - only; rename it"
        raise ConfigError(msg)
    config = kubeflow_v2_dag_runner.KubeflowV2DagRunnerConfig(default_image=image, use_pipeline_spec_2_1=True)
    runner = kubeflow_v2_dag_runner.KubeflowV2DagRunner(config)
    with _modules_in_image(pipeline, source_root.absolute()):
        try:
            job: dict[str, Any] = runner.run(pipeline, write_out=False)
        except (KeyError, NotImplementedError, TypeError, ValueError) as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            msg = f"TFX cannot compile pipeline {name!r} for Kubeflow: {reason}"
            raise ConfigError(msg) from error
    tasks = job["pipelineSpec"]["root"]["dag"]["tasks"]
    for component in _instances(pipeline, _UNCACHED_COMPONENTS):
        tasks[component.id].pop("cachingOptions", None)
    return job


@contextlib.contextmanager
def _modules_in_image(pipeline: tfx_pipeline.Pipeline, source_root: Path) -> Iterator[None]:
    """Let module files be read from the image's working directory while the pipeline compiles.

    TFX would pack each into a wheel under the pipeline's root, a bucket that need not be reachable here,
    and every container would install it from there (tfx/components/util/udf_utils.py).
    """
    restore: list[tuple[dict[str, Any], str]] = []
    packing: list[tuple[base_component.BaseComponent, list[Any]]] = []
    try:
        for component in _instances(pipeline, (base_component.BaseComponent,)):
            packing.append((component, component._pip_dependencies))
            component._pip_dependencies = []
            properties = component.spec.exec_properties
            module_file = properties.get("module_file")
            if isinstance(module_file, str) and "://" not in module_file:
                restore.append((properties, module_file))
                properties["module_file"] = _in_image(Path(module_file), source_root, component.id)
        yield
    finally:
        for component, dependencies in packing:
            component._pip_dependencies = dependencies
        for properties, module_file in restore:
            properties["module_file"] = module_file


def _in_image(module_file: Path, source_root: Path, component: str) -> str:
    path = module_file.absolute()
    if not path.is_file():
        msg = f"{component}: module file {path} is not there; check module_file"
        raise ConfigError(msg)
    for root in (source_root, source_root.resolve()):
        for candidate in (path, path.resolve()):
            if candidate.is_relative_to(root):
                return candidate.relative_to(root).as_posix()
    msg = f"{component}: module file {path} is outside of {source_root}, so the image has no copy; move it there"
    raise ConfigError(msg)


def _values(
    pipeline: tfx_pipeline.Pipeline, declared: Mapping[str, Any], given: Mapping[str, Parameter]
) -> dict[str, Parameter]:
    """Return the values of the pipeline's RuntimeParameters, as far as there are any."""
    unknown = sorted(set(given) - set(declared))
    if unknown:
        msg = f"the pipeline has no RuntimeParameter {unknown[0]!r}; it has {', '.join(sorted(declared)) or 'none'}"
        raise ConfigError(msg)
    values: dict[str, Parameter] = {}
    for node in pipeline.components:
        for parameter in node.exec_properties.values():
            if isinstance(parameter, data_types.RuntimeParameter) and parameter.default is not None:
                values[parameter.name] = parameter.default
    for name, value in given.items():
        kind = declared[name]["parameterType"]
        # A bool is an int in Python, and none here.
        if isinstance(value, bool) or not isinstance(value, _KINDS[kind]):
            msg = f"RuntimeParameter {name!r} is {kind}, and {value!r} is not: the backend would refuse it"
            raise ConfigError(msg)
        values[name] = value
    return values


def _mounts(
    pipeline: tfx_pipeline.Pipeline, spec: Mapping[str, Any], claim: str
) -> dict[str, dict[str, list[dict[str, str]]]]:
    """Return what Kubernetes is to mount, by executor (kfp-kubernetes: kubernetes_executor_config.proto)."""
    told = _instances(pipeline, (VersionTagger, ServingMonitor))
    roots = {component.exec_properties["registry_root"] for component in told}
    if len(roots) > 1:
        msg = f"one claim cannot be mounted at {' and at '.join(sorted(roots))}; use one registry_root"
        raise ConfigError(msg)
    labels = [
        spec["components"][component.id]["executorLabel"]
        for component in _instances(pipeline, _REGISTRY_COMPONENTS)
    ]
    # `constant` is deprecated for pvcNameParameter, which backends before 2.5 refuse; both read this one.
    return {
        label: {"pvcMount": [{"constant": claim, "mountPath": root}]} for label in labels for root in roots
    }


def _instances(pipeline: tfx_pipeline.Pipeline, classes: tuple[type, ...]) -> list[Any]:
    return [component for component in pipeline.components if isinstance(component, classes)]


def _checked(documents: list[dict[str, Any]], target: Target) -> tuple[Finding, ...]:
    """Return the warnings about a spec.

    Raises:
        ConfigError: If there are errors; with the first of them.
    """
    findings = lint(read_spec(documents), target)
    errors = [finding for finding in findings if finding.severity == "error"]
    if errors:
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        msg = f"{errors[0]}{more}"
        raise ConfigError(msg)
    return tuple(findings)


class _Dumper(yaml.SafeDumper):
    """Quotes every text that YAML 1.2, which the backend reads, might take for something else.

    PyYAML writes by YAML 1.1, where `1e-5` is text and needs no quotes; in 1.2 it is a number.
    """

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    plain = "\n" not in value and (value[:1].isalpha() or value.startswith(("/", "--")))
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=None if plain else '"')


_Dumper.add_representer(str, _text)
