"""The answer of `doctor`: what is not as it should be."""

import msgspec

from tfx_hallmark.registry.finding import Finding


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `doctor`.

    Attributes:
        root: The registry root.
        metadata: Which ML Metadata was compared with it; null if none was.
        models: The models that were looked at, sorted.
        findings: What was found, by model; empty if all is well.
    """

    root: str
    metadata: str | None
    models: list[str]
    findings: list[Finding]
