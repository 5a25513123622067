"""What becomes of a candidate: the four components on real models, TFMA's numbers and the verdict on record."""

import pytest
from tfx.components import Evaluator

from tests.tfx.workbench import Bench, accuracy_gate, as_channel, launch, moved_to
from tfx_hallmark import beats_baseline

METRIC = "binary_accuracy"


def codes(verdict):
    return [reason.code for reason in verdict.reasons]


def texts(verdict):
    return [reason.text for reason in verdict.reasons]


def lines(verdict):
    """Gives the checks by slice and rule."""
    return {(check.slice, check.rule): check for check in verdict.checks}


def evaluate_alone(bench, candidate, config):
    """Evaluates with TFX's own Evaluator, which checks no EvalConfig and is given no baseline here."""
    evaluator = Evaluator(
        examples=as_channel(bench.examples), model=as_channel(candidate.model), eval_config=config
    )
    written = launch(evaluator, bench.new_folder())
    candidate.blessing, candidate.evaluation = written["blessing"], written["evaluation"]


def was_refused(bench, pushed_model, version, *, releases=("1",)):
    """Asserts a refusal as a consumer of PushedModel sees it and gives the verdict."""
    assert pushed_model.get_int_custom_property("pushed") == 0
    assert not pushed_model.has_custom_property("pushed_destination")
    assert not pushed_model.has_custom_property("pushed_version")
    assert sorted(entry.name for entry in bench.registered.path.iterdir()) == list(releases)
    found = bench.registered.version(version)
    assert found.state.status == "refused"
    assert pushed_model.get_string_custom_property("hallmark_verdict") == found.verdict.sentence
    return found.verdict


def test_first_model_is_published_without_a_baseline(published):
    bench, first = published
    version = bench.registered.version("stable")
    assert (version.version, version.releases, version.state.status) == ("1.0.0", (1,), "published")
    assert version.verdict.bootstrap
    assert codes(version.verdict) == ["first_version"]
    assert [(check.slice, check.rule, check.passed) for check in version.verdict.checks] == [
        (where, "value", True) for where in ("Overall", "region:north", "region:south")
    ]
    assert [check.candidate for check in version.verdict.checks] == pytest.approx([0.8] * 3)
    assert first.baseline.get_int_custom_property("exists") == 0
    assert not first.blessing.has_custom_property("baseline_model")


def test_equal_candidate_that_tfma_blesses_is_refused_as_not_better(evaluated):
    bench, candidate = evaluated(20, 20)
    assert candidate.blessing.get_int_custom_property("blessed") == 1
    verdict = was_refused(bench, bench.push(candidate), "1.0.1")
    assert codes(verdict) == ["not_better"]
    assert texts(verdict)[0].startswith("not better: binary_accuracy")
    assert texts(verdict)[0].count("0.8000") == 2


def test_i6_refusal_of_a_worse_candidate_keeps_every_number(evaluated):
    bench, candidate = evaluated(40, 40)
    verdict = was_refused(bench, bench.push(candidate), "1.0.1")
    assert (verdict.outcome, verdict.baseline.version, verdict.baseline.release) == ("refused", "1.0.0", 1)
    assert codes(verdict) == ["not_better", "slice_worse", "slice_worse", "not_blessed"]
    overall = lines(verdict)["Overall", "change"]
    assert (overall.metric, overall.threshold, overall.passed) == (METRIC, "better by more than 0", False)
    assert overall.candidate == pytest.approx(0.6)
    assert overall.baseline == pytest.approx(0.8)
    assert overall.improvement == pytest.approx(-0.2)
    assert overall.margin == pytest.approx(-0.2)
    value = lines(verdict)["region:north", "value"]
    assert (value.metric, value.threshold, value.passed) == (METRIC, ">= 0.4", True)
    assert value.candidate == pytest.approx(0.6)
    assert value.baseline is None
    assert value.margin == pytest.approx(0.2)
    assert set(lines(verdict)) == {
        (where, rule) for where in ("Overall", "region:north", "region:south") for rule in ("value", "change")
    }
    metrics = bench.registered.version("1.0.1").metrics
    assert metrics["region:south"] == {METRIC: pytest.approx(0.6), "example_count": 100}
    baseline = {
        (value.slice, value.metric): value.value
        for value in bench.registered.version("1.0.1").evidence.baseline_metrics
    }
    assert baseline["Overall", METRIC] == pytest.approx(0.8)


def test_candidate_that_loses_on_one_slice_is_refused_with_that_slice_named(evaluated):
    bench, candidate = evaluated(0, 30)
    verdict = was_refused(bench, bench.push(candidate), "1.0.1")
    failed = [check for check in verdict.checks if not check.passed]
    assert [(check.slice, check.rule) for check in failed] == [("region:south", "change")]
    assert failed[0].improvement == pytest.approx(-0.1)
    assert failed[0].margin == pytest.approx(-0.05, abs=2e-6)
    assert failed[0].threshold == "worse by less than 0.05"
    assert codes(verdict) == ["slice_worse", "not_blessed"]
    assert texts(verdict)[0].startswith(
        "slice region:south is worse: binary_accuracy went from 0.8000 to 0.7000"
    )
    assert "on 100 examples" in texts(verdict)[0]
    assert "region:north" not in verdict.sentence


