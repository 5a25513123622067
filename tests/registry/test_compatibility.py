"""What breaks the clients of what is stable, and what the gate and the semantic version make of it."""

import itertools
import math
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.saved_models import copy_saved_model
from tfx_hallmark.registry.compatibility import answer_failures, breaks
from tfx_hallmark.registry.gate import decide
from tfx_hallmark.registry.golden import GoldenPredictions, GoldenTensor
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.savedmodel import Signature, TensorSpec
from tfx_hallmark.registry.verdict import Evaluation, Replay, Verdict, VersionAt

PREDICT = "tensorflow/serving/predict"
SIZES = (1, 2)  # that a specification may fix
TENSORS = [
    (dtype, shape)
    for dtype in ("float32", "string")
    for rank in range(3)
    for shape in itertools.product((*SIZES, 3), repeat=rank)
]
SPECS = st.builds(
    TensorSpec,
    st.sampled_from(["float32", "string"]),
    st.none() | st.lists(st.none() | st.sampled_from(SIZES), max_size=2).map(tuple),
)
TENSORS_BY_NAME = st.dictionaries(st.sampled_from(["x", "y"]), SPECS)


@st.composite
def signatures(draw: Any) -> Signature:
    inputs = draw(TENSORS_BY_NAME)
    optional = draw(st.sets(st.sampled_from(sorted(inputs)))) if inputs else set()
    method = draw(st.sampled_from([PREDICT, "tensorflow/serving/classify"]))
    return Signature(inputs, draw(TENSORS_BY_NAME), method, tuple(sorted(optional)))


def is_of(tensor: tuple[str, tuple[int, ...]], spec: TensorSpec) -> bool:
    dtype, shape = tensor
    if dtype != spec.dtype or (spec.shape is not None and len(shape) != len(spec.shape)):
        return False
    return spec.shape is None or all(
        want in (None, size) for size, want in zip(shape, spec.shape, strict=True)
    )


def all_of_one_are_of_the_other(one: TensorSpec, other: TensorSpec) -> bool:
    return all(is_of(tensor, other) for tensor in TENSORS if is_of(tensor, one))


def requests(signature: Signature) -> Iterator[set[str]]:
    """Gives every choice of inputs that the signature answers."""
    required = set(signature.inputs) - set(signature.optional_inputs)
    for count in range(len(signature.optional_inputs) + 1):
        for chosen in itertools.combinations(signature.optional_inputs, count):
            yield required | set(chosen)


def serves_clients_of(new: Signature, old: Signature) -> bool:
    """Tries every request that the old one answers, on the new one, and every answer of that."""
    accepted = list(requests(new))
    return (
        new.method_name == old.method_name
        and all(names in accepted for names in requests(old))
        and all(all_of_one_are_of_the_other(spec, new.inputs[name]) for name, spec in old.inputs.items())
        and all(name in new.outputs for name in old.outputs)
        and all(all_of_one_are_of_the_other(new.outputs[name], spec) for name, spec in old.outputs.items())
    )


@given(st.tuples(signatures(), signatures()) | signatures().map(lambda one: (one, one)))
def test_what_breaks_is_what_some_request_or_answer_breaks(pair: tuple[Signature, Signature]) -> None:
    new, old = pair
    assert (not list(breaks({"s": new}, {"s": old}))) == serves_clients_of(new, old)


@given(signatures(), st.data())
def test_one_thing_that_is_loosened_or_tightened_is_told_rightly(old: Signature, data: st.DataObject) -> None:
    field = data.draw(st.sampled_from(["inputs", "outputs"]))
    specs = dict(getattr(old, field))
    name = data.draw(st.sampled_from(["x", "y"]))
    change = data.draw(SPECS | st.none())
    if change is None:
        specs.pop(name, None)
    else:
        specs[name] = change
    new = msgspec.structs.replace(old, **{field: specs})
    kept = tuple(key for key in new.optional_inputs if key in new.inputs)
    new = msgspec.structs.replace(new, optional_inputs=kept)
    assert (not list(breaks({"s": new}, {"s": old}))) == serves_clients_of(new, old)


@given(st.dictionaries(st.sampled_from("abc"), signatures()), signatures())
def test_a_new_signature_breaks_nothing_and_a_missing_one_does(
    before: dict[str, Signature], added: Signature
) -> None:
    assert list(breaks({**before, "new": added}, before)) == []
    assert list(breaks(before, {**before, "old": added})) == ["signature old is gone"]


