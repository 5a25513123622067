"""What the open-source backend, or Vertex, refuses or leaves out."""

import re
from collections.abc import Iterator

from tfx_hallmark.kfp_lint.finding import Breach
from tfx_hallmark.kfp_lint.spec import Spec, mapping, sequence

# Argo Workflows, workflow/validate: names of DAG tasks. The backend adds `-driver` to each
# (backend/src/v2/compiler/argocompiler/dag.go).
_ARGO_NAME = re.compile(r"[a-zA-Z0-9][-a-zA-Z0-9]*")
_ARGO_NAME_LENGTH = 128 - len("-driver")
# TFX refuses other names when it compiles (pipeline_builder.py); the backend makes resource names of them.
PIPELINE_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,127}")
_SPAN = re.compile(r"\{(SPAN|VERSION|YYYY|MM|DD)(:\d+)?\}")


def schema_version(spec: Spec) -> Iterator[Breach]:
    """v2_template.go: "KFP only supports schema version 2.1.0"."""
    version = spec.pipeline.get("schemaVersion")
    if version != "2.1.0":
        yield Breach(
            (*spec.prefix, "schemaVersion"),
            f"is {version!r}, and the backend takes 2.1.0 only",
            "compile with KubeflowV2DagRunnerConfig(use_pipeline_spec_2_1=True)",
        )


def pipeline_job(spec: Spec) -> Iterator[Breach]:
    """v2_template.go: "no pipeline spec is provided" for a document without pipelineInfo at its top."""
    if spec.runtime is not None:
        yield Breach(
            ("pipelineSpec",),
            "is inside a PipelineJob, which is Vertex's format; the backend wants the pipelineSpec by itself",
            "compile into a file that ends with .yaml",
        )


def pipeline_name(spec: Spec) -> Iterator[Breach]:
    """v2_template.go and pipeline_builder.py."""
    name = str(mapping(spec.pipeline.get("pipelineInfo")).get("name", ""))
    if not PIPELINE_NAME.fullmatch(name):
        yield Breach(
            (*spec.prefix, "pipelineInfo", "name"),
            f"is {name!r}, and may hold only lower-case letters, digits and -",
            "rename the pipeline",
        )


def resolver(spec: Spec) -> Iterator[Breach]:
    """argo.go: "resolver not implemented yet"; the whole pipeline is refused."""
    for task in spec.tasks():
        if "resolver" in task.executor:
            yield Breach(
                task.place,
                f"is a resolver (executor {task.executor_label}), which the backend does not implement",
                "read the earlier model in an ordinary component, such as StableBaseline, "
                "or import a fixed artifact with Importer",
            )


def argo_name(spec: Spec) -> Iterator[Breach]:
    """A task's id becomes the name of an Argo task as it is."""
    for task in spec.tasks():
        if not _ARGO_NAME.fullmatch(task.name):
            bad = (
                ", ".join(sorted({repr(char) for char in re.sub("[-a-zA-Z0-9]", "", task.name)}))
                or "'-' first"
            )
            yield Breach(
                task.place,
                f"the id holds {bad}, and Argo takes letters, digits and - only",
                f"use .with_id({_argo_name(task.name)!r})",
            )
        elif len(task.name) > _ARGO_NAME_LENGTH:
            yield Breach(
                task.place,
                f"the id has {len(task.name)} characters, and Argo takes {_ARGO_NAME_LENGTH}",
                "use .with_id(...) with a shorter one",
            )


def _argo_name(name: str) -> str:
    return re.sub("[^a-zA-Z0-9]+", "-", name).strip("-")[:_ARGO_NAME_LENGTH] or "component"


def parameter_value(spec: Spec) -> Iterator[Breach]:
    """v2_template.go: "is not optional, yet has neither default value nor user provided value"."""
    declared = mapping(mapping(mapping(spec.pipeline.get("root")).get("inputDefinitions")).get("parameters"))
    runtime = mapping(spec.runtime)
    given = {**mapping(runtime.get("parameters")), **mapping(runtime.get("parameterValues"))}
    for name, parameter in declared.items():
        known = "defaultValue" in mapping(parameter) or mapping(parameter).get("isOptional") is True
        if not known and name not in given:
            yield Breach(
                (*spec.prefix, "root", "inputDefinitions", "parameters", name),
                "has no value, so a run that does not set it is refused; TFX leaves out "
                "RuntimeParameter(default=...) when it compiles",
                "write a defaultValue here, or set the parameter whenever a run is submitted",
            )


def local_root(spec: Spec) -> Iterator[Breach]:
    """launcher_v2.go: "unsupported storage scheme"."""
    for place, root in _roots(spec):
        if not root.startswith(("gs://", "s3://", "minio://")):
            yield Breach(
                place, f"is {root!r}, where the backend's launcher cannot write", "use gs://BUCKET/PATH"
            )


def minio_root(spec: Spec) -> Iterator[Breach]:
    """TFX executors open artifacts by their uri with TensorFlow's file systems, which know no minio://."""
    if any(spec.tfx_tasks()):
        for place, root in _roots(spec):
            if root.startswith("minio://"):
                yield Breach(place, f"is {root!r}, which TFX's executors cannot open", "use gs://BUCKET/PATH")


