"""What a Trainer is told, and the code that it runs, written down when the pipeline is defined."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from tfx_hallmark.registry.errors import ConfigError
from tfx_hallmark.registry.redaction import without_secrets
from tfx_hallmark.tagger.git import git_state, uncommitted_changes, working_tree
from tfx_hallmark.tagger.provenance import TrainingRecord
from tfx_hallmark.tagger.training_code import file_digest, pack, packed_files, source_text
from tfx_hallmark.training_log.targets import WHERE_TO_LOG


def record_of(
    given: Mapping[str, Any],
    *,
    hyperparameters: Mapping[str, Any] | None,
    seed: int | None,
    read: tuple[str, ...],
) -> TrainingRecord:
    """Write down what a Trainer is told.

    Args:
        given: The Trainer's parameters.
        hyperparameters: What to record as such in place of `custom_config`.
        seed: The random seed; by default `seed` in `custom_config`.
        read: Which of the tagger's inputs are the Trainer's own.

    Raises:
        ConfigError: If the seed is no whole number.
    """
    custom_config = _json(given, "custom_config")
    settings = dict(custom_config if hyperparameters is None else hyperparameters)
    known_seed = settings.pop("seed", custom_config.get("seed"))
    for name in WHERE_TO_LOG:  # makes no other model
        settings.pop(name, None)
    record = TrainingRecord(
        hyperparameters=settings,
        train_args=_json(given, "train_args"),
        eval_args=_json(given, "eval_args"),
        seed=_check_seed(known_seed if seed is None else seed),
        custom_config=custom_config or None,
        read=read,
    )
    module_file = module_file_of(given)
    if module_file is not None:
        return _with_module_file(record, module_file)
    if isinstance(given.get("run_fn"), str):
        return msgspec.structs.replace(record, module=given["run_fn"])
    return record


def module_file_of(given: Mapping[str, Any]) -> Path | None:
    """Return where the module file of a Trainer with these parameters lies; None if it has none on this machine."""
    named = given.get("module_file")
    return Path(named).resolve() if isinstance(named, str) and Path(named).is_file() else None


def packed_code(
    record: TrainingRecord, module_file: str | None, *, keep_sources: bool, keep_diff: bool
) -> str | None:
    """Return the code of a training as the component's parameter; None if there is none, or it is not kept.

    Args:
        record: What was written down of it.
        module_file: The module file; None if it is not known.
        keep_sources: Whether to keep the source of the module file and of the Python files beside it.
        keep_diff: Whether to keep what is not committed in the working tree.
    """
    if module_file is None:
        return None
    module = Path(module_file)
    recorded = {module.name: record.module_digest, **record.files}  # the module is the weightiest
    there = packed_files(module.parent) if keep_sources else {}
    # What was edited since it was recorded is known by its digest alone.
    same = [name for name, digest in recorded.items() if name in there and file_digest(there[name]) == digest]
    texts = [(name, source_text(there[name])) for name in same]
    dirty = keep_diff and record.git is not None and record.git.dirty
    return pack(
        [(name, text) for name, text in texts if text is not None],
        uncommitted_changes(module.parent) if dirty else None,
    )


def redacted(record: TrainingRecord) -> TrainingRecord:
    """Return the record without the values that look like secrets."""
    return msgspec.structs.replace(
        record,
        hyperparameters=without_secrets(record.hyperparameters),
        train_args=without_secrets(record.train_args),
        eval_args=without_secrets(record.eval_args),
        custom_config=None if record.custom_config is None else without_secrets(record.custom_config),
    )


def _with_module_file(record: TrainingRecord, path: Path) -> TrainingRecord:
    # Read now: this is the code that the Trainer packs, on every orchestrator.
    top = working_tree(path.parent)
    digests = {name: file_digest(file) for name, file in packed_files(path.parent).items()}
    return msgspec.structs.replace(
        record,
        module=path.name if top is None else str(path.relative_to(top)),
        module_digest=digests.pop(path.name),
        files=digests,
        git=git_state(path.parent),
    )


def _check_seed(seed: Any) -> int | None:
    if seed is not None and (not isinstance(seed, int) or isinstance(seed, bool)):
        msg = f"seed is {seed!r}: give a whole number, by seed= or as 'seed' in the Trainer's custom_config"
        raise ConfigError(msg)
    return seed


def _json(properties: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = properties.get(key)
    # A RuntimeParameter is only known when the pipeline runs.
    return dict(json.loads(value) or {}) if isinstance(value, str) else {}
