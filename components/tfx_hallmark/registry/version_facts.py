"""All that is known of one version as named, plain values, in sections: what a comparison lines up."""

import json
import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import msgspec

from tfx_hallmark.registry.manifest import (
    Code,
    Cost,
    DataSource,
    Environment,
    InputArtifact,
    Manifest,
    Run,
)
from tfx_hallmark.registry.savedmodel import Signature, TensorSpec
from tfx_hallmark.registry.verdict import OVERALL, Evidence, Verdict, VersionAt

if TYPE_CHECKING:
    from tfx_hallmark.registry.version import Version

Value = str | int | float
_CHECKPOINT_SUFFIX = "/.ATTRIBUTES/VARIABLE_VALUE"  # of every key of an object-based checkpoint

Unit = Literal["", "bytes", "digest", "metric", "seconds", "time"]


class Fact(msgspec.Struct, frozen=True):
    """One value; `unit` as of `comparison.Row`."""

    value: Value
    unit: Unit = ""


# What one section says, by name. None, for what is not known, keeps the place of the name.
_Given: TypeAlias = "Iterator[tuple[str, Value | Fact | None]]"


def facts(version: "Version") -> dict[str, dict[str, Fact | None]]:
    """Return what is known of a version: by section, then by name, in the order in which people ask.

    A value is None where the version has no such thing.

    Raises:
        NotFoundError: If a record is missing.
    """
    return {**tagged_facts(version), **judged_facts(version.verdict, version.evidence)}


def tagged_facts(version: "Version") -> dict[str, dict[str, Fact | None]]:
    """Return what is known of a version but for how it was judged, in the form of `facts`."""
    manifest = version.manifest
    made_from = manifest.provenance
    sections: dict[str, _Given] = {
        "Identity": _identity(version),
        "Version number": _numbering(manifest),
        "Data": _data(made_from.data),
        "Inputs of the Trainer": _inputs(made_from.inputs),
        "Code": _code(made_from.code),
        "Hyperparameters": flattened(made_from.hyperparameters),
        "Chosen by the Tuner": flattened(made_from.tuned),
        "Training": _training(manifest),
        "Cost": _cost(made_from.cost),
        "Environment": _environment(made_from.environment),
        "Run": _run(made_from.run),
        "Signatures": _signatures(manifest.signatures),
        "Model structure": _structure(manifest),
    }
    return _told(sections)


def judged_facts(verdict: Verdict | None, evidence: Evidence | None) -> dict[str, dict[str, Fact | None]]:
    """Return how a version was judged, in the form of `facts`.

    Args:
        verdict: The gate's last decision on it; None if there is none.
        evidence: What was measured; None if nothing was.
    """
    return _told({"Metrics": _metrics(evidence), "Verdict": _verdict(verdict)})


def _told(sections: "Mapping[str, _Given]") -> dict[str, dict[str, Fact | None]]:
    return {title: {name: _fact(value) for name, value in given} for title, given in sections.items()}


def flattened(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Value]]:
    """Give nested JSON values one by one, their names joined by dots: `optimizer.learning_rate`.

    What is neither text, number nor a mapping is written as JSON: `[32, 16]`, `true`, `null`.

    Args:
        values: By name; a name that holds a dot is quoted, so that no two come out the same.
        prefix: What stands before every name.
    """
    for key, value in values.items():
        name = prefix + (json.dumps(key) if "." in key or not key else key)
        if isinstance(value, Mapping) and value:
            yield from flattened(value, f"{name}.")
        else:
            yield name, _plain(value)


def _plain(value: Any) -> Value:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return json.dumps(value)
    # NaN is not equal to itself: as text it compares as a reader would.
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def _fact(value: Value | Fact | None) -> Fact | None:
    return value if value is None or isinstance(value, Fact) else Fact(value)


def _identity(version: "Version") -> _Given:
    state, manifest = version.state, version.manifest
    yield "status", state.status
    yield "quarantine", state.quarantined
    yield "held", state.held
    yield "labels", ", ".join(version.labels) or None
    yield "releases", ", ".join(map(str, state.releases)) or None
    yield "tag", manifest.tag or None
    yield "created", Fact(manifest.created, "time")
    yield "digest", Fact(manifest.digest, "digest")
    yield "size", Fact(manifest.size, "bytes")
    yield "files", len(manifest.files)
    yield "description", version.description or None
    for name, note in version.notes.items():
        yield f"note {name}", note


def _numbering(manifest: Manifest) -> _Given:
    yield "bump", manifest.bump
    yield "because", "; ".join(manifest.reasons) or None
    yield "compared with", manifest.compared_with


def _data(data: DataSource | None) -> _Given:
    if data is None:
        return
    yield "examples", data.uri
    yield "span", data.span
    yield "version", data.version
    yield "splits", ", ".join(data.splits) or None
    for split, count in data.records.items():
        yield f"records in {split}", count
    yield "digest", _digest(data.digest)
    yield "schema", _digest(data.schema)
    yield "statistics", _digest(data.statistics)
    yield "transform graph", _digest(data.transform_graph)


