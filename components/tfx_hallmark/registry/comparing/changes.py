"""What changed from the first of several versions to another, in words, part by part."""

from collections.abc import Iterator, Mapping

import msgspec

from tfx_hallmark.registry.bump import Level, additions, infer_bump, setting_changes, weight_changes
from tfx_hallmark.registry.comparing.code_change import code_changes
from tfx_hallmark.registry.comparing.data_change import data_change
from tfx_hallmark.registry.comparing.reading import Stored
from tfx_hallmark.registry.comparing.schema_change import schema_changes
from tfx_hallmark.registry.compatibility import breaks
from tfx_hallmark.registry.manifest import Code, DataSource, Manifest, Provenance
from tfx_hallmark.registry.savedmodel import SavedModelInfo, Signature
from tfx_hallmark.registry.serving.text_format import TextFormatError


class SignatureChange(msgspec.Struct, frozen=True):
    """One change of what clients send and get back.

    Attributes:
        text: In words.
        breaks: Whether a client of the first version may break by it.
    """

    text: str
    breaks: bool


class Changes(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What changed from the first version to another. A part that is empty did not change.

    Attributes:
        version: The other version.
        same_content: Whether both are the same model to the byte.
        level: By how much a version number would go up from the first to this one.
        data: Whether it was trained on the same data, in one line.
        schema: Features added, removed and changed.
        signatures: What clients send and get back.
        structure: Weights added, removed and reshaped, and the operations between them.
        code: Training module, git commit, and what was not committed.
        settings: Hyperparameters, arguments of the Trainer and seed, where both versions have them on record.
        packages: How many packages were added, removed and changed, in one line; empty if none was.
    """

    version: str
    same_content: bool = False
    level: Level = "patch"
    data: str
    schema: tuple[str, ...] = ()
    signatures: tuple[SignatureChange, ...] = ()
    structure: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    packages: str = ""

    @property
    def step(self) -> str:
        """What kind of step it is: `patch`, `minor`, `major`, or `the same model`."""
        return "the same model" if self.same_content else self.level

    @property
    def lines(self) -> tuple[tuple[str, str], ...]:
        """What changed, a line each with the part that it is about; of the data always one."""
        parts = {
            "data": (self.data,),
            "schema": self.schema,
            "signatures": tuple(
                f"{one.text}{' (breaks clients)' if one.breaks else ''}" for one in self.signatures
            ),
            "structure": self.structure,
            "code": self.code,
            "settings": self.settings,
            "packages": (self.packages,) if self.packages else (),
        }
        return tuple((part, line) for part, lines in parts.items() for line in lines)


def changes(before: Manifest, now: Manifest, stored_before: Stored, stored_now: Stored) -> Changes:
    """Tell what changed from one version to another.

    Args:
        before: The manifest of the first.
        now: The manifest of the other.
        stored_before: What is stored of the first.
        stored_now: What is stored of the other.
    """
    old, new = before.provenance, now.provenance
    return Changes(
        version=now.version,
        same_content=before.digest == now.digest,
        level=_level(before, now),
        data=data_change(old.data, new.data),
        schema=tuple(_schema(old.data, new.data, stored_before, stored_now)),
        signatures=tuple(_signatures(now.signatures, before.signatures)),
        structure=tuple(_structure(before, now)),
        code=tuple(_code(old.code, new.code, stored_before, stored_now)),
        settings=tuple(_settings(old, new)),
        packages=_packages(stored_before.packages, stored_now.packages),
    )


def _level(before: Manifest, now: Manifest) -> Level:
    info = SavedModelInfo(
        signatures=dict(now.signatures),
        structure=now.structure,
        variables=dict(now.variables),
        tags=(),
        tensorflow_version=now.tensorflow_version,
    )
    made_from, old = now.provenance, before.provenance
    if made_from.run is None:
        # Without a run the settings are unknown, as of an adopted model, and what is unknown did not change.
        made_from = msgspec.structs.replace(
            made_from,
            hyperparameters=old.hyperparameters,
            train_args=old.train_args,
            eval_args=old.eval_args,
        )
    return infer_bump(info, made_from, before).level


def _signatures(now: Mapping[str, Signature], before: Mapping[str, Signature]) -> Iterator[SignatureChange]:
    yield from (SignatureChange(text, breaks=True) for text in breaks(now, before))
    yield from (SignatureChange(text, breaks=False) for text in additions(now, before))


def _structure(before: Manifest, now: Manifest) -> Iterator[str]:
    found = weight_changes(now.variables, before.variables)
    yield from (f"weight {change}" for change in found)
    if before.structure != now.structure and not found:
        yield "same weights, other operations"
    old, new = before.provenance.preprocessing, now.provenance.preprocessing
    if old and new and old != new:
        yield "another preprocessing graph"


def _code(before: Code | None, now: Code | None, stored_before: Stored, stored_now: Stored) -> Iterator[str]:
    if before is not None and now is not None:
        yield from code_changes(before, now, stored_before, stored_now)


def _settings(before: Provenance, now: Provenance) -> Iterator[str]:
    if before.run is None or now.run is None:
        return
    yield from setting_changes("", now.hyperparameters, before.hyperparameters)
    yield from setting_changes("train_args.", now.train_args, before.train_args)
    yield from setting_changes("eval_args.", now.eval_args, before.eval_args)
    if now.seed != before.seed:
        yield f"seed {_shown(before.seed)} -> {_shown(now.seed)}"


def _shown(seed: int | None) -> str:
    return "unknown" if seed is None else str(seed)


def _packages(before: Mapping[str, str] | None, now: Mapping[str, str] | None) -> str:
    if before is None or now is None or before == now:
        return ""
    counts = {
        "added": len(now.keys() - before.keys()),
        "removed": len(before.keys() - now.keys()),
        "changed": sum(now[name] != version for name, version in before.items() if name in now),
    }
    return ", ".join(f"{count} {what}" for what, count in counts.items() if count)


def _schema(
    before: DataSource | None, now: DataSource | None, stored_before: Stored, stored_now: Stored
) -> Iterator[str]:
    if before is None or now is None or before.schema is None or before.schema == now.schema:
        return
    old, new = stored_before.schema_text, stored_now.schema_text
    if now.schema is None or old is None or new is None:
        yield "another schema; its text is not recorded for both" if now.schema else "not recorded"
        return
    try:
        yield from schema_changes(old, new) or ("the same features, written differently",)
    except TextFormatError as error:
        yield f"another schema, which cannot be read ({error})"
