"""Holds the weights of two SavedModels against each other, to the bit, without TensorFlow.

`saved_model.pb` says nothing here: TensorFlow numbers functions and nodes as they come, so it differs between
trainings that are equal in every weight.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tfx_hallmark.registry.manifest import Manifest
from tfx_hallmark.registry.reproduction import WeightsCompared
from tfx_hallmark.registry.savedmodel import inspect_saved_model
from tfx_hallmark.registry.savedmodel.checkpoint_index import (
    CheckpointIndex,
    StoredTensor,
    check_shards,
    read_checkpoint_index,
)
from tfx_hallmark.registry.savedmodel.signature import TensorSpec
from tfx_hallmark.registry.tree import FileEntry, digest_tree

_WEIGHT_FILES, _ASSETS = "variables/", "assets/"
_NAMED = 20
# Numbers that NumPy can subtract; bfloat16 is no type of its.
_NUMBERS = {
    "double": "f8", "float16": "f2", "float32": "f4", "float64": "f8", "half": "f2", "int16": "i2", "int32": "i4",
    "int64": "i8", "int8": "i1", "uint8": "u1",
}  # fmt: skip


def compare_weights(manifest: Manifest, recorded: Path | None, reproduced: Path) -> WeightsCompared:
    """Compare the weights of a version with those of a second training, tensor by tensor, by name.

    Args:
        manifest: Of the version.
        recorded: Its files; None if they are gone, then its weights are known by their digests alone.
        reproduced: What the second training exported.

    Raises:
        InvalidModelError: If one of them cannot be read.
    """
    info = inspect_saved_model(reproduced)
    files = digest_tree(reproduced).files
    assets = _differing_files(manifest.files, files, _ASSETS)
    if not _differing_files(manifest.files, files, _WEIGHT_FILES):
        count = len(manifest.variables)
        return WeightsCompared(tensors=count, equal=count, largest=0.0, assets=assets)
    if recorded is None:
        return WeightsCompared(tensors=len(manifest.variables), equal=None, assets=assets)
    return _tensor_by_tensor(manifest.variables, recorded, info.variables, reproduced, assets)


def _tensor_by_tensor(
    mine: Mapping[str, TensorSpec],
    recorded: Path,
    theirs: Mapping[str, TensorSpec],
    reproduced: Path,
    assets: tuple[str, ...],
) -> WeightsCompared:
    first, second = _Tensors(recorded), _Tensors(reproduced)
    gaps: dict[str, float | None] = {name: None for name in theirs.keys() - mine.keys()}
    equal = 0
    for name, spec in mine.items():
        if theirs.get(name) != spec:
            gaps[name] = None
            continue
        a, b = first.read(name), second.read(name)
        if a is not None and a == b:
            equal += 1
        else:
            gaps[name] = _gap(spec.dtype, a, b)
    told = [gap for gap in gaps.values() if gap is not None]
    farthest = sorted(gaps, key=lambda name: (-(gaps[name] or 0.0), name))
    return WeightsCompared(
        tensors=len(mine),
        equal=equal,
        differing=tuple(farthest[:_NAMED]),
        largest=max(told, default=0.0) if len(told) == len(gaps) else None,
        assets=assets,
    )


class _Tensors:
    """The tensors of a checkpoint, read where its index says that they lie."""

    def __init__(self, model: Path) -> None:
        self._model = model
        self._index: CheckpointIndex = read_checkpoint_index(model)
        check_shards(model, self._index)
        self._files = self._index.shard_files()

    def read(self, name: str) -> bytes | None:
        """Return the bytes of a tensor; None for one that is stored in slices, under other names."""
        stored: StoredTensor = self._index.tensors[name]
        if stored.partitioned:
            return None
        with (self._model / self._files[stored.shard]).open("rb") as file:
            file.seek(stored.offset)
            return file.read(stored.size)


def _gap(dtype: str, a: bytes | None, b: bytes | None) -> float | None:
    """Return the greatest absolute difference of two tensors; None if they cannot be subtracted."""
    if a is None or b is None or dtype not in _NUMBERS or len(a) != len(b):
        return None
    import numpy

    kind = numpy.dtype(f"<{_NUMBERS[dtype]}")
    left: Any = numpy.frombuffer(a, kind).astype("f8")
    right: Any = numpy.frombuffer(b, kind).astype("f8")
    gap = float(numpy.max(numpy.abs(left - right), initial=0.0))
    return None if gap != gap else gap  # what is no number has no distance


def _differing_files(mine: Iterable[FileEntry], theirs: Iterable[FileEntry], folder: str) -> tuple[str, ...]:
    a, b = (
        {file.path: file.digest for file in files if file.path.startswith(folder)} for files in (mine, theirs)
    )
    return tuple(sorted(path for path in a.keys() | b.keys() if a.get(path) != b.get(path)))
