"""What W&B shows of a version, as plain values; no wandb in it."""

import hashlib
import json
import os
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from tfx_hallmark.answers.judged import measures_of
from tfx_hallmark.answers.paths import as_text
from tfx_hallmark.mirrors.metric_tags import metric_values
from tfx_hallmark.registry.errors import NotFoundError
from tfx_hallmark.registry.manifest import Manifest
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.state import ModelState
from tfx_hallmark.registry.version import Version

_TAG = 64  # characters that a tag of W&B may have
_OWN_ALIAS = re.compile(r"v[0-9]+\Z")  # W&B counts the versions of an artifact so


class Artifact(msgspec.Struct, frozen=True, kw_only=True):
    """The model artifact of a version: its manifest, and where the release lies; no bytes of the model.

    Attributes:
        name: The model's name.
        description: What it is called.
        aliases: The version with a `v` before it, and its labels.
        metadata: What is known of it for ever.
        manifest: Its only file, as JSON text; W&B knows by this that it has the artifact already.
    """

    name: str
    description: str
    aliases: tuple[str, ...]
    metadata: Mapping[str, Any]
    manifest: str


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """The run of a version.

    Attributes:
        version: Semantic version.
        id: Id of the run, the same however often.
        name: What it is called.
        group: What it is grouped by.
        tags: Its tags.
        notes: Its notes.
        config: What it was made from.
        summary: What came of it.
        history: The epochs of its training, by number.
        artifact: The model artifact.
    """

    version: str
    id: str
    name: str
    group: str
    tags: tuple[str, ...]
    notes: str
    config: Mapping[str, Any]
    summary: Mapping[str, Any]
    history: Mapping[int, Mapping[str, float]]
    artifact: Artifact

    @property
    def content(self) -> str:
        """Hash of all of it, by which it is known whether anything changed."""
        told = json.dumps(msgspec.to_builtins(self, str_keys=True), sort_keys=True)
        return hashlib.sha256(told.encode()).hexdigest()


def run_id(version: Version) -> str:
    """Return the id of a version's run: that of the run which its training logged to, else one made from what it is."""
    curve = version.training_curve
    if curve is not None and curve.runs.get("wandb"):
        return curve.runs["wandb"]
    name = re.sub(r"[^A-Za-z0-9_-]", "-", f"{version.model[:32]}-{version.version[:16]}")
    whole = "\0".join((version.model, version.version, version.digest))
    return f"{name}-{hashlib.sha256(whole.encode()).hexdigest()[:12]}"


def shown(model: Model, version: Version, state: ModelState) -> Shown:
    """Collect what W&B shows of a version.

    Args:
        model: The model.
        version: The version.
        state: What the log says of the model.
    """
    manifest = version.manifest
    labels = state.labels_by_version().get(version.version, [])
    verdict = version.verdict
    told = [verdict.sentence if verdict else version.state.summary, version.description]
    return Shown(
        version=version.version,
        id=run_id(version),
        name=f"{version.model} {version.version}",
        group=version.model,
        tags=tuple(tag[:_TAG] for tag in ("hallmark", version.state.standing, *labels)),
        notes="\n\n".join(text for text in told if text),
        config=_config(model, manifest),
        summary={
            **metric_values(measures_of(version)),
            **_summary(model, version),
            "labels": labels,
        },
        history=_history(version),
        artifact=_artifact(model, version, labels),
    )


def _config(model: Model, manifest: Manifest) -> dict[str, Any]:
    made_from = manifest.provenance
    code, run = made_from.code, made_from.run
    own = {
        "registry": _place(str(model.root)),
        "model": manifest.model,
        "version": manifest.version,
        "tag": manifest.tag,
        "digest": manifest.digest,
        "created": manifest.created,
        "bump": manifest.bump,
        "because": list(manifest.reasons),
        "commit": code.commit if code else None,
        "dirty": code.dirty if code else None,
        "module_digest": code.module_digest if code else None,
        "pipeline": run.pipeline if run else None,
        "pipeline_run": run.run_id if run else None,
        "mlmd_model_id": run.model_id if run else None,
    }
    found = {
        **made_from.hyperparameters,
        "train_args": made_from.train_args,
        "eval_args": made_from.eval_args,
        "seed": made_from.seed,
        "data": made_from.data,
        "hallmark": own,
    }
    return msgspec.to_builtins(found, str_keys=True)  # type: ignore[no-any-return]


def _summary(model: Model, version: Version) -> dict[str, Any]:
    state, verdict = version.state, version.verdict
    try:
        location = _place(version.location)
    except NotFoundError:
        location = None
    return {
        "outcome": verdict.outcome if verdict else state.status,
        "verdict": verdict.sentence if verdict else state.summary,
        "status": state.standing,
        "baseline": verdict.baseline.version if verdict and verdict.baseline else None,
        "release": model.state.serving_release(state),
        "releases": list(state.releases),
        "location": location,
    }


def _history(version: Version) -> dict[int, dict[str, float]]:
    curve = version.training_curve
    if curve is None or curve.runs.get("wandb"):  # the run has them from the training itself
        return {}
    return {
        epoch.epoch: {f"training/{name}": value for name, value in epoch.metrics.items()}
        for epoch in curve.epochs
    }


def _artifact(model: Model, version: Version, labels: list[str]) -> Artifact:
    manifest = version.manifest
    code = manifest.provenance.code
    return Artifact(
        name=version.model,
        description=manifest.tag or str(version),
        aliases=(
            f"v{version.version}",
            *(f"label-{one}" if _OWN_ALIAS.match(one) else one for one in labels),
        ),
        metadata={
            "model": version.model,
            "version": version.version,
            "digest": version.digest,
            "tag": manifest.tag,
            "size": manifest.size,
            "created": manifest.created,
            "commit": code.commit if code else None,
            "release": next(iter(version.releases), None),
            "base_path": _place(model.location),
        },
        manifest=msgspec.json.format(msgspec.json.encode(manifest), indent=1).decode(),
    )


def _place(location: str) -> str:
    """Write a directory or a URL as whoever looks at W&B needs it, wherever that is."""
    return as_text(location if "://" in location else os.path.abspath(location))  # noqa: PTH100 links stay as they are
