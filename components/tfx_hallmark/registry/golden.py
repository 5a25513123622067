"""Golden predictions: a few requests, and what a version answered to them when it was tagged."""

import math
import struct
from collections.abc import Mapping, Sequence

import msgspec
from blake3 import blake3

from tfx_hallmark.registry.manifest import Golden
from tfx_hallmark.registry.objects import ObjectStore
from tfx_hallmark.registry.tree import WARMUP_FILE, ContentDigest

SCHEMA = 1
TOLERANCE = 1e-5  # by which a model's answer may differ from one machine to another
_BFLOAT16 = "bfloat16"
_FLOATS = frozenset((_BFLOAT16, "double", "float16", "float32", "float64"))
_FORMATS = {
    "bool": "?",
    "double": "d",
    "float16": "e",
    "float32": "f",
    "float64": "d",
    "int8": "b",
    "int16": "h",
    "int32": "i",
    "int64": "q",
    "uint8": "B",
    "uint16": "H",
    "uint32": "I",
    "uint64": "Q",
}


class GoldenTensor(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One tensor, to the bit.

    Attributes:
        dtype: TensorFlow's name of the type, e.g. `float32` or `string`.
        shape: Its sizes; the first is the number of examples.
        data: The numbers, little-endian, the last axis running fastest.
        strings: The elements of a tensor of strings, in the same order.
    """

    dtype: str
    shape: tuple[int, ...]
    data: bytes = b""
    strings: tuple[bytes, ...] = ()

    def first(self, count: int) -> "GoldenTensor":
        """Return the part of the first `count` examples."""
        share = math.prod(self.shape[1:]) * count
        width = len(self.data) // max(math.prod(self.shape), 1)
        return GoldenTensor(
            dtype=self.dtype,
            shape=(count, *self.shape[1:]),
            data=self.data[: share * width],
            strings=self.strings[:share],
        )

    @property
    def numbers(self) -> tuple[float, ...]:
        """The elements as numbers; empty for a tensor of strings.

        Raises:
            ValueError: If the type is none that has numbers, or the bytes do not fit the shape.
        """
        if self.dtype == "string":
            return ()
        if self.dtype == _BFLOAT16:
            # The upper half of a float32.
            halves = msgspec.structs.replace(self, dtype="uint16").numbers
            return struct.unpack(f"<{len(halves)}f", b"".join(struct.pack("<HH", 0, half) for half in halves))
        if self.dtype not in _FORMATS:
            msg = f"numbers of type {self.dtype} are unknown"
            raise ValueError(msg)
        try:
            return struct.unpack(f"<{math.prod(self.shape)}{_FORMATS[self.dtype]}", self.data)
        except struct.error as error:
            raise ValueError(str(error)) from error


class GoldenPredictions(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a version answered to a few requests when it was tagged.

    Attributes:
        schema: Version of this form.
        signature: The signature that was asked.
        split: The split that the examples were taken from.
        inputs: The requests, one tensor by input; all have the same first size.
        outputs: The answers, one tensor by output.
        warmup: The same requests as TensorFlow Serving reads them from `assets.extra/tf_serving_warmup_requests`.
    """

    schema: int = SCHEMA
    signature: str
    split: str
    inputs: Mapping[str, GoldenTensor]
    outputs: Mapping[str, GoldenTensor]
    warmup: bytes = b""

    @property
    def requests(self) -> int:
        """How many requests there are."""
        return next((tensor.shape[0] for tensor in self.inputs.values()), 0)


def keep(predictions: GoldenPredictions | str, content: ContentDigest, objects: ObjectStore) -> Golden:
    """Store golden predictions for a version; return what its manifest says of them.

    Args:
        predictions: They; or why there are none, in a sentence.
        content: The model's files. Where a warm-up file is among them, releases keep that one.
        objects: The model's objects.
    """
    if isinstance(predictions, str):
        return Golden(note=predictions)
    if any(file.path == WARMUP_FILE for file in content.files):
        predictions = msgspec.structs.replace(predictions, warmup=b"")
    warmup = blake3(predictions.warmup).hexdigest() if predictions.warmup else None
    return Golden(predictions=objects.put(predictions), warmup=warmup)


class OutputDifference(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How far one output of a model lies from what was kept.

    Attributes:
        output: Its name.
        elements: How many elements were kept.
        beyond: How many of them differ: floating-point numbers by more than the tolerance, others at all.
        absolute: The greatest difference of two numbers; None if there are none to subtract.
        relative: The greatest difference in proportion to the number kept; None as before.
        problem: Why it cannot be held against what was kept, as `is missing`; empty if it can.
    """

    output: str
    elements: int
    beyond: int = 0
    absolute: float | None = None
    relative: float | None = None
    problem: str = ""

    @property
    def within(self) -> bool:
        """Whether it is what was kept, within the tolerance."""
        return not self.problem and self.beyond == 0


def differences(
    expected: Mapping[str, GoldenTensor], found: Mapping[str, GoldenTensor], *, tolerance: float
) -> tuple[OutputDifference, ...]:
    """Hold a model's answers against those that were kept.

    Two floating-point numbers agree as with `numpy.allclose(found, expected, rtol=tolerance, atol=tolerance,
    equal_nan=True)`: if they differ by no more than `tolerance * (1 + |expected|)`, or are the same infinity, or
    are both no number. All else agrees only if it is equal. An output that was not kept is passed over.

    Args:
        expected: The outputs that were kept.
        found: The outputs to be held against them.
        tolerance: 0 asks for equal numbers.

    Returns:
        One for each output that was kept, in the order of names.
    """
    return tuple(
        _difference(name, kept, found.get(name), tolerance) for name, kept in sorted(expected.items())
    )


def _difference(
    name: str, kept: GoldenTensor, found: GoldenTensor | None, tolerance: float
) -> OutputDifference:
    elements = math.prod(kept.shape)
    problem = _problem(kept, found)
    if found is None or problem:
        return OutputDifference(output=name, elements=elements, beyond=elements, problem=problem)
    if kept.dtype != _BFLOAT16 and kept.dtype not in _FORMATS:
        beyond = sum(a != b for a, b in zip(_items(kept), _items(found), strict=True))
        return OutputDifference(output=name, elements=elements, beyond=beyond)
    try:
        pairs = list(zip(kept.numbers, found.numbers, strict=True))
    except ValueError as error:
        return OutputDifference(
            output=name, elements=elements, beyond=elements, problem=f"is damaged ({error})"
        )
    allowed = tolerance if kept.dtype in _FLOATS else 0.0
    gaps = [(_gap(a, b), abs(a)) for a, b in pairs]
    return OutputDifference(
        output=name,
        elements=elements,
        beyond=sum(_is_beyond(gap, allowed, size) for gap, size in gaps),
        absolute=float(max((gap for gap, _ in gaps), default=0.0)),
        relative=float(max((_in_proportion(gap, size) for gap, size in gaps), default=0.0)),
    )


def _problem(kept: GoldenTensor, found: GoldenTensor | None) -> str:
    if found is None:
        return "is missing"
    if found.dtype != kept.dtype:
        return f"is of type {found.dtype}, not {kept.dtype}"
    if found.shape != kept.shape:
        return f"has the shape {list(found.shape)}, not {list(kept.shape)}"
    return ""


def _gap(kept: float, found: float) -> float:
    if kept == found or (math.isnan(kept) and math.isnan(found)):
        return 0
    gap = abs(kept - found)
    return math.inf if math.isnan(gap) else gap


def _is_beyond(gap: float, allowed: float, size: float) -> bool:
    # What is infinite or no number agrees with itself alone, whatever the tolerance.
    return gap > 0 and (math.isinf(gap) or gap > allowed * (1 + size))


def _in_proportion(gap: float, size: float) -> float:
    if gap == 0:
        return 0.0
    return math.inf if size == 0 or math.isinf(gap) else gap / size


def _items(tensor: GoldenTensor) -> Sequence[bytes]:
    """Return the elements of a tensor that has no numbers, each by itself."""
    if tensor.dtype == "string":
        return tensor.strings
    size = len(tensor.data) // max(math.prod(tensor.shape), 1)
    return [tensor.data[start : start + size] for start in range(0, len(tensor.data), size or 1)]
