"""The answers of `verify` and `audit`: what was read, and what is wrong."""

import msgspec

from tfx_hallmark.registry.environments import EnvironmentDifference
from tfx_hallmark.registry.examining.finding import Finding
from tfx_hallmark.registry.golden import OutputDifference


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """One release that was held against its manifest.

    Attributes:
        model: The model's name.
        version: Semantic version.
        release: The number.
        path: Its directory.
        files: How many files of the model could be read.
        size: Bytes in them.
        findings: How many of the findings are on it.
    """

    model: str
    version: str
    release: int
    path: str
    files: int
    size: int
    findings: int


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `verify`.

    Attributes:
        root: The registry root.
        models: The models that were looked at.
        releases: What was verified, in the order it was asked for.
        findings: What is wrong; empty if all is as it was published.
    """

    root: str
    models: list[str]
    releases: list[Verified]
    findings: list[Finding]


class PredictionsChecked(msgspec.Struct, frozen=True, kw_only=True):
    """One release that was asked its version's golden requests.

    Attributes:
        model: The model's name.
        version: Semantic version.
        release: The number.
        path: Its directory.
        signature: The signature that was asked.
        requests: How many requests it was asked.
        outputs: How far each output lies from what was kept.
        agrees: Whether all of them lie within the tolerance.
        environment: What differs from where the predictions were kept; None if that is not on record.
    """

    model: str
    version: str
    release: int
    path: str
    signature: str
    requests: int
    outputs: tuple[OutputDifference, ...]
    agrees: bool
    environment: tuple[EnvironmentDifference, ...] | None


class PredictionVerification(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `verify --predictions`.

    Attributes:
        root: The registry root.
        tolerance: By how much floating-point numbers may differ; see `golden.differences`.
        agrees: Whether every release answers as its version did.
        releases: What was asked, in the order it was named.
    """

    root: str
    tolerance: float
    agrees: bool
    releases: list[PredictionsChecked]


class Audited(msgspec.Struct, frozen=True, kw_only=True):
    """One model that was audited.

    Attributes:
        model: Its name.
        events: How many events could be read.
        records: How many objects they refer to: manifests, verdicts, evidence and the like.
        releases: How many releases were held against their manifests.
        size: Bytes read of those.
        findings: How many of the findings are on it.
    """

    model: str
    events: int
    records: int
    releases: int
    size: int
    findings: int


class Audit(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `audit`.

    Attributes:
        root: The registry root.
        models: What was audited, by name.
        findings: What is wrong, by model; empty if every promise is kept.
    """

    root: str
    models: list[Audited]
    findings: list[Finding]
