"""The semantic version of a candidate, inferred from what changed.

major: a client of the baseline may break. minor: the model was made or built differently.
patch: only data or weights differ. Every step up has its reason in words.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Literal

import msgspec
import semver

from tfx_hallmark.registry.compatibility import breaks
from tfx_hallmark.registry.errors import InvalidNameError
from tfx_hallmark.registry.manifest import Code, DataSource, Manifest, Provenance
from tfx_hallmark.registry.savedmodel import SavedModelInfo, Signature, TensorSpec

Level = Literal["major", "minor", "patch"]
LEVELS: tuple[Level, ...] = ("major", "minor", "patch")
FIRST = "1.0.0"
_NAMED = 3  # how many weights a reason names before it counts the rest


class Bump(msgspec.Struct, frozen=True):
    """By how much a candidate differs from a version, and why.

    Attributes:
        level: `major`, `minor` or `patch`.
        reasons: Every reason for that level; never empty.
    """

    level: Level
    reasons: tuple[str, ...]


def infer_bump(info: SavedModelInfo, provenance: Provenance, previous: Manifest) -> Bump:
    """Compare a candidate with an earlier version.

    What is unknown on either side, as for an adopted model, is not compared.

    Args:
        info: What the candidate's SavedModel says.
        provenance: What the candidate was made from.
        previous: The version to compare with.
    """
    if broken := tuple(breaks(info.signatures, previous.signatures)):
        return Bump("major", broken)
    if changes := tuple(_changes(info, provenance, previous)):
        return Bump("minor", changes)
    return Bump("patch", (_patch_reason(provenance, previous.provenance),))


def next_version(base: str, level: Level, used: Collection[str]) -> str:
    """Return the smallest unused version above `base` at a level."""
    version = semver.Version.parse(base)
    while True:
        version = getattr(version, f"bump_{level}")()
        if str(version) not in used:
            return str(version)


def check_semantic_version(text: str) -> str:
    """Return `text` if it is a semantic version (semver.org 2.0.0).

    Raises:
        InvalidNameError: If it is not.
    """
    if not semver.Version.is_valid(text):
        msg = f"{text!r} is no semantic version: write three numbers such as 2.0.0"
        raise InvalidNameError(msg)
    return text


def _changes(info: SavedModelInfo, provenance: Provenance, previous: Manifest) -> Iterator[str]:
    yield from additions(info.signatures, previous.signatures)
    if info.structure != previous.structure or info.variables != previous.variables:
        yield f"graph changed: {_briefly(weight_changes(info.variables, previous.variables))}"
    before = previous.provenance
    if _differ(provenance.preprocessing, before.preprocessing):
        yield "preprocessing graph changed"
    if provenance.data and before.data and _differ(provenance.data.schema, before.data.schema):
        yield "feature schema changed"
    if provenance.code and before.code:
        yield from _code_changes(provenance.code, before.code)
    if before.run is not None:
        yield from setting_changes("", provenance.hyperparameters, before.hyperparameters)
        yield from setting_changes("train_args.", provenance.train_args, before.train_args)
        yield from setting_changes("eval_args.", provenance.eval_args, before.eval_args)


def _code_changes(now: Code, before: Code) -> Iterator[str]:
    if _differ(now.module_digest, before.module_digest):
        yield "training code changed"
    # An empty list may also be that of a manifest from before there were lists.
    elif now.files and before.files:
        names = tuple(
            name
            for name in sorted({*now.files, *before.files})
            if name not in now.files
            or name not in before.files
            or now.files[name].digest != before.files[name].digest
        )
        if names:
            yield f"training code changed beside the module: {_briefly(names)}"


def additions(now: Mapping[str, Signature], before: Mapping[str, Signature]) -> Iterator[str]:
    """Yield a line for everything that clients may use in one version's signatures and could not in another's.

    Args:
        now: The signatures that may have gained something, by name.
        before: The others.
    """
    for name, new in now.items():
        old = before.get(name)
        if old is None:
            yield f"signature {name} is new"
            continue
        for output in new.outputs:
            if output not in old.outputs:
                yield f"signature {name} gained output {output}"
        for key in new.inputs:
            if key not in old.inputs and key in new.optional_inputs:
                yield f"signature {name} gained optional input {key}"


def weight_changes(now: Mapping[str, TensorSpec], before: Mapping[str, TensorSpec]) -> tuple[str, ...]:
    """Tell which weights were reshaped, added and removed, a line each.

    Args:
        now: Type and shape of each weight by its checkpoint key.
        before: The same of the version to compare with.
    """
    found = [
        f"{_plain(name)} from {before[name]} to {now[name]}"
        for name in now
        if name in before and now[name] != before[name]
    ]
    found += [f"{_plain(name)} added" for name in now if name not in before]
    found += [f"{_plain(name)} removed" for name in before if name not in now]
    return tuple(found)


def _briefly(found: tuple[str, ...]) -> str:
    if not found:
        return "same weights, other operations"
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return ", ".join(found[:_NAMED]) + more


def _plain(key: str) -> str:
    return key.removesuffix("/.ATTRIBUTES/VARIABLE_VALUE")


def setting_changes(prefix: str, now: Mapping[str, Any], before: Mapping[str, Any]) -> Iterator[str]:
    """Yield a line for every setting that was added, taken away or changed.

    Args:
        prefix: What stands before each name.
        now: The settings by name.
        before: Those of the version to compare with.
    """
    for key in sorted({*now, *before}):
        if key not in before:
            yield f"{prefix}{key} set to {now[key]}"
        elif key not in now:
            yield f"{prefix}{key} no longer set (was {before[key]})"
        elif now[key] != before[key]:
            yield f"{prefix}{key} changed from {before[key]} to {now[key]}"


def _differ(now: str | None, before: str | None) -> bool:
    return now is not None and before is not None and now != before


def _patch_reason(now: Provenance, before: Provenance) -> str:
    if now.data and before.data and _differ(now.data.digest, before.data.digest):
        return f"training data changed{_span_change(now.data, before.data)}"
    if None not in (now.seed, before.seed) and now.seed != before.seed:
        return f"only weights changed (seed {before.seed} to {now.seed})"
    return "only weights changed"


def _span_change(now: DataSource, before: DataSource) -> str:
    if now.span == before.span or None in (now.span, before.span):
        return ""
    return f" (span {before.span} to {now.span})"
