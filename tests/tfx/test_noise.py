"""docs/gate.md, Noise: the same improvement is noise on few examples and none on many."""

from pathlib import Path

import pytest

from tests.tfx import tiny_model
from tests.tfx.workbench import Bench, Candidate, accuracy_gate, make_examples
from tfx_hallmark.registry.verdict import Check, Verdict

SURE = {"slices": (), "slice_min_value": None, "slice_tolerance": None, "confidence": 0.95}


def pushed_on(bench: Bench, folder: Path, copies: int) -> Verdict:
    """Pushes a model that is right on four in a hundred more, evaluated on so many copies of each row."""
    records = [tiny_model.serialized(row) for row in tiny_model.rows()]
    if copies == 0:  # every fourth row; the first that only the candidate has right are among them
        records = records[::4]
    bench.examples = make_examples(folder, {"eval": records * max(copies, 1)})
    candidate = bench.tag(bench.train(16, 16, seed=copies + 1))
    bench.push(bench.evaluate(bench.hand_out_baseline(candidate), accuracy_gate(**SURE)))
    version = candidate.model_version.get_string_custom_property("version")
    verdict = bench.registered.version(version).verdict
    assert verdict is not None
    return verdict


def change_of(verdict: Verdict) -> Check:
    (change,) = [check for check in verdict.checks if check.rule == "change"]
    assert change.improvement == pytest.approx(0.04, abs=1e-4)
    assert change.interval is not None
    return change


def test_same_improvement_is_noise_on_few_examples_and_published_on_many(
    serving: tuple[Bench, Candidate], tmp_path: Path
) -> None:
    bench, _ = serving
    few = pushed_on(bench, tmp_path / "few", 0)
    change = change_of(few)
    low, high = change.interval
    assert (few.outcome, [reason.code for reason in few.reasons]) == ("refused", ["within_noise"])
    assert low < 0 < change.improvement < high
    assert (change.examples, change.confidence, change.passed) == (50, 0.95, False)
    (reason,) = few.reasons
    assert f"95% interval {low:+.4f} to {high:+.4f}, on 50 examples" in reason.text
    assert reason.text.endswith("required: better by more than 0 at 95% confidence")
    assert "\n" not in reason.text
    assert bench.registered.version("stable").version == "1.0.0"

    many = pushed_on(bench, tmp_path / "many", 20)
    change = change_of(many)
    low, high = change.interval
    assert (many.outcome, [reason.code for reason in many.reasons]) == ("published", ["better"])
    assert 0 < low < change.improvement < high
    assert (change.examples, change.confidence, change.passed) == (4000, 0.95, True)
