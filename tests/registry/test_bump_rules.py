from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfx_hallmark.registry.bump import LEVELS, check_semantic_version, infer_bump, next_version
from tfx_hallmark.registry.compatibility import breaks
from tfx_hallmark.registry.errors import InvalidNameError
from tfx_hallmark.registry.manifest import Code, DataSource, Manifest, Provenance, Run, SourceFile
from tfx_hallmark.registry.savedmodel import SavedModelInfo, Signature, TensorSpec

X = TensorSpec("float32", (None, 3))
Y = TensorSpec("float32", (None, 1))
FLAG = TensorSpec("bool", ())


def serving(
    inputs: dict[str, TensorSpec] | None = None,
    outputs: dict[str, TensorSpec] | None = None,
    optional: tuple[str, ...] = (),
) -> Signature:
    return Signature(inputs or {"x": X}, outputs or {"y": Y}, "tensorflow/serving/predict", optional)


def info(signature: Signature | None = None, **fields: Any) -> SavedModelInfo:
    return SavedModelInfo(
        **{
            "signatures": {"serving_default": signature or serving()},
            "structure": "s",
            "variables": {"w": TensorSpec("float32", (3, 1))},
            "tags": ("serve",),
            "tensorflow_version": "2.16.2",
            **fields,
        }
    )


MADE = Provenance(
    data=DataSource(uri="u", span="1", digest="b3:d", schema="b3:s"),
    preprocessing="p",
    code=Code(module_digest="b3:m"),
    hyperparameters={"units": 8, "rate": 0.1},
    train_args={"num_steps": 100},
    eval_args={"num_steps": 10},
    seed=1,
    run=Run(model_uri="u"),
)


def manifest(of: SavedModelInfo, made: Provenance = MADE) -> Manifest:
    return Manifest(
        model="m",
        version="1.0.0",
        tag="",
        created="",
        digest="b3:",
        size=1,
        files=(),
        signatures=of.signatures,
        variables=of.variables,
        structure=of.structure,
        bump="first",
        reasons=(),
        provenance=made,
    )


def bump_of(now: Signature, before: Signature) -> tuple[str, tuple[str, ...]]:
    bump = infer_bump(info(now), MADE, manifest(info(before)))
    return bump.level, bump.reasons


def only(**shape: Any) -> Signature:
    return serving(inputs={"x": msgspec.structs.replace(X, **shape)})


def answering(**shape: Any) -> Signature:
    return serving(outputs={"y": msgspec.structs.replace(Y, **shape)})


BOTH = serving(inputs={"x": X, "flag": FLAG})
OPTIONAL = serving(inputs={"x": X, "flag": FLAG}, optional=("flag",))


def beside(**digests: str) -> dict[str, SourceFile]:
    return {f"{name}.py": SourceFile(digest=digest) for name, digest in digests.items()}


@pytest.mark.parametrize(
    ("now", "before", "reasons"),
    [
        (beside(a="1", b="2"), beside(a="1", b="1"), "training code changed beside the module: b.py"),
        (beside(a="1", b="1"), beside(a="1"), "training code changed beside the module: b.py"),
        (beside(a="1"), beside(a="1", b="1"), "training code changed beside the module: b.py"),
        (
            beside(a="2", b="2", c="2", d="2", e="2"),
            beside(a="1", b="1", c="1", d="1", e="1"),
            "training code changed beside the module: a.py, b.py, c.py and 2 more",
        ),
        (beside(a="1"), beside(a="1"), None),
        # Nothing is known of what an older manifest does not list.
        (beside(a="1"), {}, None),
        ({}, beside(a="1"), None),
    ],
)
def test_a_file_beside_the_module_is_training_code_too(
    now: dict[str, SourceFile], before: dict[str, SourceFile], reasons: str | None
) -> None:
    def made(files: dict[str, SourceFile], digest: str = "b3:m") -> Provenance:
        return msgspec.structs.replace(MADE, code=Code(module_digest=digest, files=files))

    bump = infer_bump(info(), made(now), manifest(info(), made(before)))
    assert (bump.level, bump.reasons) == (
        ("patch", ("only weights changed",)) if reasons is None else ("minor", (reasons,))
    )
    # The module itself is named alone.
    both = infer_bump(info(), made(now, "b3:other"), manifest(info(), made(before)))
    assert both.reasons == ("training code changed",)


