"""Golden predictions: kept to the bit, held against others as `numpy.allclose` does, and what differs around them."""

import math
import struct
from pathlib import Path
from typing import Any

import msgspec
import pytest
from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st

from tests.saved_models import copy_saved_model
from tfx_hallmark.registry.environments import EnvironmentDifference, environment_differences
from tfx_hallmark.registry.golden import GoldenPredictions, GoldenTensor, OutputDifference, differences, keep
from tfx_hallmark.registry.manifest import Environment, Golden
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.tree import WARMUP_FILE

NUMBERS = st.integers(-64, 64).map(float)
ODD = st.sampled_from([math.nan, math.inf, -math.inf])
INTEGERS = {
    "int8": "b", "uint8": "B", "int16": "h", "uint16": "H", "int32": "i", "uint32": "I", "int64": "q",
    "uint64": "Q", "bool": "?",
}  # fmt: skip
FLOATS = {"float16": "e", "float32": "f", "float64": "d", "double": "d"}


def tensor(dtype: str, letter: str, *values: float, shape: tuple[int, ...] | None = None) -> GoldenTensor:
    data = struct.pack(f"<{len(values)}{letter}", *values)
    return GoldenTensor(dtype=dtype, shape=shape or (len(values),), data=data)


def floats(*values: float, shape: tuple[int, ...] | None = None) -> GoldenTensor:
    return tensor("float32", "f", *values, shape=shape)


def strings(*values: bytes) -> GoldenTensor:
    return GoldenTensor(dtype="string", shape=(len(values),), strings=values)


def only(kept: GoldenTensor, found: GoldenTensor, tolerance: float = 1e-5) -> OutputDifference:
    [difference] = differences({"y": kept}, {"y": found}, tolerance=tolerance)
    return difference


PREDICTIONS = GoldenPredictions(
    signature="serving_default",
    split="eval",
    inputs={"x": floats(1, 2, 3, 4, 5, 6, shape=(2, 3)), "name": strings(b"a\x00\xff", b"")},
    outputs={"y": floats(math.nan, -0.0, shape=(2, 1)), "id": tensor("int64", "q", 2**62, -1)},
    warmup=b"requests",
)


@pytest.mark.parametrize(("dtype", "letter"), [*INTEGERS.items(), *FLOATS.items()])
def test_numbers_are_read_to_the_bit(dtype: str, letter: str) -> None:
    assert tensor(dtype, letter, 1, 0, 1).numbers == (1, 0, 1)


def test_the_upper_half_of_a_float32_is_a_bfloat16() -> None:
    halves = b"".join(struct.pack("<f", value)[2:] for value in (1.0, -2.5, math.inf))
    read = GoldenTensor(dtype="bfloat16", shape=(3,), data=halves)
    assert read.numbers == (1.0, -2.5, math.inf)


@pytest.mark.parametrize("damaged", [GoldenTensor(dtype="float32", shape=(3,), data=b"\0" * 11)])
def test_bytes_that_do_not_fit_the_shape_are_a_problem_and_no_crash(damaged: GoldenTensor) -> None:
    with pytest.raises(ValueError, match="12 bytes"):
        _ = damaged.numbers
    difference = only(damaged, floats(1, 2, 3))
    assert difference.problem.startswith("is damaged")
    assert (difference.within, difference.beyond) == (False, 3)


@given(st.integers(0, 4), st.integers(1, 3))
def test_the_first_of_a_batch_are_the_first_of_its_elements(count: int, width: int) -> None:
    values = [float(number) for number in range(4 * width)]
    names = [str(number).encode() for number in range(4 * width)]
    numbers = floats(*values, shape=(4, width)).first(count)
    words = GoldenTensor(dtype="string", shape=(4, width), strings=tuple(names)).first(count)
    assert (numbers.shape, words.shape) == ((count, width), (count, width))
    assert numbers.numbers == tuple(values[: count * width])
    assert words.strings == tuple(names[: count * width])


