"""The part of a graph node that belongs to the architecture, as canonical bytes."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from blake3 import blake3

from tfx_hallmark.registry.savedmodel import protos

# What differs between two exports of one architecture: names of resources, of scopes and of dataset steps,
# how the runtime should run, and random seeds.
_VOLATILE_ATTRIBUTES = frozenset(
    {
        "config", "config_proto", "container", "debug_name", "executor_type", "frame_name", "metadata",
        "seed", "seed2", "shared_name",
    }
)  # fmt: skip

# Constants that say what is done rather than with which numbers: axes, shapes and permutations are int32,
# and the names of the features that are parsed out of a tf.Example are strings.
_PARSING_OPS = frozenset({"ParseExample", "ParseExampleV2", "ParseSequenceExample", "ParseSequenceExampleV2"})
_SEEDED_OPS = ("StatelessRandom", "StatelessTruncated", "StatelessMultinomial", "StatelessShuffle")
_MOST_VALUES = 64


def digest(*parts: bytes) -> bytes:
    """Hashes parts so that no two lists of parts read alike."""
    return blake3(b"".join(len(part).to_bytes(8, "little") + part for part in parts)).digest()


def node_bytes(node: Any, functions: Mapping[str, bytes]) -> bytes:
    """Gives a `NodeDef`'s op and attributes, without its names, seeds, tensor values and place.

    Attributes whose name starts with `_` are notes of the Python front end and of graph passes.

    Args:
        node: The message.
        functions: The digest that stands for each function, by the function's name.
    """
    parts = [functions.get(node.op, node.op.encode())]
    for name in sorted(node.attr):
        if not name.startswith("_") and name not in _VOLATILE_ATTRIBUTES:
            parts += (name.encode(), _attribute_bytes(node.attr[name], functions))
    return digest(*parts)


def constant_value(node: Any) -> bytes | None:
    """Gives the value of a `Const` node if it can be part of the architecture, else None.

    Only int32 and string constants of at most 64 values can; `keeps_value` tells where they are.
    """
    tensor = node.attr["value"].tensor
    count = math.prod(max(dim.size, 0) for dim in tensor.tensor_shape.dim)
    if count > _MOST_VALUES:
        return None
    if tensor.dtype == protos.DT_STRING:
        # A tail of equal values is stored once (tensorflow/core/framework/tensor.proto).
        return digest(*_filled(list(tensor.string_val), count))
    if tensor.dtype == protos.DT_INT32:
        values = [value.to_bytes(4, "little", signed=True) for value in tensor.int_val]
        return bytes(tensor.tensor_content) or b"".join(_filled(values, count))
    return None


def keeps_value(op: str, dtype: int) -> bool:
    """Tells whether an input of the type `dtype` that is constant is part of what a node of kind `op` does.

    Everything that training or analysis computes (floating-point and int64 constants, vocabularies, paths)
    is not, nor is the seed of a random op.
    """
    if dtype == protos.DT_STRING:
        return op in _PARSING_OPS
    return not op.startswith(_SEEDED_OPS)


def called_functions(node: Any, library: Mapping[str, Any]) -> Iterator[str]:
    """Gives the names of the library's functions that a node refers to, as its op or in its attributes."""
    if node.op in library:
        yield node.op
    pending = list(node.attr.values())
    while pending:
        value = pending.pop()
        kind = value.WhichOneof("value")
        references = [value.func] if kind == "func" else list(value.list.func) if kind == "list" else []
        for reference in references:
            if reference.name in library:
                yield reference.name
            pending.extend(reference.attr.values())


def _filled(values: list[bytes], count: int) -> list[bytes]:
    return values + values[-1:] * (count - len(values))


def _attribute_bytes(value: Any, functions: Mapping[str, bytes]) -> bytes:
    kind = value.WhichOneof("value") or ""
    if kind == "func":
        return digest(b"func", _reference_bytes(value.func, functions))
    if kind == "tensor":
        return digest(b"tensor", _tensor_bytes(value.tensor))
    if kind == "list" and (value.list.func or value.list.tensor):
        members = [_reference_bytes(reference, functions) for reference in value.list.func]
        return digest(b"list", *members, *(_tensor_bytes(tensor) for tensor in value.list.tensor))
    return value.SerializeToString(deterministic=True)  # type: ignore[no-any-return]


def _reference_bytes(reference: Any, functions: Mapping[str, bytes]) -> bytes:
    parts = [functions.get(reference.name, reference.name.encode())]
    for name in sorted(reference.attr):
        if not name.startswith("_"):
            parts += (name.encode(), _attribute_bytes(reference.attr[name], functions))
    return digest(*parts)


def _tensor_bytes(tensor: Any) -> bytes:
    shape: bytes = tensor.tensor_shape.SerializeToString(deterministic=True)
    return digest(str(tensor.dtype).encode(), shape)