@pytest.mark.parametrize(
    ("now", "before", "reason"),
    [
        (serving(inputs={"z": X}), serving(), "signature serving_default lost input x"),
        (BOTH, serving(), "signature serving_default requires a new input flag"),
        (BOTH, OPTIONAL, "signature serving_default requires input flag, which was optional"),
        (serving(), BOTH, "signature serving_default lost input flag"),
        (serving(), OPTIONAL, "signature serving_default lost input flag"),
        (serving(outputs={"z": Y}), serving(), "signature serving_default lost output y"),
        (only(dtype="float64"), serving(), "changed input x from float32[?, 3] to float64[?, 3]"),
        (only(shape=(None, 4)), serving(), "changed input x from float32[?, 3] to float32[?, 4]"),
        (only(shape=(None, 3, 1)), serving(), "changed input x from float32[?, 3] to float32[?, 3, 1]"),
        (only(shape=(8, 3)), serving(), "changed input x from float32[?, 3] to float32[8, 3]"),
        (serving(), only(shape=None), "changed input x from float32 of any rank to float32[?, 3]"),
        (only(encoding="coo_sparse"), serving(), "changed input x"),
        (answering(dtype="int64"), serving(), "changed output y"),
        (answering(shape=(None,)), serving(), "changed output y from float32[?, 1] to float32[?]"),
        (answering(shape=(None, None)), serving(), "changed output y from float32[?, 1] to float32[?, ?]"),
        (answering(shape=None), serving(), "changed output y from float32[?, 1] to float32 of any rank"),
    ],
)
def test_a_client_may_break_so_it_is_major(now: Signature, before: Signature, reason: str) -> None:
    level, reasons = bump_of(now, before)
    assert level == "major"
    assert any(reason in line for line in reasons)


@pytest.mark.parametrize(
    ("now", "before"),
    [
        (only(shape=(None, None)), serving()),
        (only(shape=None), serving()),
        (serving(), only(shape=(8, 3))),
        (answering(shape=(8, 1)), serving()),
        (serving(), answering(shape=None)),
        (OPTIONAL, BOTH),
    ],
)
def test_what_takes_or_promises_more_breaks_no_client(now: Signature, before: Signature) -> None:
    assert bump_of(now, before)[0] != "major"


def test_another_method_is_major() -> None:
    regress = Signature({"x": X}, {"y": Y}, "tensorflow/serving/regress")
    assert bump_of(regress, serving()) == (
        "major",
        (
            "signature serving_default changed its method from tensorflow/serving/predict"
            " to tensorflow/serving/regress",
        ),
    )


def test_a_renamed_output_or_input_is_a_loss_and_all_breaks_are_told_at_once() -> None:
    assert bump_of(serving(inputs={"z": X}, outputs={"score": Y}), serving()) == (
        "major",
        (
            "signature serving_default lost input x",
            "signature serving_default requires a new input z",
            "signature serving_default lost output y",
        ),
    )


SPECS = st.sampled_from([X, Y, FLAG, TensorSpec("float32", (None, None)), TensorSpec("float32", None)])
SIGNATURES = st.builds(
    lambda inputs, outputs, optional: serving(inputs, outputs, optional),
    st.dictionaries(st.sampled_from("xz"), SPECS, min_size=1),
    st.dictionaries(st.sampled_from("yw"), SPECS, min_size=1),
    st.just(()),
)
SERVED = st.dictionaries(st.sampled_from(["serving_default", "raw"]), SIGNATURES, min_size=1)


@given(SERVED, SERVED)
def test_a_version_is_major_for_exactly_what_the_gate_calls_breaks(
    now: dict[str, Signature], before: dict[str, Signature]
) -> None:
    broken = tuple(breaks(now, before))
    bump = infer_bump(info(signatures=now), MADE, manifest(info(signatures=before)))
    assert (bump.level == "major") == bool(broken)
    assert bump.reasons == (broken or bump.reasons)


@given(SERVED, SERVED)
def test_of_two_models_that_break_nothing_either_way_neither_gained_anything(
    now: dict[str, Signature], before: dict[str, Signature]
) -> None:
    one = infer_bump(info(signatures=now), MADE, manifest(info(signatures=before)))
    back = infer_bump(info(signatures=before), MADE, manifest(info(signatures=now)))
    if "major" not in (one.level, back.level):
        assert (one.level, back.level) == ("patch", "patch")


