"""The artifact types that carry a version, and what was found of it, and what is read off artifacts."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tfx.types.artifact import Artifact
from tfx.types.system_artifacts import Model as SystemModel
from tfx.utils import path_utils

from tfx_hallmark.artifact_files import explain_file_errors, local_view
from tfx_hallmark.lineage.property_text import safe_json, safe_text
from tfx_hallmark.registry.errors import EvidenceError, NotFoundError
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.monitoring.report import MonitoringReport
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.version import Version

_NAMED = 20  # findings that are named on an artifact
_LONGEST = 600  # characters: PostgreSQL indexes no text of more than 2,704 bytes


class ModelVersion(Artifact):
    """One version of a model: which it is and where its registry lies.

    All of it is custom properties: typed ones do not compile for Kubeflow Pipelines, and the type's
    name must be an importable path there (tfx/orchestration/kubeflow/v2/compiler_utils.py).
    """

    TYPE_NAME = "tfx_hallmark.ModelVersion"
    TYPE_ANNOTATION = SystemModel

    def describe(self, version: Version, *, registry_root: str) -> None:
        """Write a version's identity on this artifact."""
        manifest = version.manifest
        self.set_string_custom_property("registry_root", registry_root)
        self.set_string_custom_property("model", version.model)
        self.set_string_custom_property("version", version.version)
        self.set_string_custom_property("tag", safe_text(version.state.tag))
        self.set_string_custom_property("digest", version.digest)
        self.set_string_custom_property("manifest", version.state.manifest)
        self.set_string_custom_property("bump", manifest.bump)
        self.set_string_custom_property("reasons", safe_json(manifest.reasons))


class MonitoringFindings(Artifact):
    """What ServingMonitor found; the whole report lies at its uri as `report.json`.

    All of it is custom properties, as of ModelVersion.
    """

    TYPE_NAME = "tfx_hallmark.MonitoringFindings"

    def describe(self, report: MonitoringReport, *, registry_root: str, digest: str) -> None:
        """Write a report on this artifact, as far as it is short.

        Args:
            report: The report.
            registry_root: The registry's root.
            digest: Digest of the report object in the registry.
        """
        self.set_string_custom_property("registry_root", registry_root)
        self.set_string_custom_property("model", report.model)
        self.set_string_custom_property("version", report.version)
        self.set_string_custom_property("digest", report.digest)
        self.set_string_custom_property("report", digest)
        self.set_string_custom_property("data", safe_text(report.data))
        self.set_string_custom_property("outcome", report.outcome)
        self.set_string_custom_property("summary", safe_text(report.summary)[:_LONGEST])
        codes = [f"{one.code} {one.subject}".strip() for one in report.findings[:_NAMED]]
        self.set_string_custom_property("findings", safe_json(codes))
        if report.distances:
            farthest = report.distances[0]
            self.set_string_custom_property("farthest_feature", safe_text(farthest.feature))
            self.set_float_custom_property("farthest_distance", farthest.distance)
        if report.action is not None:
            self.set_string_custom_property("action", report.action.kind)
            self.set_string_custom_property("action_standing", report.action.standing)
            self.set_string_custom_property("action_version", report.action.version)


def required_property(artifact: Artifact, key: str) -> str:
    """Return a string property that an artifact must have.

    Raises:
        EvidenceError: If it has none, so was not made by the component that should have made it.
    """
    value: Any = artifact.get_string_custom_property(key)
    if not value:
        msg = f"{artifact.type_name} artifact {artifact.uri} has no {key!r}: connect the output of hallmark's component"
        raise EvidenceError(msg)
    return str(value)


def open_model(model_version: Artifact) -> Model:
    """Open the model whose version an artifact carries.

    Raises:
        EvidenceError: If the artifact is not VersionTagger's.
        NotFoundError: If the registry is gone, as when it was deleted while VersionTagger's result is cached.
    """
    root = required_property(model_version, "registry_root")
    name = required_property(model_version, "model")
    try:
        return Registry.open(root).model(name)
    except NotFoundError as error:
        msg = (
            f"{root}, where VersionTagger registered {name}, holds no registry any more: "
            "run the pipeline with enable_cache=False, so that VersionTagger runs again"
        )
        raise NotFoundError(msg) from error


@contextlib.contextmanager
def saved_model_of(model: Artifact) -> Iterator[Path]:
    """Give a path to the SavedModel of a Model artifact, which is a temporary copy's if it is remote.

    Raises:
        ConfigError: As `artifact_files.local_view` does.
        StorageError: As `artifact_files.local_view` does.
    """
    # tfx/utils/path_utils.py knows two layouts, and looks which it is.
    with explain_file_errors(f"looking into {model.uri}", model.uri):
        uri = path_utils.serving_model_path(model.uri, path_utils.is_old_model_artifact(model))
    with local_view(uri) as path:
        yield path