def signature(**fields: Any) -> Signature:
    parts = {"inputs": {"x": spec(None, 3)}, "outputs": {"y": spec(None, 1)}, "method_name": PREDICT}
    return Signature(**{**parts, **fields})


def spec(*shape: int | None, dtype: str = "float32") -> TensorSpec:
    return TensorSpec(dtype, shape)


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        (
            signature(method_name="tensorflow/serving/classify"),
            f"signature s changed its method from {PREDICT} to tensorflow/serving/classify",
        ),
        (signature(outputs={"score": spec(None, 1)}), "signature s lost output y"),
        (
            signature(inputs={"x": spec(None, 3), "z": spec()}),
            "signature s requires a new input z",
        ),
        (
            signature(inputs={"x": spec(None, 4)}),
            "signature s changed input x from float32[?, 3] to float32[?, 4]",
        ),
        (
            signature(outputs={"y": spec(None, None)}),
            "signature s changed output y from float32[?, 1] to float32[?, ?]",
        ),
        (
            signature(outputs={"y": spec(None, 1, dtype="string")}),
            "signature s changed output y from float32[?, 1] to string[?, 1]",
        ),
    ],
)
def test_each_break_is_told_in_the_words_of_the_documentation(now: Signature, reason: str) -> None:
    assert list(breaks({"s": now}, {"s": signature()})) == [reason]


def test_an_input_that_lost_its_default_breaks_those_who_left_it_out() -> None:
    optional = signature(optional_inputs=("x",))
    assert list(breaks({"s": signature()}, {"s": optional})) == [
        "signature s requires input x, which was optional"
    ]
    assert list(breaks({"s": optional}, {"s": signature()})) == []


# The gate, with real models: two_signatures answers `raw` and `serving_default`, linear another `serving_default`.

BROKEN = (
    "signature raw is gone",
    "signature serving_default lost input examples",
    "signature serving_default requires a new input x",
    "signature serving_default lost output score",
)
Evaluate = Callable[..., Evaluation]


@pytest.fixture
def stable(model: Model, tmp_path: Path) -> Model:
    """The model with `two_signatures` as 1.0.0, stable."""
    candidate = copy_saved_model("two_signatures", tmp_path / "stable")
    model.push_unchecked(candidate, model.tag(candidate).version, reason="a test")
    return model


@pytest.fixture
def linear(tmp_path: Path) -> Path:
    return copy_saved_model("linear", tmp_path / "linear")


def better(make_evaluation: Evaluate, model: Model, **fields: Any) -> Evaluation:
    return msgspec.structs.replace(make_evaluation(0.9, baseline=model.stable()), **fields)


def codes(verdict: Verdict) -> list[str]:
    return [reason.code for reason in verdict.reasons]


def test_a_better_model_that_breaks_clients_is_refused_with_every_break(
    stable: Model, linear: Path, make_evaluation: Evaluate
) -> None:
    tagged = stable.tag(linear)
    verdict = stable.push(linear, tagged.version, better(make_evaluation, stable)).verdict
    assert codes(verdict) == ["breaking_change"] * 4
    assert tuple(reason.text for reason in verdict.reasons) == tuple(
        f"breaking change: {line}" for line in BROKEN
    )
    assert verdict.allowed_breaks == ()
    assert stable.state.stable_at.version == "1.0.0"
    assert not (stable.path / "2").exists()
    assert stable.version(tagged.version).verdict == verdict


def test_the_version_is_major_for_the_same_reasons(stable: Model, linear: Path) -> None:
    tagged = stable.tag(linear)
    assert (tagged.version, tagged.manifest.bump, tagged.manifest.reasons) == ("2.0.0", "major", BROKEN)


def test_a_break_that_a_person_allows_is_published_and_kept_on_record(
    stable: Model, linear: Path, make_evaluation: Evaluate
) -> None:
    version = stable.tag(linear).version
    evaluation = better(make_evaluation, stable, allow_breaking=True)
    push = stable.push(linear, version, evaluation)
    assert codes(push.verdict) == ["better"]
    assert push.verdict.allowed_breaks == BROKEN
    assert stable.version("stable").verdict.allowed_breaks == BROKEN
    assert stable.state.labels["stable"] == push.release == 2


