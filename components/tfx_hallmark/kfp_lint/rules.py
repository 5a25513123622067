"""All rules in one table, and applying them."""

from collections.abc import Callable, Iterator

import msgspec

from tfx_hallmark.kfp_lint import backend_rules, registry_rules, value_rules
from tfx_hallmark.kfp_lint.finding import Breach, Finding, Severity, Target, dotted
from tfx_hallmark.kfp_lint.spec import Spec


class Rule(msgspec.Struct, frozen=True):
    """A rule.

    Attributes:
        name: What it is called in reports.
        severity: How bad a breach is.
        targets: For which backends it holds.
        breaches: Finds the breaches in a spec.
    """

    name: str
    severity: Severity
    targets: tuple[Target, ...]
    breaches: Callable[[Spec], Iterator[Breach]]


_OSS: tuple[Target, ...] = ("oss",)
_VERTEX: tuple[Target, ...] = ("vertex",)
_BOTH: tuple[Target, ...] = ("oss", "vertex")

RULES = (
    Rule("pipeline-job", "error", _OSS, backend_rules.pipeline_job),
    Rule("schema-version", "error", _OSS, backend_rules.schema_version),
    Rule("pipeline-name", "error", _BOTH, backend_rules.pipeline_name),
    Rule("local-root", "error", _OSS, backend_rules.local_root),
    Rule("minio-root", "error", _OSS, backend_rules.minio_root),
    Rule("s3-root", "warning", _OSS, backend_rules.s3_root),
    Rule("default-root", "warning", _OSS, backend_rules.default_root),
    Rule("vertex-root", "error", _VERTEX, backend_rules.vertex_root),
    Rule("parameter-value", "error", _BOTH, backend_rules.parameter_value),
    Rule("resolver", "error", _OSS, backend_rules.resolver),
    Rule("argo-name", "error", _OSS, backend_rules.argo_name),
    Rule("span", "error", _OSS, backend_rules.span),
    Rule("driver", "warning", _OSS, backend_rules.driver),
    Rule("unseen-data", "warning", _OSS, backend_rules.unseen_data),
    Rule("mutable-image", "warning", _BOTH, backend_rules.mutable_image),
    Rule("platform-executor", "error", _OSS, backend_rules.platform_executors),
    Rule("main-module", "error", _BOTH, value_rules.main_module),
    Rule("artifact-type", "error", _BOTH, value_rules.artifact_type),
    Rule("bool-property", "error", _BOTH, value_rules.bool_property),
    Rule("bool-parameter", "warning", _BOTH, value_rules.bool_parameter),
    Rule("big-integer", "error", _BOTH, value_rules.big_integer),
    Rule("cached-registry", "error", _BOTH, registry_rules.cached_registry),
    Rule("registry-volume", "error", _OSS, registry_rules.registry_volume),
    Rule("vertex-registry", "warning", _VERTEX, registry_rules.vertex_registry),
)


def lint(spec: Spec, target: Target) -> list[Finding]:
    """Check a spec against every rule of a backend.

    Args:
        spec: The compiled pipeline.
        target: `oss` for the open-source backend of Kubeflow Pipelines, `vertex` for Vertex AI Pipelines.

    Returns:
        What was found, errors first, otherwise in the order of the table, and of places.
    """
    findings = [
        Finding(
            rule=rule.name,
            severity=rule.severity,
            place=breach.place,
            problem=breach.problem,
            remedy=breach.remedy,
        )
        for rule in RULES
        if target in rule.targets
        # By place, for protobuf hands out what is in its maps in any order.
        for breach in sorted(rule.breaches(spec), key=lambda breach: dotted(breach.place))
    ]
    return sorted(findings, key=lambda finding: finding.severity != "error")
