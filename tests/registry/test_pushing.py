"""The gate in the registry: who becomes stable, and what is written down."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.verdict import Evaluation, Evidence, MetricValue

Make = Callable[[int], Path]


def kinds(model: Model) -> list[str]:
    return [event.kind for event in model.events()]


def test_the_first_version_is_published_as_release_1(
    model: Model, make_candidate: Make, make_evaluation: Any
) -> None:
    push = model.push(make_candidate(1), model.tag(make_candidate(1)).version, make_evaluation(0.6))
    assert (push.release, push.verdict.bootstrap, push.already) == (1, True, False)
    assert model.version("stable").version == "1.0.0"
    published = list(model.events())[-1].data
    assert (published.bootstrap, published.baseline, published.labels) == (True, None, ("stable",))


def test_i3_of_two_evaluated_against_release_1_the_second_is_refused(
    model: Model, make_candidate: Make, make_evaluation: Any
) -> None:
    versions = [model.tag(make_candidate(number)).version for number in (1, 2, 3)]
    model.push(make_candidate(1), versions[0], make_evaluation(0.6))
    against_1 = make_evaluation(0.9, baseline=model.stable())
    assert model.push(make_candidate(2), versions[1], against_1).release == 2
    late = model.push(make_candidate(3), versions[2], against_1)
    assert late.release is None
    assert "baseline moved from release 1 to release 2" in late.verdict.sentence
    assert model.version("stable").version == versions[1]
    assert sorted(path.name for path in model.path.iterdir()) == ["1", "2"]
    again = model.push(
        make_candidate(3), versions[2], make_evaluation(0.95, baseline=model.stable(), before=0.9)
    )
    assert again.release == 3
    assert list(model.events())[-1].data.baseline == versions[1]


def test_i4_a_rubber_stamp_is_refused(model: Model, make_candidate: Make, make_evaluation: Any) -> None:
    model.push(make_candidate(1), model.tag(make_candidate(1)).version, make_evaluation(0.6))
    push = model.push(make_candidate(2), model.tag(make_candidate(2)).version, make_evaluation(0.99))
    assert push.release is None
    assert "evaluated without a baseline while release 1 is stable" in push.verdict.sentence


def test_i5_a_candidate_equal_to_the_baseline_is_refused(
    model: Model, make_candidate: Make, make_evaluation: Any
) -> None:
    model.push(make_candidate(1), model.tag(make_candidate(1)).version, make_evaluation(0.6))
    equal = make_evaluation(0.6, baseline=model.stable(), before=0.6)
    push = model.push(make_candidate(2), model.tag(make_candidate(2)).version, equal)
    assert push.release is None
    assert "not better" in push.verdict.sentence


def test_i6_every_candidate_leaves_a_verdict_that_can_be_read_back(
    root: Path, model: Model, make_candidate: Make, make_evaluation: Any
) -> None:
    model.push(make_candidate(1), model.tag(make_candidate(1)).version, make_evaluation(0.6))
    model.push(
        make_candidate(2), model.tag(make_candidate(2)).version, make_evaluation(0.5, baseline=model.stable())
    )
    reopened = Registry.open(root).model("penguin")
    verdicts = [version.verdict for version in reopened.versions()]
    assert [verdict.outcome for verdict in verdicts if verdict] == ["published", "refused"]
    missed = verdicts[1].checks[1]
    assert (missed.metric, missed.slice, missed.candidate, missed.baseline) == (
        "accuracy",
        "Overall",
        0.5,
        0.6,
    )
    assert missed.threshold
    assert round(missed.margin, 9) == -0.1
    assert reopened.version("latest").state.summary in verdicts[1].sentence
    assert not (model.path / "2").exists()


def test_i6_evidence_with_a_metric_that_is_not_a_number_reads_back(
    model: Model, make_candidate: Make
) -> None:
    # TFMA gives NaN for a metric without examples of a class, and infinity for a cross entropy.
    metrics = tuple(
        MetricValue(metric=name, slice="Overall", value=value)
        for name, value in {"auc": float("nan"), "loss": float("inf"), "accuracy": 0.5}.items()
    )
    evidence = Evidence(validation_ok=False, metrics=metrics)
    model.tag(make_candidate(1))
    model.push(
        make_candidate(1), "1.0.0", Evaluation(blessed=0, baseline=None, compared=False, evidence=evidence)
    )
    assert model.version("1.0.0").metrics["Overall"]["accuracy"] == 0.5


def test_i3_an_override_is_not_on_record_as_having_beaten_anything(
    model: Model, make_candidate: Make, make_evaluation: Any
) -> None:
    model.push(make_candidate(1), model.tag(make_candidate(1)).version, make_evaluation(0.6))
    model.push_unchecked(make_candidate(2), model.tag(make_candidate(2)).version, reason="a fix")
    published = list(model.events())[-1].data
    assert (published.override, published.baseline, published.bootstrap) == ("a fix", None, False)


def test_i11_what_changes_what_serves_is_an_event_with_actor_and_reason(
    model: Model, make_candidate: Make, make_evaluation: Any
) -> None:
    model.tag(make_candidate(1), actor="tagger")
    model.push(make_candidate(1), "1.0.0", make_evaluation(0.6), actor="pusher")
    model.tag(make_candidate(2), actor="tagger")
    model.push_unchecked(make_candidate(2), "1.0.1", reason="a fix", actor="ann")
    model.quarantine("stable", reason="it leaks", actor="bob")
    model.unquarantine("1.0.1", reason="it does not", actor="bob")
    assert [(event.kind, event.actor, event.reason) for event in model.events()][1:] == [
        ("published", "pusher", ""),
        ("tagged", "tagger", ""),
        ("published", "ann", "a fix"),
        ("rolled_back", "bob", "it leaks"),
        ("quarantined", "bob", "it leaks"),
        ("unquarantined", "bob", "it does not"),
    ]


def test_i9_a_quarantined_version_is_neither_stable_nor_a_baseline_nor_pushed(
    model: Model, make_candidate: Make, make_evaluation: Any
) -> None:
    versions = [model.tag(make_candidate(number)).version for number in (1, 2, 3)]
    model.push(make_candidate(1), versions[0], make_evaluation(0.6))
    model.push_unchecked(make_candidate(2), versions[1], reason="a test", label="canary")
    baseline = model.stable()
    model.quarantine("stable", reason="it leaks")
    assert model.stable() is None
    assert model.state.labels == {"canary": 2}
    for push in (
        model.push(make_candidate(1), versions[0], make_evaluation(0.9)),
        model.push_unchecked(make_candidate(1), versions[0], reason="please"),
    ):
        assert push.release is None
        assert "quarantine (it leaks)" in push.verdict.sentence
    assert (
        "baseline moved from release 1 to none"
        in model.push(
            make_candidate(3), versions[2], make_evaluation(0.9, baseline=baseline)
        ).verdict.sentence
    )
    model.quarantine(versions[1], reason="it leaks too")
    assert model.state.labels == {}
    assert model.push(make_candidate(3), versions[2], make_evaluation(0.9)).release == 3
    assert model.version("stable").version == versions[2]


def test_i9_a_version_out_of_quarantine_is_published_with_a_verdict_that_says_so(
    model: Model, make_candidate: Make, make_evaluation: Any
) -> None:
    model.push(make_candidate(1), model.tag(make_candidate(1)).version, make_evaluation(0.6))
    model.quarantine("stable", reason="it leaks")
    assert not model.push(make_candidate(1), "1.0.0", make_evaluation(0.6)).verdict.passed
    model.unquarantine("1.0.0", reason="it does not")
    push = model.push(make_candidate(1), "1.0.0", make_evaluation(0.6))
    assert push.release == 1
    assert push.verdict.passed
    assert model.version("1.0.0").state.status == "published"