@given(
    st.lists(st.tuples(NUMBERS | ODD, NUMBERS | ODD), max_size=8), st.sampled_from([0.0, 2**-10, 0.25, 1.0])
)
def test_numbers_agree_as_numpys_allclose_says(pairs: list[tuple[float, float]], tolerance: float) -> None:
    def agree(kept: float, found: float) -> bool:
        if kept == found or (math.isnan(kept) and math.isnan(found)):
            return True
        return (
            math.isfinite(kept)
            and math.isfinite(found)
            and abs(found - kept) <= tolerance + tolerance * abs(kept)
        )

    kept, found = floats(*(pair[0] for pair in pairs)), floats(*(pair[1] for pair in pairs))
    difference = only(kept, found, tolerance)
    assert difference.beyond == sum(not agree(*pair) for pair in pairs)
    assert difference.within == (difference.beyond == 0)


@given(st.lists(NUMBERS | ODD, max_size=8), st.sampled_from([0.0, 1e-5]))
def test_what_is_the_same_to_the_bit_does_not_differ(values: list[float], tolerance: float) -> None:
    difference = only(floats(*values), floats(*values), tolerance)
    assert (difference.within, difference.absolute, difference.relative) == (True, 0.0, 0.0)


def test_the_greatest_differences_are_told() -> None:
    difference = only(floats(1, 100, 0), floats(1.5, 104, 0), 0.0)
    assert difference == OutputDifference(output="y", elements=3, beyond=2, absolute=4.0, relative=0.5)
    assert only(floats(0), floats(1)).relative == math.inf
    assert only(floats(1), floats(math.nan)).absolute == math.inf


@pytest.mark.parametrize(("dtype", "letter"), INTEGERS.items())
def test_whole_numbers_must_be_equal_whatever_the_tolerance(dtype: str, letter: str) -> None:
    kept, found = tensor(dtype, letter, 1, 1, 0), tensor(dtype, letter, 1, 0, 0)
    assert only(kept, found, 100.0).beyond == 1
    assert only(kept, kept, 100.0).within


def test_strings_must_be_equal() -> None:
    difference = only(strings(b"adelie", b"gentoo"), strings(b"adelie", b"chinstrap"))
    assert difference == OutputDifference(output="y", elements=2, beyond=1)


def test_elements_of_a_type_without_numbers_must_have_the_same_bytes() -> None:
    kept = GoldenTensor(dtype="complex64", shape=(2,), data=b"\1" * 16)
    found = msgspec.structs.replace(kept, data=b"\1" * 15 + b"\2")
    assert only(kept, found, 100.0) == OutputDifference(output="y", elements=2, beyond=1)
    assert only(kept, kept).within


@pytest.mark.parametrize(
    ("found", "problem"),
    [
        ({}, "is missing"),
        ({"y": tensor("float64", "d", 1, 2)}, "is of type float64, not float32"),
        ({"y": floats(1, 2, 3)}, "has the shape [3], not [2]"),
    ],
)
def test_what_cannot_be_held_against_the_kept_is_told_and_counts_as_other(
    found: dict[str, GoldenTensor], problem: str
) -> None:
    [difference] = differences({"y": floats(1, 2)}, found, tolerance=math.inf)
    assert (difference.problem, difference.beyond, difference.within) == (problem, 2, False)


def test_there_is_one_for_each_kept_output_by_name_and_none_for_others() -> None:
    kept = {"z": floats(1), "a": floats(1)}
    found = {"a": floats(1), "new": floats(1), "z": floats(1)}
    assert [one.output for one in differences(kept, found, tolerance=0)] == ["a", "z"]


def test_a_version_gives_back_its_golden_predictions_to_the_bit(model: Model, tmp_path: Path) -> None:
    candidate = copy_saved_model("linear", tmp_path / "candidate")
    version = model.tag(candidate, golden=lambda content, objects: keep(PREDICTIONS, content, objects))
    again = model.version(version.version)
    assert again.golden_predictions == PREDICTIONS
    assert again.golden_predictions.requests == 2
    assert again.manifest.golden.warmup == blake3(b"requests").hexdigest()


def test_without_predictions_the_manifest_says_why(model: Model, tmp_path: Path) -> None:
    candidate = copy_saved_model("linear", tmp_path / "candidate")
    why = "no signature takes the examples"
    version = model.tag(candidate, golden=lambda content, objects: keep(why, content, objects))
    assert version.golden_predictions is None
    assert version.manifest.golden == Golden(note=why)