def s3_root(spec: Spec) -> Iterator[Breach]:
    """TensorFlow has no s3:// of its own."""
    if any(spec.tfx_tasks()):
        for place, root in _roots(spec):
            if root.startswith("s3://"):
                yield Breach(
                    place,
                    f"is {root!r}, which TFX's executors open only where tensorflow-io is installed",
                    "see that the image has a tensorflow-io of its TensorFlow's version, or use gs://BUCKET/PATH",
                )


def default_root(spec: Spec) -> Iterator[Breach]:
    """Without a root of its own a pipeline gets the cluster's: minio://, unless somebody changed it."""
    if any(spec.tfx_tasks()) and not any(_roots(spec)):
        place = (*spec.prefix, "defaultPipelineRoot") if spec.runtime is None else ("runtimeConfig",)
        yield Breach(
            place,
            "is missing, so artifacts go to the cluster's own root, which TFX's executors may be unable to open",
            "write the root here, or set it whenever a run is submitted",
        )


def vertex_root(spec: Spec) -> Iterator[Breach]:
    """PipelineJob.runtimeConfig.gcsOutputDirectory is a path of Cloud Storage."""
    for place, root in _roots(spec):
        if not root.startswith("gs://"):
            yield Breach(
                place, f"is {root!r}, and Vertex keeps artifacts in Cloud Storage", "use gs://BUCKET/PATH"
            )


def _roots(spec: Spec) -> Iterator[tuple[tuple[str | int, ...], str]]:
    for place, value in (
        ((*spec.prefix, "defaultPipelineRoot"), spec.pipeline.get("defaultPipelineRoot")),
        (("runtimeConfig", "gcsOutputDirectory"), mapping(spec.runtime).get("gcsOutputDirectory")),
    ):
        if value:
            yield place, str(value)


def span(spec: Spec) -> Iterator[Breach]:
    """Only ExampleGen's driver (lifecycle.preCacheCheck) resolves spans, and the backend never runs it."""
    for task in spec.tasks():
        for name, place, value in task.constants():
            found = _SPAN.search(str(value)) if name == "input_config" else None
            if found:
                yield Breach(
                    place,
                    f"holds {found[0]}, which only ExampleGen's driver fills in, and the backend runs no driver",
                    "write the pattern out, e.g. by a RuntimeParameter in input_base",
                )
            elif name == "range_config":
                yield Breach(
                    place,
                    "selects spans, which only ExampleGen's driver does, and the backend runs no driver",
                    "leave range_config out and name the folder in input_base",
                )


def driver(spec: Spec) -> Iterator[Breach]:
    """`lifecycle` is in the schema, and nothing in the backend reads it."""
    for task in spec.tasks():
        if mapping(task.container.get("lifecycle")).get("preCacheCheck"):
            yield Breach(
                (*task.executor_place, "container", "lifecycle"),
                f"the driver of {task.name} is ignored: no span, and no fingerprint of the files",
                "drop it if the input is one plain folder",
            )


def unseen_data(spec: Spec) -> Iterator[Breach]:
    """Without its driver's fingerprint, ExampleGen's cache key is the path alone (driver/cache.go)."""
    for task in spec.tasks():
        reads_files = any(name == "input_base" for name in _parameters(task.task))
        if task.caches and reads_files:
            yield Breach(
                (*task.place, "cachingOptions"),
                "is on for a component that reads files, and new files in the same folder do not change its cache key",
                "turn it off here, or give each state of the data a folder of its own",
            )


def _parameters(task: object) -> list[str]:
    return list(mapping(mapping(mapping(task).get("inputs")).get("parameters")))


def mutable_image(spec: Spec) -> Iterator[Breach]:
    """The cache key holds the image's name, not its content (driver/cache.go)."""
    seen = set()
    for task in spec.tasks():
        image = str(task.container.get("image", ""))
        if task.caches and image and image not in seen and _is_mutable(image):
            seen.add(image)
            yield Breach(
                (*task.executor_place, "container", "image"),
                f"is {image!r}: with caching on, a new image under that name is not noticed",
                "tag each build anew, or name the image by its digest",
            )


def _is_mutable(image: str) -> bool:
    tag = image.rpartition("/")[2].partition(":")[2]
    return "@sha256:" not in image and tag in ("", "latest")


def platform_executors(spec: Spec) -> Iterator[Breach]:
    """What is configured for an executor that is not there is configured for nobody."""
    executors = mapping(mapping(spec.pipeline.get("deploymentSpec")).get("executors"))
    for platform, config in mapping(spec.platform.get("platforms")).items():
        for label, settings in mapping(
            mapping(mapping(config).get("deploymentSpec")).get("executors")
        ).items():
            place = ("platforms", platform, "deploymentSpec", "executors", label)
            if label not in executors:
                yield Breach(place, "is no executor of this pipeline", "name one of deploymentSpec.executors")
            for index, mount in enumerate(sequence(mapping(settings).get("pvcMount"))):
                if not str(mapping(mount).get("mountPath", "")).startswith("/"):
                    yield Breach((*place, "pvcMount", index), "has no absolute mountPath", "set one")