def test_a_lost_signature_is_major() -> None:
    two = info(signatures={"serving_default": serving(), "raw": serving()})
    bump = infer_bump(info(), MADE, manifest(two))
    assert (bump.level, bump.reasons) == ("major", ("signature raw is gone",))


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        (info(serving(outputs={"y": Y, "z": Y})), "signature serving_default gained output z"),
        (info(OPTIONAL), "signature serving_default gained optional input flag"),
        (info(signatures={"raw": serving(), "serving_default": serving()}), "signature raw is new"),
        (info(structure="t"), "graph changed: same weights, other operations"),
        (
            info(variables={"w": TensorSpec("float32", (3, 2))}),
            "graph changed: w from float32[3, 1] to float32[3, 2]",
        ),
        (info(variables={"w": TensorSpec("float32", (3, 1)), "b": Y}), "graph changed: b added"),
        (info(variables={}), "graph changed: w removed"),
    ],
)
def test_another_graph_or_a_wider_signature_is_minor(now: SavedModelInfo, reason: str) -> None:
    bump = infer_bump(now, MADE, manifest(info()))
    assert (bump.level, bump.reasons) == ("minor", (reason,))


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        ({"preprocessing": "q"}, "preprocessing graph changed"),
        ({"data": DataSource(uri="u", schema="b3:t")}, "feature schema changed"),
        ({"code": Code(module_digest="b3:n")}, "training code changed"),
        ({"hyperparameters": {"units": 16, "rate": 0.1}}, "units changed from 8 to 16"),
        ({"hyperparameters": {"units": 8}}, "rate no longer set (was 0.1)"),
        ({"hyperparameters": {"units": 8, "rate": 0.1, "depth": 2}}, "depth set to 2"),
        ({"train_args": {"num_steps": 200}}, "train_args.num_steps changed from 100 to 200"),
        (
            {"hyperparameters": {"units": 8, "rate": {"start": 0.1}}},
            "rate changed from 0.1 to {'start': 0.1}",
        ),
        ({"eval_args": {}}, "eval_args.num_steps no longer set (was 10)"),
    ],
)
def test_other_making_is_minor(made: dict[str, Any], reason: str) -> None:
    bump = infer_bump(info(), msgspec.structs.replace(MADE, **made), manifest(info()))
    assert (bump.level, bump.reasons) == ("minor", (reason,))


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        ({}, "only weights changed"),
        ({"seed": 2}, "only weights changed (seed 1 to 2)"),
        (
            {"data": DataSource(uri="v", span="2", digest="b3:e", schema="b3:s")},
            "training data changed (span 1 to 2)",
        ),
        ({"data": DataSource(uri="v", span="1", digest="b3:e", schema="b3:s")}, "training data changed"),
        ({"data": DataSource(uri="v", digest="b3:e", schema="b3:s")}, "training data changed"),
    ],
)
def test_other_data_or_weights_are_a_patch(made: dict[str, Any], reason: str) -> None:
    bump = infer_bump(info(), msgspec.structs.replace(MADE, **made), manifest(info()))
    assert (bump.level, bump.reasons) == ("patch", (reason,))


def test_what_is_unknown_on_one_side_is_not_compared() -> None:
    assert infer_bump(info(), MADE, manifest(info(), Provenance())).level == "patch"
    assert (
        infer_bump(info(), msgspec.structs.replace(MADE, data=None, code=None), manifest(info())).level
        == "patch"
    )


def test_a_break_outweighs_every_lesser_change() -> None:
    bump = infer_bump(info(only(dtype="int32"), structure="t"), Provenance(), manifest(info()))
    assert bump.level == "major"
    assert len(bump.reasons) == 1


NUMBERS = st.integers(0, 4)
VERSIONS = st.builds("{}.{}.{}".format, NUMBERS, NUMBERS, NUMBERS)


@given(VERSIONS, st.sampled_from(LEVELS), st.sets(VERSIONS, max_size=60))
def test_i2_the_next_version_is_the_smallest_unused_one_at_its_level(
    base: str, level: Any, used: set[str]
) -> None:
    found = next_version(base, level, used)
    assert found not in used
    at = LEVELS.index(level)
    before, after = ([int(part) for part in text.split(".")] for text in (base, found))
    assert after[:at] == before[:at]
    assert after[at] > before[at]
    assert not any(after[at + 1 :])
    for number in range(before[at] + 1, after[at]):
        assert ".".join(map(str, [*before[:at], number, *[0] * (2 - at)])) in used


@pytest.mark.parametrize("text", ["1", "1.0", "v1.0.0", "1.0.0 ", "01.0.0", "", "1.0.0\n"])
def test_what_is_no_semantic_version_is_refused(text: str) -> None:
    with pytest.raises(InvalidNameError, match=r"write three numbers such as 2\.0\.0"):
        check_semantic_version(text)
