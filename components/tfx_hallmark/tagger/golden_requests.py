"""Makes of examples what a signature takes: serialized tf.Examples, or dense inputs named as features."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from google.protobuf.message import DecodeError

from tfx_hallmark.registry.golden import GoldenTensor
from tfx_hallmark.registry.savedmodel.graph_file import read_serving_graph
from tfx_hallmark.registry.savedmodel.signature import Signature, TensorSpec

Requests = Mapping[str, GoldenTensor]

# The operations of TensorFlow and struct2tensor that take serialized protocol buffers apart.
_PARSING = (
    "ParseExample",
    "ParseSingleExample",
    "ParseSequenceExample",
    "ParseSingleSequenceExample",
    "DecodeProto",
)


class UnfitSignatureError(Exception):
    """A signature that examples cannot be sent to; says why."""


def parses_protos(model: Path) -> bool:
    """Tell whether a SavedModel's graph takes serialized protocol buffers apart, as tf.Examples."""
    graph = read_serving_graph(model).graph_def
    bodies = [graph.node, *(function.node_def for function in graph.library.function)]
    return any(node.op.startswith(_PARSING) for body in bodies for node in body)


def requests_for(signature: Signature, records: Sequence[bytes], *, parses: bool) -> Requests:
    """Make one request of each record.

    Args:
        signature: What is to be asked. All inputs are sent: TensorFlow applies no defaults in Python.
        records: Serialized records; not empty.
        parses: Whether the model takes serialized records apart.

    Returns:
        One tensor by input, with the records along the first axis.

    Raises:
        UnfitSignatureError: If the signature takes neither records nor their features.
    """
    inputs = signature.inputs
    for name, spec in inputs.items():
        if spec.encoding != "dense" or not spec.shape or spec.shape[0] is not None:
            msg = f"its input {name} is {spec}, which takes no batch of any size"
            raise UnfitSignatureError(msg)
    try:
        return _features(inputs, records)
    except UnfitSignatureError:
        only = next(iter(inputs.items())) if len(inputs) == 1 else None
        if only is None or only[1].dtype != "string" or len(only[1].shape or ()) != 1 or not parses:
            raise
    return {only[0]: GoldenTensor(dtype="string", shape=(len(records),), strings=tuple(records))}


def _features(inputs: Mapping[str, TensorSpec], records: Sequence[bytes]) -> Requests:
    import tensorflow as tf

    try:
        examples = [tf.train.Example.FromString(record).features.feature for record in records]
    except DecodeError as error:
        msg = "the examples are no tf.Examples"
        raise UnfitSignatureError(msg) from error
    if not inputs:
        msg = "it takes no input"
        raise UnfitSignatureError(msg)
    return {name: _dense(name, spec, examples) for name, spec in inputs.items()}


def _dense(name: str, spec: TensorSpec, examples: Sequence[Any]) -> GoldenTensor:
    import numpy as np
    import tensorflow as tf

    if not all(name in features for features in examples):
        msg = f"the examples have no feature {name}"
        raise UnfitSignatureError(msg)
    kinds = {features[name].WhichOneof("kind") for features in examples}
    kind = next(iter(kinds))
    if len(kinds) > 1 or not _takes(spec.dtype, kind):
        held = " or ".join(sorted(str(kind) for kind in kinds))
        msg = f"its input {name} is {spec}, and the feature of that name holds {held}"
        raise UnfitSignatureError(msg)
    rows = [list(getattr(features[name], kind).value) for features in examples]
    shape = _shape(spec, {len(row) for row in rows})
    if shape is None:
        msg = f"its input {name} is {spec}, and the feature of that name has other numbers of values"
        raise UnfitSignatureError(msg)
    whole = (len(rows), *shape)
    values = [value for row in rows for value in row]
    if spec.dtype == "string":
        return GoldenTensor(dtype="string", shape=whole, strings=tuple(values))
    data = np.array(values, dtype=tf.as_dtype(spec.dtype).as_numpy_dtype).tobytes()
    return GoldenTensor(dtype=spec.dtype, shape=whole, data=data)


def _takes(dtype: str, kind: str | None) -> bool:
    """Tell whether an input of a type takes a kind of feature; a client sends whole numbers where floats are asked."""
    import tensorflow as tf

    wanted = tf.as_dtype(dtype)
    if kind == "bytes_list":
        return bool(wanted == tf.string)
    if kind == "int64_list":
        return bool(wanted.is_integer or wanted.is_bool or wanted.is_floating)
    return bool(kind == "float_list" and wanted.is_floating)


def _shape(spec: TensorSpec, counts: set[int]) -> tuple[int, ...] | None:
    """Return the sizes of one example's part of an input; None if its values do not fill them."""
    if len(counts) != 1:
        return None
    count = next(iter(counts))
    sizes = (spec.shape or ())[1:]
    known = math.prod(size for size in sizes if size is not None)
    missing = sum(size is None for size in sizes)
    if missing > 1 or known == 0 or count % known or (missing == 0 and count != known):
        return None
    return tuple(count // known if size is None else size for size in sizes)