def test_a_model_with_a_warm_up_file_of_its_own_gets_no_other(model: Model, tmp_path: Path) -> None:
    candidate = copy_saved_model("linear", tmp_path / "candidate")
    (candidate / WARMUP_FILE).parent.mkdir()
    (candidate / WARMUP_FILE).write_bytes(b"its own")
    version = model.tag(candidate, golden=lambda content, objects: keep(PREDICTIONS, content, objects))
    assert version.manifest.golden.warmup is None
    assert version.golden_predictions == msgspec.structs.replace(PREDICTIONS, warmup=b"")


def test_content_that_was_tagged_before_keeps_its_first_predictions(model: Model, tmp_path: Path) -> None:
    candidate = copy_saved_model("linear", tmp_path / "candidate")
    model.tag(candidate, golden=lambda content, objects: keep(PREDICTIONS, content, objects))
    asked = []
    again = model.tag(candidate, golden=lambda *_: asked.append(1))
    assert (asked, again.golden_predictions) == ([], PREDICTIONS)


# What differs from where a version was made.

HERE = Environment(
    python="3.11.7",
    platform="Linux-x86_64",
    cpus=2,
    memory=16,
    packages={"tensorflow": "2.21.0", "numpy": "2.0"},
    all_packages="b3:0",
    cpu="EPYC",
    cpu_flags=("avx2", "fma"),
    numerics={"onednn": True, "op_determinism": False},
)
INSTALLED = {"tensorflow": "2.21.0", "numpy": "2.0", "rich": "13"}


def around(
    recorded_packages: dict[str, str] | None = INSTALLED, **recorded: Any
) -> list[EnvironmentDifference]:
    made = msgspec.structs.replace(HERE, **recorded)
    return list(environment_differences(made, HERE, recorded_packages=recorded_packages, packages=INSTALLED))


def test_nothing_differs_from_the_same_place() -> None:
    assert around() == []
    assert around(recorded_packages=None) == []
    assert around(memory=1, container_image="other") == []


@pytest.mark.parametrize(
    ("recorded", "name", "before", "here"),
    [
        ({"python": "3.10.13"}, "python", "3.10.13", "3.11.7"),
        ({"platform": "Linux-aarch64"}, "platform", "Linux-aarch64", "Linux-x86_64"),
        ({"cpu": "Xeon"}, "processor", "Xeon", "EPYC"),
        ({"cpus": 8}, "cores", "8", "2"),
        ({"accelerators": ("A100", "A100")}, "accelerators", "A100, A100", ""),
        ({"driver": "550"}, "driver", "550", ""),
        ({"cpu_flags": ("avx2", "avx512f")}, "instruction sets", "avx512f", "fma"),
        ({"numerics": {"onednn": False, "unknown": True}}, "onednn", "off", "on"),
    ],
)
def test_what_bears_on_numbers_is_told(recorded: dict[str, Any], name: str, before: str, here: str) -> None:
    assert around(**recorded) == [EnvironmentDifference(name=name, recorded=before, here=here)]


def test_what_an_old_manifest_does_not_tell_is_no_difference() -> None:
    assert around(cpu=None, cpu_flags=(), numerics={}) == []


def test_packages_that_bear_on_numbers_come_first_and_others_are_told_apart() -> None:
    recorded = {"tensorflow": "2.16.2", "numpy": "2.0", "rich": "12", "attrs": "1", "tfx-hallmark": "0.1"}
    found = around(recorded, packages={"tensorflow": "2.16.2", "numpy": "2.0"})
    assert [(one.name, one.recorded, one.here, one.bearing) for one in found] == [
        ("package tensorflow", "2.16.2", "2.21.0", True),
        ("package attrs", "1", "", False),
        ("package rich", "12", "13", False),
    ]


def test_with_the_list_of_packages_lost_those_in_the_manifest_are_still_compared() -> None:
    found = around(None, packages={"tensorflow": "2.16.2", "numpy": "2.0"})
    assert [one.name for one in found] == ["package tensorflow"]