def _inputs(inputs: Mapping[str, InputArtifact]) -> _Given:
    for name, one in inputs.items():
        yield name, _digest(one.digest) or one.uri
        yield f"splits of {name}", ", ".join(one.splits) or None


def _code(code: Code | None) -> _Given:
    if code is None:
        return
    yield "module", code.module
    yield "module digest", _digest(code.module_digest)
    yield "git commit", code.commit
    yield "uncommitted changes", _yes_or_no(code.dirty)
    yield "digest of the uncommitted changes", _digest(code.diff)
    yield "git remote", code.remote


def _training(manifest: Manifest) -> _Given:
    made_from = manifest.provenance
    yield from flattened(made_from.train_args, "train.")
    yield from flattened(made_from.eval_args, "eval.")
    yield "seed", made_from.seed


def _environment(environment: Environment | None) -> _Given:
    if environment is None:
        return
    yield "python", environment.python
    yield "platform", environment.platform
    yield "cores", environment.cpus
    yield "memory", Fact(environment.memory, "bytes")
    yield "processor", environment.cpu
    yield "instruction sets", ", ".join(environment.cpu_flags) or None
    yield "accelerators", ", ".join(environment.accelerators) or None
    yield "GPU driver", environment.driver
    yield "container image", environment.container_image
    yield from flattened(environment.numerics)
    # The digest of the full list is no use to a reader, and changes with any package of no bearing.
    yield from environment.packages.items()


def _cost(cost: Cost | None) -> _Given:
    if cost is None:
        return
    yield "training took", None if cost.seconds is None else Fact(cost.seconds, "seconds")
    yield "peak memory", None if cost.peak_memory is None else Fact(cost.peak_memory, "bytes")


def _run(run: Run | None) -> _Given:
    if run is None:
        return
    yield "pipeline", run.pipeline
    yield "run", run.run_id
    yield "orchestrator", run.orchestrator
    yield "model artifact", run.model_uri
    yield "ML Metadata id", run.model_id


def _signatures(signatures: Mapping[str, Signature]) -> _Given:
    for name, signature in signatures.items():
        yield f"{name} method", signature.method_name or None
        for key, spec in signature.inputs.items():
            optional = " (optional)" if key in signature.optional_inputs else ""
            yield f"{name} input {key}", f"{tensor_text(spec)}{optional}"
        for key, spec in signature.outputs.items():
            yield f"{name} output {key}", tensor_text(spec)


def tensor_text(spec: TensorSpec) -> str:
    """Write a tensor's type and shape: `float32 [?, 3]`, `string of any shape`, `int64 [?, 5] (coo_sparse)`."""
    sizes = None if spec.shape is None else ("?" if size is None else str(size) for size in spec.shape)
    shape = "of any shape" if sizes is None else f"[{', '.join(sizes)}]"
    return f"{spec.dtype} {shape}" + ("" if spec.encoding == "dense" else f" ({spec.encoding})")


def _structure(manifest: Manifest) -> _Given:
    yield "graph", _digest(manifest.structure)
    yield "preprocessing graph", _digest(manifest.provenance.preprocessing)
    yield "written by TensorFlow", manifest.tensorflow_version or None
    yield "weights", _weights(manifest.variables)
    for name, spec in manifest.variables.items():
        yield f"weight {name.removesuffix(_CHECKPOINT_SUFFIX)}", tensor_text(spec)


def _weights(variables: Mapping[str, TensorSpec]) -> int | None:
    """Count the numbers in all weights; None if the shape of one is not known."""
    count = 0
    for spec in variables.values():
        if spec.shape is None or None in spec.shape:
            return None
        count += math.prod(size for size in spec.shape if size is not None)
    return count


def _metrics(evidence: Evidence | None) -> _Given:
    for one in evidence.metrics if evidence else ():
        if one.value is not None:
            yield metric_name(one.metric, one.slice), Fact(one.value, "metric")


def metric_name(metric: str, where: str) -> str:
    """Name a metric on a slice: `accuracy overall`, `accuracy on island:Biscoe`."""
    return f"{metric} overall" if where == OVERALL else f"{metric} on {where}"


def _verdict(verdict: Verdict | None) -> _Given:
    if verdict is None:
        return
    yield "outcome", verdict.outcome
    yield "because", verdict.summary
    yield "baseline", _version_at(verdict.baseline)
    moved = verdict.compared_with != verdict.baseline
    yield "measured against", _version_at(verdict.compared_with) if moved else None
    yield "first version", _yes_or_no(verdict.bootstrap)
    yield "gate passed over", verdict.override


def _version_at(version: VersionAt | None) -> str:
    return "none" if version is None else f"{version.version}, release {version.release}"


def _digest(digest: str | None) -> Fact | None:
    return Fact(digest, "digest") if digest else None


def _yes_or_no(value: bool | None) -> str | None:
    return None if value is None else "yes" if value else "no"