def test_a_candidate_that_is_no_better_is_refused_though_breaks_are_allowed(
    stable: Model, linear: Path, make_evaluation: Evaluate
) -> None:
    evaluation = make_evaluation(0.55, baseline=stable.stable())
    evaluation = msgspec.structs.replace(evaluation, allow_breaking=True)
    verdict = stable.push(linear, stable.tag(linear).version, evaluation).verdict
    assert codes(verdict) == ["not_better"]
    assert verdict.allowed_breaks == ()


def test_what_counts_is_what_is_stable_at_the_commit_not_when_it_was_tagged(
    model: Model, linear: Path, tmp_path: Path, make_evaluation: Evaluate
) -> None:
    first = model.tag(linear).version
    candidate = copy_saved_model("two_signatures", tmp_path / "other")
    model.push_unchecked(candidate, model.tag(candidate).version, reason="a test")
    verdict = model.push(linear, first, better(make_evaluation, model)).verdict
    assert (first, codes(verdict)) == ("1.0.0", ["breaking_change"] * 4)


def test_while_nothing_is_stable_nothing_breaks(
    model: Model, linear: Path, make_evaluation: Evaluate
) -> None:
    verdict = model.push(linear, model.tag(linear).version, make_evaluation(0.9)).verdict
    assert (codes(verdict), verdict.allowed_breaks) == (["first_version"], ())


def test_a_canary_is_held_to_the_clients_of_stable_too(
    stable: Model, linear: Path, make_evaluation: Evaluate
) -> None:
    version = stable.tag(linear).version
    refused = stable.push(linear, version, better(make_evaluation, stable), label="canary")
    assert codes(refused.verdict) == ["breaking_change"] * 4
    assert "canary" not in stable.state.labels


def test_a_break_allowed_for_a_canary_need_not_be_allowed_again_when_it_is_promoted(
    stable: Model, linear: Path, make_evaluation: Evaluate
) -> None:
    version = stable.tag(linear).version
    stable.push(linear, version, better(make_evaluation, stable, allow_breaking=True), label="canary")
    assert stable.state.stable_at.version == "1.0.0"
    stable.promote(version, "stable", reason="the clients have moved")
    assert stable.state.stable_at.version == version


def test_what_is_pushed_past_the_gate_says_what_it_breaks(stable: Model, linear: Path) -> None:
    push = stable.push_unchecked(linear, stable.tag(linear).version, reason="urgent")
    assert push.verdict.passed
    assert push.verdict.allowed_breaks == BROKEN


def test_going_back_to_what_served_before_asks_nothing(stable: Model, linear: Path) -> None:
    stable.push_unchecked(linear, stable.tag(linear).version, reason="urgent")
    stable.rollback(reason="clients fail")
    assert stable.state.stable_at.version == "1.0.0"


def test_a_model_with_the_same_signatures_breaks_nothing(
    model: Model, make_candidate: Callable[[int], Path], make_evaluation: Evaluate
) -> None:
    model.push(make_candidate(1), model.tag(make_candidate(1)).version, make_evaluation(0.6))
    version = model.tag(make_candidate(2)).version
    verdict = model.push(make_candidate(2), version, better(make_evaluation, model)).verdict
    assert (version, codes(verdict), verdict.allowed_breaks) == ("1.0.1", ["better"], ())


# Golden requests.


def test_a_failed_request_is_an_objection_that_counts_requests_and_quotes_the_first(
    stable: Model, tmp_path: Path, make_evaluation: Evaluate
) -> None:
    replay = Replay(requests=16, failures=("output score is missing", "output total is missing"))
    verdict = push_replayed(stable, tmp_path, better(make_evaluation, stable, replay=replay))
    assert [(reason.code, reason.text) for reason in verdict.reasons] == [
        ("requests_fail", "16 requests that 1.0.0 answers fail: output score is missing (and 1 more)")
    ]
    assert verdict.replay == replay


@pytest.mark.parametrize("replay", [None, Replay(requests=0, note="1.0.0 has none"), Replay(requests=16)])
def test_requests_that_were_not_sent_or_were_answered_refuse_nothing(
    stable: Model, tmp_path: Path, make_evaluation: Evaluate, replay: Replay | None
) -> None:
    verdict = push_replayed(stable, tmp_path, better(make_evaluation, stable, replay=replay))
    assert (codes(verdict), verdict.replay) == (["better"], replay)