def test_candidate_that_loses_just_the_tolerance_on_a_slice_is_published(evaluated):
    bench, candidate = evaluated(0, 25)
    assert bench.push(candidate).get_int_custom_property("pushed") == 1


def test_better_candidate_is_published_as_the_next_release_with_its_version_inferred(evaluated):
    bench, candidate = evaluated(10, 10)
    pushed_model = bench.push(candidate)
    assert pushed_model.get_int_custom_property("pushed") == 1
    assert pushed_model.get_string_custom_property("pushed_version") == "2"
    version = bench.registered.version("stable")
    # Same code, graph and signatures: only weights differ.
    assert (version.version, version.releases, version.manifest.bump) == ("1.0.1", (2,), "patch")
    assert version.manifest.compared_with == "1.0.0"
    assert codes(version.verdict) == ["better"]
    assert not version.verdict.bootstrap
    overall = lines(version.verdict)["Overall", "change"]
    assert (overall.improvement, overall.margin) == (pytest.approx(0.1), pytest.approx(0.1))
    event = list(bench.registered.events())[-1]
    assert (event.kind, event.data.baseline) == ("published", "1.0.0")


def test_i3_second_of_two_candidates_that_beat_release_1_is_told_that_the_baseline_moved(evaluated):
    bench, better = evaluated(10, 10)
    best = bench.prepare(bench.train(0, 0, seed=2))
    assert bench.push(better).get_int_custom_property("pushed") == 1
    verdict = was_refused(bench, bench.push(best), "1.0.2", releases=("1", "2"))
    assert texts(verdict) == ["baseline moved from release 1 to release 2"]
    assert codes(verdict) == ["baseline_moved"]
    assert bench.registered.stable().release == 2


def test_i4_evaluation_without_the_baseline_is_refused_although_blessed(serving):
    bench, _ = serving
    candidate = bench.hand_out_baseline(bench.tag(bench.train(0, 0)))
    evaluate_alone(bench, candidate, accuracy_gate())
    assert candidate.blessing.get_int_custom_property("blessed") == 1
    verdict = was_refused(bench, bench.push(candidate), "1.0.1")
    assert texts(verdict) == ["it was evaluated without a baseline while release 1 is stable"]


def test_i4_first_models_of_two_pipelines_do_not_both_bootstrap(bench):
    one, other = bench.prepare(bench.train(20, 20)), bench.prepare(bench.train(10, 10))
    assert bench.push(one).get_int_custom_property("pushed") == 1
    verdict = was_refused(bench, bench.push(other), "1.0.1")
    assert codes(verdict) == ["no_baseline"]


def test_evaluation_without_thresholds_leaves_no_blessing_and_is_refused(bench):
    config = accuracy_gate()
    for metric in config.metrics_specs[0].metrics:
        del metric.per_slice_thresholds[:]
    candidate = bench.hand_out_baseline(bench.tag(bench.train(0, 0)))
    evaluate_alone(bench, candidate, config)
    assert not candidate.blessing.has_custom_property("blessed")
    verdict = was_refused(bench, bench.push(candidate), "1.0.0", releases=())
    assert codes(verdict) == ["not_validated"]


@pytest.mark.parametrize(("errors", "pushed"), [((10, 10), 1), ((20, 20), 0), ((30, 30), 0)])
def test_lower_is_better(lower_is_better_bench, errors, pushed):
    bench, config = lower_is_better_bench
    candidate = bench.prepare(bench.train(*errors, seed=1), config)
    pushed_model = bench.push(candidate)
    assert pushed_model.get_int_custom_property("pushed") == pushed
    change = lines(bench.registered.version("latest").verdict)["Overall", "change"]
    assert change.candidate == pytest.approx(errors[0] / 100)
    assert change.baseline == pytest.approx(0.2)
    assert change.improvement == pytest.approx(0.2 - errors[0] / 100)
    assert change.threshold == "better by more than 0"


@pytest.fixture(scope="module")
def _lower_is_better_start(tmp_path_factory, examples):
    bench = Bench(tmp_path_factory.mktemp("lower"), examples)
    config = beats_baseline(
        "mean_absolute_error", label_key="label", max_value=0.5, direction="lower_is_better"
    )
    first = bench.prepare(bench.train(20, 20), config)
    assert bench.push(first).get_int_custom_property("pushed") == 1
    return bench, first, config


@pytest.fixture
def lower_is_better_bench(_lower_is_better_start, tmp_path):
    bench, first, config = _lower_is_better_start
    return moved_to(bench, first, tmp_path / "bench")[0], config
