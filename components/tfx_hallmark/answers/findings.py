"""The answer of `doctor`: what is not as it should be, and what was mended."""

import msgspec

from tfx_hallmark.registry.examining.finding import Finding


class Mended(msgspec.Struct, frozen=True, kw_only=True):
    """What `doctor --fix` did about one finding, or would do.

    Attributes:
        code: The finding's.
        where: The finding's.
        done: What was done, as a phrase.
        error: Why it could not be done; null if it was.
    """

    code: str
    where: str
    done: str
    error: str | None = None


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `doctor`.

    Attributes:
        root: The registry root.
        metadata: Which ML Metadata was compared with it; null if none was.
        models: The models that were looked at, sorted.
        deep: Whether every byte was read too.
        dry_run: Whether `mended` was only planned.
        mended: What was mended; empty without `--fix`.
        findings: What is wrong, by model, after that; empty if all is well.
    """

    root: str
    metadata: str | None
    models: list[str]
    deep: bool = False
    dry_run: bool = False
    mended: list[Mended] = []
    findings: list[Finding]