def test_failed_requests_that_a_person_allows_are_kept_on_record(
    stable: Model, tmp_path: Path, make_evaluation: Evaluate
) -> None:
    replay = Replay(requests=1, failures=("output score is missing",))
    evaluation = better(make_evaluation, stable, replay=replay, allow_breaking=True)
    verdict = push_replayed(stable, tmp_path, evaluation)
    assert verdict.passed
    assert verdict.allowed_breaks == ("1 requests that 1.0.0 answers fail: output score is missing",)


def push_replayed(model: Model, tmp_path: Path, evaluation: Evaluation) -> Verdict:
    candidate = copy_saved_model("two_signatures", tmp_path / "again")
    (candidate / "assets").mkdir(exist_ok=True)
    (candidate / "assets" / "more.txt").write_text("other content")
    return model.push(candidate, model.tag(candidate).version, evaluation).verdict


@hypothesis.settings(suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture])
@given(
    accuracy=st.floats(0, 1),
    broken=st.lists(st.sampled_from(BROKEN), max_size=2).map(tuple),
    replay=st.none() | st.builds(Replay, requests=st.just(3), failures=st.sampled_from([(), ("it fails",)])),
)
def test_allowing_breaks_lets_through_exactly_what_would_pass_without_them(
    make_evaluation: Evaluate, accuracy: float, broken: tuple[str, ...], replay: Replay | None
) -> None:
    first = VersionAt("1.0.0", 1, "b3:1")
    sent = msgspec.structs.replace(make_evaluation(accuracy, baseline=first), replay=replay)

    def judged(evaluation: Evaluation, told: tuple[str, ...]) -> Verdict:
        return decide(
            model="m", version="2.0.0", digest="b3:", stable=first, quarantined=None, breaks=told,
            evaluation=evaluation, evidence="b3:e",
        )  # fmt: skip

    unbroken = judged(msgspec.structs.replace(sent, replay=None), ())
    allowed = judged(msgspec.structs.replace(sent, allow_breaking=True), broken)
    strict = judged(sent, broken)
    failed = replay is not None and bool(replay.failures)
    assert allowed.passed == unbroken.passed
    assert strict.passed == (unbroken.passed and not broken and not failed)
    assert len(allowed.allowed_breaks) == (len(broken) + failed if allowed.passed else 0)


def floats(*values: float, shape: tuple[int, ...] | None = None) -> GoldenTensor:
    data = struct.pack(f"<{len(values)}f", *values)
    return GoldenTensor(dtype="float32", shape=shape or (len(values),), data=data)


def golden(**outputs: GoldenTensor) -> GoldenPredictions:
    return GoldenPredictions(
        signature="serving_default", split="eval", inputs={"x": floats(0, 0)}, outputs=outputs
    )


@pytest.mark.parametrize(
    ("answer", "failures"),
    [
        (floats(1, 2), ()),
        (floats(-50, 1e9), ()),
        (floats(1, math.nan), ("output y has no finite number in 1 of 2 places that had one",)),
        (floats(math.inf, -math.inf), ("output y has no finite number in 2 of 2 places that had one",)),
        (floats(1, 2, shape=(2, 1)), ("output y has the shape [2, 1], not [2]",)),
        (
            GoldenTensor(dtype="string", shape=(2,), strings=(b"a", b"b")),
            ("output y is of type string, not float32",),
        ),
    ],
)
def test_answers_must_have_the_form_of_the_kept_ones_and_may_have_other_numbers(
    answer: GoldenTensor, failures: tuple[str, ...]
) -> None:
    assert answer_failures(golden(y=floats(1, 2)), {"y": answer}) == failures


def test_every_output_that_is_missing_is_told_and_a_further_one_is_not() -> None:
    kept = golden(y=floats(1, 2), z=floats(3, 4))
    assert answer_failures(kept, {"new": floats(1)}) == ("output y is missing", "output z is missing")


def test_what_was_no_finite_number_before_may_stay_so() -> None:
    kept = golden(y=floats(math.nan, math.inf, 1))
    assert answer_failures(kept, {"y": floats(math.inf, math.nan, 2)}) == ()


def test_other_strings_are_other_answers_and_no_failure() -> None:
    words = GoldenTensor(dtype="string", shape=(1,), strings=(b"adelie",))
    other = GoldenTensor(dtype="string", shape=(1,), strings=(b"gentoo",))
    assert answer_failures(golden(y=words), {"y": other}) == ()
